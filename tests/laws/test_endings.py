"""Truthful ending: what did not end well raises, in every view, and carries what had arrived."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gravitex_async import (
    APIError,
    AsyncGravitex,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from gravitex_async.testing import LocalGateway, Tape

from .conftest import WORDS, RawServer, ask, chunked, client_of, head, open_stream

TEXT = "".join(WORDS)
DONE = b"data: [DONE]\n\n"


def chunk(text: str | None = None, finish: str | None = None) -> bytes:
    """One chat event."""
    content = "{}" if text is None else f'{{"content":"{text}"}}'
    reason = "null" if finish is None else f'"{finish}"'
    choice = f'{{"index":0,"delta":{content},"finish_reason":{reason}}}'
    return f'data: {{"id":"x","choices":[{choice}]}}\n\n'.encode()


ONE_TWO = chunk("One") + chunk(" two")
WHOLE = ONE_TWO + chunk(finish="stop") + DONE


async def _items(stream: Any) -> None:
    async for _ in stream:
        pass


async def _deltas(stream: Any) -> None:
    async for _ in stream.deltas():
        pass


async def _text(stream: Any) -> None:
    async for _ in stream.text():
        pass


async def _batches(stream: Any) -> None:
    async for _ in stream.batches():
        pass


async def _final(stream: Any) -> None:
    await stream.final()


VIEWS: list[Callable[[Any], Awaitable[None]]] = [_items, _deltas, _text, _batches, _final]


async def failure_of(
    client: AsyncGravitex, view: Callable[[Any], Awaitable[None]] = _items
) -> tuple[APIError, Any]:
    """The error a stream ends with, and the stream."""
    stream = open_stream(client)
    with pytest.raises(APIError) as caught:
        await view(stream)
    with pytest.raises(type(caught.value)):
        await view(stream)  # as often as it is asked
    return caught.value, stream


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["close", "reset", "truncate", "garbage-chunk-size"])
async def test_broken_bodies_raise_in_every_view(
    words: LocalGateway, client: AsyncGravitex, kind: Any, view: Any
) -> None:
    """However the connection breaks, every view raises, and the text that came is in ``error.partial``."""
    words.fault(kind, after_events=3)
    error, stream = await failure_of(client, view)
    assert isinstance(error, StreamInterrupted)
    assert error.partial.choices[0].message.content == "One two"
    assert stream.content == "One two"
    assert (stream.end.state, stream.end.reason) == ("interrupted", "error")
    assert client.pool.statistics().leased == 0


async def test_a_content_length_that_is_too_large_raises(words: LocalGateway, client: AsyncGravitex) -> None:
    """A body shorter than announced is whole when it has its end mark, and is one answer, not an error."""
    words.fault("short")
    stream = open_stream(client)
    assert (await stream.final()).choices[0].message.content == TEXT
    assert stream.end.state == "completed"
    assert not stream.end.evidence.clean_eof


@pytest.mark.parametrize("kind", ["close", "reset", "truncate"])
async def test_pain_1_eof_at_every_event_border(
    words: LocalGateway, client: AsyncGravitex, kind: Any
) -> None:
    """A stream cut at any border before its finish reason is interrupted, behind it it is complete."""
    for events in range(1, 9):
        words.fault(kind, after_events=events)
        stream = open_stream(client)
        if events <= len(WORDS) + 1:
            with pytest.raises(StreamInterrupted) as caught:
                await _items(stream)
            assert caught.value.partial.choices[0].message.content in (
                TEXT[: len("".join(WORDS[: events - 1]))],
                None,
            )
            assert stream.content == "".join(WORDS[: events - 1])
            assert stream.end.state == "interrupted"
        else:
            await _items(stream)
            assert (stream.content, stream.end.state, stream.end.reason) == (TEXT, "completed", "stop")


async def test_pain_1_reset_at_every_byte(words: LocalGateway, client: AsyncGravitex) -> None:
    """A stream reset after any byte gives an error and a prefix of the text, never a quiet end."""
    words.fault("no-done")
    whole = open_stream(client)
    await whole.final()
    for size in range(1, whole.end.evidence.bytes, 37):
        words.fault("reset", after_bytes=size)
        stream = open_stream(client)
        try:
            await _items(stream)
        except StreamInterrupted:
            assert TEXT.startswith(stream.content)
            assert stream.finish_reason is None
        else:
            assert (stream.content, stream.finish_reason) == (TEXT, "stop")


@pytest.mark.parametrize("kind", ["no-done", "double-done", "data-after-done"])
async def test_end_marks_missing_doubled_and_followed(
    words: LocalGateway, client: AsyncGravitex, kind: Any
) -> None:
    """A finish reason without [DONE], [DONE] twice and data behind it are all the same whole answer."""
    words.fault(kind)
    stream = open_stream(client)
    assert (await stream.final()).choices[0].message.content == TEXT
    assert stream.end.state == "completed"
    assert stream.end.evidence.done_seen is (kind != "no-done")


async def test_done_without_a_finish_reason_is_an_end_without_a_reason(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """The gateway closes a stalled upstream that way: no error, and no made-up reason."""
    gateway.play(Tape(ONE_TWO + DONE))
    stream = open_stream(client)
    await _items(stream)
    assert (stream.end.state, stream.end.reason, stream.finish_reason) == ("completed", "unknown", None)
    assert not stream.end.evidence.finish_seen


FORMS = ["data", "event-flat", "event-nested", "raw-tail", "field-line", "google"]
STATUSES = [
    ("invalid_request", BadRequestError, 400),
    ("invalid_api_key", AuthenticationError, 401),
    ("insufficient_user_quota", PermissionDeniedError, 403),
    ("model_not_found", NotFoundError, 404),
    ("rate_limit_exceeded", RateLimitError, 429),
    ("server_error", ServerError, 500),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("after", [0, 3])
async def test_pain_4_errors_inside_a_stream(
    words: LocalGateway, client: AsyncGravitex, form: str, after: int
) -> None:
    """An error in any form raises with its message, behind what had arrived."""
    words.fault("error-event", form=form, after_events=after, message="upstream fell over")
    error, stream = await failure_of(client)
    assert isinstance(error, ServerError)
    assert "upstream fell over" in str(error)
    assert error.request_id
    assert stream.content == ("One two" if after else "")
    assert (error.partial is not None) is bool(after)
    assert (stream.end.state, stream.end.reason) == ("failed", "error")


@pytest.mark.parametrize("form", FORMS[:-1])
@pytest.mark.parametrize(("code", "expected", "status"), STATUSES)
async def test_an_error_in_a_stream_is_the_class_of_its_status(
    words: LocalGateway, client: AsyncGravitex, form: str, code: str, expected: type, status: int
) -> None:
    """Callers catch the same class, wherever the gateway says it."""
    words.fault("error-event", form=form, code=code)
    error, _ = await failure_of(client)
    assert type(error) is expected
    assert error.status == status
    words.fault("status", status=status, code=code)
    async with client_of(words.url) as other:  # the pause after a 429 is the first one's
        refused, _ = await failure_of(other)
    assert type(refused) is expected
    assert refused.retryable is error.retryable


@pytest.mark.parametrize("stream", [True, False])
async def test_pain_5_html_with_status_200(words: LocalGateway, client: AsyncGravitex, stream: bool) -> None:
    """A proxy's page is an error that quotes it."""
    words.fault("html")
    with pytest.raises(DecodeError) as caught:
        await (open_stream(client).final() if stream else ask(client))
    assert "502 Bad Gateway" in caught.value.body
    assert "text/html" in str(caught.value)
    assert caught.value.request_id


