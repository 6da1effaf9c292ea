"""A server that answers one request after the other as it is told, and sees who leaves."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from gravitex_async import AsyncGravitex, RetryPolicy

from .conftest import MESSAGES, RawServer, Tls, chunked, client_of, head

# Generous: it is waited for what happens at once.
SECONDS = 5.0

# Turns of a loop, in which what was written over loopback is read.
TURNS = 50

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

EVENTS = {
    "chat": b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n',
    "responses": b'data: {"type":"response.output_text.delta","item_id":"m","output_index":0,'
    b'"content_index":0,"delta":"word "}\n\n',
    "gemini": b'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"word "}]}}]}\n\n',
}
LAST = {
    "chat": b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    "responses": b'data: {"type":"response.completed",'
    b'"response":{"id":"r","status":"completed","output":[]}}\n\n',
    "gemini": b'data: {"candidates":[{"index":0,"finishReason":"STOP"}]}\n\n',
}


def open_stream(client: AsyncGravitex, dialect: str = "chat") -> Any:
    """A stream of *dialect*, not sent yet."""
    if dialect == "chat":
        return client.chat.completions.stream(model="m", messages=MESSAGES)
    if dialect == "responses":
        return client.responses.stream(model="m", input="Hello")
    return client.gemini.generate_content_stream(model="m", contents="Hello")


# What the server does


async def silence(_: asyncio.StreamWriter) -> None:
    """Silence before the head."""


async def no_token(writer: asyncio.StreamWriter) -> None:
    """Silence before the first token."""
    writer.write(head() + chunked(b": wait\n\n"))


def words(dialect: str = "chat") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        """Silence in the middle."""
        writer.write(head() + chunked(EVENTS[dialect] * 3))

    return answer


def whole(dialect: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(EVENTS[dialect] * 3 + LAST[dialect]) + b"0\r\n\r\n")

    return answer


def status(line: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {line}\r\nContent-Length: 2\r\nRetry-After: 0\r\n\r\n{{}}".encode())

    return answer


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def broken(body: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        """The reader waits for more of the body when the connection is lost."""
        writer.write(head() + body)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        writer.transport.abort()

    return answer


async def garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(head() + chunked(b": wait\n\n"))
    for _ in range(TURNS):
        await asyncio.sleep(0)
    writer.write(b"no size\r\n")


MOMENTS = {"opening": silence, "before the first token": no_token, "in mid-answer": words()}
"""What a reader waits for when it is stopped."""

FIRST: dict[str, list[Answer]] = {
    "no retry": [],
    "503": [status("503 Service Unavailable")],
    "429": [status("429 Too Many Requests")],
    "reset before the head": [reset],
    "cut behind the head": [broken(b"")],
    "cut behind a comment": [broken(chunked(b": wait\n\n"))],
    "cut twice": [broken(chunked(b": wait\n\n")), broken(chunked(b": wait\n\n"))],
    "no HTTP in the body": [garbage],
}
"""What becomes of the tries before the one that is read."""


class Upstream:
    """Answers one request after the other as told, the last answer for ever; knows what is still open."""

    def __init__(self, *answers: Answer, tls: Tls | None = None) -> None:
        self._answers = list(answers)
        self._server = RawServer(self._answer, tls=tls and tls.server)
        self._trust = tls and tls.client
        self._changed = asyncio.Event()
        self._open = 0
        self._said = False
        self.marks: list[weakref.ref[Mark]] = []

    async def __aenter__(self) -> Upstream:
        await self._server.__aenter__()
        retries = RetryPolicy(max_retries=2, initial_delay=0.001, max_delay=0.001)
        self.client = client_of(self._server.url, max_retries=retries, ssl=self._trust)
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self.client.close()
        await self._server.__aexit__(*raised)

    @property
    def requests(self) -> int:
        """How many came."""
        return len(self._server.requests)

    def mark(self) -> Mark:
        """A local for whoever reads."""
        mark = Mark()
        self.marks.append(weakref.ref(mark))
        return mark

    async def came(self, requests: int) -> None:
        """Waits until so many requests have come."""
        await self._until(lambda: self.requests >= requests)

    async def said_it(self) -> None:
        """Waits until the last answer was given, and had the time to be read."""
        await self._until(lambda: self._said)
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def is_left(self) -> None:
        """Waits until nothing is open here, nor in the client."""
        await self._until(lambda: not self._open)
        for _ in range(TURNS):  # what the loop itself still has to do
            await asyncio.sleep(0)
        assert self.client.pool.statistics().leased == 0
        assert [mark() for mark in self.marks] == [None] * len(self.marks)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async def changes() -> None:
            while not condition():
                await self._changed.wait()
                self._changed.clear()

        await asyncio.wait_for(changes(), SECONDS)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._changed.set()
        if len(self._answers) > 1:
            await self._answers.pop(0)(writer)
            return
        self._open += 1
        try:
            await self._answers[0](writer)
            self._said = True
            self._changed.set()
            await reader.read(1)
        finally:
            self._open -= 1
            self._changed.set()


class Mark:
    """Stands for what the reader's frames hold."""
