"""``gravitex serve``: a gateway for other programs."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys

import pytest

from gravitex_async import AsyncGravitex

from .conftest import COMMAND, SECONDS, Command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_until_it_is_told_to_stop(number: signal.Signals):
    """The printed exports are all a client needs; stopping a server is no failure: status 0."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "serve", "--port", "0", "--key", "sk-mine", "--pace", "0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    printed = (await asyncio.wait_for(process.stdout.readuntil(b"sk-mine\n"), SECONDS)).decode()
    exports = dict(re.findall(r"^export (\w+)=(\S+)$", printed, re.MULTILINE))
    client = AsyncGravitex(api_key=exports["GRAVITEX_API_KEY"], base_url=exports["GRAVITEX_BASE_URL"])
    async with client:
        messages = [{"role": "user", "content": "count to 3"}]
        answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    assert answer.choices[0].message.content == "1 2 3 "
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert (process.returncode, err) == (0, b"")


async def test_a_taken_port_is_explained(gravitex: Command):
    """One line with the way out, status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = await gravitex("serve", "--port", str(taken.getsockname()[1]))
    assert done.status == 1
    assert "--port 0" in done.err
    assert done.err.count("\n") == 1
