"""Python functions as tools, and the loop that lets a model use them, the same in all three dialects.

_docstrings  what a docstring says of parameters
_function    function -> schema; JSON -> call
_dialects    tools, calls and results as each dialect has them
_calls       the calls of one round
_events      what happens, as events
_told        how far that was told
_rounds      the loop
_views       what it is read through
_run         what a caller sees of it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from .._arguments import given_only, is_given
from .._checks import check_seconds, expected, is_number, shown
from ..errors import MisuseError
from ._dialects import ToolForm, dialect_of
from ._events import (
    RefusalEvent,
    RoundBegun,
    RoundEnded,
    RunEnded,
    RunEvent,
    TextEvent,
    ThinkingEvent,
    ToolArguments,
    ToolCallBegun,
    ToolResult,
)
from ._function import Function, Tool
from ._rounds import Rounds
from ._run import ToolRun

if TYPE_CHECKING:
    from ..chat import Chat, ChatCompletion, Completions
    from ..client import AsyncGravitex
    from ..gemini import Gemini, GenerateContentResponse
    from ..responses import Response, Responses

__all__ = [
    "Function",
    "RefusalEvent",
    "RoundBegun",
    "RoundEnded",
    "RunEnded",
    "RunEvent",
    "TextEvent",
    "ThinkingEvent",
    "Tool",
    "ToolArguments",
    "ToolCallBegun",
    "ToolForm",
    "ToolResult",
    "ToolRun",
    "run_tools",
]


@overload
def run_tools(
    resource: Completions | Chat | AsyncGravitex,
    *,
    model: str,
    tools: Sequence[Function | Tool | object],
    input: str | Sequence[object] | None = None,
    max_rounds: int = 10,
    tool_timeout: float | None = 60.0,
    tool_form: Literal["flat"] = "flat",
    **params: object,
) -> ToolRun[ChatCompletion]: ...
@overload
def run_tools(
    resource: Responses,
    *,
    model: str,
    tools: Sequence[Function | Tool | object],
    input: str | Sequence[object] | None = None,
    max_rounds: int = 10,
    tool_timeout: float | None = 60.0,
    tool_form: ToolForm = "flat",
    **params: object,
) -> ToolRun[Response]: ...
@overload
def run_tools(
    resource: Gemini,
    *,
    model: str,
    tools: Sequence[Function | Tool | object],
    input: str | Sequence[object] | None = None,
    max_rounds: int = 10,
    tool_timeout: float | None = 60.0,
    tool_form: Literal["flat"] = "flat",
    **params: object,
) -> ToolRun[GenerateContentResponse]: ...
@overload
def run_tools(
    resource: object,
    *,
    model: str,
    tools: Sequence[Function | Tool | object],
    input: str | Sequence[object] | None = None,
    max_rounds: int = 10,
    tool_timeout: float | None = 60.0,
    tool_form: ToolForm = "flat",
    **params: object,
) -> ToolRun[Any]: ...
def run_tools(
    resource: object,
    *,
    model: str,
    tools: Sequence[Function | Tool | object],
    input: str | Sequence[object] | None = None,
    max_rounds: int = 10,
    tool_timeout: float | None = 60.0,
    tool_form: ToolForm = "flat",
    **params: object,
) -> ToolRun[Any]:
    """Lets a model call Python functions until it answers. Nothing is sent before the run is read.

    Calls of one round run concurrently. If a tool fails, runs late, does not exist or gets bad arguments, the
    model reads what went wrong. What forces a call (``tool_choice``, ``mode: ANY``) holds in the first round.

    >>> from gravitex_async import AsyncGravitex, run_tools
    >>> async def get_weather(city: str) -> str:
    ...     "The weather of a city now."
    ...     return "sunny"
    >>> async with AsyncGravitex() as client:
    ...     question = "What is the weather in Oslo?"
    ...     run = run_tools(client.responses, model="gpt-5.2", input=question, tools=[get_weather])
    ...     async for delta in run:
    ...         print(delta.content, end="")
    The tool says: sunny

    Args:
        resource: ``client.chat.completions``, ``client.responses`` or ``client.gemini``; a client stands for
            its chat completions.
        model: The model's name.
        tools: Functions (their schemas come from signatures and docstrings), ``Tool`` objects, and
            definitions in the dialect's form: the server's own tools, and functions that the caller answers
            (a call of one ends the run).
        input: A text, or the conversation in the dialect's form; also under the dialect's own name,
            ``messages`` or ``contents``.
        max_rounds: How many requests the run may make.
        tool_timeout: Seconds one call of a tool may take; None for no limit.
        tool_form: How Responses is told of functions: "flat", as OpenAI has them, or "nested", as in chat
            and in Gravitex's documents. Definitions that are given go out as they are written.
        params: What ``stream`` of the resource takes beside these.

    Raises:
        MisuseError: No input, two tools of one name, a function that no schema can be made for, or a form of
            tools that the dialect does not have.
    """
    dialect = dialect_of(resource, tool_form)
    params = given_only(params)
    given = [value for value in (input, params.pop(dialect.key, None)) if is_given(value)]
    if len(given) != 1:
        raise MisuseError(f"expected either input or {dialect.key}, got {'both' if given else 'neither'}")
    if not is_number(max_rounds, whole=True):
        raise expected("max_rounds", "a whole number from 1", shown(max_rounds))
    check_seconds("tool_timeout", tool_timeout)
    conversation: Any = given[0]
    own = [Tool(tool) if callable(tool) else tool for tool in tools]
    rounds: Rounds[Any] = Rounds(
        dialect,
        [dialect.said(conversation)] if isinstance(conversation, str) else conversation,
        _by_name([tool for tool in own if isinstance(tool, Tool)]),
        [tool for tool in own if not isinstance(tool, Tool)],
        {"model": model, **params},
        max_rounds=max_rounds,
        tool_timeout=tool_timeout,
    )
    return ToolRun(rounds)


def _by_name(tools: Sequence[Tool]) -> dict[str, Tool]:
    named = {tool.name: tool for tool in tools}
    if len(named) < len(tools):
        raise MisuseError(f"expected tools of different names, got {[tool.name for tool in tools]}")
    return named
