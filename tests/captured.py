"""Answers of real services, and what a reader should find in each.

Recorded ones, whose manifest was made by a separate reader, and authored ones.
"""

from __future__ import annotations

import functools
import hashlib
import random
from typing import Any, NamedTuple

import msgspec

from gravitex_async.testing import Tape

from .authored import AUTHORED
from .conftest import at_hand, shared


class Capture(NamedTuple):
    """One body, recorded or authored, its manifest entry, and the reading it should give."""

    name: str
    entry: dict[str, Any]
    made: bytes | None = None
    """The body of an authored one."""

    @property
    def expect(self) -> dict[str, Any]:
        return self.entry["expect"]  # type: ignore[no-any-return]

    @property
    def status(self) -> int:
        return self.entry["status"] or 400

    @property
    def body(self) -> bytes:
        """The bytes as recorded, or as written."""
        return shared("captures", self.name).read_bytes() if self.made is None else self.made

    def tape(self, seed: int | None = None) -> Tape:
        """The body as it is; with a *seed* cut at some sixty random places, else after each event."""
        body, kind = self.body, _TYPES[self.name.rpartition(".")[2]]
        if seed is None:
            return Tape(body, self.status, content_type=kind)
        dice = random.Random(f"{self.name} {seed}")
        size = len(body)
        cuts = sorted(dice.sample(range(1, size), k=min(size - 1, 60))) if size > 1 else []
        return Tape(body, self.status, content_type=kind, cuts=cuts)


_TYPES = {"sse": "text/event-stream", "json": "application/json", "html": "text/html; charset=utf-8"}


def captures(folder: str, suffix: str) -> list[Capture]:
    """The captures of one folder: the authored ones, and the recorded ones where they are at hand."""
    written = [
        Capture(made.name, {"expect": made.expect, "status": made.status}, made.body) for made in AUTHORED
    ]
    wanted = [*written, *(Capture(name, entry) for name, entry in sorted(_manifest().items()))]
    return [each for each in wanted if each.name.startswith(f"{folder}/") and each.name.endswith(suffix)]


@functools.lru_cache
def _manifest() -> dict[str, Any]:
    path = at_hand("captures", "MANIFEST.json")
    return {} if path is None else msgspec.json.decode(path.read_bytes())


def same_text(found: str, wanted: Any) -> bool:
    """Whether *found* is the text of the manifest, which shortens what is long."""
    if isinstance(wanted, dict):
        digest = hashlib.sha256(found.encode()).hexdigest()
        return (len(found), digest) == (wanted["chars"], wanted["sha256"])
    return found == (wanted or "")
