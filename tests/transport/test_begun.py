"""Requests over a connection that stands ready: sent at once or in aiohttp's own way, they fare the same."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
import re
import sys
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncGravitex,
    AuthenticationError,
    Limits,
    RateLimitError,
    RateLimits,
    RetryPolicy,
    ServerError,
    Timeout,
)
from gravitex_async.transport._begun import Begun
from gravitex_async.transport._session import Session

from ..laws.conftest import RawServer, ask, chunked, client_of, head, open_stream

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

EVENT = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
STREAM = head() + chunked(EVENT) + chunked(STOP) + chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"
BODY = b'{"id":"c","model":"m","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}'
TURNS = 50


def short(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


LIST = b'{"object":"list","data":[]}'
PLAIN = short("200 OK", BODY, "Content-Type: application/json")


def good(request: bytes) -> bytes:
    if request.startswith(b"GET"):
        return short("200 OK", LIST, "Content-Type: application/json")
    return STREAM if b'"stream":true' in request else PLAIN


class Upstream(RawServer):
    """Answers the first request, and the following ones as told; the last answer for ever."""

    def __init__(self, *answers: bytes | None, held: bytes | None = None) -> None:
        super().__init__(self._answer)
        self._answers = list(answers)
        self._held = held  # said in the end by an answer that is None; else what is good
        self.broken = False  # hangs up in mid-head
        self.came = asyncio.Event()
        self.go = asyncio.Event()
        self.left = asyncio.Event()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.requests)
        if number == 1 or not self._answers:
            writer.write(good(self.requests[-1]))
            return
        answer = self._answers[min(number - 2, len(self._answers) - 1)]
        self.came.set()
        if answer is None:  # says nothing until it is told to
            await self._silent(reader)
            answer = self._held or good(self.requests[-1])
        writer.write(b"HTTP/1.1 200" if self.broken else answer)
        await writer.drain()
        if self.broken:
            raise ConnectionResetError

    async def _silent(self, reader: asyncio.StreamReader) -> None:
        gone, go = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(self.go.wait())
        await asyncio.wait([gone, go], return_when=asyncio.FIRST_COMPLETED)
        if not go.done():
            go.cancel()
            self.left.set()
            raise ConnectionResetError
        gone.cancel()
        await asyncio.wait([gone])


@pytest.fixture(params=["at once", "step by step"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """In which of the two ways requests are sent."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on" if request.param == "at once" else "off")
    name: str = request.param
    return name


@pytest.fixture(params=["stream", "plain"])
def call(request: pytest.FixtureRequest) -> Callable[[AsyncGravitex], Awaitable[Any]]:
    """What is asked."""

    async def stream(client: AsyncGravitex) -> Any:
        return await open_stream(client).final()

    return stream if request.param == "stream" else ask


@contextlib.asynccontextmanager
async def warm(
    *answers: bytes | None, held: bytes | None = None, **options: Any
) -> AsyncIterator[tuple[Upstream, AsyncGravitex]]:
    """A server, and a client that has a connection to it which stands ready."""
    async with Upstream(*answers, held=held) as server, client_of(server.url, **options) as client:
        await ask(client)
        yield server, client


def text(answer: Any) -> str:
    """What an answer says."""
    said: str = answer.choices[0].message.content
    return said


def leased(client: AsyncGravitex) -> int:
    return client.pool.statistics().leased


async def turns(number: int = TURNS) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def come_and_gone(server: Upstream, stream: Any) -> None:
    """Has the headers come when their reader is gone."""
    reader = asyncio.ensure_future(stream.__anext__())
    await server.came.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    server.go.set()
    await turns()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[Begun]:
    """The tries that were sent so."""
    sent: list[Begun] = []
    plain = Begun.sent

    def note(self: Begun, exchange: Any) -> None:
        sent.append(self)
        plain(self, exchange)

    monkeypatch.setattr(Begun, "sent", note)
    return sent


# Which way it goes


async def test_the_first_goes_step_by_step_and_the_next_at_once(
    way: str, call: Any, at_once: list[Begun]
) -> None:
    """So that the tests below are about both ways."""
    async with warm() as (server, client):
        assert at_once == []
        assert text(await call(client)) == "Hi"
        assert len(at_once) == (way == "at once")
        assert server.connections == 1
        assert (client.pool.statistics().opened, client.pool.statistics().reused) == (1, 1)


