"""One output item while it is written: its texts in pieces, its parts by index.

Strategy
    An item that came with an event belongs to that event and is not touched; the first thing to be added
    makes a copy (``_begin``), and ``settled`` turns pieces and parts into a plain item again. Joining
    happens there alone, so a delta costs one ``append``.

    Parts are kept by index in a dict: gateways leave gaps and start above 0, and an index is no reason to
    allocate. Whatever is empty never replaces what is not: converting gateways send empty "done" values.
"""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from ._items import CustomToolCallItem, FunctionCallItem, MessageItem, OutputItem, ReasoningItem
from ._parts import OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart
from ._tool_items import (
    CodeInterpreterCallItem,
    McpCallItem,
    ShellAction,
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
    "Place",
    "Slot",
    "Text",
    "filled",
]


class Place(msgspec.Struct, frozen=True, eq=False):
    """Where a text stands: an attribute of the item, or of a part in one of its lists."""

    item: type[Any]
    list: str
    part: Any
    name: str


class _Command(msgspec.Struct):
    """A command of a shell call; on the wire it is a plain string."""

    text: str = ""


TEXT = Place(MessageItem, "content", OutputTextPart, "text")
REFUSAL = Place(MessageItem, "content", RefusalPart, "refusal")
THOUGHT = Place(ReasoningItem, "content", ReasoningTextPart, "text")
SUMMARY = Place(ReasoningItem, "summary", SummaryTextPart, "text")
ARGUMENTS = Place(FunctionCallItem, "", None, "arguments")
INPUT = Place(CustomToolCallItem, "", None, "input")
MCP_ARGUMENTS = Place(McpCallItem, "", None, "arguments")
CODE = Place(CodeInterpreterCallItem, "", None, "code")
COMMAND = Place(ShellCallItem, "commands", _Command, "text")
STDOUT = Place(ShellCallOutputItem, "output", ShellOutput, "stdout")
STDERR = Place(ShellCallOutputItem, "output", ShellOutput, "stderr")

_LISTS: dict[type[Any], tuple[str, ...]] = {
    MessageItem: ("content",),
    ReasoningItem: ("summary", "content"),
    ShellCallItem: ("commands",),
    ShellCallOutputItem: ("output",),
}


class Text:
    """A text that grows: what its owner holds, and the pieces that came since.

    ``position`` is that of the call it belongs to, -1 for other texts.
    """

    __slots__ = ("_name", "owner", "pieces", "position")

    def __init__(self, owner: Any, name: str, position: int) -> None:
        self._name = name
        self.position = position
        self.owner = owner
        self.pieces: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.pieces or getattr(self.owner, self._name))

    def join(self) -> None:
        """Hands the pieces to the owner."""
        if self.pieces:
            self.set((getattr(self.owner, self._name) or "") + "".join(self.pieces))

    def set(self, value: str) -> None:
        """Puts *value* in place of all that came."""
        self.pieces.clear()
        setattr(self.owner, self._name, value)


