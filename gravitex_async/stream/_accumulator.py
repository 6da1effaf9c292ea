"""What a dialect brings to a stream: the accumulator, which makes an answer of its items.

One is fed by ``fold``, read by read, and works without asyncio. Everything else of it may be asked at any
moment. It never raises on odd data, and is linear in what it is fed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from ..decoding import ErrorInfo
from ..deltas import Delta, EndReason, Revised, ToolCall
from ..usage import Usage

__all__ = ["Accumulator"]

ItemT = TypeVar("ItemT")
FinalT_co = TypeVar("FinalT_co", covariant=True)


class Accumulator(Protocol[ItemT, FinalT_co]):
    """What a dialect makes of its items."""

    made: list[Delta | Sequence[Delta]] | None
    """A list for ``fold`` to put an entry in for each item it takes: its Delta, or all of them; None where
    nobody wants deltas. Whoever calls ``fold`` sets it, for each read."""

    @property
    def ends_at_mark(self) -> bool:
        """Whether ``[DONE]`` at a clean end of the body ends an answer of this dialect that says no more."""
        ...

    @property
    def content(self) -> str: ...
    @property
    def reasoning_content(self) -> str: ...
    @property
    def refusal(self) -> str: ...
    @property
    def tool_calls(self) -> list[ToolCall]: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def reason(self) -> EndReason:
        """The neutral class of the finish reason."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the answer is whole: every choice finished, or the closing event was seen."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the dialect says that nothing follows, so that the body need not be read on."""
        ...

    @property
    def revised(self) -> tuple[Revised, ...]:
        """Which of the accumulators are not what the deltas so far join to (``StreamEnd.revised``)."""
        ...

    @property
    def progress(self) -> tuple[int, int]:
        """How many pieces of content and of reasoning there were so far."""
        ...

    def fold(self, items: Sequence[ItemT], start: int) -> int:
        """Takes items from *start* on; stops behind the first that may be an error and returns its index.

        It was taken as well: an error may come with text and usage.
        """
        ...

    def brief(self, payloads: Sequence[bytes]) -> list[Delta] | None:
        """Takes payloads that bring nothing but pieces of text, without making wire structs; one Delta each.

        None, and nothing is taken, when one of them holds anything else, or is of any other form. Else all is
        as if their items had been folded, but for ``made``, which is not touched.
        """
        ...

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """The error in the plain values of an item at which ``fold`` stopped; None when it is none."""
        ...

    def whole(self, body: bytes) -> list[ItemT]:
        """The items of an answer that came as one JSON body where a stream was asked for.

        Raises:
            ValueError: It is no answer of this dialect.
        """
        ...

    def deltas(self, item: ItemT) -> Sequence[Delta]:
        """What one item adds, per choice."""
        ...

    def final(self) -> FinalT_co:
        """The answer as far as it has arrived, in the shape of a plain one."""
        ...
