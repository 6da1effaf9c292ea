"""The body of an answer as it arrives: what is there, and a wait for more.

Strategy
    Gateways send one HTTP chunk per event, and what aiohttp does for each of them in Python costs as much as
    decoding it (benchmarks/bench_fast_stream.py). A ``TappedBody`` has aiohttp's parser do nothing per chunk
    but put it aside, and is told once per network read by a ``Tap`` that the bytes passed through. It takes
    all that was put aside in one step. The attributes used for this are private to aiohttp, so they are
    looked for first; where one is missing a ``PlainBody`` does the same with public means.

    The tap also sees what aiohttp does not tell a reader: with a chunk size that is no number its C parser
    closes the connection, and the reader would wait until a clock ends it (seen with 3.14.5).

Flow control: a network read is never refused, but while nobody takes what was put aside the connection is
held after ``READ_BYTES``. Bytes that are no body (the extensions of chunks, half a chunk's size) count for
nothing: who takes what was put aside lets the connection go on, and of these there is nothing to take.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final, Protocol

from .._frames import forget_frames

if TYPE_CHECKING:
    from aiohttp import StreamReader

__all__ = ["READ_BYTES", "Body", "PlainBody", "Tap", "TappedBody", "tap_on"]

# Cache-sized reads: 64 KB cost 2 % more an event, 96 KB 3 %, 256 KB 20 % (benchmarks/bench_fast_stream.py).
READ_BYTES: Final = 72 * 1024

# The largest piece that TLS hands over.
TLS_RECORD_BYTES: Final = 16 * 1024

# What transports without flow control, or on their way out, say to it (asyncio, uvloop).
_NO_FLOW: Final = (AttributeError, NotImplementedError, RuntimeError)


class Body(Protocol):
    """One reader's view of a body."""

    def take(self) -> bytes | None:
        """All there is; b"" at the end of the body; None when there is nothing yet.

        Raises:
            Exception: Of aiohttp: the body broke off.
        """
        ...

    def wait(self) -> Awaitable[object]:
        """Something to await until ``take`` has more to say."""
        ...

    def gave_up(self) -> None:
        """Nobody waits any more."""
        ...

    @property
    def broken(self) -> bool:
        """Whether ``take`` will raise."""
        ...

    def rest(self) -> bytes:
        """What had arrived before the body broke off."""
        ...

    def stop(self) -> None:
        """Is read no more."""
        ...


class PlainBody:
    """A body read with ``readany``: correct with any version of aiohttp, and with test doubles."""

    __slots__ = ("_content", "_data", "_error", "_tap")

    def __init__(self, content: StreamReader, tap: Tap | None = None) -> None:
        self._content = content
        self._tap = tap
        self._data: bytes | None = None
        self._error: Exception | None = None

    def take(self) -> bytes | None:
        data, self._data = self._data, None
        if data is not None:
            return data
        content = self._content
        error = self._error or content.exception()
        if error is not None:
            raise error
        return content.read_nowait() if content.is_eof() else None

    async def wait(self) -> None:
        try:
            self._data = await self._content.readany()
        except Exception as error:
            forget_frames(error)
            self._error = error

    def gave_up(self) -> None:
        pass  # aiohttp's own reader has seen to it

    @property
    def broken(self) -> bool:
        return self._error is not None or self._content.exception() is not None

    def rest(self) -> bytes:
        """What is buffered, also after an error; b"" where there is no way to it."""
        buffer = getattr(self._content, "_buffer", None)
        if not isinstance(buffer, deque) or not buffer:
            return b""
        rest = b"".join(buffer)[getattr(self._content, "_buffer_offset", 0) :]
        buffer.clear()
        return rest

    def stop(self) -> None:
        if self._tap is not None:
            self._tap.leave(self._content)


