"""Exceptions that are kept: lets go of the frames they have passed.

A raised exception refers to the frames it passed, each of these to its caller, and a frame to its locals. Who
keeps the exception keeps the locals of everybody who awaited: a stream that its reader has dropped stays
open, and the model runs on, until a garbage collection. Two kinds of exceptions are kept by others. aiohttp
keeps the one that ended a connection where the connection finds it again: what is swallowed here is stripped
here (``forget_frames``). And a task keeps the one it was cancelled with, as do frameworks that look at it
(anyio's task groups: in a cycle, for good): that one is stripped when its task is done
(``forget_frames_later``).
"""

from __future__ import annotations

import asyncio
import sys
import traceback
import weakref
from typing import Any

__all__ = ["forget_frames", "forget_frames_later"]


def forget_frames(error: BaseException) -> None:
    """Strips *error*, and what it came from, of all frames: nobody will read its traceback."""
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is not None:
            chain += (link.__cause__, link.__context__)
            link.__traceback__ = link.__cause__ = link.__context__ = None


def forget_frames_later(error: asyncio.CancelledError) -> None:
    """Strips *error* when the running task is done, should it end by the cancellation that this was.

    Until then it may be caught, by a timeout say, and then its frames go as they always do.
    """
    task = asyncio.current_task()
    if task is not None:
        forget = _Forget(error)
        task.remove_done_callback(forget)  # of an earlier cancellation, which was caught
        task.add_done_callback(forget)


class _Forget:
    """What a task calls when it is done. All are equal, so that a task with many timeouts has one."""

    __slots__ = ("_error",)

    def __init__(self, error: asyncio.CancelledError) -> None:
        self._error = weakref.ref(error)  # no reason for it to live on

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Forget)

    def __hash__(self) -> int:
        return hash(_Forget)

    def __call__(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            return
        try:
            task.exception()  # takes it from the task, whose ``result`` raises a new one from now on
        except asyncio.CancelledError as error:
            if sys.version_info < (3, 11):
                _clear_frames(error)
        taken = self._error()
        if taken is not None:  # somebody else was faster
            taken.__traceback__ = None


def _clear_frames(error: BaseException) -> None:
    """Takes their locals from all frames, where the task keeps the traceback whatever one does."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__context__
