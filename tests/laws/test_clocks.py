"""Nothing waits for ever: seven clocks, each of which ends its own kind of silence and no other.

The sockets are real and the time is not (``tests/virtual.py``): a clock has to run out at its moment, neither
before nor after, whatever the machine does meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from gravitex_async import (
    APIError,
    APITimeoutError,
    AsyncGravitex,
    Limits,
    PoolTimeoutError,
    RateLimits,
    RetryPolicy,
    ServerError,
    StreamInterrupted,
    Timeout,
)
from gravitex_async.testing import LocalGateway

from .conftest import RawServer, ask, chunked, client_of, head, open_stream

pytestmark = pytest.mark.virtual

LIMIT = 0.12

OFF = {"connect": 5.0, "headers": None, "first_content": None, "idle": None, "content_idle": None}


def only(clock: str, limit: float = LIMIT) -> Timeout:
    """All clocks off but one."""
    return Timeout(**{**OFF, clock: limit})


async def timed_out(awaitable: Any, limit: float = LIMIT) -> APITimeoutError:
    """The error of a clock, which came when it was due."""
    began = now()
    with pytest.raises(APITimeoutError) as caught:
        await awaitable
    assert now() - began == pytest.approx(limit)
    return caught.value


def now() -> float:
    return asyncio.get_running_loop().time()


def assert_names(error: APITimeoutError, clock: str, limit: float = LIMIT) -> None:
    assert (error.clock, error.limit) == (clock, limit)
    assert clock in str(error)
    assert f"{limit:g} s" in str(error)
    assert error.readings["deadline"] == pytest.approx(limit)


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address that takes no connection and refuses none."""
    with socket.socket() as full, contextlib.ExitStack() as fillers:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"


@pytest.mark.parametrize("stream", [True, False])
async def test_connect(deaf: str, stream: bool) -> None:
    """An address that does not answer ends the call, with the clock's name in the error."""
    async with client_of(deaf, timeout=only("connect")) as client:
        error = await timed_out(open_stream(client).final() if stream else ask(client))
        assert_names(error, "connect")
        assert error.readings["connect"] == pytest.approx(LIMIT)
        assert str(error).startswith(f"Error: Cannot connect to API server {deaf}: timed out: connect")
        assert client.pool.statistics().leased == 0


async def test_connect_with_a_session_of_the_callers_own(deaf: str) -> None:
    """The clock is the same, and nobody says that the request was accepted."""
    async with aiohttp.ClientSession() as session:
        error = await timed_out(ask(client_of(deaf, timeout=only("connect"), session=session)))
        assert_names(error, "connect")
        assert "check base_url and the network" in str(error)
        assert "accepted" not in str(error)


async def test_pain_21_waiting_for_a_connection(gateway: LocalGateway) -> None:
    """Two connections, three callers: the third is told what it waited for, not that the server is slow."""
    gateway.fault("stall", count=None)
    limits = Limits(max_connections=2)
    async with client_of(gateway.url, timeout=only("pool"), limits=limits, max_retries=2) as client:
        held = [open_stream(client), open_stream(client)]
        for stream in held:
            await stream.__anext__()
        began = now()
        with pytest.raises(PoolTimeoutError, match="2 in use") as caught:
            await ask(client)
        assert now() - began == pytest.approx(LIMIT)
        assert caught.value.limit == LIMIT
        assert not isinstance(caught.value, APITimeoutError)
        statistics = client.pool.statistics()
        assert statistics.waiting == 0
        assert statistics.seconds_waited == pytest.approx(LIMIT)
        await held[0].aclose()
        gateway.clear()
        await ask(client)


@pytest.mark.parametrize("stream", [True, False])
async def test_headers(gateway: LocalGateway, stream: bool) -> None:
    """A server that accepts the request and says nothing; one that drips its headers."""
    for kind in ("stall", "slow-headers"):
        gateway.fault(kind, where="headers", seconds=60)
        async with client_of(gateway.url, timeout=only("headers")) as client:
            error = await timed_out(open_stream(client).final() if stream else ask(client))
            assert_names(error, "headers")
            assert client.pool.statistics().leased == 0


async def test_connecting_does_not_count_for_the_headers(gateway: LocalGateway) -> None:
    """Waiting for a connection longer than the headers may take is no time-out of the headers."""
    gateway.script(text=["One"] * 20, pace=0.01, times=None)
    timeout = Timeout(**{**OFF, "headers": 0.15})
    async with client_of(gateway.url, timeout=timeout, limits=Limits(max_connections=1)) as client:
        first = asyncio.ensure_future(open_stream(client).final())
        await gateway.wait_requests(1)
        await open_stream(client).final()
        await first