class TappedBody:
    """A body whose pieces are put aside by aiohttp's parser, see above."""

    __slots__ = ("_content", "_loop", "_tap")

    def __init__(self, content: StreamReader, loop: asyncio.AbstractEventLoop, tap: Tap) -> None:
        self._content = content
        self._loop = loop
        self._tap = tap

    def take(self) -> bytes | None:
        content = self._content
        if content._exception is not None:
            raise content._exception
        buffer = content._buffer
        if not buffer:
            return b"" if content._eof else None
        data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        tap = self._tap
        tap.held = 0
        if tap.paused:
            tap.resume()
        return data

    def wait(self) -> asyncio.Future[None]:
        waiter = self._content._waiter = self._loop.create_future()
        return waiter

    def gave_up(self) -> None:
        self._content._waiter = None

    @property
    def broken(self) -> bool:
        return self._content._exception is not None

    def rest(self) -> bytes:
        rest = b"".join(self._content._buffer)
        self._content._buffer.clear()
        return rest

    def stop(self) -> None:
        self._tap.leave(self._content)


class Tap(asyncio.Protocol):
    """Hands everything that a connection says on to aiohttp, and then tells the body's reader.

    Stays on its connection from one answer to the next. Holds the body only, so that a stream that is
    dropped is freed at once.
    """

    __slots__ = ("_content", "_handler", "_transport", "_watched", "heard", "held", "paused")

    def __init__(self, handler: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._handler = handler
        self._transport = transport
        self._content: StreamReader | None = None  # the one whose reader is told
        self._watched: StreamReader | None = None  # the one that is told of the connection's loss
        self.heard = False  # bytes have come outside of a body: an answer begins
        self.held = 0  # bytes since the reader took what there was
        self.paused = False

    def watch(self, content: StreamReader) -> None:
        """From now on the connection brings *content*, whose reader aiohttp tells of what comes."""
        self._watched = content

    def enter(self, content: StreamReader) -> None:
        """From now on the connection brings *content*, which only puts things aside."""
        self._watched = self._content = content
        self.held = 0
        self.paused = False

    def leave(self, content: StreamReader) -> None:
        """*content* is read no more; the connection may be at another one already."""
        if self._watched is content:
            self._watched = self._content = None

    def resume(self) -> None:
        """Goes on reading."""
        self.paused = False
        with contextlib.suppress(*_NO_FLOW):
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._handler.data_received(data)
        content = self._content
        if content is None or content._eof:
            self._content = None  # the connection may be lent again before the body is read
            self.heard = True
            return
        if not content._buffer:
            return
        waiter = content._waiter
        if waiter is not None:
            content._waiter = None
            if not waiter.done():
                waiter.set_result(None)
        self.held += len(data)
        if self.held > READ_BYTES and not self.paused:
            self._pause()

    def _pause(self) -> None:
        try:
            self._transport.pause_reading()
        except _NO_FLOW:
            return
        self.paused = True

    def connection_lost(self, exc: Exception | None) -> None:
        content = self._watched
        self._watched = self._content = None
        if exc is not None and content is not None and not content.is_eof():
            # aiohttp takes a reset for the end of a body that has no length; whatever did end, ended before.
            content.set_exception(ConnectionResetError("the connection was lost"))
        self._handler.connection_lost(exc)
        if content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(ConnectionResetError("the connection was lost"))

    def eof_received(self) -> bool | None:
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()


def tap_on(transport: asyncio.Transport | None) -> Tap | None:
    """The tap on a connection, put there on first use; None where the transport allows none."""
    if transport is None or not hasattr(transport, "get_protocol"):
        return None
    handler = transport.get_protocol()
    if isinstance(handler, Tap):
        return handler
    if not isinstance(handler, asyncio.Protocol):
        return None
    tap = Tap(handler, transport)
    transport.set_protocol(tap)
    _read_less_at_once(transport)
    return tap


def _read_less_at_once(transport: asyncio.Transport) -> None:
    """Sets what asyncio asks for with one call: it allocates all of it each time, 256 KB by default.

    For an event of 300 bytes that costs 14 µs, and a large read leaves the processor's cache.
    """
    if hasattr(transport, "max_size"):
        transport.max_size = READ_BYTES
    tls = getattr(transport, "_ssl_protocol", None)
    if tls is not None and hasattr(tls, "max_size"):
        tls.max_size = TLS_RECORD_BYTES
