"""Sends a request until it is answered: queue, connect, headers, error status, retry.

Strategy
    One ``Clocks`` watches the whole call, all tries and pauses included. A try either gives a ``Response``
    with a good status, whose body nobody has touched, or an error of this package that knows whether it is
    worth another try. What is retried: connection errors and the statuses of chat.md section 11, never a
    quota, never once an answer has begun to be delivered (the stream decides that, and opens again), and
    never a clock that ran out after the request was sent: a limit that is multiplied by tries is none.

    aiohttp's exceptions can quote the Authorization header, so none is chained or kept: errors are raised
    outside the ``except`` block that translated them. They are raised as copies: a raised error refers to
    its frames, and these to the error they were given.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._frames import forget_frames
from .._version import __version__
from ..errors import APIError, APITimeoutError, PoolTimeoutError
from ..usage import Usage
from . import _log
from ._clocks import Clocks, Phase
from ._credential import APIKey, Auth, Credential, asked, without_secret
from ._governor import FREE, FreePermit, Governor, Permit
from ._pool import LoopPool, Pool
from ._refusal import is_good, refusal_of
from ._request import BIG_BODY, Request, encode, encode_big, joined_headers, weight
from ._response import Response
from ._url import BaseURL

if TYPE_CHECKING:
    from aiohttp import ClientResponse

if sys.version_info >= (3, 11):
    from asyncio import Timeout as Limit
    from asyncio import timeout_at
else:
    from async_timeout import Timeout as Limit
    from async_timeout import timeout_at

__all__ = ["Call", "Transport"]

T = TypeVar("T")

BYTES_PER_TOKEN: Final = 4
"""Of a request's body, for what a tokens-a-minute limit takes it for."""

_AGENT = f"gravitex-async/{__version__}"


class _Sending:
    """One call on its way: what its tries share, and the limit of the wait that is going on."""

    __slots__ = ("body", "clocks", "credential", "headers", "limit", "permit", "pool", "request")

    def __init__(self, pool: LoopPool, request: Request, clocks: Clocks, headers: Mapping[str, str]) -> None:
        self.pool = pool
        self.request = request
        self.clocks = clocks
        self.headers = headers
        self.body: bytes | bytearray | None = None
        self.credential: Credential | None = None
        self.limit: Limit | None = None
        self.permit: Permit | FreePermit = FREE

    @property
    def secret(self) -> str:
        return "" if self.credential is None else self.credential.secret

    def entered(self, phase: Phase) -> None:
        """Another wait begins within the one that is limited: for the headers, when the connection stands."""
        self.clocks.enter(phase)
        if phase == "headers":
            self.permit.sent()
        if self.limit is not None:
            _reschedule(self.limit, self.clocks.due())


