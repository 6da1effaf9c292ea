"""A try whose request has gone out already, over a connection that stood ready.

Strategy
    What follows is told by the connection and by the clocks, in callbacks: there is no coroutine that could
    be cancelled half-way, and no task to keep one going. A good answer becomes a ``Response`` in that
    callback. Whatever else comes (a refusal, a lost connection, a clock) is for ``Transport.open`` to go on
    with, in the order it has for every other try.

    It holds a slot of the pool and a permit of the governor, and these go to exactly one: the response, the
    coroutine that goes on (``over`` without a response), or back, by ``cancel``.

    A callback runs in the context of whoever opened the connection, so what follows here is run in that of
    the call: a line in the log belongs to it, and so does the task that goes on.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..errors import APIError
from ._governor import FREE
from ._refusal import is_good
from ._response import Answer, Response

if TYPE_CHECKING:
    from ._sending import Sending

__all__ = ["Begun", "Exchange"]


class Exchange(Protocol):
    """A request that has gone out, see ``_tap``."""

    @property
    def unheard(self) -> bool:
        """Whether the server has said nothing at all."""
        ...

    def answer(self) -> Answer | Exception | None:
        """The answer, or what came in its place; None: nothing yet."""
        ...

    def close(self) -> None:
        """Ends it: the connection is closed."""
        ...


class Begun:
    """One try on its way; ``then`` is called once, when it is over."""

    __slots__ = (
        "_context", "_exchange", "_host", "_respond", "outcome", "over", "response", "sending", "then",
        "unheard",
    )  # fmt: skip

    def __init__(self, sending: Sending, host: str, respond: Callable[[Answer, Sending], Response]) -> None:
        self.sending = sending
        self._host = host
        self._respond = respond
        self._context = contextvars.copy_context()
        self._exchange: Exchange | None = None  # while it is under way
        self.unheard = False
        """Whether the server has said nothing at all."""
        self.over = False
        self.response: Response | None = None
        """The good answer, where one has come."""
        self.outcome: Answer | Exception | None = None
        """What has come else: an answer that refuses, aiohttp's error or one of this package."""
        self.then: Callable[[], None] | None = None

    def sent(self, exchange: Exchange) -> None:
        """The request is on its way: from now on the clocks run."""
        self._exchange = exchange
        self.sending.entered("headers")
        self.sending.clocks.attend(self._expire)
        self.sending.pool.begun.add(self)

    @property
    def under_way(self) -> bool:
        """Whether its request was sent, and nothing has come of it yet."""
        return self._exchange is not None

    def changed(self) -> None:
        """The connection has brought something, or is lost."""
        answer = None if self._exchange is None else self._exchange.answer()
        if answer is not None:
            self._context.run(self._answered, answer)

    def _answered(self, answer: Answer | Exception) -> None:
        if isinstance(answer, Exception) or not is_good(answer.status):
            self._end_with(answer)
            return
        try:
            self.response = self._respond(answer, self.sending)
        except Exception as error:  # whatever it is: it is raised where somebody waits
            answer.close()
            self._end_with(error)
        else:
            self._end()

    def fail(self, error: APIError) -> None:
        """Ends it with *error*: a clock has run out, or the pool is closing."""
        if self._exchange is not None:
            self._exchange.close()
            self._context.run(self._end_with, error)

    def cancel(self) -> None:
        """Nobody wants an answer any more."""
        self.then = None
        if self.response is not None:
            self.response.release()
        elif self._exchange is not None:
            self._exchange.close()
            self.sending.clocks.stop()
            self._end()
            self.give_back()

    def give_back(self) -> None:
        """Returns the slot and the permit of a try that came to nothing."""
        permit, self.sending.permit = self.sending.permit, FREE
        self.sending.pool.slots.release(self._host)
        permit.drop()

    async def wait(self) -> None:
        """Waits until it is over; a cancelled wait ends it."""
        if self.over:
            return
        waiter: asyncio.Future[None] = self.sending.pool.loop.create_future()
        self.then = lambda: None if waiter.done() else waiter.set_result(None)
        try:
            await waiter
        except BaseException:
            self.cancel()
            raise

    def _expire(self) -> None:
        clocks, session = self.sending.clocks, self.sending.pool.session
        assert clocks.expired is not None
        self.fail(clocks.error(clocks.expired, session.way_to(self._host)))

    def _end_with(self, outcome: Answer | Exception) -> None:
        self.outcome = outcome
        self.sending.clocks.stop()
        self._end()

    def _end(self) -> None:
        exchange, self._exchange = self._exchange, None  # which refers to this
        self.unheard = exchange is not None and exchange.unheard
        self.over = True
        self.sending.pool.begun.discard(self)
        then, self.then = self.then, None
        if then is not None:
            then()
