"""``gravitex chat`` against a gateway in the test's process."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from gravitex_async._json import loads
from gravitex_async.cli._chat import Question
from gravitex_async.testing import LocalGateway

from .conftest import COMMAND, SECONDS, Command, environment


async def test_stdout_holds_the_answer_and_nothing_else(gravitex: Command, gravitex_gateway: LocalGateway):
    """Thinking and token counts are for a person: they go to stderr."""
    gravitex_gateway.script("Hello, you.", reasoning="A greeting.")
    done = await gravitex("chat", "Hi", "--model", "deepseek-r1")
    assert (done.status, done.out) == (0, "Hello, you.\n")
    assert "A greeting." in done.err
    assert "tokens in" in done.err
    assert "\x1b" not in done.out + done.err


async def test_options_reach_the_gateway(gravitex: Command, gravitex_gateway: LocalGateway):
    """The model, the system message and the wish to think are sent."""
    await gravitex("chat", "Hi", "-m", "glm-5", "--system", "Be brief.", "--thinking")
    body = loads(gravitex_gateway.requests[-1].body)
    assert body["model"] == "glm-5"
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert body["thinking"] == {"type": "enabled"}


async def test_the_model_may_come_from_the_environment(gravitex: Command, gravitex_gateway: LocalGateway):
    """GRAVITEX_MODEL is the default of --model."""
    await gravitex("chat", "Hi", GRAVITEX_MODEL="grok-4")
    assert gravitex_gateway.requests[-1].model == "grok-4"


async def test_a_dash_reads_the_question_from_stdin(gravitex: Command, gravitex_gateway: LocalGateway):
    """So that a question can be piped in."""
    done = await gravitex("chat", "-", stdin="one two")
    assert done.out == "You said: one two\n"


async def test_json_is_the_whole_answer(gravitex: Command, gravitex_gateway: LocalGateway):
    """One line, in the form of a plain answer, and nothing on stderr."""
    done = await gravitex("chat", "Hi", "--json")
    assert done.out.count("\n") == 1
    assert loads(done.out.encode())["choices"][0]["message"]["content"] == "You said: Hi"
    assert done.err == ""


@pytest.mark.parametrize("key", [None, "", "  "])
async def test_no_key_is_explained(gravitex: Command, key: str | None):
    """The message names the variable and a way to go on without; the status is that of a misuse."""
    done = await gravitex("chat", "Hi", GRAVITEX_API_KEY=key)
    assert (done.status, done.out) == (2, "")
    assert "GRAVITEX_API_KEY" in done.err
    assert "gravitex demo" in done.err


async def test_an_empty_question_is_a_misuse(gravitex: Command, gravitex_gateway: LocalGateway):
    """Nothing is sent for it."""
    done = await gravitex("chat", "-", stdin=" \n")
    assert done.status == 2
    assert gravitex_gateway.requests == []


async def test_an_error_is_one_readable_line(gravitex: Command, gravitex_gateway: LocalGateway):
    """Its class, what the gateway said, and no traceback."""
    done = await gravitex("chat", "Hi", "--model", "unknown-1")
    assert done.status == 1
    assert done.err.startswith("gravitex: NotFoundError: ")
    assert done.err.count("\n") == 1


async def test_a_refused_key_is_named_and_not_shown(gravitex: Command, gravitex_gateway: LocalGateway):
    """The message says which variable to look at; the key stays secret."""
    done = await gravitex("chat", "Hi", GRAVITEX_API_KEY="sk-wrong-secret")
    assert done.status == 1
    assert "AuthenticationError" in done.err
    assert "GRAVITEX_API_KEY" in done.err
    assert "wrong-secret" not in done.err


async def test_what_arrived_before_a_break_is_printed(gravitex: Command, gravitex_gateway: LocalGateway):
    """The answer so far on stdout, the error on stderr, status 1."""
    gravitex_gateway.script("one two three four")
    gravitex_gateway.fault("truncate", after_events=3)
    done = await gravitex("chat", "Hi")
    assert (done.status, done.out) == (1, "one two\n")
    assert "StreamInterrupted" in done.err


async def test_a_narrow_pipe_does_not_kill_the_command(gravitex: Command, gravitex_gateway: LocalGateway):
    """Text that the pipe's encoding lacks is replaced."""
    gravitex_gateway.script("ok 😀", reasoning="hm 😀")
    done = await gravitex("chat", "Hi", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.status, done.out) == (0, "ok ?\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
async def test_ctrl_c_stops_the_stream(gravitex_gateway: LocalGateway):
    """The connection is closed at once, what had arrived is printed, the status is 130."""
    gravitex_gateway.script("one two three")
    gravitex_gateway.fault("stall", after_events=3)
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "chat",
        "Hi",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run behind "&"
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readexactly(7), SECONDS) == b"one two"
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert (await gravitex_gateway.wait_closed()).closed_by_peer
    assert (process.returncode, out) == (130, b"\n")
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("qwen3-omni-flash", {"enable_thinking": True}),
        ("deepseek-v3-1-250821", {"thinking": {"type": "enabled"}}),
        ("gpt-5.4", {"reasoning_effort": "medium"}),
        (
            "gemini-3-flash-preview",
            {"google": {"thinking_config": {"thinking_budget": -1, "include_thoughts": True}}},
        ),
    ],
)
def test_thinking_is_asked_for_in_the_words_of_the_family(model: str, asked: dict):
    """Each family of models has its own field."""
    assert Question("Hi", model, thinking=True).params() == asked
    assert Question("Hi", model).params() == {}
