"""What the gateway's documents promise of Responses, row by row of the checklist, as the gateway sees it.

Rows 123 to 137 about events are in ``test_accumulate`` and ``test_events`` too, without a network.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gravitex_async import APIError, AsyncGravitex, MisuseError
from gravitex_async.responses import (
    FunctionCallItem,
    FunctionCallOutputItem,
    MessageItem,
    OutputTextPart,
    ResponsesParams,
)
from gravitex_async.testing import Call, LocalGateway, Tape, TokenCounts

from ..documents import sample, text_of
from .wire import frame

ASK: dict[str, Any] = {"model": "gpt-5.2", "input": [{"role": "user", "content": "hi"}]}
TODAY = ("news headlines",)


async def sent(gateway: LocalGateway, client: AsyncGravitex, **call: Any) -> Any:
    """The JSON body that the gateway saw of this call, read to its end."""
    if call.get("stream"):
        await client.responses.create(**call).final()
    else:
        await client.responses.create(**call)
    return gateway.requests[-1].json


async def reproduced(gateway: LocalGateway, client: AsyncGravitex, *words: str) -> dict[str, Any]:
    """Makes the call of the sample that holds *words*, and compares what was sent with it, order included."""
    wanted = sample("002", *words)
    made = await sent(gateway, client, **wanted)
    assert made == wanted
    return wanted


async def with_field(gateway: LocalGateway, client: AsyncGravitex, **field: Any) -> None:
    """A call with this parameter sends it, and nothing else."""
    assert await sent(gateway, client, **ASK, **field) == {**ASK, **field}


# A. Transport


@pytest.mark.parametrize("stream", [False, True])
async def test_row_002_post_v1_responses(gateway: LocalGateway, client: AsyncGravitex, stream: bool) -> None:
    """A call is POST /v1/responses."""
    await sent(gateway, client, **ASK, stream=stream)
    assert (gateway.requests[-1].method, gateway.requests[-1].path) == ("POST", "/v1/responses")
    assert gateway.requests[-1].headers.getall("Authorization") == [f"Bearer {gateway.api_key}"]


@pytest.fixture(
    params=["", "/", "/v1", "/v1/", "/v1/responses", "/v1/responses?api-version=2025-03-01-preview"]
)
async def based(
    request: pytest.FixtureRequest, gateway: LocalGateway
) -> AsyncIterator[tuple[str, AsyncGravitex]]:
    """A client with each form of base URL, and the form."""
    async with AsyncGravitex(base_url=gateway.url + request.param, api_key=gateway.api_key) as client:
        yield request.param, client


async def test_row_010_011_base_urls(gateway: LocalGateway, based: tuple[str, AsyncGravitex]) -> None:
    """Every form of base URL leads to the same path; a query is kept."""
    form, client = based
    answer = await client.responses.create(**ASK)
    await client.responses.retrieve(answer.id or "")
    post, get = gateway.requests[-2:]
    assert (post.path, get.path) == ("/v1/responses", f"/v1/responses/{answer.id}")
    wanted = {"api-version": "2025-03-01-preview"} if "?" in form else {}
    assert dict(post.query) == dict(get.query) == wanted


# I. Files


def test_row_079_files_are_for_responses() -> None:
    """The documents send files here: chat has no input_file."""
    from gravitex_async.chat import ChatParams

    assert "input" not in ChatParams.__annotations__
    assert "/v1/responses" in text_of("000")


async def test_row_080_file_by_url(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' sample of a PDF by URL goes out as it is written."""
    wanted = await reproduced(gateway, client, "file_url")
    assert wanted["input"][1] == {"type": "input_file", "file_url": "https://example.com/document.pdf"}


