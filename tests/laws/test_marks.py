"""The ending at the mark: ``[DONE]`` without a finish reason is an end only with a clean end of the body."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import APITimeoutError, AsyncGravitex, StreamInterrupted, Timeout
from gravitex_async.testing import LocalGateway, Tape

from .conftest import RawServer, ask, chunked, client_of, head, open_stream
from .test_endings import DONE, ONE_TWO, VIEWS, chunk

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

END = b"0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def sized(body: bytes, more: int = 0) -> bytes:
    """A whole answer with a Content-Length, too large by *more*."""
    size = len(body) + more
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % size + body


def leave(writer: asyncio.StreamWriter) -> None:
    """Ends the connection in order."""
    writer.close()
    raise ConnectionResetError  # the handler is done with it


def reset(writer: asyncio.StreamWriter) -> None:
    """Drops the connection."""
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise ConnectionResetError


def babble(writer: asyncio.StreamWriter) -> None:
    """Sends what is no HTTP, and goes on."""
    writer.write(b"zz\r\n")


def stay(writer: asyncio.StreamWriter) -> None:
    """Goes on to the next request."""


# These overtake what is on its way, or spoil it: it has to be read first.
LATE = (reset, babble)

BODY = ONE_TWO + DONE
DIRTY: dict[str, tuple[bytes, Callable[[Any], None]]] = {
    "chunked-closed": (head() + chunked(BODY), leave),
    "chunked-reset": (head() + chunked(BODY), reset),
    "chunked-garbage": (head() + chunked(BODY), babble),
    "sized-closed": (sized(BODY, 7), leave),
    "sized-reset": (sized(BODY, 7), reset),
    "closing-reset": (CLOSING + BODY, reset),
}
CLEAN: dict[str, tuple[bytes, Callable[[Any], None]]] = {
    "chunked": (head() + chunked(BODY) + END, stay),
    "chunked-and-closed": (head() + chunked(BODY) + END, leave),
    "sized": (sized(BODY), stay),
    "closing": (CLOSING + BODY, leave),
}


def server_of(data: bytes, then: Callable[[Any], None], *, again: bytes | None = None) -> RawServer:
    """A server that sends *data* and does *then*; *again* is its whole answer to every later request."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if again is not None and len(server.requests) > 1:
            writer.write(again)
            await writer.drain()
            return
        writer.write(data)
        await writer.drain()
        if then in LATE:
            await arrived.wait()
        then(writer)

    arrived = asyncio.Event()
    server = RawServer(answer)
    server.arrived = arrived  # type: ignore[attr-defined]
    return server


async def started(stream: Any, server: Any) -> None:
    """Waits until all of the text has arrived, and lets the server do what it does then."""
    while stream.content != "One two":
        await stream.__anext__()
    server.arrived.set()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("form", DIRTY)
async def test_a_mark_before_a_broken_end_is_no_end(form: str, view: Any) -> None:
    """An answer given up by its server: every view raises, and what came is in ``error.partial``."""
    async with server_of(*DIRTY[form]) as server, client_of(server.url) as client:
        stream = open_stream(client)
        if DIRTY[form][1] in LATE:
            await started(stream, server)
        with pytest.raises(StreamInterrupted) as caught:
            await view(stream)
        assert caught.value.partial.choices[0].message.content == stream.content == "One two"
        assert (stream.end.state, stream.end.reason) == ("interrupted", "error")
        assert (stream.end.evidence.done_seen, stream.end.evidence.clean_eof) == (True, False)
        assert client.pool.statistics().leased == 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("form", CLEAN)
async def test_a_mark_before_a_clean_end_is_an_end(form: str, view: Any) -> None:
    """Whichever way HTTP says it; a body that ends with its connection is one of them."""
    async with server_of(*CLEAN[form]) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await view(stream)
        assert stream.content == "One two"
        assert (stream.end.state, stream.end.reason, stream.finish_reason) == ("completed", "unknown", None)
        assert (stream.end.evidence.done_seen, stream.end.evidence.clean_eof) == (True, True)


WHOLE = ONE_TWO + chunk(finish="stop") + DONE


