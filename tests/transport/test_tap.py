"""What is private of aiohttp, over a transport in memory: that it works, and is seen when it does not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection

from gravitex_async.transport import _selfcheck, _session, _tap
from gravitex_async.transport._body import Body, PlainBody
from gravitex_async.transport._watch import READ_BYTES, Watch, watch_on

from ..laws.conftest import chunked

pytestmark = pytest.mark.virtual

KEY = ConnectionKey("localhost", 80, False, True, None, None, None)
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTHLESS = b"HTTP/1.1 200 OK\r\n\r\n"


class Memory(_selfcheck.Memory):
    """One that notes whether it is held."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False

    def pause_reading(self) -> None:
        self.held = True

    def resume_reading(self) -> None:
        self.held = False


class Line:
    """A connection whose other end is in our hands."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.connector = aiohttp.BaseConnector(limit=0)
        self.memory, self.protocol = Memory(), ResponseHandler(loop)
        self.memory.protocol = self.protocol
        self.protocol.connection_made(self.memory)
        Connection(self.connector, KEY, self.protocol, loop).release()
        self.changes = 0
        self.answers: list[_tap.Answer] = []

    async def __aenter__(self) -> Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        for answer in self.answers:
            answer.close()
        await self.connector.close()

    def changed(self) -> None:
        self.changes += 1

    def send(self) -> _tap.Exchange:
        connection = _tap.pooled(self.connector, KEY)
        watch = watch_on(self.memory)
        assert connection is not None
        assert watch is not None
        self.watch: Watch = watch
        exchange = _tap.Exchange(connection, watch, self.changed)
        exchange.send(b"request")
        return exchange

    def answer(self, head: bytes = HEAD) -> _tap.Answer:
        exchange = self.send()
        self.watch.data_received(head)
        answer = exchange.answer()
        assert isinstance(answer, _tap.Answer)
        self.answers.append(answer)
        return answer

    def body(self, way: type, head: bytes = HEAD) -> Body:
        answer = self.answer(head)
        if way is PlainBody:
            return PlainBody(answer.content, self.watch)
        loop = asyncio.get_running_loop()
        body = _tap.tap(answer.content, self.protocol, loop, self.watch)
        assert body is not None
        return body


WAYS = [_tap.TappedBody, PlainBody]


# The self-check


async def test_it_works_with_the_aiohttp_that_is_here() -> None:
    """So all that follows is about what is used."""
    assert _selfcheck.works(asyncio.get_running_loop())


def _nothing(*_: Any, **__: Any) -> None:
    return None


async def _waits(*_: Any, **__: Any) -> None:
    await asyncio.sleep(1)


BROKEN: list[tuple[type, str, Any]] = [
    (aiohttp.BaseConnector, "_get", _waits),
    (aiohttp.BaseConnector, "_release", _nothing),
    (ResponseHandler, "set_response_params", _nothing),
    (ResponseHandler, "data_received", _nothing),
    (ResponseHandler, "read", _waits),
    (ResponseHandler, "__len__", lambda _: 0),
    (ResponseHandler, "resume_reading", None),
    (aiohttp.StreamReader, "feed_eof", _nothing),
    (aiohttp.StreamReader, "on_eof", _nothing),
    (_tap._Aside, "feed_data", _nothing),
]


@pytest.mark.parametrize(("of", "name", "what"), BROKEN, ids=[f"{o.__name__}.{n}" for o, n, _ in BROKEN])
async def test_an_aiohttp_of_another_build_is_seen(
    of: type, name: str, what: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever part of it does other than it did; the session does without then."""
    if name == "resume_reading":  # is asked for only where the parser has stopped
        monkeypatch.setattr(of, "_reading_paused", True, raising=False)
        what = _raise
    monkeypatch.setattr(of, name, what)
    assert not _selfcheck.works(asyncio.get_running_loop())


def _raise(*_: Any, **__: Any) -> None:
    raise AttributeError


