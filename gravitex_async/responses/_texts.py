"""One text while it grows: what it reads so far, and what of it was emitted as deltas.

Strategy
    Most gateways send a text several times: in deltas, in a "done" event, in its part, in its item, in the
    last event. What comes last is the text. As long as each begins with what was
    emitted before, its end is emitted too, so joined deltas are the text. A whole that begins otherwise is
    believed as well; deltas cannot be taken back, so from then on the two are kept apart: ``revised``.

    Pieces are joined when they are read, or compared with a whole that is at least as long: no event costs
    more than its own size and that of the pieces since the last one.

``Emitted`` knows the rest: joined deltas are the text only if the texts came in their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, get_args

import msgspec

from ..deltas import Revised
from ._items import CustomToolCallItem, FunctionCallItem, MessageItem, ReasoningItem
from ._parts import OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart
from ._tool_items import (
    CodeInterpreterCallItem,
    McpCallItem,
    ShellCallItem,
    ShellCallOutputItem,
    ShellOutput,
)

__all__ = [
    "ARGUMENTS",
    "CODE",
    "COMMAND",
    "INPUT",
    "MCP_ARGUMENTS",
    "REFUSAL",
    "STDERR",
    "STDOUT",
    "SUMMARY",
    "TEXT",
    "THOUGHT",
    "Addition",
    "Command",
    "Emitted",
    "Place",
    "Text",
    "places_in",
]


class Command(msgspec.Struct):
    """A command of a shell call; on the wire it is a plain string."""

    text: str = ""


class Place(msgspec.Struct, frozen=True, eq=False):
    """Where a text stands: an attribute of the item, or of a part in one of its lists.

    ``view`` is the accumulator that shows it; None for texts of hosted tools, which are no deltas.
    """

    item: type[Any]
    list: str
    part: Any
    name: str
    view: Revised | None = None


TEXT = Place(MessageItem, "content", OutputTextPart, "text", "content")
REFUSAL = Place(MessageItem, "content", RefusalPart, "refusal", "refusal")
SUMMARY = Place(ReasoningItem, "summary", SummaryTextPart, "text", "reasoning_content")
THOUGHT = Place(ReasoningItem, "content", ReasoningTextPart, "text", "reasoning_content")
ARGUMENTS = Place(FunctionCallItem, "", None, "arguments", "tool_calls")
INPUT = Place(CustomToolCallItem, "", None, "input", "tool_calls")
MCP_ARGUMENTS = Place(McpCallItem, "", None, "arguments")
CODE = Place(CodeInterpreterCallItem, "", None, "code")
COMMAND = Place(ShellCallItem, "commands", Command, "text")
STDOUT = Place(ShellCallOutputItem, "output", ShellOutput, "stdout")
STDERR = Place(ShellCallOutputItem, "output", ShellOutput, "stderr")

REVISED: Final[tuple[Revised, ...]] = get_args(Revised)

_PLACES: Final = (
    TEXT, REFUSAL, SUMMARY, THOUGHT, ARGUMENTS, INPUT, MCP_ARGUMENTS, CODE, COMMAND, STDOUT, STDERR,
)  # fmt: skip


def places_in(item: type[Any], list_: str, part: type[Any] | None) -> tuple[Place, ...]:
    """The texts that an item of this type has itself, or in the parts of this type in one of its lists."""
    return tuple(place for place in _PLACES if (place.item, place.list, place.part) == (item, list_, part))


class Text:
    """A text that grows. ``pieces`` may be appended to: such a piece is part of the text, and was emitted.

    ``position`` is that of the call it belongs to, -1 for other texts; ``listed``: ``Emitted`` knows it.
    """

    __slots__ = ("_emitted", "_length", "listed", "pieces", "place", "position")

    def __init__(self, place: Place, position: int) -> None:
        self.place = place
        self.position = position
        self.pieces: list[str] = []
        self.listed = False
        # What was emitted in place of the first piece, and its length; None where that was emitted itself.
        self._emitted: list[str] | None = None
        self._length = 0

    @property
    def begun(self) -> bool:
        """Whether any of it has come."""
        return bool(self.pieces)

    @property
    def revised(self) -> bool:
        """Whether it is not what was emitted."""
        value = self.value()  # notes the last pieces among what was emitted
        return self._emitted is not None and self._joined_emitted() != value

    def value(self) -> str:
        """What it reads so far."""
        pieces = self.pieces
        if len(pieces) > 1:
            if self._emitted is not None:
                later = pieces[1:]
                self._emitted += later
                self._length += sum(map(len, later))
            pieces[:] = ["".join(pieces)]
        return pieces[0] if pieces else ""

    def goes_on_as(self, whole: str) -> bool:
        """Whether *whole* begins with what was emitted."""
        value = self.value()
        if self._emitted is None:
            return whole.startswith(value)
        return len(whole) >= self._length and whole.startswith(self._joined_emitted())

    def take(self, whole: str) -> list[Addition]:
        """Puts *whole* in place of all that came; what it adds is to be emitted now."""
        before = self.value()
        if self._emitted is None and not whole.startswith(before):
            self._emitted, self._length = [before], len(before)
        end = self._end_of(whole) if self._emitted is not None else whole[len(before) :]
        self.pieces[:] = [whole]  # the string of the event: there is one of it
        return [Addition(self, end, not before)] if end else []

    def _end_of(self, whole: str) -> str:
        """What a text adds of which something else was emitted, if it goes on as that after all."""
        if len(whole) < self._length or not whole.startswith(self._joined_emitted()):
            return ""
        self._emitted = None
        return whole[self._length :]

    def _joined_emitted(self) -> str:
        assert self._emitted is not None
        if len(self._emitted) > 1:
            self._emitted[:] = ["".join(self._emitted)]
        return self._emitted[0]


class Addition(NamedTuple):
    """What a text that came as a whole adds to what was emitted; ``begins``: nothing of it was before."""

    text: Text
    end: str
    begins: bool


class Emitted:
    """What was emitted as deltas, view by view: which texts, in which order."""

    def __init__(self) -> None:
        self._order: dict[Revised, list[Text]] = {view: [] for view in REVISED}
        self._out_of_order: set[Revised] = set()

    def note(self, text: Text) -> None:
        """A piece of *text* is emitted now."""
        view = text.place.view
        if view is None:
            return
        if not text.listed:
            text.listed = True
            self._order[view].append(text)
        elif view != "tool_calls" and self._order[view][-1] is not text:
            self._out_of_order.add(view)  # calls are told apart by their index

    def take_back(self, view: Revised) -> None:
        """Something that was emitted is no part of the answer."""
        self._out_of_order.add(view)

    def revised(self, texts: Iterable[Text]) -> tuple[Revised, ...]:
        """The views in which the answer, of which these are the texts in order, is not what was emitted."""
        now: dict[Revised | None, list[Text]] = defaultdict(list)
        for text in texts:
            if text.begun:
                now[text.place.view].append(text)
        return tuple(view for view in REVISED if self._differs(view, now[view]))

    def _differs(self, view: Revised, now: Sequence[Text]) -> bool:
        before = self._order[view]
        moved = not set(before) <= set(now) if view == "tool_calls" else before != now
        return moved or view in self._out_of_order or any(text.revised for text in now)
