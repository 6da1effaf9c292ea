"""The short branch for chunks of plain text leaves what the whole way does: the same deltas and answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from benchmarks.corpus import corpus
from gravitex_async.chat import ChatAccumulator, ChatCompletionChunk, ChoiceDelta, ChunkChoice, _accumulate
from gravitex_async.chat._api import _parts

from ..captured import Capture, captures
from ..fields import empty_of, value_of
from ..mistakes import encoded, mistaken, payloads_of
from ..reading import Read, framed, read
from .folding import chunk

STREAMS = captures("chat", ".sse")
STRUCTS = (ChatCompletionChunk, ChunkChoice, ChoiceDelta)
NAMES = [field.encode_name for struct in STRUCTS for field in msgspec.structs.fields(struct)] + ["zzz"]
STATE = (
    "content", "reasoning_content", "refusal", "tool_calls", "finish_reason", "usage", "reason", "complete",
    "progress",
)  # fmt: skip


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which chunks were found to be plain; none is when the first entry is False."""
    said = [True]
    test_of = _accumulate._more_test

    def watched(*args: Any) -> Callable[..., bool]:
        test = test_of(*args)

        def watching(*parts: Any) -> bool:
            said.append(said[0] and not test(*parts))
            return not said[-1]

        return watching

    monkeypatch.setattr(_accumulate, "_more_test", watched)
    return said


def same(payloads: list[bytes], said: list[bool]) -> int:
    """Reads *payloads* in both ways, and compares; returns how many were taken for plain."""
    whole = read_as(payloads, said, plain=False)
    assert not any(said[1:])
    short = read_as(payloads, said, plain=True)
    assert short.added == whole.added
    assert short.items == whole.items
    for name in STATE:
        assert getattr(short.accumulator, name) == getattr(whole.accumulator, name)
    assert short.accumulator.final() == whole.accumulator.final()
    assert (short.reading.end, str(short.failure)) == (whole.reading.end, str(whole.failure))
    return sum(said[1:])


def read_as(payloads: list[bytes], said: list[bool], *, plain: bool) -> Read:
    said[:] = [plain]
    return read(_parts, [b"".join(framed(payloads))])


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_recorded_streams(capture: Capture, plain: list[bool]) -> None:
    same(payloads_of(capture.tape().body), plain)


@pytest.mark.parametrize("name", ["small-chunk", "multibyte", "structured", "heartbeat", "tool-arguments"])
def test_corpora(name: str, plain: list[bool]) -> None:
    """Nearly all events of a stream of text are plain."""
    payloads = payloads_of(corpus(name, 20_000 if name in ("structured", "tool-arguments") else 500).body)
    found = same(payloads, plain)
    assert found > 0.9 * len(payloads) or name == "tool-arguments"


def test_mistakes(plain: list[bool]) -> None:
    """Events with a field added, removed, renamed or retyped, each in a stream of its own."""
    thinking = encoded(*[chunk({"reasoning_content": "b", "content": None, "role": "assistant"})] * 300)
    payloads = payloads_of(corpus("small-chunk", 300).body)[1:-2] + thinking
    head, found = payloads[:2], 0
    for payload in mistaken(payloads, NAMES, 0):
        found += same([*head, payload, *head], plain)
    assert found > 3 * len(payloads)


TEXT = {"content": "a"}
FIELDS = [(struct, field) for struct in STRUCTS for field in msgspec.structs.fields(struct)]


@pytest.mark.parametrize(
    ("struct", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", None) or value.name
)
def test_each_field_is_on_the_careful_side(struct: type, field: Any, plain: list[bool]) -> None:
    """Text and this field in one event: both arrive, whichever way it goes."""
    tree: dict[str, Any] = chunk(dict(TEXT), created=7)
    place = {
        ChatCompletionChunk: tree,
        ChunkChoice: tree["choices"][0],
        ChoiceDelta: tree["choices"][0]["delta"],
    }
    if field.name not in ("choices", "delta", "content"):
        place[struct][field.encode_name] = value_of(field.type, field.name)
    before = chunk(dict(TEXT), created=7)
    same(encoded(before, tree, before), plain)
    if field.name in ("choices", "delta", "content"):
        return
    place[struct][field.encode_name] = empty_of(field.type)
    # What is empty is no more than nothing, but for an object, which somebody meant.
    assert same(encoded(before, tree, before), plain) == (1 if empty_of(field.type) == {} else 2)


def test_a_head_that_comes_late(plain: list[bool]) -> None:
    """A chunk that brings what the head lacks is looked at; the ones behind it are plain again."""
    nameless = {name: value for name, value in chunk(dict(TEXT)).items() if name not in ("id", "model")}
    assert same(encoded(*[nameless] * 5, *[chunk(dict(TEXT))] * 5), plain) == 8
    accumulator = ChatAccumulator()
    accumulator.fold([msgspec.convert(nameless, ChatCompletionChunk) for _ in range(2)])
    accumulator.fold([msgspec.convert(chunk(dict(TEXT)), ChatCompletionChunk)])
    assert (accumulator.final().id, accumulator.final().model) == ("c1", "m")
