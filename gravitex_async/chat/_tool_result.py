"""What a tool gave, as the message that answers its call, whichever form the call is in."""

from __future__ import annotations

from typing import Any

from .._checks import expected, kind_of
from .._results import result_text
from ..deltas import ToolCall
from ._content import FunctionCall, MessageToolCall
from ._structs import whole_call

__all__ = ["tool_result"]


def tool_result(call: ToolCall | MessageToolCall | FunctionCall, result: object) -> dict[str, Any]:
    """The message that answers a tool call.

    Args:
        call: The call, as in ``tool_calls`` of a stream or an answer, or as the wire has it: one of
            ``message.tool_calls``, custom ones too, or the old ``message.function_call``.
        result: What the tool gave: text as it is, anything else as JSON; an exception as readable text.

    Raises:
        MisuseError: It is no call of this dialect.
    """
    neutral = _neutral(call)
    content = result_text(result)
    if neutral.extra.get("type") == "function_call":
        return {"role": "function", "name": neutral.name, "content": content}
    return {"role": "tool", "tool_call_id": neutral.id, "name": neutral.name, "content": content}


def _neutral(call: ToolCall | MessageToolCall | FunctionCall) -> ToolCall:
    if isinstance(call, ToolCall):
        return call
    if isinstance(call, MessageToolCall):
        return whole_call(call, 0)
    if isinstance(call, FunctionCall):
        return ToolCall("", call.name, call.arguments, extra={"type": "function_call"})
    wanted = "one of answer.tool_calls, one of message.tool_calls, or message.function_call"
    raise expected("call", wanted, kind_of(call))
