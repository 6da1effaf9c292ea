"""Tools in their two forms, messages of bare parts, results of calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.deltas import ToolCall
from gravitex_async.errors import MisuseError
from gravitex_async.responses import flat_tool, nested_tool, tool_result, user_message

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
