"""What events say of the answer itself: its id, its model, its time.

Of each the first value that is not empty counts, whichever event brings it: recorded streams repeat the same
with every event, and nothing says that a later one would be better. So an event matters while it brings what
is still missing.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

from ..decoding import any_of, fields_but
from ._structs import GenerateContentResponse
from ._wire import is_empty

__all__ = ["BRINGS", "HEAD", "take_head"]

# Every field that has no rule of its own.
HEAD: Final = fields_but(
    GenerateContentResponse, {"candidates", "prompt_feedback", "usage_metadata", "_more"}
)

# The conditions under which *item* may bring what *head* still lacks, for ``any_of``.
BRINGS: Final = [f"(head.{name} is None and item.{name} is not None)" for name in HEAD]

_brings = any_of("head, item", BRINGS)
_values = attrgetter(*HEAD)


def take_head(head: GenerateContentResponse, item: GenerateContentResponse) -> None:
    """Puts into *head* what it lacks and *item* has."""
    if not _brings(head, item):
        return
    found: tuple[Any, ...] = _values(item)
    for name, value in zip(HEAD, found, strict=True):
        if getattr(head, name) is None and not is_empty(value):
            setattr(head, name, value)
