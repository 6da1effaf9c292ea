"""Question: what does an event of the streams that providers really send cost, against the floor?

Command: ``python -m benchmarks.bench_recorded [--quick] [--file PATTERN]``

Every recorded stream (``recordings.py``: where they lie, and how each is stretched) is read two ways. Many
events a read: 8,000 of them, an HTTP chunk each, as fast as the socket takes them. One event a read: 8
streams of 500 events in one loop, an event in each whenever the loop has nothing left to do
(``stepped_clients.py``). The floor is aiohttp's ``readany`` in reads of the size this package uses, with
nothing parsed; contestants take turns, ratios are of CPU time in the same round, and a file's figure is the
median of its rounds. What the tables say of a dialect is the median, the 90th percentile and the worst of its
files. ``--file`` shows the files whose names contain a pattern, one by one.

Finding (``--quick --file .``: all files, three rounds of half the events, spread 4 to 9 %), deltas, median
and 90th percentile, many events a read: chat 1.50 and 3.13, Responses 1.31 and 1.51, Gemini 2.28 and 3.86;
one event a read: 1.48 and 1.85, 1.47 and 1.56, 1.57 and 1.86. Deltas over chunks: 1.01 to 1.04.

Missed: chat at the 90th percentile (before: 2.44). Chunks refuse fields that no struct knows, so that none is
lost; a stream in which every event has one (Perplexity, Hunyuan, Together, LiteLLM, Hugging Face) goes the
tolerant way throughout, 7 to 10 µs an event in place of 1 to 2. Looking for what is unknown in one comparison
of sets saved 1. Declaring such a field costs every other stream 0.4 % of its decoding and folding (counted:
267 instructions for three fields of a choice), so only those that come with every event of many servers are.

Missed: Gemini, many events a read. Of a plain event of Gemini (floor 1.4 µs in that run) reading takes 0.5,
decoding 0.7 to 0.8 (six structs, three lists, six texts), folding with its delta 0.65 (some forty fields to
be asked, usage to be compared and counted every time), handing out 0.4. Partial arguments of calls fold in
2.4, and logprobs, citations and audio are dear to decode. Lost there: comparing an event with a template in
C, a value in place of a jump (``or``), ``attrgetter``, a function of its own for short events, structs with
fewer fields (0.1 less, at the price of their shape), no cyclic collector, reads of 24 to 48 KB (2 to 10 %
dearer).

Won since the first run: one step for folding and deltas, pieces of thinking and of calls in the short branch,
CR LF cut like LF, keep-alives between events cut off before the read is (chat of OpenRouter 3.1 to 1.3),
events that are larger than 16 KB and no larger than a read cut too (Gemini with search results 5.5 to 3.3).
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.harness import Contest, Contestant, Job, Options, Rounds
from benchmarks.recordings import DIALECTS, Recording, folder, recordings, stretched
from benchmarks.replay import Replay
from benchmarks.report import RESULTS, Bar, Report, Table

FLOOR, CHUNKS, DELTAS = "floor", "gravitex-chunks", "gravitex-deltas"


class Way(NamedTuple):
    """How the server hands the events over, and what is promised of deltas then: (median, p90)."""

    title: str
    mode: str
    suffix: str
    events: int
    streams: int
    limits: dict[str, tuple[float, float]]


MANY = Way(
    "many events a read", "fast", "", 8_000, 1,
    {"chat": (1.6, 2.4), "responses": (1.3, 1.6), "gemini": (1.9, 2.8)},
)  # fmt: skip
ONE = Way(
    "one event a read", "stepped", "-stepped", 500, 8,
    {"chat": (1.5, 1.7), "responses": (1.5, 1.7), "gemini": (1.65, 1.8)},
)  # fmt: skip
DELTAS_OVER_CHUNKS = 1.1


class Figures(NamedTuple):
    """What one file costs: µs of the floor, ratios to it, deltas over chunks, and the rounds' spread."""

    file: str
    floor: float
    deltas: float
    chunks: float
    both: float
    spread: float


def run(options: Options) -> Report:
    """All files, both ways."""
    return _run(options, "")


def _run(options: Options, pattern: str) -> Report:
    report = Report("recorded", (__doc__ or "").partition("\n")[0])
    if folder() is None:
        report.notes.append("Skipped: the recordings are not there (../shared/captures).")
        return report
    chosen = {dialect: _fitting(report, dialect, pattern) for dialect in DIALECTS}
    if options.quick and not pattern:
        chosen = {dialect: files[::6] for dialect, files in chosen.items()}
    for way in (MANY, ONE):
        with Replay() as server, Contest(_contestants(way)) as contest:
            for dialect, files in chosen.items():
                figures = [_measured(report, contest, server.url, way, each, options) for each in files]
                _show(report, way, dialect, [each for each in figures if each], bool(pattern))
    return report


