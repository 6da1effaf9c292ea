"""What a connection brings, seen on its way to aiohttp; with public means of asyncio and aiohttp only.

Strategy
    A ``Watch`` is the protocol of a connection in the place of aiohttp's, from the first answer to the last.
    It hands everything on to aiohttp's, and then tells the one who watches: once per network read, however
    many HTTP chunks that held, and of the loss of the connection. Who watches changes with what the
    connection brings: the head of an answer, its body, then nobody.

    aiohttp does not tell a reader all of that: with a chunk size that is no number its C parser closes the
    connection, and the reader would wait until a clock ends it (seen with 3.14.5).
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

__all__ = ["READ_BYTES", "Watch", "Watcher", "watch_on"]

# Measured on one fast stream (benchmarks/bench_fast_stream.py): 64 KB cost 2 % more an event, 96 KB 3 %,
# 256 KB 20 %.
READ_BYTES: Final = 72 * 1024

# The largest piece that TLS hands over.
TLS_RECORD_BYTES: Final = 16 * 1024


class Watcher(Protocol):
    """Who is told of what a connection brings."""

    def received(self, size: int) -> bool:
        """aiohttp has taken *size* bytes. False: this was the end of what is watched."""
        ...

    def losing(self, broken: bool) -> None:
        """The connection is lost, in mid-word if *broken*, and aiohttp does not know it yet."""
        ...

    def lost(self) -> None:
        """The connection is lost, and aiohttp knows."""
        ...


class Watch(asyncio.Protocol):
    """Hands everything that a connection says on to aiohttp, and then tells the one who watches."""

    __slots__ = ("_handler", "_watcher", "heard", "transport")

    def __init__(self, handler: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._handler = handler
        self._watcher: Watcher | None = None
        self.transport = transport
        self.heard = False  # bytes have come outside of a body: an answer begins

    def enter(self, watcher: Watcher) -> None:
        """From now on the connection brings what *watcher* waits for."""
        self._watcher = watcher

    def leave(self, watcher: Watcher) -> None:
        """*watcher* watches no more; the connection may be at another one already."""
        if self._watcher is watcher:
            self._watcher = None

    def data_received(self, data: bytes) -> None:
        self._handler.data_received(data)
        watcher = self._watcher
        if watcher is None:
            self.heard = True
        elif not watcher.received(len(data)):
            # The connection may be lent again before the body is read: what comes next is not its own.
            self.leave(watcher)
            self.heard = True

    def connection_lost(self, exc: Exception | None) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is None:
            self._handler.connection_lost(exc)
            return
        watcher.losing(exc is not None)
        self._handler.connection_lost(exc)
        watcher.lost()

    def eof_received(self) -> bool | None:
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()


def watch_on(transport: asyncio.Transport | None) -> Watch | None:
    """The watch on a connection, put there on first use; None where the transport allows none."""
    if transport is None or not hasattr(transport, "get_protocol"):
        return None
    handler = transport.get_protocol()
    if isinstance(handler, Watch):
        return handler
    if not isinstance(handler, asyncio.Protocol):
        return None
    watch = Watch(handler, transport)
    transport.set_protocol(watch)
    _read_less_at_once(transport)
    return watch


def _read_less_at_once(transport: asyncio.Transport) -> None:
    """Sets how much asyncio asks for with one call, 256 KB by default: see ``READ_BYTES``."""
    if hasattr(transport, "max_size"):
        transport.max_size = READ_BYTES
    tls = getattr(transport, "_ssl_protocol", None)
    if tls is not None and hasattr(tls, "max_size"):
        tls.max_size = TLS_RECORD_BYTES
