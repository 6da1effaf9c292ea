"""What the gateway's documents promise of chat, row by row of the checklist, seen from the gateway's side.

The bodies are compared with the documents' own samples. Streams ask for usage, which no sample shows, so
they are reproduced with ``stream_options={}``.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any, TypedDict
from unittest.mock import Mock

import aiohttp
import msgspec
import pytest
from aioresponses import aioresponses

from gravitex_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncGravitex,
    AuthenticationError,
    BadRequestError,
    InvalidOutputError,
    MisuseError,
    NotFoundError,
    PermissionDeniedError,
    RetryPolicy,
    ServerError,
    Timeout,
)
from gravitex_async.chat import ChatCompletion, _params
from gravitex_async.testing import Call, LocalGateway, Tape
from gravitex_async.thinking import split_thinking, with_thinking

from ..documents import sample, text_of

ASK = [{"role": "user", "content": "hi"}]
ROOT = Path(__file__).parent.parent.parent
PARAMETERS = Path(_params.__file__).read_text("utf-8")
EXAMPLES = {path.name: path.read_text("utf-8") for path in (ROOT / "examples").glob("*.py")}


def stream_of(*chunks: Any, done: bool = True) -> Tape:
    """A chat stream of these chunks."""
    body = b"".join(b"data: %b\n\n" % msgspec.json.encode(chunk) for chunk in chunks)
    return Tape(body + b"data: [DONE]\n\n" * done)


def text_chunk(text: str, **choice: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, **choice}]}


async def sent(gateway: LocalGateway, client: AsyncGravitex, **call: Any) -> Any:
    """The JSON body that the gateway saw of this call, read to its end."""
    if call.pop("stream", False):
        await client.chat.completions.stream(**call).final()
    else:
        await client.chat.completions.create(**call)
    return gateway.requests[-1].json


async def reproduce(
    gateway: LocalGateway, client: AsyncGravitex, wanted: dict[str, Any], **changes: Any
) -> None:
    """Makes the call that a reader of the sample would make, and compares what was sent with the sample."""
    arguments = {**wanted, **changes}
    if arguments.get("stream"):
        arguments.setdefault("stream_options", {})
    assert await sent(gateway, client, **{k: v for k, v in arguments.items() if v is not ...}) == wanted


class Answer(aiohttp.ClientResponse):
    """aioresponses does not know an argument that aiohttp 3.14 wants."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, stream_writer=Mock())


ANSWER = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]
}

# A. Transport and authentication


async def test_row_01_the_default_host_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings chat goes to POST https://api.gravitex.ai/v1/chat/completions."""
    monkeypatch.delenv("GRAVITEX_BASE_URL", raising=False)
    url = "https://api.gravitex.ai/v1/chat/completions"
    with aioresponses() as mocked:
        mocked.post(url, payload=ANSWER, response_class=Answer)
        async with AsyncGravitex(api_key="sk-x") as client:
            answer = await client.chat.completions.create(model="glm-5", messages=ASK)
        assert answer.choices[0].message.content == "ok"
        mocked.assert_called_once()
    assert url in text_of("000").replace("\\\n", "")


async def test_row_04_the_same_api_on_another_host() -> None:
    """The host is a setting, and appears in no path."""
    with aioresponses() as mocked:
        mocked.post("https://llm.ai-nebula.com/v1/chat/completions", payload=ANSWER, response_class=Answer)
        async with AsyncGravitex(api_key="sk-x", base_url="https://llm.ai-nebula.com/v1") as client:
            await client.chat.completions.create(model="claude-opus-4-6", messages=ASK)
        mocked.assert_called_once()


async def test_row_05_bearer_once_and_unchanged() -> None:
    """The key stands in one Authorization header, verbatim, parts with dashes included."""
    key = "sk-a1-b2-c3"
    async with LocalGateway([key]) as gateway, AsyncGravitex(base_url=gateway.url, api_key=key) as client:
        await client.chat.completions.create(model="m", messages=ASK)
        assert gateway.requests[-1].headers.getall("Authorization") == [f"Bearer {key}"]


