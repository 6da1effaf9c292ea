"""Question: what does a plain request and its answer cost against ``aiohttp`` post + ``json()``?

Command: ``python -m benchmarks.bench_plain``

One request after the other on a kept connection; the answer is 100 words.

Finding: 1.38 to 1.44 times the floor (283 µs against 200). It was 3.4 times while aiohttp's own
``trust_env`` was on: that reads .netrc and the proxy variables anew for every request, in threads, and
costs the floor 350 µs too; the session looks for a proxy once per origin now. Asking for permits and slots
before waiting for them (two timers less), and for bytes before arming a clock, took it from 1.66 to 1.41, a
connector of our own instead of tracing hooks 10 µs more. openai-python takes 1,260.
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, contest
from benchmarks.peers import python_peers
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

WORDS = 100
NAMES = ("floor-plain", "floor-plain-env", "gravitex-plain", "gravitex-plain-no-env")


def run(options: Options) -> Report:
    """One table, one bar."""
    report = Report("plain", (__doc__ or "").partition("\n")[0])
    requests = options.pick(500, 100)
    characters = len(corpus("small-chunk", WORDS).content)
    with Replay() as server:
        job = Job(
            server.url, f"small-chunk.{WORDS}.plain", repeat=requests,
            events=requests, characters=requests * characters,
        )  # fmt: skip
        contestants = [Contestant.ours(who) for who in NAMES]
        contestants += python_peers("plain") if options.peers else []
        rounds = contest(contestants, job, options.pick(9, 3))
    report.tables.append(contest_table("request and answer", rounds, requests, "request", "floor-plain"))
    ratio = rounds.ratio("gravitex-plain", "floor-plain")
    report.bars.append(Bar("a request against aiohttp post + json", ratio, 1.5))
    return report


if __name__ == "__main__":
    run_alone(run)
