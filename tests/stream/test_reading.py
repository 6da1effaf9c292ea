"""The truthful ending without a socket: for every way a body can end, what the verdict on the answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from gravitex_async.chat._api import _parts as chat_parts
from gravitex_async.config import MAX_BODY_BYTES
from gravitex_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    DecodeError,
    GravitexError,
    MisuseError,
    RateLimitError,
    StreamInterrupted,
)
from gravitex_async.gemini._api import _parts as gemini_parts
from gravitex_async.responses._api import _parts as responses_parts
from gravitex_async.stream import Reading
from gravitex_async.stream._sniff import EVENT_STREAM

from ..reading import Make, read, taken

AnyReading = Reading[Any, Any]


def event(json: str) -> bytes:
    return f"data: {json}\n\n".encode()


class Dialect(NamedTuple):
    """The events of an answer that says "One two" and is whole."""

    make: Make
    text: bytes
    finish: bytes
    cut: bytes
    error: bytes
    whole: bytes
    mark: bytes = b""


DIALECTS = {
    "chat": Dialect(
        chat_parts,
        event('{"choices":[{"index":0,"delta":{"content":"One"}}]}')
        + event('{"choices":[{"index":0,"delta":{"content":" two"}}]}'),
        event('{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'),
        event('{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}'),
        event('{"error":{"message":"slow down","code":429}}'),
        b'{"object":"chat.completion","choices":[{"message":{"content":"One two"},"finish_reason":"stop"}]}',
        event("[DONE]"),
    ),
    "responses": Dialect(
        responses_parts,
        event('{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"One"}')
        + event('{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":" two"}'),
        event('{"type":"response.completed","response":{"object":"response","status":"completed"}}'),
        event(
            '{"type":"response.incomplete","response":{"object":"response","status":"incomplete",'
            '"incomplete_details":{"reason":"max_output_tokens"}}}'
        ),
        event('{"type":"error","message":"slow down","code":"rate_limit_exceeded"}'),
        b'{"object":"response","status":"completed","output":[{"type":"message","content":'
        b'[{"type":"output_text","text":"One two"}]}]}',
    ),
    "gemini": Dialect(
        gemini_parts,
        event('{"candidates":[{"content":{"parts":[{"text":"One"}]}}]}')
        + event('{"candidates":[{"content":{"parts":[{"text":" two"}]}}]}'),
        event('{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}'),
        event('{"candidates":[{"content":{"parts":[]},"finishReason":"MAX_TOKENS"}]}'),
        event('{"error":{"message":"slow down","code":429,"status":"RESOURCE_EXHAUSTED"}}'),
        b'[{"candidates":[{"content":{"parts":[{"text":"One two"}]},"finishReason":"STOP"}]}]',
    ),
}
IN_ALL = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
BROKE = StreamInterrupted("the connection was lost")


def eof(reading: AnyReading) -> None:
    reading.end_of_body()


def unclean(reading: AnyReading) -> None:
    reading.end_of_body(clean=False)


def lost(reading: AnyReading) -> None:
    reading.broke_off(BROKE)


def late(reading: AnyReading) -> None:
    reading.broke_off(APITimeoutError("too late", clock="idle", limit=1.0, readings={}))


def left(reading: AnyReading) -> None:
    reading.leave()


ENDS: list[Callable[[AnyReading], None]] = [eof, unclean, lost, late, left]


def reading_of(dialect: Dialect, *events: bytes) -> AnyReading:
    return read(dialect.make, events, end=False).reading


def partial_text(reading: AnyReading) -> str:
    """The text of what the failure carries."""
    assert isinstance(reading.failure, APIError)
    _, accumulator = DIALECTS["chat"].make()
    partial = reading.failure.partial
    assert partial == reading.accumulator.final()
    del accumulator
    return str(reading.accumulator.content)


@IN_ALL
@pytest.mark.parametrize("end", ENDS)
def test_a_whole_answer_ends_well_however_its_body_ends(
    dialect: Dialect, end: Callable[[AnyReading], None]
) -> None:
    """Behind the finish (and its mark) nothing that happens to the connection is a failure of the answer."""
    reading = reading_of(dialect, dialect.text + dialect.finish + dialect.mark)
    end(reading)
    assert reading.failure is None
    assert reading.over
    # Chat and Gemini go on behind the last finish reason, and who leaves there has left.
    closed = end is left and not reading.marked
    assert reading.end.state == ("closed" if closed else "completed")
    assert reading.end.evidence.finish_seen
    assert reading.accumulator.content == "One two"


@pytest.mark.parametrize(("name", "marked"), [("chat", True), ("responses", True), ("gemini", False)])
def test_which_answers_say_that_nothing_follows(name: str, marked: bool) -> None:
    """Chat by its mark, Responses by its last event: then its body is waited for. Gemini goes on."""
    dialect = DIALECTS[name]
    reading = reading_of(dialect, dialect.text, dialect.finish)
    assert reading.marked is (marked and not dialect.mark)
    reading = reading_of(dialect, dialect.text, dialect.finish + dialect.mark)
    assert (reading.marked, reading.at_mark, reading.whole, reading.over) == (marked, marked, True, False)
    reading.leave()
    assert reading.end.state == ("completed" if marked else "closed")


@IN_ALL
@pytest.mark.parametrize("end", [eof, unclean, lost, late])
def test_an_answer_without_an_end_is_an_error(dialect: Dialect, end: Callable[[AnyReading], None]) -> None:
    """Text and then nothing: the failure is there, behind what had arrived, and carries it."""
    reading = reading_of(dialect, dialect.text)
    assert not reading.over
    assert reading.failure is None
    end(reading)
    assert reading.end.state == "interrupted"
    assert reading.end.reason == "error"
    assert type(reading.failure) is (APITimeoutError if end is late else StreamInterrupted)
    assert partial_text(reading) == "One two"
    assert not reading.end.evidence.finish_seen


@IN_ALL
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_arrived_is_taken_before_the_failure(dialect: Dialect, size: int) -> None:
    """A body that is cut in the middle of an event gives the events before it, and then the failure."""
    body = dialect.text + dialect.finish[: len(dialect.finish) // 2]
    found = read(dialect.make, [body[at : at + size] for at in range(0, len(body), size)])
    assert [delta.content for delta in found.deltas] == ["One", " two"]
    assert isinstance(found.failure, StreamInterrupted)
    assert f"after 2 events and {len(body)} bytes" in found.failure.message


@IN_ALL
def test_an_answer_that_was_cut_is_incomplete(dialect: Dialect) -> None:
    """It ended well, and is not whole: no error, and the state says so."""
    reading = read(dialect.make, [dialect.text + dialect.cut + dialect.mark]).reading
    assert (reading.failure, reading.end.state, reading.end.reason) == (None, "incomplete", "length")


@IN_ALL
@pytest.mark.parametrize("before", [True, False])
def test_an_error_inside_the_stream_is_that_of_its_status(dialect: Dialect, before: bool) -> None:
    """Nothing behind it is read; what came before it is delivered, and part of the error."""
    body = (dialect.text if before else b"") + dialect.error + dialect.text
    found = read(dialect.make, [body])
    assert isinstance(found.failure, RateLimitError)
    assert found.failure.status == 429
    assert [delta.content for delta in found.deltas] == (["One", " two"] if before else [])
    assert len(found.items) == len(found.added) == found.reading.end.evidence.events == (2 if before else 0)
    assert found.reading.end.state == "failed"
    assert found.accumulator.content == ("One two" if before else "")


@IN_ALL
def test_a_malformed_event_is_an_error(dialect: Dialect) -> None:
    """It is never skipped, and what follows it is not read."""
    found = read(dialect.make, [dialect.text + b"data: {nonsense\n\n" + dialect.text + dialect.finish])
    assert type(found.failure) is DecodeError
    assert found.reading.end.state == "failed"
    assert found.accumulator.content == "One two"


@IN_ALL
@pytest.mark.parametrize("pings", [b"", b": ping\n\n: ping\n\n"])
def test_a_whole_answer_in_place_of_a_stream(dialect: Dialect, pings: bytes) -> None:
    """As a JSON body, or behind keep-alives: it is delivered as one item, at the end of the body."""
    body = pings + dialect.whole
    found = read(dialect.make, [body[:20], body[20:]], end=False)
    assert (found.items, found.reading.known) == ([], bool(pings))
    found.reading.end_of_body()
    items, added = taken(found.reading)
    assert len(items) == 1
    assert "".join(delta.content for delta in added[0]) == "One two"
    assert (found.failure, found.reading.end.state) == (None, "completed")
    assert found.reading.end.evidence.clean_eof


@IN_ALL
@pytest.mark.parametrize(
    ("body", "label", "cls"),
    [
        (b"<html><h1>502 Bad Gateway</h1></html>", "text/html", DecodeError),
        (b'{"hello":"world"}', "application/json", DecodeError),
        (b"", "", DecodeError),
        (b"", EVENT_STREAM, StreamInterrupted),
        (b'{"error":{"message":"slow down","code":429}}', "application/json", RateLimitError),
        (b'[{"error":{"message":"slow down","code":429}}]', "application/json", RateLimitError),
    ],
)
def test_what_is_no_answer_is_an_error(
    dialect: Dialect, body: bytes, label: str, cls: type[GravitexError]
) -> None:
    """HTML, JSON of another kind, nothing at all, and an error as the body of a good status."""
    reading = Reading(*dialect.make())
    reading.content_type = label
    if body:
        assert not reading.receive(body)
    assert not reading.over
    reading.end_of_body()
    assert type(reading.failure) is cls
    assert reading.end.state == ("interrupted" if cls is StreamInterrupted else "failed")


@pytest.mark.parametrize("before", [b"", b" ", b"\r\n\r\n", b"\xef\xbb\xbf", b" " * 300])
def test_a_stream_is_known_by_its_first_bytes(before: bytes) -> None:
    """Two reads may hold the name of its first field between them, and blanks may stand before it."""
    chat = DIALECTS["chat"]
    for cut in (1, 2, 4):
        found = read(chat.make, [before + chat.text[:cut], chat.text[cut:] + chat.finish + chat.mark])
        assert (found.reading.end.state, found.reading.body) == ("completed", None)
        assert found.accumulator.content == "One two"
        assert found.reading.end.evidence.bytes >= len(chat.text + chat.finish + chat.mark)
    assert Reading(*chat.make()).receive(before + chat.text)


def test_a_body_that_is_no_stream_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept to find out what it is, and not for ever."""
    assert MAX_BODY_BYTES == 256 * 1024 * 1024
    monkeypatch.setattr("gravitex_async.stream._reading.MAX_BODY_BYTES", 1000)
    reading = Reading(*chat_parts())
    reading.receive(b"[" * 1000)
    assert not reading.over
    reading.receive(b"[")
    assert type(reading.failure) is DecodeError


