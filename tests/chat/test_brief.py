"""Chunks read in brief leave what the full way leaves: the same deltas, the same answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from benchmarks.corpus import corpus
from gravitex_async.chat._api import _chunks, _parts
from gravitex_async.chat._structs import ChatCompletionChunk, ChoiceDelta, ChunkChoice

from ..brief import Agreed, agree, agree_on_mistakes, encoded, payloads_of
from ..captured import Capture, captures
from .folding import call, chunk

STREAMS = captures("chat", ".sse")
NAMES = [
    field.encode_name
    for struct in (ChatCompletionChunk, ChunkChoice, ChoiceDelta)
    for field in msgspec.structs.fields(struct)
] + ["zzz"]


def read(payloads: list[bytes], seed: object, longest: int = 40) -> Agreed:
    return agree(_parts, _chunks.decode, payloads, seed, longest)


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_captures(capture: Capture) -> None:
    """Every recorded stream, in runs of random length."""
    payloads = payloads_of(capture.tape().body)
    for longest in (1, 6, 60):
        read(payloads, capture.name, longest)


@pytest.mark.parametrize("name", ["small-chunk", "multibyte", "structured", "heartbeat", "tool-arguments"])
def test_corpora(name: str) -> None:
    """The streams of the benchmarks; those of text are read in brief but for their ends."""
    payloads = payloads_of(corpus(name, 20_000 if name in ("structured", "tool-arguments") else 2_000).body)
    taken = read(payloads, name, 10)
    assert taken.all > 200
    assert taken.brief > 0.8 * taken.all or name == "tool-arguments"


PLAIN = chunk({"content": "a"})
HEAD = [chunk({"role": "assistant", "content": ""}), PLAIN]


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "a"},
        {"content": "a", "role": None},
        {"content": "a", "reasoning_content": None},
        {"reasoning_content": "b"},
        {"reasoning_content": "b", "content": None},
        {"reasoning_content": "b", "content": ""},
        {"reasoning_content": "", "content": "a", "tool_calls": [], "refusal": "", "annotations": []},
        {"reasoning": "b", "content": "", "channel": "analysis"},
        {"reasoning": "c", "reasoning_content": "b"},
        {"reasoning_content": "b", "content": "a"},
    ],
)
def test_what_is_read_in_brief(delta: dict[str, Any]) -> None:
    """A piece of text or of thinking, in the forms in which servers send one."""
    more = {"system_fingerprint": None, "usage": None, "provider": "p", "p": "padding"}
    for form in (chunk(delta), chunk(delta, **more)):
        taken = read(encoded(*HEAD, *[PLAIN, form] * 20), repr(delta), 3)
        assert taken.brief > 20


@pytest.mark.parametrize(
    "odd",
    [
        chunk({}),
        chunk({"content": ""}),
        chunk({"content": None}),
        chunk({"content": [{"type": "text", "text": "a"}]}),
        chunk({"content": "a"}, finish="stop"),
        chunk({"content": "a"}, index=1),
        chunk({"content": "a"}, usage={"prompt_tokens": 1}),
        chunk({"content": "a"}, citations=["x"]),
        chunk({"content": "a"}, error={"message": "no"}),
        chunk({"content": "a", "unknown": 1}),
        chunk({"content": "a", "refusal": "no"}),
        call(id="c", name="f"),
        {**PLAIN, "choices": PLAIN["choices"] * 2},
        {**PLAIN, "choices": []},
        {**PLAIN, "model": 1},
        chunk({"reasoning_content": 1}),
    ],
    ids=json.dumps,
)
def test_what_is_not(odd: dict[str, Any]) -> None:
    """Anything else sends its run the full way, and leaves the accumulator as it was."""
    _, folded = _parts()
    assert folded.brief(encoded(PLAIN)) is None
    folded.fold([_chunks.decode(payload) for payload in encoded(*HEAD)], 0)
    assert folded.brief(encoded(PLAIN, odd)) is None
    assert (folded.content, folded.progress) == ("a", (1, 0))
    assert folded.brief([]) == []
    assert folded.brief(encoded(PLAIN)) is not None
    read(encoded(*HEAD, *[PLAIN, odd] * 5), repr(odd), 3)


def test_a_head_that_comes_late() -> None:
    """A chunk that brings what the head lacks is folded; those that do not are read in brief."""
    nameless = {name: value for name, value in PLAIN.items() if name not in ("id", "model")}
    for seed in range(10):
        read(encoded(*[nameless] * 5, *[PLAIN] * 5), seed, 2)
    _, folded = _parts()
    folded.fold([_chunks.decode(payload) for payload in encoded(nameless)], 0)
    assert folded.brief(encoded(nameless)) is not None
    assert folded.brief(encoded(nameless, PLAIN)) is None
    folded.fold([_chunks.decode(payload) for payload in encoded(PLAIN)], 0)
    assert folded.brief(encoded(PLAIN, nameless)) is not None


def test_mistakes() -> None:
    """What the strict decoder refuses is refused in brief; what it takes leaves the same answer."""
    delta = {"reasoning_content": "b", "content": None, "role": "assistant"}
    thinking = [chunk(delta), chunk(delta, provider="p")] * 400
    payloads = payloads_of(corpus("small-chunk", 700).body)[1:-2] + encoded(*thinking)
    taken = agree_on_mistakes(_parts, _chunks.decode, payloads, NAMES, 0)
    assert 0.2 * taken.all < taken.brief < 0.9 * taken.all
