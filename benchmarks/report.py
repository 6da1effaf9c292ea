"""What a benchmark found, in ``benchmarks/results``: Markdown for people, JSON for programs, SVG for pages.

A ``Bar`` is a promise with its limit; a report says for each whether it is kept.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.harness import Options, Rounds

__all__ = [
    "RESULTS",
    "Bar",
    "Report",
    "Table",
    "contest_table",
    "environment",
    "run_alone",
    "stored_bars",
    "verdicts",
]

RESULTS = Path(__file__).resolve().parent / "results"

Cell = str | float | int


@dataclass(frozen=True)
class Bar:
    """A limit and what was measured."""

    promise: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the value is on the right side of the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True)
class Table:
    """Rows of cells under a title."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass
class Report:
    """The findings of one question."""

    name: str
    question: str
    tables: list[Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charts: dict[str, str] = field(default_factory=dict)
    """File name without ending -> SVG."""

    def write(self, folder: Path = RESULTS) -> None:
        """Writes ``<name>.md``, ``<name>.json`` and the charts."""
        folder.mkdir(parents=True, exist_ok=True)
        for chart, text in self.charts.items():
            (folder / f"{chart}.svg").write_text(text)
        (folder / f"{self.name}.md").write_text(self.markdown())
        (folder / f"{self.name}.json").write_text(json.dumps(self._values(), indent=1) + "\n")

    def markdown(self) -> str:
        """The report as a page."""
        lines = [f"# {self.name}", "", self.question, "", environment(), ""]
        lines += verdicts(self.bars)
        for table in self.tables:
            lines += ["", f"## {table.title}", "", *_markdown_rows(table)]
        lines += ["", *(f"![{chart}]({chart}.svg)" for chart in self.charts), *self.notes]
        return "\n".join(lines).rstrip() + "\n"

    def _values(self) -> dict[str, object]:
        return {
            "name": self.name,
            "environment": environment(),
            "bars": [{**asdict(bar), "kept": bar.kept} for bar in self.bars],
            "tables": [asdict(table) for table in self.tables],
            "notes": self.notes,
        }


def verdicts(bars: Sequence[Bar]) -> list[str]:
    """A line per bar."""
    return [
        f"- {'kept' if bar.kept else '**missed**'}: {bar.promise}: {bar.value:.3g} "
        f"({'≥' if bar.at_least else '≤'} {bar.limit:g})"
        for bar in bars
    ]


def stored_bars(path: Path) -> list[Bar]:
    """The bars of a report that was written before."""
    stored = json.loads(path.read_text())["bars"]
    return [Bar(bar["promise"], bar["value"], bar["limit"], bar["at_least"]) for bar in stored]


def _markdown_rows(table: Table) -> list[str]:
    rows = ["| " + " | ".join(map(_shown, row)) + " |" for row in table.rows]
    return ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns), *rows]


def _shown(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell:.3g}" if isinstance(cell, float) and cell < 1000 else f"{cell:,.0f}"


def environment() -> str:
    """Interpreter, libraries and machine, in a line."""
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("aiohttp", "msgspec", "orjson"))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join([python, *versions, _processor()])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def contest_table(title: str, rounds: Rounds, per: int, unit: str, floor: str = "floor") -> Table:
    """CPU time per *unit* and its ratio to the floor, by contestant."""
    rows = [
        (name, rounds.cpu(name, per), rounds.ratio(name, floor), f"{rounds.spread(name):.0%}")
        for name in rounds.names()
    ]
    return Table(title, (" ", f"µs CPU per {unit}", "× floor", "spread"), rows)


def run_alone(run: Callable[[Options], Report]) -> None:
    """Runs one benchmark from its own file, prints its page and keeps it unless ``--quick``."""
    arguments = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    arguments.add_argument("--quick", action="store_true", help="small sizes; results are not kept")
    arguments.add_argument("--no-peers", action="store_true", help="without other libraries")
    chosen = arguments.parse_args()
    report = run(Options(quick=chosen.quick, peers=not chosen.no_peers))
    print(report.markdown())
    if not chosen.quick:
        report.write()
