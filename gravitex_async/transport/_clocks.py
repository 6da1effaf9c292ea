"""The six clocks of one call (DESIGN: law 4), with one timer for all of them.

Strategy
    A body is read thousands of times, so nothing is armed or cancelled per read. One timer stands at the
    earliest moment at which any clock could run out; a read only notes the time. When the timer fires it
    looks: nobody waits, then it is not set again until somebody does; some clock has run out, then the wait
    ends; else it is set to the next possible moment.

    Clocks run while the client waits. A reader that takes ten minutes between two chunks is slow, not
    stalled: that time counts for the deadline alone.

    The timer refers to this object and to the body's reader, never to the stream, so that a dropped stream
    is freed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Timeout
from ..errors import APITimeoutError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle

__all__ = ["Clocks"]

_HINTS = {
    "connect": "check base_url and the network",
    "headers": "the gateway accepted the request and did not answer",
    "first_content": "the answer began and held no content",
    "idle": "the gateway stopped sending",
    "content_idle": "the gateway sent keep-alives and no content",
    "deadline": "the call as a whole took too long",
}


class Clocks:
    """Watches one call from its first try to the end of its body. All times are the loop's, in seconds."""

    __slots__ = (
        "_content_seen", "_content_waited", "_handle", "_loop", "_since", "_stale", "_stop", "_stream",
        "attempts", "expired", "sent", "started", "timeout",
    )  # fmt: skip

    def __init__(self, loop: AbstractEventLoop, timeout: Timeout, *, stream: bool) -> None:
        self._loop = loop
        self.timeout = timeout
        self._stream = stream
        self.started = loop.time()
        self.sent = self.started
        self.attempts = 0
        self.expired: str | None = None
        self._stop: Callable[[], None] | None = None
        self._handle: TimerHandle | None = None
        self._since: float | None = None  # the reader waits since then
        self._stale = False
        self._content_seen = False
        self._content_waited = 0.0  # seconds waited since the last content

    def now(self) -> float:
        """The loop's time."""
        return self._loop.time()

    def deadline(self) -> float | None:
        """The moment the whole call must be over."""
        limit = self.timeout.deadline
        return None if limit is None else self.started + limit

    def left(self) -> float | None:
        """Seconds until the deadline; None without one."""
        deadline = self.deadline()
        return None if deadline is None else deadline - self._loop.time()

    def due(self, clock: str) -> tuple[float | None, str]:
        """The moment a wait that starts now must be over, and the clock that says so."""
        limit = getattr(self.timeout, clock)
        moment = None if limit is None else self._loop.time() + limit
        deadline = self.deadline()
        if deadline is not None and (moment is None or deadline < moment):
            return deadline, "deadline"
        return moment, clock

    def watch(self, stop: Callable[[], None]) -> None:
        """Begins to watch a body; *stop* ends a wait of its reader."""
        self._stop = stop
        self._content_waited = self._loop.time() - self.sent

    def wait(self) -> None:
        """The reader begins to wait."""
        self._since = self._loop.time()
        # Moments only move away, but for the first content, after which a shorter clock may run.
        if self._handle is None or self._stale:
            self._arm(self._since)

    def waited(self) -> None:
        """The reader has something, or gave up."""
        since = self._since
        if since is not None:
            self._content_waited += self._loop.time() - since
            self._since = None

    def content(self) -> None:
        """What was read held content."""
        self._content_waited = 0.0
        if not self._content_seen:
            self._content_seen = self._stale = True

    def stop(self) -> None:
        """Watches no more; lets go of the reader."""
        self._stop = None
        self._since = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def error(self, clock: str) -> APITimeoutError:
        """The error of a clock that ran out, with what the others show."""
        limit = getattr(self.timeout, clock)
        readings = self.readings()
        shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in readings.items() if name != clock)
        return APITimeoutError(
            f"timed out: {clock} is limited to {limit:g} s; {_HINTS[clock]}"
            + (f" ({shown})" if shown else ""),
            clock=clock,
            limit=limit,
            readings=readings,
            attempts=max(1, self.attempts),
        )

    def readings(self) -> dict[str, float]:
        """Seconds on each clock that runs now."""
        now = self._loop.time()
        shown = {"deadline": now - self.started}
        if self._stop is None:
            shown["headers"] = now - self.sent
        else:
            waiting = 0.0 if self._since is None else now - self._since
            shown["idle"] = waiting
            if self._stream:
                name = "content_idle" if self._content_seen else "first_content"
                shown[name] = self._content_waited + waiting
        return shown

    def _moments(self, since: float) -> list[tuple[float, str]]:
        moments = []
        limits = self.timeout
        if limits.deadline is not None:
            moments.append((self.started + limits.deadline, "deadline"))
        if limits.idle is not None:
            moments.append((since + limits.idle, "idle"))
        if self._stream:
            clock = "content_idle" if self._content_seen else "first_content"
            limit = getattr(limits, clock)
            if limit is not None:
                moments.append((since + limit - self._content_waited, clock))
        return moments

    def _arm(self, since: float) -> None:
        self._stale = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        moments = self._moments(since)
        if moments:
            self._handle = self._loop.call_at(min(moments)[0], self._fire)

    def _fire(self) -> None:
        self._handle = None
        since, stop = self._since, self._stop
        if since is None or stop is None:
            return
        due, clock = min(self._moments(since))
        if due <= self._loop.time():
            self.expired = clock
            stop()
        else:
            self._arm(since)
