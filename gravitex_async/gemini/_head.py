"""What the events of an answer say of the answer itself: its id, its model, its time.

Of each the first value that is not empty counts, whichever event brings it: recorded streams repeat the same
with every event, and nothing says that a later one would be better.

So an event matters while it brings what is still missing: ``lacks`` says what that is.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final, NamedTuple

from ._structs import GenerateContentResponse

__all__ = ["Head", "Lacks"]


class Lacks(NamedTuple):
    """Which fields of the head no event has brought yet."""

    response_id: bool = True
    model_version: bool = True
    create_time: bool = True
    model_status: bool = True


_values: Final = attrgetter(*Lacks._fields)


class Head:
    """The first value of each field, under its name in ``fields``.

    ``flags`` is ``lacks`` as the hot loop wants it: whether an id or a model is missing, a time, a status.
    """

    __slots__ = ("fields", "flags", "lacks")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lacks = Lacks()
        self.flags = (True, True, True)

    def take(self, item: GenerateContentResponse) -> None:
        """Takes what is still missing."""
        for name, lacking, value in zip(Lacks._fields, self.lacks, _values(item), strict=True):
            if lacking and value:
                self.fields[name] = value
                self.lacks = self.lacks._replace(**{name: False})
        lacks = self.lacks
        self.flags = (lacks.response_id or lacks.model_version, lacks.create_time, lacks.model_status)

    def named_by(self, item: GenerateContentResponse) -> bool:
        """Whether *item* brings an id or a model that is still missing."""
        lacks = self.lacks
        return bool((lacks.response_id and item.response_id) or (lacks.model_version and item.model_version))
