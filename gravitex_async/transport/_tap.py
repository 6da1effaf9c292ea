"""All that is private of aiohttp: a body read for a third of the cost, a request sent for half of it.

Strategy
    Gateways send one HTTP chunk per event, and what aiohttp does for each of them in Python costs as much as
    decoding it (benchmarks/bench_fast_stream.py). A ``TappedBody`` has aiohttp's parser do nothing per chunk
    but put it aside, and takes all that was put aside in one step.

    A request over a connection that stands ready needs neither a task nor a coroutine: its head and its body
    are written, and the connection's ``Watch`` tells when aiohttp's parser has the head of the answer
    (``Exchange``). The connection is aiohttp's before and after, and so are its pool, its parser, and its
    mind on whether the connection may be used again.

    None of this is promised by aiohttp. So ``_selfcheck`` tries it, once per session, and the session does
    without where anything is not as expected. What is done then is in ``_session`` and ``_body``, for every
    version of aiohttp.

Flow control: a network read is never refused, but while nobody takes what was put aside the connection is
held after ``READ_BYTES``. Bytes that are no body (the extensions of chunks, half a chunk's size) count for
nothing: who takes what was put aside lets the connection go on, and of these there is nothing to take.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection

from ._body import lost
from ._watch import READ_BYTES, Watch

if TYPE_CHECKING:
    from aiohttp.http import RawResponseMessage

__all__ = ["Answer", "Exchange", "TappedBody", "buffered", "has_pooled", "idle", "pooled", "tap"]

# What transports without flow control, or on their way out, say to it (asyncio, uvloop).
_NO_FLOW: Final = (AttributeError, NotImplementedError, RuntimeError)


# The body


class _Aside(aiohttp.StreamReader):
    """A body reader that puts what it is fed aside, and does nothing else; ``TappedBody`` does the rest.

    Fed once per HTTP chunk: what is left out here (counting, waking the reader, a list of where the chunks
    ended) would cost 0.4 µs an event.
    """

    __slots__ = ()

    def feed_data(self, data: bytes, size: int = 0) -> bool:
        self._buffer.append(data)
        return False

    begin_http_chunk_receiving = bool  # type: ignore[assignment]  # does nothing, without a frame
    end_http_chunk_receiving = bool  # type: ignore[assignment]


class TappedBody:
    """A body whose pieces are put aside by aiohttp's parser, see above."""

    __slots__ = ("_content", "_held", "_loop", "_paused", "_waiter", "_watch")

    def __init__(self, content: aiohttp.StreamReader, loop: asyncio.AbstractEventLoop, watch: Watch) -> None:
        self._content = content
        self._loop = loop
        self._watch = watch
        self._waiter: asyncio.Future[None] | None = None
        self._held = 0  # bytes that came since the reader took what there was
        self._paused = False
        watch.enter(self)

    def take(self) -> bytes | None:
        content = self._content
        if content._exception is not None:
            raise content._exception
        buffer = content._buffer
        if not buffer:
            return b"" if content._eof else None
        data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        self._held = 0
        if self._paused:
            self._resume()
        return data

    def wait(self) -> asyncio.Future[None]:
        waiter = self._waiter = self._loop.create_future()
        return waiter

    @property
    def at_eof(self) -> bool:
        content = self._content
        return content._eof and not content._buffer and content._exception is None

    @property
    def error(self) -> BaseException | None:
        return self._content._exception

    def interrupt(self) -> None:
        self._end_with(TimeoutError("the wait was ended"))

    def rest(self) -> bytes:
        return buffered(self._content)

    def stop(self) -> None:
        self._watch.leave(self)
        self._wake()

    # What the watch tells

    def received(self, size: int) -> bool:
        content = self._content
        if not content._buffer:
            if content._eof or content._exception is not None:
                self._wake()
            return not content._eof
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():  # cancelled
                waiter.set_result(None)
        self._held += size
        if self._held > READ_BYTES and not self._paused:
            self._pause()
        return not content._eof

    def losing(self, broken: bool) -> None:
        if broken:
            # aiohttp takes a reset for the end of a body that has no length; whatever did end, ended before.
            self._end_with(lost())

    def lost(self) -> None:
        if self._content._exception is None:
            self._end_with(lost())
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _end_with(self, error: Exception) -> None:
        if not self._content._eof:
            self._content.set_exception(error)
            self._wake()

    def _pause(self) -> None:
        try:
            self._watch.transport.pause_reading()
        except _NO_FLOW:
            return
        self._paused = True

    def _resume(self) -> None:
        self._paused = False
        with contextlib.suppress(*_NO_FLOW):
            self._watch.transport.resume_reading()


def tap(
    content: aiohttp.StreamReader, protocol: ResponseHandler, loop: asyncio.AbstractEventLoop, watch: Watch
) -> TappedBody | None:
    """The tapped body of *content*, of which nothing was read; None where that is another kind of reader."""
    if type(content) is not aiohttp.StreamReader:
        return None
    content.__class__ = _Aside
    content._buffer = list(content._buffer)  # type: ignore[assignment]  # a used deque takes 1.3 KB
    content._http_chunk_splits = None
    body = TappedBody(content, loop, watch)
    if protocol._reading_paused:
        protocol.resume_reading()  # the first read was large
    return body


