"""What users of other clients suffered, by number, where no law above has a file of its own for it.

Not here because they are no client's: 39, 43, 44 (bulk work), 50 (this suite is it), 51 (tracing). Not here
because they are measured in ``benchmarks/``: 20, 36, 41. Number 52 (no GIL) needs an interpreter of its own;
``test_loops`` runs without orjson and in threads.
"""

from __future__ import annotations

import pickle
import time
import warnings
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, GravitexError, ServerError, StreamInterrupted, errors
from gravitex_async._json import dumps
from gravitex_async.chat import ChatAccumulator
from gravitex_async.chat._decode import chunk_decoder
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.testing import LocalGateway, Tape

from ..costs import growth
from .conftest import MESSAGES, RawServer, ask, chunked, client_of, head, open_stream

DONE = b"data: [DONE]\n\n"
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def tape(*events: Any, done: bool = True, **options: Any) -> Tape:
    """A stream of chat chunks; dicts are encoded, bytes are sent as they are."""
    frames = [event if isinstance(event, bytes) else b"data: %b\n\n" % dumps(event) for event in events]
    return Tape(b"".join(frames) + (DONE if done else b""), **options)


def delta(index: Any = 0, **fields: Any) -> dict[str, Any]:
    return {"id": "x", "choices": [{"index": index, "delta": fields}]}


async def played(client: AsyncGravitex, gateway: LocalGateway, *events: Any) -> Any:
    """The finished stream of *events*."""
    gateway.play(tape(*events))
    stream = open_stream(client)
    await stream.final()
    return stream


@pytest.mark.parametrize("after", [3, 7])
async def test_pain_3_usage_of_a_stream_that_was_left(
    gateway: LocalGateway, client: AsyncGravitex, after: int
) -> None:
    """Before the usage has come there is none, which is not zero; after it there is."""
    gateway.script(text=["One", " two", " three"], times=None)
    stream = open_stream(client)
    for _ in range(after):
        try:
            await stream.__anext__()
        except StopAsyncIteration:
            break
    await stream.aclose()
    if stream.usage.source == "none":
        assert stream.usage.total_tokens is None
    else:
        assert stream.usage.total_tokens


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


@pytest.mark.parametrize(
    "events",
    [
        [{"id": "x", "choices": [], "usage": USAGE}, delta(content="Hi"), STOP],
        [delta(content="Hi"), {**STOP, "usage": USAGE}],
        [delta(content="Hi"), STOP, {"id": "x", "choices": [], "usage": USAGE}],
        [delta(content="Hi"), {**STOP, "usage": USAGE}, {"id": "x", "choices": [], "usage": USAGE}],
        [delta(content="Hi"), {**STOP, "usage": USAGE}, {"id": "x", "choices": [], "usage": None}],
        [delta(content="Hi"), {"id": "x", "choices": [{**STOP["choices"][0], "usage": USAGE}]}],
    ],
)
async def test_pain_6_usage_in_odd_places(gateway: LocalGateway, client: AsyncGravitex, events: Any) -> None:
    """First, with the finish, alone, twice, followed by null, inside the choice: five tokens."""
    stream = await played(client, gateway, *events)
    assert (stream.usage.total_tokens, stream.usage.source) == (5, "server")


def call(index: Any = 0, **fields: Any) -> dict[str, Any]:
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    entry = {**fields, "function": function}
    if index != "absent":
        entry["index"] = index
    return delta(tool_calls=[entry])


@pytest.mark.parametrize(
    "events",
    [
        [call(id="c1", name="f", arguments=""), call(arguments='{"a":'), call(arguments="1}")],
        [
            call(None, id="c1", name="f", arguments=None),
            call(None, arguments='{"a":'),
            call(None, arguments="1}"),
        ],
        [
            call("absent", id="c1", name="f"),
            call("absent", arguments='{"a":'),
            call("absent", arguments="1}"),
        ],
        [call(id="c1", name="f", arguments='{"a":'), call(id="c1", name="f", arguments="1}")],
        [call(id="c1", name="f", arguments='{"a":1}')],
        [call(1, id="c1", name="f", arguments='{"a":'), call(1, id="", name="", arguments="1}")],
        [call(id="c1", name="f", arguments={"a": 1})],
        [call(id="c1", name="f", type=None), call(id=None, name=None, arguments='{"a":1}')],
    ],
)
async def test_pain_7_and_8_tool_calls_in_pieces(
    gateway: LocalGateway, client: AsyncGravitex, events: Any
) -> None:
    """Index null or missing, arguments null or an object, id and name repeated or empty: one call."""
    stream = await played(client, gateway, *events, STOP)
    assert [(c.id, c.name, c.parsed()) for c in stream.tool_calls] == [("c1", "f", {"a": 1})]


