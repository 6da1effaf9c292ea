"""Limits: nobody waits for what is another's, told limits hold, hidden ones are found.

The gateways here live in virtual time: what they allow is known, and no machine is too slow for it.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    Limits,
    RateLimitError,
    RateLimits,
    ServerError,
    Usage,
)
from gravitex_async.transport._governor import MAX_KEPT, Governor, Governors, LimitStatistics, Permit
from gravitex_async.transport._places import FIRST_LIMIT, LONGEST_PAUSE
from gravitex_async.transport._slots import Slots

from ..costs import growth
from ..virtual import run_virtually as run

MODEL = "gpt-4o-mini"


def governor(**limits: Any) -> Governor:
    return Governor(RateLimits(**limits), asyncio.get_running_loop())


def now() -> float:
    return asyncio.get_running_loop().time()


def limited(retry_after: float | None = None, *, quota: bool = False) -> RateLimitError:
    return RateLimitError("slow down", retry_after=retry_after, retryable=not quota)


def shown(gate: Governor, model: str = MODEL) -> LimitStatistics:
    return next(one for one in gate.statistics("") if one.model == model)


# A gateway in virtual time


class VirtualGateway:
    """Answers after *seconds*; refuses after two milliseconds what is too much, or by the dice."""

    def __init__(
        self,
        *,
        seconds: float = 0.3,
        places: int | None = None,
        window: tuple[int, float] | None = None,
        refuse: Callable[[], bool] = bool,
        retry_after: float | None = None,
    ) -> None:
        self.seconds, self.places, self.window = seconds, places, window
        self.refuse, self.retry_after = refuse, retry_after
        self.times: deque[float] = deque()
        self.busy = self.answered = self.refused = 0

    async def __call__(self) -> RateLimitError | None:
        await asyncio.sleep(0.001)
        if self.too_much() or self.refuse():
            self.refused += 1
            await asyncio.sleep(0.001)
            return limited(self.retry_after)
        self.times.append(now())
        self.busy += 1
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.busy -= 1
        self.answered += 1
        return None

    def too_much(self) -> bool:
        if self.window is not None:
            requests, seconds = self.window
            while self.times and now() - self.times[0] >= seconds:
                self.times.popleft()
            if len(self.times) >= requests:
                return True
        return self.places is not None and self.busy >= self.places


class Seen(NamedTuple):
    """Answers a second, the refused part of all tries, and how the governor stood at the end."""

    rate: float
    refused: float
    at_the_end: LimitStatistics


async def work(
    gate: Governor, gateway: VirtualGateway, seconds: float = 30.0, *, workers: int = 200, skip: float = 0.0
) -> Seen:
    """What *workers* get through who ask again and again, with the back-off of the default policy."""
    dice, began = random.Random(3), now()
    before = (0, 0)

    async def worker() -> None:
        attempt = 0
        while True:
            permit = await gate.admit(MODEL, 1.0, again=attempt > 0)
            permit.sent()
            try:
                error = await gateway()
                if error is None:
                    permit.answered({})
                permit.release(error)
            finally:
                permit.drop()
            attempt = 0 if error is None else attempt + 1
            if error is not None:
                await asyncio.sleep(dice.random() * min(8.0, 0.5 * 2.0 ** (attempt - 1)))

    tasks = [asyncio.ensure_future(worker()) for _ in range(workers)]
    await asyncio.sleep(skip)
    before = (gateway.answered, gateway.refused)
    await asyncio.sleep(seconds - skip)
    answered, refused = gateway.answered - before[0], gateway.refused - before[1]
    assert now() - began == pytest.approx(seconds)
    stood = shown(gate)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (gate.active, gate.waiting) == (0, 0)
    return Seen(answered / (seconds - skip), refused / max(1, answered + refused), stood)


@pytest.mark.parametrize("window", [(50, 1.0), (500, 10.0), (3000, 60.0)], ids=str)
def test_a_told_rate_is_used_and_not_exceeded(window: tuple[int, float]) -> None:
    """3,000 a minute, however the gateway counts them: nothing refused, at least 95 % used."""

    async def main() -> None:
        seen = await work(governor(requests_per_minute=3000), VirtualGateway(window=window), 60.0)
        assert seen.refused == 0
        assert seen.rate >= 0.95 * 50

    run(main())


@pytest.mark.parametrize("window", [(40, 1.0), (400, 10.0)], ids=str)
def test_a_told_rate_that_is_too_high_is_corrected(window: tuple[int, float]) -> None:
    """Others use the same key: a quarter too much is not refused for ever."""

    async def main() -> None:
        gateway = VirtualGateway(window=window)
        seen = await work(governor(requests_per_minute=3000), gateway, 120.0, skip=60.0)
        assert seen.refused <= 0.03
        assert seen.rate >= 0.85 * 40

    run(main())


@pytest.mark.parametrize(("places", "refused"), [(1, 0.2), (5, 0.05), (32, 0.02), (100, 0.02)])
def test_hidden_places_are_found(places: int, refused: float) -> None:
    """Without a word of when to come again: at least 85 % used, 2 % refused; of few, what it takes to see."""

    async def main() -> None:
        gateway = VirtualGateway(places=places, seconds=0.5)
        seen = await work(governor(max_concurrency="adaptive"), gateway, 60.0)
        assert seen.rate >= 0.85 * places / 0.501
        assert seen.refused <= refused
        assert seen.at_the_end.limit is not None
        assert places <= seen.at_the_end.limit <= places * 1.1 + 1

    run(main())


def test_places_that_become_fewer_and_more_are_followed() -> None:
    """32, then 12, then 60."""

    async def main() -> None:
        gateway, gate = VirtualGateway(places=32, seconds=0.5), governor(max_concurrency="adaptive")
        for places in (32, 12, 60):
            gateway.places = places
            seen = await work(gate, gateway, 150.0, skip=100.0)
            assert seen.rate >= 0.8 * places / 0.501, places
            assert seen.refused <= 0.04, places

    run(main())


@pytest.mark.parametrize("window", [(50, 1.0), (500, 10.0)], ids=str)
def test_a_rate_that_nobody_told_is_learnt_from_refusals(window: tuple[int, float]) -> None:
    """After 20 s at most 2 % are refused, and the gateway is not left idle."""

    async def main() -> None:
        gateway = VirtualGateway(window=window)
        seen = await work(governor(max_concurrency="adaptive"), gateway, 90.0, skip=20.0)
        assert seen.refused <= 0.02
        assert seen.rate >= 0.8 * 50
        assert seen.at_the_end.requests_per_minute == pytest.approx(3000, rel=0.15)

    run(main())


def _rate_with_random_refusals(**limits: Any) -> float:
    async def main() -> float:
        dice = random.Random(7)
        gateway = VirtualGateway(refuse=lambda: dice.random() < 0.01)
        return (await work(governor(**limits), gateway, 30.0)).rate

    return run(main())


def test_random_refusals_slow_nobody_down() -> None:
    """One in a hundred, 200 workers: as fast as if each backed off by itself, whatever the limits."""
    independent = _rate_with_random_refusals()
    assert _rate_with_random_refusals(max_concurrency="adaptive") >= 0.95 * independent
    assert _rate_with_random_refusals(max_concurrency=200) >= 0.95 * independent
    assert _rate_with_random_refusals(requests_per_minute=60_000) >= 0.95 * independent


def test_broken_answers_do_not_pin_the_adaptive_limit() -> None:
    """500s and cut streams, one in five: no limit is learnt from them."""

    async def main() -> None:
        gate, dice = governor(max_concurrency="adaptive"), random.Random(5)
        errors: list[APIError] = [ServerError("broken"), APIConnectionError("gone")]
        began = now()

        async def worker() -> None:
            while now() < began + 20:
                permit = await gate.admit(MODEL, 1.0)
                await asyncio.sleep(0.3)
                permit.answered({})
                permit.release(dice.choice(errors) if dice.random() < 0.2 else None)

        tasks = [asyncio.ensure_future(worker()) for _ in range(100)]
        await asyncio.sleep(10)
        assert shown(gate).active == 100
        await asyncio.gather(*tasks)

    run(main())


# Pauses


def test_a_retry_after_holds_up_its_model_alone() -> None:
    """And shows: until when, who waits, that it was told once."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        (await gate.admit("a", 1.0)).release(limited(12))
        began = now()
        (await gate.admit("b", 1.0)).release(None)
        assert now() == began
        waiting = asyncio.ensure_future(gate.admit("a", 1.0))
        await asyncio.sleep(2)
        stood = shown(gate, "a")
        assert (stood.waiting, stood.refused, stood.paused_for) == (1, 1, pytest.approx(10, abs=0.01))
        assert "paused for 10.0 s more after 1 refusals" in gate.why("a")
        (await waiting).release(None)
        assert now() - began == pytest.approx(12, abs=0.01)

    run(main())


