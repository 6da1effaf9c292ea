"""Faults, seen by a client that reads raw bytes: each does what the table says."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from gravitex_async.testing import Fault
from gravitex_async.testing._faults import KINDS, FaultOptions

from .conftest import HELLO, content, parse

CHAT = "/v1/chat/completions"
STREAM = {**HELLO, "stream": True}
ENDLESS = {"endless-line", "endless-comments", "stall", "garbage-chunk-size", "bomb"}


async def raw(gateway) -> asyncio.StreamReader:
    """A connection of our own that has asked for a stream: shows what HTTP clients hide."""
    reader, writer = await asyncio.open_connection(*gateway.url[7:].split(":"))
    payload = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello there"}]}'
    head = (
        f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-local\r\nContent-Length: {len(payload)}"
    )
    writer.write(head.encode() + b"\r\n\r\n" + payload)
    reader.writer = writer
    return reader


async def read_until_silence(reader: asyncio.StreamReader) -> bytes:
    """What comes until nothing has come for a moment; fails when the connection ends first."""
    body = b""
    while True:
        try:
            piece = await asyncio.wait_for(reader.read(65536), 0.1)
        except asyncio.TimeoutError:
            return body
        assert piece, "the connection ended"
        body += piece


async def read_until_error(response: aiohttp.ClientResponse) -> tuple[bytes, type[BaseException] | None]:
    """What can be read, and the error that ends it."""
    body = b""
    try:
        while piece := await response.content.readany():
            body += piece
    except aiohttp.ClientError as error:
        return body, type(error)
    return body, None


def test_options_are_the_fields():
    """``gateway.fault`` takes exactly the fields of ``Fault``."""
    fields = set(Fault.__dataclass_fields__) - {"kind"}
    assert set(FaultOptions.__annotations__) == fields


def test_unknown_kind():
    """A kind or form nobody knows is an error that lists the known ones."""
    with pytest.raises(ValueError, match="bytewise"):
        Fault("nonsense")
    with pytest.raises(ValueError, match="field-line"):
        Fault("error-event", form="nonsense")


@pytest.mark.parametrize("kind", sorted(KINDS - ENDLESS))
@pytest.mark.parametrize("stream", [True, False])
async def test_every_kind_works_on_streams_and_whole_answers(gateway, reader, kind, stream):
    """Each kind leaves the server in order: the request after it gets its answer."""
    gateway.fault(kind, seconds=0.0, location="/v1/models")
    with contextlib.suppress(aiohttp.ClientError):
        async with reader.post(CHAT, {**HELLO, "stream": stream}) as response:
            await response.read()
    assert content(await reader.chat()) == "You said: Hello there, my friend"


@pytest.mark.parametrize("kind", ["reset", "truncate"])
async def test_cut_after_events(gateway, reader, kind):
    """Exactly k events arrive whole, then the connection is lost."""
    gateway.fault(kind, after_events=3)
    async with reader.post(CHAT, STREAM) as response:
        body, error = await read_until_error(response)
    assert len(parse(body)) == 3
    assert error in (aiohttp.ClientPayloadError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
    assert (gateway.streams[0].state, gateway.streams[0].events_sent) == ("broken", 3)


async def test_reset_is_a_reset(gateway):
    """The client's socket sees RST, not a clean end; ``truncate`` is a clean end of the connection."""
    gateway.fault("reset", after_events=2)
    reader = await raw(gateway)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    reader.writer.close()
    gateway.fault("truncate", after_events=2)
    reader = await raw(gateway)
    body = await reader.read()
    assert body.count(b"data: ") == 2
    assert not body.endswith(b"0\r\n\r\n")
    reader.writer.close()


@pytest.mark.parametrize("kind", ["reset", "truncate"])
async def test_cut_instead_of_the_head(gateway, reader, kind):
    """With ``where="headers"`` not one byte is sent."""
    gateway.fault(kind, where="headers")
    with pytest.raises(aiohttp.ClientConnectionError):
        await reader.json(CHAT, HELLO)
    assert gateway.streams[0].bytes_sent == 0


async def test_cut_after_bytes(gateway, reader):
    """``after_bytes`` cuts inside an event."""
    gateway.fault("truncate", after_bytes=50)
    async with reader.post(CHAT, STREAM) as response:
        body, error = await read_until_error(response)
    assert (len(body), error) == (50, aiohttp.ClientPayloadError)


async def test_close_is_a_clean_end_without_marks(gateway, reader):
    """The body ends well, the stream does not."""
    gateway.fault("close", after_events=3)
    chunks = await reader.chat()
    assert len(chunks) == 3
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)


async def test_short_body(gateway, reader):
    """Content-Length promises more than there is."""
    gateway.fault("short", size=7)
    async with reader.post(CHAT, HELLO) as response:
        body, error = await read_until_error(response)
    assert int(response.headers["Content-Length"]) == len(body) + 7
    assert error is aiohttp.ClientPayloadError


async def test_garbage_chunk_size(gateway):
    """A chunk size that is no number, and the connection stays open."""
    gateway.fault("garbage-chunk-size", after_events=2)
    reader = await raw(gateway)
    body = await asyncio.wait_for(reader.readuntil(b"ZZZ\r\n"), 2)
    assert body.count(b"data: ") == 2
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.05)
    reader.writer.close()


