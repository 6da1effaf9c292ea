"""Sends a request until it is answered: queue, connect, headers, error status, retry.

Strategy
    One ``Clocks`` watches the whole call, all tries and pauses included. A try either gives a ``Response``
    with a good status, whose body nobody has touched, or an error of this package that knows whether it is
    worth another try. What is retried: connection errors and the statuses that
    "Retries and rate limits" in decoding/README.md names, never a quota, never once an answer has begun to be
    delivered (the stream decides that, and opens again), and never a clock that ran out after the request was
    sent: a limit that is multiplied by tries is none.

    The first try is sent at once where nothing has to be waited for (``begin``): a turn, a place and a
    connection are there, the key is a string, the body is small. That is most calls of a busy program.

    aiohttp's exceptions can quote the Authorization header, so none is chained or kept: errors are raised
    outside the ``except`` block that translated them. They are raised as copies: a raised error refers to
    its frames, and these to the error they were given.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Mapping
from typing import Any, Final, TypeVar

from .._frames import forget_frames
from .._version import __version__
from ..errors import APIError, APITimeoutError, MisuseError, PoolTimeoutError
from . import _log
from ._begun import Begun
from ._clocks import Clocks
from ._credential import APIKey, Auth, Credential, asked, without_secret
from ._envelope import Envelope, Envelopes
from ._governor import FREE, Governor, Permit
from ._pool import Pool
from ._refusal import is_good, refusal_of
from ._request import BIG_BODY, Request, encode, encode_big, joined_headers, weight
from ._response import Answer, Response
from ._sending import Lease, Sending
from ._url import BaseURL

if sys.version_info >= (3, 11):
    from asyncio import timeout_at
else:
    from async_timeout import timeout_at

__all__ = ["Transport"]

T = TypeVar("T")

# What is written in one piece, without looking whether the connection takes it: as much as aiohttp writes so.
SMALL: Final = 64 * 1024

BYTES_PER_TOKEN: Final = 4
"""Of a request's body, for what a tokens-a-minute limit takes it for."""

