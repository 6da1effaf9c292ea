"""What a dialect brings to a stream: the accumulator, which makes an answer of its items.

One is fed by ``fold``, read by read, and works without asyncio. Everything else of it may be asked at any
moment. It never raises on odd data, and is linear in what it is fed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar

from ..decoding import ErrorInfo
from ..deltas import Delta, EndReason, Revised, ToolCall
from ..usage import Usage

__all__ = ["Accumulator", "EndsBy"]

EndsBy = Literal["itself", "mark", "body"]
"""Nothing but its own closing event; ``[DONE]``; that end alone."""

ItemT = TypeVar("ItemT")
FinalT_co = TypeVar("FinalT_co", covariant=True)


class Accumulator(Protocol[ItemT, FinalT_co]):
    """What a dialect makes of its items."""

    suspect: bool
    """Whether the item that ``fold`` took last may be an error; ``error_in`` says whether it is one."""

    @property
    def unasked(self) -> ItemT | None:
        """The item that answers what only this client asked for: it is not handed out as an item."""
        ...

    @property
    def ends_by(self) -> EndsBy:
        """What makes an answer whole that does not say so itself, where its body comes to a clean end."""
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

    def fold(self, items: Sequence[ItemT]) -> list[Delta | Sequence[Delta]]:
        """Takes *items* in order, and gives what each adds: its one Delta, or all of its deltas.

        Stops behind the first that may be an error (``suspect``). That one was taken as well, for an error
        may come with text and usage: the list is as long as what was taken.
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

    def final(self) -> FinalT_co:
        """The answer as far as it has arrived, in the shape of a plain one."""
        ...
