"""Tries mutants, in copies of the tree, so that the checkout is never touched.

A mutant is *killed* when the tests of its module fail or do not come to an end. A worker is a copy and a
process that forks (``forking``); it puts the mutant into the copy, has the tests run, and puts the original
back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
COPIED = ("gravitex_async", "tests", "examples", "benchmarks", "pyproject.toml", "README.md", "CHANGELOG.md")
FIRST = 300.0  # the original, on a cold copy
AT_LEAST = 10.0
LONGER = 6  # a mutant may take so many times what the original takes
# Before any real time of change: a compiled original never passes for a mutant of the same length.
LONG_AGO = 1_000_000_000


class Verdict(NamedTuple):
    status: int
    seconds: float

    @property
    def killed(self) -> bool:
        return self.status != 0


class Worker:
    """One copy of the tree and the process that tries mutants in it."""

    def __init__(self) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.tree = self._place / "tree"
        self._log = self._place / "log"
        for name in COPIED:
            _copy(ROOT / name, self.tree / name)
        for path in (self.tree / "gravitex_async").rglob("*.py"):
            os.utime(path, (LONG_AGO, LONG_AGO))
        shared = os.environ.get("GRAVITEX_SHARED") or str(ROOT.parent / "shared")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.forking"], cwd=self.tree, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "GRAVITEX_SHARED": shared},
        )  # fmt: skip

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        shutil.rmtree(self._place, ignore_errors=True)

    def original(self, tests: Sequence[str]) -> Verdict:
        """How the tests fare as things are."""
        self._test(tests, FIRST)  # leaves everything compiled
        return self._test(tests, FIRST)

    def mutant(self, module: str, source: str, tests: Sequence[str], usual: float) -> Verdict:
        """How they fare with *source* for *module* (``stream/_queue``)."""
        path = self.tree / "gravitex_async" / f"{module}.py"
        original = path.read_bytes()
        path.write_text(source, encoding="utf-8")
        try:
            return self._test(tests, max(AT_LEAST, LONGER * usual))
        finally:
            path.write_bytes(original)
            os.utime(path, (LONG_AGO, LONG_AGO))

    def said(self) -> str:
        """The end of what pytest printed last."""
        return self._log.read_text(errors="replace")[-2000:]

    def _test(self, tests: Sequence[str], seconds: float) -> Verdict:
        request = {"tests": [f"tests/{name}" for name in tests], "log": str(self._log), "seconds": seconds}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return Verdict(*json.loads(self._process.stdout.readline()))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
