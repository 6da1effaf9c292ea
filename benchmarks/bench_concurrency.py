"""Question: how do cost and memory grow with the number of streams that are open at once?

Command: ``python -m benchmarks.bench_concurrency``

1 to 2,000 streams on one client. Cost: 20 events each, 5,000 events a second in all, connecting included.
Memory: the first ten events of each read and accumulated, a reader waiting for the next in each.

Finding: from 10 to 2,000 streams an event gets dearer by 36 % in the floor (53 to 72 µs), by 46 % as a
chunk and by 73 % as a delta: it is the processor's cache, a stream that waits is in none of it. Memory is a
straight line: 15.5 KB a stream, 17 in the floor.
"""

from __future__ import annotations

import statistics

from benchmarks.bench_memory import grown
from benchmarks.bench_paced import allow_files
from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, Table, run_alone
from benchmarks.svg import lines

COUNTS = (10, 100, 250, 500, 1_000, 2_000)
EVENTS = 20
RATE = 5_000
"""Events a second, all streams together."""
CLIENTS = ("floor", "gravitex-chunks", "gravitex-deltas")
HELD = {"floor": "memory-floor-held", "gravitex": "memory-held"}


def run(options: Options) -> Report:
    """A table and a chart each for cost and memory."""
    report = Report("concurrency", (__doc__ or "").partition("\n")[0])
    counts = COUNTS[: options.pick(len(COUNTS), 3)]
    allow_files(3 * counts[-1])
    with Replay() as server:
        costs = [_cost(server.url, count, options) for count in counts]
        memory = [_memory(server.url, count, options) for count in counts]
    _show(report, "CPU per event over streams at once", "µs", counts, costs)
    _show(report, "Resident memory over streams at once", "MB", counts, memory)
    first, last = memory[0]["gravitex"] / counts[0], memory[-1]["gravitex"] / counts[-1]
    report.bars.append(
        Bar(f"memory of a stream, {counts[-1]:,} at once, against {counts[0]}", last / first, 1.1)
    )
    return report


def _cost(url: str, count: int, options: Options) -> dict[str, float]:
    played = corpus("small-chunk", EVENTS)
    # Few streams do it several times: each measurement is of about as many events.
    repeat = max(1, 500 // count)
    job = Job(
        url, f"small-chunk.{EVENTS}.paced.{max(1, 1000 * count // RATE)}", streams=count, repeat=repeat,
        events=repeat * count * played.count, characters=repeat * count * len(played.content),
    )  # fmt: skip
    rounds = contest([Contestant.ours(client) for client in CLIENTS], job, options.pick(5, 2))
    return {client: rounds.cpu(client, repeat * count * EVENTS) for client in CLIENTS}


def _memory(url: str, count: int, options: Options) -> dict[str, float]:
    return {
        name: statistics.median(grown(url, client, count, options.pick(3, 1))) / 1e6
        for name, client in HELD.items()
    }


def _show(
    report: Report, title: str, unit: str, counts: tuple[int, ...], found: list[dict[str, float]]
) -> None:
    rows = [(count, *values.values()) for count, values in zip(counts, found, strict=True)]
    report.tables.append(Table(f"{title}, {unit}", ("streams", *found[0]), rows))
    series = {name: [values[name] for values in found] for name in found[0]}
    chart = "concurrency_" + ("cost" if unit == "µs" else "memory")
    report.charts[chart] = lines(title, counts, series, unit=unit)


if __name__ == "__main__":
    run_alone(run)
