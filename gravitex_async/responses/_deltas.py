"""What handlers make of an event in the form all dialects share.

A piece of text is a Delta as it comes. What else may bring text or calls (a part, an item, the whole
response, a "done" event) is compared with what came before (``_texts``), and what was new in it is a Delta
too. So every text is emitted once, whichever events a gateway sends.
"""

from __future__ import annotations

from ..deltas import Delta, ToolCallDelta
from ._slots import Slot
from ._structs import PARAGRAPH, tool_call
from ._texts import Addition

__all__ = ["arguments", "delta_of", "opened", "reasoning", "refusal"]

# Positional arguments: one Delta per event of a stream, and keywords cost half as much again.


def reasoning(text: str, *, apart: bool) -> Delta:
    """A piece of reasoning; *apart*: it begins a paragraph of its own."""
    return Delta("", PARAGRAPH + text if apart else text)


def refusal(text: str) -> Delta:
    """A piece of a refusal."""
    return Delta("", "", text)


def arguments(position: int, text: str) -> Delta:
    """A piece of the arguments of the call at *position*."""
    return Delta("", "", "", (ToolCallDelta(position, None, None, text),))


def delta_of(addition: Addition, *, apart: bool) -> Delta:
    """What a text that came as a whole adds; *apart*: as a paragraph of its own."""
    view = addition.text.place.view
    if view == "tool_calls":
        return arguments(addition.text.position, addition.end)
    if view == "refusal":
        return refusal(addition.end)
    if view == "reasoning_content":
        return reasoning(addition.end, apart=apart)
    return Delta(addition.end)


def opened(slot: Slot, deltas: list[Delta]) -> list[Delta]:
    """What a whole item adds, *deltas*, and of a call also its id and name, once they are known."""
    opening = _opening(slot) if slot.position >= 0 and not slot.opened else None
    if opening is None:
        return deltas
    slot.opened = True
    opening.arguments = "".join([delta.tool_calls[0].arguments for delta in deltas])
    return [Delta("", "", "", (opening,))]


def _opening(slot: Slot) -> ToolCallDelta | None:
    call = tool_call(slot.built(), slot.position)
    # Without a call id the item may yet bring one.
    known = slot.field("call_id") or (slot.finished and (call.id or call.name))
    return ToolCallDelta(slot.position, call.id or None, call.name or None) if known else None
