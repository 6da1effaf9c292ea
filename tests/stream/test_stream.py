"""One answer as it arrives: what a stream shows, keeps, survives and refuses."""

from __future__ import annotations

import asyncio
import pickle
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from gravitex_async import (
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncGravitex,
    DecodeError,
    Limits,
    MisuseError,
    RateLimitError,
    StreamInterrupted,
    Timeout,
)
from gravitex_async.chat import ChatCompletionChunk, ChatStream
from gravitex_async.testing import Call, LocalGateway, Tape, TokenCounts

# The sockets are real and the time is not.
pytestmark = pytest.mark.virtual

ASK = [{"role": "user", "content": "hi"}]
WORDS = ["One", " two", " three"]


def opened(client: AsyncGravitex, **options: Any) -> ChatStream:
    """A stream that is not sent yet."""
    return client.chat.completions.stream(model="m", messages=ASK, **options)


def body_of(*payloads: Any, done: bool = True) -> bytes:
    lines = [b"data: %b\n\n" % msgspec.json.encode(payload) for payload in payloads]
    return b"".join([*lines, b"data: [DONE]\n\n" * done])


def words(*pieces: str) -> list[dict[str, Any]]:
    """Chunks with these pieces of text, and a finish."""
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    return [*chunks, {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


async def read_into(seen: list[str], stream: ChatStream) -> None:
    async for chunk in stream:
        seen.append(chunk.content)


# What it shows


async def test_the_accumulators_grow_with_the_reading(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """At any moment, during and after, they hold what has arrived."""
    gateway.script(text=WORDS, pace=0.002)
    seen = []
    async with opened(client) as stream:
        assert (stream.content, stream.finish_reason, stream.usage.source, stream.end.state) == (
            "",
            None,
            "none",
            "open",
        )
        async for text in stream.text():
            seen.append((text, stream.content))
    assert [text for text, _ in seen] == WORDS
    assert all(content.startswith("".join(WORDS[: i + 1])) for i, (_, content) in enumerate(seen))
    assert (stream.content, stream.finish_reason, stream.end.state) == ("One two three", "stop", "completed")


async def test_all_channels(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Reasoning, calls, usage and refusal each have their accumulator."""
    gateway.script(reasoning="hm", tool_calls=[Call("f", '{"a":1}', id="c1")], usage=TokenCounts(11, 7, 3))
    stream = opened(client)
    await stream.final()
    assert stream.reasoning_content == "hm"
    assert [(call.id, call.name, call.parsed()) for call in stream.tool_calls] == [("c1", "f", {"a": 1})]
    assert (stream.usage.input_tokens, stream.usage.source) == (11, "server")
    assert (stream.finish_reason, stream.end.reason) == ("tool_calls", "tool_calls")
    gateway.script(refusal="no")
    refused = opened(client)
    assert (await refused.final()).choices[0].message.refusal == refused.refusal == "no"


async def test_views_may_be_changed_in_mid_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """All views read one and the same response: each goes on where the last one stopped."""
    gateway.play(Tape(body_of(*words("a", "b", "c", "d", "e")), every=7))
    stream = opened(client)
    assert (await stream.__anext__()).content == "a"
    assert (await stream.text().__anext__()) == "b"
    assert (await stream.deltas().__anext__()).content == "c"
    batch = await stream.batches().__anext__()
    assert batch[0].content == "d"
    assert (await stream.final()).choices[0].message.content == "abcde"


async def test_batches_are_what_the_network_brought(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """One list per read, never an empty one: keep-alives make none."""
    body = b": PING\n\n" + body_of(*words("a", "b"))
    gateway.play(Tape(body, cuts=[9], pace=0.02))
    batches = [batch async for batch in opened(client).batches()]
    assert [[chunk.content for chunk in batch] for batch in batches] == [["a", "b", ""]]


async def test_text_is_never_empty_and_joins_what_one_event_brings(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Empty deltas are passed over; other choices do not count; one choice twice in an event counts twice."""
    choices = [{"index": index, "delta": {"content": text}} for index, text in ((1, "x"), (0, "a"), (0, "b"))]
    first = {"id": "c", "choices": choices}
    gateway.play(Tape(body_of({"id": "c", "choices": []}, first, *words("", "c"))))
    stream = opened(client)
    assert [text async for text in stream.text()] == ["ab", "c"]
    assert stream.content == "abc"


async def test_evidence(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What was seen of the end, on which the state rests."""
    body = body_of(*words("a"))
    gateway.play(Tape(body))
    stream = opened(client)
    await stream.final()
    evidence = stream.end.evidence
    assert (evidence.finish_seen, evidence.done_seen, evidence.clean_eof) == (True, True, True)
    assert (evidence.events, evidence.bytes) == (2, len(body))


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [("stop", "completed", "stop"), ("length", "incomplete", "length"),
     ("content_filter", "incomplete", "filtered"),
     ("tool_calls", "completed", "tool_calls"), ("eos_token", "completed", "unknown")],
)  # fmt: skip
async def test_how_it_ended(
    gateway: LocalGateway, client: AsyncGravitex, word: str, state: str, reason: str
) -> None:
    """The word on the wire stays; the state and the neutral reason follow from it."""
    gateway.script(text="a", finish_reason=word)
    stream = opened(client)
    await stream.final()
    assert (stream.finish_reason, stream.end.state, stream.end.reason) == (word, state, reason)


async def test_timings_are_in_order(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Opened, headers, first reasoning, first content, last; gaps between reads with content."""
    gateway.script(text=WORDS, reasoning="hm", pace=0.01)
    stream = opened(client)
    assert stream.timings.headers is None
    await stream.final()
    times = stream.timings
    assert times.opened is not None
    marks = [times.headers, times.first_reasoning, times.first_content, times.last]
    assert marks == sorted(mark for mark in marks if mark is not None)
    assert times.between.count >= 2
    assert 0 < times.between.shortest <= times.between.mean <= times.between.longest < 5


async def test_headers_request_id_and_rate_limit(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Within reach on streams too, case-insensitive; empty before they came."""
    headers = {
        "X-Oneapi-Request-Id": "req-1",
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    gateway.play(Tape(body_of(*words("a")), headers=headers))
    stream = opened(client)
    assert (stream.headers, stream.request_id) == ({}, None)
    async with stream:
        assert stream.headers["X-ONEAPI-request-id"] == stream.request_id == "req-1"
        assert (stream.rate_limit.limit_requests, stream.rate_limit.reset_tokens) == (60, 360.0)


class Mine(ChatCompletionChunk, kw_only=True):
    """A chunk with a field of one provider."""

    x_groq: dict[str, Any] | None = None


async def test_fields_of_ones_own(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """``chunk_type`` adds fields; ``last_raw`` has the payload of the item handed out last, as sent."""
    first, *rest = words("a", "b", "c")
    gateway.play(Tape(body_of({**first, "x_groq": {"id": 1}}, *rest)))
    stream = client.chat.completions.stream(model="m", messages=ASK, chunk_type=Mine)
    assert stream.last_raw is None
    seen = []
    async for chunk in stream:
        assert stream.last_raw is not None
        assert msgspec.json.decode(stream.last_raw, type=Mine) == chunk
        seen.append(chunk.x_groq)
    assert seen == [{"id": 1}, None, None, None]
    for wrong in (dict, ChatStream, 7):
        with pytest.raises(MisuseError, match="chunk_type"):
            client.chat.completions.stream(model="m", messages=ASK, chunk_type=wrong)  # type: ignore[type-var,arg-type]


# What it survives


async def test_a_limit_per_item_loses_nothing(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Cancelling one wait, again and again, and reading on: every chunk comes once."""
    gateway.script(text=list("abcdefgh"), pace=0.01)
    stream = opened(client)
    text, timeouts = "", 0
    while True:
        try:
            text += (await asyncio.wait_for(stream.__anext__(), 0.003)).content
        except asyncio.TimeoutError:
            timeouts += 1
        except StopAsyncIteration:
            break
    assert text == stream.content == "abcdefgh"
    assert timeouts > 3
    assert len(gateway.requests) == 1


async def test_a_cancelled_opening_is_taken_up_again(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The request is sent once, however often the wait for its headers is given up."""
    gateway.fault("slow-headers", seconds=0.2)
    stream = opened(client)
    for _ in range(3):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.02)
    assert (await stream.final()).choices[0].message.content
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
async def test_a_cancelled_look_at_the_first_bytes_loses_none(
    gateway: LocalGateway, client: AsyncGravitex, content_type: str | None
) -> None:
    """A body that does not say what it is may be looked at in several waits: stream or whole answer."""
    answer = {"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]}
    whole = msgspec.json.encode(answer)
    for body in (whole, b"\n\n" + whole, body_of(*words("y", "es"))):
        gateway.play(
            Tape(body, content_type=content_type, every=max(1, len(body) // 8), pace=0.01, streamed=True)
        )
        stream = opened(client)
        for _ in range(200):
            try:
                await asyncio.wait_for(stream.__anext__(), 0.004)
            except asyncio.TimeoutError:
                continue
            except StopAsyncIteration:
                break
        assert (stream.content, stream.end.state) == ("yes", "completed")


async def test_who_waits_is_not_cancelled_by_an_abort(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A reader in another task comes to the end, and nothing is sent again."""
    for where in ("headers", "body"):
        gateway.fault("stall", where=where, after_events=0)  # type: ignore[arg-type]
        stream = opened(client, max_retries=3)
        reader = asyncio.create_task(stream.__anext__())
        await gateway.wait_requests(len(gateway.requests) + 1)
        await asyncio.sleep(0.01)
        stream.abort()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(reader, 5)
        assert stream.end.state == "closed"
    await gateway.wait_connections(0)
    assert len(gateway.requests) == 2


# What it keeps and refuses after leaving


async def test_after_leaving(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What had arrived stays; whoever reads on is at the end; leaving again is nothing."""
    gateway.script(text=WORDS)
    gateway.fault("stall", after_events=3)
    async with opened(client) as stream:
        for _ in range(3):
            await stream.__anext__()
    await stream.aclose()
    stream.abort()
    assert (stream.content, stream.end.state, stream.end.evidence.finish_seen) == ("One two", "closed", False)
    assert stream.arrived.choices[0].message.content == "One two"
    for view in (stream, stream.deltas(), stream.text(), stream.batches(), stream.partial(list[str])):
        assert [piece async for piece in view] == []
    assert await stream.final() == stream.arrived


async def test_after_the_end(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream that has ended stays ended, in every view, and ``final`` may be asked again."""
    gateway.script("a")
    stream = opened(client)
    final = await stream.final()
    assert await stream.final() == final
    assert [chunk async for chunk in stream] == []
    assert [text async for text in stream.text()] == []
    async with stream:
        pass
    assert stream.end.state == "completed"


async def test_one_reader_at_a_time(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The second one is refused, the first goes on, and the stream may then be read by another task."""
    gateway.play(Tape(body_of(*words("a", "b")), pace=0.05))
    stream = await opened(client)
    assert (await stream.__anext__()).content == "a"
    first = asyncio.create_task(stream.__anext__())
    await asyncio.sleep(0)
    with pytest.raises(MisuseError, match="another task is reading"):
        await stream.final()
    assert (await first).content == "b"
    await asyncio.create_task(stream.final())
    assert stream.content == "ab"


# What it raises


async def test_a_failure_is_raised_by_every_view_as_often_as_asked(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """What came before it is delivered first; the error carries it too."""
    gateway.script(text=WORDS)
    gateway.fault("truncate", after_events=3)
    stream = opened(client)
    seen: list[str] = []
    with pytest.raises(StreamInterrupted) as caught:
        await read_into(seen, stream)
    assert "".join(seen) == stream.content == caught.value.partial.choices[0].message.content == "One two"
    assert (stream.end.state, stream.end.reason) == ("interrupted", "error")
    for read in (
        stream.__anext__(),
        stream.final(),
        stream.batches().__anext__(),
        stream.deltas().__anext__(),
    ):
        with pytest.raises(StreamInterrupted) as again:
            await read
        assert again.value is not caught.value


async def test_an_error_event_carries_everything(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Class, words, code, request id, the partial answer; it travels between processes and holds no key."""
    gateway.script(text=WORDS)
    gateway.fault("error-event", after_events=3, code="rate_limit_exceeded", message="slow down")
    stream = opened(client)
    with pytest.raises(RateLimitError, match="slow down") as caught:
        await stream.final()
    error = caught.value
    assert (error.status, error.code, error.request_id) == (429, "rate_limit_exceeded", stream.request_id)
    assert stream.request_id
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is RateLimitError
    assert (str(copied), copied.partial, copied.headers) == (str(error), error.partial, error.headers)
    assert error.partial.choices[0].message.content == "One two"
    assert gateway.api_key not in f"{error!r} {vars(error)!r}"
    assert stream.end.state == "failed"


async def test_refusals_are_raised_at_the_first_use(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Entering, awaiting and iterating all raise the status error; nothing partial is claimed."""
    gateway.fault("status", status=400, message="no", count=3)
    with pytest.raises(APIStatusError):
        await opened(client)
    with pytest.raises(APIStatusError):
        await opened(client).__aenter__()
    stream = opened(client)
    with pytest.raises(APIStatusError) as caught:
        [chunk async for chunk in stream]
    assert (caught.value.partial, stream.end.state) == (None, "failed")
    with pytest.raises(APIStatusError):
        await stream


async def test_a_malformed_event_is_raised_where_it_stands(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Events before it are delivered; those behind it are not."""
    body = body_of(*words("a")[:1], done=False) + b'data: {"choices": 7}\n\n' + body_of(*words("z"))
    gateway.play(Tape(body))
    stream = opened(client)
    assert (await stream.__anext__()).content == "a"
    with pytest.raises(DecodeError, match="choices"):
        await stream.__anext__()
    assert stream.content == "a"


async def test_a_clock_says_which_one_it_was(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Name, limit and what the others showed; the partial answer as always."""
    gateway.script(text=WORDS)
    gateway.fault("stall", after_events=3)
    stream = opened(client, timeout=Timeout(content_idle=0.05, idle=5))
    with pytest.raises(APITimeoutError, match=r"content_idle is limited to 0\.05 s") as caught:
        await stream.final()
    error = caught.value
    assert (error.clock, error.limit) == ("content_idle", 0.05)
    assert error.readings["content_idle"] == pytest.approx(0.05)
    assert error.partial.choices[0].message.content == "One two"
    assert pickle.loads(pickle.dumps(error)).readings == error.readings


async def test_nothing_raised_refers_to_the_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An error that is kept does not keep the answer's connection or queue alive."""
    gateway.fault("reset", after_events=2)
    stream = opened(client)
    with pytest.raises(APIError) as caught:
        await stream.final()
    assert not any(isinstance(value, ChatStream) for value in vars(caught.value).values())
    assert caught.value.__cause__ is None


async def test_deltas_taken_up_again_in_a_later_read_are_of_that_read(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Another view read on in between, and as many items wait now as waited then."""
    events = [
        b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % number
        for number in range(1, 7)
    ]
    end = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    body = b"".join(events) + end
    cut = len(b"".join(events[:3]))
    gateway.play(Tape(body, cuts=[cut, cut * 2], pace=0.05))
    stream = client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}])
    deltas = stream.deltas()
    seen = [(await deltas.__anext__()).content]
    for _ in range(3):
        seen.append((await stream.__anext__()).content)
    seen += [delta.content async for delta in deltas if delta.content]
    assert seen == ["1", "2", "3", "4", "5", "6"]


# What it refuses to read


DEEP = "[" * 20_000 + "]" * 20_000


@pytest.mark.parametrize("pieces", [[DEEP], ['{"x":', DEEP, "}"]], ids=["whole", "pieces"])
@pytest.mark.parametrize("name", ["ChatStream", "ResponsesStream", "GeminiStream"])
async def test_arguments_nested_too_deeply(
    gateway: LocalGateway, client: AsyncGravitex, name: str, pieces: list[str]
) -> None:
    """The text is kept as sent; its values are a ValueError, as with any text that is no JSON."""
    if name == "GeminiStream":  # as models write whose arguments the gateway converts
        parts = [{"name": "f"}, *({"args": {"arguments": piece}} for piece in pieces)]
        events = [{"candidates": [{"content": {"parts": [{"functionCall": part}]}}]} for part in parts]
        events.append({"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}]})
        gateway.play(Tape(body_of(*events, done=False)))
    else:
        gateway.script(tool_calls=[Call("f", pieces)])
    stream = STREAMS[name](client)
    await stream.final()
    (call,) = stream.tool_calls
    assert call.arguments == "".join(pieces)
    with pytest.raises(ValueError, match="nested too deeply"):
        call.parsed()


# What its repr says


async def test_a_repr_says_where_it_stands(gateway: LocalGateway) -> None:
    """The dialect, the state, the events and what is waited for; no content, no key, no address."""
    seen = []
    gateway.script(text=["sEcReT"] * 5)
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, max_retries=0) as client:
        stream = opened(client)
        seen.append(repr(stream))
        await stream
        seen.append(repr(stream))
        await stream.__anext__()
        seen.append(repr(stream))
        await stream.final()
        seen.append(repr(stream))
        assert stream.content.startswith("sEcReT")
    assert seen[0] == "<ChatStream open: not sent, 0 events>"
    assert seen[1] == "<ChatStream open: not being read, 0 events>"
    assert re.fullmatch(r"<ChatStream open: (\d+ not taken|not being read), \d events>", seen[2])
    assert re.fullmatch(r"<ChatStream completed: stop, \d events>", seen[3])
    for secret in ("sEcReT", gateway.api_key, gateway.url):
        assert secret not in " ".join(seen)


STREAMS: dict[str, Any] = {
    "ChatStream": opened,
    "ResponsesStream": lambda client: client.responses.stream(model="m", input="hi"),
    "GeminiStream": lambda client: client.gemini.generate_content_stream(model="m", contents="hi"),
}


class OwnChunk(ChatCompletionChunk, kw_only=True):
    """A chunk type of the caller's."""


@pytest.mark.parametrize("name", STREAMS)
async def test_a_repr_says_what_is_waited_for(
    gateway: LocalGateway, client: AsyncGravitex, name: str
) -> None:
    """An answer, the first content, more of it; and how it ended, when it did."""
    gateway.fault("stall", where="headers")
    stream = STREAMS[name](client)
    async with reading(stream):
        await gateway.wait_requests(1)
        assert repr(stream) == f"<{name} open: waiting for an answer, 0 events>"
    stream.abort()
    assert repr(stream) == f"<{name} closed, 0 events>"

    gateway.fault("stall", after_events=0)
    stream = await STREAMS[name](client)
    async with reading(stream):
        assert repr(stream) == f"<{name} open: waiting for the first content, 0 events>"
    stream.abort()

    gateway.script(text=WORDS)
    gateway.fault("truncate", after_events=4 if name == "ResponsesStream" else 2)
    stream = STREAMS[name](client)
    with pytest.raises(StreamInterrupted):
        await stream.final()
    assert re.fullmatch(rf"<{name} interrupted: StreamInterrupted, \d events>", repr(stream))

    gateway.fault("status", status=429)
    stream = STREAMS[name](client)
    with pytest.raises(RateLimitError):
        await stream
    assert repr(stream) == f"<{name} failed: RateLimitError, 0 events>"


async def test_a_repr_in_a_full_pool(gateway: LocalGateway) -> None:
    """Who waits for a connection is seen to wait for one; a stream of any chunk type names its dialect."""
    gateway.fault("stall", after_events=2)
    limits = Limits(max_connections=1)
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, limits=limits) as client:
        first: Any = client.chat.completions.stream(model="m", messages=ASK, chunk_type=OwnChunk)
        await first.__anext__()
        second = opened(client)
        async with reading(second, queues=True):
            await until(lambda: client.pool.statistics().waiting == 1)
            assert repr(second) == "<ChatStream open: waiting for its turn, 0 events>"
        while "not taken" in repr(first):
            await first.__anext__()
        async with reading(first):
            assert re.fullmatch(
                r"<ChatStream open: waiting for (more|the first content), \d events>", repr(first)
            )
        first.abort()
        second.abort()


@asynccontextmanager
async def reading(stream: Any, *, queues: bool = False) -> AsyncIterator[None]:
    """A reader that stands in a wait meanwhile: for its turn, or for anything behind that."""
    reader = asyncio.ensure_future(stream.__anext__())
    try:
        await until(lambda: "waiting for" in repr(stream) and ("its turn" in repr(stream)) is queues)
        yield
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Lets the others run until *condition* holds."""
    for _ in range(200_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never held")
