"""The calls a minute that a model bears, learnt from what is refused.

Strategy
    Where a rate was configured, refusals make the calls of this model go evenly at that rate, and a little
    slower each time. Where none was, it is read off a pause: what was let through since the one before,
    divided by the time, is what the gateway allows, whatever window it counts in. The pause had ended at
    some moment between the last call that was refused and the first that was not, so the rate lies between
    two bounds: it begins with the lower one, and grows quickly to the middle.

    From there it grows slowly, with each answer that had to wait for it, and is cut by each refusal. Both
    balance where 1 % are refused (2 % of a configured rate, which is believed): random refusals of less than
    that do not slow it down. Quicker growth was tried: a gateway that counts ten seconds says nothing for ten
    seconds, and then refuses what has become too much by far. But none counts longer than a minute: after
    four without a refusal the rate grows ever more quickly, for what was learnt while a gateway was down, or
    from calls that were few, is no limit of it.
"""

from __future__ import annotations

import math
from typing import Final

from ._meter import Meter, Taken

__all__ = ["Pace"]

CUT: Final = 0.99
SLOW: Final = 0.0001
SLOW_CONFIGURED: Final = 0.0002
FAST_A_SECOND: Final = 0.1
NEAR: Final = 0.9

# Trying more costs about six refusals where the limit is as it was: not more often than every few minutes.
CALM_SECONDS: Final = 240.0
RAMP_SECONDS: Final = 60.0

# Paced calls go evenly: no more than this many seconds' worth at once.
SECONDS: Final = 1.0


class Pace:
    """A meter whose rate, a second, follows what is refused; never above *configured*."""

    __slots__ = ("_configured", "_cut_at", "_found", "_needed", "meter")

    def __init__(self, rate: float, now: float, *, configured: float = math.inf) -> None:
        self.meter = Meter(rate, SECONDS)
        self.meter.exhaust(now)
        self._configured = configured
        self._cut_at = now
        self._found = math.inf  # near this one, growth is slow
        self._needed = False

    def wait(self, now: float) -> float:
        """Seconds until one more may go."""
        delay = self.meter.wait(1, now)
        self._needed = self._needed or delay > 0
        return delay

    def take(self, now: float) -> Taken:
        """One goes."""
        return self.meter.take(1, now)

    def answered(self, now: float) -> None:
        """One was not refused."""
        rate = self.meter.rate
        if self._configured < math.inf:
            self.meter.rate = min(self._configured, rate * (1 + SLOW_CONFIGURED) + self._calm_growth(now))
        elif self._needed:
            self._needed = False
            fast = rate < NEAR * self._found
            self.meter.rate = rate + (FAST_A_SECOND if fast else SLOW * rate + self._calm_growth(now))

    def refused(self, entered: float, now: float) -> None:
        """One was refused that went at *entered*: goes on evenly, and more slowly."""
        if entered < self._cut_at:
            return  # refusals of one burst say one thing
        self._cut_at = now
        self._found = self.meter.rate
        self.meter.rate *= CUT
        self.meter.exhaust(now)

    def learn(self, least: float, most: float, now: float) -> None:
        """A pause has shown that between *least* and *most* are let through."""
        rate = self.meter.rate
        self._cut_at = now
        self._found = min(self._found, math.sqrt(least * most))
        self.meter.rate = min(rate, max(least, rate / 2))
        self.meter.exhaust(now)

    def _calm_growth(self, now: float) -> float:
        calm = (now - self._cut_at - CALM_SECONDS) / RAMP_SECONDS
        return min(FAST_A_SECOND, self.meter.rate) * min(1.0, max(0.0, calm))
