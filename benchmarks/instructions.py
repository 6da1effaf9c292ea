"""Question: how many instructions does an event take from bytes to an accumulated delta?

Command: ``python -m benchmarks.instructions`` checks against ``instructions.json``; ``--update`` writes it.

Unlike time, a count is nearly the same on a loaded machine, so a continuous integration run can hold it to
a few percent. ``valgrind --tool=callgrind`` counts two runs of different length in fresh interpreters with a
fixed hash seed; the difference cancels start-up, and is divided by the difference in events. Counts depend
on the interpreter and on msgspec; where those differ from the file's, or valgrind is missing, the check says
so and passes.

Cases: ``parser`` is ``SSEParser`` alone, on events that need it (a comment before each); ``chat``,
``responses`` and ``gemini`` are ``EventDecoder`` and the dialect's accumulator on reads of 64 KB.

Finding: nearly exact: two runs on a loaded machine differ by less than one in a thousand. Cost is in
``instructions.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.corpus import corpus
from benchmarks.piece_clients import parts
from benchmarks.replay import ROOT

STORED = Path(__file__).resolve().parent / "instructions.json"
EVENTS = 400
READ_BYTES = 64 * 1024
TOLERANCE = 0.05
RUNS = (2, 6)
"""How often the corpus is gone through in the short and in the long run."""


def _reads(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), READ_BYTES):
        yield body[start : start + READ_BYTES]


def _parser(body: bytes) -> int:
    from gravitex_async.sse import SSEParser

    parser = SSEParser()
    return sum(len(parser.feed(read)) for read in _reads(body))


def _accumulated(dialect: str, body: bytes) -> int:
    decoder, accumulator = parts(dialect)
    count = 0
    for read in _reads(body):
        count += len(accumulator.fold(decoder.feed(read)))
    return count if accumulator.content else 0


def work(case: str, runs: int) -> None:
    """The child: goes through the corpus *runs* times."""
    body = corpus(_CORPORA[case], EVENTS).body
    for _ in range(runs):
        seen = _parser(body) if case == "parser" else _accumulated(case, body)
        if seen < EVENTS - 3:
            raise SystemExit(f"{case}: expected about {EVENTS}, saw {seen}")


_CORPORA = {"parser": "heartbeat", "chat": "small-chunk", "responses": "responses", "gemini": "gemini"}


def count(case: str) -> int:
    """Instructions per event."""
    short, long = (_collected(case, runs) for runs in RUNS)
    return round((long - short) / (RUNS[1] - RUNS[0]) / EVENTS)


def _collected(case: str, runs: int) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    child = [sys.executable, "-m", "benchmarks.instructions", "--work", case, str(runs)]
    done = subprocess.run(
        [*valgrind, *child], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(f"valgrind failed for {case}: {done.stderr[-500:]}")
    return int(found[1])


def versions() -> dict[str, str]:
    """What counts depend on."""
    return {
        "python": platform.python_version(),
        "msgspec": msgspec.__version__,
        "machine": platform.machine(),
    }


def why_not(stored: dict[str, object]) -> str | None:
    """Why the stored counts cannot be checked here; None when they can."""
    if shutil.which("valgrind") is None:
        return "there is no valgrind"
    if stored.get("versions") != versions():
        return f"the counts are for {stored.get('versions')}, this is {versions()}"
    return None


def check(stored: dict[str, object]) -> int:
    """The number of cases that got more expensive than the tolerance allows."""
    worse = 0
    counts = stored["instructions_per_event"]
    assert isinstance(counts, dict)
    for case in _CORPORA:
        now, before = count(case), counts.get(case)
        if before is None:
            print(f"{case}: {now:,} instructions per event, none stored; run with --update to hold on to it")
            continue
        change = now / before - 1
        worse += change > TOLERANCE
        print(f"{case}: {now:,} instructions per event, stored {before:,} ({change:+.1%})")
        if change < -TOLERANCE:
            print(f"{case}: cheaper than stored; run with --update to hold on to it")
    return worse


def main() -> int:
    """The exit status: 1 when a case got more expensive."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--update", action="store_true", help="count anew and store")
    arguments.add_argument("--work", nargs=2, metavar=("CASE", "RUNS"), help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.work:
        work(chosen.work[0], int(chosen.work[1]))
        return 0
    if chosen.update:
        counts = {case: count(case) for case in _CORPORA}
        stored = {"versions": versions(), "tolerance": TOLERANCE, "instructions_per_event": counts}
        STORED.write_text(json.dumps(stored, indent=1) + "\n")
        print(STORED.read_text())
        return 0
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    reason = why_not(stored)
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    return 1 if check(stored) else 0


if __name__ == "__main__":
    sys.exit(main())
