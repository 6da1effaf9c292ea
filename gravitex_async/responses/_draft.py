"""The response under construction, and what is known of its end: what every handler is given.

Keeps count of what was emitted as deltas (``content``, ``reasoning``): the clocks of a stream run on that.
Signs of life that are no content count once there was some: they keep a working answer from being taken for
a stalled one, and do not start the shorter clock of an answer that has begun (``Timeout.content_idle``).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..deltas import Delta
from ._deltas import delta_of, opened
from ._slots import Slot
from ._snapshot import Snapshot
from ._structs import Response
from ._texts import Addition

__all__ = ["Draft"]


class Draft:
    """A snapshot of the response, with its end.

    ``over``: its last event was seen; ``complete``: and the answer is whole. ``suspect``: a handler sets it
    when its event says that the response failed.
    """

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.content = 0
        self.reasoning = 0
        self.complete = False
        self.over = False
        self.suspect = False
        self._reasoned = False  # some reasoning was emitted

    def emit(self, additions: Sequence[Addition]) -> list[Delta]:
        """The deltas of *additions*, counted; texts of hosted tools have none."""
        deltas = []
        for addition in additions:
            view = addition.text.place.view
            if view is None:
                continue
            apart = False
            if view == "reasoning_content":
                self.reasoning += 1
                apart = addition.begins and self.is_apart()
            else:
                self.content += 1
            deltas.append(delta_of(addition, apart=apart))
        return deltas

    def emit_item(self, slot: Slot, additions: Sequence[Addition]) -> list[Delta]:
        """The same for a whole item."""
        found = self.emit(additions)
        deltas = opened(slot, found)
        self.content += len(deltas) - len(found)
        return deltas

    def is_apart(self) -> bool:
        """Whether a piece of reasoning that begins now has others before it."""
        before, self._reasoned = self._reasoned, True
        return before

    def sign_of_life(self) -> None:
        """Something happened that is no content."""
        if self.content:
            self.content += 1
        elif self.reasoning:
            self.reasoning += 1

    def take_up(self, start: Response) -> None:
        """Begins with what had arrived of the response before."""
        self.snapshot.merge(start)
        for index, item in enumerate(start.output):
            slot, _ = self.snapshot.begin(item, index)
            slot.finished = item.status == "completed"
            opened(slot, [])
        self._reasoned = bool(start.reasoning_content)
