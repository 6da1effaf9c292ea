"""The basic views of a stream: deltas, text, batches. All take from the queue of its reading.

A class with ``__anext__`` and not an asynchronous generator: a generator is finished after a cancelled wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..deltas import Delta

if TYPE_CHECKING:
    from ._engine import Engine

__all__ = ["Batches", "Deltas", "Text"]

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")


class Deltas(Generic[ItemT, FinalT]):
    """What the items add, in the form all dialects share.

    Not through the stream's own ``__anext__``: a coroutine less per delta.
    """

    __slots__ = ("_deltas", "_engine", "_more")

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine
        self._deltas = engine.reading.queue.deltas
        self._more: list[Delta] = []  # of an item that adds several, last first

    def __aiter__(self) -> Deltas[ItemT, FinalT]:
        return self

    async def __anext__(self) -> Delta:
        while not self._more:
            if not self._deltas and not await self._engine.fill("deltas"):
                raise StopAsyncIteration
            found = self._deltas.pop()
            if isinstance(found, Delta):
                return found
            self._more = list(reversed(found))
        return self._more.pop()


class Text(Generic[ItemT, FinalT]):
    """The content of choice 0, piece by piece; made from deltas in the same way."""

    __slots__ = ("_deltas", "_engine")

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine
        self._deltas = engine.reading.queue.deltas

    def __aiter__(self) -> Text[ItemT, FinalT]:
        return self

    async def __anext__(self) -> str:
        while True:
            if not self._deltas:
                self._engine.forget_taken()
                if not await self._engine.fill("deltas"):
                    raise StopAsyncIteration
            found = self._deltas.pop()
            if isinstance(found, Delta):
                text = "" if found.index else found.content
            else:
                text = "".join([delta.content for delta in found if not delta.index])
            if text:
                return text


class Batches(Generic[ItemT, FinalT]):
    """All items of one read at a time."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine

    def __aiter__(self) -> Batches[ItemT, FinalT]:
        return self

    async def __anext__(self) -> list[ItemT]:
        items = self._engine.reading.queue.items
        if not items and not await self._engine.fill("items"):
            raise StopAsyncIteration
        batch = items[::-1]
        items.clear()
        return batch
