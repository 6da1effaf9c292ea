"""What a stream has read and nobody has taken yet, for two kinds of views.

``items`` is for views of the wire's structs, ``made`` for views of deltas; entry by entry they are the same
events, last first, so that the next one is popped off the end. One of them is filled, the one that was asked
for last. A view of the other kind turns the queue: items are translated, and deltas give way to the items
they were made of, which may have to be decoded first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ..deltas import Delta

__all__ = ["Queue"]

ItemT = TypeVar("ItemT")


class Queue(Generic[ItemT]):
    """The entries of the last read. Views keep the two lists, which are always the same objects."""

    __slots__ = ("_behind", "deltas", "fresh", "items", "made")

    def __init__(self) -> None:
        self.items: list[ItemT] = []
        self.made: list[Delta | Sequence[Delta]] = []
        self.deltas = False  # which of the two is wanted
        self.fresh = 0  # entries of the last read, taken or not
        self._behind: list[ItemT] | None = None  # the items of ``made``; None: they were not decoded

    def __len__(self) -> int:
        return len(self.items) + len(self.made)

    @property
    def taken(self) -> int:
        """How many entries of the last read were handed out."""
        return self.fresh - len(self)

    def put(self, items: list[ItemT], made: list[Delta | Sequence[Delta]] | None) -> None:
        """Takes what a read brought, with the deltas of it where these are wanted."""
        items.reverse()
        if made is None:
            self.items[:0] = items
            self.fresh = len(self.items)
        else:
            self.made += reversed(made)
            self._behind = items
            self.fresh = len(items)

    def put_deltas(self, made: list[Delta]) -> None:
        """Takes the deltas of a read of which the items were not decoded."""
        self.made += reversed(made)
        self._behind = None
        self.fresh = len(made)

    def turn(
        self,
        deltas: bool,
        translate: Callable[[ItemT], Sequence[Delta]],
        reread: Callable[[int], list[ItemT]],
    ) -> None:
        """Goes over to the other kind with what is left; *reread* decodes the last so many items."""
        self.deltas = deltas
        if deltas:
            self._behind = self.items[:]
            self.made += reversed([translate(item) for item in reversed(self.items)])
            self.items.clear()
        elif self.made:
            left, behind = len(self.made), self._behind
            self.items += reversed(reread(left)) if behind is None else behind[:left]
            self.made.clear()

    def settle(self) -> None:
        """All was handed out: keeps nothing of it."""
        self._behind = None
        self.fresh = 1

    def forget_taken(self) -> None:
        """What was taken went to nobody."""
        self.fresh = len(self)

    def discard(self) -> None:
        """Nobody wants what is here."""
        self.items.clear()
        self.made.clear()

    def restart(self) -> None:
        """Another try begins: nothing was read."""
        self.discard()
        self.fresh = 0
