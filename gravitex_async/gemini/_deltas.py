"""What an event adds, in the form all dialects share: one Delta for each candidate it adds anything to.

Made in the same pass in which the accumulator takes the event, as only there it is known which call a
fragment goes on with, and what of it can be said yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..deltas import Delta, ToolCallDelta
from ..usage import Usage
from ._choices import Candidate
from ._structs import GenerateContentResponse

__all__ = ["delta_of", "rest_of"]


def delta_of(
    candidate: Candidate,
    content: str,
    thoughts: str,
    calls: Sequence[ToolCallDelta],
    usage: Usage | None,
) -> Delta | None:
    """The Delta of *candidate*, given what its parts add; None when it adds nothing but *usage*."""
    reason = candidate.finish_reason or None
    if not (content or thoughts or calls or reason):
        return None
    return Delta(content, thoughts, "", tuple(calls), reason, usage, candidate.index)


def rest_of(item: GenerateContentResponse, usage: Usage | None) -> Sequence[Delta]:
    """The Delta of what no candidate says: usage that none of them carries, and the block of a prompt."""
    blocked = item.block_reason
    return () if usage is None and blocked is None else (Delta(finish_reason=blocked, usage=usage),)
