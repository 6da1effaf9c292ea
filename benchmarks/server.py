"""A replay server: prepared bytes over raw asyncio protocols, in a process and on a core of its own.

Strategy
    The model name in a request says what is played, so every client library can ask for it without knowing
    this server: ``<corpus>.<size>.<mode>[.<argument>]``, in the body (chat, Responses) or the path (Gemini).

    fast      chunked, one HTTP chunk per event as gateways send it, as fast as the socket takes it
    large.N   the same events in HTTP chunks of N bytes
    packets.N one event per packet, N microseconds apart (spins: timers are a millisecond coarse)
    paced.N   one event every N milliseconds, for many streams at once
    hold.N    N events, then nothing until ``GET /release`` or the client leaves
    stepped   one event for each such stream whenever a client says ``GET /step``, answered when all are sent
    stamped.N as paced, and each text is the moment it is sent (``time.monotonic_ns``: one clock for all)
    plain     one JSON answer

    The name may be a recording's (``recordings.py``). Bodies are framed once and kept; answering is one
    lookup and writes of ``SLICE`` bytes under flow control, so that the server is not what is measured. Any
    request is accepted; nothing is validated.

The process ends when its standard input does, so none outlives a benchmark (``replay.py`` starts it).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import lru_cache

from benchmarks.recordings import played

__all__ = ["pin"]

SLICE = 256 * 1024

_PLAY = re.compile(rb'(?:"model": ?"|/models/)([a-z0-9-]+)\.(\d+)\.([a-z]+)(?:\.(\d+))?')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TEXT = re.compile(rb'"content":"(?:[^"\\]|\\.)+"')
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"x-request-id: bench\r\n\r\n"
)
# Streams that run at the same pace are in step or not by how fast a client opens them: one that sends in step
# wakes it once for many. Nobody's users are in step, so each stream begins somewhere between two events.
_PHASES = random.Random(2026)

_PLAIN_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


def pin(core: int | None) -> None:
    """Binds this process to *core*, where the system can."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def _http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _framed(events: Iterable[bytes]) -> bytes:
    return b"".join(map(_http_chunk, events))


@lru_cache(maxsize=8)
def _per_event(name: str, size: int) -> bytes:
    return _STREAM_HEAD + _framed(played(name, size).events) + _LAST_CHUNK


@lru_cache(maxsize=4)
def _in_large(name: str, size: int, chunk: int) -> bytes:
    body = played(name, size).body
    pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
    return _STREAM_HEAD + _framed(pieces) + _LAST_CHUNK


@lru_cache(maxsize=8)
def _chunks(name: str, size: int) -> tuple[bytes, ...]:
    return (*map(_http_chunk, played(name, size).events), _LAST_CHUNK)


@lru_cache(maxsize=4)
def _plain(name: str, size: int) -> bytes:
    message = {"role": "assistant", "content": played(name, size).content}
    answer = {
        "id": "chatcmpl-8c1f29d04c5e4f6e",
        "object": "chat.completion",
        "created": 1763800000,
        "model": "deepseek-r1",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": size, "total_tokens": size + 12},
    }
    body = json.dumps(answer, ensure_ascii=False).encode()
    return _PLAIN_HEAD % len(body) + body


def _stamp(event: bytes) -> bytes:
    """*event* with its piece of text replaced by the time of sending."""
    return _TEXT.sub(b'"content":"%d"' % time.monotonic_ns(), event)


