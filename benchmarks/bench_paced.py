"""Question: what do many streams at once cost, each with an event now and then?

Command: ``python -m benchmarks.bench_paced``

500 and 2,000 streams on one client, opened at once. Connecting is part of it: that is what a gateway's
user pays. 500 streams send 40 events each, every 50 ms; 2,000 send 20, every 200 ms.

Each stream begins somewhere between two events: streams in step would wake a client once for many.

Finding: 0.87 to 0.92 times the floor at 500 streams, 1.14 and 1.29 at 2,000 (20 events each: opening shows).
asyncio allocates 256 KB for every read, 14 µs where an event comes alone; this package asks for 72 KB (3 µs).
TLS hides that from the floor too (bench_tls), and shows the rest: with hundreds of streams awake in between,
reading costs what the floor's does, decoding 5 µs more, folding 2, the queue, views and timings 6: a third of
that with warm caches (5.9 µs). Opening costs 100 µs more than the floor's 225.

Won: a tap that wakes the reader once per read, three coroutines from the view to the wait and not five, one
timer per stream and none per read, no hooks of aiohttp's. Lost: nothing that was tried; what is left is the
sum of some fifteen calls, none of which is large.
"""

from __future__ import annotations

import resource

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

# streams, events of each, milliseconds between two
LOADS = ((500, 40, 50), (2_000, 20, 200))
VIEWS = ("gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """A table and a bar per load."""
    report = Report("paced", (__doc__ or "").partition("\n")[0])
    allow_files(3 * LOADS[-1][0])
    for streams, events, pace in LOADS[: options.pick(2, 1)]:
        played = corpus("small-chunk", events)
        total = streams * events
        with Replay() as server:
            job = Job(
                server.url,
                f"small-chunk.{events}.paced.{pace}",
                streams=streams,
                events=streams * played.count,
                characters=streams * len(played.content),
            )
            contestants = [Contestant.ours(who) for who in ("floor", *VIEWS)]
            rounds = contest(contestants, job, options.pick(5, 2))
        report.tables.append(contest_table(f"{streams} streams", rounds, total, "event"))
        for view in VIEWS:
            report.bars.append(
                Bar(f"{streams} streams, {view} against the floor", rounds.ratio(view, "floor"), 1.2)
            )
    return report


def allow_files(count: int) -> None:
    """Raises the soft limit of open files; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


if __name__ == "__main__":
    run_alone(run)