_AGENT = f"gravitex-async/{__version__}"
_KEY = "Idempotency-Key"


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
        self._envelopes = Envelopes()

    @property
    def host(self) -> str:
        """The origin requests go to."""
        return self._base.origin

    @property
    def place(self) -> str:
        """The same with what stands before the version in every path."""
        return self._base.place("")

    async def open(
        self,
        request: Request,
        clocks: Clocks,
        *,
        after: APIError | None = None,
        begun: Begun | None = None,
    ) -> Response:
        """Sends *request*; returns when an answer with a good status has begun.

        Args:
            clocks: New ones, or those of an earlier try of the same call, to go on under the same deadline.
            after: How that earlier try ended; the back-off it asks for comes first.
            begun: The first try, where it is under way already.

        Raises:
            APIConnectionError: No answer, after all tries (APITimeoutError and PoolTimeoutError say more).
            APIStatusError: The gateway refused, after all tries.
            MisuseError: The request cannot be sent as it is.
        """
        if begun is None and after is None:
            begun = self.begin(request, clocks)
        if begun is not None:
            await begun.wait()
            if begun.response is not None:
                return begun.response
            sending = begun.sending
        else:
            pool = await self.pool.here()
            sending = Sending(pool, request, clocks)
            sending.body = await _encoded(pool.loop, request.body)
        outcome: Response | APIError | None = after
        while not isinstance(outcome, Response):
            if outcome is not None:
                await self._back_off(outcome, sending)
            if begun is None:
                clocks.attempts += 1
            outcome = await self._try(sending, begun)
            begun = None
            if isinstance(outcome, APIError):
                outcome = without_secret(outcome, sending.secret)
            _log.attempt(request, clocks, outcome)
        return outcome

    def begin(self, request: Request, clocks: Clocks) -> Begun | None:
        """Sends *request* if that can be done at once; None: ``open`` does it, step by step."""
        pool, host, key = self.pool.ready(), self.host, self._api_key
        if pool is None or not pool.session.is_ready(host) or not isinstance(key, str):
            return None
        sending = Sending(pool, request, clocks)
        sending.credential = Credential(key, self._auth if request.native_gemini else "bearer")
        sending.envelope = self._envelope(sending)
        if request.body is not None:
            try:
                sending.body = encode(request.body) if weight(request.body, SMALL) <= SMALL else None
            except MisuseError:
                return None  # ``open`` says so
            if sending.body is None:
                return None
        if not pool.slots.acquire_nowait(host):
            return None
        begun = Begun(sending, host, self._good)
        try:
            self._send_at_once(begun, pool.governors.of(host, key))
        finally:
            if not begun.under_way:
                begun.give_back()
        return begun if begun.under_way else None

    def _send_at_once(self, begun: Begun, governor: Governor | None) -> None:
        """Sends the request if its turn is now and a connection stands ready."""
        sending = begun.sending
        permit = FREE if governor is None else self._permitted_nowait(sending, governor)
        if permit is None:
            return
        sending.permit = permit
        assert sending.envelope is not None
        exchange = sending.pool.session.start(
            sending.envelope, sending.request.idempotency_key, sending.body, self.host, begun.changed
        )
        if exchange is not None:
            sending.clocks.attempts += 1
            begun.sent(exchange)

    def _good(self, answer: Answer, sending: Sending) -> Response:
        response = self._response(answer, sending)
        _log.attempt(sending.request, sending.clocks, response)
        return response

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

    async def _back_off(self, error: APIError, sending: Sending) -> None:
        delay = self.retry_delay(error, sending.request, sending.clocks)
        if delay is None:
            error.attempts = sending.clocks.attempts
            clean = without_secret(error, sending.secret)
            try:
                raise clean
            finally:
                # A task that runs on asyncio's Python code wakes up inside an ``except`` (3.10, debuggers).
                clean.__context__ = None
                del clean  # it refers to this frame from now on
        _log.pause(sending.request, delay)
        await asyncio.sleep(delay)

    async def _try(self, sending: Sending, begun: Begun | None) -> Response | APIError:
        """One try: the answer, or the error it ended with."""
        if begun is None:
            sending.clocks.enter("pool")
            governor = sending.pool.governors.of(self.host, self._key_scope)
            if governor is not None:
                turn = await self._permitted(sending, governor)
                if isinstance(turn, APIError):
                    return turn
                sending.permit = turn
        outcome: Response | APIError | None = None
        try:
            outcome = await self._leased(sending, begun)
        finally:
            permit, sending.permit = sending.permit, FREE
            if outcome is None:
                permit.drop()
            elif isinstance(outcome, APIError):
                permit.release(outcome)
        return outcome

    async def _permitted(self, sending: Sending, governor: Governor) -> Permit | APIError:
        """The right to this try, or the error of the clock that ran out before its turn came."""
        # A limit on what needs no waiting would cost more than all the rest of it.
        permit = self._permitted_nowait(sending, governor)
        if permit is not None:
            return permit
        model, output = sending.request.model, sending.request.output_tokens
        again = sending.clocks.attempts > 1
        waiting = governor.admit(model, _input_tokens(sending), output, again=again)
        waited = await self._within(sending, waiting)
        if isinstance(waited, APITimeoutError):
            return _no_turn(waited, f"under rate_limits: {governor.why(model)}")
        return waited

    def _permitted_nowait(self, sending: Sending, governor: Governor) -> Permit | None:
        request = sending.request
        return governor.admit_nowait(request.model, _input_tokens(sending), request.output_tokens)

    async def _leased(self, sending: Sending, begun: Begun | None) -> Response | APIError:
        pool, host = sending.pool, self.host
        if begun is None:
            late = await self._credential(sending)
            if late is not None:
                return late
            if not pool.slots.acquire_nowait(host):
                slot = await self._within(sending, pool.slots.acquire(host))
                if isinstance(slot, APIError):
                    return _no_slot(slot, sending)
            sending.clocks.enter("connect")
        response: Response | None = None
        try:
            answer = await (self._answered(sending) if begun is None else self._after(begun))
            if isinstance(answer, APIError):
                return answer
            response = self._response(answer, sending)
        finally:
            if response is None:
                pool.slots.release(host)
        if is_good(response.status):
            return response
        place = self._base.place(sending.request.path)
        return await refusal_of(response, sending.request.model, place, pool.session.proxy_of(host))

    async def _after(self, begun: Begun) -> Answer | APIError:
        """What became of a try that was sent at once, and has brought no good answer."""
        sending, outcome, begun.outcome = begun.sending, begun.outcome, None
        session = sending.pool.session
        assert outcome is not None
        if not isinstance(outcome, Exception) or isinstance(outcome, APIError):
            return outcome
        # The server had closed the connection that it had promised to keep: see ``Session.send``.
        if begun.unheard and sending.request.repeatable and not session.closed:
            _log.stale(sending.request.method, self._base.place(sending.request.path))
            sending.clocks.enter("connect")
            return await self._answered(sending, anew=True)
        translated = session.translate(outcome, self.host)
        if translated is None:
            raise outcome
        forget_frames(outcome)  # aiohttp's connection keeps it
        return translated

    def _response(self, answer: Answer, sending: Sending) -> Response:
        pool, good = sending.pool, is_good(answer.status)
        if good:
            sending.permit.answered(answer.headers)
        lease = Lease(sending, self.host, good=good)
        body = pool.session.body(answer)
        response = Response(answer, body, sending.clocks, pool.loop, lease, secret=sending.secret)
        pool.live.add(response)
        return response

    async def _answered(self, sending: Sending, *, anew: bool = False) -> Answer | APIError:
        request = sending.request
        envelope = sending.envelope = self._envelope(sending)
        key = {} if envelope.has_key or not request.idempotency_key else {_KEY: request.idempotency_key}
        send = sending.pool.session.send(
            request.method,
            envelope.url,
            {**key, **envelope.headers},
            sending.body,
            origin=self.host,
            connect=request.timeout.connect,
            repeatable=request.repeatable,
            entered=sending.entered,
            anew=anew,
        )
        return await self._within(sending, send)

    def _envelope(self, sending: Sending) -> Envelope:
        """What the request has in common with others: kept where it has nothing of its own but a body."""
        request, credential = sending.request, sending.credential
        assert credential is not None
        own = bool(request.query or request.headers) or not isinstance(self._api_key, str)
        kind = (request.method, request.path, request.stream, request.body is not None, credential.auth)
        envelope = None if own else self._envelopes.get(kind)
        if envelope is None:
            url = self._base.url(request.path, {**self._query, **request.query, **credential.query})
            # What the caller says goes over what the client says, an Authorization of the caller's own too.
            plain = _plain_headers(request.stream, request.body is not None)
            headers = joined_headers(plain, self._headers, credential.headers, request.headers)
            envelope = Envelope(request.method, url, headers)
            if not own:
                self._envelopes.keep(kind, envelope)
        return envelope

    async def _within(self, sending: Sending, awaitable: Awaitable[T]) -> T | APIError:
        """The result of *awaitable*, or the error of this package that stands for what went wrong.

        The phase the clocks are in says how long it may take.
        """
        session = sending.pool.session
        try:
            async with timeout_at(sending.clocks.due()) as sending.limit:
                return await awaitable
        except asyncio.TimeoutError:
            clock = sending.clocks.ran_out() or "connect"  # the latter by a session of the caller's own
            failure: APIError = sending.clocks.error(clock, session.way_to(self.host))
        except Exception as error:
            translated = session.translate(error, self.host)
            if translated is None:
                raise
            forget_frames(error)  # aiohttp's connection keeps it
            failure = translated
        finally:
            sending.limit = None
        return failure

    async def _credential(self, sending: Sending) -> APIError | None:
        """Puts the credential into *sending*, asked for anew at every try; the error of a late deadline."""
        auth = self._auth if sending.request.native_gemini else "bearer"
        key = self._api_key
        if not isinstance(key, str):
            try:
                async with timeout_at(sending.clocks.deadline()):
                    key = await asked(key)
            except asyncio.TimeoutError:
                if sending.clocks.ran_out() is None:
                    raise
                return sending.clocks.error("deadline")
        sending.credential = Credential(key, auth)
        return None

    @property
    def _key_scope(self) -> str | int:
        """What stands for the key where calls with one key are kept apart from those with another."""
        return self._api_key if isinstance(self._api_key, str) else id(self._api_key)


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


def _input_tokens(sending: Sending) -> int:
    return 0 if sending.body is None else len(sending.body) // BYTES_PER_TOKEN


def _no_turn(error: APITimeoutError, why: str) -> APITimeoutError | PoolTimeoutError:
    """The error of a call whose turn did not come, with what stood in its way."""
    if error.clock != "pool":
        error.args = (f"{error.args[0]}; it still waited for its turn {why}",)
        return error
    return PoolTimeoutError(
        f"no turn within {error.limit:g} s (Timeout.pool) {why}; raise Timeout.pool, or send less at once",
        limit=error.limit,
    )


def _no_slot(error: APIError, sending: Sending) -> APIError:
    if not isinstance(error, APITimeoutError):
        return error
    slots = sending.pool.slots
    return _no_turn(
        error,
        f"for a connection: {slots.leased} in use, {slots.waiting} calls waiting; raise "
        f"Limits.max_connections, or close streams you do not read",
    )