async def test_no_task_is_made(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is sent at once lives in its caller's own."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on")
    async with warm(None) as (server, client):
        before = asyncio.all_tasks()
        caller = asyncio.ensure_future(call(client))
        await turns()
        ours = {
            t
            for t in asyncio.all_tasks() - before
            if "gravitex_async/" in str(getattr(t.get_coro(), "cr_code", ""))
        }
        assert ours <= {caller}
        server.go.set()
        await caller


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "async"},
        {"limits": Limits(keepalive=None)},
        {"default_headers": {"Host": "elsewhere"}},
        {"session": "own"},
    ],
    ids=["a key that is asked for", "no keep-alive", "another host", "own session"],
)
async def test_what_cannot_be_sent_at_once_is_sent_all_the_same(
    options: dict[str, Any], at_once: list[Begun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on")

    async def key() -> str:
        return "sk-local"

    async with contextlib.AsyncExitStack() as stack:
        if options.get("api_key"):
            options = {"api_key": key}
        if options.get("session"):
            options = {"session": await stack.enter_async_context(aiohttp.ClientSession())}
        server = await stack.enter_async_context(RawServer(_continuing))
        client = await stack.enter_async_context(client_of(server.url, **options))
        for _ in range(3):
            assert text(await ask(client)) == "Hi"
        assert at_once == []


async def _continuing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(PLAIN)


@pytest.mark.parametrize(("size", "sent"), [(60_000, 1), (70_000, 0), (2_000_000, 0)])
async def test_only_small_requests_are_sent_at_once(
    size: int, sent: int, at_once: list[Begun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others have to be looked after while they are written."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on")
    async with warm() as (server, client):
        messages = [{"role": "user", "content": "x" * size}]
        await client.chat.completions.create(model="m", messages=messages)
        assert len(at_once) == sent
        assert server.requests[-1].count(b"x") >= size


async def test_both_ways_write_the_same(monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    """Line by line, but for the key that is new for every call."""
    seen: list[list[bytes]] = []
    for mode in ("on", "off"):
        monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", mode)
        options = {"default_headers": {"X-Team": "rød"}, "default_query": {"a": "b c"}}
        async with warm(**options) as (server, client):
            await call(client)
            await client.models.list(extra_headers={"x-team": "2"}, extra_query={"q": "ä"})
            for request in server.requests[1:]:
                hidden = re.sub(rb"gravitex-[0-9a-f]{32}", b"<key>", request)
                seen.append(hidden.replace(server.url[7:].encode(), b"<host>").split(b"\r\n"))
    assert seen[:2] == seen[2:]
    assert b"Idempotency-Key: <key>" in seen[0]


@pytest.mark.parametrize("auth", ["bearer", "x-goog-api-key", "query"])
async def test_each_request_says_what_is_its_own(way: str, auth: Any) -> None:
    """What is kept of one request is not in the next of another kind."""
    async with warm(auth=auth) as (server, client):
        for model in ("a", "b"):
            with contextlib.suppress(APIError):
                await client.gemini.generate_content(model=model, contents="Hi")
        await open_stream(client).final()
        await ask(client, extra_headers={"X-One": "1"}, extra_query={"one": "1"})
        await ask(client)
        gemini, other, stream, own, plain = server.requests[1:]
        assert b"models/a:" in gemini.partition(b"\r\n")[0]
        assert b"models/b:" in other.partition(b"\r\n")[0]
        places = {
            "bearer": b"Bearer sk-local",
            "x-goog-api-key": b"x-goog-api-key: ",
            "query": b"key=sk-local",
        }
        assert [places[auth] in request for request in (gemini, other)] == [True, True]
        assert [b"Bearer sk-local" in request for request in (stream, own, plain)] == [True] * 3
        assert [b"text/event-stream" in r for r in (stream, own, plain)] == [True, False, False]
        assert [b"X-One: 1" in r and b"?one=1 " in r for r in (stream, own, plain)] == [False, True, False]
        keys = re.findall(rb"Idempotency-Key: (\S+)", b"".join(server.requests))
        assert len(keys) == len(set(keys)) == len(server.requests)


async def test_a_key_of_the_callers_own_is_the_only_one(way: str) -> None:
    """For a try that is to be the same as one of an earlier run."""
    async with warm(default_headers={"idempotency-key": "mine"}) as (server, client):
        await ask(client)
        assert re.findall(rb"(?i)idempotency-key: (\S+)", server.requests[-1]) == [b"mine"]


# What comes back


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_however_the_head_is_cut(way: str, call: Any, size: int) -> None:
    """Byte by byte, and all of it with the body in one read."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole = good(server.requests[-1])
        for start in range(0, len(whole), size):
            writer.write(whole[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)

    async with RawServer(answer) as server, client_of(server.url) as client:
        for _ in range(3):
            assert text(await call(client)) == "Hi"
        assert server.connections == 1


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"]
)
async def test_what_announces_an_answer_is_none(way: str, first: bytes) -> None:
    """Nobody is told of it."""
    async with warm(first * 2 + STREAM, STREAM) as (server, client):
        stream = open_stream(client)
        assert text(await stream.final()) == "Hi"
        assert text(await open_stream(client).final()) == "Hi"
        assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (short("401 Unauthorized"), AuthenticationError, "."),
        (short("429 Too Many Requests"), RateLimitError, "."),
        (short("500 Internal Server Error", b'{"error":{"message":"broken"}}'), ServerError, "broken"),
        (short("302 Found", b"", "Location: http://127.0.0.1:1/?secret"), APIStatusError, "not followed"),
        (short("204 No Content", b""), APIStatusError, "without a body"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            APIStatusError,
            "101",
        ),
        (b"no HTTP at all\r\n\r\n", APIConnectionError, "no HTTP that can be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", APIConnectionError, "no HTTP that can be read"),
    ],
    ids=["401", "429", "500", "302", "204", "101", "garbage", "no length"],
)
async def test_what_is_no_good_answer(
    way: str, call: Any, answer: bytes, error: type[APIError], words: str
) -> None:
    """The error is the one it always is, told once, and everything is given back."""
    async with warm(answer) as (server, client):
        with pytest.raises(error, match=words) as caught:
            await call(client)
        await turns()
        assert caught.value.attempts == 1
        assert "secret" not in str(caught.value)
        assert leased(client) == 0
        assert len(server.requests) == 2


async def test_a_refusal_is_tried_again(way: str, call: Any) -> None:
    """As the policy says: two tries, one key, one answer."""
    retries = RetryPolicy(max_retries=2, initial_delay=5, max_delay=5)
    async with warm(short("503 Unavailable"), STREAM, max_retries=retries) as (server, client):
        began = asyncio.get_running_loop().time()
        answer = await call(client)
        assert text(answer) == "Hi"
        assert len(server.requests) == 3
        assert asyncio.get_running_loop().time() - began > 0
        assert len(set(re.findall(rb"Idempotency-Key: (\S+)", b"".join(server.requests[1:])))) == 1
        assert leased(client) == 0


async def test_an_answer_that_ends_its_connection(way: str, call: Any) -> None:
    """The next call has one of its own."""
    whole = short("200 OK", BODY, "Connection: close", "Content-Type: application/json")
    async with warm(whole) as (server, client):
        assert text(await call(client)) == "Hi"
        assert client.pool.statistics().idle == 0
        assert text(await call(client)) == "Hi"
        assert server.connections == 2


async def test_a_body_without_a_length_ends_with_its_connection(way: str, call: Any) -> None:
    """The oldest way to end one."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) % 2:
            writer.write(good(server.requests[-1]))
            return
        kind = b"text/event-stream" if b'"stream":true' in server.requests[-1] else b"application/json"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n" % kind)
        writer.write(EVENT + STOP if kind.startswith(b"text") else BODY)
        await writer.drain()
        writer.close()

    async with RawServer(answer) as server, client_of(server.url) as client:
        for _ in range(2):
            assert text(await call(client)) == "Hi"


# Clocks


@pytest.mark.parametrize("clock", ["headers", "first_content", "deadline"])
async def test_a_clock_that_runs_out_before_the_headers(way: str, clock: str) -> None:
    """At its moment; the connection is closed, and everything given back."""
    off = {"headers": None, "first_content": None, "idle": None, "content_idle": None, "deadline": None}
    async with warm(None, timeout=Timeout(**{**off, clock: 3.0})) as (server, client):
        began = asyncio.get_running_loop().time()
        with pytest.raises(APITimeoutError) as caught:
            await open_stream(client).final()
        assert asyncio.get_running_loop().time() - began == pytest.approx(3)
        assert (caught.value.clock, caught.value.limit, caught.value.attempts) == (clock, 3.0, 1)
        assert str(caught.value).startswith(f"Error: Cannot connect to API server {server.url}: timed out: ")
        assert caught.value.readings["deadline"] == pytest.approx(3)
        assert leased(client) == 0
        await asyncio.wait_for(server.left.wait(), 5)


async def test_the_clocks_of_the_headers_end_with_them(way: str) -> None:
    """What comes after them has clocks of its own."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 1:
            writer.write(PLAIN)
            return
        await asyncio.sleep(2)
        writer.write(head())
        await asyncio.sleep(2)
        writer.write(STREAM[len(head()) :])

    timeout = Timeout(headers=3, first_content=10, idle=3, content_idle=10)
    async with RawServer(answer) as server, client_of(server.url, timeout=timeout) as client:
        await ask(client)
        assert text(await open_stream(client).final()) == "Hi"


async def test_the_deadline_ends_an_answer_that_nobody_has_come_for(way: str) -> None:
    """Its headers came while the reader was elsewhere: the model must not run on."""
    timeout = Timeout(deadline=60, headers=5, first_content=5)
    async with warm(None, held=head() + chunked(EVENT), timeout=timeout) as (server, client):
        stream = open_stream(client)
        await come_and_gone(server, stream)
        await asyncio.sleep(59)
        assert leased(client) == 1
        await asyncio.sleep(2)
        assert leased(client) == 0


# Cancelled and left


async def test_a_cancelled_wait_for_the_headers_is_taken_up_again(way: str) -> None:
    """The request is sent once, and the answer is its."""
    async with warm(None) as (server, client):
        stream = open_stream(client)
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 1)
        assert leased(client) == 1
        server.go.set()
        assert text(await stream.final()) == "Hi"
        assert len(server.requests) == 2


@pytest.mark.parametrize("answer", [STREAM, short("401 Unauthorized")], ids=["good", "refused"])
async def test_an_answer_that_came_while_nobody_waited(way: str, answer: bytes) -> None:
    """Is there for who comes back."""
    async with warm(None, held=answer) as (server, client):
        stream = open_stream(client)
        await come_and_gone(server, stream)
        if answer is STREAM:
            assert text(await stream.final()) == "Hi"
        else:
            with pytest.raises(AuthenticationError):
                await stream.final()
        assert len(server.requests) == 2


@pytest.mark.parametrize("leave", ["abort", "aclose", "drop", "cancel", "close"])
async def test_leaving_before_the_headers(way: str, leave: str) -> None:
    """The connection is closed at once, and nothing is kept."""
    limits = RateLimits(max_concurrency=1)
    async with warm(None, rate_limits=limits) as (server, client):
        stream: Any = open_stream(client)
        reader = asyncio.ensure_future(stream.__anext__())
        await server.came.wait()
        await turns()
        if leave == "abort":
            stream.abort()
        elif leave == "aclose":
            await stream.aclose()
        elif leave == "close":
            await client.close()
        else:
            reader.cancel()
        with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, APIError):
            await reader
        gc.disable()
        try:
            if leave == "cancel":
                await stream.aclose()
            del stream, reader
            await turns()
        finally:
            gc.enable()
        await asyncio.wait_for(server.left.wait(), 5)
        assert leased(client) == 0
        assert sum(shown.active for shown in client.pool.statistics().limits) == 0
        timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        assert [t for t in timers if "Clocks" in repr(t) and not t.cancelled()] == []


async def test_a_plain_call_that_is_cancelled(way: str) -> None:
    """Gives everything back at once."""
    async with warm(None, rate_limits=RateLimits(max_concurrency=1)) as (server, client):
        asking = asyncio.ensure_future(ask(client))
        await server.came.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert leased(client) == 0
        assert sum(shown.active for shown in client.pool.statistics().limits) == 0
        await asyncio.wait_for(server.left.wait(), 5)


async def test_leaving_when_the_answer_has_come_unseen(way: str) -> None:
    """Its connection goes with it."""
    async with warm(None, held=head() + chunked(EVENT)) as (server, client):
        stream = open_stream(client)
        await come_and_gone(server, stream)
        assert leased(client) == 1
        stream.abort()
        await turns()
        assert leased(client) == 0


async def test_closing_the_client_ends_a_call_that_waits_for_its_headers(way: str, call: Any) -> None:
    """With an error that says so, and no other try."""
    async with warm(None, max_retries=3) as (server, client):
        asking = asyncio.ensure_future(call(client))
        await server.came.wait()
        await turns()
        await client.close()
        with pytest.raises(APIConnectionError, match="client was closed"):
            await asyncio.wait_for(asking, 5)
        assert len(server.requests) == 2


# Queues


async def test_a_call_that_has_to_wait_for_its_connection(way: str, call: Any) -> None:
    """It goes when its turn comes, and over the connection that was given back."""
    async with warm(None, limits=Limits(max_connections=1)) as (server, client):
        first = asyncio.ensure_future(ask(client))
        await server.came.wait()
        second = asyncio.ensure_future(call(client))
        await turns()
        assert client.pool.statistics().waiting == 1
        assert len(server.requests) == 2
        server.go.set()
        assert [text(await first), text(await second)] == ["Hi", "Hi"]
        assert server.connections == 1


async def test_a_call_that_has_to_wait_for_its_turn(way: str, call: Any) -> None:
    """What it is limited by counts it once."""
    limits = RateLimits(requests_per_minute=60, burst=1)
    async with warm(rate_limits=limits) as (_, client):
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            await call(client)
        assert asyncio.get_running_loop().time() - began == pytest.approx(3, abs=0.3)
        (shown,) = client.pool.statistics().limits
        assert (shown.active, shown.waiting) == (0, 0)


async def test_a_refusal_teaches_the_governor(way: str) -> None:
    """A 429 pauses the model, whichever way it was asked."""
    answer = short("429 Too Many Requests", b"{}", "Retry-After: 20")
    async with warm(answer, rate_limits=RateLimits()) as (_, client):
        with pytest.raises(RateLimitError):
            await ask(client)
        (shown,) = client.pool.statistics().limits
        assert (shown.active, shown.refused) == (0, 1)
        assert shown.paused_for == pytest.approx(20, abs=0.5)


# What is seen of it


async def test_the_log_belongs_to_the_call(way: str, call: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A filter that asks for the request of the caller's finds it, on whatever connection it went."""
    asked: contextvars.ContextVar[str] = contextvars.ContextVar("asked", default="nobody's")
    seen: list[tuple[str, str]] = []

    def note(record: logging.LogRecord) -> bool:
        seen.append((asked.get(), record.getMessage()))
        return True

    caplog.set_level("DEBUG", "gravitex_async")
    caplog.handler.addFilter(note)
    try:
        async with warm(short("503 Unavailable"), max_retries=RetryPolicy(max_retries=1)) as (_, client):
            asked.set("mine")
            with pytest.raises(ServerError):
                await call(client)
    finally:
        caplog.handler.removeFilter(note)
    tries = [who for who, line in seen if "-> ServerError" in line]
    assert tries == ["mine", "mine"]


async def test_an_answer_nobody_can_make_is_an_error_of_the_call(
    way: str, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours ends in the call, not in the connection's callbacks."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with warm() as (_, client):
        monkeypatch.setattr(Session, "body", broken)
        with pytest.raises(ZeroDivisionError):
            await call(client)
        await turns()
        assert leased(client) == 0


class Mark:
    """Something that somebody holds."""


@pytest.mark.parametrize("answer", [short("500 Broken"), b"", None], ids=["refused", "lost", "late"])
async def test_a_failed_call_keeps_nobody(way: str, call: Any, answer: bytes | None) -> None:
    """Neither its caller's locals nor anything of its own, with the collector off."""
    if way == "step by step" and sys.version_info < (3, 11):
        pytest.skip("the frames of a task stay in a cycle of the interpreter's own")
    marks: list[weakref.ref[Mark]] = []

    async def caller(client: AsyncGravitex) -> None:
        local = Mark()
        marks.append(weakref.ref(local))
        with pytest.raises(APIError):
            await call(client)
        assert local is not None

    async with warm(answer, timeout=Timeout(headers=1)) as (server, client):
        server.broken = answer == b""
        gc.collect()
        gc.disable()
        try:
            await caller(client)
            await turns()
            assert [mark() for mark in marks] == [None]
        finally:
            gc.enable()
        assert leased(client) == 0
