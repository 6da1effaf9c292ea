"""Mistakes that type checkers must find: see ``test_typing``.

Each marked line has exactly the errors named in its comment.
"""

from __future__ import annotations

from collections.abc import Sequence

import gravitex_async
from gravitex_async import AsyncGravitex, Limits, Stream, Timeout, Usage, chat
from gravitex_async.chat import ChatCompletion, ChatCompletionChunk, MessageDict, UserMessage, tool_result
from gravitex_async.gemini import ContentDict, ThinkingConfig
from gravitex_async.responses import InputItemDict, Response, Tool
from gravitex_async.thinking import enable_thinking_for
from gravitex_async.tools import run_tools


def names() -> None:
    print(gravitex_async.AsyncGravitx)  # E: attr-defined
    print(chat.UserMesage)  # E: attr-defined


async def calls(client: AsyncGravitex) -> None:
    messages = [{"role": "user", "content": "x"}]
    await client.chat.completions.create(messages=messages)  # E: call-overload
    await client.chat.completions.create(model="m", messages=messages, temprature=1)  # E: call-overload
    await client.chat.completions.create(model="m", messages=messages, max_tokens="9")  # E: call-overload
    client.chat.completions.stream(model="m", messages=messages, chunk_type=int)  # E: type-var
    stream = client.chat.completions.create(model="m", messages=messages, stream=True)
    for chunk in stream:  # E: attr-defined
        print(chunk)
    async with stream as entered:
        entered.content = "x"  # E: misc
        async for text in entered.text():
            text.decode()  # E: attr-defined
    plain = client.chat.completions.create(model="m", messages=messages)
    async for piece in plain:  # E: attr-defined
        print(piece)


def add(a: int, b: int = 1) -> int:
    return a + b


async def tools(client: AsyncGravitex) -> None:
    run_tools(client.responses, model="m", input="a", tools=[add], tool_form="deep")  # E: call-overload
    told = run_tools(client.responses, model="m", input="a", tools=[add])
    async for event in told.events():
        if event.type == "text":
            print(event.name)  # E: attr-defined
        if event.type == "tool_cal":  # E: comparison-overlap (mypy alone)
            print(event)
    tool_result({"id": "call_1"}, 1)  # E: arg-type
    enable_thinking_for("m", "much")  # E: call-overload
    enable_thinking_for("m", dialect="native")  # E: call-overload


async def words(client: AsyncGravitex, any_text: str) -> None:
    create = client.chat.completions.stream
    create(model="m", messages=[], reasoning_effort="hihg")  # E: call-overload
    create(model="m", messages=[], reasoning_effort=any_text)  # E: call-overload
    create(model="m", messages=[], verbosity="loud")  # E: call-overload
    create(model="m", messages=[], service_tier="fats")  # E: call-overload
    create(model="m", messages=[], tool_choice="atuo")  # E: call-overload
    create(model="m", messages=[], modalities=["test"])  # E: list-item
    create(model="m", messages=[], prompt_cache_retention="25h")  # E: call-overload
    answer = client.responses.stream
    answer(model="m", input="x", truncation="atuo")  # E: arg-type
    answer(model="m", input="x", tool_choice="any")  # E: arg-type
    answer(model="m", input="x", include=["reasoning"])  # E: list-item
    native = client.gemini.generate_content
    await native(model="m", contents="x", response_modalities=["Text"])  # E: list-item
    await native(model="m", contents="x", media_resolution="LOW")  # E: arg-type
    await client.gemini.embed_content(model="m", content="x", task_type="QUERY")  # E: arg-type
    await client.embeddings.create(model="m", input="x", encoding_format="hex")  # E: arg-type