async def test_pain_14_first_content(gateway: LocalGateway) -> None:
    """Headers and then nothing, or pings and empty chunks alone."""
    for kind, options in (("stall", {"after_events": 1}), ("pings", {"repeat": None, "seconds": 0.01})):
        gateway.fault(kind, **options)
        async with client_of(gateway.url, timeout=only("first_content")) as client:
            stream = open_stream(client)
            error = await timed_out(stream.final())
            assert_names(error, "first_content")
            assert error.readings["first_content"] == pytest.approx(LIMIT)
            assert stream.end.state == "interrupted"
            assert client.pool.statistics().leased == 0


async def test_first_content_covers_the_headers(gateway: LocalGateway) -> None:
    """It runs from the request on, so that a silent server does not get its time twice."""
    gateway.fault("stall", where="headers")
    async with client_of(gateway.url, timeout=only("first_content")) as client:
        assert_names(await timed_out(open_stream(client).final()), "first_content")


SENTENCE = "Error: Cannot connect to API server"


@pytest.mark.parametrize("clock", ["headers", "first_content", "deadline"])
async def test_a_server_that_does_not_answer_is_said_to(gateway: LocalGateway, clock: str) -> None:
    """No header has come: whichever clock ends it, the documents' sentence stands in front."""
    gateway.fault("stall", where="headers")
    async with client_of(gateway.url, timeout=only(clock)) as client:
        error = await timed_out(open_stream(client).final())
        assert_names(error, clock)
        assert str(error).startswith(f"{SENTENCE} {gateway.url}: timed out: {clock}")
        assert "no answer began" in str(error)
        assert "the answer began" not in str(error)


@pytest.mark.parametrize("clock", ["first_content", "idle", "content_idle", "deadline"])
async def test_a_server_that_stops_is_not_said_to_be_away(gateway: LocalGateway, clock: str) -> None:
    """It answered, so it can be reached."""
    gateway.script(text=["One", " two", " three"], times=None)
    gateway.fault("stall", after_events=1 if clock == "first_content" else 3)
    async with client_of(gateway.url, timeout=only(clock)) as client:
        error = await timed_out(open_stream(client).final())
        assert_names(error, clock)
        assert SENTENCE not in str(error)
        assert "no answer began" not in str(error)
        assert ("the answer began and held no content" in str(error)) is (clock == "first_content")


async def test_an_answer_that_breaks_off_is_not_said_to_be_none(gateway: LocalGateway) -> None:
    """Neither a stream nor a plain answer: the server is there."""
    for call in (lambda client: open_stream(client).final(), ask):
        gateway.fault("reset", after_events=2)
        async with client_of(gateway.url) as client:
            with pytest.raises(StreamInterrupted, match="the answer broke off") as caught:
                await call(client)
        assert SENTENCE not in str(caught.value)


async def test_a_call_that_waits_for_its_turn_says_nothing_of_the_server(gateway: LocalGateway) -> None:
    """A place of one's own is the client's affair."""
    gateway.fault("stall")
    limits = RateLimits(max_concurrency=1)
    async with client_of(gateway.url, rate_limits=limits) as client, open_stream(client) as held:
        await held.__anext__()
        error = await timed_out(ask(client, timeout=only("deadline")))
        assert SENTENCE not in str(error)


@pytest.mark.parametrize("where", ["body", "event"])
async def test_pain_14_idle(gateway: LocalGateway, where: Any) -> None:
    """Silence after k chunks, and inside one."""
    gateway.script(text=["One", " two", " three"], times=None)
    gateway.fault("stall", after_events=3, where=where)
    async with client_of(gateway.url, timeout=only("idle")) as client:
        stream = open_stream(client)
        error = await timed_out(stream.final())
        assert_names(error, "idle")
        assert error.readings["idle"] == pytest.approx(LIMIT)
        assert error.partial.choices[0].message.content == "One two"
        assert stream.content == "One two"


async def test_idle_in_a_plain_answer(gateway: LocalGateway) -> None:
    """A plain body that stops in the middle."""
    gateway.fault("stall")
    async with client_of(gateway.url, timeout=only("idle")) as client:
        assert_names(await timed_out(ask(client)), "idle")


