"""Question: what does an event of one fast stream cost over TLS?

Command: ``python -m benchmarks.bench_tls``

A certificate is made at run time. TLS hands bytes over in records of 16 KB at most, so there are more and
smaller reads than without it, in the floor too.

Finding: Chunks 1.4 times the floor, deltas 1.9: the floor itself is half as dear again as without TLS.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

VIEWS = ("gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """One table, two bars."""
    report = Report("tls", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    played = corpus("small-chunk", size)
    with Replay(tls=True) as server:
        job = Job(
            server.url, f"small-chunk.{size}.fast", ca=server.ca,
            events=played.count, characters=len(played.content),
        )  # fmt: skip
        rounds = contest([Contestant.ours(who) for who in ("floor", *VIEWS)], job, options.pick(9, 3))
    report.tables.append(contest_table("one fast stream over TLS", rounds, size, "event"))
    for view in VIEWS:
        report.bars.append(Bar(f"{view} against the floor", rounds.ratio(view, "floor"), 2.0))
    return report


if __name__ == "__main__":
    run_alone(run)
