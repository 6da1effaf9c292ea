"""``tool_result`` of each dialect takes the wire's calls and the neutral ones alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError, ToolCall, chat, gemini, responses
from gravitex_async.chat import CustomCall, MessageToolCall
from gravitex_async.gemini import Part
from gravitex_async.responses import CustomToolCallItem, FunctionCallItem
from gravitex_async.testing import Call, LocalGateway

ASK: Any = {"model": "m", "messages": [{"role": "user", "content": "?"}]}


async def test_chat(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A plain answer's own calls are answered as the stream's are; custom ones and the old form too."""
    gateway.script(tool_calls=[Call("f", {"x": 1}, "c1")], times=2)
    message = (await client.chat.completions.create(**ASK)).choices[0].message
    stream = client.chat.completions.stream(**ASK)
    await stream.final()
    assert message.tool_calls is not None
    answer = chat.tool_result(message.tool_calls[0], {"y": 2})
    assert answer == chat.tool_result(stream.tool_calls[0], {"y": 2})
    assert answer == {"role": "tool", "tool_call_id": "c1", "name": "f", "content": '{"y":2}'}
    custom = MessageToolCall(id="c2", type="custom", custom=CustomCall(name="sql", input="select 1"))
    assert chat.tool_result(custom, "1") == {
        "role": "tool", "tool_call_id": "c2", "name": "sql", "content": "1",
    }  # fmt: skip
    assert chat.tool_result(chat.FunctionCall("f", "{}"), KeyError("x")) == {
        "role": "function", "name": "f", "content": "Error: KeyError: 'x'",
    }  # fmt: skip


async def test_responses(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Items of the output are answered by their ``call_id``, which is not their ``id``."""
    gateway.script(tool_calls=[Call("f", {"x": 1}, "c1")])
    response = await client.responses.create(model="m", input="?")
    item = next(item for item in response.output if isinstance(item, FunctionCallItem))
    assert item.id != item.call_id
    answer = responses.tool_result(item, 3)
    assert answer == responses.tool_result(response.tool_calls[0], 3)
    assert answer == {"type": "function_call_output", "call_id": "c1", "output": "3"}
    custom = CustomToolCallItem(id="i", call_id="c2", name="sql", input="select 1")
    assert responses.tool_result(custom, "1") == {
        "type": "custom_tool_call_output", "call_id": "c2", "output": "1",
    }  # fmt: skip


async def test_gemini(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The call, and the part that holds it."""
    gateway.script(tool_calls=[Call("f", {"x": 1}, "c1")], times=2)
    stream = client.gemini.generate_content_stream(model="m", contents="?")
    await stream.final()
    content = (await client.gemini.generate_content(model="m", contents="?")).candidates[0].content
    assert content is not None
    part = content.parts[-1]
    assert part.function_call is not None
    answer = gemini.tool_result(part, 3)
    assert answer == gemini.tool_result(part.function_call, 3) == gemini.tool_result(stream.tool_calls[0], 3)
    assert answer["functionResponse"]["response"] == {"result": 3}


MISTAKES: list[tuple[Callable[..., Any], Any, str]] = [
    (chat.tool_result, {"id": "c1"}, r"one of answer\.tool_calls, .*message\.tool_calls.*got dict"),
    (chat.tool_result, [ToolCall("c1", "f", "{}")], "got list"),
    (chat.tool_result, FunctionCallItem(call_id="c1"), "got .*FunctionCallItem"),
    (chat.tool_result, None, "got None"),
    (responses.tool_result, "c1", r"response\.tool_calls.*custom_tool_call of response\.output, got str"),
    (responses.tool_result, MessageToolCall(id="c1"), "got .*MessageToolCall"),
    (gemini.tool_result, Part(text="a"), r"answer\.function_calls, or its part, got a part without"),
    (gemini.tool_result, chat.FunctionCall("f"), "got .*FunctionCall"),
]


@pytest.mark.parametrize(("function", "call", "complaint"), MISTAKES)
def test_what_is_no_call(function: Callable[..., Any], call: Any, complaint: str) -> None:
    """The message says what can be given, and what was."""
    with pytest.raises(MisuseError, match=f"expected call as .*{complaint}"):
        function(call, "x")
