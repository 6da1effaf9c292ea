"""Who may have a connection: never more than allowed, in order of arrival, nothing lost to cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from gravitex_async import Limits
from gravitex_async.transport._slots import Slots


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_without_limits_nobody_waits() -> None:
    """None is unlimited."""
    slots = Slots(Limits())
    for _ in range(1000):
        await slots.acquire("a")
    assert (slots.leased, slots.waiting) == (1000, 0)


async def test_first_come_first_served() -> None:
    """A slot goes to who asked first, and is lent on without a gap."""
    slots, order = Slots(Limits(max_connections=1)), []
    await slots.acquire("a")

    async def want(number: int) -> None:
        await slots.acquire("a")
        order.append(number)
        slots.release("a")

    tasks = [asyncio.create_task(want(number)) for number in range(10)]
    await settle()
    assert (slots.leased, slots.waiting) == (1, 10)
    slots.release("a")
    await asyncio.gather(*tasks)
    assert order == list(range(10))
    assert (slots.leased, slots.waiting) == (0, 0)


async def test_the_wait_is_counted() -> None:
    """From nothing, by the loop's clock, for those who gave up too."""
    slots, loop = Slots(Limits(max_connections=1)), asyncio.get_running_loop()
    await slots.acquire("a")
    assert slots.seconds_waited == 0
    began = loop.time()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(slots.acquire("a"), 0.01)
    assert 0 < slots.seconds_waited <= loop.time() - began


async def test_all_waits_end_when_it_is_closed() -> None:
    """With the error; who was cancelled in that moment stays cancelled."""
    slots = Slots(Limits(max_connections=1))
    await slots.acquire("a")
    tasks = [asyncio.create_task(slots.acquire("a")) for _ in range(3)]
    await settle()
    tasks[1].cancel()
    slots.close(ConnectionError("closed"))
    assert slots.waiting == 0
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        ConnectionError,
        asyncio.CancelledError,
        ConnectionError,
    ]


async def test_a_full_host_keeps_nobody_from_another() -> None:
    """The limit of one host passes the slot on to who waits for another."""
    slots = Slots(Limits(max_connections=2, max_connections_per_host=1))
    await slots.acquire("a")
    second = asyncio.create_task(slots.acquire("a"))
    await settle()
    await slots.acquire("b")
    third = asyncio.create_task(slots.acquire("c"))
    await settle()
    assert (slots.leased, slots.waiting) == (2, 2)
    slots.release("b")
    await third
    assert not second.done()
    slots.release("a")
    await second
    assert (slots.leased, slots.waiting) == (2, 0)


async def test_a_slot_lent_in_the_moment_of_cancelling_goes_back() -> None:
    """The worst moment: granted and cancelled in the same turn of the loop, twice over."""
    slots = Slots(Limits(max_connections=1))
    await slots.acquire("a")
    first, second = (asyncio.create_task(slots.acquire("a")) for _ in range(2))
    await settle()
    slots.release("a")
    first.cancel()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert (slots.leased, slots.waiting) == (1, 0)


async def test_chaos() -> None:
    """Any order of asking, giving back and cancelling: never too many, and all back in the end."""
    dice = random.Random(7)
    slots = Slots(Limits(max_connections=3, max_connections_per_host=2))
    live: dict[str, int] = {}

    async def one(host: str) -> None:
        await slots.acquire(host)
        live[host] = live.get(host, 0) + 1
        try:
            assert sum(live.values()) <= 3
            assert live[host] <= 2
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
        finally:
            live[host] -= 1
            slots.release(host)

    tasks = []
    for _ in range(400):
        tasks.append(asyncio.create_task(one(dice.choice("abc"))))
        if dice.random() < 0.3:
            dice.choice(tasks).cancel()
        if dice.random() < 0.5:
            await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, asyncio.CancelledError)]
    assert (slots.leased, slots.waiting) == (0, 0)


async def test_closing_ends_all_waits() -> None:
    """But for one that was cancelled in that moment."""
    slots = Slots(Limits(max_connections=1))
    await slots.acquire("a")
    waits = [asyncio.ensure_future(slots.acquire("a")) for _ in range(2)]
    await asyncio.sleep(0)
    waits[0].cancel()
    slots.close(ZeroDivisionError())
    outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, ZeroDivisionError]
    assert slots.waiting == 0
    slots.release("a")
    assert slots.leased == 0