async def test_row_09_the_body_is_json_and_says_so(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Content-Type: application/json on every POST, streamed or not."""
    for stream in (False, True):
        await sent(gateway, client, model="m", messages=ASK, stream=stream)
        assert gateway.requests[-1].headers.getall("Content-Type") == ["application/json"]


@pytest.mark.parametrize(
    "suffix", ["/v1/responses?api-version=2025-03-01-preview", "/v1/chat/completions?a=b"]
)
async def test_row_10_a_base_url_with_endpoint_and_query(gateway: LocalGateway, suffix: str) -> None:
    """The path is not doubled, and the query is kept."""
    async with AsyncGravitex(base_url=gateway.url + suffix, api_key=gateway.api_key) as client:
        await client.chat.completions.create(model="m", messages=ASK)
    request = gateway.requests[-1]
    assert request.path == "/v1/chat/completions"
    assert "&".join(f"{k}={v}" for k, v in request.query.items()) == suffix.partition("?")[2]


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/v1beta"])
async def test_row_11_a_base_url_in_other_forms(gateway: LocalGateway, suffix: str) -> None:
    """All lead to the same path, without a query."""
    async with AsyncGravitex(base_url=gateway.url + suffix, api_key=gateway.api_key) as client:
        await client.chat.completions.create(model="m", messages=ASK)
    assert (gateway.requests[-1].path, dict(gateway.requests[-1].query)) == ("/v1/chat/completions", {})


async def test_row_12_the_same_as_other_clients(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What a client of another make reads from the same gateway is what we read: text and usage."""
    mine = await client.chat.completions.create(model="m", messages=ASK)
    headers = {"Authorization": f"Bearer {gateway.api_key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        body = {"model": "m", "messages": ASK}
        async with session.post(f"{gateway.url}/v1/chat/completions", json=body) as response:
            theirs = await response.json()
    assert mine.choices[0].message.content == theirs["choices"][0]["message"]["content"]
    assert mine.usage is not None
    assert mine.usage.total_tokens == theirs["usage"]["total_tokens"]


# B. Chat request

FAMILIES = [
    "gpt-5.5", "claude-opus-4-6", "deepseek-v3-1-250821", "grok-4-fast-reasoning",
    "gemini-3-pro-preview-thinking-low", "nano-banana-pro", "glm-5", "doubao-seed-1-8-251228",
    "qwen3-coder-plus", "kimi-k2.5", "openai/gpt-4o", "not listed",
]  # fmt: skip


@pytest.mark.parametrize("model", FAMILIES)
async def test_row_13_any_model_name_passes(gateway: LocalGateway, client: AsyncGravitex, model: str) -> None:
    """Listed or not, the name is sent as it is; without one nothing is sent."""
    assert (await sent(gateway, client, model=model, messages=ASK))["model"] == model
    with pytest.raises(TypeError):
        client.chat.completions.create(messages=ASK)  # type: ignore[call-overload]


async def test_row_14_messages_keep_order_and_content(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Every role and every kind of content arrives as given."""
    messages = [
        {"role": "system", "content": "s"}, {"role": "developer", "content": "d"},
        {"role": "user", "content": "ü你😀"}, {"role": "assistant", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "t"}]},
    ]  # fmt: skip
    assert (await sent(gateway, client, model="m", messages=messages))["messages"] == messages


async def test_row_15_phase_two_of_tool_calling(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """History, assistant turn and tool result are sent exactly as the documents show."""
    await reproduce(gateway, client, sample("000", "call_xxx"))


async def test_row_16_no_content_key_is_added(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An assistant turn of calls alone has no ``content``, as a dict or as our own struct."""
    turn = sample("000", "call_xxx")["messages"][1]
    assert "content" not in turn
    answer = {"choices": [{"message": turn, "finish_reason": "tool_calls"}]}
    message = msgspec.convert(answer, ChatCompletion).choices[0].message
    body = await sent(gateway, client, model="m", messages=[*ASK, message])
    assert body["messages"][1] == turn


@pytest.mark.parametrize(("name", "top"), [("temperature", 2), ("top_p", 1)])
async def test_row_17_row_18_ranges(
    gateway: LocalGateway, client: AsyncGravitex, name: str, top: float
) -> None:
    """0 and the top are accepted; above and below are refused here, or by the gateway: through extra_body."""
    for value in (0, top):
        assert (await sent(gateway, client, model="m", messages=ASK, **{name: value}))[name] == value
    for value in (top + 0.1, -0.1):
        with pytest.raises(MisuseError):
            await sent(gateway, client, model="m", messages=ASK, **{name: value})
    assert len(gateway.requests) == 2
    with pytest.raises(BadRequestError, match=f"Invalid '{name}': decimal above maximum value"):
        await sent(gateway, client, model="m", messages=ASK, extra_body={name: top + 1})
    body: Any = gateway.requests[-1].json
    assert body[name] == top + 1


async def test_row_19_max_tokens(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Sent as given, absent when unset."""
    assert (await sent(gateway, client, model="m", messages=ASK, max_tokens=123))["max_tokens"] == 123
    assert "max_tokens" not in await sent(gateway, client, model="m", messages=ASK)


async def test_row_20_stream_selects_sse(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream says true; a plain call says nothing."""
    assert (await sent(gateway, client, model="m", messages=ASK, stream=True))["stream"] is True
    assert gateway.requests[-1].headers["Accept"] == "text/event-stream"
    assert "stream" not in await sent(gateway, client, model="m", messages=ASK)


async def test_row_21_the_basic_sample(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """System and user, temperature 0.7; the answer's text is where users of other clients look for it."""
    gateway.script("Artificial intelligence is a branch of computer science")
    wanted = sample("000", "Briefly introduce", "0.7")
    answer = await client.chat.completions.create(**wanted)
    assert gateway.requests[-1].json == wanted
    assert answer.choices[0].message.content == "Artificial intelligence is a branch of computer science"
    await reproduce(gateway, client, sample("004", "Briefly introduce", "0.7"))


async def test_row_22_the_documented_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Every field of the documents' answer decodes, with its type."""
    text = text_of("000")
    body = text[text.index('{\n"id": "chatcmpl-xxx"') : text.index("Chat & text")].strip()
    gateway.play(Tape(body.encode(), content_type="application/json"))
    answer = await client.chat.completions.create(model="glm-5", messages=ASK)
    assert (answer.id, answer.object, answer.created, answer.model) == (
        "chatcmpl-xxx", "chat.completion", 1234567890, "glm-5",
    )  # fmt: skip
    choice = answer.choices[0]
    assert (choice.index, choice.message.role, choice.finish_reason) == (0, "assistant", "stop")
    assert str(choice.message.content).startswith("Artificial intelligence")
    assert answer.usage is not None
    usage = answer.usage.neutral()
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (25, 100, 125)


async def test_row_23_an_answer_is_the_next_turn(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The message of an answer, plain or streamed, stands in the next request as it is."""
    gateway.script("one", times=2)
    plain = (await client.chat.completions.create(model="m", messages=ASK)).choices[0].message
    streamed = (await client.chat.completions.stream(model="m", messages=ASK).final()).choices[0].message
    body = await sent(gateway, client, model="m", messages=[*ASK, plain, *ASK, streamed])
    assert body["messages"][1] == body["messages"][3] == {"role": "assistant", "content": "one"}


async def test_row_24_any_other_key(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """``extra_body`` lands at the top level of the body, over everything else."""
    body = await sent(
        gateway, client, model="m", messages=ASK, extra_body={"weird": {"x": [None]}, "seed": 3}
    )
    assert (body["weird"], body["seed"]) == ({"x": [None]}, 3)


# C. Streaming


def documented_stream() -> Tape:
    lines = [line for line in text_of("000").splitlines() if line.startswith("data: ")]
    assert len(lines) == 3
    return Tape("".join(f"{line}\n\n" for line in lines).encode())


async def test_row_25_the_sample_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' stream decodes to its two chunks and its text."""
    gateway.play(documented_stream())
    stream = client.chat.completions.stream(model="m", messages=ASK)
    chunks = [chunk async for chunk in stream]
    assert [chunk.object for chunk in chunks] == ["chat.completion.chunk"] * 2
    assert stream.content == "".join(chunk.content for chunk in chunks) != ""
    await reproduce(gateway, client, sample("000", "doubao", "true"))


async def test_row_26_a_stream_may_begin_with_content(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """No role chunk comes first, and none is missed."""
    gateway.play(documented_stream())
    final = await client.chat.completions.stream(model="m", messages=ASK).final()
    assert final.choices[0].message.role == "assistant"


async def test_row_27_characters_cut_by_the_network(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """One CJK character per chunk, reads cut inside each: the text is whole."""
    text = "人工智能是计算机科学的一个分支😀"
    body = stream_of(*map(text_chunk, text)).body
    gateway.play(Tape(body, every=3))
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert [piece async for piece in stream.text()] == list(text)


async def test_row_28_finish_reason_null(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Null means not finished."""
    gateway.play(stream_of(text_chunk("a", finish_reason=None), text_chunk("b", finish_reason=None)))
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert [chunk.finish_reason async for chunk in stream] == [None, None]
    assert stream.finish_reason is None


async def test_row_29_done_ends_the_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The iterator stops, and the connection goes back to the pool."""
    gateway.play(documented_stream())
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert len([chunk async for chunk in stream]) == 2
    assert (stream.end.state, stream.end.evidence.done_seen, stream.end.evidence.finish_seen) == (
        "completed", True, False,
    )  # fmt: skip
    assert (client.pool.statistics().leased, client.pool.statistics().idle) == (0, 1)


async def test_row_30_usage_comes_last(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A chunk with ``choices: []`` and usage breaks no loop, and the usage is at hand after the stream."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    gateway.play(stream_of(text_chunk("a", finish_reason="stop"), {"id": "c", "choices": [], "usage": usage}))
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert "".join([chunk.content async for chunk in stream]) == "a"
    assert stream.usage.total_tokens == 3


async def test_row_31_usage_may_be_missing(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The stream ends well, and says that there was none."""
    gateway.play(stream_of(text_chunk("a", finish_reason="stop")))
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert (await stream.final()).wire_usage is None
    assert (stream.usage.source, stream.end.state) == ("none", "completed")


async def test_row_32_the_first_delta_comes_before_the_second_is_sent(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Nothing is held back: the server waits after its first event, and the reader already has it."""
    gateway.fault("stall", after_events=1)
    stream = client.chat.completions.stream(model="m", messages=ASK)
    await asyncio.wait_for(stream.__anext__(), 5)
    assert gateway.streams[-1].events_sent == 1
    stream.abort()


async def test_row_33_the_documented_loop(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The loop of the documents' sample, in async form, word for word: every chunk has a choice."""
    gateway.script("Hello there")
    stream = await client.chat.completions.create(model="m", messages=ASK, stream=True)
    printed = ""
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            printed += str(chunk.choices[0].delta.content)
    assert printed == "Hello there"
    assert (stream.usage.source, stream.arrived.usage.source) == ("server", "server")


ASKED: list[dict[str, Any]] = [
    {"stream_options": {"include_usage": True}},
    {"extra_body": {"stream_options": {"include_usage": True}}},
    {"stream_options": {"include_usage": True, "include_obfuscation": False}},
]


@pytest.mark.parametrize("asked", ASKED)
async def test_row_33_who_asks_for_usage_gets_its_chunk(
    gateway: LocalGateway, client: AsyncGravitex, asked: dict[str, Any]
) -> None:
    """As sent: without a choice."""
    gateway.script("Hello there")
    chunks = [chunk async for chunk in client.chat.completions.stream(model="m", messages=ASK, **asked)]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None


@pytest.mark.parametrize("options", [None, {"include_obfuscation": False}])
async def test_row_33_usage_is_the_last_delta(
    gateway: LocalGateway, client: AsyncGravitex, options: dict[str, Any] | None
) -> None:
    """Whoever reads deltas, or batches, whether the chunk comes in a read of its own or not."""
    for seed in (None, 1, 2):
        gateway.script("Hello there")
        if seed is not None:
            gateway.fault("split", seed=seed)
        stream = client.chat.completions.stream(model="m", messages=ASK, stream_options=options)
        deltas = [delta async for delta in stream.deltas()]
        assert (deltas[-1].usage, deltas[-1].content) == (stream.usage, "")
        gateway.script("Hello there")
        stream = client.chat.completions.stream(model="m", messages=ASK, stream_options=options)
        batches = [batch async for batch in stream.batches()]
        assert all(chunk.choices for batch in batches for chunk in batch)
        assert all(batches)


async def test_row_34_reasoning_stands_apart(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Deltas and accumulators keep thinking and answer in two channels."""
    gateway.script("42", reasoning="six by seven")
    stream = client.chat.completions.stream(model="deepseek-r1", messages=ASK)
    deltas = [delta async for delta in stream.deltas()]
    assert "".join(delta.reasoning_content for delta in deltas) == stream.reasoning_content == "six by seven"
    assert "".join(delta.content for delta in deltas) == stream.content == "42"


# D. Tools


async def test_row_35_the_tool_sample(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Definition, description and schema arrive as the documents show them."""
    await reproduce(gateway, client, sample("000", '"get_weather"', '"tools"'))


@pytest.mark.parametrize(
    "choice", ["auto", "none", "required", {"type": "function", "function": {"name": "f"}},
               {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}],
    ids=str,
)  # fmt: skip
async def test_row_36_tool_choice(gateway: LocalGateway, client: AsyncGravitex, choice: Any) -> None:
    """Strings and objects pass verbatim."""
    assert (await sent(gateway, client, model="m", messages=ASK, tool_choice=choice))["tool_choice"] == choice


SHANGHAI = Call("get_weather", '{"city":"Shanghai"}', id="call_xxx")


async def test_row_37_phase_one(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A plain answer holds the calls: id, type, name, and arguments that parse."""
    gateway.script(tool_calls=[SHANGHAI])
    choice = (await client.chat.completions.create(**sample("000", '"get_weather"', '"tools"'))).choices[0]
    (call,) = choice.message.tool_calls or ()
    assert (call.id, call.type, choice.finish_reason) == ("call_xxx", "function", "tool_calls")
    assert call.function is not None
    assert call.function.name == "get_weather"
    assert msgspec.json.decode(call.function.arguments or "") == {"city": "Shanghai"}


async def test_row_38_tool_calls_in_a_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Fragments become the same calls that the plain answer has."""
    gateway.script(tool_calls=[SHANGHAI, Call("get_time", ['{"zone', '":', '"CST"}'], id="call_2")], times=2)
    plain = (await client.chat.completions.create(model="m", messages=ASK)).choices[0].message
    stream = client.chat.completions.stream(model="m", messages=ASK)
    assert (await stream.final()).choices[0].message.tool_calls == plain.tool_calls
    assert [(call.name, call.parsed()) for call in stream.tool_calls] == [
        ("get_weather", {"city": "Shanghai"}), ("get_time", {"zone": "CST"}),
    ]  # fmt: skip


async def test_row_39_the_id_of_phase_one_is_that_of_phase_two(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """The call object gives the id that its result must carry; the turn before it is sent back as it came."""
    gateway.script(tool_calls=[SHANGHAI])
    stream = client.chat.completions.stream(**sample("000", '"get_weather"', '"tools"'))
    message = (await stream.final()).choices[0].message
    result = {"role": "tool", "tool_call_id": stream.tool_calls[0].id, "content": "22"}
    body = await sent(gateway, client, model="glm-5", messages=[*ASK, message, result])
    assert body["messages"][2]["tool_call_id"] == body["messages"][1]["tool_calls"][0]["id"] == "call_xxx"


async def test_row_40_a_failed_tool_answers_in_words(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Readable error text goes back as the tool's content."""
    history = sample("000", "call_xxx")["messages"]
    failed = {**history[2], "content": "error: the weather service did not answer"}
    body = await sent(gateway, client, model="glm-5", messages=[*history[:2], failed])
    assert body["messages"][2] == failed


async def test_row_41_phase_two_may_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Tool results and streaming go together."""
    gateway.script("22 degrees")
    wanted = sample("000", "call_xxx")
    stream = client.chat.completions.stream(**wanted)
    assert [text async for text in stream.text()]
    assert stream.content == "22 degrees"
    assert gateway.requests[-1].json == {**wanted, "stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("id", ["call_abc123", "toolu_01A", "chatcmpl-tool-7", "1", "functions.f:0"])
async def test_row_42_ids_of_any_style(gateway: LocalGateway, client: AsyncGravitex, id: str) -> None:
    """Models of all makes: the id passes both ways unchanged."""
    gateway.script(tool_calls=[Call("f", "{}", id=id)])
    stream = client.chat.completions.stream(model="m", messages=ASK)
    await stream.final()
    assert stream.tool_calls[0].id == id


async def test_row_43_timeout_and_retries_per_request(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Both are arguments of the call."""
    gateway.fault("status", status=503)
    retries = RetryPolicy(max_retries=1, initial_delay=0)
    await client.chat.completions.create(model="m", messages=ASK, max_retries=retries)
    gateway.fault("stall", where="headers")
    with pytest.raises(APITimeoutError):
        await client.chat.completions.create(model="m", messages=ASK, timeout=0.05)


# E. Structured output


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_44_json_schema(gateway: LocalGateway, client: AsyncGravitex, document: str) -> None:
    """``response_format`` of the sample arrives as it is."""
    await reproduce(gateway, client, sample(document, "json_schema"))


class Summary(msgspec.Struct):
    """What the documents' schema describes."""

    summary: str


class SummaryDict(TypedDict):
    summary: str


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_45_an_answer_of_a_type(
    gateway: LocalGateway, client: AsyncGravitex, document: str
) -> None:
    """A type asks for the sample's schema, and the JSON that comes is a value of it."""
    wanted = sample(document, "json_schema")
    model, messages = wanted["model"], wanted["messages"]
    struct = await client.chat.completions.parse(model=model, messages=messages, response_format=Summary)
    asked: Any = gateway.requests[-1].json["response_format"]["json_schema"]["schema"]
    schema = wanted["response_format"]["json_schema"]["schema"]
    assert {name: asked[name] for name in schema} == {**schema, "properties": asked["properties"]}
    assert asked["properties"]["summary"]["type"] == schema["properties"]["summary"]["type"]
    said = struct.choices[0].message.text
    assert struct.choices[0].message.parsed == Summary(**msgspec.json.decode(said))
    plain = await client.chat.completions.parse(model=model, messages=messages, response_format=SummaryDict)
    assert plain.choices[0].message.parsed == msgspec.json.decode(plain.choices[0].message.text)


@pytest.mark.parametrize("text", ["Sorry, no JSON today.", '{"summary": 7}', '{"title": "a"}', '{"summary"'])
async def test_row_45_bad_json_is_a_clear_error(
    gateway: LocalGateway, client: AsyncGravitex, text: str
) -> None:
    """It names the type, and holds what was said."""
    gateway.script(text)
    with pytest.raises(InvalidOutputError, match="Summary") as caught:
        await client.chat.completions.parse(model="m", messages=ASK, response_format=Summary)
    assert (caught.value.text, caught.value.partial.choices[0].message.text) == (text, text)


async def test_row_46_advice_is_not_forced(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A low temperature and a limit are sent when given, and nothing in their place."""
    parse = client.chat.completions.parse
    await parse(model="m", messages=ASK, response_format=Summary)
    assert not gateway.requests[-1].json.keys() & {"temperature", "max_tokens", "top_p"}
    for temperature in (0.1, 0.3, 1.7):
        await parse(model="m", messages=ASK, response_format=Summary, temperature=temperature, max_tokens=500)
        body = gateway.requests[-1].json
        assert (body["temperature"], body["max_tokens"]) == (temperature, 500)


# F. Thinking


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_47_deepseek_thinking(gateway: LocalGateway, client: AsyncGravitex, document: str) -> None:
    """``thinking`` stands at the top level."""
    await reproduce(gateway, client, sample(document, '"thinking"'))


async def test_row_48_thinking_is_off_unless_asked_for(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Nothing is sent when unset; "disabled" can be sent."""
    assert "thinking" not in await sent(gateway, client, model="deepseek-v3", messages=ASK)
    off = {"type": "disabled"}
    assert (await sent(gateway, client, model="deepseek-v3", messages=ASK, thinking=off))["thinking"] == off


@pytest.mark.parametrize(
    "delta", [{"reasoning_content": "hm"}, {"reasoning": "hm"}, {"content": "<think>\nhm\n</think>\n"}]
)
async def test_row_49_thinking_in_any_form(gateway: LocalGateway, client: AsyncGravitex, delta: Any) -> None:
    """Own field, the other field, or inline: all are readable."""
    first = {"id": "c", "choices": [{"index": 0, "delta": delta}]}
    gateway.play(stream_of(first, text_chunk("yes", finish_reason="stop")))
    stream = client.chat.completions.stream(model="deepseek-r1", messages=ASK)
    await stream.final()
    split = split_thinking(stream.content)
    assert (stream.reasoning_content or split.reasoning, split.content) == ("hm", "yes")


async def test_row_50_thinking_without_a_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A plain answer holds it in its message."""
    gateway.script("yes", reasoning="hm")
    answer = await client.chat.completions.create(model="deepseek-r1", messages=ASK)
    assert answer.choices[0].message.reasoning_content == "hm"


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_51_row_53_qwen_thinking(
    gateway: LocalGateway, client: AsyncGravitex, document: str
) -> None:
    """``enable_thinking`` on top, ``incremental_output`` inside ``parameters``, given there or on its own."""
    wanted = sample(document, "Hanoi", "mathematician")
    await reproduce(gateway, client, wanted)
    await reproduce(gateway, client, wanted, parameters=..., incremental_output=True)


async def test_row_52_qwen_thinking_without_a_stream(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The caller is warned that it will be switched off; an answer as a stream is read all the same."""
    gateway.play(stream_of(text_chunk("yes", finish_reason="stop")))
    with pytest.warns(UserWarning, match="enable_thinking needs stream=True") as caught:
        answer = await client.chat.completions.create(model="qwen3", messages=ASK, enable_thinking=True)
    assert answer.choices[0].message.content == "yes"
    assert caught[0].filename == __file__


async def test_row_54_thinking_inlined_into_content(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The flag of the sample is sent, and the inlined block can be split off again."""
    wanted = sample("000", "gravitex_thinking_to_content")
    await reproduce(gateway, client, wanted, gravitex_thinking_to_content=..., thinking_to_content=True)
    assert tuple(split_thinking("<think>\nhm\n</think>\nyes")) == ("hm", "yes")


async def test_row_55_nebula_has_its_own_name_for_it() -> None:
    """On that host the same argument is sent under the host's name."""
    wanted = sample("004", "nebula_thinking_to_content")
    seen: list[Any] = []
    with aioresponses() as mocked:
        mocked.post(
            "https://llm.ai-nebula.com/v1/chat/completions", payload=ANSWER, response_class=Answer,
            callback=lambda url, **request: seen.append(msgspec.json.decode(request["data"])),
        )  # fmt: skip
        arguments = {k: v for k, v in wanted.items() if k not in ("nebula_thinking_to_content", "stream")}
        async with AsyncGravitex(api_key="sk-x", base_url="https://llm.ai-nebula.com/v1") as client:
            stream = client.chat.completions.stream(**arguments, thinking_to_content=True, stream_options={})
            assert (await stream.final()).choices[0].message.content == "ok"
    assert seen == [wanted]


async def test_row_56_row_57_thinking_by_suffix(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Each documented suffix is sent verbatim, and can be built."""
    names = {
        "gemini-2.5-flash-thinking": with_thinking("gemini-2.5-flash"),
        "gemini-2.5-flash-thinking-8192": with_thinking("gemini-2.5-flash", 8192),
        "gemini-3-pro-preview-thinking-low": with_thinking("gemini-3-pro-preview", "low"),
        "gemini-3-pro-preview-thinking-high": with_thinking("gemini-3-pro-preview", "high"),
    }
    for name, built in names.items():
        assert built == name
        assert (await sent(gateway, client, model=built, messages=ASK))["model"] == name
    off = "gemini-2.5-flash-nothinking"
    assert (await sent(gateway, client, model=off, messages=ASK))["model"] == off
    assert "gemini-2.5-flash-thinking-8192" in text_of("000")


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_58_the_google_block(gateway: LocalGateway, client: AsyncGravitex, document: str) -> None:
    """The body holds the literal key ``extra_body`` with snake_case content, however it is asked for."""
    wanted = sample(document, "thinking_config")
    google = wanted["extra_body"]["google"]
    await reproduce(gateway, client, wanted, extra_body=..., google=google)
    await reproduce(gateway, client, wanted, extra_body={"extra_body": {"google": google}})


@pytest.mark.parametrize("budget", [-1, 0, 8192])
async def test_row_59_thinking_budgets(gateway: LocalGateway, client: AsyncGravitex, budget: int) -> None:
    """Automatic, off, tokens; below that is refused, and a plain call is warned of."""
    google = {"thinking_config": {"thinking_budget": budget, "include_thoughts": True}}
    body = await sent(gateway, client, model="gemini-2.5-flash", messages=ASK, google=google, stream=True)
    assert body["extra_body"]["google"] == google
    with pytest.warns(UserWarning, match="thinking_config needs stream=True"):
        await sent(gateway, client, model="gemini-2.5-flash", messages=ASK, google=google)
    with pytest.raises(MisuseError):
        await sent(
            gateway, client, model="g", messages=ASK, google={"thinking_config": {"thinking_budget": -2}}
        )


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
async def test_row_60_reasoning_effort(gateway: LocalGateway, client: AsyncGravitex, effort: str) -> None:
    """The three levels are sent; that they exclude max_tokens is in the documentation of the argument."""
    body = await sent(gateway, client, model="gemini-2.5-pro-thinking", messages=ASK, reasoning_effort=effort)
    assert body["reasoning_effort"] == effort
    assert "no max_tokens" in PARAMETERS


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_61_row_62_row_64_gemini_3(
    gateway: LocalGateway, client: AsyncGravitex, document: str
) -> None:
    """Thinking level and search together: camelCase on top, a tool of a name alone with nothing added."""
    wanted = sample(document, "generationConfig")
    config = {"thinking_config": {"thinking_level": "LOW"}}
    await reproduce(gateway, client, wanted, generationConfig=..., generation_config=config)
    assert wanted["tools"] == [{"type": "function", "function": {"name": "googleSearch"}}]
    body = await sent(
        gateway,
        client,
        model="gemini-3",
        messages=ASK,
        generation_config={"thinkingConfig": {"thinkingLevel": "HIGH"}},
    )
    assert body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "HIGH"}}


async def test_row_63_an_empty_object_stays(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """``googleSearch: {}`` inside the Google block."""
    google = {"tools": [{"googleSearch": {}}]}
    body = await sent(gateway, client, model="gemini-3", messages=ASK, google=google)
    assert body["extra_body"]["google"] == google


async def test_row_65_no_reasoning_is_no_error(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Where the server shows no thoughts there are none; what they cost stands in the usage."""
    usage = {"prompt_tokens": 1, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 7}}
    gateway.play(stream_of(text_chunk("a", finish_reason="stop"), {"id": "c", "choices": [], "usage": usage}))
    stream = client.chat.completions.stream(model="gemini-2.5-pro-thinking", messages=ASK)
    await stream.final()
    assert (stream.reasoning_content, stream.usage.reasoning_tokens, stream.usage.visible_tokens) == (
        "",
        7,
        2,
    )


# G. Qwen


@pytest.mark.parametrize("document", ["000", "004"])
async def test_row_66_row_67_qwen_search(gateway: LocalGateway, client: AsyncGravitex, document: str) -> None:
    """The typed options land in ``parameters`` alone, as in the sample."""
    wanted = sample(document, "recency_days")
    await reproduce(gateway, client, wanted)
    await reproduce(gateway, client, wanted, parameters=..., **wanted["parameters"])


async def test_row_68_qwen_speech(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """``asr_options`` likewise."""
    wanted = sample("000", "asr_options")
    await reproduce(gateway, client, wanted)
    await reproduce(gateway, client, wanted, parameters=..., asr_options={"language": "zh"})


async def test_row_69_qwen_temperature(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """temperature and top_p go inside too, also beside an explicit ``parameters``, whose own keys win."""
    body = await sent(gateway, client, model="qwen3-omni-flash", messages=ASK, temperature=0.5, top_p=0.9)
    assert body["parameters"] == {"temperature": 0.5, "top_p": 0.9}
    assert "temperature" not in body
    own = {"search_options": {"recency_days": 3}, "top_p": 0.1}
    for stream in (False, True):
        body = await sent(
            gateway, client, model="qwen3", messages=ASK, stream=stream,
            temperature=0.5, top_p=0.9, enable_search=True, parameters=own,
        )  # fmt: skip
        assert body["parameters"] == {"temperature": 0.5, "top_p": 0.1, "enable_search": True, **own}
        assert not {"temperature", "top_p", "enable_search"} & body.keys()


# H. Web search


async def test_row_70_claude_searches_through_tools(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The sample's history, toolu_ id and all, is sent as it stands, and stays in later turns."""
    wanted = sample("000", "artificial intelligence latest news")
    await reproduce(gateway, client, wanted)
    later = await sent(gateway, client, model="m", messages=[*wanted["messages"], *ASK])
    assert later["messages"][:3] == wanted["messages"]


async def test_row_71_row_72_web_search_options(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Context size and location without a type: nothing is forced into them."""
    wanted = sample("000", "Shanghai today weather")
    assert "type" not in wanted["web_search_options"]["user_location"]
    await reproduce(gateway, client, wanted)
    with_type = {"user_location": {"type": "approximate", "approximate": {"city": "Shanghai"}}}
    body = await sent(gateway, client, model="m", messages=ASK, web_search_options=with_type)
    assert body["web_search_options"] == with_type


async def test_row_73_sources_are_readable(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Annotations of a message or delta, and citations at the top level, plain and streamed."""
    note = {"type": "url_citation", "url_citation": {"url": "https://x.test", "title": "t"}}
    message = {"role": "assistant", "content": "a", "annotations": [note]}
    plain = {"choices": [{"message": message, "finish_reason": "stop"}], "citations": ["https://y.test"]}
    gateway.play(Tape(msgspec.json.encode(plain), content_type="application/json"))
    answer = await client.chat.completions.create(model="m", messages=ASK)
    delta = {"id": "c", "choices": [{"delta": {"content": "a", "annotations": [note]}}]}
    gateway.play(stream_of(delta, {**text_chunk("", finish_reason="stop"), "citations": ["https://y.test"]}))
    stream = client.chat.completions.stream(model="m", messages=ASK)
    chunks = [chunk async for chunk in stream]
    for found in (answer, await stream.final()):
        assert found.choices[0].message.annotations == [note]
        assert found.wire_citations == ["https://y.test"]
        assert [source.url for source in found.citations] == ["https://x.test", "https://y.test"]
    assert chunks[0].choices[0].delta.annotations == [note]


async def test_row_74_search_may_fail(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """There is a retry policy, and an example that answers without the search."""
    gateway.fault("status", status=502, count=2)
    retries = RetryPolicy(max_retries=2, initial_delay=0)
    answer = await client.chat.completions.create(
        model="m", messages=ASK, web_search_options={}, max_retries=retries
    )
    assert answer.choices[0].message.content
    assert len(gateway.requests) == 3
    assert "search_fallback.py" in EXAMPLES


async def test_row_75_a_timeout_is_no_refusal(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A network that is too slow and a gateway that says no are told apart by class."""
    gateway.fault("stall", where="headers")
    with pytest.raises(APITimeoutError) as caught:
        await client.chat.completions.create(model="m", messages=ASK, timeout=Timeout(headers=0.05))
    assert not isinstance(caught.value, APIStatusError)
    assert (caught.value.clock, caught.value.status) == ("headers", None)


@pytest.mark.parametrize("mode", ["off", "auto", "on", "later"])
async def test_row_76_row_77_grok_search(gateway: LocalGateway, client: AsyncGravitex, mode: str) -> None:
    """Any mode is sent as given (new ones are the gateway's to refuse); nothing is added to it."""
    body = await sent(gateway, client, model="grok-4", messages=ASK, search_parameters={"mode": mode})
    assert body["search_parameters"] == {"mode": mode}


@pytest.mark.parametrize("words", [("grok-4", '"auto"'), ("grok-4", '"on"')])
async def test_row_78_the_grok_samples(
    gateway: LocalGateway, client: AsyncGravitex, words: tuple[str, ...]
) -> None:
    """Typed argument and ``extra_body`` lead to the same body, that of the sample."""
    wanted = sample("000", "search_parameters", *words)
    await reproduce(gateway, client, wanted)
    extra = {"search_parameters": wanted["search_parameters"]}
    await reproduce(gateway, client, wanted, search_parameters=..., extra_body=extra)


# J. Usage

GROK = {"prompt_tokens": 100, "completion_tokens": 500, "total_tokens": 600,
        "completion_tokens_details": {"reasoning_tokens": 300}}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
async def test_row_87_row_88_row_89_usage(
    gateway: LocalGateway, client: AsyncGravitex, streamed: bool
) -> None:
    """The Grok sample: 100, 500 and 600 tokens, 300 of them thinking, so 200 visible."""
    assert '"reasoning_tokens": 300' in text_of("000")
    if streamed:
        gateway.play(
            stream_of(text_chunk("a", finish_reason="stop"), {"id": "c", "choices": [], "usage": GROK})
        )
        stream = client.chat.completions.stream(model="grok-4", messages=ASK)
        await stream.final()
        usage = stream.usage
    else:
        gateway.play(Tape(msgspec.json.encode({**ANSWER, "usage": GROK}), content_type="application/json"))
        answer = await client.chat.completions.create(model="grok-4", messages=ASK)
        assert answer.usage is not None
        usage = answer.usage.neutral()
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (100, 500, 600)
    assert (usage.reasoning_tokens, usage.visible_tokens) == (300, 200)


# K. Errors


@pytest.mark.parametrize("status", [401, 403])
async def test_row_92_a_wrong_key(gateway: LocalGateway, client: AsyncGravitex, status: int) -> None:
    """AuthenticationError, with the documents' sentence and the gateway's words."""
    gateway.fault("status", status=status, message="no such token")
    with pytest.raises(AuthenticationError, match="Error: Invalid or unauthorized API key") as caught:
        await client.chat.completions.create(model="m", messages=ASK)
    assert "no such token" in str(caught.value)
    assert isinstance(caught.value, PermissionDeniedError) == (status == 403)
    other = client.with_options(api_key="sk-wrong")
    with pytest.raises(AuthenticationError):
        await other.chat.completions.create(model="m", messages=ASK)


@pytest.mark.parametrize(
    ("status", "code"), [(404, "model_not_found"), (503, "model_not_found"), (404, None)]
)
async def test_row_93_an_unknown_model(
    gateway: LocalGateway, client: AsyncGravitex, status: int, code: str | None
) -> None:
    """NotFoundError, whatever the status, with the name of the model in the documents' sentence."""
    gateway.fault("status", status=status, code=code)
    with pytest.raises(NotFoundError, match="Error: Model no-such-1 does not exist or is not supported"):
        await client.chat.completions.create(model="no-such-1", messages=ASK, max_retries=3)
    assert len(gateway.requests) == 1


async def test_row_94_no_server(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A refused port, a name that is none and a reset are APIConnectionError, in the documents' words."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for url in (refused, "http://no-such-host.invalid"):
        async with AsyncGravitex(base_url=url, api_key="k", max_retries=0) as other:
            with pytest.raises(APIConnectionError, match="Error: Cannot connect to API server"):
                await other.chat.completions.create(model="m", messages=ASK)
    gateway.fault("reset", where="headers")
    with pytest.raises(APIConnectionError, match="Error: Cannot connect to API server"):
        await client.chat.completions.create(model="m", messages=ASK)


@pytest.mark.parametrize(
    ("status", "cls"), [(400, BadRequestError), (500, ServerError), (418, APIStatusError)]
)
async def test_row_95_everything_else(
    gateway: LocalGateway, client: AsyncGravitex, status: int, cls: type[APIStatusError]
) -> None:
    """APIError with "API request failed: [error details]"."""
    gateway.fault("status", status=status, message="the details", code="odd")
    with pytest.raises(APIError, match="API request failed: the details") as caught:
        await client.chat.completions.create(model="m", messages=ASK)
    assert type(caught.value) is cls
    assert (caught.value.status, caught.value.code) == (status, "odd")


# L. Model lists and notes


def test_row_99_every_family_is_covered() -> None:
    """The README names each family of the documents."""
    readme = (ROOT / "README.md").read_text("utf-8").lower()
    for family in ("openai", "claude", "deepseek", "grok", "qwen", "doubao", "gemini", "glm", "kimi"):
        assert family in readme, family


async def test_row_100_an_unsupported_parameter(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The gateway's 400 reaches the caller unchanged, with the parameter it names."""
    body = b'{"error":{"message":"Unsupported parameter: logprobs","type":"invalid_request_error",'
    gateway.fault("status", status=400, body=body + b'"param":"logprobs","code":"unsupported_parameter"}}')
    with pytest.raises(BadRequestError) as caught:
        await client.chat.completions.create(model="m", messages=ASK, logprobs=True)
    error = caught.value
    assert (error.message, error.param, error.code) == (
        "Unsupported parameter: logprobs", "logprobs", "unsupported_parameter",
    )  # fmt: skip


def test_row_101_the_system_role_is_shown() -> None:
    """An example sets the behaviour with ``system`` and asks as ``user``."""
    assert '"role": "system"' in "".join(EXAMPLES.values()) + (ROOT / "README.md").read_text("utf-8")


async def test_row_102_images_through_chat(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A picture of megabytes, as Markdown in one delta or as a part, survives in full."""
    image = "data:image/png;base64," + "QUJDRA" * 200_000
    markdown = f"![image]({image})"
    part = {
        "id": "c",
        "choices": [{"delta": {"content": [{"type": "image_url", "image_url": {"url": image}}]}}],
    }
    gateway.play(stream_of(text_chunk(markdown), part, text_chunk("", finish_reason="stop")))
    stream = client.chat.completions.stream(model="nano-banana-pro", messages=ASK)
    chunks = [chunk async for chunk in stream]
    assert stream.content == markdown
    parts = chunks[1].choices[0].delta
    assert parts is not None
    assert isinstance(parts.content, list)
    assert parts.content[0].image_url == {"url": image}


def test_row_103_the_openai_library_is_not_needed() -> None:
    """Nothing here imports it."""
    assert not any(name == "openai" or name.startswith("openai.") for name in sys.modules)