class _Lease:
    """What an answer has of the pool, and gives back when it is let go. Holds nothing of the request."""

    __slots__ = ("_clocks", "_host", "_method", "_path", "_permit", "_slots")

    def __init__(self, call: _Sending, host: str, *, good: bool) -> None:
        self._slots = call.pool.slots
        self._host = host
        # What a refusal teaches the governor is known once its body is read.
        self._permit = call.permit if good else None
        self._method = call.request.method
        self._path = call.request.path
        self._clocks = call.clocks

    def end(self, error: APIError | None, size: int, ended: bool) -> None:
        self._slots.release(self._host)
        if self._permit is not None:
            self._permit.release(error)
            _log.body(self._method, self._path, self._clocks, size, ended)

    def used(self, usage: Usage) -> None:
        """The answer has told what it used; before or after its end."""
        if self._permit is not None:
            self._permit.used(usage)


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
        self._prepared: dict[tuple[bool, bool], dict[str, str]] = {}  # by what _plain_headers is asked
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
        call = _Sending(pool, request, clocks, self._headers_of(request))
        call.body = await _encoded(pool.loop, request.body)
        outcome: Response | APIError | None = after
        while not isinstance(outcome, Response):
            if outcome is not None:
                await self._back_off(outcome, call)
            clocks.attempts += 1
            outcome = await self._try(call)
            if isinstance(outcome, APIError):
                outcome = without_secret(outcome, call.secret)
            _log.attempt(request, clocks, outcome)
        return outcome

    def retry_delay(self, error: APIError, request: Request, clocks: Clocks) -> float | None:
        """Seconds until the next try; None when there is to be none."""
        late = isinstance(error, APITimeoutError) and error.clock != "connect"
        if not error.retryable or late or isinstance(error, PoolTimeoutError) or self.pool.closed:
            return None
        delay = request.retry.delay(clocks.attempts, retry_after=error.retry_after)
        left, patience = clocks.left(), request.timeout.pool
        if delay is None or (left is not None and delay >= left):
            return None
        return None if patience is not None and delay > patience else delay

    async def _back_off(self, error: APIError, call: _Sending) -> None:
        delay = self.retry_delay(error, call.request, call.clocks)
        if delay is None:
            error.attempts = call.clocks.attempts
            clean = without_secret(error, call.secret)
            try:
                raise clean
            finally:
                # A task that runs on asyncio's Python code wakes up inside an ``except`` (3.10, debuggers).
                clean.__context__ = None
                del clean  # it refers to this frame from now on
        _log.pause(call.request, delay)
        await asyncio.sleep(delay)

    async def _try(self, call: _Sending) -> Response | APIError:
        """One try: the answer, or the error it ended with."""
        call.clocks.enter("pool")
        governor = call.pool.governors.of(self.host, self._key_scope)
        if governor is not None:
            turn = await self._permitted(call, governor)
            if isinstance(turn, APIError):
                return turn
            call.permit = turn
        outcome: Response | APIError | None = None
        try:
            outcome = await self._leased(call)
        finally:
            permit, call.permit = call.permit, FREE
            if outcome is None:
                permit.drop()
            elif isinstance(outcome, APIError):
                permit.release(outcome)
        return outcome

    async def _permitted(self, call: _Sending, governor: Governor) -> Permit | APIError:
        """The right to this try, or the error of the clock that ran out before its turn came."""
        model, output = call.request.model, call.request.output_tokens
        tokens = 0 if call.body is None else len(call.body) // BYTES_PER_TOKEN
        again = call.clocks.attempts > 1
        # A limit on what needs no waiting would cost more than all the rest of it.
        permit = governor.admit_nowait(model, tokens, output)
        if permit is not None:
            return permit
        waited = await self._within(call, governor.admit(model, tokens, output, again=again))
        if isinstance(waited, APITimeoutError):
            return _no_turn(waited, f"under rate_limits: {governor.why(model)}")
        return waited

    async def _leased(self, call: _Sending) -> Response | APIError:
        pool, host = call.pool, self.host
        late = await self._credential(call)
        if late is not None:
            return late
        if not pool.slots.acquire_nowait(host):
            slot = await self._within(call, pool.slots.acquire(host))
            if isinstance(slot, APIError):
                return _no_slot(slot, call)
        call.clocks.enter("connect")
        response: Response | None = None
        try:
            answer = await self._answered(call)
            if isinstance(answer, APIError):
                return answer
            response = self._response(answer, call)
        finally:
            if response is None:
                pool.slots.release(host)
        if is_good(response.status):
            return response
        place = self._base.place(call.request.path)
        return await refusal_of(response, call.request.model, place, pool.session.proxy_of(host))

    def _response(self, answer: ClientResponse, call: _Sending) -> Response:
        pool, good = call.pool, is_good(answer.status)
        if good:
            call.permit.answered(answer.headers)
        lease = _Lease(call, self.host, good=good)
        body = pool.session.body(answer)
        response = Response(answer, body, call.clocks, pool.loop, lease, secret=call.secret)
        pool.live.add(response)
        return response

    async def _answered(self, call: _Sending) -> ClientResponse | APIError:
        request, credential = call.request, call.credential
        assert credential is not None
        url = self._base.url(request.path, {**self._query, **request.query, **credential.query})
        # What the caller says goes over what the client says, an Authorization of the caller's own included.
        headers = joined_headers(call.headers, credential.headers, request.headers)
        send = call.pool.session.send(
            request.method,
            url,
            headers,
            call.body,
            origin=self.host,
            connect=request.timeout.connect,
            repeatable=request.repeatable,
            entered=call.entered,
        )
        return await self._within(call, send)

    async def _within(self, call: _Sending, awaitable: Awaitable[T]) -> T | APIError:
        """The result of *awaitable*, or the error of this package that stands for what went wrong.

        The phase the clocks are in says how long it may take.
        """
        session = call.pool.session
        try:
            async with timeout_at(call.clocks.due()) as call.limit:
                return await awaitable
        except asyncio.TimeoutError:
            clock = call.clocks.ran_out() or "connect"  # the latter by a session of the caller's own
            failure: APIError = call.clocks.error(clock, session.way_to(self.host))
        except Exception as error:
            translated = session.translate(error, self.host)
            if translated is None:
                raise
            forget_frames(error)  # aiohttp's connection keeps it
            failure = translated
        finally:
            call.limit = None
        return failure

    async def _credential(self, call: _Sending) -> APIError | None:
        """Puts the credential into *call*, asked for anew at every try; the error of a late deadline."""
        auth = self._auth if call.request.native_gemini else "bearer"
        key = self._api_key
        if not isinstance(key, str):
            try:
                async with timeout_at(call.clocks.deadline()):
                    key = await asked(key)
            except asyncio.TimeoutError:
                if call.clocks.ran_out() is None:
                    raise
                return call.clocks.error("deadline")
        call.credential = Credential(key, auth)
        return None

    @property
    def _key_scope(self) -> str | int:
        """What stands for the key where calls with one key are told from those with another."""
        return self._api_key if isinstance(self._api_key, str) else id(self._api_key)

    def _headers_of(self, request: Request) -> dict[str, str]:
        kind = (request.stream, request.body is not None)
        headers = self._prepared.get(kind)
        if headers is None:
            headers = self._prepared[kind] = joined_headers(_plain_headers(*kind), self._headers)
        key = request.idempotency_key
        return joined_headers({"Idempotency-Key": key}, headers) if key else headers


