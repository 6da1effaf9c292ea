"""The basic views of a stream: deltas, text, batches. All take from one queue, which the engine fills.

A class with ``__anext__`` and not an asynchronous generator: a generator is finished after a cancelled wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from ..deltas import Delta

if TYPE_CHECKING:
    from ._engine import Engine

__all__ = ["Batches", "Deltas", "Text"]

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")


class Deltas(Generic[ItemT, FinalT]):
    """Items of a stream as deltas, which the accumulator makes along the way once they are asked for.

    They stand beside the engine's queue, entry by entry. Not through the stream's own ``__anext__``: a
    coroutine less per delta.
    """

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine
        self._pending = engine.pending
        self._more: list[Delta] = []

    def __aiter__(self) -> Deltas[ItemT, FinalT]:
        return self

    async def __anext__(self) -> Delta:
        pending, made = self._pending, self._engine.made
        while not self._more:
            if not made or len(made) != len(pending):
                if not pending and not await self._engine.fill():
                    raise StopAsyncIteration
                made = self._engine.deltas_made()
            pending.pop()
            found = made.pop()
            if isinstance(found, Delta):
                return found
            self._more = list(reversed(found))
        return self._more.pop()


class Text(Generic[ItemT, FinalT]):
    """The content of choice 0, piece by piece; made from deltas in the same way."""

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine
        self._pending = engine.pending

    def __aiter__(self) -> Text[ItemT, FinalT]:
        return self

    async def __anext__(self) -> str:
        pending, made = self._pending, self._engine.made
        while True:
            if not made or len(made) != len(pending):
                made = await self._refill()
            pending.pop()
            found = made.pop()
            if isinstance(found, Delta):
                text = "" if found.index else found.content
            else:
                text = "".join([delta.content for delta in found if not delta.index])
            if text:
                return text

    async def _refill(self) -> list[Delta | Sequence[Delta]]:
        if not self._pending:
            self._engine.forget_taken()
            if not await self._engine.fill():
                raise StopAsyncIteration
        return self._engine.deltas_made()


class Batches(Generic[ItemT, FinalT]):
    """All items of one read at a time."""

    def __init__(self, engine: Engine[ItemT, FinalT]) -> None:
        self._engine = engine

    def __aiter__(self) -> Batches[ItemT, FinalT]:
        return self

    async def __anext__(self) -> list[ItemT]:
        engine = self._engine
        if not engine.pending and not await engine.fill():
            raise StopAsyncIteration
        batch = engine.pending[::-1]
        engine.pending.clear()
        return batch
