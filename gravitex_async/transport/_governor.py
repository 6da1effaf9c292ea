"""What the client allows itself: requests and tokens a minute, requests at once, and one shared pause.

Strategy
    Callers pass in order of arrival, one at a time, through one gate: they wait until no pause is on, a
    place is free, and both buckets hold what the request needs. A bucket fills evenly and holds at most
    ten seconds' worth, so that a quiet minute is no licence for a burst.

    When the gateway says 429 the gate closes for everybody, once: for as long as Retry-After says, else for
    a second that doubles while it goes on. Five hundred tasks that hit the limit together make one pause.

    The adaptive limit is additive increase, multiplicative decrease: it grows by one for each round of
    answers while it is really used, is cut to 80 % once per pause, and stands still on server errors.

Not here: the back-off of one call (``RetryPolicy``), the connections of the pool (``Slots``).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ..config import RateLimits
from ..errors import APIError, RateLimitError, ServerError

__all__ = ["Governor", "Permit"]

BURST_SECONDS: Final = 10.0
FIRST_LIMIT: Final = 10.0
CUT: Final = 0.8
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


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

    __slots__ = ("_governor",)

    def __init__(self, governor: Governor) -> None:
        self._governor: Governor | None = governor

    def release(self, error: APIError | None) -> None:
        """Ends the try; *error* is how it failed, None when it was answered."""
        governor, self._governor = self._governor, None
        if governor is not None:
            governor.ended(error)


class Governor:
    """One gate for all calls of a client. Used from one event loop at a time."""

    def __init__(self, limits: RateLimits | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        limits = limits or RateLimits()
        now = clock()
        self._clock = clock
        asked = limits.max_concurrency
        self._adaptive = asked == "adaptive"
        self._limit: float | None = FIRST_LIMIT if asked == "adaptive" else asked
        self._requests = _Bucket(limits.requests_per_minute, now) if limits.requests_per_minute else None
        self._tokens = _Bucket(limits.tokens_per_minute, now) if limits.tokens_per_minute else None
        self._queue: deque[asyncio.Future[None]] = deque()
        self._closed_until = 0.0
        self._pause = FIRST_PAUSE
        self.active = 0

    def __repr__(self) -> str:
        return f"<Governor {self.active} active, limit {self._limit}, {len(self._queue)} waiting>"

    async def admit(self, tokens: int) -> Permit:
        """Waits for the right to send one request of about *tokens* tokens."""
        if self._queue or self._delay(tokens) != 0.0:
            await self._turn(tokens)
        return self._enter(tokens)

    def ended(self, error: APIError | None) -> None:
        """Takes back a permit and learns from how the try ended."""
        self.active -= 1
        if isinstance(error, RateLimitError):
            self._rate_limited(error)
        elif error is None:
            self._pause = FIRST_PAUSE
            self._grow()
        elif not isinstance(error, ServerError):
            self._pause = FIRST_PAUSE
        self._wake()

    def _enter(self, tokens: int) -> Permit:
        self.active += 1
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(tokens)
        return Permit(self)

    async def _turn(self, tokens: int) -> None:
        """Waits at the end of the queue, then at its head until everything allows it."""
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            while self._queue[0] is not turn or self._delay(tokens) != 0.0:
                at_head = self._queue[0] is turn
                await _wait(turn, self._delay(tokens) if at_head else None)
                if turn.done():
                    fresh = asyncio.get_running_loop().create_future()
                    self._queue[self._queue.index(turn)] = fresh
                    turn = fresh
        finally:
            self._queue.remove(turn)
            self._wake()

    def _delay(self, tokens: int) -> float | None:
        """Seconds until a request may go; None: until another one ends."""
        if self._limit is not None and self.active >= self._limit:
            return None
        now = self._clock()
        waits = [self._closed_until - now, 0.0]
        if self._requests is not None:
            waits.append(self._requests.wait(1, now))
        if self._tokens is not None:
            waits.append(self._tokens.wait(tokens, now))
        return max(waits)

    def _wake(self) -> None:
        if self._queue and not self._queue[0].done():
            self._queue[0].set_result(None)

    def _rate_limited(self, error: RateLimitError) -> None:
        if not error.retryable:
            return  # a quota does not come back by waiting
        now = self._clock()
        if now >= self._closed_until:
            # The first of its episode; the others were under way already and say the same.
            wait = error.retry_after if error.retry_after is not None else self._pause
            self._closed_until = now + min(wait, LONGEST_PAUSE)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            if self._adaptive and self._limit is not None:
                self._limit = max(1.0, self._limit * CUT)

    def _grow(self) -> None:
        if self._adaptive and self._limit is not None and self.active + 1 >= CUT * self._limit:
            self._limit += 1.0 / self._limit


async def _wait(turn: asyncio.Future[None], seconds: float | None) -> None:
    if seconds is None:
        await asyncio.shield(turn)
        return
    await asyncio.wait({turn}, timeout=max(seconds, 0.001))
