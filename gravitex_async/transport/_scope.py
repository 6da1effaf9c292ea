"""What is known of one model under one key, and who waits for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final, NamedTuple

from ..config import RateLimits
from ..ratelimit import RateLimit
from . import _log
from ._meter import INSTANT, Taken
from ._pace import Pace
from ._places import Mean, Places, Ticket

__all__ = ["Admission", "Scope", "Waiter"]

# What a rate is read off: so many calls at least, none of them longer ago than so many seconds.
ENOUGH: Final = 5
HORIZON: Final = 120.0


class Admission(NamedTuple):
    """What a call was given when its turn came: a place, and its part of the requests and tokens a minute."""

    ticket: Ticket
    requests: Taken | None
    tokens: Taken | None


class Waiter:
    """A call that waits for its turn: about how many tokens it takes, and where its admission is put."""

    __slots__ = ("order", "tokens", "turn")

    def __init__(self, order: int, tokens: float, loop: asyncio.AbstractEventLoop) -> None:
        self.order = order
        self.tokens = tokens
        self.turn: asyncio.Future[Admission] = loop.create_future()


class _Cycle:
    """How many tries were not refused since a moment."""

    __slots__ = ("began", "let_in")

    def __init__(self, began: float) -> None:
        self.began = began
        self.let_in = 0.0

    def restart(self, now: float) -> None:
        self.began, self.let_in = now, 0.0

    def rate(self, now: float) -> float:
        return self.let_in / max(now - self.began, INSTANT)


class Scope:
    """One model under one key. All times are moments or seconds of the caller's clock."""

    __slots__ = (
        "_adaptive", "_busy", "_configured", "_crowded", "_refused_at", "_since_pause", "_wanted_more",
        "again", "fresh", "model", "output", "pace", "places",
    )  # fmt: skip

    def __init__(self, model: str, limits: RateLimits, now: float) -> None:
        self.model = model
        self._configured = None if limits.requests_per_minute is None else limits.requests_per_minute / 60
        self._adaptive = limits.max_concurrency == "adaptive"
        self.places = Places(adaptive=self._adaptive)
        self.pace: Pace | None = None
        self.output = Mean()  # tokens of an answer
        # In order; a plain dict walks over all that has left its front to find its first.
        self.again: OrderedDict[int, Waiter] = OrderedDict()  # other tries of calls that had their turn
        self.fresh: OrderedDict[int, Waiter] = OrderedDict()  # calls that had none
        self._since_pause = _Cycle(now)
        self._busy = _Cycle(now)  # since calls came after a rest
        self._refused_at = now
        self._crowded = False  # whether calls have waited since they came after a rest
        self._wanted_more = False  # and had when the pause began: else they were few, not limited

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return len(self.again) + len(self.fresh)

    @property
    def first(self) -> Waiter:
        """The one whose turn is next."""
        return next(iter((self.again or self.fresh).values()))

    def wait(self, now: float) -> float | None:
        """Seconds until a call may go as far as this model is concerned; None: until another ends."""
        paused = self.places.paused
        delay = self.places.wait(now)
        self._note_opening(paused, now)
        return delay if delay is None or self.pace is None else max(delay, self.pace.wait(now))

    def enter(self, now: float) -> Ticket:
        """A call goes."""
        for cycle in (self._since_pause, self._busy):
            if now - cycle.began > HORIZON:
                cycle.began, cycle.let_in = now - HORIZON / 2, cycle.let_in / 2
            if not self.places.active and not self.waiting:
                cycle.restart(now)  # a rest says nothing of what would be let through
                self._crowded = False
            cycle.let_in += 1
        self._crowded = self._crowded or self.waiting > 0
        return self.places.enter(now)

    def answered(self, ticket: Ticket, now: float, said: RateLimit) -> None:
        """The call was not refused; *said* is what the headers say of limits."""
        paused = self.places.paused
        self.places.answered(ticket, now)
        self._note_opening(paused, now)
        if self.pace is not None:
            self.pace.answered(now)
        seconds = _used_up(said, self.places.undecided)
        if seconds is not None:
            self.places.pause(now, seconds)

    def refused(self, ticket: Ticket, now: float, retry_after: float | None) -> None:
        """The call was answered 429, and has ended."""
        paused = self.places.paused
        self._since_pause.let_in -= 1
        self._busy.let_in -= 1
        self._refused_at = now
        self.places.refused(ticket, now, retry_after)
        if self.pace is not None:
            self.pace.refused(ticket.entered, now)
        elif self._configured is not None:
            self.pace = Pace(self._configured, now, configured=self._configured)
        if self.places.paused and not paused:
            self._wanted_more = self._crowded
            _log.paused(self.model, self.places.opens - now)

    def _note_opening(self, paused: bool, now: float) -> None:
        """Where a pause has ended: what was let through since the one before is what the gateway allows."""
        if not paused or self.places.paused:
            return
        if self._configured is not None:
            self.pace = self.pace or Pace(self._configured, now, configured=self._configured)
            self.pace.meter.exhaust(now)
        # Where nobody waited, what went is what was asked for, not what is allowed.
        elif self._adaptive and self._wanted_more and self._busy.let_in >= ENOUGH:
            self._learn(now)
        self._since_pause.restart(now)

    def _learn(self, now: float) -> None:
        cycles = (self._since_pause, self._busy)
        least = max(cycle.rate(now) for cycle in cycles)
        most = max(cycle.rate(self._refused_at) for cycle in cycles)
        self.pace = self.pace or Pace(least, now)
        self.pace.learn(least, most, now)


def _used_up(said: RateLimit, undecided: int) -> float | None:
    """Seconds to wait where the gateway says that nothing is left; None where it does not.

    Some give the time until a window ends, others until a bucket is full again, which is after much longer
    than until one more may go: so no longer than a bucket needs for that one, and a second at least.
    """
    left, reset = said.remaining_requests, said.reset_requests
    if left is not None and reset is not None and left <= undecided:
        return min(reset, max(1.0, reset / (said.limit_requests or 1)))
    if said.remaining_tokens == 0 and said.reset_tokens is not None:
        return min(said.reset_tokens, 1.0)
    return None
