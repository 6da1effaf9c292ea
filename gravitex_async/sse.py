"""Bytes in, server-sent events out. Knows no sockets, no asyncio, no JSON.

Strategy
    A read is searched for line ends once, from left to right. A line that lies within one read is passed on
    as a slice of it: above ``VIEW_BYTES`` as a memoryview, which copies nothing; below it as bytes, which are
    cheaper to make (165 bytes: 42 ns against 54 ns). Only a line that the network cut is joined, once, when
    its end arrives; its pieces are not searched again.

    A read may end between CR and LF. The line is complete either way: it is handled at the CR, and an LF at
    the start of the next read is skipped.

Two modes
    ``strict=True`` is the algorithm of https://html.spec.whatwg.org/multipage/server-sent-events.html.
    ``strict=False`` is what the clients use. It differs in three points, because of what servers do (see
    "Framing" and "Errors inside an answer" in decoding/README.md): an event that is open at the end of the
    input is delivered; a field line named ``error`` makes an ``error`` event; and a line that begins with
    ``{`` or ``[`` between events is raw JSON, as is everything behind it: ``unparsed`` holds it.

Not here: ``[DONE]`` (chat only), what an event's type means, reconnecting.
"""

from __future__ import annotations

import copy
from typing import Final

import msgspec

from .errors import EventTooLargeError

__all__ = ["MAX_EVENT_BYTES", "SSEEvent", "SSEParser"]

# The largest event we buffer. Image models answer with tens of megabytes of base64 on one line; gateways of
# this family pass on lines of 64 MB, some builds of 128 MB.
MAX_EVENT_BYTES: Final = 128 * 1024 * 1024

# From this size on a memoryview is cheaper than a copy.
VIEW_BYTES: Final = 1024

# What a line costs in memory beside its bytes: a million empty data lines must count for something.
LINE_COST: Final = 64

_LF: Final = 10
_CR: Final = 13
BOM: Final = b"\xef\xbb\xbf"


class SSEEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. ``data`` is bytes, or a view into what was fed, which keeps that memory alive."""

    data: bytes | memoryview
    event: str = "message"
    id: str = ""
    """The last event id that the stream has set; it stays until the stream sets another."""

    @property
    def text(self) -> str:
        """``data`` as text; bytes that are not UTF-8 become U+FFFD."""
        return str(self.data, "utf-8", "replace")


class SSEParser:
    r"""Feed reads of any size; each call returns the events that became complete, in order.

    The events do not depend on how the input was cut. After an exception the parser is dead: every later call
    raises it again. Events of the same read that precede the error are returned, and the next call raises it.

    >>> parser = SSEParser()
    >>> parser.feed(b'data: {"text": ')
    []
    >>> [event.text for event in parser.feed(b'"Hi"}\n\n: ping\n\n')]
    ['{"text": "Hi"}']

    Args:
        strict: Whether to follow the standard to the letter; the module's docstring has the differences.
        max_event_bytes: The largest event to buffer.
        begun: Whether events of this stream were read before, so that no byte order mark can come.

    Raises:
        EventTooLargeError: One event is larger than *max_event_bytes*.
    """

    __slots__ = (
        "_bom",
        "_data",
        "_dead",
        "_event",
        "_id",
        "_max",
        "_pieces",
        "_pieces_size",
        "_size",
        "_strict",
        "_swallow_lf",
        "_unparsed",
        "last_event_id",
        "retry",
    )  # fmt: skip

    def __init__(
        self, *, strict: bool = False, max_event_bytes: int = MAX_EVENT_BYTES, begun: bool = False
    ) -> None:
        self._strict = strict
        self._max = max_event_bytes
        # What may become a BOM; None once that is decided.
        self._bom: bytes | None = None if begun else b""
        self._swallow_lf = False
        self._pieces: list[bytes | bytearray | memoryview] = []  # of the line whose end has not arrived
        self._pieces_size = 0
        self._data: list[bytes | memoryview] = []  # the data lines of the event so far
        self._size = 0
        self._event = ""
        self._id = ""
        self._unparsed: list[bytes] | None = None
        self._dead: EventTooLargeError | None = None
        self.last_event_id = ""
        self.retry: int | None = None  # milliseconds, when the stream asked for a reconnection time

    @property
    def unparsed(self) -> bytes | None:
        """Raw JSON found in place of events, as far as it has come, else None. Lenient mode only."""
        return None if self._unparsed is None else b"".join(self._unparsed)

    @property
    def idle(self) -> bool:
        """Whether the next byte begins a new event: the stream has begun, and nothing is held back."""
        return not (self._pieces or self._data or self._event or self._swallow_lf) and (
            self._bom is None and self._unparsed is None
        )

    def feed(self, data: bytes) -> list[SSEEvent]:
        """Takes the next bytes of the stream."""
        if self._dead is not None:
            raise copy.copy(self._dead)
        if self._bom is not None:
            data = self._without_bom(data)
        if self._unparsed is not None:
            self._keep_unparsed(data)
            return []
        events: list[SSEEvent] = []
        try:
            if data:
                self._lines(data, events)
        except EventTooLargeError:
            if not events:
                raise  # else the next call does: what came before the error in this read is not lost
        return events

    def close(self) -> list[SSEEvent]:
        """Takes the end of the input: lenient mode returns an event that is open, strict mode drops it."""
        if self._dead is not None:
            raise copy.copy(self._dead)
        events: list[SSEEvent] = []
        if self._strict or self._unparsed is not None:
            return events
        if self._pieces:
            # Whether a last line without an end is whole, its JSON tells: that is the decoder's to judge.
            self._line(self._joined(b""), events)
            if self._unparsed is not None:
                return events
        self._dispatch(events)
        return events

    def _without_bom(self, data: bytes) -> bytes:
        data = (self._bom or b"") + data
        if len(data) < len(BOM) and BOM.startswith(data):
            self._bom = data  # may be the first bytes of a mark that the network cut
            return b""
        self._bom = None
        return data.removeprefix(BOM)

    def _lines(self, data: bytes, events: list[SSEEvent]) -> None:
        size = len(data)
        start = 1 if self._swallow_lf and data[0] == _LF else 0
        self._swallow_lf = False
        # Each kind of line end is searched for by itself, and again only when it was used: a stream that has
        # but one of them would be searched to its end for the other at every line.
        lf = data.find(b"\n", start)
        cr = data.find(b"\r", start)
        while lf >= 0 or cr >= 0:
            if cr < 0 or 0 <= lf < cr:
                end = lf
            else:
                end = cr
            line = _part(data, start, end)
            self._line(self._joined(line) if self._pieces else line, events)
            if self._unparsed is not None:
                self._keep_unparsed(data[end:])
                return
            if end == cr:
                cr = data.find(b"\r", end + 1)
                if lf == end + 1:
                    end = lf
                elif end + 1 == size:
                    # The LF of this CRLF may be the first byte of the next read. The line is not kept back
                    # for it: a server that ends lines with CR alone would have its events come one read late.
                    self._swallow_lf = True
            start = end + 1
            if 0 <= lf < start:
                lf = data.find(b"\n", start)
        if start < size:
            self._hold(_part(data, start, size))

    def _hold(self, piece: bytes | memoryview) -> None:
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, bytearray) and len(piece) < VIEW_BYTES:
            last += piece  # a byte per read is one piece, not one object per byte
        else:
            self._pieces.append(bytearray(piece) if len(piece) < VIEW_BYTES else piece)
        self._pieces_size += len(piece)
        if self._size + self._pieces_size > self._max:
            self._die()

    def _joined(self, line: bytes | memoryview) -> bytes | memoryview:
        self._pieces.append(line)
        whole = b"".join(self._pieces)
        self._pieces = []
        self._pieces_size = 0
        return _part(whole, 0, len(whole))

    def _line(self, line: bytes | memoryview, events: list[SSEEvent]) -> None:
        if not line:
            self._dispatch(events)
        elif line[:5] == b"data:":
            self._add_data(line[6:] if line[5:6] == b" " else line[5:])
        elif line[0] != 0x3A:  # not a comment
            self._field(line, events)

    def _add_data(self, value: bytes | memoryview) -> None:
        if self._data:
            # An event of many lines: views would keep every read alive that a line of it came in.
            self._data[0] = bytes(self._data[0])
            value = bytes(value)
            self._size += LINE_COST
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > self._max:
            self._die()

    def _field(self, line: bytes | memoryview, events: list[SSEEvent]) -> None:
        if not self._strict and line[0] in b"{[" and not self._data and not self._event:
            self._unparsed = []
            self._keep_unparsed(bytes(line))
            return
        name, _, value = bytes(line).partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._add_data(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            self._id = self._id if b"\0" in value else value.decode("utf-8", "replace")
        elif name == b"retry":
            # Longer than 18 digits is no time anybody meant, and int() is not linear.
            self.retry = int(value) if value.isdigit() and len(value) <= 18 else self.retry
        elif name == b"error" and not self._strict:
            self._event = "error"
            self._add_data(value)

    def _dispatch(self, events: list[SSEEvent]) -> None:
        self.last_event_id = self._id
        if self._data:
            # One line, the usual case, stays the slice it is.
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            events.append(SSEEvent(data, self._event or "message", self._id))
            self._data = []
            self._size = 0
        self._event = ""

    def _keep_unparsed(self, data: bytes) -> None:
        unparsed = self._unparsed
        assert unparsed is not None
        unparsed.append(data)
        self._size += len(data)
        if self._size > self._max:
            self._die()

    def _die(self) -> None:
        self._dead = EventTooLargeError(
            f"expected events of at most {self._max} bytes, got a larger one; raise max_event_bytes (of "
            f"AsyncGravitex, or of the parser) if the model sends such events"
        )
        self._pieces, self._data, self._unparsed = [], [], None
        raise copy.copy(self._dead)


def _part(data: bytes, start: int, end: int) -> bytes | memoryview:
    if end - start < VIEW_BYTES:
        return data[start:end]
    return memoryview(data)[start:end]
