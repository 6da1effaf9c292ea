"""Question: what does an event of one fast stream cost over TLS, and of 500 paced ones?

Command: ``python -m benchmarks.bench_tls``

A certificate is made at run time. TLS hands bytes over in records of 16 KB at most, so there are more and
smaller reads than without it, in the floor too.

The paced streams are those of ``bench_paced``, over TLS.

Finding: none to quote yet. A single round of 100 streams opened first, on a busy machine, gave chunks 1.4 and
deltas 1.3 times the floor; the fast stream has not been measured since the floor reads as we do.
"""

from __future__ import annotations

from benchmarks.bench_paced import LOADS, add_paced, add_stepped, allow_files
from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

VIEWS = ("gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """A table each for a fast stream and for many at once."""
    report = Report("tls", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    allow_files(3 * LOADS[0][0])
    with Replay(tls=True) as server:
        played = corpus("small-chunk", size)
        job = Job(
            server.url, f"small-chunk.{size}.fast", ca=server.ca,
            events=played.count, characters=len(played.content),
        )  # fmt: skip
        fast = contest([Contestant.ours(who) for who in ("floor", *VIEWS)], job, options.pick(9, 3))
        report.tables.append(contest_table("one fast stream over TLS", fast, size, "event"))
        report.bars += [
            Bar(f"fast, {view} against the floor", fast.ratio(view, "floor"), 2.0) for view in VIEWS
        ]
        add_stepped(report, server, options, " over TLS")
        add_paced(report, server, LOADS[0], options, " over TLS")
    return report


if __name__ == "__main__":
    run_alone(run)
