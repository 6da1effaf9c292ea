"""Reads in, structs out: server-sent events decoded into one type, without asyncio.

Strategy
    When one read holds many events (a busy loop: the case that costs), the whole read is cut at its
    separators (``_cut``) and each payload decoded. A payload that the strict decoder refuses is read
    tolerantly, it alone; a read that is of another form goes event by event through ``SSEParser``. Both ways
    give the same items: a test runs them on every recorded stream.

    The end of a read that is no whole event yet is kept and put before the next read, as long as it is
    small, or no larger than the read; a larger one is left to the parser, which never searches or copies a
    byte twice.

    Who wants more of an event than its data gives ``item``, and gets every event whole, from the parser.

Not here: what an item means (an error, a finish reason); that is the dialect's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..answers import keep_payload
from ..errors import APIError, DecodeError, EventTooLargeError
from ..sse import BOM, MAX_EVENT_BYTES, SSEEvent, SSEParser
from ._cut import CRLF, LF, Cut, Cutter, cut_events
from ._failures import ErrorInfo, error_of, find_flat, flat_error, parse_body
from ._tolerant import TolerantDecoder, excerpt

__all__ = ["EventDecoder"]

T = TypeVar("T")

Unknown = Callable[["dict[str, Any]", bytes], "T | None"]

# A tail up to this size, or that of the read it came in, is copied in front of the next read; beyond it the
# parser takes over.
MAX_TAIL: Final = 16 * 1024

# Events that only keep the connection alive, whatever their data: see "Keep-alives" in decoding/README.md.
_SILENT: Final = frozenset({"ping", "keepalive", "heartbeat"})

_DONE: Final = b"[DONE]"
_LINE_ENDS: Final = b"\r\n"
_CR_BYTE, _LF_BYTE = _LINE_ENDS


def _uncut(tail: bytes, data: bytes, newline: bytes) -> None:
    """Leaves all of it to the parser."""


class EventDecoder(Generic[T]):
    """Turns the body of one answer into items of *type*, in order.

    After ``failure`` is set, the items already returned are all there is: the stream raises it once they
    are delivered. With ``blamed`` the last of them is the event that the failure came with, which may bring
    text and usage beside it. After ``done`` nothing that follows is read.
    """

    __slots__ = (
        "_begun", "_cutter", "_decoder", "_frame", "_item", "_max", "_newline", "_parser", "_tail",
        "_tolerant", "_unknown", "blamed", "bytes", "done", "events", "failure", "payloads",
    )  # fmt: skip

    def __init__(
        self,
        decoder: msgspec.json.Decoder[T],
        *,
        cut: Cutter = cut_events,
        unknown: Unknown[T] | None = None,
        item: Callable[[SSEEvent], T] | None = None,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        self._decoder = decoder
        self._cutter = cut if item is None else _uncut
        self._item = item
        self._unknown = unknown
        self._max = max_event_bytes
        self._begun = False  # the first byte was seen, before which a BOM may stand
        self._newline = LF
        self._frame: tuple[bytes, bytes] | None = None  # around the payload of a read that was one event
        self._parser: SSEParser | None = None  # made when there is something for it
        self._tolerant: TolerantDecoder[T] | None = None
        self._tail = b""
        self.payloads: list[Any] = []  # of the items of the last call: bytes, or views of what was fed
        self.done = False
        self.failure: APIError | None = None
        self.blamed = False
        self.events = 0
        self.bytes = 0

    def feed(self, data: bytes) -> list[T]:
        """The items that became complete with *data*; ``payloads`` has the raw form of each."""
        self.bytes += len(data)
        if self._frame is not None and (items := self._one_more(data, self._frame)):
            return items
        self.payloads = []
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
        return self._back_to_fast(data, parser)

    def _one_more(self, data: bytes, frame: tuple[bytes, bytes]) -> list[T]:
        """The item of a read that is one event, as the read before was: what a web backend sees.

        What stood before and behind the payload there stands there again, and no line ends between the two:
        so this is one event too, and needs no cutter. No item, and nothing is taken, if it is anything else.
        """
        head, blank = frame
        if data.startswith(head) and data.endswith(blank) and len(data) <= self._max:
            payload = data[len(head) : -len(blank)]
            if _LF_BYTE not in payload and _CR_BYTE not in payload:
                try:
                    items = [self._decoder.decode(payload)]
                except (ValueError, RecursionError):
                    pass
                else:
                    self.events += 1
                    self.payloads = [payload]
                    return items
        self._frame = None
        return []

    def _back_to_fast(self, data: bytes, parser: SSEParser) -> list[T]:
        """The parser holds the start of an event, and gets the rest of it; the others go the fast way."""
        # The blank line may have been cut in two, and then it is the next byte that ends the event. Else the
        # stream's own blank line does; looking for any other would end it inside of what is still a line.
        end = len(data) - len(data.lstrip(_LINE_ENDS))
        if not end:
            blank = self._newline + self._newline
            end = data.find(blank) + len(blank)
            if end < len(blank):
                return self._slow(data)
        items = self._slow(data[:end])
        rest = data[end:]
        if not rest or self.done or self.failure is not None:
            return items
        return items + (self._fast(rest) if parser.idle else self._slow(rest))

    @property
    def _waiting(self) -> bool:
        """Whether half a character waits for the next event, which must be read tolerantly then."""
        return self._tolerant is not None and self._tolerant.waiting

    def close(self) -> list[T]:
        """The items that the end of the body completes."""
        if self.done or self.failure is not None:
            return []
        self.payloads = []
        if self._parser is None and not self._tail:
            return []
        items = self._slow(self._tail)
        self._tail = b""
        if self.done or self.failure is not None:
            return items
        self._closing(items)
        if self.unparsed is not None and self.failure is None:
            self._fail(self.unparsed)
        return items

    @property
    def unparsed(self) -> bytes | None:
        """Raw JSON that stands in place of events, as far as it has come."""
        return None if self._parser is None else self._parser.unparsed

    def payload(self, index: int) -> bytes:
        """The bytes that item *index* of the last call was decoded from."""
        return bytes(self.payloads[index])

    def adopt(self, items: list[T], body: bytes, failure: APIError | None) -> None:
        """Takes items that were read from a body that is no stream, and the error in it."""
        self.bytes += len(body)
        self.events += len(items)
        self.payloads = [body] * len(items)
        self.failure = failure
        self.blamed = failure is not None and bool(items)

    def keep(self, count: int) -> None:
        """Forgets the items of the last call after the first *count*: an error stands there."""
        self.events -= len(self.payloads) - count
        del self.payloads[count:]

    def _fast(self, data: bytes) -> list[T]:
        """Takes whole events the fast way, if it can be, and keeps the rest; else goes the slow way."""
        # Half a character is read on tolerantly, event by event.
        cut = None if self._waiting else self._cut(data)
        if cut is None:
            data, self._tail = self._tail + data, b""
            return self._slow(data)
        tail = self._tail
        payloads, self._tail = cut
        items: list[T] = []
        add, decode = items.append, self._decoder.decode
        try:
            for payload in payloads:
                add(decode(payload))
        except (ValueError, RecursionError):
            pass  # that one is read tolerantly; outside of this block, or its error would refer to this one
        strict = len(items)
        if strict == len(payloads) == 1 and not tail and not self._tail:
            blank = self._newline + self._newline
            self._frame = data[: -len(payloads[0]) - len(blank)], blank
        self._note(payloads if strict == len(payloads) else payloads[:strict])
        if strict < len(payloads):
            # The parser ends one more event at a CR that is half of the line end to come; it is in the tail.
            for event in self._events_of(payloads, tail + data)[strict : len(payloads)]:
                self._take(event, items)
                if self.done or self.failure is not None:
                    break
        return items

    def _events_of(self, payloads: list[bytes], read: bytes) -> list[SSEEvent]:
        """The events of *read*, with their names, which some servers give in place of a type."""
        if self._cutter is cut_events:
            return list(map(SSEEvent, payloads))  # there are no names in what that one cuts
        return SSEParser(max_event_bytes=self._max, begun=True).feed(read)

    def _cut(self, data: bytes) -> Cut | None:
        tail = self._tail
        if len(tail) + len(data) > self._max:
            return None
        if tail and data[0] in _LINE_ENDS:
            data, tail = tail + data, b""  # a separator that was cut in two is whole again
        cut = self._cutter(tail, data, self._newline)
        if cut is None:
            other = CRLF if self._newline is LF else LF
            cut = self._cutter(tail, data, other)
            if cut is None:
                return None
            self._newline = other
        # A tail that is no larger than the read it came in costs no more than reading it did.
        return None if len(cut[1]) > max(MAX_TAIL, len(data)) else cut

    def _note(self, payloads: list[bytes]) -> None:
        self.events += len(payloads)
        self.payloads = self.payloads + payloads if self.payloads else payloads

    def _slow(self, data: bytes) -> list[T]:
        items: list[T] = []
        parser = self._parser
        if parser is None:
            parser = self._parser = SSEParser(max_event_bytes=self._max, begun=self._begun)
            self._begun = True
        if CRLF in data:
            self._newline = CRLF  # a guess, of which only the speed depends: see _back_to_fast
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
        self.payloads.append(event.data)
        self.events += 1

    def _one(self, event: SSEEvent) -> T:
        if self._item is not None:
            return self._item(event)
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
        item = tolerant.convert(tree)
        keep_payload(item, bytes(event.data))  # it may have been more than the struct can hold
        return item

    def _closing(self, items: list[T]) -> None:
        """Takes the block that the end of input left open: whole JSON counts, anything less was cut."""
        assert self._parser is not None  # the tail went through it
        for event in self._parser.close():
            self._take(event, items)
            if isinstance(self.failure, DecodeError):
                self.failure = None

    def _fail(self, data: bytes) -> None:
        body = parse_body(data)
        found = find_flat(body) or ErrorInfo(message=f"raw text in the stream: {excerpt(data)}", body=body)
        self.failure = error_of(found)
