"""What a stream has read and nobody has taken yet.

Each entry is an item, and the deltas that it adds. There is a list of either kind, last first, so that the
next entry is popped off the end: ``items`` for views of the wire's structs, ``deltas`` for those of deltas.
The one that was asked for last is filled, the other is empty; what would stand in it is put aside, and moved
there when a view of that kind comes along (``turn``), as far as it was not taken in the other form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

from ..deltas import Delta

__all__ = ["Added", "Kind", "Queue"]

ItemT = TypeVar("ItemT")

Kind = Literal["items", "deltas"]
Added = Delta | Sequence[Delta]
"""What one item adds: its delta, or all of its deltas."""


class Queue(Generic[ItemT]):
    """The entries of the last read. Views keep the two lists, which are always the same objects."""

    __slots__ = ("_aside", "_kind", "_payloads", "_read", "deltas", "items")

    def __init__(self) -> None:
        self.items: list[ItemT] = []
        self.deltas: list[Added] = []
        self._kind: Kind = "items"  # which of the two is filled
        self._aside: list[Any] = []  # the same entries in the other kind, the taken ones too
        self._payloads: Sequence[Any] = ()  # bytes or views of them, of all that was read, first first
        self._read = 0  # entries of the last read, taken or not

    def __len__(self) -> int:
        return len(self.items) or len(self.deltas)

    @property
    def taken(self) -> int:
        """How many entries of the last read were handed out."""
        return self._read - len(self)

    @property
    def held(self) -> bool:
        """Whether more is kept of what was handed out than the last payload."""
        return self._read > 1

    @property
    def last_payload(self) -> bytes | None:
        """The payload of the entry that was handed out last, as sent; None before the first."""
        taken = self.taken
        return bytes(self._payloads[taken - 1]) if taken else None

    def put(self, items: list[ItemT], deltas: list[Added], payloads: Sequence[Any]) -> None:
        """Takes what a read brought, and keeps the lists. A read without an event changes nothing."""
        if not items:
            return
        items.reverse()
        deltas.reverse()
        left = len(self.items) or len(self.deltas)
        if left:  # nobody has asked for more yet: what comes now stands behind what is left
            aside = self._aside[:left]
            items += self.items or aside
            deltas += self.deltas or aside
            payloads = [*self._payloads[self._read - left :], *payloads]
            self.discard()
        if self._kind == "items":
            self.items += items
            self._aside = deltas
        else:
            self.deltas += deltas
            self._aside = items
        self._payloads = payloads
        self._read = len(items)

    def turn(self, kind: Kind) -> Sequence[object]:
        """The list of *kind*, from which a view takes what is left, until the next turn."""
        filled: list[Any] = self.items if self._kind == "items" else self.deltas
        if kind == self._kind:
            return filled
        other: list[Any] = self.items if kind == "items" else self.deltas
        # Entries are taken off the end, so those that are left stand at the front of both forms.
        other += self._aside[: len(filled)]
        self._aside = filled[:]
        self._kind = kind
        filled.clear()
        return other

    def settle(self) -> None:
        """All was handed out: keeps nothing of it but the last payload."""
        self._aside = []
        self._payloads = self._payloads[-1:]
        self._read = len(self._payloads)

    def forget_taken(self) -> None:
        """What was taken went to nobody."""
        self._payloads = self._payloads[self.taken :]
        self._read = len(self)

    def discard(self) -> None:
        """Nobody wants what is here."""
        self.items.clear()
        self.deltas.clear()

    def restart(self) -> None:
        """Another try begins: nothing was read."""
        self.discard()
        self.settle()
        self._payloads = ()
        self._read = 0
