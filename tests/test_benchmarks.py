"""What the benchmarks play: made and stretched streams are ones that a server might send, and read whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import instructions, recordings
from benchmarks.corpus import CORPORA, Corpus, corpus
from gravitex_async import AsyncGravitex
from gravitex_async.stream import Stream
from gravitex_async.testing import LocalGateway, Tape

AnyStream = Stream[Any, Any]
ASK = [{"role": "user", "content": "?"}]
OPENERS: dict[str, Callable[[AsyncGravitex], AnyStream]] = {
    "chat": lambda client: client.chat.completions.stream(
        model="m", messages=ASK, stream_options={"include_usage": True}
    ),
    "responses": lambda client: client.responses.stream(model="m", input="?"),
    "gemini": lambda client: client.gemini.generate_content_stream(model="m", contents="?"),
}
PATHS = [recording.path for dialect in recordings.DIALECTS for recording in recordings.recordings(dialect)]
SIZE = 300


async def read(
    played: Corpus, body: bytes, client: AsyncGravitex, gateway: LocalGateway
) -> tuple[AnyStream, int]:
    """The stream at its end, and how many events it had; raises what a stream raises that ends badly."""
    gateway.play(Tape(body, every=8_000))
    stream = OPENERS[played.dialect](client)
    count = 0
    async for _ in stream:
        count += 1
    return stream, count


@pytest.mark.parametrize("name", CORPORA)
async def test_a_corpus_holds_what_it_says(name: str, client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Events, content and arguments are those a reader of the bytes finds, and the end is a good one."""
    made = corpus(name, 20_000 if name in ("huge-line", "tool-arguments", "structured") else SIZE)
    stream, count = await read(made, made.body, client, gateway)
    assert (count, stream.content) == (made.count, made.content)
    assert "".join(call.arguments for call in stream.tool_calls) == made.arguments
    assert stream.end.state == "completed"
    assert not stream.end.revised


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_stretched_recording_is_a_whole_stream(
    path: Any, client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """It has the events that the benchmark expects, ends as the recorded one does, and revises no more."""
    try:
        long = recordings.stretched(path, SIZE)
    except ValueError as error:
        assert str(error) in ("nothing in the middle", "an error", "no end")  # noqa: PT017  # counted as left out
        return
    before, _ = await read(long, path.read_bytes(), client, gateway)
    after, count = await read(long, long.body, client, gateway)
    assert count == long.count
    assert len(long.events) >= SIZE or len(long.body) >= recordings.MOST_BYTES
    assert (after.end.state, after.end.reason, after.finish_reason) == (
        before.end.state, before.end.reason, before.finish_reason
    )  # fmt: skip
    assert set(after.end.revised) <= set(before.end.revised)
    assert len(after.content) >= len(before.content)


def test_long_recordings_stay_as_recorded_byte_for_byte() -> None:
    """Nothing but the closing events of Responses is written anew: line ends, blanks and escapes stay."""
    for path in PATHS:
        if path.parent.name == "responses":
            continue
        try:
            events = recordings.stretched(path, SIZE).events
        except ValueError:
            continue
        body = path.read_bytes()
        assert all(event in body for event in set(events)), path


def test_counts_of_instructions_are_held_where_they_are_stored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A case that got dearer fails; one that nobody stored is shown, and is no reason to fail."""
    monkeypatch.setattr(instructions, "count", {"parser": 110, "chat": 104, "responses": 90}.get)
    monkeypatch.setattr(instructions, "_CORPORA", ["parser", "chat", "responses"])
    stored = {"instructions_per_event": {"parser": 100, "chat": 100, "gone": 1}}
    assert instructions.check(stored) == 1
    parser, chat, responses = capsys.readouterr().out.splitlines()
    assert ("+10.0%" in parser, "+4.0%" in chat, "none stored" in responses) == (True, True, True)
