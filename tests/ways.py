"""Every way this package has of reading a stream, over a socket whose writes the test decides.

A piece is one write, and the loop turns before the next one, so that it is mostly a read of its own: that is
how a test gets a busy read, or one event per read. Nothing may depend on it; the readings must be the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from gravitex_async import APIError, AsyncGravitex, Delta
from gravitex_async.stream import Stream

from .laws.conftest import RawServer, chunked, client_of, head

__all__ = ["WAYS", "Pieces", "Reading", "Wire", "cuttings", "read", "read_all", "serving", "told"]

Pieces = Sequence[bytes]

# From a write to what a reader makes of it: the socket is readable, the reader wakes, it folds and waits.
TURNS = 4


class Wire:
    """A server that answers each request with what was put on it, and a client of that server."""

    def __init__(self) -> None:
        self._bodies: deque[tuple[str, Pieces]] = deque()
        self.client: AsyncGravitex

    def put(self, pieces: Pieces, content_type: str = "text/event-stream") -> None:
        """The next answer."""
        self._bodies.append((content_type, pieces))

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content_type, pieces = self._bodies.popleft()
        writer.write(head(content_type))
        for piece in pieces:
            writer.write(chunked(piece))
            await writer.drain()  # raises when the reader has left
            for _ in range(TURNS):
                await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def serving() -> AsyncIterator[Wire]:
    """A wire for the tests of one module."""
    wire = Wire()
    async with RawServer(wire.answer) as server, client_of(server.url) as wire.client:
        yield wire


class Reading(NamedTuple):
    """What one way of reading gave. ``answer`` is the whole, or what had arrived before ``error``."""

    way: str
    stream: Stream[Any, Any]
    answer: Any
    error: APIError | None
    items: list[Any] | None = None
    deltas: list[Delta] | None = None
    text: str | None = None


async def _items(stream: Stream[Any, Any], found: dict[str, Any]) -> None:
    items = found["items"] = []
    async for item in stream:
        items.append(item)


async def _batches(stream: Stream[Any, Any], found: dict[str, Any]) -> None:
    items = found["items"] = []
    async for batch in stream.batches():
        assert batch
        items += batch


async def _deltas(stream: Stream[Any, Any], found: dict[str, Any]) -> None:
    deltas = found["deltas"] = []
    async for delta in stream.deltas():
        deltas.append(delta)


async def _text(stream: Stream[Any, Any], found: dict[str, Any]) -> None:
    found["text"] = ""
    async for piece in stream.text():
        assert piece
        found["text"] += piece


async def _final(stream: Stream[Any, Any], found: dict[str, Any]) -> None:
    assert await stream.final() == stream.arrived


WAYS = {"items": _items, "batches": _batches, "deltas": _deltas, "text": _text, "final": _final}
FEWER = ("items", "deltas", "final")


async def read(stream: Stream[Any, Any], way: str) -> Reading:
    """Reads *stream* to its end in one *way*."""
    found: dict[str, Any] = {}
    error: APIError | None = None
    try:
        await WAYS[way](stream, found)
    except APIError as caught:
        error = caught
    return Reading(way, stream, stream.arrived, error, **found)


async def read_all(
    wire: Wire, opened: Callable[[], Stream[Any, Any]], cut: Sequence[Pieces]
) -> list[Reading]:
    """The same answer in every way and every cutting; all must have arrived at the same.

    Cut in the first manner it is read in all ways, in the others in those that differ most.
    """
    readings = []
    for number, pieces in enumerate(cut):
        for way in WAYS if not number else FEWER:
            wire.put(pieces)
            readings.append(await read(opened(), way))
    first = readings[0]
    for reading in readings:
        assert type(reading.error) is type(first.error), (reading.way, reading.error, first.error)
        assert reading.answer == first.answer, reading.way
        assert reading.stream.usage == first.stream.usage, reading.way
        assert reading.stream.tool_calls == first.stream.tool_calls, reading.way
        assert reading.stream.finish_reason == first.stream.finish_reason, reading.way
    return readings


def cuttings(events: Sequence[bytes], head: int = 1) -> list[Pieces]:
    """A busy read between the *head* events and the last one, one event per read, and all in one read."""
    middle = b"".join(events[head:-1])
    assert len(middle) > 4096, "no busy read"
    return [[b"".join(events[:head]), middle, events[-1]], events, [b"".join(events)]]


def told(deltas: Sequence[Delta], index: int = 0) -> dict[str, Any]:
    """What *deltas* say of one choice, joined."""
    mine = [delta for delta in deltas if delta.index == index]
    arguments: dict[int, str] = {}
    for delta in mine:
        for call in delta.tool_calls:
            arguments[call.index] = arguments.get(call.index, "") + call.arguments
    reasons = [delta.finish_reason for delta in mine if delta.finish_reason]
    return {
        "content": "".join(delta.content for delta in mine),
        "reasoning": "".join(delta.reasoning_content for delta in mine),
        "refusal": "".join(delta.refusal for delta in mine),
        "arguments": [arguments[place] for place in sorted(arguments)],
        "finish_reason": reasons[-1] if reasons else None,
    }
