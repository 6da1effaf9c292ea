"""What a response says in the form all dialects share, and how it goes back."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from gravitex_async._json import dumps
from gravitex_async.deltas import ToolCall
from gravitex_async.responses import (
    FunctionCallItem,
    MessageItem,
    OutputTextPart,
    ReasoningItem,
    Response,
    ResponseUsage,
)
from gravitex_async.responses._decode import answers

REASONING = {
    "type": "reasoning",
    "id": "r",
    "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
    "content": [{"type": "reasoning_text", "text": "c"}],
}
MESSAGE = {"type": "message", "id": "m", "role": "assistant", "content": [
    {"type": "output_text", "text": "x", "annotations": []}, {"type": "refusal", "refusal": "no"},
    {"type": "output_text", "text": "y", "annotations": []}]}  # fmt: skip
CALL = {
    "type": "function_call",
    "id": "f",
    "call_id": "c",
    "name": "n",
    "arguments": "{}",
    "status": "completed",
}
CUSTOM = {"type": "custom_tool_call", "call_id": "d", "name": "n", "input": "ls"}


def response(*output: Any, **fields: Any) -> Response:
    return answers().decode(dumps({"id": "resp_1", "status": "completed", "output": output, **fields}))


def test_row_124_the_documents_response():
    """The response of the documents is read with its types."""
    found = response(MESSAGE, object="response", created_at=1768271369, model="gpt-5.2", usage={
        "input_tokens": 25, "output_tokens": 150, "total_tokens": 175,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 50},
    })  # fmt: skip
    assert (found.id, found.object, found.created_at) == ("resp_1", "response", 1768271369)
    assert (found.model, found.status) == ("gpt-5.2", "completed")
    assert isinstance(found.output[0], MessageItem)
    assert found.usage is not None
    usage = found.usage.neutral()
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (25, 150, 175)
    assert (usage.cached_tokens, usage.reasoning_tokens, usage.visible_tokens) == (0, 50, 100)


def test_row_125_text_by_index_and_by_name():
    """The text stands where the documents look for it, and under a name that needs no index."""
    found = response(MESSAGE)
    item = found.output[0]
    assert isinstance(item, MessageItem)
    part = item.content[0]
    assert isinstance(part, OutputTextPart)
    assert part.text == "x"
    assert found.output_text == "xy"
    assert response(REASONING, MESSAGE, CALL, MESSAGE).output_text == "xyxy"
    assert response().output_text == ""


def test_shared_views():
    """Reasoning, refusals and calls, wherever they stand."""
    found = response(REASONING, MESSAGE, CALL, CUSTOM, {"type": "mcp_call", "name": "m", "arguments": "{}"})
    assert found.reasoning_content == "a\n\nb\n\nc"
    assert found.refusal == "no"
    assert found.tool_calls == [
        ToolCall("c", "n", "{}", 0),
        ToolCall("d", "n", "ls", 1, {"type": "custom_tool_call"}),
    ]
    assert found.tool_calls[0].parsed() == {}


def test_side_fields_of_a_call():
    """A call's namespace and caller come with it; a call without a call id is known by its own."""
    (call,) = response({**CALL, "call_id": "", "namespace": "ns", "caller": {"type": "direct"}}).tool_calls
    assert (call.id, call.extra) == ("f", {"namespace": "ns", "caller": {"type": "direct"}})


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "completed"}, "completed"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete"}, "incomplete"),
        ({"status": "failed"}, "failed"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "in_progress"}, None),
        ({"status": "queued"}, None),
        ({"status": None}, None),
    ],
)
def test_finish_reason(fields, word):
    """The word for how it ended is the wire's; before the end there is none."""
    assert response(**fields).finish_reason == word


def test_usage_of_converted_models():
    """Converted models name their counts as chat does, and may leave out the total."""
    usage = ResponseUsage(prompt_tokens=3, completion_tokens=4)
    assert usage.neutral().total_tokens == 7
    assert not usage.is_zero()
    assert ResponseUsage(wire_input_tokens=0).is_zero()


def test_to_input_keeps_what_came():
    """Items go back in order and exactly as they came."""
    unknown = {"type": "new_call", "id": "n", "x": None}
    items = [{**REASONING, "encrypted_content": None, "new": 1}, {**MESSAGE, "phase": None}, CALL, unknown]
    assert response(*items).to_input() == items


def test_to_input_puts_reasoning_before_its_calls():
    """Reasoning that came behind its calls goes before them; reasoning inside an answer stays."""
    assert response(MESSAGE, CALL, CUSTOM, REASONING).to_input() == [REASONING, MESSAGE, CALL, CUSTOM]
    other = {**REASONING, "id": "r2"}
    assert response(REASONING, CALL, other).to_input() == [REASONING, other, CALL]
    for items in ([REASONING, CALL, other, MESSAGE], [MESSAGE, REASONING], [REASONING], []):
        assert response(*items).to_input() == items


def test_to_input_of_a_built_response():
    """A response that was put together goes back with all that the gateway wants, and no nulls."""
    built = Response(output=[ReasoningItem(id="r"), FunctionCallItem(call_id="c", name="n", arguments="{}")])
    assert built.to_input() == [
        {"type": "reasoning", "id": "r", "summary": []},
        {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
    ]


def test_what_is_returned_is_the_callers():
    """Changing what to_input gave changes no response."""
    found = response(CALL)
    found.to_input()[0].pop("id")
    assert found.to_input() == [CALL]


def test_pickling():
    """A response survives its way to another process, with what no struct knows."""
    found = response({**CALL, "new": 1}, MESSAGE)
    other = pickle.loads(pickle.dumps(found))
    assert other == found
    assert other.to_input() == found.to_input()
