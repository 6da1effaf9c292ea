"""One event in the form all dialects share.

Deltas of text are translated as they come. What else may bring text or calls (a part, an item, the whole
response, a "done" without deltas before it) is compared with what came before when it is folded, and what
was new in it is noted on the event. So every text is told once, whichever events a gateway sends, and joined
deltas are the text of the answer unless a "done" event overrules them. Notes stand beside the fields of the
wire (``__dict__``), so that an event that is sent on is as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..deltas import Delta, ToolCallDelta
from ._events import (
    CustomToolCallInputDeltaEvent,
    FunctionCallArgumentsDeltaEvent,
    OutputTextDeltaEvent,
    ReasoningSummaryTextDeltaEvent,
    ReasoningTextDeltaEvent,
    RefusalDeltaEvent,
    ResponsesEvent,
)
from ._items import CustomToolCallItem, FunctionCallItem, MessageItem, ReasoningItem
from ._response import PARAGRAPH, tool_call
from ._slots import ARGUMENTS, INPUT, REFUSAL, SUMMARY, TEXT, THOUGHT, Place, Slot

__all__ = ["delta_of", "deltas_of", "news", "note_apart", "note_news", "note_position"]

OPENED = "opened"
"""Among what is told of a call: its id and name."""


def deltas_of(event: Any) -> Sequence[Delta]:
    """What *event*, which was folded before, adds."""
    kind = type(event)
    if kind is OutputTextDeltaEvent:
        return (Delta(event.delta),) if event.delta else ()
    if kind is ReasoningTextDeltaEvent or kind is ReasoningSummaryTextDeltaEvent:
        apart = PARAGRAPH if "apart" in event.__dict__ else ""
        return (Delta("", apart + event.delta),) if event.delta else ()
    if kind is FunctionCallArgumentsDeltaEvent or kind is CustomToolCallInputDeltaEvent:
        return (_arguments(event.position, event.delta),) if event.delta else ()
    if kind is RefusalDeltaEvent:
        return (Delta(refusal=event.delta),) if event.delta else ()
    found: list[Delta] = getattr(event, "news", [])
    return found


def note_apart(event: ResponsesEvent) -> None:
    """Notes that *event* begins another piece of reasoning: a paragraph of its own."""
    event.__dict__["apart"] = True


def note_position(event: ResponsesEvent, position: int) -> None:
    """Notes which call *event* belongs to."""
    event.__dict__["position"] = position


def note_news(event: ResponsesEvent, deltas: list[Delta]) -> None:
    """Notes what was new in *event*."""
    event.__dict__["news"] = deltas


def _arguments(position: int, text: str) -> Delta:
    return Delta(tool_calls=(ToolCallDelta(position, None, None, text),))


def delta_of(place: Place, text: str, position: int) -> Delta | None:
    """A text that came as a whole; None where it is no part of the shared form."""
    if place is TEXT:
        return Delta(text)
    if place is REFUSAL:
        return Delta(refusal=text)
    if place is THOUGHT or place is SUMMARY:
        return Delta("", text)
    if place is ARGUMENTS or place is INPUT:
        return _arguments(position, text)
    return None


def news(slot: Slot) -> list[Delta]:
    """What a whole item brings that was not told before; from then on it is."""
    item = slot.item
    if isinstance(item, MessageItem):
        return _untold(slot, TEXT) + _untold(slot, REFUSAL)
    if isinstance(item, ReasoningItem):
        return _untold(slot, SUMMARY) + _untold(slot, THOUGHT)
    if isinstance(item, (FunctionCallItem, CustomToolCallItem)):
        return _call_news(slot, item)
    return []


def _untold(slot: Slot, place: Place) -> list[Delta]:
    parts = [part for part in getattr(slot.item, place.list) if isinstance(part, place.part)]
    texts = [text for part in parts if (text := getattr(part, place.name))]
    told = slot.told.get(place, 0)
    slot.told[place] = max(told, len(texts))
    return [delta for text in texts[told:] if (delta := delta_of(place, text, -1))]


def _call_news(slot: Slot, item: FunctionCallItem | CustomToolCallItem) -> list[Delta]:
    place = ARGUMENTS if isinstance(item, FunctionCallItem) else INPUT
    call = tool_call(item, slot.position)
    delta = ToolCallDelta(slot.position)
    # Without a call id the item may yet bring one.
    if not slot.told.get(OPENED) and (item.call_id or (slot.finished and (call.id or call.name))):
        slot.told[OPENED] = 1
        delta.id, delta.name = call.id or None, call.name or None
    if call.arguments and not slot.told.get(place):
        slot.told[place] = 1
        delta.arguments = call.arguments
    return [Delta(tool_calls=(delta,))] if delta.id or delta.name or delta.arguments else []
