"""Who may have a connection, and who waits for one, in order of arrival.

State changes in plain functions only, never across an ``await``: cancelling a waiter, even twice, cannot
leave a slot half lent. The HTTP library's own limit is off, because its queue cannot be seen and its
time-outs look like those of the server.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from ..config import Limits

__all__ = ["Slots"]


class Slots:
    """Lends slots: at most ``max_connections`` in all and ``max_connections_per_host`` to one host."""

    __slots__ = ("_by_host", "_limits", "_queue", "leased", "seconds_waited")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_host: Counter[str] = Counter()
        self._queue: deque[tuple[str, asyncio.Future[None]]] = deque()
        self.leased = 0
        self.seconds_waited = 0.0

    @property
    def waiting(self) -> int:
        """Callers in the queue."""
        return len(self._queue)

    async def acquire(self, host: str) -> None:
        """Takes a slot for *host*, after all who asked before and could have one."""
        if self._free(host) and not self._blocked(host):
            self._take(host)
            return
        loop = asyncio.get_running_loop()
        entry = (host, loop.create_future())
        self._queue.append(entry)
        began = loop.time()
        try:
            await entry[1]
        except BaseException:
            if entry[1].cancelled():
                self._forget(entry)
            else:
                self.release(host)  # it was lent in the moment of the cancellation
            raise
        finally:
            self.seconds_waited += loop.time() - began

    def release(self, host: str) -> None:
        """Gives a slot back, and lends it on."""
        self.leased -= 1
        self._by_host[host] -= 1
        if not self._by_host[host]:
            del self._by_host[host]
        self._serve()

    def _forget(self, entry: tuple[str, asyncio.Future[None]]) -> None:
        if entry in self._queue:
            self._queue.remove(entry)

    def _serve(self) -> None:
        passed_over = []
        while self._queue and self._free(None):
            entry = self._queue.popleft()
            host, future = entry
            if future.done():
                continue
            if self._free(host):
                self._take(host)
                future.set_result(None)
            else:
                passed_over.append(entry)
        self._queue.extendleft(reversed(passed_over))

    def _take(self, host: str) -> None:
        self.leased += 1
        self._by_host[host] += 1

    def _free(self, host: str | None) -> bool:
        """Whether there is a slot for *host*; None asks for any host."""
        total, per_host = self._limits.max_connections, self._limits.max_connections_per_host
        if total is not None and self.leased >= total:
            return False
        return host is None or per_host is None or self._by_host[host] < per_host

    def _blocked(self, host: str) -> bool:
        """Whether somebody in the queue could use what *host* would take."""
        return any(waiting == host or self._free(waiting) for waiting, _ in self._queue)
