"""The calls of one round: concurrent, each under its time limit.

A failure is a result like any other: an exception, whose text goes to the model. Only cancellation, and what
is no ``Exception`` (``KeyboardInterrupt``), is raised, after all calls were cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

from .._json import to_builtins
from ..deltas import ToolCall
from ._function import Tool

__all__ = ["run_calls"]

# How long cancelled tools may take to clean up before nobody waits for them any more.
GRACE: Final = 5.0

_log = logging.getLogger("gravitex_async")


async def run_calls(tools: Mapping[str, Tool], calls: Sequence[ToolCall], limit: float | None) -> list[Any]:
    """What each call gives, in their order; *limit* applies to tools without one of their own."""
    tasks = [asyncio.ensure_future(_answer(tools, call, limit)) for call in calls]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        await _cancelled(tasks)
        raise


async def _answer(tools: Mapping[str, Tool], call: ToolCall, limit: float | None) -> Any:
    """What a call gives, in plain values; a failure is given as an exception, for the model to read."""
    tool = tools.get(call.name)
    if tool is None:
        return LookupError(f"there is no tool {call.name!r}; the tools are: {', '.join(tools)}")
    try:
        arguments = tool.read(call.arguments)
    except ValueError as error:
        return error
    own_limit = limit if tool.timeout is None else tool.timeout
    result = await _within(own_limit, tool.call(arguments), tool.name)
    try:
        return result if isinstance(result, (str, Exception)) else to_builtins(result)
    except (TypeError, NotImplementedError) as error:
        return TypeError(f"the result of {tool.name} has no JSON form: {error}")


async def _within(limit: float | None, call: Coroutine[Any, Any, Any], name: str) -> Any:
    """The result of a call, or the exception it ended with. One that runs late is cancelled, not awaited."""
    task = asyncio.ensure_future(call)
    try:
        await asyncio.wait({task}, timeout=limit)
    except BaseException:
        await _cancelled([task])
        raise
    if not task.done():
        # Not awaited: a tool that ignores its cancellation must not hold up the run.
        task.cancel()
        task.add_done_callback(_looked_at)
        return TimeoutError(f"{name} did not finish within {limit:g} s")
    if task.cancelled():
        return RuntimeError(f"{name} was cancelled")
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    _log.warning("tool %s failed", name, exc_info=error)
    return error


async def _cancelled(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels tasks and gives them time to clean up."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(_looked_at)
    await asyncio.wait(tasks, timeout=GRACE)


def _looked_at(task: asyncio.Future[Any]) -> None:
    """Retrieves the error of a task that nobody waits for, so that asyncio does not report it as lost."""
    if not task.cancelled():
        task.exception()