async def test_a_reader_that_cannot_be_changed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its class has other slots."""

    class Other(aiohttp.StreamReader):
        __slots__ = ("other",)

    monkeypatch.setattr(_tap, "_Aside", Other)
    assert not _selfcheck.works(asyncio.get_running_loop())


@pytest.mark.parametrize(
    ("said", "allowed"),
    [(None, True), ("", True), ("on", True), ("off", False), (" OFF ", False), ("0", False), ("no", False),
     ("false", False)],
)  # fmt: skip
async def test_it_can_be_switched_off(
    said: str | None, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment."""
    monkeypatch.delenv("GRAVITEX_PRIVATE_AIOHTTP", raising=False)
    if said is not None:
        monkeypatch.setitem(os.environ, "GRAVITEX_PRIVATE_AIOHTTP", said)
    assert _session._allowed() is allowed


# The request


async def test_an_exchange_from_its_first_byte_to_the_last() -> None:
    """The connection is lent, used, and given back to be used again."""
    async with Line() as line:
        assert _tap.idle(line.connector) == 1
        assert _tap.has_pooled(line.connector, KEY)
        exchange = line.send()
        assert (_tap.idle(line.connector), _tap.has_pooled(line.connector, KEY)) == (0, False)
        assert line.memory.written == b"request"
        assert exchange.answer() is None
        assert exchange.unheard
        line.watch.data_received(b"HTTP/1.1 ")
        assert not exchange.unheard
        assert (line.changes, exchange.answer()) == (0, None)
        line.watch.data_received(b"200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\nH")
        assert line.changes == 1
        answer = exchange.answer()
        assert isinstance(answer, _tap.Answer)
        assert (answer.status, answer.headers["a"]) == (200, "b")
        assert answer.connection is not None
        line.watch.data_received(b"i")
        assert answer.connection is None
        assert _tap.idle(line.connector) == 1
        assert not line.memory.closed


@pytest.mark.parametrize("how", ["close", "release"])
async def test_an_answer_that_is_left_closes_its_connection(how: str) -> None:
    """It has not come to its end, so nothing else can be sent over it; who reads it is told."""
    async with Line() as line:
        answer = line.answer()
        getattr(answer, how)()
        assert line.memory.closed
        assert isinstance(answer.content.exception(), ConnectionResetError)
        assert answer.connection is None
        getattr(answer, how)()  # once more says nothing


async def test_an_answer_that_is_forgotten_gives_its_connection_up() -> None:
    """Without a warning."""
    async with Line() as line:
        answer = line.answer()
        answer.content._eof_callbacks.clear()  # which hold it, as do we
        line.answers.clear()
        del answer
        assert line.memory.closed


async def test_an_exchange_that_is_closed() -> None:
    """Takes its connection with it, and is told nothing more."""
    async with Line() as line:
        exchange = line.send()
        exchange.close()
        assert line.memory.closed
        line.watch.data_received(HEAD)
        line.watch.connection_lost(None)
        assert line.changes == 0


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
async def test_a_connection_that_is_lost_before_the_head(error: Exception | None) -> None:
    """There is an error in the place of the answer."""
    async with Line() as line:
        exchange = line.send()
        line.watch.connection_lost(error)
        assert line.changes == 1
        assert isinstance(exchange.answer(), aiohttp.ClientConnectionError)


