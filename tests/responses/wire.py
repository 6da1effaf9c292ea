"""Streams for tests: written, cut, read without a network."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gravitex_async._failures import ErrorInfo, error_of
from gravitex_async._json import dumps, loads_tolerant
from gravitex_async.deltas import Delta
from gravitex_async.errors import APIError
from gravitex_async.responses import ResponsesAccumulator, ResponsesEvent
from gravitex_async.responses._decoder import event_decoder


def frame(*events: dict[str, Any], names: bool = True) -> bytes:
    """The events as a gateway sends them."""
    return b"".join(
        (b"event: %b\n" % event["type"].encode() if names else b"") + b"data: %b\n\n" % dumps(event)
        for event in events
    )


@dataclass
class Reading:
    """What a stream gave."""

    folded: ResponsesAccumulator
    events: list[ResponsesEvent] = field(default_factory=list)
    deltas: list[Delta] = field(default_factory=list)
    error: APIError | None = None

    @property
    def text(self) -> str:
        """The joined deltas of content."""
        return "".join(delta.content for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        """The joined deltas of reasoning."""
        return "".join(delta.reasoning_content for delta in self.deltas)

    @property
    def calls(self) -> list[tuple[str | None, str | None, str]]:
        """The calls put together from their deltas: id, name, arguments."""
        calls: dict[int, tuple[str | None, str | None, str]] = {}
        for delta in self.deltas:
            for call in delta.tool_calls:
                id_, name, arguments = calls.get(call.index, (None, None, ""))
                calls[call.index] = (id_ or call.id, name or call.name, arguments + call.arguments)
        assert sorted(calls) == list(range(len(calls)))
        return [calls[index] for index in sorted(calls)]


def read(pieces: Iterable[bytes], folded: ResponsesAccumulator | None = None) -> Reading:
    """Reads a body as a stream does: decode, fold, translate; stops at the first error."""
    reading = Reading(folded or ResponsesAccumulator())
    decoder = event_decoder()
    for piece in (*pieces, None):
        items = decoder.close() if piece is None else decoder.feed(piece)
        start = 0
        info: ErrorInfo | None = None
        while info is None and (start := reading.folded.fold(items, start)) < len(items):
            info = reading.folded.error_in(loads_tolerant(decoder.payload(start)))
            start += info is None
        reading.events += items[:start]
        for item in items[:start]:
            reading.deltas += reading.folded.deltas(item)
        reading.error = error_of(info) if info else decoder.failure
        if reading.error:
            break
    return reading


def read_events(*events: dict[str, Any]) -> Reading:
    """Reads the events as one body."""
    return read([frame(*events)])


def cut(body: bytes, seed: int, count: int = 8) -> Sequence[bytes]:
    """The body in pieces."""
    places = sorted(random.Random(seed).sample(range(len(body) + 1), min(count, len(body))))
    return [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
