"""What a stream has read and nobody has taken yet.

Each entry is an item, and the deltas that it adds. There is a list of either kind, last first, so that the
next entry is popped off the end: ``items`` for views of the wire's structs, ``deltas`` for those of deltas.
The one that was asked for last is filled, the other is empty; what would stand in it is put aside, and moved
there when a view of that kind comes along (``turn``), as far as it was not taken in the other form.

One item may be for deltas only: a chunk with nothing but the usage that this client asked for by itself.
Views of items do not meet it.
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

    __slots__ = ("_aside", "_payloads", "_read", "_unasked", "deltas", "filled", "items", "kind")

    def __init__(self) -> None:
        self.items: list[ItemT] = []
        self.deltas: list[Added] = []
        self.kind: Kind = "items"  # which of the two is filled
        self.filled: list[Any] = self.items
        self._aside: list[Any] = []  # the same entries in the other kind, the taken ones too
        self._payloads: Sequence[Any] = ()  # bytes or views of them, of all that was read, first first
        self._read = 0  # entries of the last read, taken or not
        self._unasked: ItemT | None = None

    def __len__(self) -> int:
        return len(self.filled)

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

    def put(
        self, items: list[ItemT], deltas: list[Added], payloads: Sequence[Any], unasked: ItemT | None = None
    ) -> None:
        """Takes what a read brought, and keeps the lists. A read without an event changes nothing."""
        if not items:
            return
        self._unasked = self._unasked if unasked is None else unasked
        items.reverse()
        deltas.reverse()
        filled = self.filled
        wanted: list[Any] = items if self.kind == "items" else deltas
        aside: list[Any] = deltas if wanted is items else items
        if filled:  # nobody has asked for more yet: what comes now stands behind what is left
            left = len(filled)
            wanted += filled
            aside += self._aside[:left]
            payloads = [*self._payloads[self._read - left :], *payloads]
            filled.clear()
        filled += wanted
        self._aside = aside
        self._payloads = payloads
        self._read = len(filled)
        if unasked is not None and self.kind == "items":
            self._drop_unasked()

    def _drop_unasked(self) -> None:
        """Takes the item that nobody asked for out of what is left; its delta goes with it."""
        for place, item in enumerate(self.items):
            if item is self._unasked:
                del self.items[place], self._aside[place]
                payloads = list(self._payloads)
                del payloads[self._read - 1 - place]
                self._payloads = payloads
                self._read -= 1
                return

    def turn(self, kind: Kind) -> Sequence[object]:
        """The list of *kind*, from which a view takes what is left, until the next turn."""
        filled = self.filled
        if kind == self.kind:
            return filled
        self.kind = kind
        self.filled = self.items if kind == "items" else self.deltas
        # Entries are taken off the end, so those that are left stand at the front of both forms.
        self.filled += self._aside[: len(filled)]
        self._aside = filled[:]
        filled.clear()
        if kind == "items" and self._unasked is not None:
            self._drop_unasked()
        return self.filled

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