def test_done_without_a_finish_reason_needs_a_clean_end() -> None:
    """A server that gave up sends ``[DONE]`` too; one that is done ends its body as HTTP says."""
    chat = DIALECTS["chat"]
    for end, state in ((eof, "completed"), (unclean, "interrupted"), (lost, "interrupted"), (left, "closed")):
        reading = reading_of(chat, chat.text + chat.mark)
        assert (reading.marked, reading.at_mark, reading.whole) == (True, False, False)
        end(reading)
        assert reading.end.state == state
        assert reading.end.evidence.done_seen
    reading = read(DIALECTS["gemini"].make, [DIALECTS["gemini"].text + chat.mark]).reading
    assert reading.end.state == "interrupted"  # only chat has the mark


@IN_ALL
def test_a_verdict_stands(dialect: Dialect) -> None:
    """Nothing that happens after it changes anything: an abort may come from another thread at any time."""
    for first in ENDS:
        reading = reading_of(dialect, dialect.text)
        first(reading)
        state, failure = reading.end.state, reading.failure
        for second in ENDS:
            second(reading)
        assert not reading.receive(dialect.text + dialect.finish)
        assert (reading.end.state, reading.failure) == (state, failure)
        assert reading.accumulator.content == "One two"


def test_who_leaves_keeps_what_had_arrived() -> None:
    """State "closed", no failure, and the evidence of how far it was."""
    chat = DIALECTS["chat"]
    reading = reading_of(chat, chat.text)
    reading.leave()
    assert (reading.end.state, reading.failure, reading.over) == ("closed", None, True)
    assert (reading.end.evidence.events, reading.end.evidence.bytes) == (2, len(chat.text))


