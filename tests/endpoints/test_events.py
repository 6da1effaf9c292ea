"""``client.stream_events``: streams of endpoints nobody knows, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any

import msgspec
import pydantic
import pytest

from gravitex_async import (
    APIError,
    APITimeoutError,
    AsyncGravitex,
    DecodeError,
    MisuseError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
    SSEEvent,
    StreamInterrupted,
    Timeout,
    Usage,
)
from gravitex_async.endpoints import EventStream
from gravitex_async.testing import LocalGateway, Tape

PATH = "/v1/messages"
BODY = (
    b": hello\n\n"
    b'event: start\nid: 1\ndata: {"n": 1}\n\n'
    b"event: ping\ndata: {}\n\n"
    b"id: 2\ndata: plain\ndata: text\n\n"
    b'data: {"n": 2, "usage": {"input_tokens": 3, "output_tokens": 4}}\n\n'
)
DONE = b"data: [DONE]\n\n"
NUMBERS = b"".join(b'data: {"n": %d}\n\n' % n for n in range(5))


class Number(msgspec.Struct):
    n: int


class Model(pydantic.BaseModel):
    n: int


def play(gateway: LocalGateway, body: bytes, times: int = 1, **fields: Any) -> None:
    gateway.play(Tape(body, **fields), times=times)


async def test_events_have_names_and_ids(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """As they were sent, but for keep-alives; the request is what was asked."""
    play(gateway, BODY)
    async with client.stream_events(PATH, {"model": "m", "stream": True}) as stream:
        events = [event async for event in stream]
    assert [(event.event, event.id, event.text) for event in events] == [
        ("start", "1", '{"n": 1}'),
        ("message", "2", "plain\ntext"),
        ("message", "2", '{"n": 2, "usage": {"input_tokens": 3, "output_tokens": 4}}'),
    ]
    assert all(type(event) is SSEEvent and type(event.data) is bytes for event in events)
    request = gateway.requests[-1]
    assert (request.method, request.json) == ("POST", {"model": "m", "stream": True})
    assert request.headers["Accept"] == "text/event-stream"
    assert stream.usage == Usage(3, 4, 7, source="server")
    assert stream.last_raw == events[-1].data
    assert stream.request_id == stream.headers["x-oneapi-request-id"]
    assert (stream.attempts, stream.rate_limit.remaining_requests) == (1, None)
    assert stream.timings.first_content is not None
    assert stream.timings.first_reasoning is None


@pytest.mark.parametrize("every", [1, 7, None])
async def test_however_it_is_cut(gateway: LocalGateway, client: AsyncGravitex, every: int | None) -> None:
    """The network's pieces do not show."""
    play(gateway, BODY + DONE, every=every)
    assert len([event async for event in client.stream_events(PATH, {})]) == 3


@pytest.mark.parametrize("type_", [Number, Model, dict])
async def test_a_type_of_the_callers(gateway: LocalGateway, client: AsyncGravitex, type_: Any) -> None:
    """The data of each event is decoded."""
    play(gateway, NUMBERS + DONE)
    stream = await client.stream_events(PATH, {}, type=type_)
    values = [value async for value in stream]
    assert [value["n"] if type_ is dict else value.n for value in values] == [0, 1, 2, 3, 4]


