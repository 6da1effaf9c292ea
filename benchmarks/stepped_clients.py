"""Many streams in one loop, and exactly one event a read in each: what a busy web backend sees.

Strategy
    All streams are opened first; that is not measured. Then, whenever the loop has nothing left to do, its
    selector has the server send one event to every stream (``GET /step``) and goes on when all are sent. So
    no read holds two events, whatever the view and however slow it is, no pace has to be guessed, and the
    loop never sleeps for long: a sleep costs more than an event, is the same in everybody, and would hide
    what is compared. What the asking costs is taken off.

``bench_packets`` measures the other case, one stream and a loop that sleeps before every event.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

from benchmarks.clients import Chunks, Deltas, Floor, Job, Outcome

__all__ = ["CLIENTS"]

_STEP = b"GET /step HTTP/1.1\r\n\r\n"


class Stepping(selectors.DefaultSelector):
    """A selector that has the server send more when there is nothing else to do."""

    control: socket.socket | None = None
    asking = 0.0
    """CPU seconds that went into it."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0 or self.control is None:
            return ready or super().select(timeout)
        start = time.process_time()
        self.control.send(_STEP)
        self.control.recv(64)
        self.asking += time.process_time() - start
        return super().select(timeout)


class Stepped:
    """A client of ``clients.py`` that opens its streams first and reads them all at once then."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def new_loop(self) -> asyncio.AbstractEventLoop:
        self._selector = Stepping()
        return asyncio.SelectorEventLoop(self._selector)

    async def open(self, job: Job) -> None:
        await self._client.open(job)
        place = urlsplit(job["url"])
        self._control: socket.socket = socket.create_connection((place.hostname, place.port))
        self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if job["ca"]:
            context = ssl.create_default_context(cafile=job["ca"])
            self._control = context.wrap_socket(self._control, server_hostname=place.hostname)
        self._control.settimeout(30)

    async def close(self) -> None:
        self._control.close()
        await self._client.close()

    async def once(self, job: Job) -> Outcome:
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(self._client.stream(job)) for _ in range(job["hold"])
            ]  # in turn: a burst of connections is not the question
            self._selector.asking, self._selector.control = 0.0, self._control
            start = time.process_time()
            try:
                outcomes = await asyncio.gather(*map(self._client.read, streams))
            finally:
                self._selector.control = None
            cpu = time.process_time() - start - self._selector.asking
            return {"cpu": cpu, **_sum(outcomes)}


def _sum(outcomes: list[Outcome]) -> Outcome:
    total: Outcome = {}
    for outcome in outcomes:
        for name in ("events", "characters", "bytes"):
            total[name] = total.get(name, 0) + outcome.get(name, 0)
    reads = sum(outcome.get("extra", {}).get("reads", 0) for outcome in outcomes)
    return {**total, "extra": {"reads": reads}}


CLIENTS: dict[str, Callable[[], Any]] = {
    "floor-stepped": lambda: Stepped(Floor()),
    "gravitex-chunks-stepped": lambda: Stepped(Chunks()),
    "gravitex-deltas-stepped": lambda: Stepped(Deltas()),
}
