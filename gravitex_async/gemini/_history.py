"""What a function gave, as a part of the next request."""

from __future__ import annotations

from typing import Any

from .._checks import expected, kind_of
from .._results import result_object
from ..deltas import ToolCall
from ._parts import FunctionCall, Part

__all__ = ["tool_result"]


def tool_result(call: ToolCall | FunctionCall | Part, result: object) -> dict[str, Any]:
    """The part that answers a call: one for each call, in the order of the calls.

    Args:
        call: The call, as in ``tool_calls`` of a stream or an answer, or as the wire has it: one of
            ``answer.function_calls``, or the part that holds one.
        result: What the function gave: an object as it is, anything else as ``{"result": ...}``; an exception
            as ``{"error": ...}`` in readable text.

    Raises:
        MisuseError: It is no call of this dialect.
    """
    found = call.function_call if isinstance(call, Part) else call
    if not isinstance(found, (ToolCall, FunctionCall)):
        got = "a part without a function_call" if isinstance(call, Part) else kind_of(call)
        raise expected("call", "one of answer.tool_calls or answer.function_calls, or its part", got)
    named = {"id": found.id} if found.id else {}
    return {"functionResponse": {**named, "name": found.name, "response": result_object(result)}}
