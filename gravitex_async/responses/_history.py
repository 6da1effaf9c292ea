"""What goes into the next request: messages, tools in their two forms, results of calls.

The documents' example of multimodal input has bare parts at the top level, which OpenAI and Azure refuse; and
they write functions nested as in chat, where OpenAI has them flat. Both go out as the caller wrote them;
these functions turn one form into the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._checks import expected, kind_of
from .._json import to_builtins
from .._results import result_text
from ..answers import Answer, turns
from ..deltas import ToolCall
from ..errors import MisuseError
from ..stream import Stream
from ._items import CustomToolCallItem, FunctionCallItem
from ._open import wire_form

__all__ = ["flat_tool", "nested_tool", "tool_result", "user_message", "wire_input"]

_FUNCTION = ("name", "description", "parameters", "strict")


def wire_input(input: Any) -> Any:
    """What goes out as ``input``: answers as their items, items of an answer as they came, all else as it is.

    Raises:
        MisuseError: An answer of another dialect, or a stream that has not ended.
    """
    if isinstance(input, (Answer, Stream)):
        input = [input]
    if isinstance(input, (str, bytes)) or not isinstance(input, Sequence):
        return input
    return [wire_form(item) for item in turns(input, "responses")]


def user_message(*parts: Any) -> dict[str, Any]:
    """Bare parts, or texts, as one message of the user: ``{"role": "user", "content": [...]}``."""
    content = [{"type": "input_text", "text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "content": content}


def flat_tool(tool: Any) -> dict[str, Any]:
    """A function tool in OpenAI's flat form, ``{"type": "function", "name": ...}``; others as they are.

    Raises:
        MisuseError: It says the same thing twice, inside and outside ``function``.
    """
    tree: dict[str, Any] = dict(to_builtins(tool))
    function = tree.pop("function", None)
    if function is None:
        return tree
    twice = sorted(tree.keys() & function.keys())
    if twice:
        raise MisuseError(f"the tool has {twice[0]!r} inside and outside 'function'")
    return {**tree, **function}


def nested_tool(tool: Any) -> dict[str, Any]:
    """A function tool in the documents' nested form, ``{"type": "function", "function": {...}}``."""
    tree: dict[str, Any] = dict(to_builtins(tool))
    if tree.get("type") != "function" or "function" in tree:
        return tree
    function = {name: tree.pop(name) for name in list(tree) if name in _FUNCTION}
    return {**tree, "function": function}


def tool_result(call: ToolCall | FunctionCallItem | CustomToolCallItem, result: object) -> dict[str, Any]:
    """The input item that answers a call.

    Args:
        call: The call, as in ``tool_calls`` of a stream or a response, or one of the items of
            ``response.output`` that are calls.
        result: What the tool gave: text as it is, anything else as JSON; an exception as readable text. A
            list of input parts (``input_text``, ``input_image``, ``input_file``) goes out as such.

    Raises:
        MisuseError: It is no call of this dialect.
    """
    id_, custom = _call(call)
    return {
        "type": "custom_tool_call_output" if custom else "function_call_output",
        "call_id": id_,
        "output": result if _is_parts(result) else result_text(result),
    }


def _call(call: ToolCall | FunctionCallItem | CustomToolCallItem) -> tuple[str, bool]:
    """The id to answer, and whether it is a custom tool's."""
    if isinstance(call, ToolCall):
        return call.id, call.extra.get("type") == "custom_tool_call"
    if isinstance(call, (FunctionCallItem, CustomToolCallItem)):
        return call.call_id, isinstance(call, CustomToolCallItem)
    wanted = "one of response.tool_calls, or a function_call or custom_tool_call of response.output"
    raise expected("call", wanted, kind_of(call))


def _is_parts(result: object) -> bool:
    return (
        isinstance(result, list)
        and bool(result)
        and all(isinstance(part, dict) and str(part.get("type")).startswith("input_") for part in result)
    )
