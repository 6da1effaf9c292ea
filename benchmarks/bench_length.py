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

from collections.abc import Sequence

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, Table, run_alone
from benchmarks.svg import lines

SIZES = (2_000, 20_000, 50_000, 100_000, 200_000)
PARTS = (2_000, 4_000, 8_000, 16_000)
NAMES = ("floor", "gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """Two tables, one chart; bars: twice the stream, or the parts, is twice the cost, within a tenth."""
    report = Report("length", (__doc__ or "").partition("\n")[0])
    sizes = SIZES[: options.pick(len(SIZES), 3)]
    # Short streams are repeated, so that each measurement is of about the same length.
    costs = _costs("small-chunk", "chat", sizes, SIZES[1], options)
    _report(report, "event", sizes, costs, against=1)
    report.charts["length"] = lines("CPU per event over the length of a stream", sizes, costs, unit="µs")
    # The same for the parts of one item; the floor says what their bytes cost.
    parts = PARTS[-options.pick(4, 2) :]
    _report(
        report,
        "content part",
        parts,
        _costs("many-parts", "responses", parts, PARTS[-1], options),
        against=-2,
    )
    return report


def _costs(
    model: str, dialect: str, sizes: Sequence[int], total: int, options: Options
) -> dict[str, list[float]]:
    """CPU per piece by contestant, for each of *sizes*; smaller ones are played until *total* is reached."""
    costs: dict[str, list[float]] = {name: [] for name in NAMES}
    with Replay() as server:
        for size in sizes:
            played, repeat = corpus(model, size), max(1, total // size)
            job = Job(
                server.url, f"{model}.{size}.fast", dialect, repeat=repeat,
                events=repeat * played.count, characters=repeat * len(played.content),
            )  # fmt: skip
            rounds = contest([Contestant.ours(name) for name in NAMES], job, options.pick(5, 3))
            for name in NAMES:
                costs[name].append(rounds.cpu(name, size * repeat))
    return costs


def _report(
    report: Report, unit: str, sizes: Sequence[int], costs: dict[str, list[float]], *, against: int
) -> None:
    """A table, and a bar for each of ours: the largest size *against* another one."""
    rows = [(size, *(costs[name][row] for name in NAMES)) for row, size in enumerate(sizes)]
    report.tables.append(Table(f"µs CPU per {unit}", (f"{unit.split()[-1]}s", *NAMES), rows))
    for name in NAMES[1:]:
        growth = costs[name][-1] / costs[name][against]
        promise = f"{name}: cost per {unit.split()[-1]} at {sizes[-1]:,} against {sizes[against]:,}"
        report.bars.append(Bar(promise, growth, 1.1))


if __name__ == "__main__":
    run_alone(run)
