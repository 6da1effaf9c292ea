"""``gravitex demo``, piped and on a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from .conftest import COMMAND, SECONDS, environment


@pytest.fixture(scope="module", autouse=True)
def begun() -> Iterator[subprocess.Popen[str]]:
    """A run into a pipe, which goes on beside the one on a terminal: each takes its time, to be looked at."""
    alone = environment(GRAVITEX_API_KEY=None, GRAVITEX_BASE_URL=None)
    with subprocess.Popen(
        [*COMMAND, "demo"], env=alone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def piped(begun: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """The same when it has ended by itself."""
    out, err = begun.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(begun.args, begun.returncode, out, err)


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
async def test_a_terminal_gets_colours_and_sees_it_stream():
    """The output comes in many writes over time, with colours."""
    import pty

    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm-256color")
    )
    os.close(theirs)
    pieces: list[tuple[float, bytes]] = []
    finished = asyncio.get_running_loop().run_in_executor(None, _read_all, ours, pieces)
    await asyncio.wait_for(finished, SECONDS)
    assert await process.wait() == 0
    text = b"".join(piece for _, piece in pieces)
    assert b"\x1b[" in text
    assert b"\x1b[2K" not in text  # no redraws
    assert pieces[-1][0] - pieces[0][0] > 0.5
    assert len(pieces) > 20


def _read_all(descriptor: int, pieces: list[tuple[float, bytes]]) -> None:
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(65536)
            except OSError:  # Linux: the other side is gone
                return
            if not piece:
                return
            pieces.append((time.monotonic(), piece))


def test_it_needs_nothing_and_ends_by_itself(piped: subprocess.CompletedProcess[str]):
    """No key, no network beyond loopback: thinking, answer, tool call, usage and times, status 0."""
    assert (piped.returncode, piped.stderr) == (0, "")
    for part in (
        "thinking",
        "answer",
        "fragments",
        "get_weather(city='Shanghai'",
        "usage",
        "times",
        "raised",
    ):
        assert part in piped.stdout


def test_a_file_gets_plain_lines(piped: subprocess.CompletedProcess[str]):
    """No control codes, nothing drawn twice, no line longer than a narrow screen is wide."""
    text = piped.stdout
    assert not re.search(r"[^\n\x20-\x7e]", text)
    assert text.count("Let me look at the forecast.\n") == text.count("client.")
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
async def test_a_reader_that_leaves_is_no_bug():
    """``gravitex demo | head -1`` ends without a traceback."""
    process = await asyncio.create_subprocess_shell(
        f"{' '.join(COMMAND)} demo | head -1",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert out.count(b"\n") == 1
    assert b"Traceback" not in err
