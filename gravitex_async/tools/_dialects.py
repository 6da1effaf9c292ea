"""How each dialect writes tools, calls and results: what differs between the loops of the three.

See "Tool calls" in decoding/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from .._checks import expected, shown
from .._json import to_builtins
from ..deltas import ToolCall
from ..errors import MisuseError
from ._function import Tool

if TYPE_CHECKING:
    from ..stream import Stream

__all__ = ["Dialect", "Results", "ToolForm", "dialect_of"]

ToolForm = Literal["flat", "nested"]
"""How Responses is told of functions: as OpenAI has them, or as in chat and in the gateway's documents."""

Results = Sequence[tuple[ToolCall, Any]]
"""Calls with what their tools gave, in the order of the calls."""


class Dialect(NamedTuple):
    """One dialect, for the loop."""

    key: str
    """The parameter that holds the conversation."""
    open: Callable[..., Stream[Any, Any]]
    """Begins a round."""
    said: Callable[[str], dict[str, Any]]
    """A text of the user as a turn."""
    tools: Callable[[Iterable[Tool]], list[dict[str, Any]]]
    """Definitions of functions."""
    results: Callable[[Results], list[dict[str, Any]]]
    """What follows the turn that called."""
    unforced: Callable[[dict[str, Any]], dict[str, Any]]
    """The parameters without what forces a call: a second round under it would never end."""


def dialect_of(resource: Any, tool_form: str = "flat") -> Dialect:
    """The dialect of ``client.chat.completions``, ``client.responses`` or ``client.gemini``.

    A client, and ``client.chat``, stand for chat completions.

    Raises:
        MisuseError: It is none of these, or has no such form of tools.
    """
    home = type(resource).__module__.rpartition("gravitex_async.")[2].partition(".")[0]
    if tool_form not in get_args(ToolForm):
        raise expected("tool_form", "'flat' or 'nested'", shown(tool_form))
    if tool_form != "flat" and home != "responses":
        raise MisuseError(f"tool_form={tool_form!r} is for client.responses: chat and Gemini have one form")
    if home == "client":
        return dialect_of(resource.chat)
    if home == "chat":
        return _chat(getattr(resource, "completions", resource))
    if home == "responses":
        return _responses(resource, tool_form)
    if home == "gemini":
        return _gemini(resource)
    raise MisuseError(
        f"expected client.chat.completions, client.responses or client.gemini, got {type(resource).__name__}"
    )


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _function(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "parameters": tool.json_schema}


def _auto_choice(params: dict[str, Any]) -> dict[str, Any]:
    if params.get("tool_choice") in (None, "auto", "none"):
        return params
    return {name: value for name, value in params.items() if name != "tool_choice"}


# chat


def _chat(resource: Any) -> Dialect:
    from ..chat import tool_result

    def results(given: Results) -> list[dict[str, Any]]:
        return [tool_result(call, result) for call, result in given]

    return Dialect("messages", resource.stream, _user, _chat_tools, results, _auto_choice)


def _chat_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    return [{"type": "function", "function": _function(tool)} for tool in tools]


# responses


def _responses(resource: Any, form: str) -> Dialect:
    from ..responses import nested_tool, tool_result

    def tools(given: Iterable[Tool]) -> list[dict[str, Any]]:
        flat = _flat_tools(given)
        return flat if form == "flat" else [nested_tool(tool) for tool in flat]

    def results(given: Results) -> list[dict[str, Any]]:
        return [tool_result(call, result) for call, result in given]

    return Dialect("input", resource.stream, _user, tools, results, _auto_choice)


def _flat_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    # Strict is this endpoint's default, and would refuse parameters that may be absent.
    return [{"type": "function", **_function(tool), "strict": False} for tool in tools]


# gemini


def _gemini(resource: Any) -> Dialect:
    from ..gemini import tool_result

    def results(given: Results) -> list[dict[str, Any]]:
        return [{"role": "user", "parts": [tool_result(call, result) for call, result in given]}]

    return Dialect("contents", resource.generate_content_stream, _part, _declared, results, _auto_mode)


def _part(text: str) -> dict[str, Any]:
    return {"role": "user", "parts": [{"text": text}]}


def _declared(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    found = [_declaration(tool) for tool in tools]
    return [{"functionDeclarations": found}] if found else []


def _declaration(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    declared = {"name": tool.name, **described}
    if not tool.json_schema["properties"]:
        return declared
    schema = tool.gemini_schema
    form = {"parametersJsonSchema": tool.json_schema} if schema is None else {"parameters": schema}
    return {**declared, **form}


def _auto_mode(params: dict[str, Any]) -> dict[str, Any]:
    config = params.get("tool_config")
    if config is None:
        return params
    tree: Mapping[str, Any] = to_builtins(config)
    names = ("function_calling_config", "functionCallingConfig")
    modes = {str((tree.get(name) or {}).get("mode") or "").upper() for name in names}
    if "ANY" not in modes:
        return params
    return {
        **params,
        "tool_config": {name: value for name, value in tree.items() if name not in names} or None,
    }