async def test_pain_9_signatures_are_given_back(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What Google hides in a tool call stands in the next request."""
    extra = {"google": {"thought_signature": "c2ln"}}
    gateway.play(tape(call(id="c1", name="f", arguments="{}", extra_content=extra), STOP))
    answer = await open_stream(client).final()
    result = {"role": "tool", "tool_call_id": "c1", "content": "1"}
    await client.chat.completions.create(
        model="gpt-4o-mini", messages=[*MESSAGES, answer.choices[0].message, result]
    )
    sent = gateway.requests[-1].json["messages"][1]["tool_calls"][0]  # type: ignore[index]
    assert sent["extra_content"] == extra


async def test_pain_10_reasoning_is_given_back_where_it_is_wanted(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """The second turn holds the thinking of the first, or does not, as the caller says."""
    gateway.play(tape(delta(reasoning_content="hm"), delta(content="Hi"), STOP))
    answer = await open_stream(client).final()
    for wanted in (True, False):
        turn = [*MESSAGES, *answer.to_input(reasoning=wanted), *MESSAGES]
        await client.chat.completions.create(model="deepseek-chat", messages=turn)
        sent = gateway.requests[-1].json["messages"][1]  # type: ignore[index]
        assert sent.get("reasoning_content") == ("hm" if wanted else None)
        assert sent["content"] == "Hi"


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
)
async def test_pain_11_reasoning_in_many_spellings(
    gateway: LocalGateway, client: AsyncGravitex, fields: Any
) -> None:
    """One channel, once."""
    stream = await played(client, gateway, delta(**fields), delta(content="Hi"), STOP)
    assert (stream.reasoning_content, stream.content) == ("hm", "Hi")


@pytest.mark.parametrize(
    "odd", [{}, {"choices": []}, {"choices": None}, {"choices": [{}]}, {"choices": [None]}]
)
async def test_pain_12_chunks_without_choices(gateway: LocalGateway, client: AsyncGravitex, odd: Any) -> None:
    """Nothing indexes an empty list."""
    gateway.play(
        tape({"id": "x", **odd}, delta(content="Hi"), {"id": "x", "choices": [{"delta": None}]}, STOP)
    )
    async with open_stream(client) as stream:
        texts = [(chunk.content, chunk.reasoning_content, chunk.finish_reason) async for chunk in stream]
    assert [text for text, _, _ in texts if text] == ["Hi"]
    assert texts[-1][2] == "stop"


async def test_pain_13_responses_without_structure(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Deltas alone, as the gateway's own documents print them, are an answer."""
    frames = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.output_text.delta", "delta": "lo"},
        {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}},
    ]
    for left_out in range(3):
        gateway.play(tape(*frames[:left_out], *frames[left_out + 1 :], done=False))
        stream = client.responses.stream(model="gpt-4o-mini", input="Hello")
        await stream.final()
        assert stream.content == "".join(
            f.get("delta", "") for f in frames[:left_out] + frames[left_out + 1 :]
        )


