"""Question: what does a call over a kept connection cost against aiohttp: a plain one, and opening a stream?

Command: ``python -m benchmarks.bench_plain``

One request after the other on a kept connection. Plain: the answer is 100 words, the floor is ``post`` and
``json()``. Opening: a stream of four events (role, word, finish reason, usage) read to its end, the floor is
``post`` and ``readany``.

Finding: a plain request 0.97 times the floor, opening a short stream 1.37 (three rounds, spread 1 to 8 %),
since requests over a kept connection are sent without a task of their own. Before that a plain request was
1.38 to 1.44 times the floor, openai-python 6.3. What had been won until then: aiohttp's own ``trust_env``
reads .netrc and the proxy variables anew for every request, in threads (``floor-plain-env``), the session
looks for a proxy once per origin; asking for permits and slots before waiting for them, and for bytes before
arming a clock (1.66 to 1.41).
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Rounds, contest
from benchmarks.peers import python_peers
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone

WORDS = 100
EVENTS = 4
PLAIN = ("floor-plain", "floor-plain-env", "gravitex-plain", "gravitex-plain-no-env")
OPENING = ("floor", "gravitex-chunks", "gravitex-deltas")


def run(options: Options) -> Report:
    """Two tables, a bar each."""
    report = Report("plain", (__doc__ or "").partition("\n")[0])
    requests = options.pick(500, 100)
    with Replay() as server:
        plain = _plain(server, requests, options)
        opening = _opening(server, requests, options)
    report.tables.append(contest_table("request and answer", plain, requests, "request", "floor-plain"))
    report.tables.append(contest_table(f"a stream of {EVENTS} events", opening, requests, "stream"))
    ratio = plain.ratio("gravitex-plain", "floor-plain")
    report.bars.append(Bar("a request against aiohttp post + json", ratio, 1.3))
    ratio = opening.ratio("gravitex-chunks", "floor")
    report.bars.append(Bar("opening a short stream against aiohttp post + readany", ratio, 1.8))
    return report


def _plain(server: Replay, requests: int, options: Options) -> Rounds:
    characters = len(corpus("small-chunk", WORDS).content)
    job = Job(
        server.url, f"small-chunk.{WORDS}.plain", repeat=requests,
        events=requests, characters=requests * characters,
    )  # fmt: skip
    contestants = [Contestant.ours(who) for who in PLAIN]
    contestants += python_peers("plain") if options.peers else []
    return contest(contestants, job, options.pick(9, 3))


def _opening(server: Replay, requests: int, options: Options) -> Rounds:
    played = corpus("small-chunk", EVENTS)
    job = Job(
        server.url, f"small-chunk.{EVENTS}.fast", repeat=requests,
        events=requests * played.count, characters=requests * len(played.content),
    )  # fmt: skip
    return contest([Contestant.ours(who) for who in OPENING], job, options.pick(9, 3))


if __name__ == "__main__":
    run_alone(run)
