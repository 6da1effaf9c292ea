"""Mistakes that mypy must find: each marked line has exactly the error named in its comment."""

from __future__ import annotations

from gravitex_async import AsyncGravitex, Limits, Timeout, Usage
from gravitex_async.chat import tool_result
from gravitex_async.thinking import enable_thinking_for
from gravitex_async.tools import run_tools


async def calls(client: AsyncGravitex) -> None:
    messages = [{"role": "user", "content": "x"}]
    await client.chat.completions.create(messages=messages)  # E: call-overload
    await client.chat.completions.create(model="m", messages=messages, temprature=1)  # E: call-overload
    await client.chat.completions.create(model="m", messages=messages, max_tokens="9")  # E: call-overload
    await client.chat.completions.create(model="m", messages=messages, verbosity="loud")  # E: call-overload
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
        if event.type == "tool_cal":  # E: comparison-overlap
            print(event)
    tool_result({"id": "call_1"}, 1)  # E: arg-type
    enable_thinking_for("m", "much")  # E: call-overload
    enable_thinking_for("m", dialect="native")  # E: call-overload


def settings(client: AsyncGravitex) -> None:
    AsyncGravitex(auth="basic")  # E: arg-type
    AsyncGravitex(timeout="10")  # E: arg-type
    AsyncGravitex(retries=3)  # E: arg-type
    Timeout(read=10)  # E: call-arg
    Timeout(5)  # E: call-arg
    Limits(max_connections="many")  # E: arg-type
    Usage().input_tokens = 3  # E: misc
    client.with_options(timeout="10")  # E: arg-type
    client.with_options(tiemout=1)  # E: call-arg
    client.with_options(limits=Limits())  # E: call-arg