class Call:
    """One request and the transport it goes through: what a stream needs to open, and to open again."""

    __slots__ = ("_clocks", "request", "transport")

    def __init__(self, transport: Transport, request: Request) -> None:
        self.transport = transport
        self.request = request
        self._clocks: Clocks | None = None
        if request.method == "POST":
            # The same over all tries, so that a gateway that knows the header runs the request once. Without
            # tries too: a connection may turn out to be closed when the request is on it.
            request.idempotency_key = f"gravitex-{os.urandom(16).hex()}"

    async def open(self, clocks: Clocks | None, *, after: APIError | None = None) -> Response:
        """See ``Transport.open``."""
        request = self.request
        self._clocks = clocks or Clocks(asyncio.get_running_loop(), request.timeout, stream=request.stream)
        return await self.transport.open(request, self._clocks, after=after)

    @property
    def waits_for(self) -> str:
        """What its opening waits for, in words."""
        return "a connection" if self._clocks is None else self._clocks.waits_for

    def allows_retry(self, error: APIError, clocks: Clocks) -> bool:
        """Whether ``open(clocks, after=error)`` would try again."""
        return self.transport.retry_delay(error, self.request, clocks) is not None


def _plain_headers(stream: bool, body: bool) -> dict[str, str]:
    headers = {"User-Agent": _AGENT, "Accept": "text/event-stream" if stream else "application/json"}
    if body:
        headers["Content-Type"] = "application/json"
    if stream:
        # A compressing proxy holds tokens back until its window is full.
        headers["Accept-Encoding"] = "identity"
    return headers


async def _encoded(loop: asyncio.AbstractEventLoop, body: Any) -> bytes | bytearray | None:
    if body is None:
        return None
    if weight(body) > BIG_BODY:
        return await loop.run_in_executor(None, encode_big, body)
    return encode(body)


def _reschedule(limit: Limit, moment: float | None) -> None:
    if sys.version_info >= (3, 11):
        limit.reschedule(moment)
    elif moment is None:
        limit.reject()
    else:
        limit.update(moment)


def _no_turn(error: APITimeoutError, why: str) -> APITimeoutError | PoolTimeoutError:
    """The error of a call whose turn did not come, with what stood in its way."""
    if error.clock != "pool":
        error.args = (f"{error.args[0]}; it still waited for its turn {why}",)
        return error
    return PoolTimeoutError(
        f"no turn within {error.limit:g} s (Timeout.pool) {why}; raise Timeout.pool, or send less at once",
        limit=error.limit,
    )


def _no_slot(error: APIError, call: _Sending) -> APIError:
    if not isinstance(error, APITimeoutError):
        return error
    slots = call.pool.slots
    return _no_turn(
        error,
        f"for a connection: {slots.leased} in use, {slots.waiting} calls waiting; raise "
        f"Limits.max_connections, or close streams you do not read",
    )
