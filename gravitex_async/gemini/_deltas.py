"""One event in the form all dialects share.

Runs after the accumulator has folded the event: what a fragment of a function call adds was noted on it then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..deltas import Delta, ToolCallDelta
from ._parts import Part
from ._structs import Candidate, GenerateContentResponse

__all__ = ["deltas_of"]


def deltas_of(
    event: GenerateContentResponse, late: Callable[[int], tuple[ToolCallDelta, ...]]
) -> Sequence[Delta]:
    """What *event* adds, one Delta per candidate it adds anything to; usage on one of its own if need be.

    ``late(index)`` is what calls of a candidate held back until its end.
    """
    counts = None if event.usage_metadata is None else event.usage_metadata.neutral()
    if counts is not None and counts.source == "none":
        counts = None
    found = []
    for candidate in event.candidates:
        reason = candidate.finish_reason or None
        content, reasoning, calls = _of_parts(candidate)
        if reason is not None:
            calls += late(candidate.index)
        if content or reasoning or calls or reason:
            found.append(Delta(content, reasoning, "", calls, reason, counts, candidate.index))
            counts = None
    if counts is not None:
        found.append(Delta(usage=counts))
    return found


def _of_parts(candidate: Candidate) -> tuple[str, str, tuple[ToolCallDelta, ...]]:
    content = candidate.content
    if content is None:
        return "", "", ()
    parts = content.parts
    if len(parts) == 1 and parts[0].function_call is None:
        text = parts[0].text or ""
        return ("", text, ()) if parts[0].thought else (text, "", ())
    return _text(parts, thought=False), _text(parts, thought=True), _calls(parts)


def _text(parts: Sequence[Part], *, thought: bool) -> str:
    return "".join(part.text for part in parts if part.text and bool(part.thought) is thought)


def _calls(parts: Sequence[Part]) -> tuple[ToolCallDelta, ...]:
    fragments = (part.function_call for part in parts if part.function_call is not None)
    return tuple(fragment.told for fragment in fragments if fragment.told is not None)
