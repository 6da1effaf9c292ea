"""The seven clocks of one call (DESIGN: law 4), with one timer for all of them.

Strategy
    Before the headers a call is in one phase after another (``enter``), each of which is one wait with one
    moment at which it must be over.

    A body is read thousands of times, so nothing is armed or cancelled per read. One timer stands at the
    earliest moment at which any clock could run out; a read only notes the time. When the timer fires it
    looks: some clock has run out, then the wait ends; else it is set to the next possible moment.

    Clocks run while the client waits. A reader that takes ten minutes between two chunks is slow, not
    stalled: that time counts for the deadline alone, which ends a body that nobody reads as well. What had
    arrived before it is still handed out.

    The timer refers to this object, and this only weakly to the answer, so that a dropped stream is freed at
    once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from ..config import Timeout
from ..errors import APITimeoutError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle

__all__ = ["Clocks", "Phase"]

Phase = Literal["pool", "connect", "headers", "body"]
"""What a call waits for: its turn and a free connection, the connection to stand, the headers, the body."""

_AWAITED: Final[dict[Phase, str]] = {
    "pool": "its turn",  # under limits, or for a free connection
    "connect": "a connection",
    "headers": "an answer",
    "body": "another try",  # while there is no other body
}

_HINTS = {
    "pool": "all places were taken",
    "connect": "check base_url and the network",
    "first_content": "the answer began and held no content",
    "idle": "the gateway stopped sending",
    "content_idle": "the gateway sent keep-alives and no content",
    "deadline": "the call as a whole took too long",
}

_NO_ANSWER = "no answer began: the gateway accepted the request and sent no headers"

# Timers may fire this much early, by the resolution of the loop's clock.
_EARLY: Final = 0.001


class Clocks:
    """Watches one call from its first try to the end of its body. All times are the loop's, in seconds."""

    __slots__ = (
        "_content_seen", "_content_waited", "_handle", "_left", "_loop", "_phase", "_since", "_stale",
        "_stop", "_stream", "at", "attempts", "expired", "sent", "started", "timeout",
    )  # fmt: skip

    def __init__(self, loop: AbstractEventLoop, timeout: Timeout, *, stream: bool) -> None:
        self._loop = loop
        self.at = loop.time()  # of the last read
        self.timeout = timeout
        self._stream = stream
        self.started = loop.time()
        self.sent = self.started  # the phase began, or the request was sent
        self.attempts = 0
        self.expired: str | None = None
        self._phase: Phase = "pool"
        self._stop: Callable[[], None] | None = None
        self._handle: TimerHandle | None = None
        self._since: float | None = None  # the reader waits since then
        self._left: float | None = None  # its last wait ended then, and brought nothing for anybody
        self._stale = False
        self._content_seen = False
        self._content_waited = 0.0  # seconds waited since the last content

    def now(self) -> float:
        """The loop's time."""
        return self._loop.time()

    @property
    def waits_for(self) -> str:
        """What the call waits for, in words."""
        return _AWAITED[self._phase]

    def deadline(self) -> float | None:
        """The moment the whole call must be over."""
        limit = self.timeout.deadline
        return None if limit is None else self.started + limit

    def left(self) -> float | None:
        """Seconds until the deadline; None without one."""
        deadline = self.deadline()
        return None if deadline is None else deadline - self._loop.time()

    # Before the headers

    def enter(self, phase: Phase) -> None:
        """Begins *phase*; ``due`` says when it must be over."""
        self._phase = phase
        self.sent = self._loop.time()

    def due(self) -> float | None:
        """The moment the phase must be over; None: never."""
        return min((moment for moment, _ in self._phase_moments()), default=None)

    def ran_out(self) -> str | None:
        """The clock that has run out in this phase; None: none has."""
        due, clock = min(self._phase_moments(), default=(None, None))
        return clock if due is not None and self._loop.time() + _EARLY >= due else None

    def _phase_moments(self) -> list[tuple[float, str]]:
        limits = self.timeout
        clocks: dict[str, float | None] = {}
        if self._phase != "body":
            clocks[self._phase] = getattr(limits, self._phase)
        if self._phase == "headers" and self._stream:
            clocks["first_content"] = limits.first_content
        moments = [(self.sent + limit, clock) for clock, limit in clocks.items() if limit is not None]
        if limits.deadline is not None:
            moments.append((self.started + limits.deadline, "deadline"))
        return moments

    # The body

    @property
    def reader_waits(self) -> bool:
        """Whether somebody waits for more of the body."""
        return self._since is not None

    def watch(self, stop: Callable[[], None]) -> None:
        """Begins to watch a body; *stop* is called when a clock has run out."""
        self._phase = "body"
        self._stop = stop
        self.expired = None
        self._content_waited = self._loop.time() - self.sent
        self._arm()
        self._stale = True

    def wait(self) -> None:
        """The reader begins to wait."""
        now = self._since = self._loop.time()
        if self._left is not None:
            self._content_waited += now - self._left  # comments by the thousand, one read after another
        # Moments only move away, but for the first content, after which a shorter clock may run, and while
        # nobody waits, when the deadline alone counts.
        if self._handle is None or self._stale:
            self._arm()

    def took(self) -> None:
        """The reader has something, after a wait or without one."""
        now = self.at = self._loop.time()
        since = self._since if self._since is not None else self._left
        if since is not None:
            self._content_waited += now - since
        self._since = None
        self._left = now

    def gave_up(self) -> None:
        """The reader was cancelled: until its next wait it is elsewhere."""
        if self._since is not None:
            self._content_waited += self._loop.time() - self._since
            self._since = None
        self._left = None

    def handed(self, content: bool) -> None:
        """What was read held items, with content or without: until the next wait the caller is at work."""
        self._left = None
        if content:
            self._content_waited = 0.0
            if not self._content_seen:
                self._content_seen = self._stale = True

    def stop(self) -> None:
        """Watches no more."""
        self._stop = None
        self._since = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    # Errors

    def error(self, clock: str, server: str = "") -> APITimeoutError:
        """The error of a clock that ran out, with what the others show; *server* is who did not respond."""
        limit = getattr(self.timeout, clock)
        readings = self.readings()
        shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in readings.items() if name != clock)
        # The documents' sentence is for a server that does not respond, not for one that stopped.
        silent = self._phase in ("connect", "headers")
        opening = f"Error: Cannot connect to API server {server}".rstrip() + ": " if silent else ""
        hint = _NO_ANSWER if self._phase == "headers" and clock != "connect" else _HINTS[clock]
        return APITimeoutError(
            f"{opening}timed out: {clock} is limited to {limit:g} s; {hint}"
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
        if self._phase == "body":
            waiting = 0.0 if self._since is None else now - self._since
            shown["idle"] = waiting
            if self._stream:
                shown[self._content_clock] = self._content_waited + waiting
        else:
            shown[self._phase] = now - self.sent
        return shown

    @property
    def _content_clock(self) -> str:
        return "content_idle" if self._content_seen else "first_content"

    def _moments(self) -> list[tuple[float, str]]:
        """When each clock that runs now will have run out, if nothing happens."""
        moments = []
        limits, since = self.timeout, self._since
        if limits.deadline is not None:
            moments.append((self.started + limits.deadline, "deadline"))
        if since is not None and limits.idle is not None:
            moments.append((since + limits.idle, "idle"))
        if since is not None and self._stream:
            limit = getattr(limits, self._content_clock)
            if limit is not None:
                moments.append((since + limit - self._content_waited, self._content_clock))
        return moments

    def _arm(self) -> None:
        self._stale = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        moments = self._moments()
        if moments:
            self._handle = self._loop.call_at(min(moments)[0], self._fire)

    def _fire(self) -> None:
        self._handle = None
        moments, stop = self._moments(), self._stop
        if stop is None or not moments:
            return
        due, clock = min(moments)
        if due <= self._loop.time():
            self.expired = clock
            stop()
        else:
            self._arm()
            self._stale = self._since is None
