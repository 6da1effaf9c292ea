"""One event in the form all dialects share.

Deltas of text are translated as they come. What else may bring text or calls (a part, an item, the whole
response, a "done" event) is compared with what came before when it is folded (``_texts``), and what was new
in it is noted on the event. So every text is told once, whichever events a gateway sends. Notes stand beside
the fields of the wire (``__dict__``), so that an event that is sent on is as it came.
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
from ._slots import Slot
from ._structs import PARAGRAPH, tool_call
from ._texts import News

__all__ = ["delta_of", "deltas_of", "note_apart", "note_news", "note_position", "opened"]


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


def delta_of(news: News, *, apart: bool) -> Delta:
    """What a text that came as a whole adds; *apart*: as a paragraph of its own."""
    view = news.text.place.view
    if view == "tool_calls":
        return _arguments(news.text.position, news.end)
    if view == "refusal":
        return Delta(refusal=news.end)
    if view == "reasoning_content":
        return Delta("", PARAGRAPH + news.end if apart else news.end)
    return Delta(news.end)


def opened(slot: Slot, deltas: list[Delta]) -> list[Delta]:
    """What a whole item adds, *deltas*, and of a call also its id and name, once they are known."""
    opening = _opening(slot) if slot.position >= 0 and not slot.opened else None
    if opening is None:
        return deltas
    slot.opened = True
    opening.arguments = "".join([delta.tool_calls[0].arguments for delta in deltas])
    return [Delta(tool_calls=(opening,))]


def _opening(slot: Slot) -> ToolCallDelta | None:
    call = tool_call(slot.built(), slot.position)
    # Without a call id the item may yet bring one.
    known = slot.field("call_id") or (slot.finished and (call.id or call.name))
    return ToolCallDelta(slot.position, call.id or None, call.name or None) if known else None
