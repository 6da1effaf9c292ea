"""Question: does an event cost more in a long stream, a part more in an answer of many?

Command: ``python -m benchmarks.bench_length``

2,000 to 200,000 events of chat, deltas with accumulation, the content joined once at the end; then one
message of the Responses dialect in 2,000 to 16,000 content parts, four events each.

Finding: Flat: 1.51 µs (chunks) and 1.29 µs (deltas) an event at 200,000 events, 1.59 and 1.38 at 20,000.
2,000 cost 0.3 µs more each, which is the opening of a request.

Parts: 37 to 42 µs each, from 4,000 to 64,000, with the garbage collector off. With it on 45, 49, 53 and 75
from 2,000 to 16,000, which misses the bar: a part as the wire has it is seven objects that the collector
walks over, the last two events hold all parts again, and CPython makes six full passes over 16,000 parts
where it makes three over 8,000.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, Table, run_alone
from benchmarks.svg import lines

SIZES = (2_000, 20_000, 50_000, 100_000, 200_000)
PARTS = (2_000, 4_000, 8_000, 16_000)
NAMES = ("floor", "gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """One table, one chart; a bar: twice the stream is twice the cost, within a tenth."""
    report = Report("length", (__doc__ or "").partition("\n")[0])
    sizes = SIZES[: options.pick(len(SIZES), 3)]
    costs: dict[str, list[float]] = {name: [] for name in NAMES}
    with Replay() as server:
        for size in sizes:
            played = corpus("small-chunk", size)
            # Short streams are repeated, so that each measurement is of about the same length.
            repeat = max(1, SIZES[1] // size)
            job = Job(
                server.url, f"small-chunk.{size}.fast", repeat=repeat,
                events=repeat * played.count, characters=repeat * len(played.content),
            )  # fmt: skip
            rounds = contest([Contestant.ours(name) for name in NAMES], job, options.pick(5, 3))
            for name in NAMES:
                costs[name].append(rounds.cpu(name, size * repeat))
    rows = [(size, *(costs[name][row] for name in NAMES)) for row, size in enumerate(sizes)]
    report.tables.append(Table("µs CPU per event", ("events", *NAMES), rows))
    for name in NAMES[1:]:
        growth = costs[name][-1] / costs[name][1]
        report.bars.append(Bar(f"{name}: cost per event at {sizes[-1]:,} against {sizes[1]:,}", growth, 1.1))
    report.charts["length"] = lines("CPU per event over the length of a stream", sizes, costs, unit="µs")
    _parts(report, options)
    return report


def _parts(report: Report, options: Options) -> None:
    """The same for the parts of one item; the floor says what their bytes cost."""
    sizes = PARTS[-options.pick(4, 2) :]
    costs: dict[str, list[float]] = {name: [] for name in NAMES}
    with Replay() as server:
        for size in sizes:
            played, repeat = corpus("many-parts", size), PARTS[-1] // size
            job = Job(
                server.url, f"many-parts.{size}.fast", "responses", repeat=repeat,
                events=repeat * played.count, characters=repeat * len(played.content),
            )  # fmt: skip
            rounds = contest([Contestant.ours(name) for name in NAMES], job, options.pick(5, 3))
            for name in NAMES:
                costs[name].append(rounds.cpu(name, size * repeat))
    rows = [(size, *(costs[name][row] for name in NAMES)) for row, size in enumerate(sizes)]
    report.tables.append(Table("µs CPU per content part", ("parts", *NAMES), rows))
    for name in NAMES[1:]:
        growth = costs[name][-1] / costs[name][-2]
        report.bars.append(Bar(f"{name}: cost per part at {sizes[-1]:,} against {sizes[-2]:,}", growth, 1.1))


if __name__ == "__main__":
    run_alone(run)
