"""The governor under a clock of its own: buckets, one pause per episode, an adaptive limit."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from gravitex_async import APIConnectionError, RateLimitError, RateLimits, ServerError
from gravitex_async.transport._governor import FIRST_LIMIT, MAX_KEYS, Governor, Governors, Permit


class FakeLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer as soon as there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 1000.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            due = heapq.nsmallest(1, self._scheduled)[0]._when  # type: ignore[attr-defined]
            self._now = max(self._now, due)
        super()._run_once()  # type: ignore[misc]


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    loop = FakeLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def governor(**limits: Any) -> Governor:
    return Governor(RateLimits(**limits), clock=asyncio.get_running_loop().time)


def limited(retry_after: float | None = None, *, quota: bool = False) -> RateLimitError:
    return RateLimitError("slow down", retry_after=retry_after, retryable=not quota)


def test_requests_per_minute() -> None:
    """Ten seconds' worth at once, then evenly."""

    async def main() -> None:
        gate, loop = governor(requests_per_minute=60), asyncio.get_running_loop()
        began = loop.time()
        at = []
        for _ in range(20):
            (await gate.admit(0)).release(None)
            at.append(loop.time() - began)
        assert at[:10] == [0.0] * 10
        assert at[10:] == pytest.approx(list(range(1, 11)), abs=0.01)

    run(main())


def test_tokens_per_minute() -> None:
    """A request larger than the bucket waits for it to be full, and is paid back by those after it."""

    async def main() -> None:
        gate, loop = governor(tokens_per_minute=600), asyncio.get_running_loop()
        began = loop.time()
        (await gate.admit(1000)).release(None)
        assert loop.time() == began
        (await gate.admit(10)).release(None)
        assert loop.time() - began == pytest.approx((1000 - 100 + 10) / 10, abs=0.01)

    run(main())


def test_the_queue_is_fair() -> None:
    """First come, first served, whatever each needs."""

    async def main() -> None:
        gate = governor(max_concurrency=1)
        held = await gate.admit(0)
        served: list[int] = []

        async def call(number: int) -> None:
            permit = await gate.admit(random.randrange(1000))
            served.append(number)
            await asyncio.sleep(1)
            permit.release(None)

        tasks = [asyncio.ensure_future(call(number)) for number in range(50)]
        await asyncio.sleep(0)
        assert gate.waiting == 50
        held.release(None)
        await asyncio.gather(*tasks)
        assert served == list(range(50))
        assert (gate.active, gate.waiting) == (0, 0)

    run(main())


def test_pain_45_one_pause_for_all() -> None:
    """Five hundred refusals of requests that were under way make one pause, the length of the longest."""

    async def main() -> None:
        gate, loop = governor(), asyncio.get_running_loop()
        permits = [await gate.admit(0) for _ in range(500)]
        began = loop.time()
        for number, permit in enumerate(permits):
            permit.release(limited(5 if number % 2 else None))
        (await gate.admit(0)).release(None)
        assert loop.time() - began == pytest.approx(5, abs=0.01)

    run(main())


def test_pauses_double_while_it_goes_on() -> None:
    """One, two, four ... seconds, at most a minute; an answer makes it one again."""

    async def main() -> None:
        gate, loop = governor(), asyncio.get_running_loop()

        async def pause() -> float:
            (await gate.admit(0)).release(limited())
            began = loop.time()
            permit = await gate.admit(0)
            seconds = loop.time() - began
            permit.release(limited())
            return seconds

        assert await pause() == pytest.approx(1, abs=0.01)
        waited = []
        for _ in range(8):
            began = loop.time()
            permit = await gate.admit(0)
            waited.append(loop.time() - began)
            permit.release(limited())
        assert waited == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60], abs=0.01)
        (await gate.admit(0)).release(None)
        (await gate.admit(0)).release(limited())
        began = loop.time()
        (await gate.admit(0)).release(None)
        assert loop.time() - began == pytest.approx(1, abs=0.01)

    run(main())


