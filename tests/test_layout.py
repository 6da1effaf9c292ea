"""The checkout: what lies at its top, how large its rooms are, and what must not be in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

TOP_LEVEL = {
    "CHANGELOG.md", "LICENSE", "README.md", "benchmarks", "examples", "gravitex_async", "pyproject.toml",
    "tests",
    ".ci", ".github", ".gitignore", ".pre-commit-config.yaml", ".python-version", "uv.lock",
}  # fmt: skip

MAX_LINES = 450
MAX_FUNCTION = 60  # its docstring not counted
MAX_COMPLEXITY = 20  # ways to decide in one function, each part of a condition counted
# Written so that this file does not find itself.
NOTES = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.:/])/(?:work" + r"|opt/(?:venvs|work)" + r"|root|home/\w+)/")
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".json", ""}


def tracked() -> list[Path]:
    """The files of the repository; without git (an unpacked sdist), those of its source folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [ROOT / name for name in listed.splitlines()]
    else:
        paths = [p for name in sorted(TOP_LEVEL) for p in [ROOT / name, *(ROOT / name).rglob("*")]]
    return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]


FILES = tracked()
TEXTS = [path for path in FILES if path.suffix in TEXT]
MODULES = [path for path in FILES if path.suffix == ".py" and ROOT / "gravitex_async" in path.parents]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_top_level_holds_only_what_it_may() -> None:
    """A newcomer who runs ``ls`` sees the eight things there are, beside what tools need."""
    found = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert found <= TOP_LEVEL


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_modules_are_rooms_not_halls(path: Path) -> None:
    """No module grows beyond what one sitting can read, and each opens with its strategy."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= MAX_LINES
    assert text.startswith(('"""', "#!")) or not text.strip()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From the ``def`` to the end, without the docstring."""
    assert function.end_lineno is not None
    first = function.body[0]
    docstring = 0
    if ast.get_docstring(function) is not None:
        assert first.end_lineno is not None
        docstring = first.end_lineno - first.lineno + 1
    return function.end_lineno - function.lineno + 1 - docstring


DECIDING = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.comprehension,
)  # fmt: skip


def decisions(node: ast.AST) -> int:
    """The branches and conditions in *node*, without those of functions inside it."""
    total = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        total += isinstance(child, DECIDING) + decisions(child)
        if isinstance(child, ast.BoolOp):
            total += len(child.values) - 1
        elif isinstance(child, ast.comprehension):
            total += len(child.ifs)
    return total


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_functions_are_read_in_one_go(path: Path) -> None:
    """None is longer than a screen, and none decides more than a reader can keep in mind."""
    found = {function.name: (lines_of(function), decisions(function) + 1) for function in functions(path)}
    too_much = {
        name: (lines, complexity)
        for name, (lines, complexity) in found.items()
        if lines > MAX_FUNCTION or complexity > MAX_COMPLEXITY
    }
    assert too_much == {}, "lines and complexity"


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_annotations_are_never_evaluated_at_import(path: Path) -> None:
    """Every module with code in it begins so; it is what lets heavy imports stay under TYPE_CHECKING."""
    text = path.read_text("utf-8")
    if re.search(r"^(?:import|from|def|class) ", text, re.MULTILINE) and "def " in text:
        assert "from __future__ import annotations" in text


@pytest.mark.parametrize("path", TEXTS, ids=shown)
def test_nothing_is_left_to_do_and_nothing_names_a_machine(path: Path) -> None:
    """What is in the repository is finished, and true on every machine."""
    text = path.read_text("utf-8")
    notes, places = NOTES.search(text), MACHINE_PATHS.search(text)
    assert notes is None, f"{shown(path)}: {notes.group()!r}"
    assert places is None, f"{shown(path)}: {places.group()!r}"


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_what_coverage_leaves_out_says_why(path: Path) -> None:
    """``pragma: no cover`` stands beside its reason: another platform, another version."""
    for line in path.read_text("utf-8").splitlines():
        comment, pragma, reason = line.partition("#")[2].partition("pragma: no ")
        said = comment + reason.partition(" ")[2]  # without "cover" or "branch"
        assert not pragma or re.search(r"\w+\W+\w+", said), f"{line.strip()!r}: expected a reason"


def test_the_version_has_one_source() -> None:
    """pyproject.toml and ``gravitex_async.__version__`` agree, and the change log knows the version."""
    from gravitex_async import __version__

    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    releases = re.findall(
        r"^## ([\d.]+) \(\d{4}-\d{2}-\d{2}\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert releases[0] == __version__
