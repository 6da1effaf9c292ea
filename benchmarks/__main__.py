"""Runs all benchmarks, or those named: ``python -m benchmarks [--quick] [--only fast_stream,plain]``.

Results go to ``benchmarks/results`` (``--quick``: to ``results/tmp``), with ``summary.md`` on top: every
promise and whether it is kept, as last measured. The exit status is 1 when one is not kept; a quick run is
never judged.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from benchmarks.harness import Options
from benchmarks.report import RESULTS, Report, environment, stored_bars, verdicts

QUESTIONS = (
    "recorded", "fast_stream", "pieces", "packets", "paced", "concurrency", "plain", "imports", "memory",
    "length", "tool_arguments", "first_delta", "tls", "processes", "governor",
)  # fmt: skip


def main() -> int:
    """The exit status."""
    chosen = _arguments()
    options = Options(quick=chosen.quick, peers=not chosen.no_peers)
    folder = RESULTS / "tmp" if chosen.quick else RESULTS
    reports = []
    for name in chosen.only.split(",") if chosen.only else QUESTIONS:
        start = time.perf_counter()
        report: Report = importlib.import_module(f"benchmarks.bench_{name}").run(options)
        report.write(folder)
        reports.append(report)
        print(
            f"{name}: {time.perf_counter() - start:.0f} s",
            *(f"  {line}" for line in verdicts(report.bars)),
            sep="\n",
        )
    (folder / "summary.md").write_text(_summary(folder))
    missed = sum(not bar.kept for report in reports for bar in report.bars)
    return 1 if missed and not chosen.quick else 0


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="small sizes, for a look")
    arguments.add_argument("--only", metavar="NAMES", help=f"some of {', '.join(QUESTIONS)}")
    arguments.add_argument("--no-peers", action="store_true", help="without other libraries")
    return arguments.parse_args()


def _summary(folder: Path) -> str:
    """A page of what was measured last, question by question."""
    lines = ["# What was promised, and what was measured", "", environment()]
    for name in QUESTIONS:
        path = folder / f"{name}.json"
        if path.exists():
            question = (importlib.import_module(f"benchmarks.bench_{name}").__doc__ or "").partition("\n")[0]
            lines += ["", f"## [{name}]({name}.md)", "", question, "", *verdicts(stored_bars(path))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