def test_an_answer_of_before_the_pause_does_not_end_it() -> None:
    """What was under way may still succeed; the gate stays closed."""

    async def main() -> None:
        gate, loop = governor(), asyncio.get_running_loop()
        refused, late = await gate.admit(0), await gate.admit(0)
        refused.release(limited(3))
        began = loop.time()
        late.release(None)
        (await gate.admit(0)).release(None)
        assert loop.time() - began == pytest.approx(3, abs=0.01)

    run(main())


def test_a_quota_is_no_pause() -> None:
    """It does not come back by waiting."""

    async def main() -> None:
        gate, loop = governor(), asyncio.get_running_loop()
        began = loop.time()
        (await gate.admit(0)).release(limited(quota=True))
        (await gate.admit(0)).release(None)
        assert loop.time() == began

    run(main())


def test_the_adaptive_limit_doubles_at_first() -> None:
    """Slow start: each round of answers that used the limit doubles it."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        assert gate.limit == int(FIRST_LIMIT)
        permits = [await gate.admit(0) for _ in range(gate.limit)]
        for permit in permits:
            fresh = gate.active
            permit.release(None)
            assert gate.active == fresh - 1
        assert 10 < gate.limit <= 20

    run(main())


def test_the_adaptive_limit_is_cut_once_per_episode() -> None:
    """Ten refusals at once are one bad news; growth is slow from then on."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        for permit in [await gate.admit(0) for _ in range(10)]:
            permit.release(limited())
        assert gate.limit == 8
        before = gate._limit
        permits = [await gate.admit(0) for _ in range(8)]
        for permit in permits:
            permit.release(None)
        assert before is not None
        assert gate._limit is not None
        assert before < gate._limit < before + 1.1

    run(main())


def test_the_adaptive_limit_does_not_grow_unused() -> None:
    """A limit nobody reaches says nothing."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        for _ in range(100):
            (await gate.admit(0)).release(None)
        assert gate.limit == int(FIRST_LIMIT)

    run(main())


@pytest.mark.parametrize("error", [ServerError("broken"), APIConnectionError("gone")])
def test_the_adaptive_limit_stands_still_on_other_errors(error: Any) -> None:
    """A broken server is no reason to send less or more."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        for permit in [await gate.admit(0) for _ in range(10)]:
            permit.release(error)
        assert gate.limit == int(FIRST_LIMIT)

    run(main())


def test_a_permit_is_released_once() -> None:
    """However often it is given back."""

    async def main() -> None:
        gate = governor(max_concurrency=2)
        permit = await gate.admit(0)
        for _ in range(3):
            permit.release(None)
            permit.drop()
        assert gate.active == 0

    run(main())


def test_permits_never_leak() -> None:
    """A thousand calls, cancelled at random moments, some twice: nothing is left, and the gate works."""

    async def main() -> None:
        dice = random.Random(7)
        gate = governor(max_concurrency=5, requests_per_minute=6000, tokens_per_minute=60000)

        async def call() -> None:
            permit: Permit | None = None
            try:
                permit = await gate.admit(dice.randrange(100))
                assert gate.active <= 5
                await asyncio.sleep(dice.random())
            finally:
                if permit is not None:
                    permit.release(dice.choice([None, limited(0.1), ServerError("x")]))

        tasks = []
        for _ in range(1000):
            tasks.append(asyncio.ensure_future(call()))
            await asyncio.sleep(dice.random() / 10)
            for victim in dice.sample(tasks, min(len(tasks), 2)):
                victim.cancel()
                if dice.random() < 0.5:
                    await asyncio.sleep(0)
                    victim.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (gate.active, gate.waiting) == (0, 0)
        (await gate.admit(1)).release(None)

    run(main())


def test_each_key_has_its_own() -> None:
    """Keys at rest are forgotten beyond a number; those in use or in a pause are not."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        all_of_them = Governors(None, clock=loop.time)
        busy, paused = all_of_them.of("busy"), all_of_them.of("paused")
        permit = await busy.admit(0)
        (await paused.admit(0)).release(limited(30))
        for number in range(3 * MAX_KEYS):
            all_of_them.of(str(number))
        assert all_of_them.of("busy") is busy
        assert all_of_them.of("paused") is paused
        assert len(list(all_of_them)) <= MAX_KEYS + 2
        permit.release(None)
        assert "paused" not in repr(all_of_them)

    run(main())
