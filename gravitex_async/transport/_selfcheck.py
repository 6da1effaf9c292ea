"""Whether aiohttp is built as ``_tap`` needs it: bytes in, bytes out, over a transport in memory.

What is private may change with any version, and not by name alone. So requests are sent and their answers
read in just the way it is done later, once per session: two of them over one connection, with a word before
the answer, with a body in pieces. It takes a tenth of a millisecond.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection

from . import _tap
from ._watch import Watch, watch_on

__all__ = ["Memory", "works"]


class Memory(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.protocol: Any = asyncio.Protocol()
        self.closed = False

    def get_protocol(self) -> asyncio.BaseProtocol:
        found: asyncio.BaseProtocol = self.protocol
        return found

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


_REQUEST: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
_HEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n"


def works(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a request and its answer go their way as they should: bytes in, bytes out, no network."""
    connector = aiohttp.BaseConnector(limit=0, loop=loop)
    try:
        return _exchanged(connector, loop)
    except Exception:  # whatever it is: this is not the aiohttp that was known
        return False
    finally:
        with contextlib.suppress(StopIteration):
            connector.close().__await__().send(None)


def _exchanged(connector: aiohttp.BaseConnector, loop: asyncio.AbstractEventLoop) -> bool:
    key = ConnectionKey("localhost", 80, False, True, None, None, None)
    memory, protocol = Memory(), ResponseHandler(loop)
    memory.protocol = protocol
    protocol.connection_made(memory)
    Connection(connector, key, protocol, loop).release()
    for _ in range(2):  # the second answer comes over the connection of the first
        connection, watch = _tap.pooled(connector, key), watch_on(memory)
        if connection is None or watch is None or _tap.has_pooled(connector, key):
            return False
        memory.written = b""
        found = False
        try:
            found = _answered(connection, watch, memory, loop)
        finally:
            if not found:
                connection.close()
        if not found:
            return False
    connection = _tap.pooled(connector, key)
    if connection is None:
        return False
    connection.close()
    return memory.closed and _tap.idle(connector) == 0


def _answered(connection: Connection, watch: Watch, memory: Memory, loop: asyncio.AbstractEventLoop) -> bool:
    protocol, changes = connection.protocol, []
    exchange = _tap.Exchange(connection, watch, lambda: changes.append(True))
    exchange.send(_REQUEST)
    answers = [exchange.answer()]
    watch.data_received(_HEAD[:9])
    answers.append(exchange.answer())
    watch.data_received(_HEAD[9:] + b"1\r\na\r\n")
    answer = exchange.answer()
    if answers != [None, None] or not changes or memory.written != _REQUEST:
        return False
    if protocol is None or not isinstance(answer, _tap.Answer) or answer.connection is not connection:
        return False
    body = _tap.tap(answer.content, protocol, loop, watch)
    if body is None or (answer.status, answer.headers["X-A"]) != (200, "b"):
        return False
    return _reads(body, watch) and answer.connection is None


def _reads(body: _tap.TappedBody, watch: Watch) -> bool:
    taken = [body.take(), body.take()]
    waiter = body.wait()
    watch.data_received(b"1\r\nb\r\n1\r\nc\r\n")
    taken.append(body.take())
    watch.data_received(b"0\r\n\r\n")
    return waiter.done() and [*taken, body.take()] == [b"a", None, b"bc", b""] and body.at_eof
