"""The calls of one round: concurrent, each under its time limit, in tasks of their own.

Strategy
    A reader waits for results and for nothing else, so a cancelled wait changes nothing: the tools run on,
    and the next read takes what they gave. What ends them is ``stop``, and dropping the calls.

    A failure is a result like any other: an exception, whose text goes to the model. Only what is no
    ``Exception`` (``KeyboardInterrupt``) is raised, after the other calls were cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

from .._json import to_builtins
from ..deltas import ToolCall
from ._function import Tool

__all__ = ["Calls"]

# How long cancelled tools may take to clean up before nobody waits for them any more.
GRACE: Final = 5.0

_log = logging.getLogger("gravitex_async")


class Calls:
    """The calls of one round, under way. One reader at a time; ``stop`` may be called from any thread.

    The tasks do not refer to it: when it is dropped, what still runs is cancelled.
    """

    __slots__ = ("_board", "_calls", "_loop", "_tasks")

    def __init__(self, tools: Mapping[str, Tool], calls: Sequence[ToolCall], limit: float | None) -> None:
        self._calls = calls
        self._board = _Board()
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.ensure_future(_answer(tools, call, limit)) for call in calls]
        for number, task in enumerate(self._tasks):
            task.add_done_callback(functools.partial(self._board.finished, number))

    def __len__(self) -> int:
        return len(self._calls)

    def __del__(self) -> None:
        self.stop()

    async def more_than(self, count: int) -> bool:
        """Waits until more than *count* have finished; False when they were stopped."""
        board = self._board
        while len(board.order) <= count and not board.stopped and board.failure is None:
            # The wait may be cancelled right here: what finishes meanwhile stands on the board.
            board.news.clear()
            await board.news.wait()
        if board.failure is not None:
            await self._cancelled()
            raise board.failure
        return not board.stopped

    async def all(self) -> bool:
        """Waits for all of them; False when they were stopped."""
        return await self.more_than(len(self) - 1)

    def finished(self, number: int) -> tuple[ToolCall, Any]:
        """The call that was the *number*-th to finish, from 0, and what it gave."""
        place = self._board.order[number]
        return self._calls[place], self._tasks[place].result()

    def results(self) -> list[tuple[ToolCall, Any]]:
        """All calls, in their own order, with what they gave; for when all have finished."""
        return [(call, task.result()) for call, task in zip(self._calls, self._tasks, strict=True)]

    def stop(self) -> None:
        """Cancels what still runs, and lets go of who waits. Idempotent."""
        board = self._board
        if board.stopped:
            return
        board.stopped = True
        if _running_loop() is self._loop:
            _end(self._tasks, board)
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nothing runs any more
                self._loop.call_soon_threadsafe(_end, self._tasks, board)

    async def left(self) -> None:
        """Stops, and gives the tools time to clean up."""
        self.stop()
        if _running_loop() is self._loop:
            await self._cancelled()

    async def _cancelled(self) -> None:
        _end(self._tasks, self._board)
        await asyncio.wait(self._tasks, timeout=GRACE)


class _Board:
    """What has happened to the calls of a round."""

    __slots__ = ("failure", "news", "order", "stopped")

    def __init__(self) -> None:
        self.order: list[int] = []  # the places of those that have finished, in the order in which they did
        self.failure: BaseException | None = None
        self.stopped = False
        self.news = asyncio.Event()

    def finished(self, place: int, task: asyncio.Future[Any]) -> None:
        """Notes it. The error is retrieved here: asyncio shall not report one that nobody comes to read."""
        self.order.append(place)
        if not task.cancelled():
            self.failure = self.failure or task.exception()
        self.news.set()


def _end(tasks: Sequence[asyncio.Future[Any]], board: _Board) -> None:
    for task in tasks:
        task.cancel()
    board.news.set()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


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
        await _cancelled(task)
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


async def _cancelled(task: asyncio.Future[Any]) -> None:
    """Cancels a call and gives it time to clean up."""
    task.cancel()
    task.add_done_callback(_looked_at)
    await asyncio.wait([task], timeout=GRACE)


def _looked_at(task: asyncio.Future[Any]) -> None:
    """Retrieves the error of a task that nobody waits for, so that asyncio does not report it as lost."""
    if not task.cancelled():
        task.exception()
