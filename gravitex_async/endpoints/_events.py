"""A stream of events of an endpoint that this package does not know.

Strategy
    It is run by the engine of all streams, under an accumulator that accumulates next to nothing: such a
    stream may have no end, so no event is kept but the last. Every event is read on the careful way, for it
    has a name and an id that the fast one does not look at.

    What ends it truthfully: ``[DONE]``, or the end that HTTP gives its body. Nothing else can be known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from ..decoding import ErrorInfo, EventDecoder, find_error, parse_body
from ..deltas import Delta, EndReason, Revised, StreamEnd, ToolCall
from ..ratelimit import RateLimit
from ..sse import SSEEvent
from ..stream import Stream
from ..timings import Timings
from ..usage import Usage
from ._form import Form, usage_in

if TYPE_CHECKING:
    from ..transport import Call

__all__ = ["EventStream", "open_events"]

T = TypeVar("T")

# The names that an error is found by, and that of the usage: an event without any is not looked into.
_OF_INTEREST: Final = (b'"error"', b'"success"', b'"base_resp"', b'"usage"')


class EventStream(Generic[T]):
    """The events of ``client.stream_events``, in order, once: ``SSEEvent``s, or values of a type.

    It can be awaited, entered or simply iterated; the first of these sends the request. As of ``Stream``:
    leaving it in any way closes the connection at once, cancelling a wait loses nothing, one reader at once.
    An end that is neither ``[DONE]`` nor that of the body raises, and ``error.partial`` is the last event. An
    event that is marked as an error raises too.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     body = {"model": "gpt-5.2", "input": "one two", "stream": True}
    ...     async with client.stream_events("/v1/responses", body) as events:
    ...         names = [event.event async for event in events]
    >>> names[0], names[-1], events.end.state
    ('response.created', 'response.completed', 'completed')
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: Stream[T, T | None]) -> None:
        self._stream = stream

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)

    def __await__(self) -> Generator[Any, None, EventStream[T]]:
        return self._begun().__await__()

    async def __aenter__(self) -> EventStream[T]:
        return await self._begun()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    async def aclose(self) -> None:
        """Leaves the stream; readers come to the end."""
        self.abort()

    close = aclose

    def abort(self) -> None:
        """Leaves the stream now, without awaiting, from any thread. Idempotent."""
        self._stream.abort()

    def __aiter__(self) -> AsyncIterator[T]:
        return self._stream

    async def __anext__(self) -> T:
        return await self._stream.__anext__()

    def batches(self) -> AsyncIterator[list[T]]:
        """One list per network read, never an empty one."""
        return self._stream.batches()

    @property
    def usage(self) -> Usage:
        """The last usage that an event brought in one of the usual ways; else ``source == "none"``."""
        return self._stream.usage

    @property
    def last_raw(self) -> bytes | None:
        """The data of the event handed out last, as sent; None before the first."""
        return self._stream.last_raw

    @property
    def end(self) -> StreamEnd:
        """How it ended, or stands; ``evidence.done_seen`` says whether there was a ``[DONE]``."""
        return self._stream.end

    @property
    def timings(self) -> Timings:
        """When its events came."""
        return self._stream.timings

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, case-insensitive; empty before they came."""
        return self._stream.headers

    @property
    def request_id(self) -> str | None:
        """The gateway's id of this request."""
        return self._stream.request_id

    @property
    def rate_limit(self) -> RateLimit:
        """What the headers say of the gateway's limits."""
        return self._stream.rate_limit

    @property
    def attempts(self) -> int:
        """How many tries it took to get the answer."""
        return self._stream.attempts

    async def _begun(self) -> EventStream[T]:
        await self._stream
        return self


class LastEvent(Generic[T]):
    """The accumulator: the last event, what it cost, and whether one was an error."""

    ends_by: Final = "body"
    unasked: Final = None
    content = reasoning_content = refusal = ""
    finish_reason = None
    reason: EndReason = "unknown"
    revised: tuple[Revised, ...] = ()

    def __init__(self, decoder: EventDecoder[T], form: Form[Any]) -> None:
        self._decoder = decoder  # read before these are folded: its payloads are theirs
        self._form = form
        self._count = 0
        self._last: T | None = None
        self.suspect = False
        self.usage = Usage()

    @property
    def tool_calls(self) -> list[ToolCall]:
        return []

    @property
    def complete(self) -> bool:
        return self._decoder.done

    @property
    def closed(self) -> bool:
        return self._decoder.done

    @property
    def progress(self) -> tuple[int, int]:
        return self._count, 0

    def fold(self, items: Sequence[T]) -> list[Delta | Sequence[Delta]]:
        self.suspect = False
        payloads = self._decoder.payloads[len(self._decoder.payloads) - len(items) :]
        for number, (item, payload) in enumerate(zip(items, payloads, strict=True), 1):
            self._count += 1
            self._last = item
            if self._is_error(bytes(payload)):
                self.suspect = True
                return [()] * number
        return [()] * len(items)

    def _is_error(self, data: bytes) -> bool:
        if not any(word in data for word in _OF_INTEREST):
            return False
        tree = parse_body(data)
        usage = usage_in(tree)
        if usage.source != "none":
            self.usage = usage
        return find_error(tree) is not None

    def error_in(self, tree: Any) -> ErrorInfo | None:
        return find_error(tree)

    def whole(self, body: bytes) -> list[T]:
        """A body of JSON where events were expected: one event, unless it is an error."""
        tree = parse_body(body)
        item = _item(SSEEvent(body), self._form)
        if tree is None or isinstance(tree, str) or self._form.error_in(tree, readable=True) is not None:
            raise ValueError("expected JSON that is no error")
        return [item]

    def final(self) -> T | None:
        return self._last


def open_events(call: Call, form: Form[Any], max_event_bytes: int) -> EventStream[Any]:
    """The stream; *form* None gives ``SSEEvent``s."""
    return EventStream(Stream(call, partial(_parts, form, max_event_bytes)))


def _parts(form: Form[Any], max_event_bytes: int) -> tuple[EventDecoder[Any], LastEvent[Any]]:
    decoder: EventDecoder[Any] = EventDecoder(
        msgspec.json.Decoder(), item=partial(_item, form=form), max_event_bytes=max_event_bytes
    )
    return decoder, LastEvent(decoder, form)


def _item(event: SSEEvent, form: Form[Any]) -> Any:
    data = bytes(event.data)  # a view would keep the memory of a whole read alive
    return SSEEvent(data, event.event, event.id) if form.type is None else form.read(data)