def test_pain_45_refusals_of_one_burst_make_one_pause() -> None:
    """Five hundred that were under way: the pause is as long as the longest of them says, not doubled."""

    async def main() -> None:
        gate = governor(requests_per_minute=600_000)
        permits = [await gate.admit(MODEL, 1.0) for _ in range(500)]
        began = now()
        for number, permit in enumerate(permits):
            permit.release(limited(5 if number % 2 else 3))
        (await gate.admit(MODEL, 1.0)).release(None)
        assert now() - began == pytest.approx(5, abs=0.05)

    run(main())


def test_what_follows_a_pause_begins_with_one() -> None:
    """Not with all that waited: one, then two, four and so on, as long as none is refused."""

    async def main() -> None:
        gate = governor(max_concurrency=1000)
        (await gate.admit(MODEL, 1.0)).release(limited(10))
        went: list[float] = []

        async def call() -> None:
            permit = await gate.admit(MODEL, 1.0)
            went.append(now())
            await asyncio.sleep(60)
            permit.release(None)

        tasks = [asyncio.ensure_future(call()) for _ in range(100)]
        began = now()
        await asyncio.gather(*tasks)
        steps = [round(moment - began - 10, 1) for moment in went]
        assert [steps.count(step) for step in sorted(set(steps))][:4] == [1, 1, 2, 4]
        assert max(steps) < 2

    run(main())