async def test_batches(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A list per read."""
    play(gateway, NUMBERS, cuts=[])
    batches = [batch async for batch in client.stream_events(PATH, {}, type=Number).batches()]
    assert [number.n for batch in batches for number in batch] == [0, 1, 2, 3, 4]


async def test_without_a_body_it_is_a_get(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """For what is subscribed to."""
    play(gateway, NUMBERS)
    assert len([event async for event in client.stream_events("/v1/jobs/1/events")]) == 5
    assert gateway.requests[-1].method == "GET"


# Endings


async def test_the_end_of_the_body_ends_it(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Nothing else can be known; the evidence says that there was no mark."""
    play(gateway, NUMBERS)
    stream = client.stream_events(PATH, {})
    assert len([event async for event in stream]) == 5
    assert (stream.end.state, stream.end.evidence.done_seen, stream.end.evidence.clean_eof) == (
        "completed", False, True,
    )  # fmt: skip
    assert await anext(aiter(stream), None) is None
    await gateway.wait_closed()
    assert gateway.connections[-1].requests == 1


async def test_done_ends_it(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Whatever follows, and however the connection ends."""
    play(gateway, NUMBERS + DONE + b'data: {"n": 9}\n\n')
    stream = client.stream_events(PATH, {})
    assert len([event async for event in stream]) == 5
    assert (stream.end.state, stream.end.evidence.done_seen) == ("completed", True)
    play(gateway, NUMBERS + DONE + b": more\n\n")
    gateway.fault("truncate", after_events=6)
    stream = client.stream_events(PATH, {})
    assert len([event async for event in stream]) == 5
    assert stream.end.state == "completed"


@pytest.mark.parametrize("kind", ["truncate", "reset", "garbage-chunk-size"])
async def test_a_body_that_is_cut_off_raises(gateway: LocalGateway, client: AsyncGravitex, kind: Any) -> None:
    """Behind what had arrived, as often as it is asked; the last event is in the error."""
    play(gateway, NUMBERS)
    gateway.fault(kind, after_events=3)
    stream = client.stream_events(PATH, {}, type=Number, timeout=Timeout(idle=1))
    seen: list[Any] = []
    with pytest.raises(APIError) as caught:
        await _into(seen, stream)
    assert isinstance(caught.value, (StreamInterrupted, APITimeoutError))
    assert seen == [Number(0), Number(1), Number(2)]
    assert caught.value.partial == Number(2)
    assert stream.end.state == "interrupted"
    with pytest.raises(type(caught.value)):
        await anext(stream)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (b'data: {"error": {"message": "no", "code": "rate_limit_exceeded"}}\n\n', RateLimitError),
        (b'event: error\ndata: {"type": "error", "error": {"type": "rate_limit_error", "message": "no"}}\n\n',
         RateLimitError),
        (b"event: error\ndata: no\n\n", APIError),
        (b'data: {"n": 1, "error": "no"}\n\n', APIError),
        (b'{"error": {"message": "no", "code": 429}}', RateLimitError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("type_", [None, Number])
async def test_errors_in_a_stream(
    gateway: LocalGateway, client: AsyncGravitex, type_: Any, event: bytes, error: type[APIError]
) -> None:
    """They raise, behind what had arrived, and are no events."""
    play(gateway, NUMBERS + event)
    seen: list[Any] = []
    with pytest.raises(error, match="no"):
        await _into(seen, client.stream_events(PATH, {}, type=type_))
    assert len(seen) == 5


async def test_text_that_speaks_of_errors_is_none(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Only JSON that is marked as an error."""
    texts = [b'he said "error"', b'{"error": null, "success": true}', b'{"a": "\\"error\\""}', b'["error"]']
    play(gateway, b"".join(b"data: %b\n\n" % text for text in texts))
    assert [event.data async for event in client.stream_events(PATH, {})] == texts


async def test_an_event_that_is_no_value(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Is reported as such, and not skipped."""
    play(gateway, NUMBERS + b"data: {]\n\n")
    with pytest.raises(DecodeError, match="expected Number, got"):
        _ = [number async for number in client.stream_events(PATH, {}, type=Number)]


async def test_json_in_place_of_a_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The whole answer is one event; an error, and a page of HTML, raise."""
    play(gateway, b'{"n": 7}', content_type="application/json")
    assert [n async for n in client.stream_events(PATH, {}, type=Number)] == [Number(7)]
    play(gateway, b'{"n": 7, "message": "hi"}', content_type="application/json")
    (event,) = [event async for event in client.stream_events(PATH, {})]
    assert json.loads(event.data) == {"n": 7, "message": "hi"}
    for body, error in (
        (b'{"error": {"message": "no", "code": 429}}', RateLimitError),
        (b'{"code": 429, "msg": "no"}', RateLimitError),
        (b"<html>no</html>", DecodeError),
        (b"", DecodeError),
    ):
        play(gateway, body, content_type="application/json" if body[:1] == b"{" else None)
        with pytest.raises(error):
            await _all(client.stream_events(PATH, {}))
    play(gateway, b"")
    with pytest.raises(StreamInterrupted):
        await _all(client.stream_events(PATH, {}))


async def test_statuses_and_retries(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Before the first event it is tried again; behind it never."""
    with pytest.raises(NotFoundError):
        await client.stream_events("/v1/unknown", {})
    quick = RetryPolicy(initial_delay=0.001)
    play(gateway, NUMBERS)
    gateway.fault("status", status=503, count=1)
    stream = client.stream_events(PATH, {}, max_retries=quick)
    play(gateway, NUMBERS)
    assert len([event async for event in stream]) == 5
    assert stream.attempts == 2
    play(gateway, b": hello\n\n" + NUMBERS, times=2)
    gateway.fault("truncate", after_events=1)  # behind a comment, and before any event
    stream = client.stream_events(PATH, {}, max_retries=quick)
    assert len([event async for event in stream]) == 5
    assert stream.attempts == 2
    before = len(gateway.requests)
    play(gateway, NUMBERS)
    gateway.fault("truncate", after_events=2)
    with pytest.raises(StreamInterrupted):
        _ = [event async for event in client.stream_events(PATH, {}, max_retries=quick)]
    assert len(gateway.requests) == before + 1


# Leaving


@pytest.mark.parametrize("way", ["break", "exit", "aclose", "abort", "drop", "cancel"])
async def test_leaving_stops_the_server(gateway: LocalGateway, client: AsyncGravitex, way: str) -> None:
    """At once, in silence too, with the collector off."""
    play(gateway, NUMBERS)
    gateway.fault("stall", after_events=2)
    gc.collect()
    gc.disable()
    try:
        await WAYS[way](client)
        record = await gateway.wait_closed()
    finally:
        gc.enable()
    assert record.closed_by_peer


async def _break(client: AsyncGravitex) -> None:
    async for _ in client.stream_events(PATH, {}):
        break


async def _exit(client: AsyncGravitex) -> None:
    async with client.stream_events(PATH, {}) as stream:
        await anext(stream)


async def _aclose(client: AsyncGravitex) -> None:
    stream = await client.stream_events(PATH, {})
    await stream.aclose()
    assert [event async for event in stream] == []
    assert stream.end.state == "closed"


async def _abort(client: AsyncGravitex) -> None:
    stream = await client.stream_events(PATH, {})
    reader = asyncio.ensure_future(_all(stream))
    await asyncio.sleep(0)
    stream.abort()
    await reader


async def _drop(client: AsyncGravitex) -> None:
    stream = client.stream_events(PATH, {})
    await anext(stream)
    del stream


async def _cancel(client: AsyncGravitex) -> None:
    reader = asyncio.ensure_future(_all(client.stream_events(PATH, {})))
    done, _ = await asyncio.wait([reader], timeout=0.05)
    assert not done
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


WAYS = {
    "break": _break, "exit": _exit, "aclose": _aclose, "abort": _abort, "drop": _drop, "cancel": _cancel,
}  # fmt: skip


async def _into(seen: list[Any], stream: EventStream[Any]) -> None:
    async for item in stream:
        seen.append(item)


async def _all(stream: EventStream[SSEEvent]) -> list[SSEEvent]:
    return [event async for event in stream]


async def test_cancelling_a_read_loses_nothing(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The next one goes on; two readers at once are a mistake."""
    play(gateway, NUMBERS)
    gateway.fault("pings", after_events=2, repeat=5, seconds=0.02)
    stream = client.stream_events(PATH, {}, type=Number)
    seen = [(await anext(stream)).n, (await anext(stream)).n]
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    with pytest.raises(MisuseError, match="one reader"):
        await anext(stream)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert seen + [number.n async for number in stream] == [0, 1, 2, 3, 4]


async def test_it_says_where_it_stands(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Under its own name, and without what it holds."""
    play(gateway, NUMBERS)
    stream = client.stream_events(PATH, {})
    assert repr(stream) == "<EventStream open: not sent, 0 events>"
    await _all(stream)
    assert repr(stream) == "<EventStream completed: unknown, 5 events>"


async def test_no_event_is_kept(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream may have no end: ten times the events take no more memory."""
    import tracemalloc

    async def growth(count: int) -> int:
        play(gateway, b'data: {"n": 1}\n\n' * count, cuts=[])
        stream = await client.stream_events(PATH, {}, type=Number)
        await anext(stream)
        gc.collect()
        tracemalloc.start()
        async for _ in stream:
            pass
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    await growth(100)
    assert await growth(20_000) < await growth(2_000) + 100_000
