"""The response as far as its stream has come: which item an event means, and the items in order.

Strategy
    Gateways leave out ``item_id``, indices and whole events (responses.md section 7), so an event says more
    or less where it belongs. An item is looked for by output index, then by id, and where an event has
    neither, it means the last one of its kind that is not finished; what is not found is made. The kind
    always has to fit: gateways that number everything 0 do not mix up a message and its reasoning.

    Indices come before ids because some gateways give an item another id in each of its events.

    Where a text was found is remembered until an item or a part comes or goes, so that a run of deltas is
    looked up once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

import msgspec

from ._items import CustomToolCallItem, FunctionCallItem, OutputItem
from ._response import Response
from ._slots import Place, Slot, Text

__all__ = ["Snapshot"]


class Snapshot:
    """The items under construction, and the head of the response."""

    def __init__(self) -> None:
        self.head = Response()
        self._slots: list[Slot] = []
        self._by_index: dict[tuple[type[Any], int], Slot] = {}
        self._by_id: dict[tuple[type[Any], str], Slot] = {}
        self._last: dict[type[Any], Slot] = {}
        self._found: dict[Any, Text] = {}
        self._next = 0
        self._calls = 0

    # The whole

    def merge(self, response: Response) -> None:
        """Takes what *response* says, but for its output; zeros do not wipe out counts."""
        for name in Response.__struct_fields__:
            value = getattr(response, name)
            if value is None or name == "output":
                continue
            if name == "usage" and self.head.usage is not None and value.is_zero():
                continue
            setattr(self.head, name, value)

    def response(self) -> Response:
        """The response so far; later events do not change it."""
        return msgspec.structs.replace(self.head, output=self.items())

    def items(self) -> list[OutputItem]:
        """The items in the order of their indices, without gaps."""
        self._found.clear()
        return [slot.settled() for slot in self._in_order()]

    def calls(self) -> list[Any]:
        """The calls for the caller to answer, in order of first appearance."""
        self._found.clear()
        return [slot.settled() for slot in self._slots if slot.position >= 0]

    def finish(self) -> list[Slot]:
        """All items are as whole as they will be; returns their slots, in order."""
        self._found.clear()
        for slot in self._slots:
            slot.settled()
            slot.finished = True
        return self._in_order()

    def take_output(self, items: Sequence[OutputItem]) -> None:
        """Takes the output that ends a stream, in place of what was built.

        An item is the one with its id, or else the next of its kind: what was built may be numbered oddly.
        """
        named = [self._by_id.pop((type(item), item.id or ""), None) for item in items]
        left = self._unnamed(named)
        self._found.clear()
        self._slots = []
        for index, (item, slot) in enumerate(zip(items, named, strict=True)):
            if slot is None and left[type(item)]:
                slot = left[type(item)].popleft()
            if slot is None:
                slot = self.add(item, index)
            else:
                self._slots.append(slot)
                self.put(slot, item)
            slot.index = index

    # One item

    def find(self, kind: type[Any], item_id: str | None, output_index: int | None) -> Slot | None:
        """The slot an event means, as far as its index and id tell."""
        if output_index is not None:
            slot = self._by_index.get((kind, output_index))
            if slot is not None:
                return slot
        slot = self._by_id.get((kind, item_id)) if item_id else None
        if slot is None and output_index is None:
            slot = self._last.get(kind)
            if slot is not None and (slot.finished or (item_id and slot.item.id)):
                return None
        return slot

    def slot(self, kind: type[Any], item_id: str | None, output_index: int | None) -> Slot:
        """The slot an event means; made if there is none."""
        slot = self.find(kind, item_id, output_index)
        return slot or self.add(kind(id=item_id), output_index)

    def add(self, item: OutputItem, output_index: int | None) -> Slot:
        """A new slot with *item*."""
        self._found.clear()
        index = self._next if output_index is None else output_index
        self._next = max(self._next, index + 1)
        kind = type(item)
        slot = Slot(item, index, -1)
        if kind in (FunctionCallItem, CustomToolCallItem):
            slot.position = self._calls
            self._calls += 1
        self._slots.append(slot)
        self._by_index[kind, index] = slot
        self._last[kind] = slot
        self._note_id(slot)
        return slot

    def put(self, slot: Slot, item: OutputItem) -> None:
        """Puts *item* in the place of what *slot* holds."""
        self._found.clear()
        slot.replace(item)
        self._note_id(slot)

    def begin(self, item: OutputItem, output_index: int | None) -> Slot:
        """An item was announced, for the first time or again."""
        slot = self.find(type(item), item.id, output_index)
        if slot is None or _has_other_id(slot, item):
            return self.add(item, output_index)
        self.put(slot, item)
        return slot

    def end(self, item: OutputItem, output_index: int | None) -> Slot:
        """An item is whole, for the first time or again."""
        slot = self.find(type(item), item.id, output_index)
        if slot is None or (slot.finished and _has_other_id(slot, item)):
            slot = self.add(item, output_index)
        else:
            self.put(slot, item)
        slot.finished = True
        return slot

    # One text

    def text(
        self, place: Place, item_id: str | None, output_index: int | None, part_index: int | None
    ) -> Text:
        """The text that a delta adds to, counted as told."""
        key = (place, output_index, part_index, item_id if output_index is None else None)
        text = self._found.get(key)
        if text is None:
            slot = self.slot(place.item, item_id, output_index)
            text = slot.text(place, part_index)
            if not text:
                slot.told[place] = slot.told.get(place, 0) + 1
            self._found[key] = text
        return text

    def set_text(
        self, place: Place, item_id: str | None, output_index: int | None, part_index: int | None, value: str
    ) -> Slot | None:
        """The whole of a text; returns its slot when nothing of that text had come before."""
        slot = self.find(place.item, item_id, output_index)
        if slot is None and item_id is None and output_index is None:
            slot = self._last.get(place.item)
        slot = slot or self.slot(place.item, item_id, output_index)
        if slot.finished:
            self._found.clear()
            if slot.has(place, value):
                return None
        text = slot.text(place, part_index)
        fresh = not text
        text.set(value)
        if fresh:
            slot.told[place] = slot.told.get(place, 0) + 1
        return slot if fresh else None

    def put_part(
        self,
        place: Place,
        item_id: str | None,
        output_index: int | None,
        part_index: int | None,
        part: Any,
        *,
        new: bool,
    ) -> Slot | None:
        """A part as a whole; returns its slot when nothing of its text had come before."""
        self._found.clear()
        slot = self.slot(place.item, item_id, output_index)
        fresh = slot.put_part(place, part_index, part, new=new)
        if fresh:
            slot.told[place] = slot.told.get(place, 0) + 1
        return slot if fresh else None

    def _unnamed(self, named: Sequence[Slot | None]) -> dict[type[Any], deque[Slot]]:
        """The slots that are not among *named*, in order, by kind."""
        taken = {id(slot) for slot in named}
        left: dict[type[Any], deque[Slot]] = defaultdict(deque)
        for slot in self._in_order():
            if id(slot) not in taken:
                left[type(slot.item)].append(slot)
        return left

    def _in_order(self) -> list[Slot]:
        return sorted(self._slots, key=_index)

    def _note_id(self, slot: Slot) -> None:
        if slot.item.id:
            self._by_id[type(slot.item), slot.item.id] = slot


def _index(slot: Slot) -> int:
    return slot.index


def _has_other_id(slot: Slot, item: OutputItem) -> bool:
    return bool(slot.item.id and item.id and slot.item.id != item.id)
