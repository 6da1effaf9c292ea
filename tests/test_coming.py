"""The README's tables for those who come from openai or google-genai: each row runs, on both sides.

The column of this package always runs, that of the other one where it is installed (``pip install openai
google-genai``); then both must give the same. What a column names, ``before`` or the rows above have made.
"""

from __future__ import annotations

import ast
import base64
import importlib
import inspect
import json
import re
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import pydantic
import pytest

import gravitex_async.chat
import gravitex_async.gemini
import gravitex_async.inputs
from gravitex_async import AsyncGravitex, Timeout
from gravitex_async.testing import LocalGateway

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## Coming from") : README.index("\n## ", README.index("## Coming from") + 1)]

# The other packages' deprecations are not ours to fix.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Person(pydantic.BaseModel):
    name: str


class Row(NamedTuple):
    """The code of both columns. What ``alike`` gives must be the same, what is in ``more`` says more."""

    left: str
    alike: list[str]
    more: list[str]


class NotGiven:
    """Stands for the marks of openai where that package is not there."""

    def __bool__(self) -> bool:
        return False


def rows(title: str) -> Iterator[Row]:
    table = SECTION[SECTION.index(f"| {title} | here |") :].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        left, right = line.strip("| ").split(" | ")
        same, _, more = right.partition("also ")
        left = left.strip("`")
        yield Row(left, [left] * right.startswith("the same") + codes_in(same), codes_in(more))


def codes_in(cell: str) -> list[str]:
    return [code for code in re.findall(r"`([^`]+)`", cell) if is_code(code)]


def is_code(span: str) -> bool:
    """Whether it can be run, and is no bare name that is mentioned."""
    return bool(re.search(r"[.(=]", span)) and not span.endswith("=") and not span.startswith("stream.text")


async def failure(call: Awaitable[object]) -> Exception:
    """What a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # that of whichever package it is
        await call
    return caught.value


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def before(gateway: LocalGateway) -> dict[str, Any]:
    """The names that both columns begin with."""
    return {
        "key": gateway.api_key,
        "url": gateway.url,
        "messages": [{"role": "user", "content": "Hello there"}],
        "question": [{"role": "user", "content": "weather in Oslo?"}],
        "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}],
        "weather": {"name": "get_weather", "parameters": PARAMETERS},
        "result": "22 degrees",
        "body": {"model": "text-embedding-004", "input": "a cat"},
        "png": PNG,
        "Person": Person,
        "failure": failure,
        "json": json,
        "base64": base64,
    }


def ours() -> dict[str, Any]:
    """What this package's column may import."""
    try:
        openai: Any = importlib.import_module("openai")
    except ImportError:
        openai = SimpleNamespace(NOT_GIVEN=NotGiven(), omit=NotGiven())
    return {
        "gravitex_async": gravitex_async,
        "AsyncGravitex": AsyncGravitex,
        "Timeout": Timeout,
        "openai": openai,
    }


def module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not installed")


def theirs(title: str) -> dict[str, Any]:
    """What the other column may import."""
    if title == "openai":
        return {"openai": module("openai")}
    return {"genai": module("google.genai"), "types": module("google.genai.types")}


async def run(source: str, names: dict[str, Any]) -> object:
    """Runs statements; the value of the last one, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        target = ast.Name("_value", ast.Store())
        tree.body[-1] = ast.Assign([target], last.value)
        ast.fix_missing_locations(tree)
    names["_value"] = None
    code = compile(tree, source, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        await FunctionType(code, names)()
    else:
        exec(code, names)
    return names["_value"]


def plain(value: object) -> object:
    """A value as JSON, by which two packages can be compared; None for their own objects."""
    try:
        text = msgspec.json.encode(value, enc_hook=_plain)
    except TypeError:
        return None
    return msgspec.json.decode(re.sub(rb"local-\d+", b"local", text))  # which request it was


def _plain(value: object) -> object:
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump()
    raise TypeError


@pytest.mark.parametrize("title", ["openai", "google-genai"])
async def test_our_column_runs(gateway: LocalGateway, title: str) -> None:
    """Line by line, "the same" as the line beside it; two ways to say a thing give one value."""
    names = {**before(gateway), **ours()}
    table = list(rows(title))
    assert len(table) > 20
    for row in table:
        assert row.alike, row.left
        values = [plain(await run(code, names)) for code in row.alike]
        assert all(value == values[0] for value in values), row.left
        for code in row.more:
            await run(code, names)


@pytest.mark.parametrize("title", ["openai", "google-genai"])
async def test_both_columns_give_the_same(gateway: LocalGateway, title: str) -> None:
    """Against the same gateway, row by row."""
    left, right = {**before(gateway), **theirs(title)}, {**before(gateway), **ours()}
    for row in rows(title):
        wanted = plain(await run(row.left, left))
        found = [plain(await run(code, right)) for code in [*row.alike, *row.more]]
        assert found[0] == wanted, row.left
