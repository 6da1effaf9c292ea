"""Faults of content, in every dialect: what is broken is broken, what is not still adds up."""

from __future__ import annotations

import asyncio
import importlib.util

import pytest

from gravitex_async._json import loads

from .conftest import HELLO, content, parse

STREAMS = {
    "chat": ("/v1/chat/completions", {**HELLO, "stream": True}),
    "responses": ("/v1/responses", {"model": "gpt-5.2", "input": "Hello there, my friend", "stream": True}),
    "gemini": (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        {"contents": [{"parts": [{"text": "Hello there, my friend"}]}]},
    ),
}


@pytest.fixture(params=sorted(STREAMS))
def dialect(request):
    return request.param


async def body_of(reader, dialect: str, **options: object) -> bytes:
    """The stream of *dialect* under a fault, read to its end."""
    if options:
        reader.gateway.fault(**options)
    path, body = STREAMS[dialect]
    async with reader.post(path, body) as response:
        assert response.status == 200
        return await response.read()


async def test_invalid_json_is_one_event(reader, dialect):
    """One event is cut JSON, all others are as without the fault."""
    good = len(parse(await body_of(reader, dialect)))
    body = await body_of(reader, dialect, kind="invalid-json", after_events=2)
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    with pytest.raises(ValueError, match=r"end of data|truncated"):
        loads(lines[2])
    assert len(lines) == good + 1


async def test_invalid_utf8(reader, dialect):
    """There are bytes no decoder accepts, in a text."""
    body = await body_of(reader, dialect, kind="invalid-utf8")
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert b"\xff\xc3(" in body


async def test_wrong_types(reader, dialect):
    """Numbers travel as strings; with ``shapes`` texts are objects."""
    body = await body_of(reader, dialect, kind="wrong-types", after_events=0)
    assert not any(isinstance(value, int) for event in parse(body) for value in leaves(event))
    body = await body_of(reader, dialect, kind="wrong-types", form="shapes", after_events=0)
    assert b'{"is":"You' in body


def leaves(value: object) -> list[object]:
    """All values but true, false and null, at any depth."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [] if value is None or isinstance(value, bool) else [value]


async def test_huge_event(reader, dialect):
    """One event is as large as asked, and good JSON."""
    body = await body_of(reader, dialect, kind="huge-event", size=3_000_000)
    sizes = sorted(len(line) for line in body.split(b"\n"))
    assert sizes[-1] > 3_000_000 > 100 * sizes[-2]
    assert parse(body)


@pytest.mark.parametrize("kind", ["endless-line", "endless-comments"])
async def test_endless(reader, dialect, kind):
    """It goes on for as long as someone reads; what came before is whole. Unread, it is held back."""
    reader.gateway.fault(kind, after_events=2)
    path, body = STREAMS[dialect]
    async with reader.post(path, body) as response:
        read = b""
        while len(read) < 2_000_000:
            read += await response.content.readany()
        response.close()
    record = await reader.gateway.wait_closed(0)
    assert (record.closed_by_peer, record.events_sent) == (True, 2)
    assert read.count(b"\n\n") == (2 if kind == "endless-line" else read.count(b": PING") + 2)


@pytest.mark.virtual
async def test_endless_waits_for_its_reader(gateway):
    """A client that does not read stops the gateway: its memory stays flat."""
    gateway.fault("endless-line")
    path, _ = STREAMS["chat"]
    payload = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    _, writer = await asyncio.open_connection(*gateway.url[7:].split(":"), limit=1024)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-local\r\nContent-Length: {len(payload)}"
    )
    writer.write(head.encode() + b"\r\n\r\n" + payload)
    await gateway.wait_events(1)
    before = -1
    while before != gateway.streams[0].bytes_sent:
        before = gateway.streams[0].bytes_sent
        await asyncio.sleep(0.05)
    writer.close()
    assert (await gateway.wait_closed(0)).closed_by_peer


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_compression(reader, dialect, encoding):
    """The decoded body is the same; each event can be read when it arrives."""
    packages = {"br": ["brotli"], "zstd": ["backports.zstd", "compression.zstd"]}.get(encoding, ["zlib"])
    if not any(_installed(name) for name in packages):
        pytest.skip(f"needs one of {packages}")
    plain = parse(await body_of(reader, dialect))
    assert len(parse(await body_of(reader, dialect, kind="compress", encoding=encoding))) == len(plain)


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


async def test_bomb(reader):
    """Little on the wire, much when inflated."""
    body = await body_of(reader, "chat", kind="bomb", size=5_000_000)
    assert len(body) > 5_000_000 > 100 * reader.gateway.streams[0].bytes_sent
    assert len(content(parse(body))) == 5_000_000


async def test_whole_answers_in_place_of_streams(reader, dialect):
    """``json-whole`` is the answer a plain request would get."""
    reader.gateway.fault("json-whole")
    path, body = STREAMS[dialect]
    async with reader.post(path, body) as response:
        assert response.content_type == "application/json"
        whole = await response.json()
    assert "usage" in whole or "usageMetadata" in whole
    assert "You said: Hello there, my friend" in [leaf for leaf in leaves(whole) if isinstance(leaf, str)]


async def test_big_headers(reader):
    """One header of the size asked for."""
    reader.gateway.fault("big-headers", size=4000)
    path, body = STREAMS["chat"]
    async with reader.post(path, body) as response:
        assert len(response.headers["X-Big"]) == 4000
