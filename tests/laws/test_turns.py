"""Limits over sockets: who may be held up by a 429, for how long, where it is seen, and under which clock."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gravitex_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncGravitex,
    Limits,
    PoolTimeoutError,
    RateLimitError,
    RateLimits,
    RetryPolicy,
    Timeout,
)
from gravitex_async.testing import LocalGateway, RequestLimit, Tape

from .conftest import MESSAGES, ask, client_of, open_stream

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

ADAPTIVE = RateLimits(max_concurrency="adaptive")
LONG = 30  # seconds that no test waits


async def refused_once(client: AsyncGravitex, gateway: LocalGateway, **options: object) -> None:
    """A call of gpt-4o-mini is refused, and raises."""
    gateway.fault("status", status=429, **{"retry_after": LONG, **options})
    with pytest.raises(RateLimitError):
        await ask(client)


async def held_up(client: AsyncGravitex) -> asyncio.Task[object]:
    """A call of the same model that waits for its turn."""
    waiting = asyncio.ensure_future(ask(client))
    while not client.pool.statistics().waiting:
        assert not waiting.done()
        await asyncio.sleep(0)
    return waiting


async def stopped(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_limits_a_429_holds_nobody_up(gateway: LocalGateway) -> None:
    """Not even a call of the same model: each backs off by itself, and without retries raises at once."""
    async with client_of(gateway.url) as client:
        await refused_once(client, gateway)
        await ask(client)
        assert client.pool.statistics().limits == ()
    assert len(gateway.requests) == 2


async def test_with_limits_it_holds_up_its_model_alone(gateway: LocalGateway) -> None:
    """Another model goes on, another key too; what waits is seen, and told once."""
    async with (
        LocalGateway(("sk-local", "sk-other")) as gateway,
        client_of(gateway.url, rate_limits=ADAPTIVE) as client,
    ):
        await refused_once(client, gateway)
        await client.chat.completions.create(model="gpt-5", messages=MESSAGES)
        await ask(client.with_options(api_key="sk-other"))
        waiting = await held_up(client)
        now = client.pool.statistics()
        refused = next(one for one in now.limits if one.refused)
        assert (now.waiting, refused.waiting, refused.model, refused.limit) == (1, 1, "gpt-4o-mini", 10)
        assert LONG / 2 < refused.paused_for <= LONG
        assert "sk-" not in repr(now)
        await stopped(waiting)
        assert client.pool.statistics().waiting == 0
    assert len(gateway.requests) == 3


async def test_a_pause_is_logged_once(gateway: LocalGateway, caplog: pytest.LogCaptureFixture) -> None:
    """However many wait: which model, and how long."""
    with caplog.at_level(logging.INFO, "gravitex_async"):
        async with client_of(gateway.url, rate_limits=ADAPTIVE) as client:
            await refused_once(client, gateway)
            waiting = [await held_up(client) for _ in range(3)]
            for task in waiting:
                await stopped(task)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert told == ["calls of 'gpt-4o-mini' wait for 30.0 s: the gateway refuses them (429)"]


async def test_waiting_for_a_turn_is_under_the_pool_clock(gateway: LocalGateway) -> None:
    """Its error says what stood in the way; a stream with a number as timeout waits no longer than that."""
    async with client_of(gateway.url, rate_limits=ADAPTIVE) as client:
        await refused_once(client, gateway)
        with pytest.raises(PoolTimeoutError, match=r"Timeout\.pool.*paused for \d+\.\d s more") as caught:
            await ask(client, timeout=Timeout(pool=0.05))
        assert caught.value.limit == 0.05
        with pytest.raises(PoolTimeoutError):
            await open_stream(client, timeout=0.05).final()
        with pytest.raises(APITimeoutError, match=r"waited for its turn.*paused for") as late:
            await ask(client, timeout=0.05)
        assert late.value.clock == "deadline"
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_pause_before_another_try_is_under_it_too(gateway: LocalGateway, stream: bool) -> None:
    """A Retry-After that is longer than the call may wait is not waited for."""
    gateway.fault("status", status=429, retry_after=LONG)
    async with client_of(gateway.url, max_retries=RetryPolicy(max_retries=3)) as client:
        with pytest.raises(RateLimitError) as caught:
            await (open_stream(client, timeout=3).final() if stream else ask(client, timeout=Timeout(pool=3)))
        assert (caught.value.retry_after, caught.value.attempts) == (LONG, 1)


async def test_a_limit_inside_a_stream_is_one(gateway: LocalGateway) -> None:
    """A 429 that comes as an event teaches the same."""
    gateway.play(Tape(b'data: {"error":{"message":"slow down","code":"rate_limit_exceeded"}}\n\n'))
    async with client_of(gateway.url, rate_limits=ADAPTIVE) as client:
        with pytest.raises(RateLimitError):
            await open_stream(client).final()
        assert [one.refused for one in client.pool.statistics().limits] == [1]
        await ask(client)


async def test_a_quota_holds_nobody_up(gateway: LocalGateway) -> None:
    """It does not come back by waiting."""
    async with client_of(gateway.url, rate_limits=ADAPTIVE) as client:
        await refused_once(client, gateway, code="insufficient_quota")
        await ask(client)


async def test_headers_that_say_nothing_is_left_are_heeded() -> None:
    """The next call waits for what the gateway would have refused."""
    async with LocalGateway(rate_limit=RequestLimit(2, per=LONG)) as gateway:
        async with client_of(gateway.url, rate_limits=ADAPTIVE) as client:
            for _ in range(2):
                await ask(client)
            waiting = await held_up(client)
            assert client.pool.statistics().limits[0].paused_for > 1
            await stopped(waiting)
        assert len(gateway.requests) == 2
        assert gateway.requests[0].answer.status == 200


async def test_a_told_number_at_once_is_kept(gateway: LocalGateway) -> None:
    """Over all models; nothing is refused by a gateway that bears just as many."""
    async with LocalGateway(max_concurrency=3, latency=0.01) as gateway:
        async with client_of(gateway.url, rate_limits=RateLimits(max_concurrency=3)) as client:
            calls = (
                client.chat.completions.create(model=f"model-{number % 4}", messages=MESSAGES)
                for number in range(30)
            )
            await asyncio.gather(*calls)
        assert len(gateway.requests) == 30


@pytest.mark.parametrize("dialect", ["chat", "responses", "gemini"])
async def test_usage_corrects_what_a_call_was_taken_for(gateway: LocalGateway, dialect: str) -> None:
    """A call that may use a million tokens and uses a few leaves the rest to the next one."""
    limits = RateLimits(tokens_per_minute=6_000_000, burst=0.1)
    async with client_of(gateway.url, rate_limits=limits) as client:
        calls = {
            "chat": lambda: ask(client, max_tokens=900_000),
            "responses": lambda: client.responses.create(model="m", input="Hi", max_output_tokens=900_000),
            "gemini": lambda: client.gemini.generate_content(
                model="m", contents="Hi", max_output_tokens=900_000
            ),
        }
        for _ in range(3):
            await calls[dialect]()
            async with open_stream(client, max_tokens=900_000) as stream:
                await stream.final()
        assert client.pool.statistics().seconds_waited < LONG


async def test_waiting_for_a_connection_is_not_connecting() -> None:
    """Twenty calls over five connections, answers longer than a connection may take: all are answered."""
    async with LocalGateway(latency=0.3) as gateway:
        timeout = Timeout(connect=0.5)
        async with client_of(gateway.url, timeout=timeout, limits=Limits(max_connections=5)) as client:
            await asyncio.gather(*(ask(client) for _ in range(20)))
            assert client.pool.statistics().opened == 5


@pytest.mark.parametrize(
    "options", [{"limits": Limits(max_connections=1)}, {"rate_limits": RateLimits(max_concurrency=1)}]
)
async def test_closing_the_client_ends_every_wait(gateway: LocalGateway, options: dict[str, object]) -> None:
    """For a turn, and for a connection."""
    gateway.fault("stall")
    client = client_of(gateway.url, **options)
    first = open_stream(client)
    await first.__anext__()
    waiting = await held_up(client)
    await client.close()
    with pytest.raises(APIConnectionError, match="client was closed"):
        await waiting


async def test_the_collector_gives_a_place_back_once_nothing_else_runs(gateway: LocalGateway) -> None:
    """It may run in the midst of a queue's own work, which must not find its queue changed then."""
    gateway.script("one two three", pace=LONG)
    async with client_of(gateway.url, limits=Limits(max_connections=1), rate_limits=ADAPTIVE) as client:
        stream = await open_stream(client)
        waiting = await held_up(client)
        del stream
        before = client.pool.statistics()
        assert (before.leased, before.limits[0].active, before.waiting) == (1, 2, 1)
        await waiting
    assert client.pool.statistics().leased == 0