@pytest.mark.parametrize("stream", [True, False])
async def test_pain_5_error_body_with_status_200(
    words: LocalGateway, client: AsyncGravitex, stream: bool
) -> None:
    """An error body is the error it says it is."""
    words.fault("json-error", code="rate_limit_exceeded", message="slow down")
    with pytest.raises(RateLimitError, match="slow down"):
        await (open_stream(client).final() if stream else ask(client))


@pytest.mark.parametrize("stream", [True, False])
async def test_pain_5_nothing_with_status_200(
    words: LocalGateway, client: AsyncGravitex, stream: bool
) -> None:
    """No body is no answer."""
    words.fault("empty")
    with pytest.raises(APIError) as caught:
        await (open_stream(client).final() if stream else ask(client))
    assert isinstance(caught.value, StreamInterrupted if stream else DecodeError)


@pytest.mark.parametrize("view", VIEWS)
async def test_pain_5_a_whole_completion_in_place_of_a_stream(
    words: LocalGateway, client: AsyncGravitex, view: Any
) -> None:
    """A model that cannot stream answers in one piece, which arrives as one chunk."""
    words.fault("json-whole")
    stream = open_stream(client)
    await view(stream)
    assert stream.content == TEXT
    assert (stream.end.state, stream.finish_reason) == ("completed", "stop")
    assert stream.usage.source == "server"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/event-stream", None])