async def small_objects(client: AsyncGravitex) -> None:
    create = client.chat.completions.stream
    create(model="m", messages=[], thinking={"type": "enabeld"})  # E: call-overload
    create(model="m", messages=[], thinking={"tpye": "enabled"})  # E: call-overload
    create(model="m", messages=[], stream_options={"include_usages": True})  # E: call-overload
    create(model="m", messages=[], reasoning={"effort": "hihg"})  # E: call-overload
    create(model="m", messages=[], response_format={"type": "json"})  # E: call-overload
    create(model="m", messages=[], response_format="json_object")  # E: call-overload
    create(model="m", messages=[], search_parameters={"mode": "always"})  # E: call-overload
    create(model="m", messages=[], web_search_options={"search_context_size": "big"})  # E: call-overload
    create(model="m", messages=[], tool_choice={"type": "function", "name": "f"})  # E: call-overload
    create(model="m", messages=[], audio={"voice": "alloy"})  # E: call-overload
    answer = client.responses.stream
    answer(model="m", input="x", reasoning={"effort": "hihg"})  # E: arg-type
    answer(model="m", input="x", reasoning={"sumary": "auto"})  # E: arg-type
    answer(model="m", input="x", text={"format": {"type": "json_schema"}})  # E: arg-type
    answer(model="m", input="x", text_format={"type": "json_object"})  # E: arg-type
    ThinkingConfig(budget=1)  # E: call-arg


def f() -> None:
    """A function is no definition of a tool."""


async def conversations(client: AsyncGravitex) -> None:
    client.chat.completions.stream(model="m", messages="hello")  # E: arg-type
    client.chat.completions.stream(model="m", messages={"role": "user"})  # E: call-overload
    client.chat.completions.stream(model="m", messages=[1])  # E: arg-type
    client.chat.completions.stream(model="m", messages=["hello"])  # E: arg-type
    client.chat.completions.stream(model="m", messages=None)  # E: call-overload
    client.chat.completions.stream(model="m", messages=[], tools=[f])  # E: arg-type
    client.chat.completions.stream(model="m", messages=[], tools=["f"])  # E: arg-type
    client.responses.stream(model="m", input=5)  # E: arg-type
    client.responses.stream(model="m", input=[5])  # E: arg-type
    client.responses.stream(model="m", input="x", tools=[f])  # E: arg-type
    await client.gemini.generate_content(model="m", contents=5)  # E: arg-type
    await client.gemini.generate_content(model="m", contents="x", tools=[f])  # E: arg-type
    question: UserMessage = {"role": "usr", "content": "x"}  # E: typeddict-item
    unsaid: UserMessage = {"role": "user"}  # E: typeddict-item
    closed: list[MessageDict] = [{"role": "user", "contnet": "x"}]  # E: list-item
    tool: MessageDict = {"role": "tool", "content": "x"}  # E: assignment, misc
    item: InputItemDict = {"type": "input_txt", "text": "x"}  # E: assignment, misc
    turn: ContentDict = {"role": "assistant", "parts": []}  # E: typeddict-item
    print(question, unsaid, closed, tool, item, turn)


def streams(stream: Stream[ChatCompletionChunk, ChatCompletion]) -> None:
    wrong: Stream[ChatCompletionChunk, Response] = stream  # E: assignment
    tools: Sequence[Tool] = [f]  # E: list-item
    print(wrong, tools)


async def parsed(client: AsyncGravitex) -> None:
    parse = client.chat.completions.parse
    await parse(model="m", messages=[], response_format=5)  # E: arg-type
    await parse(model="m", messages=[], response_format={"type": "text"})  # E: arg-type
    answer = await client.responses.parse(model="m", input="x", text_format=int | str)
    answer.output_parsed.decode()  # E: union-attr


def settings(client: AsyncGravitex) -> None:
    AsyncGravitex(auth="basic")  # E: arg-type
    AsyncGravitex(timeout="10")  # E: arg-type
    AsyncGravitex(retries=3)  # E: arg-type
    Timeout(read=10)  # E: call-arg
    Timeout(5)  # E: call-arg
    Limits(max_connections="many")  # E: arg-type
    Usage().input_tokens = 3  # E: misc
    client.with_options(timeout="10")  # E: arg-type
    client.with_options(auth="basic")  # E: arg-type
    client.with_options(max_retries=None)  # E: arg-type
    client.with_options(tiemout=1)  # E: call-arg
    client.with_options(limits=Limits())  # E: call-arg
