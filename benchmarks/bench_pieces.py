"""Question: where does the time of an event go: reading, splitting, decoding, folding, iterating, deltas?

Command: ``python -m benchmarks.bench_pieces``

The pipeline grown by one step at a time over one fast chat stream; a step costs what it adds. The steps
before ``batches`` run on aiohttp without a client of this package.

Finding: FINDING
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
    ("piece-fold", "fold", "piece-decode"),
    ("gravitex-batches", "stream: queue, clocks, batches", "piece-fold"),
    ("gravitex-chunks", "iterate chunks instead of batches", "gravitex-batches"),
    ("piece-deltas", "make deltas", "piece-fold"),
    ("gravitex-deltas", "iterate deltas, make deltas", "gravitex-batches"),
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
            rows = [(what, costs[name] - costs.get(base, 0.0), costs[name]) for name, what, base in STEPS]
            report.tables.append(Table(title, (" ", "µs this step", "µs in all"), rows))
            report.notes += rounds.left_out
            if mode == "fast":
                report.charts["pieces"] = bars("CPU per event, grown step by step", "µs", list(costs.items()))
    return report


if __name__ == "__main__":
    run_alone(run)
