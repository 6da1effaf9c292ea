"""Who may have a connection, and who waits for one, in order of arrival.

State changes in plain functions only, never across an ``await``: cancelling a waiter, even twice, cannot
leave a slot half lent. The HTTP library's own limit is off, because its queue cannot be seen and its
time-outs look like those of the server.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from ..config import Limits

__all__ = ["Slots"]


class Slots:
    """Lends slots: at most ``max_connections`` in all and ``max_connections_per_host`` to one host."""

    __slots__ = ("_by_host", "_limits", "_queue", "leased", "seconds_waited")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_host: Counter[str] = Counter()
        # In order, and anyone may leave it at once; a plain dict walks over all that has left its front.
        self._queue: OrderedDict[asyncio.Future[None], str] = OrderedDict()
        self.leased = 0
        self.seconds_waited = 0.0

    @property
    def waiting(self) -> int:
        """Callers in the queue."""
        return len(self._queue)

    def acquire_nowait(self, host: str) -> bool:
        """Takes a slot for *host* if one is free; then nobody waits who could have it."""
        free = self._free(host)
        if free:
            self._take(host)
        return free

    async def acquire(self, host: str) -> None:
        """Takes a slot for *host*, after all who asked before and could have one."""
        if self.acquire_nowait(host):
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._queue[turn] = host
        began = loop.time()
        try:
            await turn
        except BaseException:
            if self._queue.pop(turn, None) is None and _lent(turn):
                self.release(host)  # in the moment of the cancellation
            raise
        finally:
            self.seconds_waited += loop.time() - began

    def close(self, error: Exception) -> None:
        """Ends all waits with *error*."""
        for turn in self._queue:
            if not turn.done():
                turn.set_exception(error)
        self._queue.clear()

    def release(self, host: str) -> None:
        """Gives a slot back, and lends it on: to the first in the queue who can have it, if any."""
        self.leased -= 1
        self._by_host[host] -= 1
        if not self._by_host[host]:
            del self._by_host[host]
        for turn, waiting in self._queue.items():
            if self._free(waiting) and not turn.done():
                del self._queue[turn]
                self._take(waiting)
                turn.set_result(None)
                break

    def _take(self, host: str) -> None:
        self.leased += 1
        self._by_host[host] += 1

    def _free(self, host: str) -> bool:
        total, per_host = self._limits.max_connections, self._limits.max_connections_per_host
        if total is not None and self.leased >= total:
            return False
        return per_host is None or self._by_host[host] < per_host


def _lent(turn: asyncio.Future[None]) -> bool:
    return turn.done() and not turn.cancelled() and turn.exception() is None