def test_another_try_begins_from_nothing() -> None:
    """The queue and the end stay the same objects, for views have them; all else is new."""
    chat = DIALECTS["chat"]
    reading = reading_of(chat, event('{"choices":[{"index":0,"delta":{"role":"assistant"}}]}'), chat.mark)
    queue, end = reading.queue, reading.end
    reading.end_of_body(clean=False)
    assert isinstance(reading.failure, StreamInterrupted)
    reading.restart(*chat.make())
    assert (reading.failure, reading.over, reading.marked, reading.known) == (None, False, False, False)
    assert (end.state, end.reason, end.evidence.clean_eof) == ("open", "unknown", False)
    assert not queue
    assert not reading.touched
    reading.receive(chat.text + chat.finish)
    reading.end_of_body()
    assert reading.queue is queue
    assert reading.end is end
    assert (end.state, end.evidence.events, end.evidence.done_seen) == ("completed", 3, False)


def test_what_makes_another_try_wrong() -> None:
    """An item that was handed out, or any content, taken or not."""
    role = event('{"choices":[{"index":0,"delta":{"role":"assistant"}}]}')
    reading = Reading(*chat_parts())
    reading.receive(role)
    assert not reading.touched
    reading.queue.turn("items")
    reading.queue.items.pop()
    assert reading.touched
    reading = Reading(*chat_parts())
    reading.receive(DIALECTS["chat"].text)
    assert reading.touched