class Player(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, held: set[asyncio.Event], stepped: dict[Player, Iterator[bytes]]) -> None:
        self._held = held
        self._stepped = stepped
        self._input = b""
        self._rest = memoryview(b"")
        self._paused = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._modes: dict[bytes, Callable[[str, int, int], None]] = {
            b"fast": lambda name, size, _: self._send(_per_event(name, size)),
            b"large": lambda name, size, chunk: self._send(_in_large(name, size, chunk)),
            b"plain": lambda name, size, _: self._send(_plain(name, size)),
            b"packets": lambda *play: self._start(self._packets(*play)),
            b"paced": lambda *play: self._start(self._paced(*play)),
            b"hold": lambda *play: self._start(self._hold(*play)),
            b"stepped": lambda name, size, _: self._step_through(name, size),
            b"stamped": lambda *play: self._start(self._stamped(*play)),
        }

    def connection_lost(self, exc: Exception | None) -> None:
        self._stepped.pop(self, None)
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._go_on()

    def data_received(self, data: bytes) -> None:
        self._input += data
        head, blank, body = self._input.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or (length and len(body) < int(length[1])):
            return
        request, self._input = self._input, b""
        self._answer(request)

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"GET /release"):
            for event in self._held:
                event.set()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        if request.startswith(b"GET /step"):
            self._step()
            return
        play = _PLAY.search(request)
        if play is None:
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        name, size, mode, argument = play.groups()
        self._modes[mode](name.decode(), int(size), int(argument or 0))

    def _send(self, data: bytes) -> None:
        self._rest = memoryview(data)
        self._go_on()

    def _go_on(self) -> None:
        while self._rest and not self._paused:
            self._transport.write(self._rest[:SLICE])
            self._rest = self._rest[SLICE:]

    def _step_through(self, name: str, size: int) -> None:
        self._transport.write(_STREAM_HEAD)
        self._stepped[self] = iter(_chunks(name, size))

    def _step(self) -> None:
        for player, chunks in list(self._stepped.items()):
            chunk = next(chunks, None)
            if chunk is None:
                del self._stepped[player]
            else:
                player._transport.write(chunk)
        self._transport.write(b"%d\n" % len(self._stepped))

    def _start(self, coroutine: Coroutine[None, None, None]) -> None:
        self._task = asyncio.ensure_future(coroutine)

    async def _packets(self, name: str, size: int, micros: int) -> None:
        chunks = _chunks(name, size)
        self._transport.write(_STREAM_HEAD)
        due = time.perf_counter() + 0.005  # the client begins to read
        for chunk in chunks:
            while time.perf_counter() < due:  # noqa: ASYNC110 - it is to spin
                await asyncio.sleep(0)
            self._transport.write(chunk)
            due += micros / 1e6

    async def _paced(self, name: str, size: int, millis: int) -> None:
        await self._every(millis, _chunks(name, size))

    async def _stamped(self, name: str, size: int, millis: int) -> None:
        await self._every(millis, played(name, size).events, lambda event: _http_chunk(_stamp(event)))
        self._transport.write(_LAST_CHUNK)

    async def _every(
        self, millis: int, chunks: Iterable[bytes], made: Callable[[bytes], bytes] = bytes
    ) -> None:
        loop = asyncio.get_running_loop()
        self._transport.write(_STREAM_HEAD)
        due = loop.time() - _PHASES.random() * millis / 1000
        for chunk in chunks:
            due += millis / 1000
            await asyncio.sleep(due - loop.time())
            self._transport.write(made(chunk))

    async def _hold(self, name: str, size: int, count: int) -> None:
        chunks = _chunks(name, size)
        self._transport.write(_STREAM_HEAD + b"".join(chunks[:count]))
        released = asyncio.Event()
        self._held.add(released)
        try:
            await released.wait()
        finally:
            self._held.discard(released)
        self._transport.write(b"".join(chunks[count:]))


async def _serve(context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    held: set[asyncio.Event] = set()
    stepped: dict[Player, Iterator[bytes]] = {}
    server = await loop.create_server(
        lambda: Player(held, stepped), "127.0.0.1", 0, ssl=context, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


def _context(folder: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


def main() -> None:
    """The child: serves until standard input ends; prints its port."""
    options = argparse.ArgumentParser()
    options.add_argument("--core", type=int)
    options.add_argument("--tls", metavar="FOLDER")
    chosen = options.parse_args()
    pin(chosen.core)
    asyncio.run(_serve(_context(chosen.tls) if chosen.tls else None))


if __name__ == "__main__":
    main()
