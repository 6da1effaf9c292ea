"""What one chunk adds, as deltas: those of its choices, and where its usage goes."""

from __future__ import annotations

from collections.abc import Sequence

from ..deltas import Delta
from ..usage import Usage
from ._usage import CompletionUsage

__all__ = ["added", "counted"]


def counted(usage: CompletionUsage | None) -> Usage | None:
    """The counts in the form all dialects share; None for an object that counts nothing."""
    if usage is None:
        return None
    found = usage.neutral()
    return None if found.source == "none" else found


def added(deltas: Sequence[Delta | None], usage: Usage | None) -> Delta | Sequence[Delta]:
    """One delta per choice that adds anything; *usage* on one of its own, where no delta carries it."""
    found = [delta for delta in deltas if delta is not None]
    if usage is not None and not any(delta.usage is usage for delta in found):
        found.append(Delta(usage=usage))
    return found[0] if len(found) == 1 else found
