"""Any bytes, cut anywhere, in every dialect: what comes out is an answer or an error of this package.

Decoders and accumulators work without a network, so they are fed here as a stream would feed them.
"""

from __future__ import annotations

import importlib
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gravitex_async import GravitexError
from gravitex_async.decoding._failures import error_of, flat_error, parse_body

from ..captured import captures
from ..reading import read as feed

DIALECTS = ["chat", "responses", "gemini"]


def parts_of(dialect: str) -> Any:
    return importlib.import_module(f"gravitex_async.{dialect}._api")._parts()


def cut(body: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted(c % (len(body) + 1) for c in cuts), len(body)]
    for start, end in itertools.pairwise(edges):
        if start < end:
            yield body[start:end]


def read(dialect: str, reads: Iterator[bytes]) -> tuple[Any, ...]:
    """Feeds *reads* as a stream does, and looks at everything a caller can look at."""
    found = feed(lambda: parts_of(dialect), reads)
    reading, folded, failure = found.reading, found.accumulator, found.failure
    assert len(found.items) == len(found.added)
    answer = folded.final()
    seen = (folded.content, folded.reasoning_content, folded.refusal, folded.finish_reason, folded.reason)
    calls = [(call.id, call.name, call.arguments) for call in folded.tool_calls]
    for text in (*seen[:3], *(word for call in calls for word in call)):
        text.encode()  # nothing that cannot be sent on
    if failure is not None:
        assert isinstance(failure, GravitexError)
        str(failure).encode()
    assert answer is not None
    return seen, calls, folded.usage, type(failure), reading.end.evidence.done_seen, folded.complete


def whole(dialect: str, body: bytes) -> None:
    """The same body in place of a stream."""
    _, folded = parts_of(dialect)
    try:
        items = folded.whole(body)
    except (ValueError, RecursionError, GravitexError):
        return
    folded.fold(items)
    folded.final()


# fmt: off
NAMES = [
    "id", "choices", "index", "delta", "content", "reasoning", "reasoning_content", "tool_calls",
    "function", "name", "arguments", "usage", "prompt_tokens", "finish_reason", "error", "message",
    "code", "type", "status", "details", "retryDelay", "success", "candidates", "parts", "text",
    "msg", "error_code",
    "thought", "functionCall", "args", "usageMetadata", "promptFeedback", "item", "item_id",
    "output_index", "content_index", "response", "output", "summary", "part", "annotations",
    "logprobs", "refusal", "audio", "a.b", "a[0]",
]
# fmt: on

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["\ud83d", "\ude00", "1700", "1.7e9", "", "stop", "tool_calls", "response.completed"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
events = st.lists(json_values, max_size=6).map(
    lambda values: b"".join(b"data: %b\n\n" % json.dumps(value).encode() for value in values)
)
cuts = st.lists(st.integers(0, 10_000), max_size=6)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(body=st.binary(max_size=300) | events, at=cuts)
@example(body=b'data: {"choices":[{"delta":{"tool_calls":[null,{"index":1e99}]}}]}\n\n', at=[])
@example(body=b'data: {"usage":{"prompt_tokens":"1e999"}}\n\n', at=[3])
@example(body=b'data: {"error":{"message":"\\ud83d","code":{"a":"\\ud83d"}}}\n\n', at=[])
@settings(max_examples=300, deadline=None)
def test_any_bytes_cut_anywhere(dialect: str, body: bytes, at: list[int]) -> None:
    """No exception but our own comes out, and the cuts do not matter."""
    once = read(dialect, iter([body]))
    assert read(dialect, cut(body, at)) == once
    whole(dialect, body)


@given(body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, deadline=None)
def test_any_error_body(body: bytes) -> None:
    """An error answer is an error whatever it holds, and can be shown and retried on."""
    error = error_of(flat_error(parse_body(body)), status=503, headers={"Retry-After": "x"}, model="m")
    str(error).encode()
    assert isinstance(error.retryable, bool)


SCRAPS = [b"\n", b"\r", b'"', b"{", b"}", b"null", b"[", b"\\ud83d", b"-1e400", b"\xff"]


def mutated(body: bytes, dice: random.Random) -> bytes:
    """*body* with a few bytes changed, dropped, doubled, or pieces of it moved."""
    data = bytearray(body)
    for _ in range(dice.randint(1, 8)):
        if not data:
            break
        at, size = dice.randrange(len(data)), dice.randint(1, 20)
        kind = dice.randrange(5)
        if kind == 0:
            data[at] = dice.randrange(256)
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = data[at : at + size]
        elif kind == 3:
            data[at : at + 1] = dice.choice(
                [b"\n", b"\r", b'"', b"{", b"}", b"null", b"[", b"\\ud83d", b"-1e400", b"\xff"]
            )
        else:
            other = dice.randrange(len(data))
            data[at:at] = data[other : other + 10 * size]
    return bytes(data)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_bodies_mutated(dialect: str) -> None:
    """What servers really sent, damaged at random: the same promise."""
    dice = random.Random(2026)
    for capture in captures(dialect, ".sse"):
        body = capture.body[:6000]
        for _ in range(6):
            damaged = mutated(body, dice)
            try:
                once = read(dialect, iter([damaged]))
                cuts = [dice.randrange(len(damaged) + 1) for _ in range(4)]
                assert read(dialect, cut(damaged, cuts)) == once
                whole(dialect, damaged)
            except Exception as error:
                error.args = (f"{capture.name}: {damaged!r}: {error}",)
                raise
