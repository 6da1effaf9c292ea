"""A loop whose clock jumps to the next timer as soon as there is nothing else to do: hours in a moment.

Time passes by timers alone, so that nothing depends on the machine, and a moment can be compared exactly. It
drives real sockets too, as long as both ends are in this process: the clock stands while there is anything
to read. A test that is marked ``virtual`` runs on such a loop, with its fixtures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Before a jump it waits *grace* real seconds for a socket; a turn of the loop takes *turn* seconds."""

    def __init__(self, grace: float = 0.0, turn: float = 0.0) -> None:
        self._now = 1000.0
        self._grace = grace
        self._turn = turn
        super().__init__()

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """In a thread that is waited for: the clock must not run on beside it."""
        with ThreadPoolExecutor(1) as thread:
            outcome = thread.submit(func, *args)
        return asyncio.wrap_future(outcome, loop=self)

    def _run_once(self) -> None:
        self._now += self._turn
        if not self._ready and not self._selector.select(self._grace):  # type: ignore[attr-defined]
            self._now = max(self._now, self._next())
        super()._run_once()  # type: ignore[misc]

    def _next(self) -> float:
        timers = self._scheduled  # type: ignore[attr-defined]
        if timers and not timers[0].cancelled():  # it is a heap
            return float(timers[0].when())
        return min((timer.when() for timer in timers if not timer.cancelled()), default=self._now)


def run_virtually(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs it to its end on a loop of its own."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def with_sockets(turn: float = 0.0) -> VirtualLoop:
    """What is written over loopback is there at once, or almost."""
    return VirtualLoop(grace=0.002, turn=turn)
