"""Question: what does an event cost when every event comes in a packet of its own?

Command: ``python -m benchmarks.bench_packets``

This is what a model that thinks sends. The loop wakes for every event, so waking is most of the cost, in
the floor too. The table says how many reads the floor needed: as many as events, or the pace was too fast.

Finding: 1.11 times the floor for chunks (74 µs), 1.04 for deltas; the spread is 15 to 25 %. Waking is nearly
all of it.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

# Slow enough for every contestant to be waiting when the next packet comes.
PACE_MICROSECONDS = 300
VIEWS = ("gravitex-chunks", "gravitex-deltas", "gravitex-text")


def run(options: Options) -> Report:
    """One table, two bars."""
    report = Report("packets", (__doc__ or "").partition("\n")[0])
    size = options.pick(4_000, 1_000)
    played = corpus("small-chunk", size)
    model = f"small-chunk.{size}.packets.{PACE_MICROSECONDS}"
    with Replay() as server:
        job = Job(server.url, model, events=played.count, characters=len(played.content))
        contestants = [Contestant.ours(who) for who in ("floor", *VIEWS, "loop-json")]
        rounds = contest(contestants, job, options.pick(9, 3))
    report.tables.append(contest_table("one event per packet", rounds, size, "event"))
    reads = rounds.samples["floor"][0].extra["reads"]
    report.notes.append(f"The floor needed {reads} reads for {size} events.")
    for view in VIEWS[:2]:
        report.bars.append(Bar(f"{view} against the floor", rounds.ratio(view, "floor"), 1.5))
    return report


if __name__ == "__main__":
    run_alone(run)
