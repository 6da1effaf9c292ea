"""One contestant as a process: jobs as lines of JSON on standard input, samples as lines on standard output.

Only what a job needs is timed: the client is opened before, and garbage of the job before it is collected. A
client that opens streams before it measures says itself what CPU time it took.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import time
from typing import Any, Protocol

__all__ = ["Client"]

# Looked for in this order; the last needs packages that only the environment of the peers has.
_MODULES = (
    "benchmarks.clients",
    "benchmarks.memory_clients",
    "benchmarks.piece_clients",
    "benchmarks.stepped_clients",
    "benchmarks.peer_clients",
)


class Client(Protocol):
    """What a contestant brings: ``once`` does the job one time and says what it saw."""

    async def open(self, job: dict[str, Any]) -> None:
        """Makes what is kept between jobs."""
        ...

    async def once(self, job: dict[str, Any]) -> dict[str, Any]:
        """Counts of ``events`` and ``characters``; a contestant that does not look says 0."""
        ...

    async def close(self) -> None:
        """Lets go of what ``open`` made."""
        ...


def _client(name: str) -> Client:
    for module in _MODULES:
        with_clients = importlib.import_module(module)
        if name in with_clients.CLIENTS:
            client: Client = with_clients.CLIENTS[name]()
            return client
    raise SystemExit(f"no client named {name!r}")


async def _work(client: Client, job: dict[str, Any]) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    totals = {"events": 0, "characters": 0, "bytes": 0}
    reads = 0
    for _ in range(job["repeat"]):
        runs = (client.once(job) for _ in range(job["streams"]))
        for outcome in await asyncio.gather(*runs) if job["streams"] > 1 else [await next(runs)]:
            for name in totals:
                totals[name] += outcome.get(name, 0)
            reads += outcome.get("extra", {}).get("reads", 0)
    own = {"cpu": outcome["cpu"]} if "cpu" in outcome else {}
    return {**totals, **own, "extra": {**outcome.get("extra", {}), "reads": reads}}


def _measured(loop: asyncio.AbstractEventLoop, client: Client, job: dict[str, Any]) -> dict[str, Any]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    seen = loop.run_until_complete(_work(client, job))
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, **seen}


def _answer(loop: asyncio.AbstractEventLoop, client: Client, job: dict[str, Any]) -> dict[str, Any]:
    try:
        return _measured(loop, client, job)
    except Exception as error:  # told to the harness, which decides
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Works until standard input ends; all jobs go to the server of the first."""
    client = _client(sys.argv[1])
    loop: asyncio.AbstractEventLoop = getattr(client, "new_loop", asyncio.new_event_loop)()
    opened = False
    for line in sys.stdin:
        job = json.loads(line)
        if not opened:
            loop.run_until_complete(client.open(job))
            opened = True
        print(json.dumps(_answer(loop, client, job)), flush=True)
    if opened:
        loop.run_until_complete(client.close())
    loop.close()


if __name__ == "__main__":
    main()
