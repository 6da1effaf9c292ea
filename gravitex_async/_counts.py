"""Token counts as servers send them: under one of several names, or not at all."""

from __future__ import annotations

__all__ = ["first_count", "total_of"]


def first_count(*counts: int | None) -> int | None:
    """The first of several names for one count that holds any; 0 where one was sent, None where none was."""
    found = None
    for count in counts:
        if count:
            return count
        found = count if found is None else found
    return found


def total_of(total: int | None, read: int | None, written: int | None) -> int | None:
    """The total as sent; where it counts nothing, input plus output, if both are known."""
    return total if total or read is None or written is None else read + written
