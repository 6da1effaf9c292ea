"""Detaches exceptions that others keep from the frames they passed through.

A raised exception refers to the frames it passed, and frames refer to their locals. Whoever keeps the
exception keeps the locals of everybody who awaited: a stream that its reader has dropped stays open, and the
model runs on, until a garbage collection. Two kinds of exceptions are kept by others. aiohttp keeps the one
that ended a connection: it is detached where it is caught (``forget_frames``). A task keeps the one it was
cancelled with, and so do frameworks (anyio's task groups, in a cycle): that one is detached when its task is
done (``forget_frames_later``).
"""

from __future__ import annotations

import asyncio
import sys
import traceback
import weakref
from typing import Any

__all__ = ["forget_frames", "forget_frames_later"]


def forget_frames(error: BaseException) -> None:
    """Detaches *error*, its cause and its context from all frames: nobody will read its traceback."""
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is not None:
            chain += (link.__cause__, link.__context__)
            link.__traceback__ = link.__cause__ = link.__context__ = None


def forget_frames_later(error: asyncio.CancelledError) -> None:
    """Detaches *error* when the running task is done, if this cancellation is what ended it.

    Not before: a timeout may catch it, and then its frames are released as usual.
    """
    task = asyncio.current_task()
    if task is not None:
        forget = _Forget(error)
        task.remove_done_callback(forget)  # that of an earlier cancellation, which was caught
        task.add_done_callback(forget)


class _Forget:
    """A task's done callback. All instances are equal, so that a task with many timeouts has only one."""

    __slots__ = ("_error",)

    def __init__(self, error: asyncio.CancelledError) -> None:
        self._error = weakref.ref(error)  # the callback must not keep it alive

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Forget)

    def __hash__(self) -> int:
        return hash(_Forget)

    def __call__(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            return
        try:
            task.exception()  # the task gives it up here: its ``result`` raises a new one from now on
        except asyncio.CancelledError as error:
            if sys.version_info < (3, 11):
                _clear_frames(error)
        taken = self._error()
        if taken is not None:  # whoever called ``exception`` before still has it
            taken.__traceback__ = None


def _clear_frames(error: BaseException) -> None:
    """Clears the locals of all frames: before 3.11 a task keeps the traceback whatever one does."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__context__