class Slot:
    """A place in ``Response.output``.

    ``finished``: the gateway said that the item is whole. ``told``: how many texts of each place were
    handed out as deltas. ``position``: of a call, among the calls of the answer.
    """

    __slots__ = ("_numbers", "_parts", "_texts", "finished", "index", "item", "position", "told")

    def __init__(self, item: OutputItem, index: int, position: int) -> None:
        self.item = item
        self.index = index
        self.position = position
        self.finished = False
        self.told: dict[Any, int] = {}
        self._numbers: dict[str, list[int]] = {}  # the indices of the parts in the item's lists
        self._parts: dict[str, dict[int, Any]] | None = None
        self._texts: dict[tuple[Place, int], Text] = {}

    def settled(self) -> Any:
        """The item as far as it has come. It is not touched any more: what follows goes into a copy."""
        if self._parts is not None:
            for text in self._texts.values():
                text.join()
            for name, parts in self._parts.items():
                self._numbers[name] = sorted(parts)
                self._set_list(name, [parts[index] for index in self._numbers[name]])
            self._texts = {}
            self._parts = None
        return self.item

    def change(self, **values: Any) -> None:
        """Sets fields of the item."""
        self._begin()
        for name, value in values.items():
            setattr(self.item, name, value)

    def replace(self, item: OutputItem) -> None:
        """Puts *item* in the place of what was written, but for fields that it leaves empty."""
        self.item = filled(item, self.settled())

    def text(self, place: Place, index: int | None) -> Text:
        """The text at *place*; it is made if there is none."""
        parts = self._begin()
        if not place.list:
            return self._text(place, 0, self.item)
        index = self._index(place, index)
        part = parts[place.list].get(index)
        if not isinstance(part, place.part):
            part = parts[place.list][index] = place.part()
        return self._text(place, index, part)

    def put_part(self, place: Place, index: int | None, part: Any, *, new: bool) -> bool:
        """Puts *part* there, but for fields that it leaves empty; *new* parts without an index go last.

        Returns whether it brought the first text of this part.
        """
        parts = self._begin()[place.list]
        if index is None and new:
            index = max(parts, default=-1) + 1
        index = self._index(place, index)
        old = parts.get(index)
        if old is not None:
            self._joined(place.list, index)
        parts[index] = _own_part(filled(part, old))
        return _is_blank(old) and not _is_blank(part)

    def has(self, place: Place, value: str) -> bool:
        """Whether some part at *place* reads *value* already."""
        self.settled()
        owners = [self.item] if not place.list else getattr(self.item, place.list, [])
        return any(getattr(owner, place.name, None) == value for owner in owners)

    def _begin(self) -> dict[str, dict[int, Any]]:
        if self._parts is None:
            self._parts = {name: self._numbered(name) for name in _LISTS.get(type(self.item), ())}
            self.item = copy.copy(self.item)
        return self._parts

    def _numbered(self, name: str) -> dict[int, Any]:
        parts = self._list(name)
        numbers = self._numbers.get(name, ())
        return dict(zip(numbers if len(numbers) == len(parts) else range(len(parts)), parts, strict=True))

    def _list(self, name: str) -> list[Any]:
        """Copies of the parts in one of the item's lists."""
        if name == "commands":
            return [_Command(text) for text in self.item.action.commands]  # type: ignore[attr-defined]
        return [_own_part(part) for part in getattr(self.item, name)]

    def _set_list(self, name: str, parts: list[Any]) -> None:
        if isinstance(self.item, ShellCallItem):
            commands = [part.text for part in parts]
            self.item.action = msgspec.structs.replace(self.item.action or ShellAction(), commands=commands)
        else:
            setattr(self.item, name, parts)

    def _index(self, place: Place, index: int | None) -> int:
        """Where a part of this kind stands, or is to stand: another kind there is not overwritten."""
        assert self._parts is not None
        parts = self._parts[place.list]
        fitting = [number for number, part in parts.items() if isinstance(part, place.part)]
        if index is None:
            index = max(fitting, default=0)
        if index not in parts or index in fitting or self._is_free(place.list, index):
            return index
        return max(fitting, default=max(parts) + 1)

    def _is_free(self, name: str, index: int) -> bool:
        """Whether the part there holds nothing, pieces that are not joined yet included."""
        pieces = any(text for at, text in self._texts.items() if at[0].list == name and at[1] == index)
        return not pieces and _is_blank(self._parts[name][index] if self._parts else None)

    def _text(self, place: Place, index: int, owner: Any) -> Text:
        text = self._texts.get((place, index))
        if text is None:
            text = self._texts[place, index] = Text(owner, place.name, self.position)
        return text

    def _joined(self, name: str, index: int) -> None:
        """Ends the texts of one part: it is about to be replaced."""
        for key in [key for key in self._texts if key[0].list == name and key[1] == index]:
            self._texts.pop(key).join()


def _own_part(part: Any) -> Any:
    part = copy.copy(part)
    if isinstance(part, OutputTextPart):
        part.annotations = list(part.annotations)
    return part


def filled(new: Any, old: Any) -> Any:
    """*new*, or a copy of it that has what *old* holds where *new* holds nothing."""
    if type(new) is not type(old):
        return new
    missing = {
        name: value
        for name in new.__struct_fields__
        if name != "status" and _is_empty(getattr(new, name)) and not _is_empty(value := getattr(old, name))
    }
    if missing:
        new = copy.copy(new)
        for name, value in missing.items():
            setattr(new, name, value)
    return new


def _is_empty(value: Any) -> bool:
    return not value or (isinstance(value, list) and all(map(_is_blank, value)))


def _is_blank(part: Any) -> bool:
    """Whether a part is none, or one that holds no text."""
    if isinstance(part, (OutputTextPart, ReasoningTextPart, SummaryTextPart)):
        return not part.text
    return part is None or (isinstance(part, RefusalPart) and not part.refusal)
