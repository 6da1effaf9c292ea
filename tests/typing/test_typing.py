"""The types users see: typed user code passes mypy --strict and pyright, and mistakes are found at once.

``api.py`` is code as users write it. ``misuse.py`` holds their mistakes: ``# E: code`` names what mypy finds
in a line, and pyright has to find something there too, unless it says otherwise. The third file is made of
the samples in the gateway's own documents.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from . import samples

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
API, MISUSE = HERE / "api.py", HERE / "misuse.py"

VERSION = f"{sys.version_info.major}.{max(11, sys.version_info.minor)}"  # the files use assert_type


class Found(NamedTuple):
    """One error: the file it is in, its line, the checker's name for its kind, and what it says."""

    path: Path
    line: int
    kind: str
    text: str


@functools.cache
def mypy(*files: Path) -> tuple[Found, ...]:
    """What mypy finds in them; one run, which takes its time."""
    command = ["mypy", "--strict", "--no-error-summary", "--hide-error-context", "--python-version", VERSION]
    done = _run([*command, *map(str, files)])
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert errors or not done.returncode, done.stdout + done.stderr
    return tuple(_of_mypy(line) for line in errors)


def _of_mypy(line: str) -> Found:
    match = re.match(r"(.*?):(\d+): error: (.*?)(?:  \[([\w-]+)\])?$", line)
    assert match, line
    return Found(ROOT / match[1], int(match[2]), match[4] or "", match[3])


class _Start(msgspec.Struct):
    line: int


class _Range(msgspec.Struct):
    start: _Start


class _Diagnostic(msgspec.Struct):
    file: str
    severity: str
    message: str
    range: _Range
    rule: str = ""


class _Report(msgspec.Struct):
    generalDiagnostics: list[_Diagnostic]


@functools.cache
def pyright(*files: Path) -> tuple[Found, ...]:
    """What pyright finds in them, as users run it: with its own defaults."""
    command = ["pyright", "--outputjson", "--pythonpath", sys.executable, "--pythonversion", VERSION]
    done = _run([*command, *map(str, files)])
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = msgspec.json.decode(done.stdout, type=_Report)
    return tuple(
        Found(Path(each.file), each.range.start.line + 1, each.rule, each.message)
        for each in report.generalDiagnostics
        if each.severity == "error"
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


Checker = Callable[..., tuple[Found, ...]]


@pytest.fixture(params=[mypy, pyright], ids=["mypy", "pyright"])
def checker(request: pytest.FixtureRequest) -> Checker:
    """Either; one that is not installed is left out."""
    found: Checker = request.param
    if importlib.util.find_spec(found.__name__) is None:
        pytest.skip(f"{found.__name__} is not installed")
    return found


def in_file(found: tuple[Found, ...], path: Path) -> list[Found]:
    return [each for each in found if each.path == path]


def test_typed_user_code_passes(checker: Checker) -> None:
    """What the documentation shows type-checks, with the types it promises."""
    assert in_file(checker(API, MISUSE), API) == []


def test_mypy_finds_each_mistake() -> None:
    """A misspelt argument, a wrong type, a stream read the wrong way: each is an error of its own kind."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    found: dict[int, set[str]] = {}
    for each in in_file(mypy(API, MISUSE), MISUSE):
        found.setdefault(each.line, set()).add(each.kind)
    assert found == {line: set(codes.split(", ")) for line, (codes, _) in marked().items()}


def test_pyright_finds_each_mistake() -> None:
    """In the same lines."""
    pytest.importorskip("pyright", reason="pyright is not installed")
    found = {each.line for each in in_file(pyright(API, MISUSE), MISUSE)}
    assert found == {line for line, (_, alone) in marked().items() if not alone}


def marked() -> dict[int, tuple[str, bool]]:
    """The lines of ``misuse.py`` with a mistake: what mypy calls it, and whether it alone finds it."""
    lines = enumerate(MISUSE.read_text("utf-8").splitlines(), 1)
    marks = {number: line.partition("# E: ")[2] for number, line in lines if "# E: " in line}
    return {number: (mark.partition(" (")[0], "(mypy alone)" in mark) for number, mark in marks.items()}


def test_the_documents_samples_pass(checker: Checker, tmp_path: Path) -> None:
    """What the gateway's documents show, written for this package, holds no error of types."""
    path = tmp_path / "documents.py"
    path.write_text(samples.module(), "utf-8")
    assert path.read_text("utf-8").count("async def") > 50
    assert [(each.line, each.text) for each in checker(path)] == []
