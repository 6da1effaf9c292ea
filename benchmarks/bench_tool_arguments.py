"""Question: does a tool call with 1 MB of arguments, or a structured answer of 1 MB, cost more per event?

Command: ``python -m benchmarks.bench_tool_arguments``

Fragments of 64 (arguments) and 16 characters (structured). A reader that joins or parses what it has at
every fragment is quadratic; the same call at a quarter of the size shows it.

Finding: linear. What a fragment costs was not measured again since deltas are made while accumulating;
before, it was 3.5 µs as a chunk and 5.5 as a delta, and 4.0 where a value grows with the text.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

MEGABYTE = 1024 * 1024
VIEWS = {
    "tool-arguments": ("gravitex-chunks", "gravitex-deltas"),
    "structured": ("gravitex-chunks", "gravitex-deltas", "gravitex-partial"),
}


def run(options: Options) -> Report:
    """A table per corpus; a bar on the growth of the cost per event."""
    report = Report("tool_arguments", (__doc__ or "").partition("\n")[0])
    with Replay() as server:
        for name, views in VIEWS.items():
            small, large = (
                _contest(server.url, name, size, options, report) for size in (MEGABYTE // 4, MEGABYTE)
            )
            for view in views[1:]:
                report.bars.append(
                    Bar(
                        f"{name}, {view}: cost per event, 1 MB against 256 KB", large[view] / small[view], 1.1
                    )
                )
    return report


def _contest(url: str, name: str, size: int, options: Options, report: Report) -> dict[str, float]:
    """µs per event, by view."""
    played = corpus(name, size)
    job = Job(url, f"{name}.{size}.fast", events=played.count, characters=len(played.content) or None)
    contestants = [Contestant.ours(who) for who in ("floor", *VIEWS[name])]
    rounds = contest(contestants, job, options.pick(7, 3))
    report.tables.append(contest_table(f"{name}, {size // 1024} KB", rounds, played.count, "event"))
    return {view: rounds.cpu(view, played.count) for view in VIEWS[name]}


if __name__ == "__main__":
    run_alone(run)
