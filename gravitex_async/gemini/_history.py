"""What a function gave, as a part of the next request."""

from __future__ import annotations

from typing import Any

from .._results import result_object
from ..deltas import ToolCall
from ._parts import FunctionCall

__all__ = ["tool_result"]


def tool_result(call: ToolCall | FunctionCall, result: object) -> dict[str, Any]:
    """The part that answers a call: one for each call, in the order of the calls.

    Args:
        call: The call, as in ``stream.tool_calls`` or ``answer.function_calls``.
        result: What the function gave: an object as it is, anything else as ``{"result": ...}``; an exception
            as ``{"error": ...}`` in readable text.
    """
    named = {"id": call.id} if call.id else {}
    return {"functionResponse": {**named, "name": call.name, "response": result_object(result)}}
