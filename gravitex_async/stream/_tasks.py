"""How a stream lives among tasks: one reader at a time, an opening that outlives a cancelled wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from .._frames import forget_frames_later
from ..errors import MisuseError

if TYPE_CHECKING:
    from ..transport import Response

__all__ = ["BUSY", "CALLED_OFF", "OneReader", "cancel", "opening_task"]

BUSY = "another task is reading this stream; one reader at a time"
CALLED_OFF = (
    "the stream was closed when awaiting or entering it was cancelled; open a new one, or put the timeout "
    "around reads, which may be cancelled and go on"
)


class Readable(Protocol):
    busy: bool


class OneReader:
    """Marks a stream as being read; a second reader is a mistake of the caller's."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Readable) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        if self._engine.busy:
            raise MisuseError(BUSY)
        self._engine.busy = True

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        self._engine.busy = False
        if isinstance(error, asyncio.CancelledError):
            forget_frames_later(error)


def opening_task(coroutine: Coroutine[Any, Any, Response]) -> asyncio.Task[Response]:
    """The request as a task of its own, so that cancelling a wait for its answer does not send it twice."""
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(_retrieved)
    return task


def _retrieved(task: asyncio.Task[Response]) -> None:
    """Looks at the error of a task that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()


def cancel(task: asyncio.Task[Response]) -> None:
    """Ends the opening, from any thread: an answer that has begun meanwhile, unseen, is closed as well."""
    loop = task.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)
        loop.call_soon_threadsafe(task.add_done_callback, _release_answer)


def _release_answer(task: asyncio.Task[Response]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().release()