def buffered(content: aiohttp.StreamReader) -> bytes:
    """Takes what *content* holds, also after an error, when aiohttp does not give it any more."""
    buffer = getattr(content, "_buffer", None)
    if not isinstance(buffer, (deque, list)) or not buffer:
        return b""
    rest = b"".join(buffer)[getattr(content, "_buffer_offset", 0) :]
    buffer.clear()
    return rest


# The request


class Answer:
    """The head of an answer and its body; the owner of its connection until that is at its end."""

    __slots__ = ("connection", "content", "headers", "status")

    def __init__(
        self, message: RawResponseMessage, content: aiohttp.StreamReader, connection: Connection
    ) -> None:
        self.status: int = message.code
        self.headers: Mapping[str, str] = message.headers
        self.content = content
        self.connection: Connection | None = connection
        content.on_eof(self._at_end)

    def __del__(self) -> None:
        if self.connection is not None:
            try:
                self.connection.release()
            except RuntimeError:  # its loop is closed, and the connection with it
                self.connection._protocol = None

    def release(self) -> None:
        """Gives the connection back; aiohttp closes it unless the body has ended and both sides keep it."""
        connection = self._let_go()
        if connection is not None:
            connection.release()

    def close(self) -> None:
        """Closes the connection."""
        connection = self._let_go()
        if connection is not None:
            connection.close()

    def _let_go(self) -> Connection | None:
        connection, self.connection = self.connection, None
        if not self.content.is_eof() and self.content.exception() is None:
            self.content.set_exception(lost())  # which also has it forget whom to tell of its end: this
        return connection

    def _at_end(self) -> None:
        # Behind a 101 the connection is no HTTP any more.
        protocol = None if self.connection is None else self.connection.protocol
        if protocol is not None and not protocol.upgraded:
            self.release()


class Exchange:
    """A request over a connection that stood ready, until the head of its answer is there.

    *changed* is called whenever ``answer`` may have more to say, from within the connection's own callbacks.
    """

    __slots__ = ("_changed", "_connection", "_protocol", "_watch")

    def __init__(self, connection: Connection, watch: Watch, changed: Callable[[], None]) -> None:
        protocol = connection.protocol
        assert protocol is not None
        self._connection = connection
        self._protocol = protocol
        self._watch = watch
        self._changed = changed

    def send(self, request: bytes) -> None:
        """Writes the whole of it, and gets aiohttp ready for the answer."""
        self._protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BYTES)
        self._watch.heard = False
        self._watch.enter(self)
        self._watch.transport.write(request)

    @property
    def unheard(self) -> bool:
        """Whether the server has said nothing at all: it had closed the connection, and did not see this."""
        return not self._watch.heard

    def answer(self) -> Answer | Exception | None:
        """The answer, or what came in its place; None: nothing yet."""
        protocol = self._protocol
        while len(protocol) or protocol.is_eof():
            try:
                message, content = _next_message(protocol)
            except Exception as error:
                self.close()
                return error
            if not 100 <= message.code < 200 or message.code == 101:  # the others announce an answer
                self._watch.leave(self)
                return Answer(message, content, self._connection)
        return None

    def close(self) -> None:
        """Ends it: the connection is closed."""
        self._watch.leave(self)
        self._connection.close()

    # What the watch tells

    def received(self, size: int) -> bool:
        self._watch.heard = True
        if len(self._protocol) or self._protocol.is_eof():
            self._changed()
        return True

    def losing(self, broken: bool) -> None: ...

    def lost(self) -> None:
        self._changed()


def _next_message(protocol: ResponseHandler) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """What ``read`` gives, which does not wait when there is a message or an error."""
    try:
        protocol.read().send(None)
    except StopIteration as done:
        found: tuple[RawResponseMessage, aiohttp.StreamReader] = done.value
        return found
    raise RuntimeError("expected a message that was announced")


# The pool


def has_pooled(connector: aiohttp.BaseConnector, key: ConnectionKey) -> bool:
    """Whether there is a connection in aiohttp's pool."""
    return bool(connector._conns.get(key))


def pooled(connector: aiohttp.BaseConnector, key: ConnectionKey) -> Connection | None:
    """A connection out of aiohttp's pool, where one is ready; without waiting."""
    getting = connector._get(key, [])
    try:
        getting.send(None)
    except StopIteration as done:
        found: Connection | None = done.value
        return found
    getting.close()
    return None


def idle(connector: aiohttp.BaseConnector | None) -> int:
    """Connections kept for later use. aiohttp has no public count; 0 where the private one is gone."""
    kept = getattr(connector, "_conns", None) or {}
    return sum(len(connections) for connections in kept.values())
