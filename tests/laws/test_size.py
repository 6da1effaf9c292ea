"""Bounded memory: every size has a limit with a name and an error, and what is legal works."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    AsyncGravitex,
    DecodeError,
    ServerError,
)
from gravitex_async.chat import ChatAccumulator, ChatCompletionChunk
from gravitex_async.chat._decode import chunk_decoder
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.errors import EventTooLargeError
from gravitex_async.sse import MAX_EVENT_BYTES, SSEParser
from gravitex_async.testing import LocalGateway, Tape

from .conftest import RawServer, ask, chunked, client_of, head, open_stream

MIB = 1 << 20


@pytest.fixture
def peak() -> Iterator[list[int]]:
    """``peak[0]`` is what the test may allocate at most, in bytes; filled in by the test."""
    limit = [0]
    tracemalloc.start()
    yield limit
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert highest < limit[0], f"{highest / MIB:.1f} MiB"


CHAT = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":"stop"}]}\n\n'
RESPONSE = (
    b'data: {"type":"response.completed","response":{"id":"x","object":"response","status":"completed",'
    b'"output":[{"type":"message","id":"m","role":"assistant","status":"completed",'
    b'"content":[{"type":"output_text","text":"%b","annotations":[]}]}]}}\n\n'
)
GEMINI = b'data: {"candidates":[{"content":{"parts":[{"text":"%b"}]},"finishReason":"STOP","index":0}]}\n\n'

ASKS: dict[str, tuple[bytes, Callable[[AsyncGravitex], Any]]] = {
    "chat": (CHAT, lambda client: open_stream(client).final()),
    "chat-type": (CHAT, lambda client: open_stream(client, chunk_type=ChatCompletionChunk).final()),
    "chat-plain": (CHAT, ask),
    "responses": (RESPONSE, lambda client: client.responses.stream(model="m", input="x").final()),
    "responses-plain": (RESPONSE, lambda client: client.responses.create(model="m", input="x")),
    "responses-stored": (RESPONSE, lambda client: client.responses.retrieve("x", stream=True).final()),
    "gemini": (
        GEMINI,
        lambda client: client.gemini.generate_content_stream(model="m", contents="x").final(),
    ),
    "gemini-plain": (GEMINI, lambda client: client.gemini.generate_content(model="m", contents="x")),
}


@pytest.mark.parametrize("way", ASKS)
async def test_the_largest_event_is_a_setting(gateway: LocalGateway, way: str) -> None:
    """The error names it, and to raise it helps: in every dialect, streamed or not, by client or by view."""
    event, call = ASKS[way]
    gateway.play(Tape(event % (b"x" * 5000), every=700), times=None)
    async with client_of(gateway.url, max_event_bytes=4000) as client:
        with pytest.raises(
            EventTooLargeError, match=r"at most 4000 bytes, .*raise max_event_bytes .*AsyncGr"
        ):
            await call(client)
        assert "x" * 5000 in repr(await call(client.with_options(max_event_bytes=8000)))
        with pytest.raises(EventTooLargeError, match="at most 4500 bytes"):
            await call(client.with_options(max_event_bytes=4500))


async def test_pain_32_a_line_that_never_ends(gateway: LocalGateway, peak: list[int]) -> None:
    """It ends at the limit, which the error names; what came before it is kept."""
    peak[0] = 12 * MIB
    gateway.fault("endless-line", after_events=2)
    client = client_of(gateway.url, max_event_bytes=MIB)
    stream = open_stream(client)
    with pytest.raises(EventTooLargeError, match=f"{MIB} bytes") as caught:
        await stream.final()
    assert caught.value.partial.choices[0].message.content
    assert stream.end.state == "failed"
    assert (await gateway.wait_closed()).closed_by_peer
    await client.close()


@pytest.mark.virtual(turn=0.01)
async def test_comments_that_never_end(gateway: LocalGateway, client: AsyncGravitex, peak: list[int]) -> None:
    """They take no memory, and the content clock ends them: a turn of the loop takes its time here."""
    peak[0] = 8 * MIB
    gateway.fault("endless-comments", after_events=2)
    async with client_of(gateway.url, timeout=0.3) as hasty:
        stream = open_stream(hasty)
        with pytest.raises(APIError, match="content_idle"):
            await stream.final()
        assert stream.end.evidence.bytes > 50_000


@pytest.mark.parametrize("line", [b"data:\n", b"data: x\n", b"data: %b\n" % (b"x" * 2000)])
def test_an_event_of_endless_lines(line: bytes, peak: list[int]) -> None:
    """Lines cost what they take in memory, not only what they hold."""
    peak[0] = 8 * MIB
    parser = SSEParser(max_event_bytes=MIB)
    read = line * (65536 // len(line))

    def feed() -> None:
        for _ in range(1000):
            parser.feed(read)

    with pytest.raises(EventTooLargeError):
        feed()


def test_a_line_that_drips(peak: list[int]) -> None:
    """A line that comes byte by byte is its bytes, not an object for each."""
    peak[0] = MIB
    parser = SSEParser()
    parser.feed(b"data: ")
    for _ in range(MIB // 8):
        parser.feed(b"x")
    assert len(parser.feed(b"\n\n")[0].data) == MIB // 8


@pytest.mark.virtual  # however long a busy machine takes, no clock runs meanwhile
async def test_pain_32_an_event_of_64_mb_works(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Images come in one line."""
    gateway.script(text=["One", " two"])
    gateway.fault("huge-event", size=64 * MIB, after_events=1)
    stream = open_stream(client)
    await stream.final()
    assert len(stream.content) == 64 * MIB + len(" two")
    assert MAX_EVENT_BYTES >= 128 * MIB


