"""Exceptions that are kept, alone; what they kept alive is tested in laws/test_left_behind.py."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

import pytest

from gravitex_async._frames import forget_frames, forget_frames_later


class Local:
    """Stands for what a frame holds."""


def test_an_error_and_what_it_came_from_are_stripped() -> None:
    """Cause and context too, in a chain of any shape; the words stay."""
    caught: list[BaseException] = []
    try:
        try:
            raise KeyError("first")
        except KeyError as first:
            caught.append(first)
            try:
                raise ValueError("second")
            except ValueError as second:
                caught.append(second)
                raise RuntimeError("third") from first
    except RuntimeError as third:
        caught.append(third)
    forget_frames(caught[-1])
    assert [error.__traceback__ for error in caught] == [None] * 3
    assert [error.args for error in caught] == [("first",), ("second",), ("third",)]


async def _cancelled(references: list[weakref.ref[Local]]) -> None:
    local = Local()
    references.append(weakref.ref(local))
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError as error:
        forget_frames_later(error)
        raise
    assert local is not None


async def test_a_task_that_is_kept_keeps_no_frames() -> None:
    """It says that it was cancelled, as often as it is asked."""
    references: list[weakref.ref[Local]] = []
    task = asyncio.ensure_future(_cancelled(references))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert references[0]() is None
    for _ in range(2):
        with pytest.raises(asyncio.CancelledError):
            task.result()
    assert task.cancelled()


async def test_who_takes_the_error_first_keeps_no_frames() -> None:
    """As a task group does that looks at its tasks when they end."""
    references: list[weakref.ref[Local]] = []
    taken: list[BaseException] = []

    def take(task: asyncio.Task[Any]) -> None:
        try:
            task.exception()
        except asyncio.CancelledError as error:
            taken.append(error)

    task = asyncio.ensure_future(_cancelled(references))
    task.add_done_callback(take)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert references[0]() is None
    assert len(taken) == 1


async def test_a_cancellation_that_was_caught_is_let_alone() -> None:
    """However many there are in one task, one callback waits for its end, and does nothing then."""
    kept: list[BaseException] = []

    async def patient() -> list[Any]:
        for _ in range(3):
            try:
                raise asyncio.CancelledError
            except asyncio.CancelledError as error:
                forget_frames_later(error)
                kept.append(error)
        task: Any = asyncio.current_task()
        return [callback for callback, _ in task._callbacks if "_frames" in type(callback).__module__]

    assert len(await asyncio.ensure_future(patient())) == 1
    await asyncio.sleep(0)
    assert all(error.__traceback__ is not None for error in kept)
