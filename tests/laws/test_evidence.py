"""What a stream shows of itself: evidence after a failure, raw payloads, flow control, its deadline."""

from __future__ import annotations

import asyncio
import asyncio.selector_events
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from gravitex_async import (
    APIError,
    APITimeoutError,
    DecodeError,
    ServerError,
    StreamInterrupted,
    Timeout,
)
from gravitex_async._json import dumps

from ..ways import WAYS
from .conftest import RawServer, chunked, client_of, head, open_stream
from .upstream import TURNS

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual


def event(text: str = "", finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: %b\n\n" % dumps({"id": "c1", "model": "m", "choices": [choice]})


TWO = event("One") + event(" two")
END = event(finish="stop")
DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"boom","code":"server_error"}}\n\n'

Act = Callable[[asyncio.StreamWriter], object]


def closes(writer: asyncio.StreamWriter) -> None:
    writer.close()


def ends(writer: asyncio.StreamWriter) -> None:
    writer.write(b"0\r\n\r\n")


def says_no_more(_: asyncio.StreamWriter) -> None:
    pass


class Failure(NamedTuple):
    """A body, what the server does behind it, and what is to be seen of it afterwards."""

    body: bytes
    act: Act
    error: type[APIError]
    events: int = 2
    finish_seen: bool = False
    clean_eof: bool | None = False  # None: an error is raised where it stands, whatever follows


FAILURES = {
    "ended early": Failure(TWO, ends, StreamInterrupted, clean_eof=True),
    "broke off": Failure(TWO, closes, StreamInterrupted),
    "broke off in an event": Failure(TWO + b'data: {"id', closes, StreamInterrupted),
    "error": Failure(TWO + ERROR, ends, ServerError, clean_eof=None),
    "error behind the end": Failure(
        TWO + END + ERROR, ends, ServerError, 3, finish_seen=True, clean_eof=None
    ),
    "malformed": Failure(TWO + b"data: {no}\n\n", ends, DecodeError, clean_eof=None),
    "clock": Failure(TWO, says_no_more, APITimeoutError),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("way", ["items", "deltas", "final"])
@pytest.mark.parametrize("cut", [10_000, 40])
async def test_evidence_after_a_failure(cut: int, way: str, failure: Failure) -> None:
    """What was seen until then: all bytes, the events before the failure, and how far the answer had come."""
    left = asyncio.Event()
    body = failure.body

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
        writer.write(head() + b"".join(map(chunked, pieces)))
        await writer.drain()
        failure.act(writer)
        await left.wait()

    timeout = Timeout(connect=5, headers=5, first_content=5, idle=0.2, content_idle=5)
    async with RawServer(answer) as server, client_of(server.url, timeout=timeout) as client:
        stream = open_stream(client)
        with pytest.raises(failure.error):
            await WAYS[way](stream, {})
        left.set()
        seen = stream.end.evidence
        assert (seen.events, seen.bytes) == (failure.events, len(body))
        assert (seen.finish_seen, seen.done_seen) == (failure.finish_seen, False)
        assert failure.clean_eof in (None, seen.clean_eof)


async def test_evidence_after_leaving() -> None:
    """What was seen until the reader left."""
    left = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(TWO))
        await left.wait()

    for leave in (lambda stream: stream.aclose(), lambda stream: asyncio.to_thread(stream.abort)):
        async with RawServer(answer) as server, client_of(server.url) as client:
            stream = open_stream(client)
            await stream.__anext__()
            await leave(stream)
            left.set()
            evidence = stream.end.evidence
            assert (evidence.events, evidence.bytes) == (2, len(TWO))
            assert (evidence.finish_seen, evidence.done_seen, evidence.clean_eof) == (False, False, False)


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_the_last_payload_while_waiting(count: int) -> None:
    """It is that of the item handed out last as long as the next one is waited for, however many came."""
    more = asyncio.Event()
    payloads = [event(f"word {number}") for number in range(count)]

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(b"".join(payloads)))
        await more.wait()
        writer.write(chunked(END) + b"0\r\n\r\n")

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        for payload in payloads:
            await stream.__anext__()
            assert stream.last_raw == payload[6:-2]
        reader = asyncio.create_task(stream.__anext__())
        await waits(reader)
        assert stream.last_raw == payloads[-1][6:-2]
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        assert stream.last_raw == payloads[-1][6:-2]
        more.set()
        await stream.__anext__()
        assert stream.last_raw == END[6:-2]


async def waits(task: asyncio.Task[Any]) -> None:
    """Until *task* has gone as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()


async def test_a_reader_that_keeps_up_never_pauses_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is for a reader that is late; done at every read it costs two system calls each."""
    transport = asyncio.selector_events._SelectorSocketTransport
    paused: list[object] = []
    monkeypatch.setattr(transport, "pause_reading", paused.append)
    read = asyncio.Semaphore(1)

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head())
        for number in range(200):
            await read.acquire()
            writer.write(chunked(event("x" * 1000 + str(number))))
        writer.write(chunked(END) + b"0\r\n\r\n")

    async with RawServer(answer) as server, client_of(server.url) as client:
        async for _ in open_stream(client):
            read.release()
    assert paused == []


async def test_a_late_reader_pauses_the_connection_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nobody takes is not held without limit; all of it arrives."""
    transport = asyncio.selector_events._SelectorSocketTransport
    pause, held = transport.pause_reading, asyncio.Event()

    def pausing(self: Any) -> None:
        held.set()
        pause(self)

    monkeypatch.setattr(transport, "pause_reading", pausing)

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + b"".join(chunked(event("x" * 1000)) for _ in range(2000)))
        writer.write(chunked(END) + b"0\r\n\r\n")
        await writer.drain()

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = await open_stream(client)
        await asyncio.wait_for(held.wait(), 5)
        await stream.final()
        assert len(stream.content) == 2_000_000


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("arrived", [TWO, TWO + END], ids=["cut", "whole"])
async def test_the_deadline_of_a_body_that_nobody_reads(
    arrived: bytes, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes the connection when it passes; what had arrived is still handed out, and then it is told."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on" if known else "off")
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(event("One")))
        await read.wait()
        writer.write(chunked(arrived.removeprefix(event("One"))))
        await reader.read(1)
        left.set()

    read = asyncio.Event()
    async with (
        RawServer(answer) as server,
        client_of(server.url, timeout=Timeout(deadline=60)) as client,
    ):
        stream = open_stream(client)
        assert (await stream.__anext__()).content == "One"
        read.set()
        for _ in range(TURNS):  # the rest arrives, and the reader is elsewhere
            await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        now = loop.time
        monkeypatch.setattr(loop, "time", lambda: now() + 100)
        await asyncio.wait_for(left.wait(), 5)
        assert client.pool.statistics().leased == 0
        if arrived == TWO:
            with pytest.raises(APITimeoutError) as caught:
                await stream.final()
            assert caught.value.clock == "deadline"
            assert caught.value.partial.choices[0].message.content == "One two"
        else:
            await stream.final()
            assert stream.end.state == "completed"
        assert stream.content == "One two"