async def test_what_is_upgraded_is_no_http_any_more() -> None:
    """Its connection is not given back behind the head."""
    async with Line() as line:
        answer = line.answer(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        assert answer.connection is not None
        answer.close()
        assert line.memory.closed


# The body


@pytest.mark.parametrize("way", WAYS)
async def test_what_has_come_is_taken_at_once(way: type) -> None:
    """However many chunks it was, with the head or behind it."""
    async with Line() as line:
        body = line.body(way, HEAD + chunked(b"a") + chunked(b"b"))
        if way is PlainBody:
            await body.wait()
        assert body.take() == b"ab"
        assert body.take() is None
        assert not body.at_eof
        line.watch.data_received(chunked(b"c") + chunked(b"d"))
        if way is PlainBody:
            await body.wait()
        assert body.take() == b"cd"
        line.watch.data_received(b"0\r\n\r\n")
        assert (body.take(), body.take(), body.at_eof, body.error) == (b"", b"", True, None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", [chunked(b"a"), b"0\r\n\r\n", None])
async def test_a_wait_ends_when_there_is_something(way: type, what: bytes | None) -> None:
    """Bytes, the end, or the loss of the connection; and not before."""
    async with Line() as line:
        body = line.body(way)
        waiting = asyncio.ensure_future(_waited(body))
        await asyncio.sleep(0)
        line.watch.data_received(b"1")  # half a chunk's size
        await asyncio.sleep(1)
        assert not waiting.done()
        if what is None:
            line.watch.connection_lost(None)
        else:
            line.watch.data_received((b";x" if what.startswith(b"1") else b";x\r\na\r\n") + what[1:])
            if what.startswith(b"0"):
                line.watch.data_received(what)
        await asyncio.wait_for(waiting, 5)


async def _waited(body: Body) -> None:
    await body.wait()


@pytest.mark.parametrize("way", WAYS)
async def test_a_wait_that_is_cancelled_holds_nothing_up(way: type) -> None:
    """The next one is another."""
    async with Line() as line:
        body = line.body(way)
        waiting = asyncio.ensure_future(_waited(body))
        await asyncio.sleep(0)
        waiting.cancel()
        line.watch.data_received(chunked(b"a"))
        await asyncio.sleep(0)
        assert waiting.cancelled()
        if way is PlainBody:
            await body.wait()
        assert body.take() == b"a"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", ["interrupt", "reset", "end"])
async def test_what_had_come_before_the_body_broke_off_is_there(way: type, how: str) -> None:
    """Behind the error."""
    async with Line() as line:
        body = line.body(way)
        line.watch.data_received(chunked(b"so far"))
        if how == "interrupt":
            body.interrupt()
        else:
            line.watch.connection_lost(ConnectionResetError() if how == "reset" else None)
        assert isinstance(body.error, TimeoutError if how == "interrupt" else Exception)
        assert not body.at_eof
        with pytest.raises(type(body.error)):
            body.take()
        assert body.rest() == b"so far"
        assert body.rest() == b""


async def test_what_was_read_comes_before_what_is_buffered() -> None:
    """Of a body that aiohttp says is broken, where there is a way to what it has."""
    async with Line() as line:
        content = line.answer().content
        body = PlainBody(content, line.watch, _tap.buffered)
        line.watch.data_received(chunked(b"a"))
        await body.wait()
        line.watch.data_received(chunked(b"b"))
        content.set_exception(ValueError())
        with pytest.raises(ValueError, match=r"^$"):
            body.take()
        assert body.rest() == b"ab"


@pytest.mark.parametrize("way", WAYS)
async def test_a_body_at_its_end_is_not_interrupted(way: type) -> None:
    """It is handed out."""
    async with Line() as line:
        body = line.body(way)
        line.watch.data_received(chunked(b"all") + b"0\r\n\r\n")
        body.interrupt()
        line.watch.connection_lost(ConnectionResetError())
        assert body.error is None
        assert (body.take(), body.take()) == (b"all", b"")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("error", "whole"), [(None, True), (ConnectionResetError(), False)])
async def test_a_body_without_a_length(way: type, error: Exception | None, whole: bool) -> None:
    """Ends with its connection, and not with the loss of it."""
    async with Line() as line:
        body = line.body(way, LENGTHLESS)
        line.watch.data_received(b"all")
        line.watch.connection_lost(error)
        if whole:
            assert (body.take(), body.take(), body.at_eof) == (b"all", b"", True)
        else:
            assert isinstance(body.error, ConnectionResetError)
            assert body.rest() == b"all"


@pytest.mark.parametrize("way", WAYS)
async def test_a_body_that_is_left_is_told_nothing(way: type) -> None:
    """What comes over its connection then is the next answer's."""
    async with Line() as line:
        body = line.body(way)
        line.watch.heard = False
        line.watch.data_received(chunked(b"a"))
        assert not line.watch.heard, "it is the body's"
        waiting = asyncio.ensure_future(_waited(body))
        await asyncio.sleep(0)
        body.stop()
        if way is _tap.TappedBody:
            await asyncio.wait_for(waiting, 5)
        line.watch.data_received(chunked(b"b"))
        assert line.watch.heard
        waiting.cancel()


async def test_what_comes_behind_the_end_is_nobodys() -> None:
    """The connection may be lent again before the body is read."""
    async with Line() as line:
        body = line.body(_tap.TappedBody)
        line.watch.heard = False
        line.watch.data_received(chunked(b"a") + b"0\r\n\r\n")
        assert line.watch.heard
        assert (body.take(), body.take()) == (b"a", b"")


async def test_a_connection_is_held_while_nobody_reads() -> None:
    """After so many bytes, and goes on when they are taken."""
    async with Line() as line:
        body = line.body(_tap.TappedBody)
        line.watch.data_received(chunked(b"x" * (READ_BYTES - 100)))
        assert not line.memory.held
        line.watch.data_received(chunked(b"x" * 200))
        assert line.memory.held
        assert len(body.take() or b"") == READ_BYTES + 100
        assert not line.memory.held
        line.watch.data_received(chunked(b"x" * (READ_BYTES - 100)))
        assert not line.memory.held, "what was taken does not count"


async def test_bytes_that_are_no_body_hold_nothing() -> None:
    """There is nothing to take that would let the connection go on."""
    async with Line() as line:
        body = line.body(_tap.TappedBody)
        line.watch.data_received(b"1;")
        for _ in range(30):
            line.watch.data_received(b"x" * 4000)
        assert not line.memory.held
        line.watch.data_received(b"\r\na\r\n")
        assert body.take() == b"a"


@pytest.mark.parametrize("error", [AttributeError, NotImplementedError, RuntimeError])
async def test_a_transport_that_cannot_be_held_is_not(error: type[Exception]) -> None:
    """Reading goes on."""

    def cannot() -> None:
        raise error

    async with Line() as line:
        body = line.body(_tap.TappedBody)
        line.memory.pause_reading = cannot  # type: ignore[method-assign]
        line.watch.data_received(chunked(b"x" * 2 * READ_BYTES))
        assert len(body.take() or b"") == 2 * READ_BYTES
        del line.memory.pause_reading
        line.memory.resume_reading = cannot  # type: ignore[method-assign]
        line.watch.data_received(chunked(b"x" * 2 * READ_BYTES))
        assert line.memory.held
        assert len(body.take() or b"") == 2 * READ_BYTES


async def test_a_parser_that_has_stopped_goes_on() -> None:
    """aiohttp holds many small chunks back before anybody reads; the rest of them is parsed then."""
    async with Line() as line:
        count = 20_000
        body = line.body(_tap.TappedBody, HEAD + chunked(b"x") * count)
        assert len(body.take() or b"") == count


async def test_another_reader_is_left_as_it_is() -> None:
    """What has no body has one of its own kind."""
    async with Line() as line:
        answer = line.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
        loop = asyncio.get_running_loop()
        assert _tap.tap(answer.content, line.protocol, loop, line.watch) is None
        assert _tap.buffered(answer.content) == b""


async def test_what_is_buffered_is_taken_whatever_aiohttp_says() -> None:
    """Where it still has it; from the offset on, once."""
    async with Line() as line:
        content = line.answer(HEAD + chunked(b"abc")).content
        assert await content.read(1) == b"a"
        content.set_exception(ValueError())
        assert _tap.buffered(content) == b"bc"
        assert _tap.buffered(content) == b""


async def test_a_transport_that_allows_no_watch() -> None:
    """Is read without one."""
    buffered = Memory()
    buffered.protocol = asyncio.BufferedProtocol()
    nothing: Any = object()
    assert [watch_on(transport) for transport in (None, nothing, buffered)] == [None] * 3


async def test_a_watch_hands_on_what_it_is_told() -> None:
    """All of it."""
    heard: list[str] = []

    class Handler(asyncio.Protocol):
        def eof_received(self) -> bool:
            heard.append("eof")
            return True

        def pause_writing(self) -> None:
            heard.append("pause")

        def resume_writing(self) -> None:
            heard.append("resume")

        def connection_lost(self, exc: Exception | None) -> None:
            heard.append(repr(exc))

    memory = Memory()
    memory.protocol = Handler()
    watch = watch_on(memory)
    assert watch is not None
    assert memory.get_protocol() is watch
    assert watch_on(memory) is watch
    calls: list[Callable[[], Any]] = [watch.pause_writing, watch.resume_writing, watch.eof_received]
    assert [call() for call in calls] == [None, None, True]
    watch.connection_lost(None)
    assert heard == ["pause", "resume", "eof", "None"]
