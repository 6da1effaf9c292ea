"""The command as a user runs it: a process of its own, piped or on a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import pytest

# Found by its entry point where the package is installed; a plain checkout has it too this way.
from gravitex_async.testing.pytest_plugin import gravitex_gateway

__all__ = ["gravitex", "gravitex_gateway"]

SECONDS = 60.0
COMMAND = (sys.executable, "-W", "error", "-m", "gravitex_async")


@dataclass
class Outcome:
    """What a finished command left."""

    status: int
    out: str
    err: str


Command = Callable[..., Awaitable[Outcome]]


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with *changes*; None removes a name. Colours are as on a plain machine."""
    names: Mapping[str, str | None] = {
        **os.environ,
        "FORCE_COLOR": None,
        "TTY_COMPATIBLE": None,
        "COLUMNS": None,
        "GRAVITEX_MODEL": None,
        **changes,
    }
    return {name: value for name, value in names.items() if value is not None}


@pytest.fixture
def gravitex() -> Command:
    """Runs ``gravitex`` with arguments, piped; keywords change its environment."""

    async def run(*arguments: str, stdin: str = "", **changes: str | None) -> Outcome:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(**changes),
        )
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), SECONDS)
        return Outcome(process.returncode or 0, out.decode(), err.decode())

    return run
