"""One request and the way it goes: what a stream needs to open, and to open again.

Strategy
    An opening is begun once, however often a wait for it is cancelled and taken up again. Where a connection
    stands ready nothing runs meanwhile but the connection's own callbacks (``Begun``); everything else, tries
    after the first included, is a task that the waits are shielded from.
"""

from __future__ import annotations

import asyncio
import os

from ..errors import APIError
from ._clocks import Clocks
from ._request import Request
from ._response import Response, check_loop
from ._transport import Transport

__all__ = ["Call", "Opening"]


class Call:
    """One request and the transport it goes through."""

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
        """See ``Transport.open``; a wait that is cancelled ends it."""
        return await self.transport.open(self.request, self._timed(clocks), after=after)

    def opening(self, clocks: Clocks | None, *, after: APIError | None = None) -> Opening:
        """The same, begun at once; waits for it may be cancelled."""
        return Opening(self.transport, self.request, self._timed(clocks), after)

    def _timed(self, clocks: Clocks | None) -> Clocks:
        request = self.request
        self._clocks = clocks or Clocks(asyncio.get_running_loop(), request.timeout, stream=request.stream)
        return self._clocks

    @property
    def waits_for(self) -> str:
        """What its opening waits for, in words."""
        return "a connection" if self._clocks is None else self._clocks.waits_for

    def allows_retry(self, error: APIError, clocks: Clocks) -> bool:
        """Whether ``open(clocks, after=error)`` would try again."""
        return self.transport.retry_delay(error, self.request, clocks) is not None


class Opening:
    """The opening of one answer, under way. One waits at a time; whoever leaves it must ``cancel`` it."""

    __slots__ = ("_begun", "_called_off", "_clocks", "_request", "_task", "_transport", "_waiter", "loop")

    def __init__(
        self, transport: Transport, request: Request, clocks: Clocks, after: APIError | None
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._transport = transport
        self._request = request
        self._clocks = clocks
        self._task: asyncio.Task[Response] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._called_off = False
        self._begun = None if after is not None else transport.begin(request, clocks)
        if self._begun is None:
            self._go_on(after)
        elif not self._begun.over:
            self._begun.then = self._over
        else:
            self._over()

    async def response(self) -> Response:
        """Waits for the answer. Cancelling the wait changes nothing: the next one goes on.

        Raises:
            CancelledError: Also when it was ended by ``cancel``.
            GravitexError: There was none; see ``Transport.open``.
            MisuseError: It belongs to another event loop.
        """
        check_loop(self.loop)
        begun = self._begun
        if self._task is None and begun is not None and not begun.over:
            self._waiter = self.loop.create_future()
            await self._waiter
        if self._task is not None:
            try:
                return await asyncio.shield(self._task)
            except Exception:
                self._task = None  # it holds the error, the error its traceback, that this frame
                raise
        if self._called_off:
            raise asyncio.CancelledError
        assert begun is not None
        assert begun.response is not None
        return begun.response

    @property
    def cancelled(self) -> bool:
        """Whether ``cancel`` has ended it."""
        return self._called_off if self._task is None else self._task.cancelled()

    def cancel(self) -> None:
        """Ends it, from any thread: an answer that has begun meanwhile, unseen, is closed as well."""
        if not self.loop.is_closed():
            # A moment later, always: whoever drops a stream may stand in the midst of the queues' own work.
            self.loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task.add_done_callback(_release_answer)
        elif self._begun is not None:
            self._called_off = True
            self._begun.cancel()
        self._wake()

    def _over(self) -> None:
        """What was begun is over."""
        assert self._begun is not None
        if self._begun.response is None:
            self._go_on(None)
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _go_on(self, after: APIError | None) -> None:
        opening = self._transport.open(self._request, self._clocks, after=after, begun=self._begun)
        self._task = self.loop.create_task(opening)
        self._task.add_done_callback(_retrieved)


def _retrieved(task: asyncio.Task[Response]) -> None:
    """Looks at the error of a task that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()


def _release_answer(task: asyncio.Task[Response]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().release()
