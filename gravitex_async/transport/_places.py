"""How many calls of one model may be under way at once, found out from what is refused.

Strategy
    A 429 says "not more than this", or nothing at all: gateways refuse at random, too. So a refusal first
    makes a suspicion: no more than were under way beside the refused call (``ceiling``). A tenth of a second
    later one call more is tried. If it is not refused, the suspicion was wrong, or is true no more: the
    ceiling doubles, and soon is gone. If it is refused too, the suspicion is confirmed, and the next try
    comes after twice the time. So random refusals cost one place for a moment, and a limit is found within
    one round.

    A ceiling of zero is a pause: after a Retry-After, or where calls are refused however few there are (no
    places are scarce then, but calls a minute). It ends with one call, then two, four, and so on.

    The adaptive limit grows by one with each answer that needed it, until a first suspicion is confirmed;
    from then on by 5 %, and each step is a suspicion of its own, which that one call more confirms or ends.

Times to wait begin with the time that answers take to begin, a tenth of a second at least: that is how fast
places come back.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["FIRST_LIMIT", "LONGEST_PAUSE", "Mean", "Places", "Ticket"]

FIRST_LIMIT: Final = 10.0
GROWTH: Final = 0.05
SHORTEST_MOMENT: Final = 0.1
LONGEST_MOMENT: Final = 5.0
LONGEST_PAUSE: Final = 60.0

# A refusal comes at once, an answer may take minutes: who is not refused for so long has a place.
PATIENCE: Final = 4.0

# After so many trials in vain the time between two grows no more.
LONGEST_DOUBLING: Final = 4

# So many of the calls of one moment, and so large a part of them, are not refused at random.
AT_LEAST: Final = 3
MANY: Final = 0.1

# As good as no limit.
UNLIMITED: Final = 1_000_000


class Ticket:
    """One call that has a place."""

    __slots__ = ("answered", "entered")

    def __init__(self, entered: float) -> None:
        self.entered = entered
        self.answered = False


class Mean:
    """The mean of the last values, the older ones weighing less."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float | None = None

    def add(self, value: float) -> None:
        self.value = value if self.value is None else self.value + (value - self.value) / 8