def _contestants(way: Way) -> list[Contestant]:
    return [Contestant.ours(name + way.suffix) for name in (FLOOR, CHUNKS, DELTAS)]


def _fitting(report: Report, dialect: str, pattern: str) -> list[Recording]:
    fitting, unfit = [], Counter[str]()
    for recording in recordings(dialect):
        if pattern not in recording.path.name:
            continue
        try:
            stretched(recording.path, ONE.events)
        except ValueError as error:
            unfit[str(error)] += 1
        else:
            fitting.append(recording)
    reasons = "".join(f", {number} left out ({reason})" for reason, number in sorted(unfit.items()))
    report.notes.append(f"- {dialect}: {len(fitting)} recordings{reasons}.")
    return fitting


def _measured(
    report: Report, contest: Contest, url: str, way: Way, recording: Recording, options: Options
) -> Figures | None:
    size = options.pick(way.events, way.events // 2)
    played = stretched(recording.path, size)
    job = Job(
        url, f"{recording.name}.{size}.{way.mode}", played.dialect,
        events=played.count * way.streams, hold=way.streams,
    )  # fmt: skip
    rounds = contest.run(job, options.pick(5, 3))
    name = f"{played.dialect}/{recording.path.stem}"
    if rounds.left_out:
        report.notes += [f"- {name}: {reason}" for reason in rounds.left_out]
        return None
    return _figures(name, rounds, way, len(played.events) * way.streams)


def _figures(name: str, rounds: Rounds, way: Way, events: int) -> Figures:
    floor, chunks, deltas = (each + way.suffix for each in (FLOOR, CHUNKS, DELTAS))
    texts = {rounds.samples[each][0].characters for each in (chunks, deltas)}
    if len(texts) != 1:
        raise RuntimeError(f"{name}: chunks and deltas accumulate {texts} characters")
    return Figures(
        name, rounds.cpu(floor, events), rounds.ratio(deltas, floor), rounds.ratio(chunks, floor),
        rounds.ratio(deltas, chunks), rounds.ratio_spread(deltas, floor),
    )  # fmt: skip


def _show(report: Report, way: Way, dialect: str, found: Sequence[Figures], each: bool) -> None:
    if not found:
        return
    title = f"{dialect}, {way.title}"
    if each:
        columns = (
            "file",
            "floor, µs an event",
            "deltas × floor",
            "chunks × floor",
            "deltas / chunks",
            "spread",
        )
        rows = [(*one[:-1], f"{one.spread:.0%}") for one in found]
        report.tables.append(Table(title, columns, rows))
        return
    rows = [_row("deltas × floor", found, "deltas"), _row("chunks × floor", found, "chunks")]
    rows += [_row("deltas / chunks", found, "both"), _row("floor, µs an event", found, "floor")]
    report.tables.append(Table(title, (" ", "median", "p90", "worst", "of"), rows))
    spread = statistics.median(one.spread for one in found)
    report.notes.append(f"- {title}: {len(found)} files; spread of a ratio over its rounds: {spread:.0%}.")
    median, ninth = way.limits[dialect]
    report.bars += [
        Bar(f"{title}: deltas against the floor, median", rows[0][1], median),
        Bar(f"{title}: deltas against the floor, p90", rows[0][2], ninth),
    ]
    if way is MANY:
        report.bars.append(Bar(f"{title}: deltas against chunks, median", rows[2][1], DELTAS_OVER_CHUNKS))


def _row(title: str, found: Sequence[Figures], name: str) -> tuple[str, float, float, float, str]:
    values = sorted((getattr(one, name), one.file) for one in found)
    numbers = [value for value, _ in values]
    ninth = statistics.quantiles(numbers, n=10, method="inclusive")[-1] if len(numbers) > 1 else numbers[0]
    return title, statistics.median(numbers), ninth, *values[-1]


def main() -> None:
    """From its own file: with ``--file`` one table row per file, which is not kept."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="every sixth file; results are not kept")
    arguments.add_argument("--file", default="", metavar="PATTERN", help="files with this in their names")
    chosen = arguments.parse_args()
    report = _run(Options(quick=chosen.quick), chosen.file)
    print(report.markdown())
    if not (chosen.quick or chosen.file):
        report.write(RESULTS)


if __name__ == "__main__":
    main()