@pytest.mark.virtual
async def test_pain_17_a_first_content_limit_leads_on(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A slow model is given up in time to ask another, and its connection is closed."""
    gateway.fault("stall", after_events=1, match="gpt-4o-mini")
    with pytest.raises(errors.APITimeoutError):
        await open_stream(client, timeout=0.1).final()
    answer = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content
    assert (await gateway.wait_closed(0)).closed_by_peer


async def test_pain_18_a_cut_is_always_our_error(gateway: LocalGateway) -> None:
    """Never aiohttp's, never twice the same answer."""
    gateway.script(text=["One", " two", " three"], times=None)
    async with client_of(gateway.url, max_retries=3) as client:
        for events in range(2, 5):
            before = len(gateway.requests)
            gateway.fault("reset", after_events=events)
            with pytest.raises(StreamInterrupted):
                await open_stream(client).final()
            assert len(gateway.requests) == before + 1


@pytest.mark.virtual
async def test_pain_19_no_total_limit_on_streams(gateway: LocalGateway) -> None:
    """A number given as the time-out of a stream limits its pauses, not its length."""
    gateway.script(text=["word "] * 40, pace=0.01)
    async with client_of(gateway.url, timeout=0.2) as client:
        stream = open_stream(client)
        await stream.final()
        assert stream.timings.last is not None
        assert stream.timings.last > 0.3
        assert stream.end.state == "completed"


@pytest.mark.parametrize(
    "noise",
    [
        b"id: 1\n\n", b"retry: 3000\n\n", b"event: ping\n\n", b"data:\n\n", b"data: \n\n", b": PING\n\n",
        b"\n\n\n", b"event: ping\ndata: {}\n\n", b"foo: bar\n\n",
        b'event: keepalive\ndata: {"type":"ping"}\n\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [b"", b"\xef\xbb\xbf"])
async def test_pain_30_and_31_events_without_data(
    gateway: LocalGateway, client: AsyncGravitex, noise: bytes, first: bytes
) -> None:
    """Ids, retries, pings, comments and empty data are no events; a BOM is no text."""
    one = b'data:{"id":"x","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    stream = await played(client, gateway, first + noise, one, noise, b"id: 2\n" + one, noise, STOP, noise)
    assert (stream.content, stream.end.state) == ("HiHi", "completed")


@pytest.mark.parametrize("every", [1, 2, 3])
async def test_pain_33_characters_cut_between_reads(
    gateway: LocalGateway, client: AsyncGravitex, every: int
) -> None:
    """Each byte of a character may come in a packet of its own."""
    text = "Grüße, 世界 🌍"
    gateway.play(tape(delta(content=text), STOP, every=every))
    stream = open_stream(client)
    await stream.final()
    assert stream.content == text


async def test_pain_34_line_ends_of_unicode_are_text(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """U+2028, U+0085 and their kin end no line."""
    text = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"
    stream = await played(client, gateway, delta(content=text), STOP)
    assert stream.content == text


def test_pain_37_and_38_twice_the_stream_twice_the_cost() -> None:
    """Text and arguments of any length are joined once."""

    def cost(count: int, event: dict[str, Any]) -> float:
        read = b"data: %b\n\n" % dumps(event)
        decoder, folded = EventDecoder(chunk_decoder(None)), ChatAccumulator()
        began = time.process_time()
        for _ in range(count):
            folded.fold(decoder.feed(read))
        folded.final()
        return time.process_time() - began

    for event in (delta(content="word "), call(arguments='{"a":1}')):
        assert growth(lambda count: cost(count, event), 8_000, 16_000, below=3) < 3  # noqa: B023  # called here


async def test_pain_40_no_warnings(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Reading, copying and sending back an answer warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gateway.play(tape(call(id="c1", name="f", arguments="{}", novel=1), STOP))
        answer = await open_stream(client).final()
        dumps(answer)
        pickle.loads(pickle.dumps(answer))
        await client.chat.completions.create(model="m", messages=[*MESSAGES, answer.choices[0].message])


async def test_pain_46_headers_are_within_reach(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """On streams and on errors."""
    async with open_stream(client) as stream:
        assert stream.headers["x-oneapi-request-id"] == stream.request_id == "local-000001"
    gateway.fault("status", status=500, headers={"X-RateLimit-Remaining": "7"})
    with pytest.raises(ServerError) as caught:
        await ask(client)
    assert caught.value.request_id == "local-000002"
    assert caught.value.headers is not None
    assert caught.value.headers["x-ratelimit-remaining"] == "7"


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "ToolRoundsError"])
async def test_pain_47_errors_pickle(name: str) -> None:
    """With all they carry, as what they are."""
    cls = getattr(errors, name)
    details = (
        {"status": 429, "partial": {"a": 1}, "retry_after": 2.0} if issubclass(cls, errors.APIError) else {}
    )
    again = pickle.loads(pickle.dumps(cls("message", **details)))
    assert type(again) is cls
    assert again.args == ("message",)
    assert {name: getattr(again, name) for name in details} == details
    assert isinstance(again, GravitexError)


async def test_pain_48_proxies_of_the_environment(
    gateway: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY counts, NO_PROXY too, and neither when the client is told so."""

    async def forward(_: Any, writer: Any) -> None:
        body = b'{"id":"x","choices":[{"message":{"content":"by proxy"},"finish_reason":"stop"}]}'
        writer.write(head("application/json") + chunked(body) + b"0\r\n\r\n")

    async with RawServer(forward) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:secret@"))
        monkeypatch.delenv("no_proxy", raising=False)
        async with client_of("http://gateway.example") as client:
            assert (await ask(client)).choices[0].message.content == "by proxy"
        assert proxy.requests[0].startswith(b"POST http://gateway.example/v1/chat/completions")
        assert b"Proxy-Authorization: Basic" in proxy.requests[0]
        async with client_of(gateway.url, trust_env=False) as client:
            await ask(client)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with client_of(gateway.url) as client:
            await ask(client)
        assert len(proxy.requests) == 1
