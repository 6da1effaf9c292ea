"""Settings as values: frozen structs, in seconds, bytes and counts.

What the settings do is implemented in ``transport/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from ._checks import check_fields, expected, is_number, shown, timeout_advice

__all__ = ["MAX_BODY_BYTES", "Limits", "RateLimits", "RetryPolicy", "Timeout"]

MAX_BODY_BYTES: Final = 256 * 1024 * 1024
"""The largest plain answer, and the largest body that is kept to find out that it is no stream.

Image models send tens of megabytes of base64; twice the gateway's own limit of requests, 128 MB, is a broken
or a hostile peer.
"""


def _chance() -> float:
    import random  # imported late: most programs never try again

    return random.random()


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """The seven clocks of a call, in seconds; None switches one off. They run only while the client waits.

    The defaults follow what gateways do: an idle gateway gives up after 300 s, a reasoning model may be
    silent for minutes before its first word, and 120 s without content in mid-answer is a stall.

    >>> from gravitex_async import AsyncGravitex, Timeout
    >>> client = AsyncGravitex(timeout=Timeout(first_content=30, deadline=300))
    >>> patient = client.with_options(timeout=Timeout(first_content=None))
    """

    pool: float | None = 600.0
    """Waiting for a turn under ``RateLimits`` and for a free connection, together. A back-off that would be
    longer than this is not waited for: the error is raised at once."""
    connect: float | None = 10.0
    """Name lookup, TCP and TLS, together."""
    headers: float | None = 600.0
    """From the request sent to the status line. A model computes a plain answer before it sends that."""
    first_content: float | None = 600.0
    """From the request sent to the first piece of content, reasoning included. Streams only."""
    idle: float | None = 300.0
    """Between two reads of any bytes; keep-alive comments reset it."""
    content_idle: float | None = 120.0
    """Between two pieces of content; keep-alive comments do not reset it. Streams only."""
    deadline: float | None = None
    """Over everything: queueing, retries, back-off, the body."""

    def __post_init__(self) -> None:
        check_fields(self, "in seconds; None switches the clock off")

    @classmethod
    def of(cls, value: Timeout | float | None, *, stream: bool = False) -> Timeout:
        """A number is the deadline of a plain call; for a stream it sets every clock but the deadline.

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
            return cls(
                pool=value, connect=value, headers=value, first_content=value, idle=value, content_idle=value
            )
        return cls(deadline=value)


_USUAL = Timeout()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the connection pool. None is no limit.

    >>> from gravitex_async import AsyncGravitex, Limits
    >>> client = AsyncGravitex(limits=Limits(max_connections=200, keepalive=60))
    """

    max_connections: int | None = None
    """Connections in use at once; callers beyond it wait in order."""
    max_connections_per_host: int | None = None
    keepalive: float | None = 30.0
    """Seconds an idle connection is kept; None closes each one after use."""

    def __post_init__(self) -> None:
        check_fields(self, "None is no limit; as keepalive, it keeps no connection")


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When to try again, and how long to wait first. Nothing is retried after the first delta.

    >>> policy = RetryPolicy(max_retries=2, initial_delay=0.5)
    >>> [policy.delay(attempt, rand=lambda: 1.0) for attempt in (1, 2, 3)]  # the longest waits; None: give up
    [0.5, 1.0, None]
    """

    max_retries: int = 2
    """Tries after the first one."""
    initial_delay: float = 0.5
    """Seconds before the first retry; doubled for each further one, with full jitter."""
    max_delay: float = 8.0
    """The longest back-off, in seconds, when the gateway names none."""
    max_retry_after: float = 120.0
    """A Retry-After longer than this is not waited for: the error is raised at once and carries it."""

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
        self, attempt: int, *, retry_after: float | None = None, rand: Callable[[], float] = _chance
    ) -> float | None:
        """Seconds to wait after failed try number *attempt* (from 1); None: give up."""
        if attempt > self.max_retries:
            return None
        if retry_after is not None:
            if retry_after > self.max_retry_after:
                return None
            # Never earlier than asked, and not all callers at the same moment.
            return max(0.0, retry_after) + rand() * min(self.initial_delay, retry_after / 10 + 0.05)
        # Full jitter: callers that failed together do not come back together. The exponent has a limit
        # because 2.0 ** 1024 is an OverflowError.
        return rand() * min(self.max_delay, self.initial_delay * 2.0 ** min(attempt - 1, 32))


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits the client keeps by itself, and whether it learns from refusals. Per event loop.

    The limits given here apply to all calls with one key. What a 429 teaches applies to calls with the same
    key and model only: a Retry-After pauses them for as long as it says (at most a minute), and they resume
    with a single call. Calls wait in order of arrival, under the clock ``Timeout.pool``;
    ``client.pool.statistics().limits`` shows what waits.

    >>> from gravitex_async import AsyncGravitex, RateLimits
    >>> limits = RateLimits(requests_per_minute=600, max_concurrency="adaptive")
    >>> client = AsyncGravitex(rate_limits=limits)
    >>> limits.share(4).requests_per_minute  # for each of four processes
    150.0
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """Input and output tokens. When a request is sent it counts by an estimate (a token for every four bytes
    of its body, plus ``max_tokens`` or the average output of this model), which its usage then corrects."""
    max_concurrency: int | Literal["adaptive"] | None = None
    """Requests in flight. "adaptive" finds out for each model what the gateway accepts, at once and per
    minute: the limit grows while answers come, and stays below what was refused."""
    burst: float = 1.0
    """The window of the per-minute limits, in seconds: what they allow within it may be sent at once. A quota
    that the gateway counts by the minute allows 60."""

    def __post_init__(self) -> None:
        check_fields(self, "None is no limit")

    def share(self, parts: int) -> RateLimits:
        """These limits for each of *parts* event loops (processes, or threads without the GIL).

        Loops do not communicate, so the limits are divided among them. An adaptive limit is not divided:
        every loop is refused alike, and finds its own.
        """
        at_once = self.max_concurrency
        return RateLimits(
            requests_per_minute=self.requests_per_minute and self.requests_per_minute / parts,
            tokens_per_minute=self.tokens_per_minute and self.tokens_per_minute / parts,
            max_concurrency=max(1, at_once // parts) if isinstance(at_once, int) else at_once,
            burst=self.burst,
        )