def test_a_pause_is_a_minute_at_most() -> None:
    """Whatever was asked for: then one call finds out."""

    async def main() -> None:
        gate = governor(max_concurrency=5)
        (await gate.admit(MODEL, 1.0)).release(limited(3600))
        began = now()
        (await gate.admit(MODEL, 1.0)).release(None)
        assert now() - began == pytest.approx(LONGEST_PAUSE, abs=0.1)

    run(main())


def test_without_a_word_the_pause_is_as_short_as_answers_are_quick() -> None:
    """A tenth of a second and up; each call that is refused after it doubles it."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        waited = []
        for _ in range(5):
            began = now()
            (await gate.admit(MODEL, 1.0)).release(limited())
            waited.append(round(now() - began, 2))
        assert waited == [0, 0.1, 0.2, 0.4, 0.8]

    run(main())


def test_a_quota_is_no_pause() -> None:
    """It does not come back by waiting."""

    async def main() -> None:
        gate, began = governor(max_concurrency="adaptive"), now()
        (await gate.admit(MODEL, 1.0)).release(limited(60, quota=True))
        (await gate.admit(MODEL, 1.0)).release(None)
        assert now() == began

    run(main())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"remaining-requests": "0", "reset-requests": "0.5s"}, 0.5),
        ({"remaining-requests": "0", "reset-requests": "1m0s", "limit-requests": "30"}, 2.0),
        ({"remaining-requests": "0", "reset-requests": "60", "limit-requests": "6000"}, 1.0),
        ({"remaining-tokens": "0", "reset-tokens": "800ms"}, 0.8),
        ({"remaining-requests": "3", "reset-requests": "60"}, 0.0),
        ({"remaining-requests": "0"}, 0.0),
        ({}, 0.0),
    ],
    ids=str,
)
def test_what_headers_say_is_left_is_heeded(headers: dict[str, str], seconds: float) -> None:
    """Nothing left: nobody goes until there is again, as far as that can be told."""

    async def main() -> None:
        gate = governor(max_concurrency=10)
        permit = await gate.admit(MODEL, 1.0)
        permit.answered({f"x-ratelimit-{name}": value for name, value in headers.items()})
        permit.release(None)
        began = now()
        (await gate.admit(MODEL, 1.0)).release(None)
        assert now() - began == pytest.approx(seconds, abs=0.01)

    run(main())


# Tokens


def test_tokens_count_output_too() -> None:
    """6,000 told, 600 used by each call and nobody said so before: 10 calls a minute, not hundreds."""

    async def main() -> None:
        gate, spent = governor(tokens_per_minute=6000), deque[tuple[float, int]]()

        async def call() -> None:
            permit = await gate.admit(MODEL, 10.0, None)
            await asyncio.sleep(2)
            permit.answered({})
            permit.used(Usage(10, 590, 600, source="server"))
            permit.release(None)
            spent.append((now(), 600))

        tasks = [asyncio.ensure_future(call()) for _ in range(300)]
        await asyncio.sleep(600)
        total = sum(tokens for moment, tokens in spent)
        assert 0.9 * 60_000 <= total <= 1.05 * 60_000
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(main())


def test_max_tokens_is_taken_and_given_back() -> None:
    """What a call may use counts while it is under way; what it has not used is there for the next."""

    async def main() -> None:
        gate, began = governor(tokens_per_minute=6000), now()
        permit = await gate.admit(MODEL, 100.0, 4000)
        second = asyncio.ensure_future(gate.admit(MODEL, 100.0, 0))
        await asyncio.sleep(3)
        assert not second.done()
        permit.answered({})
        permit.used(Usage(100, 20, 120, source="server"))
        permit.release(None)
        (await second).release(None)
        assert now() - began == pytest.approx(3, abs=0.01)

    run(main())


def test_what_was_refused_or_never_sent_used_no_tokens() -> None:
    """A 429, and a call that was cancelled before it went."""

    async def main() -> None:
        gate = governor(tokens_per_minute=6000, requests_per_minute=60)
        (await gate.admit(MODEL, 5000.0)).drop()
        began = now()
        refused = await gate.admit(MODEL, 5000.0)
        refused.sent()
        refused.release(limited())
        assert now() == began
        (await gate.admit("other", 5000.0)).release(None)
        assert now() - began < 2  # the request counts, its tokens do not

    run(main())


# The queue


def test_the_queue_is_fair() -> None:
    """First come, first served, whatever each needs; another try before calls that had none."""

    async def main() -> None:
        gate = governor(max_concurrency=1, tokens_per_minute=1e9)
        held = await gate.admit(MODEL, 0.0)
        served: list[object] = []

        async def call(number: object, *, again: bool = False) -> None:
            permit = await gate.admit(MODEL, random.randrange(1000), again=again)
            served.append(number)
            await asyncio.sleep(1)
            permit.release(None)

        tasks = [asyncio.ensure_future(call(number)) for number in range(50)]
        await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(call("again", again=True)))
        await asyncio.sleep(0)
        assert gate.waiting == 51
        held.release(None)
        await asyncio.gather(*tasks)
        assert served == ["again", *range(50)]
        assert (gate.active, gate.waiting) == (0, 0)

    run(main())


def test_a_large_request_is_not_overtaken_for_ever() -> None:
    """It needs all of the window; small ones of other models that came later wait behind it."""

    async def main() -> None:
        gate, order = governor(tokens_per_minute=6000), []

        async def call(model: str, tokens: float) -> None:
            (await gate.admit(model, tokens)).release(None)
            order.append((model, tokens))

        (await gate.admit("a", 90.0)).release(None)
        tasks = [asyncio.ensure_future(call("a", 100.0))]
        for _ in range(20):
            await asyncio.sleep(0)
            tasks.append(asyncio.ensure_future(call("b", 5.0)))
        await asyncio.gather(*tasks)
        assert order[0] == ("a", 100.0)

    run(main())


def test_who_leaves_the_queue_leaves_no_crowd_behind() -> None:
    """The last one that waited is gone: the next call goes without waiting at all."""

    async def main() -> None:
        gate = governor(tokens_per_minute=6000)
        held = await gate.admit(MODEL, 100.0)
        waiting = asyncio.ensure_future(gate.admit(MODEL, 100.0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        held.release(None)
        await asyncio.sleep(5)
        permit = gate.admit_nowait(MODEL, 1.0)
        assert permit is not None
        permit.release(None)

    run(main())


def test_a_model_whose_first_calls_all_wait() -> None:
    """What all models share is taken by another one: then they go, in order."""

    async def main() -> None:
        gate = governor(max_concurrency=1)
        held = await gate.admit("other", 0.0)
        tasks = [asyncio.ensure_future(gate.admit(MODEL, 0.0)) for _ in range(3)]
        await asyncio.sleep(0)
        held.release(None)
        for task in tasks:
            (await task).release(None)
        assert (gate.active, gate.waiting) == (0, 0)

    run(main())


def test_a_permit_is_released_once() -> None:
    """However often it is given back."""

    async def main() -> None:
        gate = governor(max_concurrency=2)
        permit = await gate.admit(MODEL, 0.0)
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
                permit = await gate.admit(dice.choice("abc"), dice.randrange(100))
                assert gate.active <= 5
                await asyncio.sleep(dice.random())
            finally:
                if permit is not None:
                    permit.release(dice.choice([None, limited(0.1), limited(), ServerError("x")]))

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
        assert all((one.active, one.waiting) == (0, 0) for one in gate.statistics(""))
        for model in "abc":
            (await gate.admit(model, 1)).release(None)

    run(main())


def test_closing_ends_every_wait() -> None:
    """With the error it is given, and nothing is left."""

    async def main() -> None:
        gate = governor(max_concurrency=1)
        held = await gate.admit(MODEL, 0.0)
        tasks = [asyncio.ensure_future(gate.admit(model, 0.0)) for model in ("a", "b", "a")]
        await asyncio.sleep(0)
        gate.close(APIConnectionError("closed"))
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [APIConnectionError] * 3
        assert gate.waiting == 0
        held.release(None)

    run(main())


def test_each_key_has_its_own() -> None:
    """Keys at rest are forgotten beyond a number; those in use or in a pause are not. So are models."""

    async def main() -> None:
        all_of_them = Governors(RateLimits(max_concurrency=3), asyncio.get_running_loop())
        busy, paused = all_of_them.of("h", "sk-busy"), all_of_them.of("h", "sk-paused")
        assert busy is not None
        assert paused is not None
        permit = await busy.admit(MODEL, 0.0)
        (await paused.admit(MODEL, 0.0)).release(limited(30))
        for number in range(3 * MAX_KEPT):
            one = all_of_them.of("h", str(number))
            assert one is not None
            (await busy.admit(f"model {number}", 0.0)).release(None)
        assert all_of_them.of("h", "sk-busy") is busy
        assert all_of_them.of("h", "sk-paused") is paused
        assert len(list(all_of_them)) <= MAX_KEPT + 2
        assert len(busy.statistics("h")) <= MAX_KEPT + 1
        assert shown(busy).active == 1
        permit.release(None)
        assert "sk-" not in repr(all_of_them)
        assert "sk-" not in repr(all_of_them.statistics())

    run(main())


def test_who_asked_for_no_limits_has_no_governor() -> None:
    """Nothing is shared then, so nothing can hold anybody up."""

    async def main() -> None:
        assert Governors(None, asyncio.get_running_loop()).of("h", "k") is None

    run(main())


def test_the_adaptive_limit_grows_only_where_it_is_needed() -> None:
    """A limit nobody reaches says nothing; one that is reached doubles with each round of answers."""

    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        for _ in range(100):
            (await gate.admit(MODEL, 0.0)).release(None)
        assert shown(gate).limit == int(FIRST_LIMIT)
        permits = [await gate.admit(MODEL, 0.0) for _ in range(int(FIRST_LIMIT))]
        assert gate.admit_nowait(MODEL, 0.0) is None
        for permit in permits:
            permit.answered({})
            permit.release(None)
            permits.append(await gate.admit(MODEL, 0.0))
            if len(permits) == 2 * FIRST_LIMIT:
                break
        limit = shown(gate).limit
        assert limit is not None
        assert FIRST_LIMIT < limit <= 2 * FIRST_LIMIT

    run(main())


# What was learnt is no limit for ever


async def through(gate: Governor, gateway: VirtualGateway, calls: int, *, every: float = 0.0) -> float:
    """Seconds until all *calls* were answered, each of them begun *every* seconds."""
    began = now()

    async def call() -> None:
        error: APIError | None = limited()
        while error is not None:
            permit = await gate.admit(MODEL, 1.0)
            permit.sent()
            error = await gateway()
            if error is None:
                permit.answered({})
            permit.release(error)

    tasks = []
    for _ in range(calls):
        tasks.append(asyncio.ensure_future(call()))
        await asyncio.sleep(every)
    await asyncio.gather(*tasks)
    return now() - began


def test_a_refusal_among_few_calls_sets_no_rate() -> None:
    """Two calls a second were asked for, not allowed: 2,000 at once do not go two by two."""

    async def main() -> None:
        gate, dice = governor(max_concurrency="adaptive"), iter([False] * 30 + [True])
        gateway = VirtualGateway(seconds=2.0, refuse=lambda: next(dice, False), retry_after=1.0)
        await through(gate, gateway, 60, every=0.5)
        assert gateway.refused == 1
        assert await through(gate, gateway, 2000) < 100.0

    run(main())


@pytest.mark.parametrize("retry_after", [None, 20.0])
def test_a_limit_that_is_raised_is_found_within_minutes(retry_after: float | None) -> None:
    async def main() -> None:
        gate = governor(max_concurrency="adaptive")
        gateway = VirtualGateway(window=(60, 60.0), retry_after=retry_after)
        await through(gate, gateway, 300)
        assert (shown(gate).requests_per_minute or 0) < 100
        gateway.window = None
        assert await through(gate, gateway, 3000) < 450.0

    run(main())


# Many wait


def test_who_waits_when_the_loop_ends_is_dropped_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is closed under its tasks, without ``asyncio.run``: no error where nobody can see it."""
    unseen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unseen.append)
    loop = asyncio.new_event_loop()

    async def main() -> list[Any]:
        gate = governor(requests_per_minute=0.1)
        await gate.admit(MODEL, 1.0)
        waiting = [gate.admit(MODEL, 1.0) for _ in range(3)]
        for one in waiting:
            one.send(None)
        return waiting

    waiting = loop.run_until_complete(main())
    loop.close()
    waiting.clear()
    assert unseen == []


def _seconds_of_a_governor(waiters: int) -> float:
    async def main() -> float:
        gate = governor(max_concurrency=1)
        first = await gate.admit(MODEL, 1.0)
        tasks = [asyncio.ensure_future(gate.admit(MODEL, 1.0)) for _ in range(waiters)]
        await asyncio.sleep(0)
        assert gate.waiting == waiters
        began = time.process_time()
        first.release(None)
        for task in tasks:
            (await task).release(None)
        return time.process_time() - began

    return run(main())


def _seconds_of_slots(waiters: int) -> float:
    async def main() -> float:
        slots = Slots(Limits(max_connections=1))
        await slots.acquire("a")
        tasks = [asyncio.ensure_future(slots.acquire("a")) for _ in range(waiters)]
        await asyncio.sleep(0)
        assert slots.waiting == waiters
        began = time.process_time()
        for task in tasks:
            slots.release("a")
            await task
        return time.process_time() - began

    return run(main())


@pytest.mark.parametrize("seconds", [_seconds_of_a_governor, _seconds_of_slots])
def test_a_turn_costs_the_same_however_many_wait(seconds: Callable[[int], float]) -> None:
    assert growth(seconds, 2_000, 20_000, below=17.0) < 17.0
