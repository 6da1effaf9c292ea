"""Streams for tests: written, cut, read without a network."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gravitex_async._json import dumps, loads_tolerant
from gravitex_async.decoding._failures import ErrorInfo, error_of
from gravitex_async.deltas import Delta
from gravitex_async.errors import APIError
from gravitex_async.responses import Response, ResponsesAccumulator, ResponsesEvent
from gravitex_async.responses._decode import event_decoder

Event = dict[str, Any]


def frame(*events: Event, names: bool = True) -> bytes:
    """The events as a gateway sends them."""
    return b"".join(
        (b"event: %b\n" % event["type"].encode() if names else b"") + b"data: %b\n\n" % dumps(event)
        for event in events
    )


@dataclass
class Reading:
    """What a stream gave."""

    accumulator: ResponsesAccumulator
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


def read(
    pieces: Iterable[bytes],
    accumulator: ResponsesAccumulator | None = None,
    each: Callable[[ResponsesAccumulator], None] | None = None,
) -> Reading:
    """Reads a body as a stream does: decode, fold; stops at the first error.

    *each* may look at what has arrived after every piece.
    """
    reading = Reading(accumulator or ResponsesAccumulator())
    decoder = event_decoder()
    for piece in (*pieces, None):
        items = decoder.close() if piece is None else decoder.feed(piece)
        deltas: list[Delta | Sequence[Delta]] = []
        info: ErrorInfo | None = None
        while info is None and len(deltas) < len(items):
            deltas += reading.accumulator.fold(items[len(deltas) :])
            assert reading.accumulator.suspect or len(deltas) == len(items)
            if reading.accumulator.suspect:
                info = reading.accumulator.error_in(loads_tolerant(decoder.payload(len(deltas) - 1)))
        if info is not None:
            del items[len(deltas) - 1 :], deltas[-1]
        reading.events += items
        for entry in deltas:
            reading.deltas += [entry] if isinstance(entry, Delta) else entry
        reading.error = error_of(info) if info else decoder.failure
        if reading.error:
            break
        if each is not None:
            each(reading.accumulator)
    return reading


def read_events(*events: Event) -> Reading:
    """Reads the events as one body."""
    return read([frame(*events)])


def cut(body: bytes, seed: int, count: int = 8) -> Sequence[bytes]:
    """The body in pieces."""
    places = sorted(random.Random(seed).sample(range(len(body) + 1), min(count, len(body))))
    return [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]


CREATED: Event = {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
USAGE = {
    "input_tokens": 25,
    "output_tokens": 150,
    "total_tokens": 175,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 50},
}
COMPLETED: Event = {
    "type": "response.completed", "response": {"id": "resp_1", "status": "completed", "usage": USAGE},
}  # fmt: skip


def event(name_: str, **fields: Any) -> Event:
    """The event ``response.<name_>``."""
    return {"type": f"response.{name_}", **fields}


def text(delta: str, **fields: Any) -> Event:
    """A delta of text."""
    return event("output_text.delta", delta=delta, **fields)


def message(id_: str, content: str = "", **fields: Any) -> Event:
    """A message item."""
    parts = [{"type": "output_text", "text": content, "annotations": []}] if content else []
    return {"type": "message", "id": id_, "role": "assistant", "content": parts, **fields}


def call(id_: str, arguments: str = "") -> Event:
    """A function call item."""
    return {
        "type": "function_call",
        "id": id_,
        "call_id": f"call_{id_}",
        "name": f"f_{id_}",
        "arguments": arguments,
    }


def added(item: Event, index: int | None = None) -> Event:
    """An item is announced."""
    return event("output_item.added", item=item, output_index=index)


def done(item: Event, index: int | None = None) -> Event:
    """An item is whole."""
    return event("output_item.done", item=item, output_index=index)


def final(*events: Event) -> Response:
    """The response of a stream that ends well."""
    reading = read_events(CREATED, *events, COMPLETED)
    assert reading.error is None
    assert reading.accumulator.complete
    return reading.accumulator.final()
