"""Views of a stream that make something of its text: a growing value, thinking taken out of the content.

They read another view and hold no connection; what that view raises, they raise, after what they held back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import msgspec

from ..deltas import Delta
from ..errors import GravitexError
from ..schema import Growth, read_output
from ..thinking import Split, ThinkSplitter
from ._views import Text

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from ._engine import Engine

__all__ = ["PartialOutput", "SplitDeltas"]

T = TypeVar("T")


class PartialOutput(Generic[T]):
    """The growing value of a type, each time it shows more; the whole one, checked, at the end."""

    def __init__(
        self, engine: Engine[Any, Any], type_: TypeForm[T], strings: Literal["final", "growing"]
    ) -> None:
        self._engine = engine
        self._text = Text(engine)
        self._type = type_
        self._growth = Growth(type_, strings=strings)
        self._over = False

    def __aiter__(self) -> PartialOutput[T]:
        return self

    async def __anext__(self) -> T:
        while not self._over:
            try:
                piece = await self._text.__anext__()
            except StopAsyncIteration:
                break
            if self._growth.feed(piece) and (value := self._growth.value) is not None:
                return value
        if self._over or self._engine.reading.end.state == "closed":
            raise StopAsyncIteration
        whole = self._whole()
        self._over = True
        return whole

    def _whole(self) -> T:
        accumulator = self._engine.reading.accumulator
        return read_output(
            self._type,
            text=accumulator.content,
            refusal=accumulator.refusal,
            word=accumulator.finish_reason,
            reason=self._engine.reading.end.reason,
            answer=self._engine.answer(),
        )


class SplitDeltas:
    """Deltas whose content may begin with inlined thinking: that is moved to ``reasoning_content``."""

    def __init__(self, deltas: AsyncIterator[Delta]) -> None:
        self._deltas = deltas
        self._splitters: dict[int, ThinkSplitter] = {}
        self._held: list[Delta] = []

    def __aiter__(self) -> SplitDeltas:
        return self

    async def __anext__(self) -> Delta:
        while not self._held:
            try:
                delta = await self._deltas.__anext__()
            except (StopAsyncIteration, GravitexError):
                if not self._flush():
                    raise
                break
            split = self._split(delta)
            if split is not None:
                return split
        return self._held.pop()

    def _split(self, delta: Delta) -> Delta | None:
        """The delta with its content taken apart; None when all it brought is held back."""
        splitter = self._splitters.get(delta.index)
        if splitter is None:
            splitter = self._splitters[delta.index] = ThinkSplitter()
        found = splitter.feed(delta.content) if delta.content else Split("", "")
        if delta.finish_reason:
            last = splitter.close()
            found = Split(found.reasoning + last.reasoning, found.content + last.content)
        if found == Split("", delta.content):
            return delta
        reasoning = delta.reasoning_content + found.reasoning
        split = msgspec.structs.replace(delta, content=found.content, reasoning_content=reasoning)
        return None if split == Delta(index=delta.index) else split

    def _flush(self) -> bool:
        """Whether anything was held back when the stream ended."""
        for index, splitter in self._splitters.items():
            reasoning, content = splitter.close()
            if reasoning or content:
                self._held.append(Delta(content, reasoning, index=index))
        return bool(self._held)
