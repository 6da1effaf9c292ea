"""Sends a request until it is answered: queue, connect, headers, error status, retry.

Strategy
    One ``Clocks`` watches the whole call, all tries and pauses included. A try either gives a ``Response``
    with a good status, whose body nobody has touched, or an error of this package that knows whether it is
    worth another try. What is retried: connection errors and the statuses of chat.md section 11, never a
    quota, never once an answer has begun to be delivered (the stream decides that, and asks ``again``).

    aiohttp's exceptions can quote the Authorization header, so none is chained or kept: errors are raised
    outside the ``except`` block that translated them.
"""

from __future__ import annotations

import asyncio
import copy
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .._failures import error_of, flat_error, parse_body
from .._version import __version__
from ..errors import APIError, APIStatusError, MisuseError, PoolTimeoutError
from ._clocks import Clocks
from ._governor import Permit
from ._pool import LoopPool, Pool
from ._request import BIG_BODY, Request, encode, weight
from ._response import Response
from ._url import BaseURL

if TYPE_CHECKING:
    from aiohttp import ClientResponse

if sys.version_info >= (3, 11):
    from asyncio import timeout_at
else:
    from async_timeout import timeout_at

__all__ = ["APIKey", "Auth", "Call", "Transport", "checked_key"]

T = TypeVar("T")

Auth = Literal["bearer", "x-goog-api-key", "query"]
APIKey = str | Callable[[], Awaitable[str]]

MAX_ERROR_BYTES = 1024 * 1024
"""What is read of an error answer, at most."""

BYTES_PER_TOKEN = 4
"""For the estimate that a tokens-a-minute limit works with."""

_AGENT = f"gravitex-async/{__version__}"


