"""The command itself: help, what it imports, and what it says where its libraries are missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import SECONDS, Command

_RUN = """
import sys
{before}
from gravitex_async.cli import main
sys.argv = ["gravitex", {arguments}]
try:
    status = main()
except SystemExit as left:
    status = left.code
heavy = sorted({{"aiohttp", "asyncio", "msgspec", "orjson", "uvloop"}} & sys.modules.keys())
print("status", status, "heavy", heavy)
"""


def _python(before: str = "", arguments: str = "") -> subprocess.CompletedProcess[str]:
    code = _RUN.format(before=before, arguments=arguments)
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)


@pytest.mark.parametrize("arguments", ['"--help"', '"chat", "--help"', '"serve", "--help"'])
def test_help_is_quick(arguments: str):
    """No HTTP, no JSON and no event loop is imported for it."""
    done = _python(arguments=arguments)
    assert done.stdout.endswith("status 0 heavy []\n"), done


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_a_missing_library_is_named(name: str):
    """What to install, status 2, no traceback."""
    done = _python(before=f"sys.modules[{name!r}] = None")
    assert "status 2" in done.stdout
    assert name in done.stderr
    assert "pip install 'gravitex-async[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


async def test_every_command_is_listed(gravitex: Command):
    """With its help, in a sentence that is not cut short; without a command this is shown as a misuse."""
    helped, misused = await gravitex("--help"), await gravitex()
    assert (helped.status, helped.err) == (0, "")
    assert (misused.status, misused.out, misused.err) == (2, "", helped.out)
    listed = helped.out.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.strip().splitlines()] == ["demo", "chat", "models", "serve"]
    assert all(line.endswith(".") and not line.endswith("..") for line in listed.strip().splitlines())


async def test_an_unknown_option_is_a_misuse(gravitex: Command):
    """Status 2, as for every command line."""
    assert (await gravitex("demo", "--loud")).status == 2
