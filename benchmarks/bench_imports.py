"""Question: what does a program pay before its first request: imports, a client, a dialect?

Command: ``python -m benchmarks.bench_imports``

CPU time of fresh interpreters, the interpreter's own start taken off, in turns; a ratio is of the same round.
Measured is what a user writes: ``from gravitex_async import AsyncGravitex``, a client made, a dialect named;
it is compared with importing msgspec and orjson, which no program of this kind gets around. Modules are
compiled beforehand, as pip does it: where Python may not write what it compiled (``PYTHONDONTWRITEBYTECODE``)
all of these figures are twice as large. A dialect is loaded where it is first named, and its decoders are
built for the first answer: the table says how long an event loop stands still where that happens in one.

Finding (seven rounds): chat 2.6, Responses 2.7, Gemini 2.7; asyncio alone makes that 1.8, a client without a
dialect 2.3. Before dialects were loaded when named, chat was 3.7. Naming one takes 7 to 10 ms. The bar of 2.5
is not kept. Also made when first needed: decoders, patterns, shapes of requests, schemas; what each saved is
within noise. The bare ``import gravitex_async`` loads nothing and says nothing.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from benchmarks.harness import Options
from benchmarks.replay import ROOT
from benchmarks.report import Bar, Report, Table, run_alone

BASE = "msgspec + orjson"
DIALECTS = {"chat": "client.chat.completions", "responses": "client.responses", "gemini": "client.gemini"}
_CLIENT = "from gravitex_async import AsyncGravitex; client = AsyncGravitex(api_key='k')"
_CODE: Mapping[str, str] = {
    "nothing": "pass",
    BASE: "import msgspec, msgspec.json, orjson",
    "msgspec + orjson + asyncio": "import msgspec, msgspec.json, orjson, asyncio",
    "the bare package": "import gravitex_async",
    "a client": _CLIENT,
    **{named: f"{_CLIENT}; {named}" for named in DIALECTS.values()},
    "aiohttp": "import aiohttp",
}
_HELP = ("-m", "gravitex_async", "--help")
_CONSTRUCT = """
import time
from gravitex_async import AsyncGravitex
AsyncGravitex(api_key="k")
start = time.process_time()
for _ in range(200):
    AsyncGravitex(api_key="k")
print((time.process_time() - start) / 200)
"""
_FIRST = """
import time, importlib
from gravitex_async import AsyncGravitex
client = AsyncGravitex(api_key="k")
start = time.process_time()
client.{dialect}
named = time.process_time()
importlib.import_module("gravitex_async.{dialect}._api")._parts()
print(named - start, time.process_time() - named)
"""


def run(options: Options) -> Report:
    """Imports, then clients, then the command."""
    report = Report("imports", (__doc__ or "").partition("\n")[0])
    rounds = options.pick(25, 7)
    with tempfile.TemporaryDirectory() as compiled:
        fresh = Fresh(compiled)
        times = _import_times(fresh, rounds)
        _show_imports(report, fresh, times)
        for named in DIALECTS.values():
            report.bars.append(Bar(f"{named} against {BASE}", _ratio(times, named), 2.5))
        first = [(name, *_first(fresh, name, rounds)) for name in DIALECTS]
        columns = ("dialect", "naming it, ms CPU", "its first stream, ms CPU")
        report.tables.append(Table("first use in an event loop", columns, first))
        construct = float(fresh.output("-c", _CONSTRUCT)) * 1000
        report.bars.append(Bar("constructing a client after the first, ms", construct, 0.3))
        loaded = "aiohttp" in fresh.output("-c", f"{_CLIENT}; import sys; print(*sys.modules)").split()
        report.bars.append(Bar("aiohttp loaded by a client that is not used (0: no)", float(loaded), 0))
        if importlib.util.find_spec("typer") is None:
            report.notes.append("Left out: gravitex --help (there is no typer).")
        else:
            spent = statistics.median(fresh.cpu(*_HELP) for _ in range(rounds)) * 1000
            report.bars.append(Bar("gravitex --help, ms CPU, interpreter included", spent, 200))
    return report


class Fresh:
    """Interpreters that find everything compiled in *folder*, whatever the environment says."""

    def __init__(self, folder: str) -> None:
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def cpu(self, *arguments: str) -> float:
        """CPU seconds of one."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.output(*arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def output(self, *arguments: str) -> str:
        """What one prints."""
        done = subprocess.run(
            [sys.executable, *arguments], check=True, cwd=ROOT, env=self._environment,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout


def _import_times(fresh: Fresh, rounds: int) -> dict[str, list[float]]:
    """CPU seconds by name, a figure per round; the first round compiles and does not count."""
    samples: dict[str, list[float]] = {name: [] for name in _CODE}
    for _ in range(rounds + 1):
        for name, code in _CODE.items():
            samples[name].append(fresh.cpu("-c", code))
    return {name: times[1:] for name, times in samples.items()}


def _ratio(times: Mapping[str, list[float]], name: str) -> float:
    """Median over the rounds, what a bare interpreter costs taken off both."""
    per_round = zip(times[name], times[BASE], times["nothing"], strict=True)
    return statistics.median((one - bare) / (base - bare) for one, base, bare in per_round)


def _show_imports(report: Report, fresh: Fresh, times: Mapping[str, list[float]]) -> None:
    bare = statistics.median(times["nothing"])
    rows = []
    for name, code in _CODE.items():
        modules = int(fresh.output("-c", f"{code}\nimport sys; print(len(sys.modules))"))
        rows.append((name, (statistics.median(times[name]) - bare) * 1000, _ratio(times, name), modules))
    columns = (" ", "ms CPU over a bare interpreter", f"× {BASE}", "modules")
    report.tables.append(Table("imports", columns, rows))


def _first(fresh: Fresh, dialect: str, rounds: int) -> tuple[float, float]:
    """Milliseconds of CPU to name a dialect, and to build what its first stream needs."""
    found = [fresh.output("-c", _FIRST.format(dialect=dialect)).split() for _ in range(rounds)]
    named, built = (statistics.median(float(one[at]) for one in found) * 1000 for at in (0, 1))
    return named, built


if __name__ == "__main__":
    run_alone(run)
