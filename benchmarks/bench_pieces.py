"""Question: where does the time of an event go: reading, splitting, decoding, accumulating, iterating?

Command: ``python -m benchmarks.bench_pieces``

The pipeline grown by one step at a time over one fast chat stream; a step costs what it adds. The steps
before ``batches`` run on aiohttp without a client of this package.

Finding: a quick run (4,000 events, five rounds, on a busy machine): of 2.0 µs an event, reading is 0.5
(``readany`` of aiohttp alone takes 1.4), splitting 0.1, decoding 0.65, accumulating and making the delta 0.5,
the stream around them 0.25, iterating 0.05. Steps are differences of medians: 0.1 µs is noise.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Report, Table, run_alone
from benchmarks.svg import bars

# contestant, what it adds to which other
STEPS = (
    ("floor", "aiohttp, readany", ""),
    ("floor-default", "aiohttp, readany, its default of 256 KB", ""),
    ("piece-read", "read: own way instead of readany", "floor"),
    ("piece-split", "split", "piece-read"),
    ("piece-decode", "decode", "piece-split"),
    ("piece-fold", "accumulate, make deltas", "piece-decode"),
    ("gravitex-batches", "stream: queue, clocks, batches", "piece-fold"),
    ("gravitex-chunks", "iterate chunks instead of batches", "gravitex-batches"),
    ("gravitex-deltas", "iterate deltas", "gravitex-batches"),
    ("gravitex-text", "iterate text", "gravitex-batches"),
)
MODES = {"fast": "one HTTP chunk per event", "large.16384": "HTTP chunks of 16 KB"}


def run(options: Options) -> Report:
    """A table per framing."""
    report = Report("pieces", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    played = corpus("small-chunk", size)
    with Replay() as server:
        for mode, title in MODES.items():
            job = Job(server.url, f"small-chunk.{size}.{mode}")
            rounds = contest([Contestant.ours(name) for name, _, _ in STEPS], job, options.pick(15, 5))
            costs = {name: rounds.cpu(name, played.count) for name in rounds.names()}
            present = [step for step in STEPS if step[0] in costs]
            rows = [(what, costs[name] - costs.get(base, 0.0), costs[name]) for name, what, base in present]
            report.tables.append(Table(title, (" ", "µs this step", "µs in all"), rows))
            report.notes += rounds.left_out
            if mode == "fast":
                report.charts["pieces"] = bars("CPU per event, grown step by step", "µs", list(costs.items()))
    return report


if __name__ == "__main__":
    run_alone(run)
