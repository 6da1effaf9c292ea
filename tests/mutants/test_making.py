"""What is a mutant, and what is left alone."""

from __future__ import annotations

import textwrap

import pytest

from .making import Mutant, mutants_of


def changes(source: str) -> list[tuple[str, str]]:
    return [(mutant.old, mutant.new) for mutant in mutants_of(textwrap.dedent(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"(a <= b)"}),
        ("a is not None", {"(a is None)"}),
        ("a in b", {"(a not in b)"}),
        ("not a", {"(a)"}),
        ("a and b", {"(a or b)", "(a)", "(b)"}),
        ("a or b or c", {"(a and b and c)", "(a or b)", "(a or c)", "(b or c)"}),
        ("a + b", {"(a - b)"}),
        ("-a", {"(a)"}),
        ("a += b", {"a -= b"}),
        ("x[1]", {"2", "0"}),
        ("f(True)", {"False"}),
        ("a if b else c", {"(not (b))"}),
        ("[a for a in b if c]", {"(not (c))"}),
        ("min(a)", {"max"}),
        ("if a: b", {"(not (a))"}),
        ("while a: break", {"continue"}),
        ("def f():\n    return a", {"pass"}),
        ("def f():\n    g()", {"pass"}),
        ("def f():\n    a.b = c", {"pass"}),
        ("def f():\n    raise A(1)", {"pass"}),
        ("def f(a=1): ...", {"2", "0"}),
        ("class A:\n    b: int = 1", {"2", "0"}),
    ],
)
def test_each_small_fault_is_made(source: str, expected: set[str]) -> None:
    """Operators, logic, constants, branches, statements, defaults."""
    assert {new for _, new in changes(source)} == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        '__slots__ = ("a" "b", 1)',
        "a: Literal[1]",
        "def f(a: Literal[1]) -> Literal[2]: ...",
        "class A(Struct, frozen=True): ...",
        "@cache(maxsize=1)\ndef f(): ...",
        "@overload\ndef f(a=1): ...",
        "def f():\n    log.info('%s', 1)",
        "f'{a + 1}'",
        "if TYPE_CHECKING:\n    a = 1",
        "raise A(1)",
        "def f():\n    a = b",
        "def f():\n    return",
    ],
)
def test_what_no_test_should_hold_is_left_alone(source: str) -> None:
    """Text, annotations, options, logs; and what would break whatever runs it."""
    assert changes(source) == []


def test_the_rest_of_the_file_stays_as_it_is() -> None:
    """Lines keep their numbers and characters, beyond ASCII too."""
    source = "# ä\nif (\n    ä ==\n    1\n):\n    ö()  # ü\n"
    found = mutants_of(source)
    assert (
        Mutant(3, "ä ==", "ä ==\n    1", "(ä != 1)", "# ä\nif (\n    (ä != 1)\n):\n    ö()  # ü\n") in found
    )
    assert [mutant.line for mutant in found] == [3, 3, 4, 4]


def test_a_long_change_is_shown_short() -> None:
    """One line of it, as ``equivalent`` knows it."""
    [mutant, *_] = [m for m in mutants_of(f"a = {'b' * 80} or (\n    c\n)\n") if m.new.startswith("(b")]
    assert mutant.change.count("\n") == 0
    assert len(mutant.change) < 200