@pytest.mark.parametrize("every", [None, 1])
async def test_a_body_is_what_its_first_bytes_say(
    gateway: LocalGateway, client: AsyncGravitex, content_type: str | None, every: int | None
) -> None:
    """JSON or a stream is told by the first bytes, however they are labelled and cut."""
    gateway.play(Tape(b"\n\n" + WHOLE, content_type=content_type, every=every, streamed=True))
    stream = open_stream(client)
    await stream.final()
    assert (stream.content, stream.end.state) == ("One two", "completed")
    body = b'{"id":"x","choices":[{"index":0,"message":{"content":"One two"},"finish_reason":"stop"}]}'
    gateway.play(Tape(b"\n\n" + body, content_type=content_type, every=every, streamed=True))
    stream = open_stream(client)
    await stream.final()
    assert (stream.content, stream.end.state) == ("One two", "completed")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/event-stream", None])
@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"upstream connect error", b"[1, 2]", b'{"a": 1}', b'"no"']
)
async def test_a_body_that_is_neither_is_quoted(
    gateway: LocalGateway, client: AsyncGravitex, content_type: str | None, body: bytes
) -> None:
    """What is no stream and no answer raises with its first bytes, whatever its label."""
    gateway.play(Tape(body, content_type=content_type))
    error, _ = await failure_of(client)
    assert body.decode() in str(error.body) or body.decode() in str(error)


async def test_a_stream_in_place_of_a_plain_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An answer that streams unasked is put together; one that is cut or failed is an error."""
    gateway.play(Tape(WHOLE))
    assert (await ask(client)).choices[0].message.content == "One two"
    gateway.play(Tape(ONE_TWO))
    with pytest.raises(StreamInterrupted) as cut:
        await ask(client)
    assert cut.value.partial.choices[0].message.content == "One two"
    gateway.play(Tape(ONE_TWO + b'data: {"error":{"message":"boom","code":"server_error"}}\n\n'))
    with pytest.raises(ServerError, match="boom") as failed:
        await ask(client)
    assert failed.value.partial.choices[0].message.content == "One two"


@pytest.mark.parametrize("kind", ["reset", "truncate", "short"])
async def test_a_plain_answer_that_breaks_off_raises(
    words: LocalGateway, client: AsyncGravitex, kind: Any
) -> None:
    """A plain body that ends early is never half an answer."""
    words.fault(kind)
    with pytest.raises(StreamInterrupted):
        await ask(client)


async def test_invalid_json_among_good_events_is_reported(words: LocalGateway, client: AsyncGravitex) -> None:
    """A malformed event is an error in its place, never skipped."""
    words.fault("invalid-json", after_events=3)
    error, stream = await failure_of(client)
    assert isinstance(error, DecodeError)
    assert "choices" in str(error)
    assert stream.content == "One two"
    words.fault("invalid-json")
    with pytest.raises(DecodeError, match="JSON"):
        await ask(client)


async def test_invalid_utf8_is_read_with_replacement(words: LocalGateway, client: AsyncGravitex) -> None:
    """Bytes that are no UTF-8 cost a replacement character, not the answer."""
    words.fault("invalid-utf8", after_events=2)
    stream = open_stream(client)
    await stream.final()
    assert stream.end.state == "completed"
    assert "\ufffd" in stream.content
    assert stream.content.replace("\ufffd", "").replace("(", "") == TEXT


async def test_numbers_as_strings_are_read(words: LocalGateway, client: AsyncGravitex) -> None:
    """A number in quotes means what it says."""
    words.fault("wrong-types")
    stream = open_stream(client)
    await stream.final()
    assert stream.content == TEXT
    assert isinstance(stream.usage.total_tokens, int)


async def test_text_as_objects_is_reported(words: LocalGateway, client: AsyncGravitex) -> None:
    """A shape nobody can mean is an error that says where."""
    words.fault("wrong-types", form="shapes", after_events=2)
    error, stream = await failure_of(client)
    assert isinstance(error, DecodeError)
    assert "content" in str(error)
    assert stream.content == "One"


async def test_a_slow_reader_loses_nothing_to_a_reset() -> None:
    """Bytes that came before the reset are handed out, even when nobody read at that moment."""
    one_was_read, reset = asyncio.Event(), asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunked(chunk("One")))
        await one_was_read.wait()
        writer.write(chunked(chunk(" two")) + chunked(chunk(" three")))
        await turns()  # the connection takes them, and nobody reads
        peer = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        reset.set()
        raise ConnectionResetError

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        assert (await stream.__anext__()).content == "One"
        one_was_read.set()
        await reset.wait()
        await turns()
        assert (await stream.__anext__()).content == " two"
        assert (await stream.__anext__()).content == " three"
        with pytest.raises(StreamInterrupted) as caught:
            await stream.__anext__()
        assert caught.value.partial.choices[0].message.content == "One two three"


async def turns(count: int = 20) -> None:
    """Lets the loop see and do what there is to do."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_garbage_chunk_size_is_noticed_at_once(words: LocalGateway, client: AsyncGravitex) -> None:
    """The HTTP library leaves its reader waiting for ever then; no clock is needed to end it here."""
    words.fault("garbage-chunk-size", after_events=2)
    await asyncio.wait_for(failure_of(client), 4)  # before any clock of the client's


