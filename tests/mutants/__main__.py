"""``python -m tests.mutants [module ...] [--count N] [--seed S] [--workers W] [--list]``

Draws *count* mutants of each module (``stream/_queue``, or a folder: ``stream``; without any: all), tries
them with the test files that ``tests.TESTS`` gives for it, and prints per module how many were killed, and
every survivor. A survivor is a missing test, or goes into ``equivalent`` with its reason. The same seed
draws the same mutants of the same source. The status is 1 where a module is below the bar of 90 percent.
"""

from __future__ import annotations

import argparse
import queue
import random
import sys
import threading
from collections.abc import Iterator, Sequence

from .. import TESTS
from .equivalent import EQUIVALENT
from .making import Mutant, mutants_of
from .running import ROOT, Verdict, Worker

BAR = 0.9


def main() -> int:
    options = _options()
    modules = list(_modules(options.modules))
    if options.list:
        for module in modules:
            for mutant in _drawn(module, options.count, options.seed):
                print(f"{module}.py:{mutant.line}  {mutant.change}")
        return 0
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
    for module in modules:
        jobs.put(module)
    report = Report()
    threads = [
        threading.Thread(target=_work, args=(jobs, report, options), daemon=True)
        for _ in range(min(options.workers, len(modules)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.mutants", usage=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module")
    parser.add_argument("--count", type=int, default=20, help="mutants of each module (20); 0: all")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="only show the mutants")
    return parser.parse_args()


def _modules(asked: Sequence[str]) -> Iterator[str]:
    names = [name.removesuffix(".py").removeprefix("gravitex_async/") for name in asked]
    for module, tests in TESTS.items():
        chosen = not names or any(module == name or module.startswith(f"{name}/") for name in names)
        if chosen and tests:
            yield module


def _drawn(module: str, count: int, seed: str) -> list[Mutant]:
    known = EQUIVALENT.get(module, {})
    source = (ROOT / "gravitex_async" / f"{module}.py").read_text("utf-8")
    mutants = [mutant for mutant in mutants_of(source) if (mutant.where, mutant.change) not in known]
    if not count or count >= len(mutants):
        return mutants
    chosen = random.Random(f"{seed} {module}").sample(range(len(mutants)), count)
    return [mutants[place] for place in sorted(chosen)]


def _work(jobs: queue.SimpleQueue[str], report: Report, options: argparse.Namespace) -> None:
    with Worker() as worker:
        while not jobs.empty():
            try:
                module = jobs.get_nowait()
            except queue.Empty:
                return
            mutants = _drawn(module, options.count, options.seed)
            if mutants:
                _try(worker, module, mutants, report)


def _try(worker: Worker, module: str, mutants: Sequence[Mutant], report: Report) -> None:
    tests = TESTS[module]
    original = worker.original(tests)
    if original.killed:
        report.broken(module, worker.said())
        return
    outcomes = [(mutant, worker.mutant(module, mutant.source, tests, original.seconds)) for mutant in mutants]
    report.add(module, original, outcomes)


class Report:
    """What came out, printed as it comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._killed = self._total = 0
        self._below: list[str] = []

    def broken(self, module: str, said: str) -> None:
        with self._lock:
            print(f"{module}: its tests fail without any mutant\n{said}", flush=True)
            self._below.append(module)

    def add(self, module: str, original: Verdict, outcomes: Sequence[tuple[Mutant, Verdict]]) -> None:
        survivors = [mutant for mutant, verdict in outcomes if not verdict.killed]
        killed, total = len(outcomes) - len(survivors), len(outcomes)
        with self._lock:
            self._killed += killed
            self._total += total
            if killed < BAR * total:
                self._below.append(module)
            print(f"{module}: {killed}/{total} killed ({killed / total:.0%}), tests {original.seconds:.1f} s")
            for mutant in survivors:
                print(f"    gravitex_async/{module}.py:{mutant.line}  {mutant.change}")
                print(f"        in: {mutant.where}")
            sys.stdout.flush()

    def close(self) -> int:
        if self._total:
            print(f"all: {self._killed}/{self._total} killed ({self._killed / self._total:.0%})")
        if self._below:
            print(f"below {BAR:.0%}: {', '.join(sorted(self._below))}")
        return 1 if self._below else 0


if __name__ == "__main__":
    sys.exit(main())
