"""Typed user code that type checkers read and nobody runs: what they infer is part of the promise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_type

import msgspec
import pydantic

from gravitex_async import (
    APIError,
    APIStatusError,
    AsyncGravitex,
    Delta,
    Limits,
    RateLimits,
    RetryPolicy,
    SSEEvent,
    SSEParser,
    Stream,
    StreamEnd,
    Timeout,
    ToolCall,
    ToolCallDelta,
    Usage,
    Word,
    gemini,
    responses,
)
from gravitex_async.chat import (
    AssistantMessage,
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatStream,
    FunctionTool,
    MessageDict,
    ParsedChatCompletion,
    ResponseFormat,
    Thinking,
    UserMessage,
    tool_result,
)
from gravitex_async.endpoints import PlainAnswer
from gravitex_async.gemini import (
    Content,
    ContentDict,
    GeminiStream,
    GenerateContentResponse,
    Part,
    ThinkingConfig,
)
from gravitex_async.inputs import chat_part, gemini_part, responses_part
from gravitex_async.models import Model, ModelList
from gravitex_async.ratelimit import RateLimit
from gravitex_async.responses import (
    FunctionCallItem,
    InputItemDict,
    ParsedResponse,
    Response,
    ResponsesStream,
    WebSearchTool,
)
from gravitex_async.schema import output_type
from gravitex_async.testing import LocalGateway, RecordedRequest, Tape
from gravitex_async.thinking import ThinkSplitter, disable_thinking_for, enable_thinking_for, with_thinking
from gravitex_async.timings import Timings
from gravitex_async.tools import (
    RefusalEvent,
    RunEvent,
    TextEvent,
    ThinkingEvent,
    Tool,
    ToolCallBegun,
    ToolRun,
    run_tools,
)
from gravitex_async.transport import PoolStatistics


async def fresh_key() -> str:
    return "sk-..."


def clients() -> list[AsyncGravitex]:
    return [
        AsyncGravitex(),
        AsyncGravitex(api_key=fresh_key, base_url="https://example.test/v1", timeout=30),
        AsyncGravitex(
            timeout=Timeout(
                connect=5, headers=None, first_content=60.5, idle=60, content_idle=30, deadline=300
            ),
            max_retries=RetryPolicy(max_retries=4, initial_delay=0.1),
            limits=Limits(max_connections=100, max_connections_per_host=None, keepalive=15),
            rate_limits=RateLimits(requests_per_minute=60, tokens_per_minute=1e5, max_concurrency="adaptive"),
            auth="x-goog-api-key",
            default_headers={"X-Team": "a"},
            default_query={"v": "1"},
            trust_env=False,
        ),
    ]


async def plain(client: AsyncGravitex) -> str:
    answer = await client.chat.completions.create(
        model="glm-5",
        messages=[{"role": "user", "content": "hello"}],
        temperature=0.2,
        tools=[{"type": "function", "function": {"name": "f"}}],
        tool_choice="auto",
        extra_body={"x": 1},
        timeout=10,
    )
    assert_type(answer, ChatCompletion)
    assert_type(answer.choices[0].message, ChatCompletionMessage)
    assert_type(answer.choices[0].finish_reason, str | None)
    again = await client.chat.completions.create(
        model="glm-5", messages=[{"role": "user", "content": "x"}, answer.choices[0].message]
    )
    content = again.choices[0].message.content
    return content if isinstance(content, str) else ""


async def streamed(client: AsyncGravitex) -> None:
    stream = client.chat.completions.create(model="m", messages=[{"role": "user"}], stream=True)
    assert_type(stream, ChatStream)
    assert_type(await stream, ChatStream)
    async with client.chat.completions.stream(model="m", messages=[{"role": "user"}]) as entered:
        assert_type(entered, ChatStream)
        async for chunk in entered:
            assert_type(chunk, ChatCompletionChunk)
            assert_type(chunk.content, str)
            assert_type(chunk.reasoning_content, str)
            assert_type(chunk.finish_reason, str | None)
    async for delta in stream.deltas():
        assert_type(delta, Delta)
        assert_type(delta.tool_calls, tuple[ToolCallDelta, ...])
    async for text in stream.text():
        assert_type(text, str)
    async for batch in stream.batches():
        assert_type(batch, list[ChatCompletionChunk])
    assert_type(await stream.final(), ChatCompletion)
    assert_type(stream.arrived, ChatCompletion)
    assert_type(stream.content, str)
    assert_type(stream.tool_calls, list[ToolCall])
    assert_type(stream.usage, Usage)
    assert_type(stream.usage.visible_tokens, int | None)
    assert_type(stream.end, StreamEnd)
    assert_type(stream.timings, Timings)
    assert_type(stream.rate_limit, RateLimit)
    assert_type(stream.request_id, str | None)
    assert_type(stream.last_raw, bytes | None)
    stream.abort()
    await stream.aclose()


class Recipe(msgspec.Struct):
    title: str
    steps: list[str]


async def structured(client: AsyncGravitex) -> Recipe:
    answer = await client.chat.completions.parse(
        model="m", messages=[{"role": "user"}], response_format=Recipe, temperature=0.2
    )
    assert_type(answer, ParsedChatCompletion[Recipe])
    assert_type(answer.choices[0].message.parsed, Recipe)
    assert_type(answer.choices[0].message.parsed.steps, list[str])
    assert_type(answer.to_input(), list[dict[str, Any]])
    many = await client.chat.completions.parse(
        model="m", messages=[{"role": "user"}], response_format=list[Recipe]
    )
    assert_type(many.choices[0].message.parsed, list[Recipe])
    stream = client.chat.completions.stream(model="m", messages=[{"role": "user"}], response_format=Recipe)
    async for recipe in stream.partial(Recipe, strings="growing"):
        assert_type(recipe, Recipe)
    async for delta in stream.deltas(split_thinking=True):
        assert_type(delta, Delta)
    assert_type(stream.to_input(), list[dict[str, Any]])
    assert_type(tool_result(stream.tool_calls[0], ValueError("no")), dict[str, Any])
    assert_type(output_type(Recipe).decode("{}"), Recipe)
    response = await client.responses.parse(model="m", input="a", text_format=Recipe)
    assert_type(response, ParsedResponse[Recipe])
    assert_type(response.output_parsed, Recipe)
    native = await client.gemini.generate_content(model="m", contents="a", response_schema=Recipe)
    assert_type(native.parsed(Recipe), Recipe)
    return answer.choices[0].message.parsed


async def weather(city: str) -> str:
    return city


def add(a: int, b: int = 1) -> int:
    return a + b


async def tool_runs(client: AsyncGravitex) -> None:
    tools = [weather, Tool(add, timeout=5), {"type": "web_search_preview"}]
    async with run_tools(client.chat.completions, model="m", input="a", tools=tools, temperature=0) as run:
        assert_type(run, ToolRun[ChatCompletion])
        async for delta in run:
            assert_type(delta, Delta)
        async for text in run.text():
            assert_type(text, str)
        assert_type(await run.final(), ChatCompletion)
        assert_type(run.usage, Usage)
    assert_type(await run_tools(client.responses, model="m", input="a", tools=tools).final(), Response)
    native = run_tools(client.gemini, model="m", contents="a", tools=tools, max_rounds=3, tool_timeout=None)
    assert_type(await native.final(), GenerateContentResponse)
    async for stream in native.streams():
        assert_type(stream.content, str)
    nested = run_tools(client.responses, model="m", input="a", tools=tools, tool_form="nested")
    async for event in nested.events():
        told(event)


def told(event: RunEvent) -> str:
    """``type`` narrows, and nothing is left when all have been asked for."""
    assert_type(event.round, int)
    if event.type == "tool_call":
        assert_type(event, ToolCallBegun)
        return event.name
    if event.type == "tool_result":
        assert_type(event.error, str | None)
        return event.error or str(event.value)
    if event.type == "tool_arguments":
        return event.arguments
    if event.type == "round_begun":
        return ""
    if event.type == "round_ended" or event.type == "end":
        assert_type(event.usage, Usage)
        return event.to_json()
    assert_type(event, TextEvent | ThinkingEvent | RefusalEvent)
    return event.text


async def results(answer: ChatCompletion, response: Response, native: GenerateContentResponse) -> None:
    for call in answer.choices[0].message.tool_calls or []:
        assert_type(tool_result(call, 1), dict[str, Any])
    for item in response.output:
        if isinstance(item, FunctionCallItem):
            assert_type(responses.tool_result(item, 1), dict[str, Any])
    for function_call in native.function_calls:
        assert_type(gemini.tool_result(function_call, 1), dict[str, Any])


async def thinking(client: AsyncGravitex) -> None:
    ask = [{"role": "user", "content": "a"}]
    stream = client.chat.completions.stream(
        model="m", messages=ask, temperature=1, **enable_thinking_for("m", budget=8192)
    )
    assert_type(stream, ChatStream)
    answer = await client.chat.completions.create(
        model="m", messages=ask, **disable_thinking_for("m"), max_tokens=10
    )
    assert_type(answer, ChatCompletion)
    response = await client.responses.create(
        model="m", input="a", **enable_thinking_for("m", "low", dialect="responses")
    )
    assert_type(response, Response)
    native = await client.gemini.generate_content(
        model="m", contents="a", **enable_thinking_for("m", dialect="gemini")
    )
    assert_type(native, GenerateContentResponse)


async def input_parts(path: Path) -> list[dict[str, Any]]:
    splitter = ThinkSplitter()
    assert_type(splitter.feed("<think>").reasoning, str)
    assert_type(with_thinking("gemini-2.5-flash", 8192), str)
    return [
        await chat_part(path, detail="low"),
        await responses_part(b"%PDF-", filename="a.pdf"),
        await gemini_part("gs://bucket/film.mp4", mime_type="video/mp4"),
    ]


class MyChunk(ChatCompletionChunk, kw_only=True):
    x_groq: dict[str, str] | None = None


async def own_chunk(client: AsyncGravitex) -> None:
    async for chunk in client.chat.completions.stream(
        model="m", messages=[{"role": "user"}], chunk_type=MyChunk
    ):
        assert_type(chunk, MyChunk)
        assert_type(chunk.x_groq, dict[str, str] | None)


@dataclass
class Turn:
    role: str
    content: str


class StructTurn(msgspec.Struct):
    role: str
    content: str


class ModelTurn(pydantic.BaseModel):
    role: str
    content: str


async def many_kinds_of_messages(client: AsyncGravitex) -> None:
    turns = [Turn("system", "s"), StructTurn("user", "u")]
    await client.chat.completions.create(model="m", messages=turns, thinking={"type": "enabled"})
    models = [ModelTurn(role="user", content="x")]
    await client.chat.completions.create(model="m", messages=models)
    await client.responses.create(model="m", input=models)
    await client.chat.completions.create(
        model="m", messages=[*turns, *models, {"role": "user", "content": "x"}]
    )
    await client.chat.completions.create(model="m", messages=(*models,))


async def messages_in_variables(client: AsyncGravitex, picture: str, stored: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": "hi"}]
    await client.chat.completions.create(model="m", messages=messages)
    messages.append({"role": "assistant", "content": "hello"})
    messages += [{"role": "user", "content": "again"}]
    await client.chat.completions.create(model="m", messages=messages)
    await client.chat.completions.create(model="m", messages=[{"role": "system", "content": "s"}, *messages])
    await client.responses.create(model="m", input=messages)
    await client.gemini.generate_content(model="m", contents=[{"role": "user", "parts": [{"text": "x"}]}])
    contents = [{"role": "user", "parts": [{"text": "x"}]}]
    await client.gemini.generate_content(model="m", contents=contents)
    parts = [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": picture}}]
    mixed = [{"role": "system", "content": "s"}, {"role": "user", "content": parts}]
    await client.chat.completions.create(model="m", messages=mixed)
    await client.responses.create(model="m", input=mixed)
    anything: list[dict[str, Any]] = [{"role": "user", "content": "x"}, stored]
    objects: list[dict[str, object]] = [{"role": "user", "content": "x"}]
    await client.chat.completions.create(model="m", messages=anything)
    await client.chat.completions.create(model="m", messages=objects)
    await client.responses.create(model="m", input=anything)
    await client.gemini.generate_content(model="m", contents=objects)
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    await client.chat.completions.create(model="m", messages=messages, tools=tools)
    await client.responses.create(model="m", input="x", tools=tools)
    described = ["what is this?", {"inline_data": {"mime_type": "image/png", "data": "="}}]
    await client.gemini.generate_content(model="m", contents=described)
    await client.gemini.generate_content(model="m", contents=["this?", {"file_data": {"file_uri": "gs://a"}}])
    declared = [{"function_declarations": [{"name": "f"}]}, {"google_search": {}}]
    await client.gemini.generate_content(model="m", contents="x", tools=declared)


async def annotated_shapes(client: AsyncGravitex, schema: dict[str, object]) -> None:
    question: UserMessage = {"role": "user", "content": [{"type": "text", "text": "x"}]}
    answered: AssistantMessage = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    history: list[MessageDict] = [
        question,
        answered,
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ]
    tool: FunctionTool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    thinking: Thinking = {"type": "enabled", "budget_tokens": 1000}
    form: ResponseFormat = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    await client.chat.completions.create(
        model="m", messages=history, tools=[tool], thinking=thinking, response_format=form
    )
    items: list[InputItemDict] = [
        {"role": "user", "content": "x"},
        {"type": "input_image", "image_url": "https://a/b.png", "detail": "high"},
        {"type": "function_call_output", "call_id": "c", "output": "1"},
        {"type": "reasoning", "id": "rs", "summary": []},
    ]
    search: WebSearchTool = {
        "type": "web_search_preview",
        "user_location": {"type": "approximate", "city": "Oslo"},
    }
    await client.responses.create(model="m", input=items, tools=[search, tool])
    turn: ContentDict = {
        "role": "model",
        "parts": ["x", {"inline_data": {"mime_type": "image/png", "data": "="}}],
    }
    await client.gemini.generate_content(model="m", contents=[turn, "go on"])


async def answers_as_input(client: AsyncGravitex, path: Path) -> None:
    history = [{"role": "user", "content": "x"}]
    chat = client.chat.completions.create(model="m", messages=history, stream=True)
    completion = await chat.final()
    following = [*history, completion, {"role": "user", "content": "y"}]
    await client.chat.completions.create(model="m", messages=following)
    await client.chat.completions.create(
        model="m", messages=[*history, completion, {"role": "user", "content": "y"}]
    )
    await client.chat.completions.create(model="m", messages=[*history, chat, completion.choices[0].message])
    turns: list[object] = [*history, completion]
    turns.append(tool_result(chat.tool_calls[0], 1))
    await client.chat.completions.create(model="m", messages=turns)
    await client.chat.completions.create(model="m", messages=[*history, *completion.to_input()])
    events = client.responses.stream(model="m", input="x")
    response = await events.final()
    await client.responses.create(model="m", input=[response, {"role": "user", "content": "y"}])
    await client.responses.create(model="m", input=[*response.output, events, await responses_part(path)])
    native = client.gemini.generate_content_stream(model="m", contents="x")
    content = await native.final()
    await client.gemini.generate_content(model="m", contents=["x", content, "y"])
    said = Content(parts=[Part.from_text("y")], role="user")
    await client.gemini.generate_content(model="m", contents=["x", native, said, await gemini_part(path)])


async def words_and_small_objects(client: AsyncGravitex, effort: str) -> None:
    await client.chat.completions.create(
        model="m",
        messages=[],
        reasoning_effort="xhigh",
        verbosity="low",
        service_tier="flex",
        stream_options={"include_usage": True},
        tool_choice={"type": "function", "function": {"name": "f"}},
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        reasoning={"effort": "low", "exclude": True},
        search_parameters={"mode": "auto", "return_citations": True},
        web_search_options={
            "search_context_size": "low",
            "user_location": {"approximate": {"city": "Oslo"}},
        },
        parameters={"incremental_output": True, "anything": {"else": 1}},
        google={"thinking_config": {"thinking_budget": -1}},
        metadata={"a": "b"},
        stop=["x"],
    )
    await client.chat.completions.create(model="m", messages=[], reasoning_effort=Word("ultra"))
    await client.chat.completions.create(model="m", messages=[], reasoning_effort=Word(effort))
    await client.chat.completions.create(model="m", messages=[], extra_body={"reasoning_effort": effort})
    await client.responses.create(
        model="m",
        input="x",
        reasoning={"effort": "high", "summary": "detailed"},
        text={"format": Recipe, "verbosity": "low"},
        include=["reasoning.encrypted_content", Word("new")],
        tool_choice={"type": "function", "function": {"name": "f"}},
        truncation="auto",
        tools=[{"type": "web_search_preview", "search_context_size": "low"}],
        conversation="conv",
        prompt={"id": "p", "variables": {"a": 1}},
    )
    await client.gemini.generate_content(
        model="m",
        contents="x",
        config={"temperature": 0.2, "thinking_config": {"include_thoughts": True}},
        thinking_config=ThinkingConfig(thinking_budget=0),
        image_config={"aspectRatio": "1:1"},
        response_modalities=["TEXT", "IMAGE"],
        safety_settings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        tools={"google_search": {}},
        tool_config={"function_calling_config": {"mode": "ANY"}},
    )
    await client.gemini.embed_content(model="m", content="x", task_type="RETRIEVAL_QUERY")
    await client.gemini.batch_embed_contents(model="m", requests=["x", {"content": "y", "title": "t"}])
    await client.embeddings.create(model="m", input=["x"], encoding_format="base64")


class Cat(msgspec.Struct):
    name: str


class Dog(msgspec.Struct):
    name: str
    tricks: int


async def unions(client: AsyncGravitex) -> None:
    answer = await client.chat.completions.parse(model="m", messages=[], response_format=Cat | Dog)
    assert_type(answer, ParsedChatCompletion[Cat | Dog])
    assert_type(answer.choices[0].message.parsed, Cat | Dog)
    many = await client.chat.completions.parse(model="m", messages=[], response_format=list[Cat | Dog])
    assert_type(many.choices[0].message.parsed, list[Cat | Dog])
    response = await client.responses.parse(model="m", input="x", text_format=Cat | None)
    assert_type(response.output_parsed, Cat | None)
    stream = client.chat.completions.stream(model="m", messages=[], response_format=Cat | Dog)
    async for growing in stream.partial(Cat | Dog):
        assert_type(growing, Cat | Dog)
    native = await client.gemini.generate_content(model="m", contents="x", response_schema=Cat | Dog)
    assert_type(native.parsed(Cat | Dog), Cat | Dog)
    assert_type(output_type(Cat | Dog).decode("{}"), Cat | Dog)
    client.responses.stream(model="m", input="x", text_format=list[Cat])


async def printed(stream: Stream[object, object]) -> str:
    async for text in stream.text():
        print(text)
    return stream.content


async def stated(stream: Stream[ChatCompletionChunk, ChatCompletion]) -> str:
    return (await stream.final()).model or ""


async def covariant_streams(client: AsyncGravitex, events: ResponsesStream, native: GeminiStream) -> None:
    chat = client.chat.completions.stream(model="m", messages=[])
    own = client.chat.completions.stream(model="m", messages=[], chunk_type=MyChunk)
    assert_type(own, Stream[MyChunk, ChatCompletion])
    await printed(events)
    await printed(native)
    await stated(chat)
    await stated(own)  # a stream of a subclass


async def failures(client: AsyncGravitex) -> str | int | None:
    try:
        await client.chat.completions.create(model="m", messages=[{"role": "user"}])
    except APIStatusError as error:
        assert_type(error.status, int | None)
        assert_type(error.retry_after, float | None)
        return error.code
    except APIError as error:
        return error.message
    return None


def views(client: AsyncGravitex) -> None:
    assert_type(client.with_options(timeout=1), AsyncGravitex)
    assert_type(client.copy(max_retries=1), AsyncGravitex)
    assert_type(client.timeout, Timeout | float)
    assert_type(client.max_retries, int | RetryPolicy)
    fast = client.with_options(timeout=Timeout(deadline=5), max_retries=RetryPolicy(), auth="query")
    assert_type(fast, AsyncGravitex)
    assert_type(client.pool.statistics(), PoolStatistics)


async def other_endpoints(client: AsyncGravitex) -> None:
    assert_type(await client.post("/v1/rerank", {"query": "cats"}, timeout=3), PlainAnswer[Any])
    assert_type((await client.post("/v1/rerank", {}, type=Recipe)).data, Recipe)
    assert_type((await client.get("/v1/files", type=list[int], extra_query={"limit": "3"})).data, list[int])
    async with client.stream_events("/v1/messages", {"stream": True}) as events:
        async for event in events:
            assert_type(event, SSEEvent)
    async for recipe in client.stream_events("/v1/messages", {}, type=Recipe):
        assert_type(recipe, Recipe)


async def models(client: AsyncGravitex) -> None:
    assert_type(await client.models.list(), ModelList)
    async for model in client.models.list():
        assert_type(model, Model)
    for model in await client.models.list():
        assert_type(model, Model)
    assert_type((await client.embeddings.create(model="m", input="a")).usage.input_tokens, int | None)


def parsed(data: bytes) -> list[SSEEvent]:
    parser = SSEParser(strict=True, max_event_bytes=1000)
    return parser.feed(data) + parser.close()


async def gateways() -> AsyncIterator[RecordedRequest]:
    async with LocalGateway() as gateway:
        gateway.script("hello", reasoning="hm")
        gateway.play(Tape(b"data: [DONE]\n\n", every=3))
        gateway.fault("reset", after_events=2)
        assert_type(gateway.url, str)
        yield gateway.requests[-1]