async def test_pain_15_content_idle_is_not_reset_by_pings(gateway: LocalGateway) -> None:
    """Keep-alive comments keep the byte clock alive, and say nothing of content."""
    gateway.script(text=["One", " two", " three"], times=None)
    gateway.fault("pings", after_events=3, repeat=None, seconds=0.01)
    timeout = Timeout(**{**OFF, "idle": 0.1, "content_idle": LIMIT})
    async with client_of(gateway.url, timeout=timeout) as client:
        stream = open_stream(client)
        error = await timed_out(stream.final())
        assert_names(error, "content_idle")
        assert error.readings["idle"] < 0.1
        assert stream.content == "One two"


async def test_pain_15_pings_keep_the_idle_clock_alive(gateway: LocalGateway) -> None:
    """Thirty pings over three times the idle limit, and then the answer."""
    gateway.script(text=["One"])
    gateway.fault("pings", repeat=30, seconds=0.01)
    async with client_of(gateway.url, timeout=only("idle", 0.1)) as client:
        stream = open_stream(client)
        await stream.final()
        assert stream.content == "One"


async def test_dripping_bytes_do_not_count_as_content(gateway: LocalGateway) -> None:
    """A byte every ten milliseconds, none of them the end of an event."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"Hi'))
        while True:
            await asyncio.sleep(0.01)
            writer.write(chunked(b"i"))

    async with RawServer(drip) as server:
        timeout = Timeout(**{**OFF, "idle": 0.1, "first_content": LIMIT})
        async with client_of(server.url, timeout=timeout) as client:
            assert_names(await timed_out(open_stream(client).final()), "first_content")


async def _silent(gateway: LocalGateway) -> None:
    gateway.fault("stall", where="headers", count=None)


async def _refusing(gateway: LocalGateway) -> None:
    gateway.fault("status", status=503, count=None)


async def _flowing(gateway: LocalGateway) -> None:
    gateway.script(text=["word "] * 1000, pace=0.005, times=None)


@pytest.mark.parametrize("trouble", [_silent, _refusing, _flowing])
async def test_pain_16_the_deadline_is_over_everything(
    gateway: LocalGateway, trouble: Callable[[LocalGateway], Any]
) -> None:
    """A silent server, one that refuses every try, one that talks for ever: the call ends at its deadline."""
    await trouble(gateway)
    policy = RetryPolicy(max_retries=1000, initial_delay=0.001, max_delay=0.02)
    timeout = Timeout(connect=5, headers=60, deadline=0.3)
    async with client_of(gateway.url, timeout=timeout, max_retries=policy) as client:
        began = now()
        with pytest.raises(APIError) as caught:
            await open_stream(client).final()
        if isinstance(caught.value, APITimeoutError):
            assert_names(caught.value, "deadline", 0.3)
            assert now() - began == pytest.approx(0.3)
        else:
            assert isinstance(caught.value, ServerError)  # the next pause would have gone beyond it
            assert 0.2 < now() - began <= 0.3
        await gateway.until(lambda: client.pool.statistics().leased == 0)


@pytest.mark.virtual(turn=0.001)
async def test_pain_16_the_deadline_is_over_a_firehose(gateway: LocalGateway) -> None:
    """Where there is something to read in every turn, time passes by the turns."""
    gateway.fault("endless-comments")
    async with client_of(gateway.url, timeout=only("deadline", 0.3)) as client:
        began = now()
        with pytest.raises(APITimeoutError) as caught:
            await open_stream(client).final()
        assert caught.value.clock == "deadline"
        assert 0.3 <= now() - began < 0.4


async def test_pain_16_a_number_is_not_multiplied_by_tries(gateway: LocalGateway) -> None:
    """timeout=0.3 with retries ends after 0.3 s with one request, plain or streamed."""
    gateway.fault("stall", where="headers", count=None)
    async with client_of(gateway.url, timeout=0.3, max_retries=2) as client:
        for call in (ask(client), open_stream(client).final()):
            before = len(gateway.requests)
            await timed_out(call, 0.3)
            assert len(gateway.requests) == before + 1


async def test_the_deadline_covers_the_queue(gateway: LocalGateway) -> None:
    """Waiting for a connection and for a permit counts too."""
    gateway.fault("stall")
    timeout = Timeout(connect=5, deadline=LIMIT)
    async with client_of(gateway.url, limits=Limits(max_connections=1)) as client:
        held = open_stream(client)
        await held.__anext__()
        assert_names(await timed_out(ask(client, timeout=timeout)), "deadline")


async def test_the_deadline_covers_the_key(gateway: LocalGateway) -> None:
    """A key that never comes does not hold the call for ever."""

    async def key() -> str:
        await asyncio.sleep(60)
        return "sk-local"

    async with client_of(gateway.url, api_key=key, timeout=Timeout(deadline=LIMIT)) as client:
        assert_names(await timed_out(ask(client)), "deadline")


async def test_an_error_of_the_key_is_the_callers(gateway: LocalGateway) -> None:
    """What the key's function raises comes out as it is, a TimeoutError too, and is not tried again."""
    asked = 0

    async def key() -> str:
        nonlocal asked
        asked += 1
        raise asyncio.TimeoutError

    async with client_of(gateway.url, api_key=key, max_retries=2) as client:
        for call in (ask(client), open_stream(client).final()):
            with pytest.raises(asyncio.TimeoutError) as caught:
                await call
            assert not isinstance(caught.value, APIError)
    assert asked == 2


