"""The body as it arrives, in the tapped and in the plain way: both hand out the same, and end the same."""

from __future__ import annotations

import asyncio

import pytest

from gravitex_async import APITimeoutError, AsyncGravitex, StreamInterrupted, Timeout
from gravitex_async.testing import LocalGateway
from gravitex_async.transport._body import PlainBody
from gravitex_async.transport._tap import TappedBody
from gravitex_async.transport._watch import Watch

from ..laws.conftest import RawServer, chunked, client_of, head, open_stream

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

EVENT = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.fixture(params=[TappedBody, PlainBody])
async def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    """Which of the two reads."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on" if request.param is TappedBody else "off")
    way: type = request.param
    return way


async def test_the_way_is_the_one_asked_for(way: type, gateway: LocalGateway, client: AsyncGravitex) -> None:
    """So that the tests below are about both."""
    stream = open_stream(client)
    await stream.__anext__()
    assert type(stream._engine._response._body) is way
    assert await stream.final()


@pytest.mark.parametrize(("events", "piece"), [(1, 1000), (2_000, 1000), (2_000, 4)])
async def test_what_comes_with_the_headers_is_read(way: type, events: int, piece: int) -> None:
    """However much it is: of many small chunks aiohttp has stopped reading by then, and is told to go on."""
    body = (EVENT % (b"x" * 10)) * events + DONE
    wire = b"".join(chunked(body[start : start + piece]) for start in range(0, len(body), piece))

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + wire + b"0\r\n\r\n")

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await asyncio.wait_for(stream.final(), 5)
        assert len(stream.content) == 10 * events
        assert stream.end.evidence.clean_eof


async def test_a_connection_is_watched_once(way: type, gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The second answer over a connection finds the watch of the first."""
    watches = set()
    for _ in range(3):
        stream = open_stream(client)
        await stream.__anext__()
        watches.add(stream._engine._response._body._watch)
        assert await stream.final()
    (watch,) = watches
    assert not isinstance(watch._handler, Watch)
    assert client.pool.statistics().opened == 1
    assert client.pool.statistics().reused == 2


async def test_a_connection_that_breaks_ends_the_wait(way: type) -> None:
    """With what had arrived."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(EVENT % b"so far"))
        await read.wait()
        writer.transport.abort()

    read = asyncio.Event()
    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await stream.__anext__()
        read.set()
        with pytest.raises(StreamInterrupted) as caught:
            await stream.final()
        assert caught.value.partial.choices[0].message.content == "so far"


async def test_a_chunk_size_that_is_none_ends_the_wait(way: type) -> None:
    """aiohttp closes the connection then, and tells nobody."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(EVENT % b"a"))
        await read.wait()
        writer.write(b"zz\r\nno chunk")
        await asyncio.Event().wait()

    read = asyncio.Event()
    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await stream.__anext__()
        read.set()
        with pytest.raises(StreamInterrupted):
            await asyncio.wait_for(stream.final(), 4)  # before any clock of the client's


@pytest.mark.parametrize("where", ["before", "between", "in the size"])
async def test_bytes_that_bring_nothing_hold_nothing_up(way: type, where: str) -> None:
    """Extensions of chunks by the hundred kilobytes: nobody can take them, so nobody would let them go on."""
    event, done = chunked(EVENT % b"Hi"), chunked(DONE) + b"0\r\n\r\n"
    comment = [b"1;", *[b"x" * 4000] * 100, b"\r\n:\r\n", chunked(b"\n")]
    wires = {
        "before": [*comment, event, done],
        "between": [event, *comment, done],
        "in the size": [event, *[b"0" * 4000] * 100, event, done],
    }

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head())
        await opened.wait()
        for piece in wires[where]:
            writer.write(piece)
            await writer.drain()

    opened = asyncio.Event()
    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = await open_stream(client)
        opened.set()
        await asyncio.wait_for(stream.final(), 10)
        assert stream.content.startswith("Hi")
        assert stream.end.evidence.clean_eof


async def test_a_stalled_body_ends_by_its_clock(
    way: type, gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """A wait is ended from outside, whatever it waits on."""
    gateway.fault("stall", after_events=1)
    stream = open_stream(client, timeout=Timeout(idle=0.1, content_idle=5, first_content=5))
    with pytest.raises(APITimeoutError) as caught:
        await stream.final()
    assert caught.value.clock == "idle"


async def test_a_cancelled_wait_loses_nothing(
    way: type, gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """The next one goes on where it was."""
    gateway.script(text=["a", "b", "c"], pace=0.03)
    stream = open_stream(client)
    pieces, text = [], stream.text()
    while True:
        try:
            pieces.append(await asyncio.wait_for(text.__anext__(), 0.01))
        except asyncio.TimeoutError:
            continue
        except StopAsyncIteration:
            break
    assert pieces == ["a", "b", "c"]


async def test_leaving_in_another_task_ends_the_wait(
    way: type, gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """The reader comes to the end, and the stream says that it was left."""
    gateway.fault("stall", after_events=1)
    stream = open_stream(client)
    reader = asyncio.ensure_future(stream.final())
    await asyncio.sleep(0.05)
    stream.abort()
    await asyncio.wait_for(reader, 5)
    assert stream.end.state == "closed"
