"""How a stream lives among tasks: one reader at a time, an opening that outlives a cancelled wait."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import MisuseError

if TYPE_CHECKING:
    from ..transport import Response

__all__ = ["BUSY", "OneReader", "cancel", "forget_frames_later", "opening_task"]

BUSY = "another task is reading this stream; one reader at a time"


class Readable(Protocol):
    reading: bool


class OneReader:
    """Marks a stream as being read; a second reader is a mistake of the caller's."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Readable) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        if self._engine.reading:
            raise MisuseError(BUSY)
        self._engine.reading = True

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._engine.reading = False
        if kind is asyncio.CancelledError:
            forget_frames_later()


def forget_frames_later() -> None:
    """Lets go of the frames of the running task, should it end by the cancellation of its read."""
    task = asyncio.current_task()
    if task is not None:
        task.remove_done_callback(_forget_frames)
        task.add_done_callback(_forget_frames)


def opening_task(coroutine: Coroutine[Any, Any, Response]) -> asyncio.Task[Response]:
    """The request as a task of its own, so that cancelling a wait for its answer does not send it twice."""
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(_retrieved)
    return task


def _forget_frames(task: asyncio.Task[Any]) -> None:
    """Lets go of the frames of a task that was cancelled while it read.

    A task keeps its CancelledError, that its frames, and these their stream: whoever keeps the task, to
    gather it for one, would keep the connection open. Its ``result`` raises a new CancelledError then.
    """
    make = getattr(task, "_make_cancelled_error", None)
    if not task.cancelled() or make is None:
        return
    error = make()
    while sys.version_info < (3, 11) and (error := error.__context__) is not None:
        traceback.clear_frames(error.__traceback__)  # the task keeps this one all the same


def _retrieved(task: asyncio.Task[Response]) -> None:
    """Looks at the error of a task that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()


def cancel(task: asyncio.Task[Response]) -> None:
    loop = task.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)
