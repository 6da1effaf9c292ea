"""Question: what memory does a live stream take, what a 64 MB event, and does a long run grow?

Command: ``python -m benchmarks.bench_memory``

Resident memory of fresh processes, after a collection. A live stream: 1,000 answers open at once, the first
ten events of each read and accumulated, a reader waiting for the next, against answers of aiohttp read and
waited for in the same way. The huge event: the highest tracemalloc saw while it was read, decoded,
accumulated and joined once. The long run: one process, 20 times 50 streams of 200 events.

Finding: 15.4 KB for a live stream against 16.6; a 64 MB event peaks at 2.0 times its size; 1,000 streams
leave no growth. It was 25 KB while a waiting stream kept what the next one would not ask for: the request (6
KB with a hook of aiohttp's that held it, however small the prompt), the structs and payloads of the last
read (10), a deque of the body and one of where HTTP chunks ended (2), empty lists for what few answers bring.
"""

from __future__ import annotations

import statistics

from benchmarks.bench_paced import allow_files
from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Sample, Worker
from benchmarks.replay import Replay, cores
from benchmarks.report import Bar, Report, Table, run_alone
from benchmarks.svg import lines

MEGABYTE = 1024 * 1024
EVENTS_READ = 10


def run(options: Options) -> Report:
    """Three measurements, three bars."""
    report = Report("memory", (__doc__ or "").partition("\n")[0])
    with Replay() as server:
        _live(report, server.url, options)
        _huge(report, server.url, options.pick(64, 16))
        _steady(report, server.url, options)
    return report


def _runs(client: str, job: Job, times: int) -> list[Sample]:
    """*times* runs of *job* in one fresh process."""
    worker = Worker(Contestant.ours(client), cores()[0])
    try:
        return [worker.run(job) for _ in range(times)]
    finally:
        worker.close()


def grown(url: str, client: str, held: int, times: int) -> list[float]:
    """Bytes of resident memory that *held* open streams take, in fresh processes."""
    job = Job(url, f"small-chunk.40.hold.{EVENTS_READ + 1}", hold=held)
    return [_runs(client, job, 1)[0].extra["rss"] for _ in range(times)]


def _live(report: Report, url: str, options: Options) -> None:
    held = options.pick(1_000, 300)
    allow_files(2 * held)
    kilobytes = {
        client: statistics.median(grown(url, client, held, options.pick(5, 2))) / held / 1024
        for client in ("memory-floor-held", "memory-held")
    }
    report.tables.append(Table("one live stream", (" ", "KB resident"), list(kilobytes.items())))
    ratio = kilobytes["memory-held"] / kilobytes["memory-floor-held"]
    report.bars.append(Bar("a live stream against the floor's", ratio, 1.2))


def _huge(report: Report, url: str, megabytes: int) -> None:
    played = corpus("huge-line", megabytes * MEGABYTE)
    job = Job(url, f"huge-line.{megabytes * MEGABYTE}.large.65536", characters=len(played.content))
    sample = _runs("memory-huge", job, 1)[0]
    times = sample.extra["peak"] / (megabytes * MEGABYTE)
    seconds = _runs("gravitex-deltas", job, 2)[1].cpu
    report.tables.append(
        Table(
            "one huge event", ("MB", "peak, times its size", "ms CPU"), [(megabytes, times, seconds * 1000)]
        )
    )
    report.bars.append(Bar(f"peak for an event of {megabytes} MB, times its size", times, 3.0))


def _steady(report: Report, url: str, options: Options) -> None:
    job = Job(url, "small-chunk.200.fast", repeat=50)
    points = [sample.extra["rss"] / MEGABYTE for sample in _runs("memory-steady", job, options.pick(20, 6))]
    numbers = [50 * (number + 1) for number in range(len(points))]
    report.tables.append(
        Table("a long run", ("streams", "MB resident"), list(zip(numbers, points, strict=True)))
    )
    # The first runs fill caches and free lists; growth is what comes after.
    report.bars.append(
        Bar("resident memory at the end against a quarter in", points[-1] / points[len(points) // 4], 1.02)
    )
    report.charts["memory"] = lines(
        "Resident memory over streams read", numbers, {"gravitex": points}, unit="MB"
    )


if __name__ == "__main__":
    run_alone(run)
