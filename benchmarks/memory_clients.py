"""Contestants that report memory: many live streams, one huge event, a long run.

``rss`` is resident memory in bytes after a full collection, ``peak`` the highest that tracemalloc saw over
what there was before.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.clients import Deltas, Floor, Job, Outcome

__all__ = ["CLIENTS"]

EVENTS_READ = 10


def rss() -> int:
    """Resident memory of this process in bytes, garbage collected first."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Gate:
    """Opens when as many readers as expected have come to wait for what does not come."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._all = asyncio.Event()

    def came(self) -> None:
        self._left -= 1
        if not self._left:
            self._all.set()

    async def reached(self) -> None:
        await self._all.wait()


async def _grown(job: Job, held: Callable[[Job, _Gate], Coroutine[Any, Any, None]]) -> Outcome:
    """How much memory readers take, all of which wait; ends them."""
    gate = _Gate(job["hold"])
    readers = [asyncio.create_task(held(job, gate)) for _ in range(job["hold"])]
    before = rss()
    await gate.reached()
    await asyncio.sleep(0.2)  # the last of them begins to wait, what was needed to open is let go
    grown = rss() - before
    for reader in readers:
        reader.cancel()
    await asyncio.wait(readers)
    return {"extra": {"rss": grown}}


class FloorHeld(Floor):
    """``hold`` answers open at once, the first bytes of each read, a reader waiting for the next."""

    async def once(self, job: Job) -> Outcome:
        return await _grown(job, self._held)

    async def _held(self, job: Job, gate: _Gate) -> None:
        async with self.post(job) as answer:
            await answer.content.readany()
            gate.came()
            await answer.content.readany()


class Held(Deltas):
    """The same with streams of this package, the first deltas of each read and accumulated."""

    async def once(self, job: Job) -> Outcome:
        return await _grown(job, self._held)

    async def _held(self, job: Job, gate: _Gate) -> None:
        async with self.stream(job) as stream:
            deltas = stream.deltas()
            for _ in range(EVENTS_READ):
                await deltas.__anext__()
            gate.came()
            await deltas.__anext__()


class Huge(Deltas):
    """One answer with one huge event: the peak over what there was before, the answer kept."""

    async def once(self, job: Job) -> Outcome:
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        outcome = await super().once(job)
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        return {**outcome, "extra": {"peak": peak}}


class Steady(Deltas):
    """One stream; the resident memory after it."""

    async def once(self, job: Job) -> Outcome:
        outcome = await super().once(job)
        return {**outcome, "extra": {"rss": rss()}}


CLIENTS: dict[str, Callable[[], Any]] = {
    "memory-floor-held": FloorHeld,
    "memory-held": Held,
    "memory-huge": Huge,
    "memory-steady": Steady,
}
