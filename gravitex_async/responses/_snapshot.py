"""The response as far as its stream has come: which item an event means, and the items in order.

Strategy
    Gateways leave out ``item_id``, indices and whole events (see "Responses events" in decoding/README.md).
    An item is looked for by output index, then by id; an event that has neither means the last item of its
    kind that is not finished; what is not found is made. The kind always has to fit: gateways that number
    everything 0 do not mix up a message and its reasoning.

    Indices come before ids because some gateways give an item another id in each of its events.

    The text that the last delta went to is remembered until anything else happens, so that a run of deltas
    is looked up once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from ..deltas import Revised
from ._held import Held
from ._items import CustomToolCallItem, FunctionCallItem
from ._slots import Slot
from ._structs import Response, take_over, with_output
from ._texts import Addition, Emitted, Place, Text
from ._tool_items import OutputItem

__all__ = ["Snapshot"]

# As for the parts of an item: what is beyond the limit goes on with the last item of its kind.
MAX_ITEMS = 65_536


class Snapshot:
    """The items under construction, and the head of the response.

    What takes a text as a whole returns what it adds to the deltas, and counts on that being emitted.
    """

    def __init__(self) -> None:
        self.head = Response()
        self._slots: list[Slot] = []
        self._by_index: dict[tuple[type[Any], int], Slot] = {}
        self._by_id: dict[tuple[type[Any], str], Slot] = {}
        self._last: dict[type[Any], Slot] = {}
        # The text that the last delta added to, and what that said of its place; forgotten when anything
        # else touches the items, or reads them: the next delta has to tell its slot that it grows.
        self._growing: Text | None = None
        self._item_id: str | None = None
        self._output_index: int | None = None
        self._part_index: int | None = None
        self._emitted = Emitted()
        self._next = 0
        self._calls = 0

    @property
    def empty(self) -> bool:
        """Whether there is no item yet."""
        return not self._slots

    @property
    def revised(self) -> tuple[Revised, ...]:
        """The views in which the response is not what was emitted as deltas."""
        return self._emitted.revised(text for slot in self._in_order() for text in slot.texts())

    # The whole

    def merge(self, response: Response) -> None:
        """Takes what *response* says, but for its output; zeros do not wipe out counts."""
        take_over(self.head, response)

    def response(self) -> Response:
        """The response so far; later events do not change it."""
        return with_output(self.head, self.items())

    def items(self) -> list[OutputItem]:
        """The items in the order of their indices, without gaps."""
        self._growing = None
        return [slot.built() for slot in self._in_order()]

    def calls(self) -> list[Any]:
        """The calls for the caller to answer, in order of first appearance."""
        self._growing = None
        return [slot.built() for slot in self._slots if slot.position >= 0]

    def take_output(self, items: Sequence[OutputItem]) -> dict[int, list[Addition]]:
        """Takes the output that ends a stream, in place of what was built; what it adds, by slot index.

        An item is the one with its id, or else the next of its kind: what was built may be numbered oddly.
        """
        named = [self._by_id.pop((type(item), item.id or ""), None) for item in items]
        left = self._unnamed(named)
        self._slots = []
        additions: dict[int, list[Addition]] = {}
        for index, (item, slot) in enumerate(zip(items, named, strict=True)):
            if slot is None and left[type(item)]:
                slot = left[type(item)].popleft()
            if slot is None:
                slot = self._new(type(item), index)
            else:
                self._slots.append(slot)
            slot.index = index
            additions[index] = self._take(slot, item)
        if any(slot.opened for slots in left.values() for slot in slots):
            self._emitted.take_back("tool_calls")
        return additions

    def finish(self) -> list[Slot]:
        """All items are as whole as they will be; returns their slots, in order."""
        for slot in self._slots:
            slot.finished = True
        return self._in_order()

    # One item

    def find(self, kind: type[Any], item_id: str | None, output_index: int | None) -> Slot | None:
        """The slot an event means, as far as its index and id tell."""
        if output_index is not None:
            # The index first: some gateways give an item another id in each of its events.
            slot = self._by_index.get((kind, output_index))
            if slot is not None:
                return slot
        slot = self._by_id.get((kind, item_id)) if item_id else None
        if slot is not None and output_index is not None:
            # Announced without an index, or under another one: from now on this one tells, whatever the id.
            self._by_index[kind, output_index] = slot
        if slot is None and output_index is None:
            # Nothing tells but the kind: its last item, unless that is whole, or known to be another one.
            slot = self._last.get(kind)
            if slot is not None and (slot.finished or (item_id and slot.id)):
                slot = None
        if slot is None and len(self._slots) >= MAX_ITEMS:
            slot = self._last.get(kind)
        return slot

    def slot(self, kind: type[Any], item_id: str | None, output_index: int | None) -> Slot:
        """The slot an event means; made if there is none."""
        slot = self.find(kind, item_id, output_index)
        if slot is None:
            slot = self._new(kind, output_index)
            self._take(slot, kind(id=item_id))
        return slot

    def begin(self, item: OutputItem, output_index: int | None) -> tuple[Slot, list[Addition]]:
        """An item was announced, for the first time or again."""
        slot = self.find(type(item), item.id, output_index)
        if slot is None or self._is_another(slot, item):
            slot = self._new(type(item), output_index)
        return slot, self._take(slot, item)

    def end(self, item: OutputItem, output_index: int | None) -> tuple[Slot, list[Addition]]:
        """An item is whole, for the first time or again."""
        slot = self.find(type(item), item.id, output_index)
        if slot is None or (slot.finished and self._is_another(slot, item)):
            slot = self._new(type(item), output_index)
        additions = self._take(slot, item)
        slot.finished = True
        return slot, additions

    def replace(self, slot: Slot, item: OutputItem) -> None:
        """Puts *item* in the place of what *slot* holds; for items whose texts are no deltas."""
        self._take(slot, item)

    # One text

    def text(
        self, place: Place, item_id: str | None, output_index: int | None, part_index: int | None
    ) -> Text:
        """The text that a delta adds to, which is emitted as it comes."""
        text = self._growing
        if (
            text is None
            or place is not text.place
            or output_index != self._output_index
            or part_index != self._part_index
            or (output_index is None and item_id != self._item_id)
        ):
            text = self.slot(place.item, item_id, output_index).text(place, part_index)
            self._emitted.note(text)
            self._growing, self._item_id = text, item_id
            self._output_index, self._part_index = output_index, part_index
        return text

    def take_text(
        self, place: Place, item_id: str | None, output_index: int | None, part_index: int | None, whole: str
    ) -> list[Addition]:
        """The whole of a text."""
        slot = self.find(place.item, item_id, output_index)
        if slot is None and item_id is None and output_index is None:
            slot = self._last.get(place.item)
        slot = slot or self.slot(place.item, item_id, output_index)
        return self._noted(slot.take_text(place, part_index, whole))

    def take_part(
        self,
        place: Place,
        item_id: str | None,
        output_index: int | None,
        part_index: int | None,
        part: Any,
        *,
        new: bool,
    ) -> list[Addition]:
        """A part as a whole."""
        slot = self.slot(place.item, item_id, output_index)
        return self._noted(slot.take_part(place, part_index, part, new=new))

    def part(self, place: Place, item_id: str | None, output_index: int | None, index: int | None) -> Held:
        """The part that holds the text at *place*, to be changed."""
        return self.slot(place.item, item_id, output_index).part(place, index)

    def _new(self, kind: type[Any], output_index: int | None) -> Slot:
        index = self._next if output_index is None else output_index
        self._next = max(self._next, index + 1)
        position = -1
        if kind in (FunctionCallItem, CustomToolCallItem):
            position = self._calls
            self._calls += 1
        slot = Slot(kind, index, position)
        self._slots.append(slot)
        self._by_index[kind, index] = slot
        self._last[kind] = slot
        return slot

    def _take(self, slot: Slot, item: OutputItem) -> list[Addition]:
        additions = slot.take(item)
        if slot.id:
            self._by_id[slot.kind, slot.id] = slot
        return self._noted(additions)

    def _noted(self, additions: list[Addition]) -> list[Addition]:
        self._growing = None
        for addition in additions:
            self._emitted.note(addition.text)
        return additions

    def _is_another(self, slot: Slot, item: OutputItem) -> bool:
        return bool(slot.id and item.id and slot.id != item.id) and len(self._slots) < MAX_ITEMS

    def _unnamed(self, named: Sequence[Slot | None]) -> dict[type[Any], deque[Slot]]:
        """The slots that are not among *named*, in order, by kind."""
        taken = {id(slot) for slot in named}
        left: dict[type[Any], deque[Slot]] = defaultdict(deque)
        for slot in self._in_order():
            if id(slot) not in taken:
                left[slot.kind].append(slot)
        return left

    def _in_order(self) -> list[Slot]:
        return sorted(self._slots, key=_index)


def _index(slot: Slot) -> int:
    return slot.index
