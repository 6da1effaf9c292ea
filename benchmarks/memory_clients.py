"""Contestants that report memory: many live streams, one huge event, a long run.

``rss`` is resident memory in bytes after a full collection, ``peak`` the highest that tracemalloc saw over
what there was before.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.clients import Deltas, Floor, Job, Outcome

__all__ = ["CLIENTS"]

EVENTS_READ = 10


def rss() -> int:
    """Resident memory of this process in bytes, garbage collected first."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class FloorHeld(Floor):
    """``hold`` answers open at once, the first bytes of each read."""

    async def once(self, job: Job) -> Outcome:
        before = rss()
        answers = await asyncio.gather(*(self._begun(job) for _ in range(job["hold"])))
        grown = rss() - before
        for answer in answers:
            answer.close()
        return {"extra": {"rss": grown}}

    async def _begun(self, job: Job) -> Any:
        answer = await self.post(job)
        await answer.content.readany()
        return answer


class Held(Deltas):
    """The same with streams of this package, the first deltas of each read and accumulated."""

    async def once(self, job: Job) -> Outcome:
        before = rss()
        streams = await asyncio.gather(*(self._begun(job) for _ in range(job["hold"])))
        grown = rss() - before
        for stream in streams:
            stream.abort()
        return {"extra": {"rss": grown}}

    async def _begun(self, job: Job) -> Any:
        stream = await self.stream(job)
        deltas = stream.deltas()
        for _ in range(EVENTS_READ):
            await deltas.__anext__()
        return stream


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