@pytest.mark.parametrize("form", DIRTY)
async def test_a_finish_reason_needs_no_clean_end(form: str) -> None:
    """An answer that said that it is whole is whole, however its connection ends."""
    data, then = DIRTY[form]
    data = sized(WHOLE, 7) if form.startswith("sized") else data.replace(BODY, WHOLE)
    data = head() + chunked(WHOLE) if form.startswith("chunked") else data
    async with server_of(data, then) as server, client_of(server.url) as client:
        stream = open_stream(client)
        if then in LATE:
            await started(stream, server)
        await stream.final()
        assert (stream.content, stream.end.state, stream.end.reason) == ("One two", "completed", "stop")


async def test_the_end_of_the_body_may_take_its_time() -> None:
    """Gateways do their accounts between the mark and the end: it is waited for, as often as it takes."""
    go = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(BODY))
        await go.wait()
        writer.write(END)

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        assert [(await stream.__anext__()).content for _ in range(2)] == ["One", " two"]
        for _ in range(2):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.1)
            assert stream.end.state == "open"
        go.set()
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
        assert (stream.end.state, stream.end.evidence.clean_eof) == ("completed", True)
        assert client.pool.statistics().idle == 1


@pytest.mark.parametrize(
    ("clock", "behind"), [("idle", b""), ("content_idle", b": PING\n\n"), ("deadline", b": PING\n\n")]
)
async def test_a_body_without_an_end_runs_into_a_clock(clock: str, behind: bytes) -> None:
    """It is neither clean nor broken: the clock that ends the wait is raised, with what had arrived."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(BODY))
        while True:
            await asyncio.sleep(0.02)
            if behind:
                writer.write(chunked(behind))
                await writer.drain()

    limits = {"connect": 5, "headers": 5, "first_content": 5, "idle": 5, "content_idle": 5, clock: 0.3}
    async with RawServer(answer) as server, client_of(server.url, timeout=Timeout(**limits)) as client:
        stream = open_stream(client)
        with pytest.raises(APITimeoutError) as caught:
            await stream.final()
        assert caught.value.clock == clock
        assert caught.value.partial.choices[0].message.content == "One two"
        assert stream.end.state == "interrupted"
        assert client.pool.statistics().leased == 0


async def test_a_stream_left_at_its_mark_was_left() -> None:
    """Nobody knows how it would have ended: it is closed, not completed."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(BODY))
        await asyncio.Event().wait()

    async with RawServer(answer) as server, client_of(server.url) as client:
        async with open_stream(client) as stream:
            assert [(await stream.__anext__()).content for _ in range(2)] == ["One", " two"]
        assert (stream.end.state, stream.content) == ("closed", "One two")
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()


async def test_a_mark_with_nothing_before_it_is_tried_again() -> None:
    """Nothing had been handed out when the connection was dropped: the next try answers."""
    whole = sized(ONE_TWO + chunk(finish="stop") + DONE)
    async with (
        server_of(head() + chunked(DONE), leave, again=whole) as server,
        client_of(server.url, max_retries=1) as client,
    ):
        stream = open_stream(client)
        await stream.final()
        assert (stream.content, stream.end.state, stream.attempts) == ("One two", "completed", 2)
        assert stream.end.evidence.clean_eof


async def test_a_plain_answer_that_streams_ends_at_its_mark(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """The whole body was read to its end, which was a clean one."""
    gateway.play(Tape(BODY))
    assert (await ask(client)).choices[0].message.content == "One two"


def responses_stream(client: AsyncGravitex) -> Any:
    return client.responses.stream(model="m", input="x")


def gemini_stream(client: AsyncGravitex) -> Any:
    return client.gemini.generate_content_stream(model="m", contents="x")


@pytest.mark.parametrize(
    ("opened", "body"),
    [
        (responses_stream, b'data: {"type":"response.output_text.delta","delta":"One"}\n\n'),
        (gemini_stream, b'data: {"candidates":[{"content":{"parts":[{"text":"One"}]}}]}\n\n'),
    ],
)
async def test_the_mark_is_a_word_of_chat_alone(
    gateway: LocalGateway, client: AsyncGravitex, opened: Any, body: bytes
) -> None:
    """The other dialects say how an answer ends; the mark of a gateway in between is no such word."""
    gateway.play(Tape(body + DONE))
    stream = opened(client)
    with pytest.raises(StreamInterrupted) as caught:
        await stream.final()
    assert caught.value.partial is not None
    assert (stream.content, stream.end.state) == ("One", "interrupted")