async def test_a_deadline_hands_out_what_came_before_it(gateway: LocalGateway) -> None:
    """A reader that comes late gets what had arrived, and then the error."""
    gateway.script(text=["One", " two", " three"], times=None)
    gateway.fault("stall", after_events=3)
    async with client_of(gateway.url, timeout=Timeout(deadline=LIMIT)) as client:
        stream = open_stream(client)
        await stream.__anext__()
        await asyncio.sleep(2 * LIMIT)
        assert (await stream.__anext__()).content == "One"
        assert (await stream.__anext__()).content == " two"
        with pytest.raises(APITimeoutError) as caught:
            await stream.__anext__()
        assert caught.value.clock == "deadline"
        assert caught.value.partial.choices[0].message.content == "One two"


async def test_an_answer_that_is_there_is_not_late(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What had arrived whole before the deadline is handed out whole, however late it is read."""
    gateway.script(text=["One", " two", " three"], times=None)
    stream = await open_stream(client, timeout=Timeout(deadline=LIMIT))
    await gateway.wait_closed()
    await asyncio.sleep(2 * LIMIT)
    await stream.final()
    assert (stream.content, stream.end.state) == ("One two three", "completed")


async def test_a_slow_consumer_triggers_nothing(gateway: LocalGateway) -> None:
    """Ten times the limits between two reads is the reader's own affair."""
    gateway.script(text=[str(n) for n in range(8)], pace=0.002, times=None)
    timeout = Timeout(connect=5, headers=5, first_content=0.1, idle=0.1, content_idle=0.1)
    async with client_of(gateway.url, timeout=timeout) as client:
        stream = open_stream(client)
        async for _ in stream:
            await asyncio.sleep(0.12)
        assert stream.content == "01234567"


async def test_a_reader_that_gave_up_and_went_away_triggers_nothing(gateway: LocalGateway) -> None:
    """Time after a cancelled read is the reader's own."""
    gateway.script(text=["One", " two"], pace=0.05, times=None)
    async with client_of(gateway.url, timeout=only("content_idle", 0.15)) as client:
        stream = open_stream(client)
        await stream.__anext__()
        await stream.__anext__()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.01)
        await asyncio.sleep(0.3)
        await stream.final()
        assert stream.content == "One two"


async def test_a_healthy_stream_is_not_killed(gateway: LocalGateway) -> None:
    """A stream may last many times as long as each of its pauses may."""
    gateway.script(text=["word "] * 40, pace=0.01, times=None)
    timeout = Timeout(connect=0.3, headers=0.3, first_content=0.3, idle=0.3, content_idle=0.3)
    async with client_of(gateway.url, timeout=timeout) as client:
        stream = open_stream(client)
        await stream.final()
        assert stream.timings.last is not None
        assert stream.timings.last > 0.35
        assert stream.end.state == "completed"


async def test_clocks_together_the_first_one_wins(gateway: LocalGateway) -> None:
    """With all of them on, the error names the one that ran out, and what the others showed."""
    gateway.script(text=["One", " two", " three"], times=None)
    gateway.fault("stall", after_events=3)
    timeout = Timeout(connect=1, headers=1, first_content=1, idle=LIMIT, content_idle=0.8, deadline=2)
    async with client_of(gateway.url, timeout=timeout) as client:
        error = await timed_out(open_stream(client).final())
        assert_names(error, "idle")
        assert set(error.readings) == {"deadline", "idle", "content_idle"}
        assert "content_idle" in str(error)


async def test_the_clock_of_a_second_try_starts_anew(gateway: LocalGateway) -> None:
    """An error of one try says nothing of the next one's time."""
    gateway.script(text=["One"], times=None)
    gateway.fault("reset", after_events=1)
    policy = RetryPolicy(max_retries=1, initial_delay=0.2)
    async with client_of(gateway.url, timeout=only("first_content", 0.15), max_retries=policy) as client:
        stream = open_stream(client)
        await stream.final()
        assert (stream.content, stream.attempts) == ("One", 2)
