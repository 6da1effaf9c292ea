"""One event in the form all dialects share.

Runs after the accumulator has folded the event: what a fragment of a function call adds was noted on it then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..deltas import Delta, ToolCallDelta
from ._parts import Part
from ._structs import GenerateContentResponse

__all__ = ["deltas_of"]

Late = Callable[[int], tuple[ToolCallDelta, ...]]


def deltas_of(event: GenerateContentResponse, late: Late) -> Sequence[Delta]:
    """What *event* adds, one Delta per candidate it adds anything to; usage on one of its own if need be.

    ``late(index)`` is what calls of a candidate held back until its end.
    """
    usage = None if event.usage_metadata is None else event.usage_metadata.told()
    found = []
    for candidate in event.candidates:
        reason = candidate.finish_reason or None
        parts = () if candidate.content is None else candidate.content.parts
        if len(parts) == 1 and reason is None and parts[0].function_call is None:
            text = parts[0].text  # by far the most events are of this form
            if text and parts[0].thought:
                found.append(Delta("", text, "", (), None, usage, candidate.index))
                usage = None
            elif text:
                found.append(Delta(text, "", "", (), None, usage, candidate.index))
                usage = None
            continue
        content, thoughts = _text(parts, thought=False), _text(parts, thought=True)
        calls = _calls(parts) + (() if reason is None else late(candidate.index))
        if content or thoughts or calls or reason:
            found.append(Delta(content, thoughts, "", calls, reason, usage, candidate.index))
            usage = None
    blocked = None if event.candidates else event.block_reason
    if usage is not None or blocked is not None:
        found.append(Delta(finish_reason=blocked, usage=usage))
    return found


def _text(parts: Sequence[Part], *, thought: bool) -> str:
    return "".join(part.text for part in parts if part.text and bool(part.thought) is thought)


def _calls(parts: Sequence[Part]) -> tuple[ToolCallDelta, ...]:
    fragments = (part.function_call for part in parts if part.function_call is not None)
    return tuple(fragment.told for fragment in fragments if fragment.told is not None)
