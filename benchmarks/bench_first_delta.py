"""Question: is the first delta handed over before the second event is sent, and how fast?

Command: ``python -m benchmarks.bench_first_delta``

The server sends two events (the role, the first word) and goes on only when it is told to; the client tells
it after it has the first delta, so a client that waits for more would never end. Then the time from the
sending of an event to its delta, events 5 ms apart, against the floor's time to the bytes.

Finding: Yes. From sending to the delta 309 µs (median), to the bytes in the floor 289.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

from benchmarks.harness import Contestant, Job, Options, Rounds, contest
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, Table, run_alone
from benchmarks.svg import bars

LIMIT_SECONDS = 5.0
KINDS = ("median", "99th of 100")


def run(options: Options) -> Report:
    """The proof, then the delays."""
    report = Report("first_delta", (__doc__ or "").partition("\n")[0])
    events = options.pick(400, 100)
    with Replay() as server:
        handed = asyncio.run(_handed_over(server.url))
        job = Job(server.url, f"small-chunk.{events}.stamped.5")
        contestants = [Contestant.ours(who) for who in ("floor-stamps", "gravitex-stamps")]
        rounds = contest(contestants, job, options.pick(5, 2))
    report.bars.append(
        Bar("first delta before the second event is sent (1: yes)", float(handed), 1, at_least=True)
    )
    delays = _delays(rounds)
    report.tables.append(Table("from sending to the reader", (" ", "median µs", "99th µs"), delays))
    named = [
        (f"{name}, {kind}", value) for name, *both in delays for kind, value in zip(KINDS, both, strict=True)
    ]
    report.charts["first_delta"] = bars("From the sending of an event to its delta", "µs", named)
    return report


def _delays(rounds: Rounds) -> list[tuple[str, float, float]]:
    rows = []
    for name in rounds.names():
        delays = [delay / 1000 for sample in rounds.samples[name] for delay in sample.extra["delays"]]
        rows.append((name, statistics.median(delays), statistics.quantiles(delays, n=100)[98]))
    return rows


async def _handed_over(url: str) -> bool:
    from gravitex_async import AsyncGravitex

    async with AsyncGravitex(api_key="sk-bench", base_url=url) as client:
        stream = client.chat.completions.stream(
            model="small-chunk.20.hold.2", messages=[{"role": "user", "content": "Hi"}]
        )
        try:
            first = await asyncio.wait_for(_first_text(stream.deltas()), LIMIT_SECONDS)
        except asyncio.TimeoutError:
            print("the first delta did not come", file=sys.stderr)
            return False
        await _release(url)
        await stream.final()
        whole = stream.content
        return bool(first) and whole.startswith(first) and len(whole) > len(first)


async def _first_text(deltas: object) -> str:
    async for delta in deltas:  # type: ignore[attr-defined]
        if delta.content:
            return str(delta.content)
    return ""


async def _release(url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /release HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


if __name__ == "__main__":
    run_alone(run)
