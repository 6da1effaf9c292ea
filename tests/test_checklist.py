"""The checklist of the gateway's documents is covered: for each of its rows some test is named after it.

A test names its rows at the start: ``test_row_7_...``, ``test_row_71_row_72_...``, ``test_rows_96_97_...``,
``test_row_127_to_135_...``. What a row asks for stands in the test; here is only that none was forgotten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import shared

TESTS = Path(__file__).parent
ROWS = range(1, 163)

_ROWS = re.compile(r"test_rows?((?:_(?:row_)?(?:to_)?\d+)+)(?=_|$)")


def rows_of(name: str) -> set[int]:
    """The rows a test's name begins with."""
    found = _ROWS.match(name)
    rows: set[int] = set()
    for span in re.findall(r"\d+(?:_to_\d+)?", found[1]) if found else ():
        first, _, last = span.partition("_to_")
        rows.update(range(int(first), int(last or first) + 1))
    return rows


def named_tests() -> Iterator[str]:
    """The names of all test functions, from the source: nothing is run, and no skip hides one."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                yield node.name


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("test_row_7_google_header", {7}),
        ("test_row_007_google_header", {7}),
        ("test_row_71_72_options", {71, 72}),
        ("test_row_61_row_62_row_64_gemini_3", {61, 62, 64}),
        ("test_rows_96_97_errors", {96, 97}),
        ("test_row_127_to_130_the_stream", {127, 128, 129, 130}),
        ("test_row_46", {46}),
        ("test_row_of_seats", set()),
        ("test_the_answer_is_42", set()),
    ],
)
def test_names_tell_rows(name: str, rows: set[int]) -> None:
    """One or several, in any of the spellings; numbers later in a name are words."""
    assert rows_of(name) == rows


def test_every_row_has_a_test() -> None:
    """And no test is named after a row that does not exist."""
    tested = {row for name in named_tests() for row in rows_of(name)}
    missing, unknown = sorted(set(ROWS) - tested), sorted(tested - set(ROWS))
    assert (missing, unknown) == ([], [])


def test_the_checklist_has_these_rows() -> None:
    """Rows that are added to it are missed here."""
    text = shared("reference", "checklist.md").read_text(encoding="utf-8")
    assert [int(row) for row in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == list(ROWS)
