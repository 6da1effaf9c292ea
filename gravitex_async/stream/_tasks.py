"""How a stream lives among tasks: one reader at a time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from .._frames import forget_frames_later
from ..errors import MisuseError

__all__ = ["BUSY", "CALLED_OFF", "OneReader"]

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