@pytest.mark.virtual  # however long a busy machine takes, no clock runs meanwhile
async def test_a_plain_answer_of_64_mb_works(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """And in one body."""
    gateway.script(text=["One"])
    gateway.fault("huge-event", size=64 * MIB)
    assert len((await ask(client)).choices[0].message.content) == 64 * MIB


async def test_a_plain_answer_has_a_limit(
    gateway: LocalGateway, client: AsyncGravitex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names it."""
    from gravitex_async.transport._response import Response

    monkeypatch.setattr(Response.read_all, "__defaults__", (MIB,))
    gateway.script(text=["One"])
    gateway.fault("huge-event", size=2 * MIB)
    with pytest.raises(DecodeError, match=f"{MIB} bytes"):
        await ask(client)
    assert client.pool.statistics().leased == 0


def test_small_events_cost_their_text(peak: list[int]) -> None:
    """What is kept is the text, not the events: a short string and a reference for each."""
    peak[0] = 10 * MIB
    decoder, folded = EventDecoder(chunk_decoder(None)), ChatAccumulator()
    read = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n' * 1000
    for _ in range(100):
        assert len(folded.fold(decoder.feed(read))) == 1000
    assert len(folded.content) == 100_000


@pytest.mark.virtual
async def test_a_slow_reader_holds_the_server_back(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Nobody reads, so the server cannot send: what is buffered stays small."""
    gateway.fault("endless-comments", after_events=1)
    stream = open_stream(client)
    await stream.__anext__()
    await asyncio.sleep(0.1)
    sent = gateway.streams[-1].bytes_sent
    await asyncio.sleep(0.1)
    assert gateway.streams[-1].bytes_sent == sent
    await stream.aclose()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_hundred_kilobytes_of_headers(
    gateway: LocalGateway, client: AsyncGravitex, stream: bool
) -> None:
    """A connection error, and none of it in the message."""
    gateway.fault("big-headers", size=100_000)
    with pytest.raises(APIConnectionError) as caught:
        await (open_stream(client).final() if stream else ask(client))
    assert len(str(caught.value)) < 300
    assert client.pool.statistics().leased == 0


DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"choices":[{"delta":{"content":' + DEEP + b"}}]}",
        b'{"error":' + DEEP + b"}",
        b'{"id":"x","usage":{"x":' + DEEP + b'},"choices":[{"delta":{"reasoning_details":' + DEEP + b"}}]}",
        b'{"\\ud83d":' + DEEP + b"}",
    ],
)
@pytest.mark.parametrize("form", ["event", "plain", "status", "in an error event", "raw"])
async def test_json_nested_ten_thousand_deep(
    gateway: LocalGateway, client: AsyncGravitex, body: bytes, form: str
) -> None:
    """A typed error, wherever it stands."""
    wrapped = {
        "event": b"data: %b\n\n",
        "in an error event": b"event: error\ndata: %b\n\n",
        "raw": b": x\n\n%b",
    }
    if form in wrapped:
        gateway.play(Tape(wrapped[form] % body))
    else:
        gateway.play(Tape(body, 500 if form == "status" else 200, content_type="application/json"))
    with pytest.raises(APIError) as caught:
        await (ask(client) if form == "plain" else open_stream(client).final())
    assert len(str(caught.value)) < 1500


async def test_a_huge_error_body_is_cut(
    gateway: LocalGateway, client: AsyncGravitex, peak: list[int]
) -> None:
    """A megabyte of it is read, and its first words are in the error."""
    peak[0] = 80 * MIB  # the gateway's own copy included
    gateway.fault("status", status=500, body=b"so it began " + b"x" * (16 * MIB))
    with pytest.raises(ServerError, match="so it began") as caught:
        await ask(client)
    assert len(str(caught.value)) < 1500


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


CODECS = [
    "gzip",
    "deflate",
    pytest.param(
        "br",
        marks=pytest.mark.skipif(not (_has("brotli") or _has("brotlicffi")), reason="no brotli"),
    ),
    pytest.param(
        "zstd",
        marks=pytest.mark.skipif(
            sys.version_info < (3, 14) and not _has("backports.zstd"),
            reason="no zstd before 3.14 without a backport",
        ),
    ),
]


@pytest.mark.virtual
@pytest.mark.parametrize("encoding", CODECS)
async def test_pain_35_compressed_streams_are_read_as_they_come(
    gateway: LocalGateway, client: AsyncGravitex, encoding: str
) -> None:
    """Streams are asked for uncompressed; one that is compressed all the same is not held back."""
    gateway.script(text=["One", " two", " three"], pace=0.02, times=None)
    gateway.fault("compress", encoding=encoding)
    stream = open_stream(client)
    arrived = []
    async for _ in stream.text():
        arrived.append(asyncio.get_running_loop().time())
    assert gateway.requests[-1].headers["Accept-Encoding"] == "identity"
    assert stream.content == "One two three"
    assert arrived[-1] - arrived[0] > 0.02
    gateway.fault("compress", encoding=encoding)
    assert (await ask(client)).choices[0].message.content == "One two three"


@pytest.mark.parametrize("cut", [1, 10])
async def test_a_compressed_body_that_is_cut_or_wrong(
    client: AsyncGravitex, gateway: LocalGateway, cut: int
) -> None:
    """Half of a gzip body, and bytes that are none, are broken answers."""
    whole = gzip.compress(b'data: {"id":"x","choices":[{"delta":{"content":"Hi"}}]}\n\n' * 100)
    for body in (whole[: len(whole) // 2], b"\x1f\x8b" + b"no gzip" * 100, b"plain after all" * cut):
        gateway.play(Tape(body, headers={"Content-Encoding": "gzip"}))
        with pytest.raises(APIError):
            await open_stream(client).final()
        gateway.play(Tape(body, headers={"Content-Encoding": "gzip"}, content_type="application/json"))
        with pytest.raises(APIError):
            await ask(client)
    assert client.pool.statistics().leased == 0


async def test_a_bomb_in_a_stream(gateway: LocalGateway, peak: list[int]) -> None:
    """What is inflated counts, and no more than a little is inflated at a time."""
    peak[0] = 24 * MIB
    gateway.fault("bomb", size=64 * MIB)
    async with client_of(gateway.url, max_event_bytes=MIB) as client:
        with pytest.raises(EventTooLargeError):
            await open_stream(client).final()


@pytest.mark.parametrize("status", [200, 500])
async def test_a_bomb_in_a_body(status: int, peak: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of plain and of error bodies are of what is inflated."""
    from gravitex_async.transport._response import Response

    monkeypatch.setattr(Response.read_all, "__defaults__", (4 * MIB,))
    peak[0] = 24 * MIB
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join([packer.compress(b"x" * MIB) for _ in range(64)]) + packer.flush()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("application/json", f"{status} X", Content_Encoding="gzip"))
        writer.write(chunked(bomb) + b"0\r\n\r\n")

    async with RawServer(answer) as server, client_of(server.url) as client:
        error: Any = DecodeError if status == 200 else ServerError
        with pytest.raises(error) as caught:
            await ask(client)
        assert len(str(caught.value)) < 1500
