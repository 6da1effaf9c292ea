"""One event in the form all dialects share.

Deltas of text are translated as they come. What else may bring text or calls (a part, an item, the whole
response, a "done" without deltas before it) is compared with what came before when it is folded, and what
was new in it is noted on the event: see ``noted``. So every text is told once, whichever events a gateway
sends, and joined deltas are the text of the answer unless a "done" event overrules them.
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

__all__ = ["Translation", "delta_of", "news", "noted"]

OPENED = "opened"
"""Among what is told of a call: its id and name."""


class Translation:
    """Translates the events of one stream, in order, each once."""

    __slots__ = ("_reasoning",)

    def __init__(self) -> None:
        self._reasoning: Any = None  # where the last piece of reasoning stood

    def of(self, event: ResponsesEvent) -> Sequence[Delta]:
        """What *event*, which was folded before, adds."""
        kind = type(event)
        if kind is OutputTextDeltaEvent:
            return (Delta(event.delta),) if event.delta else ()  # type: ignore[attr-defined]
        if kind is ReasoningTextDeltaEvent or kind is ReasoningSummaryTextDeltaEvent:
            return self._thought(event)
        if kind is FunctionCallArgumentsDeltaEvent or kind is CustomToolCallInputDeltaEvent:
            return _arguments(event)
        if kind is RefusalDeltaEvent:
            return (Delta(refusal=event.delta),) if event.delta else ()  # type: ignore[attr-defined]
        found: list[Delta] = getattr(event, "news", [])
        return [self._apart(delta) if delta.reasoning_content else delta for delta in found]

    def _thought(self, event: Any) -> Sequence[Delta]:
        if not event.delta:
            return ()
        part = event.summary_index if type(event) is ReasoningSummaryTextDeltaEvent else event.content_index
        stands = (type(event), event.output_index, part)
        same, self._reasoning = self._reasoning in (None, stands), stands
        return (Delta("", event.delta if same else PARAGRAPH + event.delta),)

    def _apart(self, delta: Delta) -> Delta:
        """A piece of reasoning that came as a whole: a paragraph of its own."""
        first, self._reasoning = self._reasoning is None, delta
        return delta if first else Delta("", PARAGRAPH + delta.reasoning_content)


def _arguments(event: Any) -> Sequence[Delta]:
    if not event.delta:
        return ()
    return (Delta(tool_calls=(ToolCallDelta(event.position, None, None, event.delta),)),)


def noted(event: ResponsesEvent, deltas: list[Delta]) -> None:
    """Notes on *event* what was new in it; beside the fields of the wire, so that it is not sent on."""
    event.__dict__["news"] = deltas


def delta_of(place: Place, text: str, position: int) -> Delta | None:
    """A text that came as a whole; None where it is no part of the shared form."""
    if place is TEXT:
        return Delta(text)
    if place is REFUSAL:
        return Delta(refusal=text)
    if place is THOUGHT or place is SUMMARY:
        return Delta("", text)
    if place is ARGUMENTS or place is INPUT:
        return Delta(tool_calls=(ToolCallDelta(position, None, None, text),))
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
