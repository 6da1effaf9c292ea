"""The README is true: its Python runs, its commands exist, its tables are whole."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import msgspec
import pytest

import gravitex_async
from gravitex_async import AsyncGravitex, Timeout
from gravitex_async.cli._app import app
from gravitex_async.testing import LocalGateway
from gravitex_async.testing._faults import KINDS

# Found by its entry point where the package is installed; a plain checkout has it too this way.
from gravitex_async.testing.pytest_plugin import gravitex_gateway  # noqa: F401

from .test_layers import LAYERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = {"photo.jpg": b"\xff\xd8\xff", "report.pdf": b"%PDF-1.7"}


def blocks(language: str) -> list[tuple[int, str]]:
    """The code blocks of *language*, each with the line it begins in."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [(README.count("\n", 0, match.start(1)) + 1, match[1]) for match in found]


def compiled(line: int, source: str) -> CodeType:
    """The block with its line numbers, ``await`` allowed at the top."""
    tree = ast.increment_lineno(ast.parse(source), line - 1)
    return compile(tree, str(ROOT / "README.md"), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def run(code: CodeType, names: dict[str, Any]) -> None:
    """Runs a block; one with a loop of its own in a thread of its own."""
    if "asyncio" in code.co_names:
        await asyncio.to_thread(exec, code, names)
    elif code.co_flags & inspect.CO_COROUTINE:
        await FunctionType(code, names)()
    else:
        exec(code, names)


async def run_tests(names: Mapping[str, Any], gateway: LocalGateway) -> None:
    """Runs the test functions a block has defined."""
    for name, value in list(names.items()):
        if name.startswith("test_"):
            await value(gateway)


@pytest.mark.parametrize(
    ("line", "source"), [pytest.param(*block, id=f"line {block[0]}") for block in blocks("python")]
)
async def test_the_code_runs(
    line: int,
    source: str,
    gravitex_gateway: LocalGateway,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Against a local gateway, with the names of the quickstart, where the files it speaks of are."""
    monkeypatch.chdir(tmp_path)
    for name, head in FILES.items():
        (tmp_path / name).write_bytes(head)
    async with AsyncGravitex() as client:
        names = {
            "__name__": "readme",
            "AsyncGravitex": AsyncGravitex,
            "StreamInterrupted": gravitex_async.StreamInterrupted,
            "pytest": pytest,
            "client": client,
            "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        }
        await run(compiled(line, source), names)
        await run_tests(names, gravitex_gateway)
    assert gravitex_gateway.requests or "LocalGateway()" in source


def test_a_newcomer_finds_two_commands_on_top():
    """One runs the demo, one the tests; each sets up everything it needs, in one line."""
    top = README[: README.index("\n## ")]
    commands = re.findall(r"^```sh\n(.*?)^```$", top, re.MULTILINE | re.DOTALL)
    assert [command.count("\n") for command in commands] == [1, 1]
    demo, tests = commands
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install") for command in commands)
    assert demo.endswith(".venv/bin/gravitex demo\n")
    assert tests.endswith(".venv/bin/python -m pytest\n")


def test_every_command_exists():
    """What the README types can be typed."""
    shown = {name for _, source in blocks("sh") for name in re.findall(r"\bgravitex (\w+)", source)}
    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert shown == known


def test_every_fault_is_in_the_table():
    """And every name in the table is a fault."""
    table = README[README.index("| fault |") : README.index("`Tape.load")]
    rows = [row for row in table.splitlines()[2:] if row.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])}
    assert named == KINDS


def test_the_table_of_clocks_is_the_code():
    """Names, order and defaults."""
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", README, re.MULTILINE)
    fields = msgspec.structs.fields(Timeout)
    assert rows == [(f.name, "none" if f.default is None else f"{f.default:g}") for f in fields]


def test_every_example_is_listed_and_every_link_leads_somewhere():
    """A file that is not named here is not found by anybody."""
    examples = {f"examples/{path.name}" for path in (ROOT / "examples").glob("*.py") if path.stem[0] != "_"}
    links = set(re.findall(r"\]\((?!https?://)([^)#]+)\)", README))
    assert {link for link in links if link.startswith("examples/")} == examples
    assert all((ROOT / link).exists() for link in links)


# What the documents advise and a client cannot do for its caller: words that stand together in one place.
ADVICE = {
    46: ("temperature", "0.1 to 0.3", "max_tokens"),
    60: ("reasoning_effort", "-thinking", "no `max_tokens`", "20, 50 and 80 percent"),
    65: ("thinking budget", "counts as output", "streams", "adapter", "none is no error"),
    74: ("search", "unstable", "timeout", "retried", "without it", "examples/search_fallback.py"),
    79: ("files go to `client.responses`, not to chat",),
    86: ("o1, o3-mini and o4-mini", "reason", "client.responses"),
    100: ("what a model does not have", "refuses with 400", "in its own words"),
    101: ('{"role": "system",', '{"role": "user",'),
}
PLACES = [" ".join(place.split()).lower() for place in re.split(r"\n\n|\n- ", README)]
# The families that Gravitex documents, and what switches their thinking or their search on.
FAMILIES = {
    "openai": "reasoning_effort",
    "claude": "WebSearch",
    "deepseek": 'thinking={"type": "enabled"}',
    "grok": "search_parameters",
    "gemini": "with_thinking",
    "qwen": "enable_thinking",
    "doubao": 'thinking={"type": "enabled"}',
    "glm": 'thinking={"type": "enabled"}',
    "kimi": 'thinking={"type": "enabled"}',
}


@pytest.mark.parametrize("row", ADVICE)
def test_row_46_60_65_74_79_86_100_101_what_the_documents_advise(row: int):
    """A reader finds it in one paragraph, item or block."""
    assert [place for place in PLACES if all(word in place for word in ADVICE[row])]


@pytest.mark.parametrize(("family", "switch"), FAMILIES.items())
def test_row_99_every_family_has_a_line(family: str, switch: str):
    """In the table of families, with its switch."""
    table = README[README.index("| family |") : README.index("## Testing")]
    rows = [row.split("|") for row in table.splitlines()[2:] if row.startswith("|")]
    assert [row for row in rows if family in row[1].lower() and switch in "".join(row[2:])]


def test_the_picture_of_the_layers_is_the_code():
    """Every module and package that has a public name, in the line of its layer, the highest first."""
    picture = README[README.index("\ndoor ") : README.index("\n```", README.index("\ndoor "))]
    rows = [re.split(r" {3,}", row)[1].split() for row in picture.strip().splitlines()]
    there = {path.stem for path in (ROOT / "gravitex_async").iterdir() if path.stem.strip("_") != "init"}
    public = there - {name for name in there if name[0] == "_" and name != "__main__"}
    layers = [sorted(layer & public) for layer in reversed(LAYERS)]
    assert rows == [layer for layer in layers if layer]


def test_every_error_is_in_the_tree():
    """What can be imported from the top can be read about."""
    errors = [name for name in gravitex_async.__all__ if name.endswith(("Error", "Interrupted"))]
    assert not [name for name in errors if name not in README]