class Transport:
    """Everything a dialect needs of the network: ``open`` a request, get a ``Response``.

    Immutable; views of a client have transports of their own over one pool.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        base: BaseURL,
        api_key: APIKey,
        auth: Auth,
        headers: Mapping[str, str],
        query: Mapping[str, str],
    ) -> None:
        self.pool = pool
        self._base = base
        self._api_key = api_key
        self._auth = auth
        self._headers = headers
        self._query = query

    @property
    def host(self) -> str:
        """The origin requests go to."""
        return self._base.origin

    async def open(
        self, request: Request, clocks: Clocks | None = None, *, after: APIError | None = None
    ) -> Response:
        """Sends *request*; returns when an answer with a good status has begun.

        Args:
            clocks: Those of an earlier try of the same call, to go on under the same deadline.
            after: How that earlier try ended; the back-off it asks for comes first.

        Raises:
            APIConnectionError: No answer, after all tries (APITimeoutError and PoolTimeoutError say more).
            APIStatusError: The gateway refused, after all tries.
            MisuseError: The request cannot be sent as it is.
        """
        pool = await self.pool.here()
        clocks = clocks or Clocks(pool.loop, request.timeout, stream=request.stream)
        body = await _encoded(pool.loop, request.body)
        headers = {**self._common_headers(request), **request.headers}
        outcome: Response | APIError | None = after
        while not isinstance(outcome, Response):
            if outcome is not None:
                await self._back_off(outcome, request, clocks)
            clocks.attempts += 1
            outcome = await self._try(pool, request, headers, body, clocks)
        return outcome

    def retry_delay(self, error: APIError, request: Request, clocks: Clocks) -> float | None:
        """Seconds until the next try; None when there is to be none."""
        if not error.retryable:
            return None
        delay = request.retry.delay(clocks.attempts, retry_after=error.retry_after)
        left = clocks.left()
        return None if delay is None or (left is not None and delay >= left) else delay

    async def _back_off(self, error: APIError, request: Request, clocks: Clocks) -> None:
        delay = self.retry_delay(error, request, clocks)
        if delay is None:
            error.attempts = clocks.attempts
            # A copy: an error that is raised refers to its frames, and these to the error they were given.
            raise copy.copy(error)
        await asyncio.sleep(delay)

    async def _try(
        self,
        pool: LoopPool,
        request: Request,
        headers: Mapping[str, str],
        body: bytes | None,
        clocks: Clocks,
    ) -> Response | APIError:
        """One try: the answer, or the error it ended with."""
        tokens = 0 if body is None else len(body) // BYTES_PER_TOKEN
        permit = await self._within(pool, clocks, "deadline", pool.governor.admit(tokens))
        if isinstance(permit, APIError):
            return permit
        outcome: Response | APIError | None = None
        try:
            outcome = await self._leased(pool, request, headers, body, clocks, permit)
        finally:
            if not isinstance(outcome, Response):
                permit.release(outcome)
        return outcome

    async def _leased(
        self,
        pool: LoopPool,
        request: Request,
        headers: Mapping[str, str],
        body: bytes | None,
        clocks: Clocks,
        permit: Permit,
    ) -> Response | APIError:
        host = self._base.origin
        slot = await self._within(pool, clocks, "connect", pool.slots.acquire(host))
        if isinstance(slot, APIError):
            return _pool_error(slot, clocks, pool)
        try:
            outcome = await self._answered(pool, request, headers, body, clocks)
        except BaseException:
            pool.slots.release(host)
            raise
        if isinstance(outcome, APIError):
            pool.slots.release(host)
            return outcome

        good = _is_good(outcome.status)

        def done() -> None:
            pool.slots.release(host)
            if good:  # what a refusal teaches the governor is known once its body is read
                permit.release(None)

        response = Response(outcome, clocks, pool.loop, done)
        pool.live.add(response)
        return await self._good(response, request)

    async def _answered(
        self, pool: LoopPool, request: Request, headers: Mapping[str, str], body: bytes | None, clocks: Clocks
    ) -> ClientResponse | APIError:
        key_header, key_query = await self._credential(request)
        url = self._base.url(request.path, {**self._query, **request.query, **key_query})
        clocks.sent = pool.loop.time()
        send = pool.session.send(
            request.method, url, {**headers, **key_header}, body, request.timeout.connect
        )
        return await self._within(pool, clocks, "headers", send)

    async def _within(
        self, pool: LoopPool, clocks: Clocks, clock: str, awaitable: Awaitable[T]
    ) -> T | APIError:
        """The result of *awaitable*, or the error of this package that stands for what went wrong."""
        moment, clock = clocks.due(clock)
        try:
            async with timeout_at(moment):
                return await awaitable
        except asyncio.TimeoutError:
            late = moment is not None and pool.loop.time() >= moment
            failure: APIError = clocks.error(clock if late else "connect")
        except Exception as error:
            translated = pool.session.translate(error, self._base.origin)
            if translated is None:
                raise
            failure = translated
        return failure

    async def _good(self, response: Response, request: Request) -> Response | APIError:
        """The response itself when its status is good, else its error."""
        status = response.status
        if _is_good(status):
            return response
        if status < 400:
            response.release()
            return APIStatusError(
                f"API request failed: expected an answer, got status {status}"
                + (f" to {response.headers.get('Location')!r}; redirects are not followed, set base_url"
                   if 300 <= status < 400 else " without a body"),
                status=status,
            )  # fmt: skip
        try:
            body = await response.read_all(MAX_ERROR_BYTES)
        except APIError:
            body = b""  # the status alone says enough
        return error_of(
            flat_error(parse_body(body)), status=status, headers=response.headers, model=request.model
        )

    async def _credential(self, request: Request) -> tuple[dict[str, str], dict[str, str]]:
        """The credential as headers and query; asked for anew at every try."""
        key = self._api_key if isinstance(self._api_key, str) else checked_key(await self._api_key())
        auth = self._auth if request.native_gemini else "bearer"
        if auth == "query":
            return {}, {"key": key}
        if auth == "x-goog-api-key":
            return {"x-goog-api-key": key}, {}
        return {"Authorization": f"Bearer {key}"}, {}

    def _common_headers(self, request: Request) -> dict[str, str]:
        headers = {
            "User-Agent": _AGENT,
            "Accept": "text/event-stream" if request.stream else "application/json",
            **self._headers,
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if request.stream:
            # A compressing proxy holds tokens back until its window is full.
            headers["Accept-Encoding"] = "identity"
        if request.method == "POST" and request.retry.max_retries:
            # The same over all tries, so that a gateway that knows the header runs the request once.
            headers["Idempotency-Key"] = f"gravitex-{uuid.uuid4().hex}"
        return headers


class Call:
    """One request and the transport it goes through: what a stream needs to open, and to open again."""

    __slots__ = ("request", "transport")

    def __init__(self, transport: Transport, request: Request) -> None:
        self.transport = transport
        self.request = request

    async def open(self, clocks: Clocks | None, *, after: APIError | None = None) -> Response:
        """See ``Transport.open``."""
        return await self.transport.open(self.request, clocks, after=after)

    def allows_retry(self, error: APIError, clocks: Clocks) -> bool:
        """Whether ``open(clocks, after=error)`` would try again."""
        return self.transport.retry_delay(error, self.request, clocks) is not None


def checked_key(key: object) -> str:
    """An API key that can stand in a header.

    Raises:
        MisuseError: It is empty, or holds blanks or control characters; the key is not quoted.
    """
    if not isinstance(key, str) or not key.strip():
        raise MisuseError("no API key: pass api_key=..., or set GRAVITEX_API_KEY")
    key = key.strip()
    if not key.isascii() or any(ord(c) <= 32 or ord(c) == 127 for c in key):
        raise MisuseError("the API key (not shown) holds a blank, a control or a non-ASCII character")
    return key


def _is_good(status: int) -> bool:
    return 200 <= status < 300 and status not in (204, 205)


async def _encoded(loop: asyncio.AbstractEventLoop, body: Any) -> bytes | None:
    if body is None:
        return None
    if weight(body) > BIG_BODY:
        return await loop.run_in_executor(None, encode, body)
    return encode(body)


def _pool_error(error: APIError, clocks: Clocks, pool: LoopPool) -> APIError:
    if getattr(error, "clock", "") != "connect":
        return error
    limit = clocks.timeout.connect or 0.0
    return PoolTimeoutError(
        f"no free connection within {limit:g} s: {pool.slots.leased} in use, {pool.slots.waiting} calls "
        f"waiting; raise Limits.max_connections, or close streams you do not read",
        limit=limit,
    )
