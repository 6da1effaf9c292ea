"""Settings as values: frozen structs, in seconds, bytes and counts.

A setting is a word of this file; what it does is written where it is used (``transport/``).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

import msgspec

from ._checks import check_fields, expected, is_number, shown, timeout_advice

__all__ = ["Limits", "RateLimits", "RetryPolicy", "Timeout"]


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """The six clocks, in seconds; None switches one off. They run only while the client waits.

    The defaults rest on what gateways do: an idle gateway gives up after 300 s, a reasoning model may be
    silent for minutes before its first word, and 120 s without a word in mid-answer is a stall.
    """

    connect: float | None = 10.0
    """Waiting for a free connection, name lookup, TCP and TLS, together."""
    headers: float | None = 600.0
    """From the request sent to the status line. A plain answer is computed before it."""
    first_content: float | None = 600.0
    """From the request sent to the first piece of content, reasoning included. Streams only."""
    idle: float | None = 300.0
    """Between two reads of anything at all; keep-alive comments reset it."""
    content_idle: float | None = 120.0
    """Between two pieces of content; keep-alive comments do not reset it. Streams only."""
    deadline: float | None = None
    """Over everything: queueing, retries, back-off, the body."""

    def __post_init__(self) -> None:
        check_fields(self, "in seconds; None switches the clock off")

    @classmethod
    def of(cls, value: Timeout | float | None, *, stream: bool = False) -> Timeout:
        """A number is the deadline of a plain call, and the content-idle limit of a stream.

        Raises:
            MisuseError: It is neither a number of seconds nor a ``Timeout``.
        """
        if isinstance(value, Timeout):
            return value
        if value is None:
            return _USUAL
        if not is_number(value):
            wanted = "seconds above 0 or a gravitex_async.Timeout"
            raise expected("timeout", wanted, shown(value), timeout_advice(value, cls.__struct_fields__))
        if stream:
            return cls(first_content=value, content_idle=value, idle=value, headers=value)
        return cls(deadline=value)


_USUAL = Timeout()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the pool. None = unlimited."""

    max_connections: int | None = None
    """Connections in use at once; callers beyond it wait in order."""
    max_connections_per_host: int | None = None
    keepalive: float | None = 30.0
    """Seconds an idle connection is kept; None closes each one after use."""

    def __post_init__(self) -> None:
        check_fields(self, "None is no limit; as keepalive, it keeps no connection")


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When to try again, and how long to wait first. Nothing is retried after the first delta."""

    max_retries: int = 2
    """Tries after the first one."""
    initial_delay: float = 0.5
    """Seconds before the first retry; doubled for each further one, with full jitter."""
    max_delay: float = 8.0
    """The longest back-off, in seconds, when the gateway names none."""
    max_retry_after: float = 120.0
    """A Retry-After beyond this is not waited for: the error is raised at once and carries it."""

    def __post_init__(self) -> None:
        check_fields(self, "max_retries counts tries, all else is seconds", zero=True)

    @classmethod
    def of(cls, value: RetryPolicy | int) -> RetryPolicy:
        """A number of retries as a policy.

        Raises:
            MisuseError: It is neither.
        """
        if isinstance(value, RetryPolicy):
            return value
        if not is_number(value, whole=True, zero=True):
            wanted = "a whole number from 0 or a gravitex_async.RetryPolicy"
            raise expected("max_retries", wanted, shown(value), "0 switches retries off")
        return cls(max_retries=value)

    def delay(
        self, attempt: int, *, retry_after: float | None = None, rand: Callable[[], float] = random.random
    ) -> float | None:
        """Seconds to wait after failed try number *attempt* (from 1); None: give up."""
        if attempt > self.max_retries:
            return None
        if retry_after is not None:
            if retry_after > self.max_retry_after:
                return None
            return max(0.0, retry_after) + rand() * min(self.initial_delay, retry_after / 10 + 0.05)
        return rand() * min(self.max_delay, self.initial_delay * 2.0 ** min(attempt - 1, 32))


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the client allows itself, shared by all calls of one client on one event loop."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """Estimated from the request: four bytes of its body are a token."""
    max_concurrency: int | Literal["adaptive"] | None = None
    """Requests under way at once; "adaptive" grows while the gateway keeps up, shrinks when it says 429."""

    def __post_init__(self) -> None:
        check_fields(self, "None is no limit")

    def share(self, parts: int) -> RateLimits:
        """What each of *parts* event loops (processes, or threads without the GIL) may use of these limits.

        Loops do not talk to each other; what is shared is divided. An adaptive limit needs no division: each
        loop finds its own, since all of them hear the same 429.
        """
        at_once = self.max_concurrency
        return RateLimits(
            requests_per_minute=self.requests_per_minute and self.requests_per_minute / parts,
            tokens_per_minute=self.tokens_per_minute and self.tokens_per_minute / parts,
            max_concurrency=max(1, at_once // parts) if isinstance(at_once, int) else at_once,
        )
