"""A model server that none of us wrote: llama.cpp with a tiny model that knows its replies by heart.

It differs from the local gateway in ways that matter: no headers before the first token, choices that
interleave, no role chunk where a character needs several tokens, connections that close as they like.
"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, AuthenticationError, BadRequestError
from gravitex_async.chat import ChatStream

from .conftest import ROOT, shared

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip("xllamacpp (127 MB) is not installed", allow_module_level=True)

MODEL = shared("realserver", "tiny.gguf")
KEY = "sk-tiny"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The server's address; it stops when its standard input is closed."""
    command = [sys.executable, "-m", "tests.realserver", str(MODEL), str(free_port()), KEY]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        address = process.stdout.readline().strip()
        assert address, "the server did not start"
        yield address
        process.stdin.close()
        process.wait(10)


@pytest_asyncio.fixture
async def tiny(server: str) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(base_url=server, api_key=KEY) as client:
        yield client


def opened(client: AsyncGravitex, words: str, **options: Any) -> ChatStream:
    """A stream of the reply to *words*."""
    messages = [{"role": "user", "content": words}]
    return client.chat.completions.stream(model="tiny", messages=messages, temperature=0, **options)


async def plain(client: AsyncGravitex, words: str, **options: Any) -> Any:
    messages = [{"role": "user", "content": words}]
    return await client.chat.completions.create(model="tiny", messages=messages, temperature=0, **options)


@pytest.mark.parametrize("words", ["hello", "count", "emoji", "json", "long"])
async def test_text(tiny: AsyncGravitex, words: str) -> None:
    """Streamed and plain, in every view, the same text; characters of several tokens are whole."""
    answer = (await plain(tiny, words)).choices[0]
    stream = opened(tiny, words)
    pieces = [text async for text in stream.text()]
    assert len(pieces) > 5
    assert "".join(pieces) == stream.content == answer.message.content != ""
    assert "\ufffd" not in stream.content
    assert (stream.finish_reason, answer.finish_reason, stream.end.state) == ("stop", "stop", "completed")
    assert stream.end.evidence.done_seen


async def test_reasoning(tiny: AsyncGravitex) -> None:
    """Thinking comes first, in its own channel."""
    stream = opened(tiny, "think")
    deltas = [delta async for delta in stream.deltas()]
    kinds = "".join("r" if d.reasoning_content else "c" if d.content else "" for d in deltas)
    assert kinds.rstrip("c").strip("r") == ""
    message = (await plain(tiny, "think")).choices[0].message
    assert stream.reasoning_content == message.reasoning_content != ""
    assert stream.content == message.content == "The answer is **4**."
    assert stream.timings.first_reasoning is not None
    assert stream.timings.first_content is not None
    assert stream.timings.first_reasoning <= stream.timings.first_content


async def test_tool_calls_and_their_results(tiny: AsyncGravitex) -> None:
    """One call, two calls, and the turn after them: what is sent back is what the server understands."""
    one = opened(tiny, "weather", tools=[WEATHER])
    await one.final()
    assert [(call.name, call.parsed()) for call in one.tool_calls] == [("get_weather", {"city": "Shanghai"})]
    both = opened(tiny, "both", tools=[WEATHER])
    message = (await both.final()).choices[0].message
    assert [call.parsed()["city"] for call in both.tool_calls] == ["Shanghai", "Paris"]
    assert len({call.id for call in both.tool_calls}) == 2
    assert (both.finish_reason, both.end.reason) == ("tool_calls", "tool_calls")
    results = [{"role": "tool", "tool_call_id": call.id, "content": "22"} for call in both.tool_calls]
    history = [{"role": "user", "content": "both"}, message, *results]
    answer = await tiny.chat.completions.create(
        model="tiny", messages=history, temperature=0, tools=[WEATHER]
    )
    assert answer.choices[0].message.content


async def test_usage_is_asked_for(tiny: AsyncGravitex) -> None:
    """By default, and not when told otherwise."""
    stream = opened(tiny, "hello")
    await stream.final()
    usage = stream.usage
    assert usage.source == "server"
    assert usage.input_tokens
    assert usage.output_tokens
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    without = opened(tiny, "hello", stream_options={})
    await without.final()
    assert without.usage.source == "none"


async def test_two_choices_interleave(tiny: AsyncGravitex) -> None:
    """Each choice is whole, and the stream is not complete before both are."""
    stream = opened(tiny, "count", n=2)
    final = await stream.final()
    assert [choice.index for choice in final.choices] == [0, 1]
    assert final.choices[0].message.content == final.choices[1].message.content == stream.content
    assert [choice.finish_reason for choice in final.choices] == ["stop", "stop"]


async def test_length(tiny: AsyncGravitex) -> None:
    """An answer that was cut says so."""
    stream = opened(tiny, "long", max_tokens=5)
    await stream.final()
    assert (stream.finish_reason, stream.end.state, stream.end.reason) == ("length", "incomplete", "length")


async def test_refusals(tiny: AsyncGravitex) -> None:
    """A wrong key and a wrong request are the classes of their status."""
    with pytest.raises(AuthenticationError) as caught:
        await opened(tiny.with_options(api_key="sk-wrong"), "hello")
    assert caught.value.status == 401
    with pytest.raises(BadRequestError):
        await plain(tiny, "hello", response_format={"type": "nonsense"})


async def test_leaving_in_mid_stream(tiny: AsyncGravitex) -> None:
    """The next answer is not disturbed by one that was left."""
    async with opened(tiny, "long") as stream:
        await stream.__anext__()
    assert stream.end.state == "closed"
    assert (await plain(tiny, "hello")).choices[0].message.content
    assert tiny.pool.statistics().leased == 0


async def test_responses(tiny: AsyncGravitex) -> None:
    """The same server's Responses API, which leaves out numbers, indices and some of the done events."""
    if not hasattr(tiny, "responses"):
        pytest.skip("the dialect is not here")
    for words, reasoning in (("hello", False), ("think", True)):
        stream = tiny.responses.stream(model="tiny", input=words, temperature=0)
        await stream.final()
        assert stream.content == (await plain(tiny, words)).choices[0].message.content
        assert bool(stream.reasoning_content) == reasoning
        assert stream.end.state == "completed"


async def test_a_plain_call_right_behind_a_stream(server: str) -> None:
    """It promises to keep the connection, and closes it behind the stream: the next call does not notice."""
    async with AsyncGravitex(base_url=server, api_key=KEY, max_retries=0) as tiny:
        for _ in range(20):
            await opened(tiny, "hello").final()
            assert (await plain(tiny, "hello")).choices[0].message.content
