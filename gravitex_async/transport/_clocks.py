"""The seven clocks of one call, with one timer for all of them.

Strategy
    Before the headers a call is in one phase after another (``enter``), each of which is one wait with one
    moment at which it must be over. Who has a wait that a callback can end has the timer watch it
    (``attend``); for others ``due`` says when it must be over.

    A body is read thousands of times, so nothing is armed or cancelled per read. One timer stands at the
    earliest moment at which any clock could run out; a read only notes the time. When the timer fires it
    looks: some clock has run out, then the wait ends; else it is set to the next possible moment.

    Clocks run while the client waits. A reader that takes ten minutes between two chunks is slow, not
    stalled: that time counts for the deadline alone, which ends a body that nobody reads as well. What had
    arrived before it is still handed out.

    The time without content is kept as the moment at which it began (``_dry``). What the caller spends at
    work moves that moment on, so a read that brings content has nothing to add up.

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
        "_away", "_content_seen", "_dry", "_handle", "_loop", "_phase", "_since", "_stale", "_stop",
        "_stream", "at", "attempts", "expired", "sent", "started", "timeout",
    )  # fmt: skip

    def __init__(self, loop: AbstractEventLoop, timeout: Timeout, *, stream: bool) -> None:
        self._loop = loop
        self.timeout = timeout
        self._stream = stream
        self.started = self._loop.time()
        self.at = self.started  # the last read
        self.sent = self.started  # the phase began, or the request was sent
        self.attempts = 0
        self.expired: str | None = None
        self._phase: Phase = "pool"
        self._stop: Callable[[], None] | None = None
        self._handle: TimerHandle | None = None
        self._since: float | None = None  # the reader waits since then
        self._away: float | None = None  # the caller is at work since then
        self._dry = self.started  # no content since then, the caller's work not counted
        self._stale = False
        self._content_seen = False

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

    def attend(self, stop: Callable[[], None]) -> None:
        """Has the timer watch the phase; *stop* is called when a clock has run out."""
        self._stop = stop
        self.expired = None
        self._arm()

    def _phase_moments(self) -> list[tuple[float, str]]:
        limits, phase, sent = self.timeout, self._phase, self.sent
        moments: list[tuple[float, str]] = []
        if phase != "body" and (limit := getattr(limits, phase)) is not None:
            moments.append((sent + limit, phase))
        if phase == "headers" and self._stream and limits.first_content is not None:
            moments.append((sent + limits.first_content, "first_content"))
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
        self._dry = self.sent
        self._away = self._loop.time()
        self._arm()
        self._stale = True

    def wait(self) -> None:
        """The reader begins to wait."""
        now = self._since = self._loop.time()
        if self._away is not None:
            self._dry += now - self._away
            self._away = None
        # Moments only move away, but for the first content, after which a shorter clock may run, and while
        # nobody waits, when the deadline alone counts.
        if self._handle is None or self._stale:
            self._arm()

    def took(self) -> None:
        """The reader has something, after a wait or without one."""
        self.at = self._loop.time()
        self._since = None
        if self._away is not None:
            self._dry += self.at - self._away
            self._away = None

    def gave_up(self) -> None:
        """The reader was cancelled: until its next wait it is elsewhere."""
        self._since = None
        if self._away is None:
            self._away = self._loop.time()

    def handed(self, content: bool) -> None:
        """What was read held items, with content or without: until the next wait the caller is at work.

        Where it held none, comments by the thousand say, nobody is at work: the time goes on for the clock of
        the content, one read after another.
        """
        self._away = self.at
        if content:
            self._dry = self.at
            if not self._content_seen:
                self._content_seen = self._stale = True

    def stop(self) -> None:
        """Watches no more."""
        self._stop = self._since = None
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
            shown["idle"] = 0.0 if self._since is None else now - self._since
            if self._stream:
                shown[self._content_clock] = (now if self._away is None else self._away) - self._dry
        else:
            shown[self._phase] = now - self.sent
        return shown

    @property
    def _content_clock(self) -> str:
        return "content_idle" if self._content_seen else "first_content"

    def _moments(self) -> list[tuple[float, str]]:
        """When each clock that runs now will have run out, if nothing happens."""
        if self._phase != "body":
            return self._phase_moments()
        moments = []
        limits, since = self.timeout, self._since
        if limits.deadline is not None:
            moments.append((self.started + limits.deadline, "deadline"))
        if since is not None and limits.idle is not None:
            moments.append((since + limits.idle, "idle"))
        if since is not None and self._stream:
            limit = getattr(limits, self._content_clock)
            if limit is not None:
                moments.append((self._dry + limit, self._content_clock))
        return moments

    def _arm(self) -> None:
        self._stale = False
        moments, handle = self._moments(), self._handle
        if handle is not None:
            # One that stands too early costs a look; a new one for each phase would cost every call more.
            if moments and handle.when() <= min(moments)[0]:
                return
            handle.cancel()
            self._handle = None
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
