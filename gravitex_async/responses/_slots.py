"""One output item while it is written: itself, and its parts by index.

Strategy
    Parts are kept by index in a dict: gateways leave gaps and start above 0, and an index is no reason to
    allocate. Everything an event asks of a part is found by its index, or by the last index of its kind;
    nothing walks over the parts but what brings, or wants, all of them.

    A whole item has a list and no indices. Its parts are those here of the same number, or, where that fits
    the texts better, those here in their order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ._held import Held, form_of, is_empty
from ._items import MessageItem, ReasoningItem
from ._texts import Addition, Command, Place, Text
from ._tool_items import OutputItem, ShellAction, ShellCallItem, ShellCallOutputItem

__all__ = ["MAX_PARTS", "Parts", "Slot"]

# Real answers have a few dozen parts at most. An endless supply of new indices makes no endless list: what
# is beyond the limit goes on with the last part.
MAX_PARTS = 65_536

_LISTS: dict[type[Any], tuple[str, ...]] = {
    MessageItem: ("content",),
    ReasoningItem: ("summary", "content"),
    ShellCallItem: ("commands",),
    ShellCallOutputItem: ("output",),
}


class Parts:
    """The parts in one list of an item."""

    def __init__(self, item: type[Any], name: str, position: int) -> None:
        self._item = item
        self._name = name
        self._position = position
        self._parts: dict[int, Held] = {}
        self._last: dict[type[Any], int] = {}  # the last index of each kind of part
        self._top = -1

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Held]:
        return (self._parts[index] for index in sorted(self._parts))

    def built(self) -> list[Any]:
        """The parts in the order of their indices, without gaps."""
        return [part.built() for part in self]

    def part(self, kind: type[Any], index: int | None) -> Held:
        """The part of this kind there; it is made if there is none."""
        index = self._index(kind, index)
        held = self._parts.get(index)
        if held is None or type(held.struct) is not kind:
            held = self._parts[index] = self._held(kind)
            self._note(index, kind)
        return held

    def take(self, part: Any, index: int | None, *, new: bool) -> list[Addition]:
        """Takes a whole part; *new* ones without an index go last."""
        return self.part(type(part), self._top + 1 if index is None and new else index).take(part)

    def take_all(self, parts: Sequence[Any]) -> list[Addition]:
        """Takes the parts of a whole item, in place of all that are here."""
        before = sorted(self._parts)
        pairs = self._paired(before, parts)
        numbers = before if len(before) == len(parts) else range(len(parts))
        self._parts, self._last, self._top = {}, {}, -1
        for number, part, known in zip(numbers, parts, pairs, strict=True):
            self._parts[number] = known or self._held(type(part))
            self._note(number, type(part))
        held = [self._parts[number] for number in numbers]
        return [addition for one, part in zip(held, parts, strict=True) for addition in one.take(part)]

    def _paired(self, before: Sequence[int], parts: Sequence[Any]) -> list[Held | None]:
        """Which part here each of *parts* is."""
        by_number = [self._fitting(self._parts.get(number), part) for number, part in enumerate(parts)]
        queues: dict[type[Any], deque[Held]] = defaultdict(deque)
        for number in before:
            if self._parts[number].begun:
                queues[type(self._parts[number].struct)].append(self._parts[number])
        in_order = [
            queues[type(part)].popleft() if queues[type(part)] and not is_empty([part]) else None
            for part in parts
        ]
        return max(by_number, in_order, key=lambda pairs: _likeness(pairs, parts))

    @staticmethod
    def _fitting(held: Held | None, part: Any) -> Held | None:
        return held if held is not None and type(held.struct) is type(part) else None

    def _index(self, kind: type[Any], index: int | None) -> int:
        """Where a part of this kind stands, or is to stand: another kind there is not overwritten."""
        if index is None:
            index = self._last.get(kind, 0)
        index = max(0, min(index, MAX_PARTS))
        held = self._parts.get(index)
        if held is None or type(held.struct) is kind or (held.texts and not held.begun):
            return index
        last = self._last.get(kind)
        if last is not None and type(self._parts[last].struct) is kind:
            return last
        return min(self._top + 1, MAX_PARTS)

    def _note(self, index: int, kind: type[Any]) -> None:
        self._last[kind] = max(index, self._last.get(kind, 0))
        self._top = max(index, self._top)

    def _held(self, kind: type[Any]) -> Held:
        return Held(kind(), form_of(self._item, self._name, kind), self._position)


def _likeness(pairs: Sequence[Held | None], parts: Sequence[Any]) -> tuple[int, int]:
    """How many texts go on as those of *parts*, and how many are among them at all."""
    begun = [(held, part) for held, part in zip(pairs, parts, strict=True) if held is not None and held.begun]
    return sum(held.goes_on_as(part) for held, part in begun), len(begun)


class Slot:
    """A place in ``Response.output``.

    ``finished``: the gateway said that the item is whole. ``opened``: id and name of a call were emitted.
    ``position``: of a call, among the calls of the answer.
    """

    __slots__ = ("_built", "_held", "_lists", "_wholes", "finished", "index", "opened", "position")

    def __init__(self, kind: type[Any], index: int, position: int) -> None:
        self.index = index
        self.position = position
        self.finished = False
        self.opened = False
        names = _LISTS.get(kind, ())
        self._held = Held(kind(), form_of(kind, apart=names), position)
        self._lists = {name: Parts(kind, name, position) for name in names}
        self._wholes: dict[Place, set[str]] = defaultdict(set)  # texts of parts, as the whole item has them
        self._built: Any = None

    @property
    def id(self) -> str:
        """The id of the item; "" while there is none."""
        return self._held.struct.id or ""

    @property
    def kind(self) -> type[Any]:
        """The class of the item."""
        return type(self._held.struct)

    def field(self, name: str) -> Any:
        """A field of the item that is neither a text nor a list of parts."""
        return self._held.field(name)

    def built(self) -> Any:
        """The item as far as it has come. It is not touched any more."""
        if self._built is None:
            lists = {name: parts.built() for name, parts in self._lists.items()}
            self._built = self._held.built(
                **(_as_action(self._held, lists) if "commands" in lists else lists)
            )
        return self._built

    def change(self, **values: Any) -> None:
        """Sets fields of the item."""
        self._built = None
        self._held.change(**values)

    def take(self, item: OutputItem) -> list[Addition]:
        """Puts *item* in the place of what was written, but for what it leaves empty."""
        self._built = None
        additions = self._held.take(item)
        for name, parts in self._lists.items():
            listed = _listed(item, name)
            if not (is_empty(listed) and parts):
                additions += parts.take_all(listed)
                for part in parts:
                    for text in part.texts:
                        self._wholes[text.place].add(text.value())
        return additions

    def part(self, place: Place, index: int | None) -> Held:
        """What the text at *place* belongs to: the item, or a part; it is made if there is none."""
        self._built = None
        return self._lists[place.list].part(place.part, index) if place.list else self._held

    def text(self, place: Place, index: int | None) -> Text:
        """The text at *place*, which is about to grow."""
        return self.part(place, index).text(place)

    def take_text(self, place: Place, index: int | None, whole: str) -> list[Addition]:
        """Takes the whole of a text; not again what a finished item holds under another number."""
        if self.finished and whole in self._wholes[place]:
            return []
        return self.text(place, index).take(whole)

    def take_part(self, place: Place, index: int | None, part: Any, *, new: bool) -> list[Addition]:
        """Takes a whole part of one of the item's lists."""
        self._built = None
        return self._lists[place.list].take(part, index, new=new)

    def texts(self) -> Iterator[Text]:
        """All its texts, in order."""
        yield from self._held.texts
        for parts in self._lists.values():
            for part in parts:
                yield from part.texts


def _listed(item: Any, name: str) -> list[Any]:
    if name == "commands":
        return [Command(text) for text in (item.action or ShellAction()).commands]
    found: list[Any] = getattr(item, name)
    return found


def _as_action(held: Held, lists: dict[str, Any]) -> dict[str, Any]:
    """Commands stand one level deeper than other lists."""
    commands = [command.text for command in lists.pop("commands")]
    action = held.field("action") or ShellAction()
    return {**lists, "action": msgspec.structs.replace(action, commands=commands)}
