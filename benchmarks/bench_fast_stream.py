"""Question: what does an event of one fast stream cost, by view and by dialect, against the floor and peers?

Command: ``python -m benchmarks.bench_fast_stream``

20,000 events as fast as the socket takes them; CPU time of the client process. Two framings: one HTTP chunk
per event, as gateways send, is what the bars are about; large HTTP chunks take most of the floor away and
show the cost of this package alone.

Finding: small-chunk: chunks 1.9 times the floor (1.92 µs), deltas and text 2.05 (2.02 µs: missed by a hair);
openai-python costs 50 times as much as chunks, openai-node 5.9, the json loop 4.3. Responses: chunks 1.53,
deltas 1.68; openai-python 63 times as much. Against large HTTP chunks the floor is 0.14 µs, and chunks are 13
times that: no bar, but it is the cost of this package with nothing to hide behind.

Won on chat: taking aiohttp's buffer in one step instead of ``readany`` (0.40 µs an event), keeping no list
of HTTP chunk ends (0.12), making deltas in the pass that folds (0.3; deltas were 2.35, text 2.5 times the
floor). What is left of chunks is reading 0.44, split 0.21, decode 0.52, fold 0.22, and 0.45 of iterating and
of memory that is no longer in the nearest cache.

Lost on chat: one ``decode_lines`` or one list decoded per read (0.50 against 0.52, and the replace or join
it needs costs 0.3), reads of 8, 16 or 32 KB (0.1 to 0.3 slower), a deque for the queue (the same, and 600
bytes a stream), dropping rarely used fields from the structs (0.02).

Gemini: chunks cost 2.45 times the floor (2.35 µs), deltas 2.9 (2.8 µs): both missed. Without the network an
event costs 1.50 µs: split 0.20, decode 0.65, fold 0.40, free 0.22; with deltas 0.24 more to make and 0.06 to
free. To skip the JSON with no object made takes 0.26 already; the rest is what an event of Gemini has more of
than one of chat: six structs, three lists, six texts, and usage every time, which has to be compared with the
former one field by field and put into each delta.

Lost on Gemini: token details as ``msgspec.Raw`` (9 % of the decoder's instructions, at most 0.02 µs of its
0.6, for a field that no longer takes a list), a strict decoder and fields in other orders (nothing), a
candidate compared with a plain one in C instead of twelve tests in Python (the same), no cyclic garbage
collector (no gain). Not to decode token details at all would save 0.06, usage as a whole 0.08: neither would
reach the bar.
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
    kept = [
        Bar(f"{name}: {view.removeprefix('gravitex-')} against the floor", rounds.ratio(view, "floor"), 2.0)
        for view in VIEWS[:2]
    ]
    for peer, times in PEERS:
        if peer in rounds.names():
            value = rounds.ratio(peer, VIEWS[0])
            kept.append(Bar(f"{name}: {peer} costs more, times", value, times, at_least=True))
    return kept


if __name__ == "__main__":
    run_alone(run)