async def test_an_open_block_at_the_end_counts_when_it_is_whole(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """A missing last blank line loses nothing, half an event is no event."""
    gateway.play(Tape(ONE_TWO + chunk(finish="stop").rstrip()))
    stream = open_stream(client)
    await stream.final()
    assert (stream.content, stream.end.state) == ("One two", "completed")
    gateway.play(Tape(ONE_TWO + chunk(" three")[:-20]))
    error, stream = await failure_of(client)
    assert isinstance(error, StreamInterrupted)
    assert stream.content == "One two"


async def test_204_is_no_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A success without a body is an error on both ways."""
    for call in (open_stream(client).final, lambda: ask(client)):
        gateway.fault("status", status=204, body=b"")
        with pytest.raises(APIError) as caught:
            await call()
        assert caught.value.status == 204


@pytest.mark.parametrize(
    "body", [b'{"error":{"message":"boom","code":"server_error"}}', b'{"success":false,"message":"boom"}']
)
async def test_an_error_behind_keep_alives(gateway: LocalGateway, client: AsyncGravitex, body: bytes) -> None:
    """The gateway has sent its status and pings when the upstream fails: raw JSON follows."""
    gateway.play(Tape(b": PING\n\n: PING\n\n" + body))
    error, _ = await failure_of(client)
    assert "boom" in str(error)


async def test_a_whole_completion_behind_keep_alives(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A model that cannot stream, on a gateway that pings."""
    body = b'{"id":"x","choices":[{"index":0,"message":{"content":"One two"},"finish_reason":"stop"}]}'
    gateway.play(Tape(b": PING\n\n: PING\n\n" + body))
    stream = open_stream(client)
    await stream.final()
    assert (stream.content, stream.end.state) == ("One two", "completed")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("bad_request_body", 400),
        ("sensitive_words_detected", 400),
        ("prompt_blocked", 400),
        ("access_denied", 403),
        ("pre_consume_token_quota_failed", 403),
        ("api_not_implemented", 501),
        ("channel:no_available_key", 500),
        ("channel:stream_timeout_no_response", 502),
        ("do_request_failed", 500),
        ("bad_response_body", 500),
    ],
)
async def test_codes_of_the_gateway_mean_their_status(
    words: LocalGateway, client: AsyncGravitex, code: str, status: int
) -> None:
    """The gateway's type is always api_error; the code says which."""
    words.fault("error-event", code=code)
    error, _ = await failure_of(client)
    assert error.status == status
