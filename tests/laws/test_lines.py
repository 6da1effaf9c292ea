"""Cut between any two lines: named events, errors, pings and comments are what they are, in every dialect.

A cut at a byte is mostly inside a line, which the parser holds back anyhow. Between two lines it holds no
byte at all, and is in the middle of an event still: there a shortcut may take the next read for a new one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from gravitex_async import APIError, AsyncGravitex, BadRequestError, DecodeError, ServerError
from gravitex_async._json import dumps

from ..ways import Reading, Wire, read, serving
from .conftest import MESSAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire() -> AsyncIterator[Wire]:
    async with serving() as wire:
        yield wire


def chat(text: str = "", finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return dumps({"id": "c1", "model": "m", "choices": [choice]})


def gemini(text: str = "", finish: str | None = None) -> bytes:
    candidate = {"index": 0, "content": {"parts": [{"text": text}]}, "finishReason": finish}
    return dumps({"candidates": [candidate], "modelVersion": "m", "responseId": "r"})


def responses(text: str = "", finish: str | None = None) -> bytes:
    if finish:
        return dumps({"type": "response.completed", "response": {"id": "r", "status": "completed"}})
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    return dumps({"type": "response.output_text.delta", "delta": text, **place})


class Dialect(NamedTuple):
    """How one dialect writes a piece of text, and how its stream is asked for."""

    piece: Callable[..., bytes]
    opened: Callable[[AsyncGravitex], Any]


DIALECTS = {
    "chat": Dialect(chat, lambda client: client.chat.completions.stream(model="m", messages=MESSAGES)),
    "responses": Dialect(responses, lambda client: client.responses.stream(model="m", input="hi")),
    "gemini": Dialect(gemini, lambda client: client.gemini.generate_content_stream(model="m", contents="hi")),
}

ERROR = dumps({"message": "out of memory", "code": 500})
BY_NAME = dumps({"reason": "overloaded"})  # nothing but the name of the event says that it is an error
NESTED = dumps({"error": {"message": "too long", "code": "invalid_request", "status": 400}})


class Case(NamedTuple):
    """A body, the text that it brings, and the error that ends it."""

    body: str
    text: str
    error: type[APIError] | None = None

    def lines(self, piece: Callable[..., bytes]) -> list[bytes]:
        """The body's lines in one dialect, without their ends."""
        one, two, end = piece("One"), piece(" two"), piece(finish="stop")
        known = {b"<one>": one, b"<two>": two, b"<end>": end,
                 b"<error>": ERROR, b"<nested>": NESTED, b"<by name>": BY_NAME}  # fmt: skip
        body = self.body.encode().replace(b"<one in lines>", one.replace(b",", b",\ndata: "))
        for mark, value in known.items():
            body = body.replace(mark, value)
        return body.split(b"\n")[:-1]


# What makes the parser take over, so that it is there when the odd events come.
PING = ": ping\n\n"
ONE = f"{PING}data: <one>\n\n"
END = "data: <end>\n\n"

CASES = {
    "named": Case(
        f"{PING}event: message\ndata: <one>\nid: 7\n\ndata: <two>\n\nevent: message\n{END}", "One two"
    ),
    "pings": Case(
        f"event: ping\ndata: {{}}\n\ndata: <one>\n\nevent: heartbeat\ndata: {{}}\n\n"
        f": ping\ndata: <two>\n\n{END}",
        "One two",
    ),
    "over several lines": Case(f"{PING}data: <one in lines>\n\ndata: <two>\n\n{END}", "One two"),
    "error": Case(f"{ONE}event: error\ndata: <error>\n\n{END}", "One", ServerError),
    "error with an id": Case(
        f"{ONE}id: 1\nevent: error\nid: 2\ndata: <error>\nretry: 5\n\n{END}", "One", ServerError
    ),
    "error behind its data": Case(f"{ONE}data: <error>\nevent: error\n\n{END}", "One", ServerError),
    "error by its name": Case(f"{ONE}event: error\ndata: <by name>\n\n{END}", "One", APIError),
    "two objects in one": Case(f"{ONE}data: <two>\ndata: <two>\n\n{END}", "One", DecodeError),
    "nested error": Case(f"{ONE}event: error\ndata: <nested>\n\n{END}", "One", BadRequestError),
    "error as a field": Case(f"{ONE}error: <error>\n\n{END}", "One", ServerError),
}
ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_cut_between_any_two_lines(wire: Wire, dialect: str, case: str, end: str) -> None:
    """The same text and the same error, whether the cut is between lines or inside a line's end."""
    parts = [line + ENDS[end] for line in CASES[case].lines(DIALECTS[dialect].piece)]
    body = b"".join(parts)
    borders = {0, *(len(b"".join(parts[:count])) for count in range(1, len(parts)))}
    if end == "CRLF":
        borders |= {border - 1 for border in borders if border}
    for cut in sorted(borders):
        pieces = [piece for piece in (body[:cut], body[cut:]) if piece]
        for way in ("items", "deltas"):
            wire.put(pieces)
            assert_reading(await read(DIALECTS[dialect].opened(wire.client), way), CASES[case], cut)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_read_for_each_line(wire: Wire, dialect: str, case: str, end: str) -> None:
    """As servers write that flush after every line."""
    parts = [line + ENDS[end] for line in CASES[case].lines(DIALECTS[dialect].piece)]
    for way in ("items", "deltas", "final"):
        wire.put(parts)
        assert_reading(await read(DIALECTS[dialect].opened(wire.client), way), CASES[case], "each line")


def assert_reading(reading: Reading, case: Case, cut: object) -> None:
    assert isinstance(reading.error, case.error or type(None)), (cut, reading.way, reading.error)
    assert reading.stream.content == case.text, (cut, reading.way)
    if reading.deltas is not None:
        assert "".join(delta.content for delta in reading.deltas) == case.text, cut
    assert reading.stream.end.state == ("failed" if case.error else "completed"), (cut, reading.way)
