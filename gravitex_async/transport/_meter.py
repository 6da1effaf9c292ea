"""How much may go within a time: a window that slides.

Strategy
    A bucket that is full after a quiet moment lets twice its rate through in the first second after it,
    which servers that count a window refuse. So what went is kept until it has left the window, and what is
    in the window never exceeds what the rate allows for its length. That satisfies servers with a bucket of
    that size as well as those with any longer window.

    Amounts are corrected later, when an answer has reported what it used. One that is larger than the whole
    window goes alone, and stays for as long as the rate needs to make up for it.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

__all__ = ["INSTANT", "Meter", "Taken"]

# Less than this is no time to wait, but what is left of adding up fractions.
INSTANT: Final = 1e-6

# Requests do not arrive as evenly as they leave. What that costs of the rate: 2 %, and 50 ms at most.
JITTER: Final = 0.02
LONGEST_JITTER: Final = 0.05


class Taken:
    """What one request has taken of a meter."""

    __slots__ = ("amount", "expired", "until")

    def __init__(self, amount: float, until: float) -> None:
        self.amount = amount
        self.until = until
        self.expired = False


class Meter:
    """Lets ``rate`` × *seconds* through in any *seconds*; at least one at a time."""

    __slots__ = ("_seconds", "_taken", "_used", "rate")

    def __init__(self, rate: float, seconds: float) -> None:
        self.rate = rate
        """A second."""
        self._seconds = seconds
        self._taken: deque[Taken] = deque()
        self._used = 0.0

    @property
    def room(self) -> float:
        """How much the window holds."""
        return max(1.0, math.floor(self.rate * self._seconds + INSTANT))

    def wait(self, amount: float, now: float) -> float:
        """Seconds until *amount* may be taken."""
        self._expire(now)
        room = self.room
        excess = self._used + min(amount, room) - room
        if excess <= INSTANT:
            return 0.0
        moment = now
        for taken in self._taken:
            moment = max(moment, taken.until)  # they leave in order, however long each was to stay
            excess -= taken.amount
            if excess <= INSTANT:
                return moment - now
        return self._length(amount)  # credits stand in the window: what they make up for has left it

    def take(self, amount: float, now: float) -> Taken:
        """Takes *amount*, whatever there is."""
        taken = Taken(amount, now + self._length(amount))
        self._taken.append(taken)
        self._used += amount
        return taken

    def sent(self, taken: Taken, now: float) -> None:
        """What was taken goes out only now: it had to wait for a connection, however long."""
        if taken.expired:
            taken.expired = False
            self._taken.append(taken)
            self._used += taken.amount
        taken.until = now + self._length(taken.amount)

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        """What was taken turns out to be *amount*; also when it has left the window long since."""
        difference = amount - taken.amount
        if not taken.expired:
            taken.until += self._length(amount) - self._length(taken.amount)
            if difference > 0:
                taken.until += self._debt(taken)
            self._used += difference
        elif difference:
            more = self.take(difference, now)
            more.until += self._debt(more)
        taken.amount = amount

    def exhaust(self, now: float) -> None:
        """The server says that nothing is left: goes on evenly, from nothing."""
        for taken in self._taken:
            taken.expired = True
        self._taken.clear()
        room = self.room
        steps = int(min(room, 100))
        for step in range(1, steps + 1):
            self._taken.append(Taken(room / steps, now + self._length(0.0) * step / steps))
        self._used = room

    def _debt(self, taken: Taken) -> float:
        """How long the rate needs for what is in the window beside *taken* and beyond its room.

        Many answers at once may turn out larger than was guessed: they are made up for one after another.
        """
        return max(0.0, self._used - taken.amount - self.room) / self.rate

    def _length(self, amount: float) -> float:
        """How long *amount* stays in the window."""
        seconds = max(self.room, amount) / self.rate
        return seconds + min(JITTER * seconds, LONGEST_JITTER)

    def _expire(self, now: float) -> None:
        taken = self._taken
        while taken and taken[0].until <= now + INSTANT:
            gone = taken.popleft()
            gone.expired = True
            self._used -= gone.amount
        if not taken:
            self._used = 0.0  # not what is left of adding up fractions
