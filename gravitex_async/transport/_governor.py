"""What the client allows itself, and what it learns from refusals: a turn for each try.

Strategy
    What is configured (requests and tokens a minute, a number at once) holds for all calls with one key: the
    ``Governor``. What a 429 teaches holds for one model of it, its ``Scope``: how many may be under way
    (``_places``), how many a minute (``_pace``).

    A call that may not go waits in its scope, in order of arrival, another try before new calls. Whatever
    changes (a call ends, a moment comes) lets in whom it can: always the one that has waited longest among
    the models that nothing holds up. So a paused model delays no other, and a large request is not overtaken
    for ever by small ones. State changes in plain functions only, never across an ``await``: cancelling a
    waiter leaves nothing half done.

    Without ``RateLimits`` there is none of this: ``FREE`` is the permit of those who asked for no limits.

Not here: the back-off of one call (``RetryPolicy``), the connections of the pool (``Slots``).
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ..config import RateLimits
from ..errors import APIError, RateLimitError
from ..ratelimit import RateLimit
from ..usage import Usage
from ._meter import Meter, Taken
from ._places import Ticket
from ._scope import Admission, Scope, Waiter

__all__ = ["FREE", "FreePermit", "Governor", "Governors", "LimitStatistics", "Permit"]

# A relay makes a view per user: what is known of keys and models at rest is forgotten beyond so many.
MAX_KEPT: Final = 256

# Tokens of an answer, before any has shown how long they are.
FIRST_OUTPUT: Final = 256.0


class LimitStatistics(msgspec.Struct, frozen=True):
    """What ``RateLimits`` make of the calls of one model with one key, at one moment."""

    host: str
    model: str
    active: int = 0
    """Tries under way."""
    waiting: int = 0
    """Calls that wait for their turn."""
    limit: int | None = None
    """How many may be under way at once, as configured or as learnt; None: any number."""
    requests_per_minute: float | None = None
    """The rate learnt from refusals, or the configured one where there were any; None: there were none."""
    paused_for: float = 0.0
    """Seconds until one call may try whether the gateway still refuses; 0.0: there is no pause."""
    refused: int = 0
    """Tries that were answered 429 so far."""


class FreePermit:
    """The permit of calls that nothing is to govern: all that is reported to it goes nowhere."""

    __slots__ = ()

    def sent(self) -> None: ...
    def answered(self, headers: Mapping[str, str]) -> None: ...
    def used(self, usage: Usage) -> None: ...
    def release(self, error: APIError | None) -> None: ...
    def drop(self) -> None: ...


FREE: Final = FreePermit()


class Permit:
    """The right to one try. Released exactly once, whatever happens; later calls do nothing."""

    __slots__ = ("_cold", "_governor", "_released", "_requests", "_scope", "_sent", "_ticket", "_tokens")

    def __init__(self, governor: Governor, scope: Scope, admission: Admission) -> None:
        self._governor = governor
        self._scope = scope
        self._ticket, self._requests, self._tokens = admission
        self._cold = not governor.warm
        self._sent = False
        self._released = False

    def sent(self) -> None:
        """The connection stands: the request goes out now."""
        self._sent = True
        if self._requests is not None:
            self._governor.sent(self._requests)

    def answered(self, headers: Mapping[str, str]) -> None:
        """A good answer has begun."""
        if self._cold and self._requests is not None and not self._requests.expired:
            # Connections, and imports of the server, may have held the first requests up on their way.
            self._governor.sent(self._requests)
        self._governor.answered(self._scope, self._ticket, RateLimit.of(headers))

    def used(self, usage: Usage) -> None:
        """The answer has said what it used; before or after the release."""
        if self._tokens is not None:
            self._governor.used(self._scope, self._tokens, usage)

    def release(self, error: APIError | None) -> None:
        """Ends the try; *error* is how it failed, None when it was answered."""
        if self._released:
            return
        self._released = True
        # A quota does not come back by waiting.
        if isinstance(error, RateLimitError) and error.retryable:
            self._governor.refused(self._scope, self._ticket, self._tokens, error.retry_after)
        else:
            self._governor.left(self._scope, self._ticket)

    def drop(self) -> None:
        """Ends a try that says nothing of the gateway: it was cancelled, or could not be sent."""
        if not (self._sent or self._released):
            self._governor.refund(self._requests, self._tokens)
        self.release(None)


class Governor:
    """One gate for all calls with one key on one event loop."""

    def __init__(self, limits: RateLimits, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = limits
        self._loop = loop
        self._clock = loop.time
        self._requests = _meter(limits.requests_per_minute, limits.burst)
        self._tokens = _meter(limits.tokens_per_minute, limits.burst)
        asked = limits.max_concurrency
        self._at_once = asked if isinstance(asked, int) else math.inf
        self._scopes: dict[str, Scope] = {}
        self._orders = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._crowded = False  # the one that waits longest waits for what all models share
        self.warm = False  # an answer has come
        self.active = 0
        self.waiting = 0
        self.seconds_waited = 0.0

    def __repr__(self) -> str:
        return f"<Governor {self.active} active, {self.waiting} waiting>"

    @property
    def at_rest(self) -> bool:
        """Whether nothing would be lost with it."""
        now = self._clock()
        return all(_at_rest(scope, now) for scope in self._scopes.values())

    def statistics(self, host: str) -> list[LimitStatistics]:
        """How its models stand now."""
        return [self._statistics(scope, host) for scope in self._scopes.values()]

    def admit_nowait(self, model: str, tokens: float, output: float | None = 0.0) -> Permit | None:
        """The right to send at once, where nothing forbids it; else None. Arguments as for ``admit``."""
        now = self._clock()
        scope = self._scope(model, now)
        tokens = self._estimate(scope, tokens, output)
        if scope.waiting or self._crowded or scope.wait(now) != 0.0 or self._wait(tokens, now) != 0.0:
            return None
        return Permit(self, scope, self._enter(scope, tokens, now))

    async def admit(
        self, model: str, tokens: float, output: float | None = 0.0, *, again: bool = False
    ) -> Permit:
        """Waits for the right to send one request; cancelling leaves the queue.

        Args:
            tokens: Of its input, about.
            output: Tokens that its answer may have; None: nobody has said.
            again: Whether the call had its turn before: it goes before those that had none.
        """
        now = self._clock()
        scope = self._scope(model, now)
        waiter = Waiter(next(self._orders), self._estimate(scope, tokens, output), self._loop)
        queue = scope.again if again else scope.fresh
        queue[waiter.order] = waiter
        self.waiting += 1
        self._let_in()
        try:
            return Permit(self, scope, await waiter.turn)
        except BaseException:
            if queue.pop(waiter.order, None) is not None:
                self.waiting -= 1
                self._let_in()  # the one behind it may need less
            elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                Permit(self, scope, waiter.turn.result()).drop()  # admitted in the moment of the cancellation
            raise
        finally:
            self.seconds_waited += self._clock() - now

    def sent(self, requests: Taken) -> None:
        """The request, which had its turn, goes out now."""
        if self._requests is not None:
            self._requests.sent(requests, self._clock())

    def answered(self, scope: Scope, ticket: Ticket, said: RateLimit) -> None:
        """A good answer has begun."""
        self.warm = True
        scope.answered(ticket, self._clock(), said)
        self._let_in()

    def used(self, scope: Scope, tokens: Taken, usage: Usage) -> None:
        """An answer has said what it used."""
        total = usage.total_tokens
        if usage.output_tokens is not None:
            scope.output.add(usage.output_tokens)
            total = total if total is not None else (usage.input_tokens or 0) + usage.output_tokens
        if total is not None and self._tokens is not None:
            self._tokens.correct(tokens, total, self._clock())
            self._let_in()

    def refused(self, scope: Scope, ticket: Ticket, tokens: Taken | None, retry_after: float | None) -> None:
        """A try has ended with a 429: it has used no tokens."""
        self.active -= 1
        self.refund(None, tokens)
        scope.refused(ticket, self._clock(), retry_after)
        self._let_in()

    def left(self, scope: Scope, ticket: Ticket) -> None:
        """A try has ended in any other way."""
        self.active -= 1
        scope.places.leave(ticket)
        self._let_in()

    def refund(self, requests: Taken | None, tokens: Taken | None) -> None:
        """Gives back what a try has taken and not used."""
        now = self._clock()
        if requests is not None and self._requests is not None:
            self._requests.correct(requests, 0.0, now)
        if tokens is not None and self._tokens is not None:
            self._tokens.correct(tokens, 0.0, now)

    def why(self, model: str) -> str:
        """What a call of *model* waits for, for the message of a clock that has run out."""
        now = self._clock()
        shown = self._statistics(self._scope(model, now), "")
        limit = "" if shown.limit is None else f" of {shown.limit}"
        reasons = [f"{shown.active}{limit} under way, {self.waiting} other calls waiting"]
        for name, meter in (("requests", self._requests), ("tokens", self._tokens)):
            if meter is not None and (seconds := meter.wait(meter.room, now)) > 0:
                reasons.append(f"the {name} per minute used up for {seconds:.1f} s more")
        if shown.paused_for:
            reasons.append(f"paused for {shown.paused_for:.1f} s more after {shown.refused} refusals")
        return ", ".join(reasons)

    def close(self, error: APIError) -> None:
        """Ends all waits with *error*."""
        if self._timer is not None:
            self._timer.cancel()
        for scope in self._scopes.values():
            for queue in (scope.again, scope.fresh):
                for waiter in queue.values():
                    if not waiter.turn.done():
                        waiter.turn.set_exception(error)
                self.waiting -= len(queue)
                queue.clear()

    def _scope(self, model: str, now: float) -> Scope:
        found = self._scopes.get(model)
        if found is None:
            if len(self._scopes) >= MAX_KEPT:
                self._scopes = {name: s for name, s in self._scopes.items() if not _at_rest(s, now)}
            found = self._scopes[model] = Scope(model, self._limits, now)
        return found

    def _estimate(self, scope: Scope, tokens: float, output: float | None) -> float:
        mean = scope.output.value
        guess = FIRST_OUTPUT if mean is None else mean
        return tokens + (guess if output is None else output)

    def _let_in(self) -> None:
        """Lets in whom it can, and sees to it that it is asked again when it can let in more."""
        self._crowded = False
        if not self.waiting:
            return
        now = self._clock()
        while True:
            ready, delay = self._ready(now)
            if ready is not None:
                shared = self._wait(ready.first.tokens, now)
                if shared == 0.0:
                    self._call_in(ready, now)
                    continue
                self._crowded = True
                delay = shared if delay is None or shared is None else min(delay, shared)
            break
        self._ask_again(now, delay)

    def _ready(self, now: float) -> tuple[Scope | None, float | None]:
        """The model that nothing holds up and whose call waits longest; and when another one may be ready."""
        ready: Scope | None = None
        soonest: float | None = None
        for scope in self._scopes.values():
            if not scope.waiting:
                continue
            delay = scope.wait(now)
            if delay == 0.0:
                if ready is None or scope.first.order < ready.first.order:
                    ready = scope
            elif delay is not None:
                soonest = delay if soonest is None else min(soonest, delay)
        return ready, soonest

    def _call_in(self, scope: Scope, now: float) -> None:
        queue = scope.again or scope.fresh
        waiter = queue.pop(scope.first.order)
        self.waiting -= 1
        if not waiter.turn.done():
            waiter.turn.set_result(self._enter(scope, waiter.tokens, now))

    def _ask_again(self, now: float, delay: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay is not None and self.waiting and not self._loop.is_closed():
            self._timer = self._loop.call_later(delay, self._let_in)

    def _wait(self, tokens: float, now: float) -> float | None:
        """Seconds until what all models share allows a request; None: until another one ends."""
        if self.active >= self._at_once:
            return None
        delay = 0.0 if self._requests is None else self._requests.wait(1, now)
        return delay if self._tokens is None else max(delay, self._tokens.wait(tokens, now))

    def _enter(self, scope: Scope, tokens: float, now: float) -> Admission:
        self.active += 1
        if scope.pace is not None:
            scope.pace.take(now)
        requests = None if self._requests is None else self._requests.take(1, now)
        taken = None if self._tokens is None else self._tokens.take(tokens, now)
        return Admission(scope.enter(now), requests, taken)

    def _statistics(self, scope: Scope, host: str) -> LimitStatistics:
        places, now = scope.places, self._clock()
        limit = min(places.limit, self._at_once)
        return LimitStatistics(
            host=host,
            model=scope.model,
            active=places.active,
            waiting=scope.waiting,
            limit=None if limit == math.inf else int(limit),
            requests_per_minute=None if scope.pace is None else 60 * scope.pace.meter.rate,
            paused_for=max(0.0, places.opens - now) if places.paused else 0.0,
            refused=places.refusals,
        )


class Governors:
    """One governor per host and key, made on first use; none where no limits were asked for."""

    def __init__(self, limits: RateLimits | None, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = limits
        self._loop = loop
        self._kept: dict[tuple[str, str | int], Governor] = {}

    def __iter__(self) -> Iterator[Governor]:
        return iter(list(self._kept.values()))

    def __repr__(self) -> str:
        return f"<Governors {len(self._kept)}>"

    def of(self, host: str, key: str | int) -> Governor | None:
        """The governor of *key*, which is kept as it is and never shown."""
        if self._limits is None:
            return None
        found = self._kept.get((host, key))
        if found is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept = {place: one for place, one in self._kept.items() if not one.at_rest}
            found = self._kept[host, key] = Governor(self._limits, self._loop)
        return found

    def statistics(self) -> list[LimitStatistics]:
        """How all models of all keys stand now."""
        return [shown for (host, _), one in self._kept.items() for shown in one.statistics(host)]

    def close(self, error: APIError) -> None:
        """Ends all waits with *error*."""
        for governor in self:
            governor.close(error)


def _meter(per_minute: float | None, seconds: float) -> Meter | None:
    return None if per_minute is None else Meter(per_minute / 60, seconds)


def _at_rest(scope: Scope, now: float) -> bool:
    places = scope.places
    return not (places.active or scope.waiting) and (not places.paused or places.opens <= now)
