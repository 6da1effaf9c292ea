"""The examples in docstrings run, and give what they show; those that make a client talk to a local
gateway."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import io
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import gravitex_async
from gravitex_async import testing
from gravitex_async.testing import LocalGateway

# Found by its entry point where the package is installed; a plain checkout has it too this way.
from gravitex_async.testing.pytest_plugin import gravitex_gateway  # noqa: F401

PACKAGE = Path(gravitex_async.__file__).parent
SAME = doctest.OutputChecker().check_output


def examples() -> list[doctest.DocTest]:
    """The docstrings of the package that have examples."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            name = ".".join(parts).removesuffix(".__init__")
            found += [test for test in finder.find(importlib.import_module(name), name) if test.examples]
    return found


EXAMPLES = examples()


async def run(source: str, names: dict[str, Any]) -> str:
    """What one statement prints, or shows as its value; it may await."""
    flags = PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(source, "<docstring>", "single", flags=flags, dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        if code.co_flags & inspect.CO_COROUTINE:
            await FunctionType(code, names)()
        else:
            exec(code, names)
    text = shown.getvalue()
    return text if not text or text.endswith("\n") else f"{text}\n"


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name.removeprefix("gravitex_async."))
async def test_the_example_gives_what_it_shows(
    test: doctest.DocTest,
    gravitex_gateway: LocalGateway,  # noqa: F811
):
    """Statement by statement, with the names of its module."""
    for example in test.examples:
        shown = await run(example.source, test.globs)
        assert SAME(example.want, shown, 0), f"{example.source}gives\n{shown}not\n{example.want}"


def names_of(module: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(module, name)) for name in module.__all__ if not name.startswith("__")]


# Parts of what an example shows, and records that only the gateway makes.
SHOWN_ELSEWHERE = {
    "SSEEvent", "ToolCallDelta", "Call", "Connection", "RecordedRequest", "StreamRecord", "TokenCounts",
    "Word",
}  # fmt: skip


def test_what_everybody_uses_has_an_example():
    """Every name of the package's door and of its gateway, but for the error classes."""
    names = dict([*names_of(gravitex_async), *names_of(testing)])
    errors = {
        name for name, value in names.items() if inspect.isclass(value) and issubclass(value, Exception)
    }
    lacking = {name for name, value in names.items() if ">>> " not in (value.__doc__ or "")}
    assert lacking - errors <= SHOWN_ELSEWHERE
