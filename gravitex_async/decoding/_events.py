"""Reads in, structs out: server-sent events decoded into one type, without asyncio.

Strategy
    When one read holds many events (a busy loop: the case that costs), the whole read is cut at its
    separators and each payload decoded, with no Python code per event. That is exact only for the simple
    form ``data: {...}`` + blank line, one line per payload and nothing else; so the form is checked, and any
    read that is not of it, or that the strict decoder refuses, goes event by event through ``SSEParser`` and,
    where one event needs it, ``TolerantDecoder``. Both ways give the same items: a test runs them on every
    recorded stream.

    The end of a read that is no whole event yet is kept and put before the next read, as long as it is
    small; a large one is left to the parser, which never searches or copies a byte twice.

    Who wants nothing but deltas asks ``brief`` first: the dialect makes them of the payloads of a busy read
    without the structs of the wire, where these hold nothing but text.

Not here: what an item means (an error, a finish reason); that is the dialect's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import repeat
from operator import contains
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..deltas import Delta
from ..errors import APIError, DecodeError, EventTooLargeError
from ..sse import BOM, MAX_EVENT_BYTES, SSEEvent, SSEParser
from ._failures import ErrorInfo, error_of, find_flat, flat_error, parse_body
from ._tolerant import TolerantDecoder, excerpt

__all__ = ["Brief", "Cut", "EventDecoder", "cut_events"]

T = TypeVar("T")

Payload = bytes | memoryview
Cut = tuple[list[bytes], bytes]
Cutter = Callable[[bytes, bytes], "Cut | None"]
Unknown = Callable[["dict[str, Any]", bytes], "T | None"]
Brief = Callable[[list[bytes]], "list[Delta] | None"]

# A tail up to this size is copied in front of the next read; beyond it the parser takes over.
MAX_TAIL: Final = 16 * 1024

# Below this a read is not worth two ways of looking at it.
BUSY_BYTES: Final = 4 * 1024

# After so many busy reads in a row that were no plain text, ``brief`` is tried no more.
MAX_MISSES: Final = 3

# Events that only keep the connection alive, whatever their data (sse.md section 4).
_SILENT: Final = frozenset({"ping", "keepalive", "heartbeat"})

_LF: Final = 10
_DONE: Final = b"[DONE]"


def cut_events(tail: bytes, data: bytes, head: bytes = b"data: ") -> Cut | None:
    """The payloads of whole events, and what follows the last; None when an event has any other form.

    The form is *head*, a payload of one line, an empty line. Exact because a CR, or an LF that is no part of
    a separator, ends the fast way. *tail* is what was left of the read before; the read is copied only once.
    """
    if b"\r" in data:
        return None
    # From the right: CPython looks for a long separator forwards in a way that costs twice as much here.
    payloads = data.rsplit(b"\n\n" + head)
    first = tail + payloads[0]
    if not first.startswith(head):
        return None
    payloads[0] = first[len(head) :]
    rest = payloads.pop()
    end = rest.rfind(b"\n\n")
    if end < 0:
        rest = head + rest
    else:
        payloads.append(rest[:end])
        rest = rest[end + 2 :]
    return None if any(map(contains, payloads, repeat(_LF))) else (payloads, rest)


class EventDecoder(Generic[T]):
    """Turns the body of one answer into items of *type*, in order.

    After ``failure`` is set, the items already returned are all there is: the stream raises it once they
    are delivered. With ``blamed`` the last of them is the event that the failure came with, which may bring
    text and usage beside it. After ``done`` nothing that follows is read.
    """

    __slots__ = (
        "_begun", "_brief", "_cutter", "_decoder", "_max", "_misses", "_parser", "_payloads", "_tail",
        "_tolerant", "_unknown", "blamed", "bytes", "done", "events", "failure",
    )  # fmt: skip

    def __init__(
        self,
        decoder: msgspec.json.Decoder[T],
        *,
        cut: Cutter = cut_events,
        unknown: Unknown[T] | None = None,
        brief: Brief | None = None,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        self._decoder = decoder
        self._cutter = cut
        self._unknown = unknown
        self._brief = brief
        self._max = max_event_bytes
        self._begun = False  # the first byte was seen, before which a BOM may stand
        self._parser: SSEParser | None = None  # made when there is something for it
        self._tolerant: TolerantDecoder[T] | None = None
        self._tail = b""
        self._payloads: list[Any] = []
        self._misses = 0
        self.done = False
        self.failure: APIError | None = None
        self.blamed = False
        self.events = 0
        self.bytes = 0

    def feed(self, data: bytes) -> list[T]:
        """The items that became complete with *data*; ``payload(i)`` is the raw form of each."""
        self.bytes += len(data)
        self._payloads = []
        if not data or self.done or self.failure is not None:
            return []
        parser = self._parser
        if parser is None:
            if self._begun or data[:1] != BOM[:1]:
                self._begun = True
                return self._fast(data)
            return self._slow(data)
        if parser.idle:
            return self._fast(data)
        # The parser holds the start of an event: give it the rest of that one, and take the fast way again.
        end = data.find(b"\n\n") + 2
        if end < 2 or end == len(data):
            return self._slow(data)
        items = self._slow(data[:end])
        if self.done or self.failure is not None:
            return items
        rest = data[end:]
        return items + (self._fast(rest) if parser.idle else self._slow(rest))

    def brief(self, data: bytes) -> list[Delta] | None:
        """What the events that *data* completes add, one Delta each, if they are plain and many.

        None, and *data* is still to be fed: it has to go the plain way. ``payload(i)`` as after ``feed``.
        """
        if self._brief is None or len(data) < BUSY_BYTES or self._misses >= MAX_MISSES:
            return None
        if self.done or self.failure is not None or not self._simple:
            return None
        cut = self._cut(data)
        if cut is None or not cut[0]:
            return None
        payloads, rest = cut
        done = payloads[-1] == _DONE
        made = self._brief(payloads[:-1] if done else payloads)
        if made is None:
            self._misses += 1
            return None
        self._misses = 0
        self.bytes += len(data)
        self._taken(payloads, rest, done)
        return made

    @property
    def _simple(self) -> bool:
        """Whether the next byte begins an event, and nothing of former ones is held back."""
        if self._waiting:
            return False
        return self._begun if self._parser is None else self._parser.idle

    @property
    def _waiting(self) -> bool:
        """Whether half a character waits for the next event, which must be read tolerantly then."""
        return self._tolerant is not None and self._tolerant.waiting

    def close(self) -> list[T]:
        """The items that the end of the body completes."""
        if self.done or self.failure is not None:
            return []
        self._payloads = []
        if self._parser is None and not self._tail:
            return []
        items = self._slow(self._tail)
        self._tail = b""
        if self.done or self.failure is not None:
            return items
        self._closing(items)
        if self.stray is not None and self.failure is None:
            self._stray(self.stray)
        return items

    @property
    def stray(self) -> bytes | None:
        """Raw JSON that stands in place of events, as far as it has come."""
        return None if self._parser is None else self._parser.stray

    def payload(self, index: int) -> bytes:
        """The bytes that item *index* of the last call was decoded from."""
        return bytes(self._payloads[index])

    def reread(self, count: int) -> list[T]:
        """The items of the last *count* payloads, of which ``brief`` made deltas."""
        return [self._decoder.decode(payload) for payload in self._payloads[-count:]]

    def settle(self) -> None:
        """Forgets all payloads but the last."""
        del self._payloads[:-1]

    def adopt(self, items: list[T], body: bytes, failure: APIError | None) -> None:
        """Takes items that were read from a body that is no stream, and the error in it."""
        self.bytes += len(body)
        self.events += len(items)
        self._payloads = [body] * len(items)
        self.failure = failure
        self.blamed = failure is not None and bool(items)

    def keep(self, count: int) -> None:
        """Forgets the items of the last call after the first *count*: an error stands there."""
        self.events -= len(self._payloads) - count
        del self._payloads[count:]

    def _fast(self, data: bytes) -> list[T]:
        """Takes whole events the fast way, if it can be, and keeps the rest; else goes the slow way."""
        cut = None if self._waiting else self._cut(data)
        if cut is not None:
            payloads, rest = cut
            done = bool(payloads) and payloads[-1] == _DONE
            try:
                items = list(map(self._decoder.decode, payloads[:-1] if done else payloads))
            except (ValueError, RecursionError):
                pass
            else:
                self._taken(payloads, rest, done)
                return items
        data, self._tail = self._tail + data, b""
        return self._slow(data)

    def _cut(self, data: bytes) -> Cut | None:
        if len(self._tail) + len(data) > self._max:
            return None
        cut = self._cutter(self._tail, data)
        return None if cut is None or len(cut[1]) > MAX_TAIL else cut

    def _taken(self, payloads: list[bytes], rest: bytes, done: bool) -> None:
        if done:
            payloads.pop()
            self.done = True
        self.events += len(payloads)
        self._tail = rest
        self._payloads = self._payloads + payloads if self._payloads else payloads

    def _slow(self, data: bytes) -> list[T]:
        items: list[T] = []
        parser = self._parser
        if parser is None:
            parser = self._parser = SSEParser(max_event_bytes=self._max, begun=self._begun)
            self._begun = True
        try:
            for event in parser.feed(data):
                if self.done or self.failure is not None:
                    break
                self._take(event, items)
        except EventTooLargeError as error:
            self.failure = copy.copy(error)  # one that was raised refers to this frame
        return items

    def _take(self, event: SSEEvent, items: list[T]) -> None:
        data = event.data
        if event.event in _SILENT or (len(data) < 64 and not bytes(data).strip()):
            return
        if len(data) < 64 and bytes(data).strip() == _DONE:
            self.done = True
        else:
            before = len(items)
            self._append(event, items)
            if event.event == "error":
                self.failure = error_of(flat_error(parse_body(bytes(data))))
                self.blamed = len(items) > before

    def _append(self, event: SSEEvent, items: list[T]) -> None:
        try:
            item = self._one(event)
        except DecodeError as error:
            # What is no event of the dialect may be an error all the same; Google puts them into arrays.
            found = find_flat(parse_body(bytes(event.data)))
            self.failure = error if found is None else error_of(found)
            return
        items.append(item)
        self._payloads.append(event.data)
        self.events += 1

    def _one(self, event: SSEEvent) -> T:
        if not self._waiting:
            try:
                return self._decoder.decode(event.data)
            except (ValueError, RecursionError):
                pass
        tolerant = self._tolerant
        if tolerant is None:
            tolerant = self._tolerant = TolerantDecoder(self._decoder.type, self._decoder.dec_hook)
        tree = tolerant.tree(event.data)
        if "type" not in tree and event.event != "message":
            tree["type"] = event.event
        if self._unknown is not None and (item := self._unknown(tree, bytes(event.data))) is not None:
            return item
        return tolerant.convert(tree)

    def _closing(self, items: list[T]) -> None:
        """Takes the block that the end of input left open: whole JSON counts, anything less was cut."""
        assert self._parser is not None  # the tail went through it
        for event in self._parser.close():
            self._take(event, items)
            if isinstance(self.failure, DecodeError):
                self.failure = None

    def _stray(self, data: bytes) -> None:
        body = parse_body(data)
        found = find_flat(body) or ErrorInfo(message=f"raw text in the stream: {excerpt(data)}", body=body)
        self.failure = error_of(found)
