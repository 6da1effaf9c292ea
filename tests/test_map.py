"""``tests.TESTS`` is whole: a change in any module, and any test file, has its place."""

from __future__ import annotations

from pathlib import Path

from . import TESTS, WHOLE

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "gravitex_async"


def test_every_module_has_its_tests() -> None:
    """One line each, with at least one file; no line for a module that is gone."""
    modules = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")}
    assert set(TESTS) ^ modules == set()
    assert not [module for module, tests in TESTS.items() if not tests]


def test_every_test_file_is_of_use() -> None:
    """Each belongs to a module or to the whole, and each that is named is there."""
    files = {path.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py")}
    named = {file for tests in TESTS.values() for file in tests} | set(WHOLE)
    assert named ^ files == set()


def test_no_file_is_named_twice() -> None:
    """A second time would only cost time."""
    assert not [module for module, tests in TESTS.items() if len(set(tests)) != len(tests)]
    assert len(set(WHOLE)) == len(WHOLE)
