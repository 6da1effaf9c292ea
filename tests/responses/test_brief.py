"""Deltas read in brief leave what the full way leaves: the same deltas, the same response."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from benchmarks.corpus import corpus
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.responses import ResponsesAccumulator, ResponsesEvent
from gravitex_async.responses._decode import _events_decoder, event_decoder
from gravitex_async.responses._events import OutputTextDeltaEvent, ReasoningSummaryTextDeltaEvent

from ..captured import Capture, captures
from ..mistakes import Agreed, agree, agree_on_mistakes, encoded, payloads_of
from .wire import CREATED, Event, added, done, event, message, text

STREAMS = captures("responses", ".sse")
NAMES = [
    field.encode_name
    for struct in (OutputTextDeltaEvent, ReasoningSummaryTextDeltaEvent)
    for field in msgspec.structs.fields(struct)
] + ["type", "zzz"]


def make() -> tuple[EventDecoder[ResponsesEvent], ResponsesAccumulator]:
    return event_decoder(), ResponsesAccumulator()


def read(payloads: list[bytes], seed: object, longest: int = 40) -> Agreed:
    return agree(make, _events_decoder.decode, payloads, seed, longest)


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_captures(capture: Capture) -> None:
    """Every recorded stream, in runs of random length."""
    payloads = payloads_of(capture.tape().body)
    for longest in (1, 6, 60):
        read(payloads, capture.name, longest)


def test_corpus() -> None:
    """The stream of the benchmarks is read in brief but for its ends."""
    taken = read(payloads_of(corpus("responses", 2_000).body), "corpus", 10)
    assert taken.brief > 0.8 * taken.all > 1_000


def thought(delta: str, kind: str = "reasoning_summary_text", **fields: Any) -> Event:
    index = {"summary_index": 0} if kind == "reasoning_summary_text" else {"content_index": 0}
    return event(f"{kind}.delta", delta=delta, output_index=0, **{**index, **fields})


PLAIN = text("a", item_id="m", output_index=1, content_index=0, sequence_number=7)
HEAD = [CREATED, added(message("m"), 1), PLAIN]


@pytest.mark.parametrize(
    "piece",
    [
        PLAIN,
        text("a", output_index=1),
        text("a", output_index=1, content_index=2, logprobs=[], obfuscation="x", sequence_number=8),
        text("a", output_index=1, content_index=None, item_id=None, obfuscation=None, sequence_number=None),
        thought("b"),
        thought("b", summary_index=None),
        thought("b", summary_index=1, sequence_number=9),
        thought("b", "reasoning_text"),
        thought("b", "reasoning_text", content_index=None, content="ignored", logprobs="ignored"),
    ],
    ids=json.dumps,
)
def test_what_is_read_in_brief(piece: Event) -> None:
    """Pieces of one text in one run, in the forms in which gateways send them; then of another."""
    events = [*HEAD, *[piece] * 20, *[PLAIN] * 10, *[piece] * 10, done(message("m", "aaa"), 1), *[piece] * 10]
    assert read(encoded(*events), json.dumps(piece), 3).brief > 15


@pytest.mark.parametrize(
    "odd",
    [
        text("", output_index=1, content_index=0),
        text("a", output_index=1, content_index=1),
        text("a", output_index=2, content_index=0),
        text("a", output_index=64, content_index=0),
        text("a", item_id="m"),
        text("a", output_index=1, content_index=0, logprobs=[{"token": "a"}]),
        text("a", output_index=1, content_index=0, logprobs=None),
        text("a", output_index=1, content_index=0, sequence_number="8"),
        text("a", item_id=1, output_index=1, content_index=0),
        thought("b"),
        event("refusal.delta", delta="no", output_index=1, content_index=0),
        event("new.delta", delta="no", output_index=1, content_index=0),
        {name: value for name, value in PLAIN.items() if name != "type"},
        {"type": "error", "message": "no"},
    ],
    ids=json.dumps,
)
def test_what_is_not(odd: Event) -> None:
    """Anything else beside a piece of text sends its run the full way, and leaves the response as it was."""
    _, folded = make()
    folded.fold([_events_decoder.decode(payload) for payload in encoded(*HEAD)], 0)
    before = folded.final()
    assert folded.brief(encoded(PLAIN, odd)) is None
    assert folded.brief(encoded(odd, PLAIN)) is None
    assert (folded.final(), folded.progress, folded.sequence_number) == (before, (1, 0), 7)
    assert folded.brief([]) == []
    assert folded.brief(encoded(PLAIN)) is not None
    read(encoded(*HEAD, *[PLAIN, odd] * 5), json.dumps(odd), 3)


def test_mistakes() -> None:
    """What the strict decoder refuses is refused in brief; what it takes leaves the same response."""
    thoughts = [thought("b", sequence_number=number, item_id="r", obfuscation="x") for number in range(300)]
    whole = [thought("b", "reasoning_text", summary_index=1, sequence_number=1)] * 300
    payloads = payloads_of(corpus("responses", 700).body)[2:-4] + encoded(*thoughts, *whole)
    taken = agree_on_mistakes(make, _events_decoder.decode, payloads, NAMES, 0)
    assert 0.2 * taken.all < taken.brief < 0.9 * taken.all