@pytest.mark.parametrize(
    ("where", "events", "more"), [("headers", 0, False), ("body", 2, False), ("event", 2, True)]
)
async def test_stall(gateway, where, events, more):
    """Silence before the head, between events or inside one, until the client leaves."""
    gateway.fault("stall", after_events=2, where=where)
    reader = await raw(gateway)
    body = await read_until_silence(reader)
    assert (body.count(b"data: "), body.count(b"}\n\n")) == (events + more, events)
    reader.writer.close()
    assert (await gateway.wait_closed(0)).closed_by_peer


@pytest.mark.virtual
async def test_slow_headers(gateway, reader):
    """The head takes its seconds; the answer is whole."""
    gateway.fault("slow-headers", seconds=0.1)
    assert content(await reader.chat())
    stream = gateway.streams[0]
    assert stream.headers_sent - stream.opened == pytest.approx(0.1)


@pytest.mark.virtual
async def test_pings(gateway, reader):
    """Comments come first, and the stream after them; without a number they never end."""
    gateway.fault("pings", seconds=0.001, repeat=4)
    async with reader.post(CHAT, STREAM) as response:
        body = await response.read()
    assert body.startswith(b": PING\n\n" * 4 + b"data: ")
    gateway.fault("pings", seconds=0.001, repeat=None, after_events=1)
    async with reader.post(CHAT, STREAM) as response:
        await gateway.until(lambda: gateway.streams[1].bytes_sent > 1000)
        response.close()
    assert (await gateway.wait_closed(1)).events_sent == 1


@pytest.mark.parametrize("kind", ["split", "bytewise", "drip"])
async def test_cuts_keep_the_body(gateway, reader, kind):
    """However the body is cut, it is the same body, and events are counted when they are complete."""
    expected = [chunk["choices"] for chunk in (await reader.chat())[:-1]]
    gateway.fault(kind, seconds=0.0, at=[3, 100])
    assert [chunk["choices"] for chunk in (await reader.chat())[:-1]] == expected
    assert gateway.streams[1].events_sent == gateway.streams[0].events_sent


async def test_end_marks(gateway, reader):
    """``[DONE]`` missing, doubled, or followed by an event."""
    gateway.fault("no-done")
    gateway.fault("double-done")
    gateway.fault("data-after-done")
    missing, doubled, late = [await reader.chat() for _ in range(3)]
    assert "[DONE]" not in missing
    assert doubled[-2:] == ["[DONE]", "[DONE]"]
    assert (late[-2], isinstance(late[-1], dict)) == ("[DONE]", True)


@pytest.mark.parametrize(
    ("form", "mark"),
    [
        ("data", b'data: {"error":{"message":"boom"'),
        ("event-flat", b'event: error\ndata: {"type":"error","code":"server_error","message":"boom"'),
        ("event-nested", b'event: error\ndata: {"type":"error","error":{"message":"boom"'),
        ("raw-tail", b'\n\n{"error":{"message":"boom"'),
        ("field-line", b'\n\nerror: {"error":{"message":"boom"'),
        ("google", b'data: {"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}'),
        ("responses-error", b'event: error\ndata: {"type":"error"'),
        ("responses-failed", b"event: response.failed\ndata: {"),
    ],
)
async def test_error_events(gateway, reader, form, mark):
    """After two good events an error in the form asked for, under status 200."""
    gateway.fault("error-event", form=form, after_events=2, message="boom")
    async with reader.post(CHAT, STREAM) as response:
        body = await response.read()
    good, _, bad = body.partition(mark)
    assert len(parse(good)) == 2
    assert bad
    assert (b"[DONE]" in body) is (form == "data")


async def test_bodies_instead_of_streams(gateway, reader):
    """HTML, an error, a whole completion or nothing under status 200."""
    for kind, type_ in (
        ("html", "text/html"),
        ("json-error", "application/json"),
        ("json-whole", "application/json"),
    ):
        gateway.fault(kind)
        async with reader.post(CHAT, STREAM) as response:
            assert (response.status, response.content_type) == (200, type_)
            body = await response.read()
    assert b'"object":"chat.completion"' in body
    gateway.fault("empty")
    async with reader.post(CHAT, STREAM) as response:
        assert (response.status, response.content_type, await response.read()) == (
            200,
            "text/event-stream",
            b"",
        )


async def test_status_and_redirect(gateway, reader):
    """A status with its body and Retry-After, as often as asked; a redirect with its place."""
    gateway.fault("status", count=2, status=503, body=b"busy", retry_after=2)
    for expected in (503, 503, 200):
        async with reader.post(CHAT, HELLO) as response:
            assert response.status == expected
            if expected == 503:
                assert (response.headers["Retry-After"], await response.read()) == ("2", b"busy")
    gateway.fault("redirect", location="http://127.0.0.2/", status=302)
    async with reader.session.post(
        gateway.url + CHAT, json=HELLO, headers={"Authorization": "Bearer sk-local"}, allow_redirects=False
    ) as response:
        assert (response.status, response.headers["Location"]) == (302, "http://127.0.0.2/")


async def test_fault_and_match(gateway, reader):
    """A fault with a match waits for its request."""
    gateway.fault("status", status=500, match="gpt-5.2")
    assert await reader.chat()
    async with reader.post(CHAT, {**HELLO, "model": "gpt-5.2"}) as response:
        assert response.status == 500
