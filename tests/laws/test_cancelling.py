"""Cancelling at every await, twice too, leaks no connection, no slot and no permit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, Limits, RateLimits, RetryPolicy
from gravitex_async.testing import LocalGateway

from .conftest import ask, client_of, open_stream

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

# More turns of the loop than a whole call takes here.
TURNS = 60

Call = Callable[[AsyncGravitex], Awaitable[Any]]


async def _stream(client: AsyncGravitex) -> None:
    async for _ in open_stream(client):
        pass


async def _entered(client: AsyncGravitex) -> None:
    async with open_stream(client) as stream:
        await stream.final()


async def _plain(client: AsyncGravitex) -> None:
    await ask(client)


async def _key() -> str:
    await asyncio.sleep(0)
    return "sk-local"


def _options(kind: str) -> dict[str, Any]:
    return {
        "free": {},
        "async key": {"api_key": _key},
        "one slot": {"limits": Limits(max_connections=1)},
        "one permit": {"rate_limits": RateLimits(max_concurrency=1)},
        "no keep-alive": {"limits": Limits(keepalive=None)},
    }[kind]


def _leaks(client: AsyncGravitex) -> dict[str, int]:
    now = client.pool.statistics()
    permits = sum(governor.active for pool in client.pool._loops.values() for governor in pool.governors)
    leaks = {"slots": now.leased, "in the queue": now.waiting, "permits": permits}
    return {name: count for name, count in leaks.items() if count}


async def _settled(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """What was cancelled lets go within a few turns of the loop, and the server sees it."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert _leaks(client) == {}
    await gateway.until(lambda: all(stream.state != "open" for stream in gateway.streams))
    await gateway.wait_connections(client.pool.statistics().idle)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("kind", ["free", "async key", "one slot", "one permit", "no keep-alive"])
@pytest.mark.parametrize("call", [_stream, _entered, _plain])
async def test_pain_23_cancelling_at_every_turn_leaks_nothing(
    gateway: LocalGateway, call: Call, kind: str, times: int
) -> None:
    """Two calls that compete are cancelled after n turns of the loop, for every n; then all is as it was."""
    gateway.script(text=["One", " two"], times=None)
    async with client_of(gateway.url, **_options(kind)) as client:
        await call(client)
        for turns in range(TURNS):
            tasks = [asyncio.ensure_future(call(client)) for _ in range(2)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for _ in range(times):
                for task in tasks:
                    task.cancel()
                await asyncio.sleep(0)
            await asyncio.gather(*tasks, return_exceptions=True)
            del tasks
            await _settled(client, gateway)
        await asyncio.wait_for(call(client), 2)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("fault", ["status", "reset", "error-event"])
async def test_pain_23_cancelling_retries_leaks_nothing(
    gateway: LocalGateway, fault: Any, times: int
) -> None:
    """The same while tries fail and are repeated."""
    gateway.script(text=["One", " two"], times=None)
    gateway.fault(fault, count=None, after_events=0, status=503, where="headers")
    policy = RetryPolicy(max_retries=3, initial_delay=0.001)
    async with client_of(gateway.url, max_retries=policy, limits=Limits(max_connections=1)) as client:
        for turns in range(0, TURNS, 2):
            for call in (_stream, _plain):
                task = asyncio.ensure_future(call(client))
                for _ in range(turns):
                    await asyncio.sleep(0)
                for _ in range(times):
                    task.cancel()
                    await asyncio.sleep(0)
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
                del task
                await _settled(client, gateway)


async def test_a_cancelled_waiter_leaves_the_queue(gateway: LocalGateway) -> None:
    """Whoever gives up waiting for a connection does not take the place of the next."""
    gateway.script(text=["One"] * 10, pace=0.01, times=None)
    async with client_of(gateway.url, limits=Limits(max_connections=1)) as client:
        first = open_stream(client)
        await first.__anext__()
        waiters = [asyncio.ensure_future(ask(client)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert client.pool.statistics().waiting == 3
        waiters[0].cancel()
        waiters[1].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert client.pool.statistics().waiting == 1
        await first.aclose()
        assert (await asyncio.wait_for(waiters[2], 1)).choices
        await asyncio.gather(*waiters, return_exceptions=True)
