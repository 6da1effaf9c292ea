"""One pool per event loop, made on first use and shared by all views of a client.

Strategy
    aiohttp sessions belong to one loop, and clients are used from many: three ``asyncio.run`` in a row,
    loops in threads, a forked worker. So the pool keeps one ``LoopPool`` per loop. It ends with its loop: an
    asynchronous generator that stands at a ``yield`` is closed by ``loop.shutdown_asyncgens()``, which
    ``asyncio.run`` calls after the last task, so that open streams and sockets are closed while the loop
    still can. Loops that end without it are swept when the next one begins.

    A forked child shares the parent's sockets; touching them, even to close them, would disturb the
    parent. The child forgets them, on purpose without freeing them, and starts anew.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import threading
import weakref
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..config import Limits, RateLimits
from ..errors import APIConnectionError, APIError, MisuseError
from ._governor import Governors, LimitStatistics
from ._response import Response
from ._slots import Slots

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from ._session import SSL, Session

__all__ = ["LoopPool", "Pool", "PoolStatistics"]

_inherited: list[object] = []  # pools of a parent process, kept so that nothing ever finalises them


@functools.cache
def _session_class() -> type[Session]:
    module = importlib.import_module("gravitex_async.transport._session")
    found: type[Session] = module.Session
    return found


class PoolStatistics(msgspec.Struct, frozen=True):
    """The pool at one moment; all loops together."""

    leased: int = 0
    """Connections in use."""
    idle: int = 0
    """Connections kept open for later use."""
    waiting: int = 0
    """Calls that wait for a free connection, or for their turn under ``RateLimits``."""
    opened: int = 0
    """Connections opened so far."""
    reused: int = 0
    """Requests sent over a connection that was there already."""
    seconds_waited: float = 0.0
    """Time all calls together have waited so."""
    limits: tuple[LimitStatistics, ...] = ()
    """How the calls of each model stand under ``RateLimits``; empty without them."""


class Pending(Protocol):
    """What ends when the pool does."""

    def fail(self, error: APIError) -> None:
        """Ends with *error*."""
        ...


class LoopPool:
    """The connections of one event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        session: Session,
        limits: Limits,
        rate_limits: RateLimits | None,
    ) -> None:
        self.loop = loop
        self.session = session
        self.governors = Governors(rate_limits, loop)
        self.slots = Slots(limits)
        self.live: weakref.WeakSet[Response] = weakref.WeakSet()
        self.begun: set[Pending] = set()
        self._keeper: AsyncGenerator[None, None] | None = None

    @property
    def waiting(self) -> int:
        """Calls that wait for a connection or for their turn."""
        return self.slots.waiting + sum(governor.waiting for governor in self.governors)

    @property
    def seconds_waited(self) -> float:
        """Time they have waited so, all together."""
        return self.slots.seconds_waited + sum(governor.seconds_waited for governor in self.governors)

    async def start(self) -> None:
        """Ties the pool's life to its loop's."""
        self._keeper = _keep(self)
        await self._keeper.asend(None)

    async def close(self) -> None:
        """Ends live answers and closes all connections."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await keeper.aclose()

    def drop(self) -> None:
        """Forgets the connections of a loop that has ended."""
        self._keeper = None
        self.session.drop()


async def _keep(pool: LoopPool) -> AsyncGenerator[None, None]:
    session, live, begun, queues = pool.session, pool.live, pool.begun, (pool.governors, pool.slots)
    del pool  # which holds this generator
    try:
        yield
    finally:
        gone = APIConnectionError("the client was closed while this call was waiting", retryable=False)
        for queue in queues:
            queue.close(gone)
        for one in list(begun):
            one.fail(gone)
        error = APIConnectionError("the client was closed while this answer was being read", retryable=False)
        for response in list(live):
            response.fail(error)
        await session.close()


class Pool:
    """Lends each event loop its connections."""

    def __init__(
        self,
        limits: Limits,
        *,
        rate_limits: RateLimits | None = None,
        ssl: SSL = None,
        trust_env: bool = True,
        session: ClientSession | None = None,
    ) -> None:
        self.limits = limits
        self._rate_limits = rate_limits
        self._ssl = ssl
        self._trust_env = trust_env
        self._session = session
        self._loops: dict[asyncio.AbstractEventLoop, LoopPool] = {}
        self._starting: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.closed = False

    def __repr__(self) -> str:
        now = self.statistics()
        return f"<Pool {now.leased} leased, {now.idle} idle, {now.waiting} waiting>"

    def statistics(self) -> PoolStatistics:
        """What the pool holds now, over all loops."""
        pools = list(self._loops.values())
        return PoolStatistics(
            leased=sum(pool.slots.leased for pool in pools),
            idle=sum(pool.session.idle for pool in pools),
            waiting=sum(pool.waiting for pool in pools),
            opened=sum(pool.session.opened for pool in pools),
            reused=sum(pool.session.reused for pool in pools),
            seconds_waited=sum(pool.seconds_waited for pool in pools),
            limits=tuple(shown for pool in pools for shown in pool.governors.statistics()),
        )

    def ready(self) -> LoopPool | None:
        """The connections of the running loop, where there are any; else ``here`` has the word."""
        if self.closed or self._pid != os.getpid():
            return None
        found = self._loops.get(asyncio.get_running_loop())
        return None if found is None or found.session.closed else found

    async def here(self) -> LoopPool:
        """The connections of the running loop.

        Raises:
            MisuseError: The client is closed.
        """
        if self.closed:
            raise MisuseError("the client is closed; make a new one")
        if self._pid != os.getpid():
            self._forget_parent()
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        return found if found is not None and not found.session.closed else await self._start(loop)

    async def _start(self, loop: asyncio.AbstractEventLoop) -> LoopPool:
        async with self._starting.setdefault(loop, asyncio.Lock()):
            found = self._loops.get(loop)
            if found is not None and not found.session.closed:
                return found
            # Importing aiohttp takes 0.2 s and more: in a thread, so that the loop goes on.
            if not _session_class.cache_info().currsize:
                await loop.run_in_executor(None, _session_class)
            session = _session_class()(self.limits, self._ssl, self._trust_env, self._session)
            pool = LoopPool(loop, session, self.limits, self._rate_limits)
            await pool.start()
            self._sweep()
            self._loops[loop] = pool
        return pool

    def _sweep(self) -> None:
        with self._lock:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                self._loops.pop(loop).drop()
                self._starting.pop(loop, None)

    def _forget_parent(self) -> None:
        _inherited.append(self._loops)
        self._loops = {}
        self._starting = {}
        self._lock = threading.Lock()
        self._pid = os.getpid()

    async def close(self) -> None:
        """Closes the connections of the running loop, and drops those of loops that have ended.

        Answers being read get an APIConnectionError. Connections of loops that run in other threads are
        closed there.
        """
        self.closed = True
        here = asyncio.get_running_loop()
        for loop, pool in list(self._loops.items()):
            if loop is here:
                await pool.close()
            elif loop.is_closed():
                pool.drop()
            else:
                asyncio.run_coroutine_threadsafe(pool.close(), loop)
        self._loops.clear()
        self._starting.clear()
