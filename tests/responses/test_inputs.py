"""Tools in their two forms, messages of bare parts, results of calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async import AsyncGravitex
from gravitex_async.deltas import ToolCall
from gravitex_async.errors import MisuseError
from gravitex_async.responses import flat_tool, nested_tool, tool_result, user_message
from gravitex_async.testing import Call, LocalGateway

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
FLAT = {"type": "function", "name": "f", "description": "d", "parameters": PARAMETERS, "strict": True}
NESTED = {"type": "function", "function": {k: v for k, v in FLAT.items() if k != "type"}}


def test_one_form_becomes_the_other():
    """The two forms of a function say the same, and nothing is lost on the way there and back."""
    assert nested_tool(FLAT) == NESTED
    assert flat_tool(NESTED) == FLAT
    assert flat_tool(nested_tool(FLAT)) == FLAT
    assert nested_tool(flat_tool(NESTED)) == NESTED
    assert (flat_tool(FLAT), nested_tool(NESTED)) == (FLAT, NESTED)


@pytest.mark.parametrize("extra", [{"cache_control": {"type": "ephemeral"}}, {"defer_loading": True}])
def test_other_fields_are_kept(extra):
    """Fields that are not a function's own stay where they are, at the top."""
    assert nested_tool({**FLAT, **extra}) == {**NESTED, **extra}
    assert flat_tool({**NESTED, **extra}) == {**FLAT, **extra}
    inside = {"type": "function", "function": {**NESTED["function"], "new": 1}}
    assert flat_tool(inside) == {**FLAT, "new": 1}


def test_saying_it_twice_is_refused():
    """A tool that says the same thing in two places cannot become one."""
    with pytest.raises(MisuseError, match="'name'"):
        flat_tool({**NESTED, "name": "g"})


@pytest.mark.parametrize("tool", [{"type": "web_search_preview", "search_context_size": "high"},
                                  {"type": "custom", "name": "shell"}, {"type": "file_search"}])  # fmt: skip
def test_hosted_tools_have_one_form(tool):
    """Other tools are what they are."""
    assert flat_tool(tool) == nested_tool(tool) == tool


def test_arguments_are_not_touched():
    """The caller's own tool is left alone, and may be a struct."""
    before = msgspec.json.encode(FLAT)
    nested_tool(FLAT)
    assert msgspec.json.encode(FLAT) == before

    class Tool(msgspec.Struct):
        name: str
        type: str = "function"

    assert nested_tool(Tool("f")) == {"type": "function", "function": {"name": "f"}}


def test_bare_parts_become_a_message():
    """Parts, or texts, in one message of the user, in order."""
    image = {"type": "input_image", "image_url": "https://example.com/image.jpg"}
    assert user_message("What is this?", image) == {
        "role": "user",
        "content": [{"type": "input_text", "text": "What is this?"}, image],
    }


@pytest.mark.parametrize(
    ("result", "output"),
    [
        ("sunny", "sunny"),
        ({"t": 5}, '{"t":5}'),
        ([1, 2], "[1,2]"),
        ([], "[]"),
        (None, "null"),
        (ValueError("no such city"), "Error: ValueError: no such city"),
        ([{"type": "input_text", "text": "x"}], [{"type": "input_text", "text": "x"}]),
    ],
)
def test_result_of_a_call(result: Any, output: Any):
    """A result is text, JSON, readable words of a failure, or parts; it is told by the call's id."""
    call = ToolCall("call_1", "f", "{}")
    item = {"type": "function_call_output", "call_id": "call_1", "output": output}
    assert tool_result(call, result) == item
    custom = ToolCall("call_1", "f", "x", extra={"type": "custom_tool_call"})
    assert tool_result(custom, result) == {**item, "type": "custom_tool_call_output"}


TOOL = {"type": "function", "name": "f", "parameters": {}}
ASK: dict[str, Any] = {"model": "gpt-5.2", "input": "Hello"}


@pytest.mark.parametrize("way", ["plain", "final", "stream", "parsed"])
async def test_an_answer_is_its_turn(gateway: LocalGateway, client: AsyncGravitex, way: str) -> None:
    """An answer, or a stream that has ended, goes into ``input`` as it is, alone or among messages."""
    gateway.script(text="[1]", tool_calls=[Call("f", "{}", "call_1")])
    answer: Any
    if way == "plain":
        answer = await client.responses.create(**ASK, tools=[TOOL])
    elif way == "parsed":
        answer = await client.responses.parse(**ASK, tools=[TOOL], text_format=list[int])
    else:
        answer = client.responses.stream(**ASK, tools=[TOOL])
        whole = await answer.final()
        answer = whole if way == "final" else answer
    turn = answer.to_input()
    assert [item["type"] for item in turn] == ["message", "function_call"]
    result = tool_result(answer.tool_calls[0], 1)
    for given, sent in (
        (answer, turn),
        ([user_message("Hello"), answer, result], [user_message("Hello"), *turn, result]),
        ([*answer.output, result] if way == "plain" else [*turn, result], [*turn, result]),
    ):
        await client.responses.create(model="gpt-5.2", input=given)
        body: Any = gateway.requests[-1].json
        assert body["input"] == sent


async def test_answers_that_are_no_turn(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Those of another dialect, and streams that are not over: nothing is sent, and it is said what to do."""
    chat = client.chat.completions.stream(model="gpt-5.2", messages=[{"role": "user", "content": "Hi"}])
    await chat.final()
    stream = await client.responses.stream(**ASK)
    before = len(gateway.requests)
    for given, words in (
        (chat, "ChatStream"),
        ([user_message("Hi"), chat], "ChatStream"),
        (stream, "await stream.final"),
        ([stream], "await stream.final"),
    ):
        with pytest.raises(MisuseError, match=words):
            await client.responses.create(model="gpt-5.2", input=given)
    assert len(gateway.requests) == before
    await stream.final()
