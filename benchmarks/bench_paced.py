"""Question: what do many streams at once cost, each with an event now and then?

Command: ``python -m benchmarks.bench_paced``

Two ways. *Opened first*: 500 streams stand, which is not measured; then each gets an event whenever the loop
has nothing left to do (``stepped_clients.py``), 20 in all. No clock takes part, so it says the same on a busy
machine. *Opening included*: a client opens 500 streams at once, on new connections, and reads 40 events of
each, one every 50 ms; 2,000 get 20, every 200 ms. Each stream begins somewhere between two events: streams in
step would wake a client once for many. Client and server have a core each; where something else runs there as
well a client comes late, finds more than one event a read and is cheaper by the event, so the table says how
many events the floor found in a read: 1.00, or it says little.

The floor asks the system for 72 KB a read, as this package does; ``floor-default`` asks for asyncio's 256 KB.
0.9 times the floor, which stood here once, is not explained: it did not come back against either floor (1.43
and 1.54, deltas of 500 streams, opening included, five rounds, spread 7 to 16 %, a busy machine). Tried: that
each large read gets fresh pages from the system. With the C library made to take them
(``MALLOC_MMAP_THRESHOLD_=131072``) the default floor costs 30.7 µs an event, without 30.0: it is not that.

Finding: 500 streams, opening included, three rounds, spread 2 %: chunks 1.45 times the floor, deltas 1.49;
the floor at 256 KB 1.13, spread 39 %. Opened first, 100 streams of few events: 1.74 and 1.95, spread 4 to 24
%; that is the first event of each stream, which is dearer than the others.
"""

from __future__ import annotations

import resource

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Rounds, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

STEPPED = (500, 20)
"""Streams, events of each."""
LOADS = ((500, 40, 50), (2_000, 20, 200))
"""Streams, events of each, milliseconds between two."""
VIEWS = ("gravitex-chunks", "gravitex-deltas")
LIMIT = 1.4


def run(options: Options) -> Report:
    """Both ways, and a bar per view for 500 streams."""
    report = Report("paced", (__doc__ or "").partition("\n")[0])
    allow_files(3 * LOADS[-1][0])
    with Replay() as server:
        add_stepped(report, server, options)
        for load in LOADS[: options.pick(2, 1)]:
            add_paced(report, server, load, options)
    return report


def add_stepped(report: Report, server: Replay, options: Options, over: str = "") -> None:
    """The table and the bars of streams that were opened before; *over* what, for the titles."""
    streams, events = options.pick(STEPPED[0], 100), STEPPED[1]
    played = corpus("small-chunk", events)
    job = Job(
        server.url, f"small-chunk.{events}.stepped", ca=server.ca, hold=streams,
        events=streams * played.count, characters=streams * len(played.content),
    )  # fmt: skip
    names = [f"{who}-stepped" for who in ("floor", *VIEWS)]
    rounds = contest([Contestant.ours(who) for who in names], job, options.pick(9, 3))
    title = f"{streams} streams{over}, opened first"
    _add(report, title, rounds, streams * len(played.events), streams, names)


def add_paced(
    report: Report, server: Replay, load: tuple[int, int, int], options: Options, over: str = ""
) -> None:
    """The table of streams whose opening is measured, and the bars where they are 500."""
    streams, events, pace = load
    played = corpus("small-chunk", events)
    job = Job(
        server.url, f"small-chunk.{events}.paced.{pace}", ca=server.ca, streams=streams,
        events=streams * played.count, characters=streams * len(played.content),
    )  # fmt: skip
    names = ["floor", *VIEWS, "floor-default"]
    rounds = contest([Contestant.ours(who) for who in names], job, options.pick(9, 3))
    title = f"{streams} streams{over}, opening included"
    _add(report, title, rounds, streams * len(played.events), streams, names[:-1])


def _add(report: Report, title: str, rounds: Rounds, events: int, streams: int, names: list[str]) -> None:
    floor, *views = names
    report.tables.append(contest_table(title, rounds, events, "event", floor))
    report.notes += rounds.left_out
    reads = [sample.extra["reads"] for sample in rounds.samples[floor]]
    report.notes.append(f"- {title}: {events * len(reads) / sum(reads):.2f} events a read in the floor.")
    if streams <= STEPPED[0]:
        report.bars += [
            Bar(f"{title}: {view} against the floor", rounds.ratio(view, floor), LIMIT) for view in views
        ]


def allow_files(count: int) -> None:
    """Raises the soft limit of open files; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


if __name__ == "__main__":
    run_alone(run)
