"""Stop means stop, through a web framework: when the browser leaves, the model stops.

Real servers, Starlette's on uvicorn and the example's on aiohttp.web, with a browser that is a socket, and
the garbage collector off.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from gravitex_async import AsyncGravitex
from gravitex_async.testing import Call, LocalGateway

from .conftest import MESSAGES
from .upstream import FIRST, MOMENTS, Upstream, open_stream

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

Pieces = Callable[[AsyncGravitex], AsyncIterator[str]]


@pytest.fixture(autouse=True, scope="module")
def no_collector() -> Iterator[None]:
    """Only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@contextlib.asynccontextmanager
async def browser(address: tuple[str, int], method: str = "GET") -> AsyncIterator[asyncio.StreamReader]:
    """What has sent its request, and leaves with the block."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"{method} /ask HTTP/1.1\r\nHost: local\r\nContent-Length: 0\r\n\r\n".encode())
    try:
        yield reader
    finally:
        writer.transport.abort()


# Starlette


def _text(client: AsyncGravitex) -> AsyncIterator[str]:
    view: AsyncIterator[str] = open_stream(client).text()
    return view


async def _generated(client: AsyncGravitex) -> AsyncIterator[str]:
    async for piece in open_stream(client).text():
        yield piece


async def _entered(client: AsyncGravitex) -> AsyncIterator[str]:
    async with open_stream(client) as stream:
        async for delta in stream.deltas():
            yield delta.content


async def _awaited(client: AsyncGravitex) -> AsyncIterator[str]:
    stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
    async for piece in stream.text():
        yield piece


@contextlib.asynccontextmanager
async def starlette(pieces: Callable[[], AsyncIterator[str]]) -> AsyncIterator[tuple[str, int]]:
    async def answer(_: Request) -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/plain")

    app = Starlette(routes=[Route("/ask", answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            await serving


CASES = [
    *[(pieces, "no retry") for pieces in (_text, _generated, _entered, _awaited)],
    *[(_generated, first) for first in ("503", "cut behind a comment")],
]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("pieces", "first"), CASES)
async def test_starlette(pieces: Pieces, first: str, moment: str) -> None:
    """A streaming response that is left stops the model, whatever it waits for."""
    upstream = Upstream(*FIRST[first], MOMENTS[moment])
    async with upstream, starlette(lambda: pieces(upstream.client)) as address:
        async with browser(address):
            await upstream.said_it()
        await upstream.is_left()


# The example


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("sse_relay")


@contextlib.asynccontextmanager
async def relayed(example: Any, client: AsyncGravitex) -> AsyncIterator[tuple[str, int]]:
    runner = await example.serve(client)
    try:
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("first", ["no retry", "503", "cut behind a comment"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_example_stops_the_model(example: Any, moment: str, first: str) -> None:
    """Before the head, before the first token, in silence."""
    upstream = Upstream(*FIRST[first], MOMENTS[moment])
    async with upstream, relayed(example, upstream.client) as address:
        async with browser(address, "POST") as reader:
            assert b"200 OK" in await reader.readline()
            await upstream.said_it()
        await upstream.is_left()


async def _events(example: Any, client: AsyncGravitex) -> list[Any]:
    async with relayed(example, client) as address, browser(address, "POST") as reader:
        body = await reader.readuntil(b"\r\n0\r\n\r\n")
    lines = [line for line in body.split(b"\n") if line.startswith(b"data: ")]
    return [msgspec.json.decode(line.removeprefix(b"data: ")) for line in lines]


def _joined(events: list[Any], name: str) -> str:
    return "".join(event.get(name, "") for event in events)


async def test_the_example_passes_everything_on(
    example: Any, client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """Thinking, text, tool calls, the finish reason, usage, and how it ended."""
    gateway.script(reasoning="Let me see.", text="I ask.", tool_calls=[Call("weather", {"city": "Oslo"})])
    events = await _events(example, client)
    assert _joined(events, "reasoning_content") == "Let me see."
    assert _joined(events, "content") == "I ask."
    fragments = [call for event in events for call in event.get("tool_calls", ())]
    assert [call["name"] for call in fragments if call["name"]] == ["weather"]
    assert "".join(call["arguments"] for call in fragments) == '{"city":"Oslo"}'
    assert [event["finish_reason"] for event in events if "finish_reason" in event] == ["tool_calls"]
    assert [event["usage"]["source"] for event in events if "usage" in event] == ["server"]
    assert events[-1] == {"end": "completed", "reason": "tool_calls"}


@pytest.mark.parametrize(("fault", "said"), [("truncate", "broke off"), ("status", "server had an error")])
async def test_the_example_tells_of_errors(
    example: Any, client: AsyncGravitex, gateway: LocalGateway, fault: Any, said: str
) -> None:
    """The head is out already, so it is an event; nothing after it says that all is well."""
    gateway.fault(fault, status=500, after_events=2)
    events = await _events(example, client)
    assert said in events[-1]["error"]
    assert not any("end" in event for event in events)