def test_an_error_before_the_body_is_the_failure() -> None:
    """A refusal is "failed", a connection that never came "interrupted"; there is nothing to carry."""
    for error, state in (
        (APIStatusError("no", status=400), "failed"),
        (APIConnectionError("no"), "interrupted"),
    ):
        reading = Reading(*chat_parts())
        reading.broke_off(error)
        assert (reading.end.state, type(reading.failure)) == (state, type(error))
        assert isinstance(reading.failure, APIError)
        assert reading.failure is not error
        assert reading.failure.partial is None
    reading = Reading(*chat_parts())
    reading.broke_off(MisuseError("no"))
    assert isinstance(reading.failure, MisuseError)


def test_tool_calls_are_a_reason_of_their_own() -> None:
    """Where the wire says "stop" and there are calls, the neutral reason says so."""
    call = '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}}]}'
    for finish, reason in (("stop", "tool_calls"), ("length", "length"), ("tool_calls", "tool_calls")):
        end = event(f'{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{finish}"}}]}}')
        assert read(chat_parts, [event(call) + end]).reading.end.reason == reason


def test_suspicion_that_proves_wrong_loses_nothing() -> None:
    """What has no choices may be an error, and mostly is none: the events behind it are taken as well."""
    chat = DIALECTS["chat"]
    empty = event('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}')
    found = read(chat.make, [chat.text + empty * 3 + chat.text + chat.finish + empty])
    assert found.failure is None
    assert len(found.items) == len(found.added) == 9
    assert found.accumulator.content == "One twoOne two"
    assert found.accumulator.usage.total_tokens == 3


def test_text_that_comes_with_an_error_is_delivered() -> None:
    """An event with an error is handed out for the text it brings, and not without any."""
    chat = DIALECTS["chat"]
    with_text = '{"choices":[{"index":0,"delta":{"content":"!"}}],"error":{"message":"m","code":500}}'
    bare = '{"choices":[{"index":0,"delta":{}}],"error":{"message":"m","code":500}}'
    for json, contents in ((with_text, ["One", " two", "!"]), (bare, ["One", " two"])):
        found = read(chat.make, [chat.text + event(json)])
        assert [delta.content for delta in found.deltas] == contents
        assert len(found.items) == len(contents) == found.reading.end.evidence.events
        assert isinstance(found.failure, APIStatusError)


def test_a_body_in_place_of_events_is_kept() -> None:
    """Behind keep-alives as well; behind an event it is what went wrong in the stream."""
    for body in (b': ping\n\n{"a":1}', b'{"a":1}'):
        reading = read(chat_parts, [body]).reading
        assert reading.body == b'{"a":1}'
        assert type(reading.failure) is DecodeError
    reading = read(chat_parts, [DIALECTS["chat"].text + b'{"a":1}']).reading
    assert reading.body is None
    assert "raw text in the stream" in str(reading.failure)
