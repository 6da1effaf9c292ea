"""Question: what does an event of one fast stream cost, by view and by dialect, against the floor and peers?

Command: ``python -m benchmarks.bench_fast_stream``

20,000 events as fast as the socket takes them; CPU time of the client process. Two framings: one HTTP chunk
per event, as gateways send, is what the bars are about; large HTTP chunks take most of the floor away and
show the cost of this package alone.

Finding: measured with an earlier corpus (333 bytes a chunk, LF, fewer nulls), another way to deltas, and a
floor that read 256 KB at a time; to be compared with nothing newer. Chat: chunks 1.53 times the floor (1.54
µs), deltas 1.34 (1.31), the final answer alone 1.19; openai-python costs 63 times as much as chunks,
openai-node 7.5, the json loop 5.4. Responses: 1.39 and 1.32, openai-python 69 times as much. Gemini: 1.95 and
1.85, google-genai 78 times as much.

Won on reading (aiohttp's ``readany`` 0.98 µs an event, ours 0.31): aiohttp's parser calls Python three times
per HTTP chunk, so the reader of the body does nothing then but put the piece aside, and is woken once per
network read by a protocol that stands between (transport/_body.py); all pieces are joined in one step.
Reads of 72 KB: 256 KB, asyncio's own, cost 0.4 more (why is not known), 64 KB 0.04, 32 KB 0.05.

Won on splitting (0.20 to 0.10): ``rsplit``, as CPython searches forwards for a separator of 8 bytes in a way
that costs twice as much; no copy of the read to put a tail in front, to cut one off, or to skip a prefix.

One way for every event: its pieces are accumulated and its delta is made in one pass. Tried and lost: a
second way that made deltas of plain text without the structs of the wire; it paid on plain chat text alone.
Unpacking ``(x,) = list`` instead of ``len`` and an index: 0.045.

Lost on chat: one ``decode_lines`` or one list decoded per read (0.50 against 0.52, and the replace or join
it needs costs 0.3), templates (fixed text before, between and after what changes, found with ``replace``,
``split`` or a regex: 0.5 to 1.0, for a long needle is prepared anew at every match), smaller pieces of a read
decoded one after another (0.05 to 0.2 dearer), a deque for the queue, dropping rarely used fields from the
structs (0.02), no cyclic garbage collector (nothing).

Gemini has more in an event than chat: six structs, three lists, six texts, and usage every time, which has to
be compared with the former one field by field and put into each delta. To skip the JSON with no object made
takes 0.26 already. Lost there: token details as ``msgspec.Raw`` (0.06, for a field that no longer takes a
list), a strict decoder, other orders of fields, a candidate compared with a plain one in C (the same),
``astuple(usage).count(None)`` (0.12 against 0.07 for the tests).
"""

from __future__ import annotations

from benchmarks.corpus import corpus
from benchmarks.harness import Contestant, Job, Options, Rounds, contest
from benchmarks.peers import node_peer, python_peers
from benchmarks.replay import Replay
from benchmarks.report import Bar, Report, contest_table, run_alone
from benchmarks.svg import bars

VIEWS = ("gravitex-chunks", "gravitex-deltas", "gravitex-text", "gravitex-batches", "gravitex-final")
CORPORA = ("small-chunk", "responses", "gemini")
LIMIT = 1.35
"""Of the deltas of plain chat text, the shortest events there are."""

# (peer, how many times less CPU we promise to use)
PEERS = (("openai-python", 40.0), ("openai-node", 5.0), ("loop-json", 2.5))


def run(options: Options) -> Report:
    """All dialects and framings."""
    report = Report("fast_stream", (__doc__ or "").partition("\n")[0])
    size = options.pick(20_000, 4_000)
    with Replay() as server:
        for name in CORPORA:
            rounds = _contest(server.url, name, size, "fast", options)
            report.tables.append(contest_table(f"{name}, one HTTP chunk per event", rounds, size, "event"))
            report.bars += _bars(name, rounds)
            report.notes += rounds.left_out
            values = [(who, rounds.cpu(who, size)) for who in rounds.names()]
            report.charts[f"fast_stream_{name}"] = bars(f"CPU per event, {name}", "µs", values)
        bare = _contest(server.url, "small-chunk", size, "large.16384", Options(options.quick, peers=False))
        report.tables.append(contest_table("small-chunk, HTTP chunks of 16 KB", bare, size, "event"))
    return report


def _contest(url: str, name: str, size: int, mode: str, options: Options) -> Rounds:
    played = corpus(name, size)
    job = Job(
        url, f"{name}.{size}.{mode}", played.dialect, events=played.count, characters=len(played.content)
    )
    contestants = [
        Contestant.ours(who) for who in ("floor", "floor-default", *VIEWS, "loop-json", "loop-orjson")
    ]
    if options.peers:
        contestants += python_peers(played.dialect)
        contestants += node_peer() if played.dialect != "gemini" else []
    return contest(contestants, job, options.pick(9, 3))


def _bars(name: str, rounds: Rounds) -> list[Bar]:
    deltas = LIMIT if name == "small-chunk" else 2.0
    kept = [
        Bar(f"{name}: {view.removeprefix('gravitex-')} against the floor", rounds.ratio(view, "floor"), limit)
        for view, limit in zip(VIEWS, (2.0, deltas), strict=False)
    ]
    for peer, times in PEERS:
        if peer in rounds.names():
            value = rounds.ratio(peer, VIEWS[0])
            kept.append(Bar(f"{name}: {peer} costs more, times", value, times, at_least=True))
    return kept


if __name__ == "__main__":
    run_alone(run)
