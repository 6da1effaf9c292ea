"""The one program of a user: it reads an answer through the words that all answers share.

It does not know of which dialect the answer is, nor how it came: plain, as a stream, as what ``final()``
gave, or as what had arrived before an error. Beside it stands a server that sends recordings, whole or
broken off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from gravitex_async import AsyncGravitex

from .laws.conftest import RawServer, chunked, client_of

__all__ = ["COUNTS", "Came", "Player", "Reading", "Spoken", "came", "playing", "read", "spoken"]

COUNTS = (
    "input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens", "visible_tokens",
)  # fmt: skip


class Spoken(NamedTuple):
    """What an answer says, or one of its choices."""

    content: str
    reasoning: str
    refusal: str
    calls: list[tuple[str, str, str]]
    """Id, name and arguments."""
    finish: str | None
    state: str
    reason: str
    sources: list[tuple[str | None, str | None]]
    """Title and address of what it cites, each once."""
    cited: set[str]
    """The pieces of the content that rest on one of them."""
    pictures: list[tuple[str | None, str]]
    """MIME type, and base64 or address."""
    turn: list[dict[str, Any]]


class Reading(NamedTuple):
    """What an answer says, and what it cost."""

    said: Spoken
    usage: dict[str, int | None]
    source: str


class Came(NamedTuple):
    """How it came."""

    request_id: str | None
    headers: Mapping[str, str]
    attempts: int
    requests_left: int | None


def read(answer: Any) -> Reading:
    """Any answer, and any stream."""
    usage = {name: getattr(answer.usage, name) for name in COUNTS}
    return Reading(spoken(answer), usage, answer.usage.source)


def spoken(answer: Any) -> Spoken:
    """Any answer, any stream, any choice of an answer."""
    assert type(answer.content) is type(answer.reasoning_content) is type(answer.refusal) is str
    return Spoken(
        answer.content,
        answer.reasoning_content,
        answer.refusal,
        [(call.id, call.name, call.arguments) for call in answer.tool_calls],
        answer.finish_reason,
        answer.end.state,
        answer.end.reason,
        list(dict.fromkeys((source.title, source.url) for source in answer.citations)),
        {answer.content[slice(*each.where)] for each in answer.citations if each.where},
        [(image.mime_type, image.base64 or image.url) for image in answer.images],
        answer.to_input(),
    )


def came(answer: Any) -> Came:
    """How any answer, or any stream, came; the order of its times is looked at."""
    times = answer.timings
    assert 0 <= times.headers <= times.last, times
    assert times.headers <= (times.first_content or times.last) <= times.last, times
    return Came(answer.request_id, answer.headers, answer.attempts, answer.rate_limit.remaining_requests)


class Player:
    """Answers the next request with what it was given, once."""

    def __init__(self) -> None:
        self.client: AsyncGravitex
        self._next: tuple[bytes, dict[str, str], bool] = (b"", {}, True)

    def put(
        self, body: bytes, content_type: str, headers: Mapping[str, str] | None = None, whole: bool = True
    ) -> None:
        """The next answer; one that is not *whole* breaks off behind *body*."""
        self._next = body, {"content-type": content_type, **(headers or {})}, whole

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body, headers, whole = self._next
        lines = [
            f"{name}: {value}" for name, value in headers.items() if name not in ("connection", *_FRAMING)
        ]
        writer.write("\r\n".join(["HTTP/1.1 200 OK", *lines, "transfer-encoding: chunked\r\n\r\n"]).encode())
        if body:
            writer.write(chunked(body))
        if not whole:
            writer.close()
            await writer.wait_closed()  # what was written has gone out
            raise ConnectionResetError  # leaves the loop over requests
        writer.write(b"0\r\n\r\n")
        await writer.drain()


_FRAMING = ("content-length", "content-encoding", "transfer-encoding", "retry-after")
"""Headers that speak of the recorded framing; the recordings are decoded."""


@asynccontextmanager
async def playing() -> AsyncIterator[Player]:
    """A player for the tests of one module."""
    player = Player()
    async with RawServer(player.answer) as server, client_of(server.url) as player.client:
        yield player
