"""What the client allows itself: requests and tokens a minute, requests at once, and one shared pause.

Strategy
    Callers pass one gate in order of arrival. Whoever stands in it waits until no pause is on, a place is
    free, and both buckets hold what the request needs. A bucket fills evenly and holds at most ten seconds'
    worth, so that a quiet minute is no licence for a burst.

    When the gateway says 429 the gate closes for everybody, once: for as long as Retry-After says, else for
    a second that doubles while it goes on. What other requests of before the pause have to say of it
    belongs to the same episode. Five hundred tasks that hit the limit together make one pause.

    The adaptive limit doubles each round until the first 429, then grows by one or by 5 % a round; only
    while it is really used. It is cut to 80 % once per episode, and stands still on other failures.

    A limit belongs to a key: ``Governors`` keeps one governor for each.

Not here: the back-off of one call (``RetryPolicy``), the connections of the pool (``Slots``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Final

from ..config import RateLimits
from ..errors import APIError, RateLimitError

__all__ = ["Governor", "Governors", "Permit"]

BURST_SECONDS: Final = 10.0
FIRST_LIMIT: Final = 10.0
CUT: Final = 0.8
GROWTH: Final = 0.05
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

# Less than this is no time to wait, but what is left of adding up fractions.
INSTANT: Final = 1e-6

# A relay makes a view per user: governors of keys at rest are forgotten beyond this many.
MAX_KEYS: Final = 256


class _Bucket:
    """Fills by *per_minute* / 60 a second; may go below zero by one large request."""

    __slots__ = ("_full", "_level", "_rate", "_then")

    def __init__(self, per_minute: float, now: float) -> None:
        self._rate = per_minute / 60.0
        self._full = max(1.0, self._rate * BURST_SECONDS)
        self._level = self._full
        self._then = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until *amount* may be taken; a request larger than the bucket needs it full."""
        self._level = min(self._full, self._level + (now - self._then) * self._rate)
        self._then = now
        return max(0.0, min(amount, self._full) - self._level) / self._rate

    def take(self, amount: float) -> None:
        self._level -= amount


class Permit:
    """The right to one try. Released exactly once, whatever happens; later calls do nothing."""

    __slots__ = ("_governor", "since")

    def __init__(self, governor: Governor, since: float) -> None:
        self._governor: Governor | None = governor
        self.since = since

    def release(self, error: APIError | None) -> None:
        """Ends the try; *error* is how it failed, None when it was answered."""
        governor, self._governor = self._governor, None
        if governor is not None:
            governor.learn(self, error)
            governor.ended()

    def drop(self) -> None:
        """Ends a try that says nothing of the gateway: it was cancelled, or could not be sent."""
        governor, self._governor = self._governor, None
        if governor is not None:
            governor.ended()


class Governor:
    """One gate for all calls with one key on one event loop."""

    def __init__(self, limits: RateLimits | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        limits = limits or RateLimits()
        now = clock()
        self._clock = clock
        asked = limits.max_concurrency
        self._adaptive = asked == "adaptive"
        self._limit: float | None = FIRST_LIMIT if asked == "adaptive" else asked
        self._requests = _Bucket(limits.requests_per_minute, now) if limits.requests_per_minute else None
        self._tokens = _Bucket(limits.tokens_per_minute, now) if limits.tokens_per_minute else None
        self._gate = asyncio.Lock()
        self._change: asyncio.Future[None] | None = None  # of what whoever stands in the gate waits for
        self._episode: float | None = None  # when the last 429 that made a pause came
        self._closed_until = now
        self._pause = FIRST_PAUSE
        self.active = 0
        self.waiting = 0

    def __repr__(self) -> str:
        return f"<Governor {self.active} active, limit {self.limit}, {self.waiting} waiting>"

    @property
    def limit(self) -> int | None:
        """How many requests may be under way at once; None: any number."""
        return None if self._limit is None else int(self._limit)

    @property
    def at_rest(self) -> bool:
        """Whether nothing would be lost with it."""
        return not (self.active or self.waiting) and self._clock() >= self._closed_until

    def admit_nowait(self, tokens: int) -> Permit | None:
        """The right to send at once, where nobody waits and nothing forbids it; else None."""
        if self.waiting or self._delay(tokens) != 0.0:
            return None
        return self._enter(tokens)

    async def admit(self, tokens: int) -> Permit:
        """Waits for the right to send one request of about *tokens* tokens. Cancelling leaves the queue."""
        self.waiting += 1
        try:
            async with self._gate:
                while (delay := self._delay(tokens)) != 0.0:
                    await self._changed(delay)
                return self._enter(tokens)
        finally:
            self.waiting -= 1

    def learn(self, permit: Permit, error: APIError | None) -> None:
        """Takes note of how a try ended, before its permit is taken back."""
        if isinstance(error, RateLimitError):
            self._rate_limited(permit, error)
        elif error is None:
            self._answered()

    def ended(self) -> None:
        """Takes back a permit."""
        self.active -= 1
        if self._change is not None and not self._change.done():
            self._change.set_result(None)

    def _enter(self, tokens: int) -> Permit:
        self.active += 1
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(tokens)
        return Permit(self, self._clock())

    def _delay(self, tokens: int) -> float | None:
        """Seconds until a request may go; None: until another one ends."""
        if self._limit is not None and self.active >= int(self._limit):
            return None
        now = self._clock()
        delay = self._closed_until - now
        if self._requests is not None:
            delay = max(delay, self._requests.wait(1, now))
        if self._tokens is not None:
            delay = max(delay, self._tokens.wait(tokens, now))
        return delay if delay > INSTANT else 0.0

    async def _changed(self, delay: float | None) -> None:
        """Waits until a request has ended, or *delay* seconds."""
        self._change = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait((self._change,), timeout=delay)
        finally:
            self._change = None

    def _rate_limited(self, permit: Permit, error: RateLimitError) -> None:
        if not error.retryable:
            return  # a quota does not come back by waiting
        now = self._clock()
        asked = error.retry_after
        if self._episode is not None and permit.since <= self._episode:
            wait = asked or 0.0  # it was under way when the pause began: the same episode
        else:
            wait = self._pause if asked is None else asked
            self._episode = now
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            if self._adaptive and self._limit is not None:
                self._limit = max(1.0, self._limit * CUT)
        self._closed_until = max(self._closed_until, now + min(wait, LONGEST_PAUSE))

    def _answered(self) -> None:
        if self._clock() >= self._closed_until:
            self._pause = FIRST_PAUSE
        limit = self._limit
        if self._adaptive and limit is not None and self.active >= CUT * limit:
            self._limit = limit + (1.0 if self._episode is None else max(1.0 / limit, GROWTH))


class Governors:
    """One governor per key, made on first use."""

    def __init__(self, limits: RateLimits | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._by_key: dict[Hashable, Governor] = {}

    def __iter__(self) -> Iterator[Governor]:
        return iter(list(self._by_key.values()))

    def of(self, key: Hashable) -> Governor:
        """The governor of *key*, which is kept as it is and never shown."""
        found = self._by_key.get(key)
        if found is None:
            if len(self._by_key) >= MAX_KEYS:
                self._by_key = {key: one for key, one in self._by_key.items() if not one.at_rest}
            found = self._by_key[key] = Governor(self._limits, clock=self._clock)
        return found
