"""Contestants as processes, run in turns: one round lets each do the job once, in an order that rotates.

Strategy
    Every contestant is a process of its own on the same core (``worker.py``, or any program that speaks its
    protocol: a job as a line of JSON in, a sample as a line of JSON out), so libraries do not share a heap
    or a garbage collector, and one that needs another interpreter is measured like the rest. What is
    compared is CPU time, user and system, of the job alone; the server works on another core.

    A slow minute of the machine hits all contestants of a round alike, so ratios are taken within a round
    and the median of the rounds is reported, never the best.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from benchmarks.replay import ROOT, cores

__all__ = ["Contest", "Contestant", "Job", "Options", "Rounds", "Sample", "Worker", "contest"]


@dataclass(frozen=True)
class Options:
    """How much work to do. ``quick`` is for a look, not for numbers to quote."""

    quick: bool = False
    peers: bool = True

    def pick(self, full: int, quick: int) -> int:
        """One of two sizes."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Job:
    """One thing to do: play *model* from *url*, ``streams`` at once, ``repeat`` times in a row."""

    url: str
    model: str
    dialect: str = "chat"
    streams: int = 1
    repeat: int = 1
    hold: int = 0
    """Streams that a contestant opens by itself, to keep them open or to read them in step."""
    ca: str | None = None
    events: int | None = None
    """What a contestant that parses must have counted, in all."""
    characters: int | None = None
    """How much text it must have seen."""


@dataclass(frozen=True)
class Sample:
    """What one run of a job cost and saw. Times in seconds."""

    cpu: float
    wall: float
    events: int
    characters: int
    bytes: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """Who takes part: a name for the tables, and the command that starts it."""

    name: str
    command: tuple[str, ...]

    @classmethod
    def ours(cls, client: str, python: str = sys.executable) -> Contestant:
        """A client of ``clients.py`` (or of the peers), under *python*."""
        return cls(client, (python, "-m", "benchmarks.worker", client))


class Worker:
    """A running contestant. Ends when it is closed, or with this process: its input ends then."""

    def __init__(self, contestant: Contestant, core: int | None) -> None:
        self.name = contestant.name
        with _on_core(core):  # a child inherits it, threads of its runtime included
            self._child = subprocess.Popen(
                contestant.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )  # fmt: skip

    def run(self, job: Job) -> Sample:
        """Has the job done once.

        Raises:
            RuntimeError: The contestant failed, or did not see what it should have seen.
        """
        self.start(job)
        return self.result(job)

    def start(self, job: Job) -> None:
        """Hands the job over without waiting for it."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(asdict(job)) + "\n")
        self._child.stdin.flush()

    def result(self, job: Job) -> Sample:
        """Waits for the job that was handed over."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended without an answer to {job}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error'][:200]}")
        sample = Sample(**answer)
        for name in ("events", "characters"):
            expected, seen = getattr(job, name), getattr(sample, name)
            if expected is not None and seen not in (expected, 0):
                raise RuntimeError(f"{self.name}: expected {expected} {name}, saw {seen}")
        return sample

    def close(self) -> None:
        """Ends the process."""
        try:
            self._child.communicate(timeout=5)  # closes its input, at which it ends
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()


@contextlib.contextmanager
def _on_core(core: int | None) -> Iterator[None]:
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Rounds:
    """The samples of a contest, by contestant, and why some are missing."""

    def __init__(self, samples: Mapping[str, Sequence[Sample]], left_out: Sequence[str] = ()) -> None:
        self.samples = samples
        self.left_out = left_out

    def names(self) -> list[str]:
        """The contestants, in the order they were given."""
        return list(self.samples)

    def cpu(self, name: str, per: int) -> float:
        """Median CPU time in microseconds, divided by *per* (events, requests)."""
        return statistics.median(sample.cpu for sample in self.samples[name]) * 1e6 / per

    def ratio(self, name: str, to: str) -> float:
        """Median over the rounds of the ratio of CPU times; NaN (which keeps no bar) for who is missing."""
        if not self.samples.get(name) or not self.samples.get(to):
            return math.nan
        pairs = zip(self.samples[name], self.samples[to], strict=True)
        return statistics.median(one.cpu / other.cpu for one, other in pairs)

    def spread(self, name: str) -> float:
        """Interquartile range of the CPU time, as a part of its median: how steady the numbers are."""
        return _spread([sample.cpu for sample in self.samples[name]])

    def ratio_spread(self, name: str, to: str) -> float:
        """The same of the ratios of the rounds; zero for who is missing."""
        pairs = zip(self.samples.get(name, ()), self.samples.get(to, ()), strict=False)
        return _spread([one.cpu / other.cpu for one, other in pairs])


def _spread(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return (third - first) / median


class Contest:
    """The contestants as processes that live for many jobs. A context manager."""

    def __init__(self, contestants: Sequence[Contestant]) -> None:
        core = cores()[0]
        self._workers = [Worker(contestant, core) for contestant in contestants]

    def __enter__(self) -> Contest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()

    def run(self, job: Job, rounds: int) -> Rounds:
        """Lets all do *job* in turns; the first round warms up and is not counted.

        A contestant that cannot do the job in the warm-up is left out and named, so that one broken peer does
        not lose the others' numbers.
        """
        left_out: list[str] = []
        ready = [worker for worker in self._workers if _warm(worker, job, left_out)]
        samples: dict[str, list[Sample]] = {worker.name: [] for worker in ready}
        for number in range(rounds):
            shift = number % max(1, len(ready))
            for worker in ready[shift:] + ready[:shift]:
                samples[worker.name].append(worker.run(job))
        return Rounds(samples, left_out)


def contest(contestants: Sequence[Contestant], job: Job, rounds: int) -> Rounds:
    """One job for *contestants* of its own; see ``Contest.run``."""
    with Contest(contestants) as running:
        return running.run(job, rounds)


def _warm(worker: Worker, job: Job, left_out: list[str]) -> bool:
    try:
        worker.run(job)
    except RuntimeError as error:
        left_out.append(f"Left out: {error}")
        return False
    return True