class Places:
    """Who may go at once. All times are moments or seconds of the caller's clock."""

    __slots__ = (
        "_admitted", "_answer_seconds", "_counted_since", "_failed", "_grow_at", "_growing", "_grown_in_vain",
        "_refusal_seconds", "_refused", "_since", "_starting", "_trial", "_trial_at", "active", "adaptive",
        "ceiling", "limit", "refusals", "undecided",
    )  # fmt: skip

    def __init__(self, *, adaptive: bool) -> None:
        self.adaptive = adaptive
        self.limit = FIRST_LIMIT if adaptive else math.inf
        self.ceiling: int | None = None  # the suspicion; None: there is none
        self.active = 0
        self.undecided = 0  # of these, neither answered nor refused yet
        self.refusals = 0
        self._starting = True  # no limit was found yet
        self._since = 0.0  # when the suspicion began
        self._counted_since = 0.0
        self._admitted = 0  # calls let in since then, while there was a suspicion
        self._refused = 0  # of these
        self._failed = 0  # trials in vain, of this suspicion
        self._trial: Ticket | None = None
        self._trial_at = 0.0
        self._growing = False  # whether the suspicion is a larger limit that is tried
        self._grow_at = 0.0
        self._grown_in_vain = 0
        self._answer_seconds = Mean()
        self._refusal_seconds = Mean()

    @property
    def paused(self) -> bool:
        """Whether nobody may go, but for the one call that tests whether that has changed."""
        return self.ceiling == 0

    @property
    def opens(self) -> float:
        """When the one call more may go that tests a suspicion."""
        return self._trial_at

    def wait(self, now: float) -> float | None:
        """Seconds until one more may go; None: until another ends."""
        if self._trial is not None and now >= self._trial.entered + self._patience:
            self._passed(now)
        if self.active >= int(min(self.limit, UNLIMITED)):
            return self._grow(now)
        if self.ceiling is None or self.active < self.ceiling:
            return 0.0
        if self._trial is not None:
            return max(0.0, self._trial.entered + self._patience - now)
        return max(0.0, self._trial_at - now)

    def enter(self, now: float) -> Ticket:
        """Takes a place."""
        ticket = Ticket(now)
        if self.ceiling is not None:
            self._admitted += 1
            if self.active >= self.ceiling:
                self._trial = ticket
        self.active += 1
        self.undecided += 1
        return ticket

    def answered(self, ticket: Ticket, now: float) -> None:
        """The call was not refused."""
        ticket.answered = True
        self.undecided -= 1
        self._answer_seconds.add(now - ticket.entered)
        if ticket is self._trial:
            self._passed(now)
        if self._starting and self.ceiling is None and self.active >= self.limit - 1:
            self.limit += 1.0

    def leave(self, ticket: Ticket) -> None:
        """Gives the place back."""
        self.active -= 1
        self.undecided -= not ticket.answered
        if ticket is self._trial:
            self._trial = None  # it was left before it showed anything

    def refused(self, ticket: Ticket, now: float, retry_after: float | None) -> None:
        """Gives the place back: the call was refused."""
        trial = ticket is self._trial
        self.leave(ticket)
        self.refusals += 1
        self._refusal_seconds.add(now - ticket.entered)
        if retry_after is not None:
            self.pause(now, retry_after)
        elif trial:
            self._confirmed(now)
        elif self.ceiling is None:
            self._suspect(now, self.active)
        elif ticket.entered < self._since:  # of the burst that made the suspicion
            self.ceiling = min(self.ceiling, self.active)
        else:
            self._count_refusal(ticket, now)

    def _suspect(self, now: float, ceiling: int) -> None:
        self.ceiling = ceiling
        self._since = self._counted_since = now
        self._admitted = self._refused = self._failed = 0
        self._growing = False
        self._trial = None
        self._trial_at = now + (self._moment if ceiling == 0 else SHORTEST_MOMENT)

    def _count_refusal(self, ticket: Ticket, now: float) -> None:
        """One that was let in under the suspicion. One says nothing; many say that it is still too much."""
        if now - self._counted_since > 2 * self._moment:
            self._counted_since = now
            self._admitted = self._refused = 0
        if ticket.entered < self._counted_since:
            return
        self._refused += 1
        if self._refused < AT_LEAST:
            return
        if self._refused * 2 >= self._admitted:
            self.pause(now, self._moment)  # calls are refused however few there are
        elif self._refused >= MANY * self._admitted:
            self.ceiling = self.active

    def pause(self, now: float, seconds: float) -> None:
        """Lets nobody in for *seconds*, a minute at most, and then one at first."""
        opens = now + min(seconds, LONGEST_PAUSE)
        if self.ceiling is None:
            self._suspect(now, 0)
            self._trial_at = opens
        self.ceiling = 0
        self._trial = None
        self._trial_at = max(self._trial_at, opens)

    def _confirmed(self, now: float) -> None:
        """The trial was refused, too."""
        assert self.ceiling is not None
        ceiling = self.ceiling = min(self.ceiling, self.active)
        self._failed = min(self._failed + 1, LONGEST_DOUBLING)
        self._trial_at = now + self._moment * 2.0**self._failed
        self._refused += 1
        passed = self._admitted - self._refused
        if self.adaptive and ceiling and passed >= max(1, ceiling // 2):
            self.limit = float(ceiling)
            self.ceiling = None
            self._starting = False
            self._grown_in_vain = min(self._grown_in_vain + 1, LONGEST_DOUBLING)
            self._grow_at = now + self._moment * 2.0**self._grown_in_vain

    def _passed(self, now: float) -> None:
        """The trial was not refused."""
        assert self.ceiling is not None
        self._trial = None
        self._failed = 0
        self.ceiling = 2 * self.ceiling + 1
        self._trial_at = now
        if self.ceiling >= min(self.limit, UNLIMITED):
            self.ceiling = None
            if self._growing:
                self._grown_in_vain = 0
                self._grow_at = now + self._moment

    def _grow(self, now: float) -> float | None:
        """The limit is reached: seconds until a larger one may be tried."""
        if not self.adaptive or self._starting or self.ceiling is not None:
            return None
        if now < self._grow_at:
            return self._grow_at - now
        before = int(self.limit)
        self.limit += max(1.0, GROWTH * self.limit)
        self._suspect(now, before)
        self._growing = True
        self._trial_at = now
        return 0.0

    @property
    def _moment(self) -> float:
        seconds = self._answer_seconds.value or 0.0
        return min(max(SHORTEST_MOMENT, seconds), LONGEST_MOMENT)

    @property
    def _patience(self) -> float:
        seconds = self._refusal_seconds.value or 0.0
        return min(max(SHORTEST_MOMENT, PATIENCE * seconds), LONGEST_MOMENT)
