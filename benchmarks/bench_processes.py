"""Question: how many events per second do one and two client processes take?

Command: ``python -m benchmarks.bench_processes``

Wall time this time. Each process has a core of its own where there are enough; the server takes what is
left, so on a machine of two cores the second process shares one with it and the number is a lower bound.

Finding: 0.6 million events a second for chunks, 0.7 for deltas in one process. On two cores, the server on
one of them, two processes are a lower bound: it takes part in their core.
"""

from __future__ import annotations

import statistics
import time

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Worker
from benchmarks.replay import Replay, cores
from benchmarks.report import Report, Table, run_alone

NAMES = ("floor", "gravitex-chunks", "gravitex-deltas")
REPEAT = 5


def run(options: Options) -> Report:
    """One table."""
    report = Report("processes", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    played = corpus("small-chunk", size)
    with Replay() as server:
        job = Job(server.url, f"small-chunk.{size}.fast", repeat=REPEAT, events=REPEAT * played.count)
        rows = []
        for name in NAMES:
            for count in (1, 2):
                seconds = _seconds(name, count, job, options.pick(5, 2))
                rows.append((name, count, int(count * REPEAT * size / seconds)))
    report.tables.append(Table("throughput", (" ", "processes", "events per second"), rows))
    return report


def _seconds(name: str, count: int, job: Job, rounds: int) -> float:
    """Median wall time of *count* processes that each do *job*."""
    places = cores()
    workers = [Worker(Contestant.ours(name), places[number % 2]) for number in range(count)]
    try:
        for worker in workers:
            worker.run(job)
        return statistics.median(_together(workers, job) for _ in range(rounds))
    finally:
        for worker in workers:
            worker.close()


def _together(workers: list[Worker], job: Job) -> float:
    start = time.perf_counter()
    for worker in workers:
        worker.start(job)
    for worker in workers:
        worker.result(job)
    return time.perf_counter() - start


if __name__ == "__main__":
    run_alone(run)
