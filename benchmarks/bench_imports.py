"""Question: what does ``import gravitex_async`` cost, and what does constructing a client?

Command: ``python -m benchmarks.bench_imports``

CPU time of fresh interpreters, the interpreter's own start taken off, in turns; compiled files are there.
aiohttp must not be loaded by the import: it is loaded when a client is first used.

Finding: ``import gravitex_async`` loads next to nothing (11 ms against 30), because names are imported
late; the class itself costs 78 ms, 2.6 times msgspec and orjson, most of it asyncio. A client costs 10
µs.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping

from benchmarks.harness import Options
from benchmarks.replay import ROOT
from benchmarks.report import Bar, Report, Table, run_alone

_CODE: Mapping[str, str] = {
    "nothing": "pass",
    "msgspec + orjson": "import msgspec, msgspec.json, orjson",
    "asyncio": "import asyncio",
    "msgspec + orjson + asyncio": "import msgspec, msgspec.json, orjson, asyncio",
    "gravitex_async": "import gravitex_async",
    "gravitex_async.AsyncGravitex": "from gravitex_async import AsyncGravitex",
    "aiohttp": "import aiohttp",
}
_CONSTRUCT = """
import time
from gravitex_async import AsyncGravitex
AsyncGravitex(api_key="k")
start = time.process_time()
for _ in range(200):
    AsyncGravitex(api_key="k")
print((time.process_time() - start) / 200)
"""


def run(options: Options) -> Report:
    """Imports, then clients."""
    report = Report("imports", (__doc__ or "").partition("\n")[0])
    times = _import_times(options.pick(25, 7))
    rows = [(name, times[name] * 1000, _modules(code)) for name, code in _CODE.items()]
    report.tables.append(Table("imports", (" ", "ms CPU over a bare interpreter", "modules"), rows))
    ours = times["gravitex_async"]
    report.bars.append(Bar("import against msgspec + orjson", ours / times["msgspec + orjson"], 1.3))
    construct = float(_output(_CONSTRUCT)) * 1000
    report.bars.append(Bar("constructing a client after the first, ms", construct, 0.3))
    loaded = "aiohttp" in _output("import gravitex_async, sys; print(*sys.modules)").split()
    report.bars.append(Bar("aiohttp loaded by the import (0: no)", float(loaded), 0))
    return report


def _import_times(rounds: int) -> dict[str, float]:
    """Median CPU seconds by name, the bare interpreter's taken off."""
    samples: dict[str, list[float]] = {name: [] for name in _CODE}
    for _ in range(rounds):
        for name, code in _CODE.items():
            samples[name].append(_cpu(code))
    bare = statistics.median(samples["nothing"])
    return {name: statistics.median(times) - bare for name, times in samples.items()}


def _cpu(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _output(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    return done.stdout


def _modules(code: str) -> int:
    return int(_output(f"{code}\nimport sys; print(len(sys.modules))"))


if __name__ == "__main__":
    run_alone(run)
