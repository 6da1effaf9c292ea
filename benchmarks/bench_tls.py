"""Question: what does an event of one fast stream cost over TLS, and of 500 paced ones?

Command: ``python -m benchmarks.bench_tls``

A certificate is made at run time. TLS hands bytes over in records of 16 KB at most, so there are more and
smaller reads than without it, in the floor too.

Finding: one fast stream: chunks 1.34 times the floor, deltas 1.19. 500 paced streams: 1.4 (missed), where
they cost 0.9 times the floor without TLS: there asyncio allocates 256 KB for every read, which the C
library answers with fresh pages each time (14 µs), and this package asks for less; with TLS the same call
finds them at hand. So TLS shows what an event that comes alone costs here beside reading it: 16 µs, 6 with
warm caches. Layer by layer at 120 events a stream (µs an event, floor 41): our reading and clocks 38,
decoding 43, folding 45, queue and views 50, opening and the rest 56 to 63. Tried: asking TLS for 16 KB,
what a record holds (nothing), no garbage collector (nothing), no timings or clocks (2), three calls fewer
per event (1.2).
"""

from __future__ import annotations

from benchmarks.bench_paced import allow_files
from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Rounds, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

VIEWS = ("gravitex-chunks", "gravitex-deltas")
PACED = (500, 40, 50)
"""Streams, events of each, milliseconds between two."""


def run(options: Options) -> Report:
    """A table each for a fast stream and for many at once."""
    report = Report("tls", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    streams, events, pace = options.pick(PACED, (50, 20, 20))
    allow_files(3 * streams)
    with Replay(tls=True) as server:
        fast = _contest(server, f"small-chunk.{size}.fast", size, 1, options.pick(9, 3))
        paced = _contest(server, f"small-chunk.{events}.paced.{pace}", events, streams, options.pick(5, 2))
    report.tables.append(contest_table("one fast stream over TLS", fast, size, "event"))
    report.tables.append(contest_table(f"{streams} paced streams over TLS", paced, streams * events, "event"))
    for view in VIEWS:
        report.bars.append(Bar(f"fast, {view} against the floor", fast.ratio(view, "floor"), 2.0))
        report.bars.append(Bar(f"paced, {view} against the floor", paced.ratio(view, "floor"), 1.2))
    return report


def _contest(server: Replay, model: str, size: int, streams: int, rounds: int) -> Rounds:
    played = corpus("small-chunk", size)
    job = Job(
        server.url, model, ca=server.ca, streams=streams,
        events=streams * played.count, characters=streams * len(played.content),
    )  # fmt: skip
    return contest([Contestant.ours(who) for who in ("floor", *VIEWS)], job, rounds)


if __name__ == "__main__":
    run_alone(run)