async def test_row_081_file_as_data_url(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A file as a base64 data URL passes unchanged."""
    data = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7").decode()
    content = [
        {"type": "input_file", "filename": "a.pdf", "file_data": data},
        {"type": "input_text", "text": "?"},
    ]
    body = {"model": "gpt-4o", "input": [{"role": "user", "content": content}]}
    assert await sent(gateway, client, **body) == body


async def test_row_082_083_large_files_are_encoded_off_the_loop(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Megabytes of file pass; nothing here counts them."""
    part = {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64," + "A" * 4_000_000,
    }
    body = {"model": "gpt-4o", "input": [{"role": "user", "content": [part, part]}]}
    made = await sent(gateway, client, **body)
    assert made == body


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-5-chat", "some-new-model"])
async def test_row_084_no_model_is_refused(gateway: LocalGateway, client: AsyncGravitex, model: str) -> None:
    """Which model takes files is for the gateway to say."""
    part = {"type": "input_file", "file_url": "https://example.com/a.pdf"}
    assert await sent(gateway, client, model=model, input=[part]) == {"model": model, "input": [part]}


async def test_row_085_parts_keep_their_order(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Text before file and file before text both stay so."""
    parts = [{"type": "input_file", "file_url": "u"}, {"type": "input_text", "text": "t"}]
    for content in (parts, parts[::-1]):
        made = await sent(gateway, client, model="gpt-4o", input=[{"role": "user", "content": content}])
        assert made["input"][0]["content"] == content


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini"])
async def test_row_086_reasoning_models(gateway: LocalGateway, client: AsyncGravitex, model: str) -> None:
    """The o-series reasons here, and its effort is sent."""
    made = await sent(gateway, client, model=model, input="hi", reasoning={"effort": "low"})
    assert made == {"model": model, "input": "hi", "reasoning": {"effort": "low"}}


# J. Usage


@pytest.mark.parametrize("style", [None, "documents"])
async def test_row_090_usage(gateway: LocalGateway, client: AsyncGravitex, style: str | None) -> None:
    """The counts of the page's response, read from a plain answer and from both forms of a stream alike."""
    counts = json.loads(json_at('{\n"id": "resp_xxx"'))["usage"]
    cached = counts["input_tokens_details"]["cached_tokens"]
    reasoning = counts["output_tokens_details"]["reasoning_tokens"]
    usage = TokenCounts(counts["input_tokens"], counts["output_tokens"], reasoning, cached)
    gateway.script("AI", usage=usage, style=style, times=2)
    plain = await client.responses.create(**ASK)
    stream = client.responses.stream(**ASK)
    final = await stream.final()
    for each in (plain.usage, final.usage):
        assert each is not None
        assert each.neutral() == stream.usage
    told = stream.usage
    assert (told.input_tokens, told.output_tokens, told.total_tokens) == (25, 150, counts["total_tokens"])
    assert (told.cached_tokens, told.reasoning_tokens, told.visible_tokens) == (0, 50, 100)


# M. Request


async def test_row_104_model_and_input_are_required(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Without either nothing is sent."""
    for missing in ({"model": "", "input": "x"}, {"model": "m", "input": ""}, {"model": "m", "input": []}):
        with pytest.raises(MisuseError):
            client.responses.create(**missing)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="model"):
        client.responses.create(input="x")  # type: ignore[call-overload]
    assert gateway.requests == []


async def test_row_105_messages(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' first sample: messages with roles and texts."""
    await reproduced(gateway, client, "You are a helpful assistant")


async def test_row_106_107_bare_parts_and_images(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' image sample: bare parts at the top level, the URL a plain string."""
    wanted = await reproduced(gateway, client, "input_image")
    assert [part["type"] for part in wanted["input"]] == ["input_text", "input_image"]


async def test_row_108_bare_file_part(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' file sample."""
    await reproduced(gateway, client, "input_file")


async def test_row_109_110_instructions_and_limit(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Instructions and the token limit are sent."""
    await with_field(gateway, client, instructions="Be brief", max_output_tokens=16)


async def test_row_111_stream_temperature_top_p(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Stream, temperature and top_p are sent; the ends of the ranges too, and nothing beyond them."""
    await with_field(gateway, client, temperature=0, top_p=0)
    await with_field(gateway, client, temperature=2, top_p=1)
    await with_field(gateway, client, stream=True)
    for odd in ({"temperature": 2.1}, {"temperature": -0.1}, {"top_p": 1.1}, {"top_p": -0.1}):
        with pytest.raises(MisuseError):
            client.responses.create(**ASK, **odd)  # type: ignore[call-overload]


@pytest.mark.parametrize("effort", ["none", "low", "medium", "high", "minimal", "xhigh", "newest"])
async def test_row_112_reasoning_effort(gateway: LocalGateway, client: AsyncGravitex, effort: str) -> None:
    """Every effort of the documents is sent, and newer words pass."""
    await with_field(gateway, client, reasoning={"effort": effort})


@pytest.mark.parametrize("summary", ["auto", "none", "detailed", "concise"])
async def test_row_113_reasoning_summary(gateway: LocalGateway, client: AsyncGravitex, summary: str) -> None:
    """The same for summaries."""
    await with_field(gateway, client, reasoning={"effort": "high", "summary": summary})


async def test_row_112_113_samples(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' two samples of reasoning."""
    await reproduced(gateway, client, "Tower of Hanoi")
    await reproduced(gateway, client, "Fermat")


async def test_row_114_web_search(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' sample of web search, and every context size."""
    wanted = await reproduced(gateway, client, "news headlines")
    assert wanted["tools"] == [{"type": "web_search_preview", "search_context_size": "medium"}]
    for size in ("low", "high"):
        await with_field(gateway, client, tools=[{"type": "web_search_preview", "search_context_size": size}])


async def test_row_115_user_location(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' sample of a search with a location."""
    wanted = await reproduced(gateway, client, "user_location")
    assert list(wanted["tools"][0]["user_location"]) == ["type", "country", "region", "city", "timezone"]


async def test_row_116_file_search(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """File search in its bare form."""
    await with_field(gateway, client, tools=[{"type": "file_search"}])


async def test_row_117_nested_function(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' function, nested as in chat, is not flattened."""
    gateway.script(tool_calls=[Call("get_weather", {"city": "Shanghai"})])
    wanted = await reproduced(gateway, client, "get_weather")
    assert "function" in wanted["tools"][0]


async def test_row_118_flat_function(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """OpenAI's flat form passes unchanged too."""
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}, "strict": True}
    await with_field(gateway, client, tools=[tool], tool_choice="none")


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        "none",
        {"type": "function", "function": {"name": "function_name"}},
        "required",
        {"type": "function", "name": "f"},
        {"type": "web_search_preview"},
    ],
)
async def test_row_119_tool_choice(gateway: LocalGateway, client: AsyncGravitex, choice: Any) -> None:
    """The documents' three forms, and OpenAI's."""
    await with_field(gateway, client, tool_choice=choice)


async def test_row_120_tool_limits(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Whether calls may be parallel, and how many there may be."""
    await with_field(gateway, client, parallel_tool_calls=False, max_tool_calls=3)


async def test_row_121_continuation(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The documents' second turn carries the id of the first."""
    wanted = await reproduced(gateway, client, "resp_abc123")
    assert wanted["previous_response_id"] == "resp_abc123"
    first = await client.responses.create(**ASK)
    await with_field(gateway, client, previous_response_id=first.id)


async def test_row_122_truncation_metadata_user(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The remaining fields of the documents."""
    for truncation in ("auto", "disabled"):
        await with_field(gateway, client, truncation=truncation, metadata={"run": "7"}, user="u-1")


async def test_row_123_custom_tool_call(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A custom tool's call arrives with its free text."""
    item = {"type": "custom_tool_call", "id": "ct", "call_id": "call_1", "name": "shell", "input": ""}
    gateway.play(Tape(frame(
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.custom_tool_call_input.delta", "output_index": 0, "item_id": "ct", "delta": "ls"},
        {"type": "response.output_item.done", "output_index": 0, "item": {**item, "input": "ls"}},
        {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
    )))  # fmt: skip
    stream = client.responses.stream(**ASK, tools=[{"type": "custom", "name": "shell"}])
    await stream.final()
    (call,) = stream.tool_calls
    assert (call.id, call.name, call.arguments) == ("call_1", "shell", "ls")


def test_every_documented_field_is_a_parameter() -> None:
    """The body at the head of the page has no field that create does not take."""
    fields = {
        "model", "input", "instructions", "max_output_tokens", "stream", "temperature", "top_p", "reasoning",
        "tools", "tool_choice", "parallel_tool_calls", "max_tool_calls", "previous_response_id", "truncation",
        "metadata", "user",
    }  # fmt: skip
    page = text_of("002")
    assert all(f'"{field}":' in page for field in fields)
    assert fields - {"model", "input", "stream"} <= ResponsesParams.__annotations__.keys()


# N. Result and stream


def json_at(words: str) -> bytes:
    """The JSON object of the page that begins with *words*."""
    page = text_of("002")
    start = page.index(words)
    _, end = json.JSONDecoder().raw_decode(page, start)
    return page[start:end].encode()


async def test_row_124_125_the_documents_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The response of the page decodes; its text is where the page's Python looks for it."""
    gateway.play(Tape(json_at('{\n"id": "resp_xxx"'), content_type="application/json"))
    response = await client.responses.create(**ASK)
    message = response.output[0]
    assert isinstance(message, MessageItem)
    part = message.content[0]
    assert isinstance(part, OutputTextPart)
    text = "Artificial Intelligence (AI) is a branch of computer science..."
    assert part.text == response.output_text == text
    assert (response.created_at, response.model, message.status) == (1768271369, "gpt-5.2", "completed")
    usage = response.usage.neutral()
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (25, 150, 175)
    assert (usage.cached_tokens, usage.reasoning_tokens) == (0, 50)


async def test_row_126_function_call(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The page's function call, whose id is its call id, decodes."""
    gateway.play(Tape(json_at('{\n"output": [\n{\n"id": "call_xxx"'), content_type="application/json"))
    response = await client.responses.create(**ASK)
    (item,) = response.output
    assert isinstance(item, FunctionCallItem)
    assert (item.id, item.call_id, item.name, item.status) == (
        "call_xxx",
        "call_xxx",
        "get_weather",
        "completed",
    )
    assert response.tool_calls[0].parsed() == {"city": "Shanghai"}
    assert not isinstance(item, FunctionCallOutputItem)


@pytest.mark.parametrize("every", [None, 1, 7])
async def test_row_127_to_135_the_documents_stream(
    gateway: LocalGateway, client: AsyncGravitex, every: int | None
) -> None:
    """The page's stream, event names, bare deltas and all, reads to its text, status and usage."""
    page = text_of("002")
    start = page.index("event: response.created")
    end = page.index("Advanced Features", start)
    lines = (
        page[start:end].replace('"usage":{...}', '"usage":{"input_tokens":1,"output_tokens":2}').splitlines()
    )
    body = "\n".join(line + "\n" * line.startswith("data:") for line in lines) + "\n"
    gateway.play(Tape(body.encode(), every=every))
    stream = client.responses.stream(**ASK)
    types = [event.type async for event in stream]
    assert types == [
        "response.created", "response.output_text.delta", "response.output_text.delta", "response.completed",
    ]  # fmt: skip
    final = stream.arrived
    assert (final.id, final.status, final.output_text) == ("resp_xxx", "completed", "Artificial Intelligence")
    assert (stream.usage.total_tokens, stream.sequence_number) == (3, 2)
    assert [delta.content async for delta in _again(gateway, client, body)] == [
        "Artificial",
        " Intelligence",
        "",
    ]


def _again(gateway: LocalGateway, client: AsyncGravitex, body: str) -> Any:
    gateway.play(Tape(body.encode()))
    return client.responses.stream(**ASK).deltas()


async def test_row_136_seven_events_of_the_page(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The seven events that the page names all occur in a stream of the gateway."""
    types = {event.type async for event in client.responses.stream(**ASK)}
    page = text_of("002")
    named = {
        "created", "in_progress", "output_item.added", "output_text.delta", "output_text.done",
        "output_item.done", "completed",
    }  # fmt: skip
    assert all(f"response.{name} |" in page for name in named)
    assert {f"response.{name}" for name in named} <= types


async def test_row_137_reasoning_summary(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Thinking comes in a channel of its own."""
    gateway.script(text="Answer", reasoning="Thinking hard")
    stream = client.responses.stream(**ASK, reasoning={"effort": "high", "summary": "auto"})
    deltas = [delta async for delta in stream.deltas()]
    assert "".join(delta.reasoning_content for delta in deltas) == "Thinking hard"
    assert "".join(delta.content for delta in deltas) == "Answer"
    assert (stream.reasoning_content, stream.content) == ("Thinking hard", "Answer")


@pytest.mark.parametrize("stream", [False, True])
async def test_row_138_what_a_model_lacks(gateway: LocalGateway, client: AsyncGravitex, stream: bool) -> None:
    """A 400 for a feature the model does not have is an APIError with the gateway's words."""
    gateway.script(error={"error": {"message": "web search is not supported with this model"}}, status=400)
    call = sent(gateway, client, **ASK, tools=[{"type": "web_search_preview"}], stream=stream)
    with pytest.raises(APIError, match="web search is not supported with this model"):
        await call


async def test_row_139_prefixed_names_pass(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A name with the ``openai/`` prefix is sent as given, here and on the chat endpoint."""
    await sent(gateway, client, model="openai/gpt-5.2", input="hi")
    assert gateway.requests[-1].model == "openai/gpt-5.2"
    await client.chat.completions.create(model="openai/gpt-5.2", messages=[{"role": "user", "content": "hi"}])
    assert (gateway.requests[-1].path, gateway.requests[-1].model) == (
        "/v1/chat/completions",
        "openai/gpt-5.2",
    )
