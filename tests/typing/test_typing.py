"""The types users see: typed user code passes mypy --strict, and mistakes are found where they are made."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

pytest.importorskip("mypy", reason="mypy is not installed")


@functools.cache
def report() -> list[str]:
    """The errors in both files; one run, which takes its time."""
    version = f"{sys.version_info.major}.{max(11, sys.version_info.minor)}"
    command = [
        sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context",
        "--python-version", version, str(HERE / "api.py"), str(HERE / "misuse.py"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def mypy(name: str) -> list[str]:
    """Those in one of them."""
    return [line for line in report() if f"{name}:" in line]


def test_typed_user_code_passes() -> None:
    """What the documentation shows type-checks strictly, with the types it promises."""
    assert mypy("api.py") == []


def test_mistakes_are_found() -> None:
    """A misspelt argument, a wrong type, a stream read the wrong way: each is an error on its own line."""
    text = (HERE / "misuse.py").read_text("utf-8").splitlines()
    marked = {number: line.partition("# E: ")[2] for number, line in enumerate(text, 1) if "# E: " in line}
    expected = {number: set(codes.split(", ")) for number, codes in marked.items()}
    found: dict[int, set[str]] = {}
    for line in mypy("misuse.py"):
        match = re.search(r":(\d+): error: .*\[([\w-]+)\]$", line)
        assert match, line
        found.setdefault(int(match[1]), set()).add(match[2])
    assert found == expected
