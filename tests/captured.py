"""Recorded answers of real services, and what a separate reader found in each (captures/README.md)."""

from __future__ import annotations

import hashlib
import random
from typing import Any, NamedTuple

import msgspec

from gravitex_async.testing import Tape

from .conftest import shared


class Capture(NamedTuple):
    """One recorded body, its manifest entry, and the reading it should give."""

    name: str
    entry: dict[str, Any]

    @property
    def expect(self) -> dict[str, Any]:
        return self.entry["expect"]  # type: ignore[no-any-return]

    @property
    def status(self) -> int:
        return self.entry["status"] or 400

    def tape(self, seed: int | None = None) -> Tape:
        """The body as recorded; with a *seed* cut at some sixty random places, else after each event."""
        tape = Tape.load(shared("captures", self.name), status=self.status)
        if seed is None:
            return tape
        dice = random.Random(f"{self.name} {seed}")
        size = len(tape.body)
        cuts = sorted(dice.sample(range(1, size), k=min(size - 1, 60))) if size > 1 else []
        return Tape(tape.body, tape.status, content_type=tape.content_type, cuts=cuts)


def captures(folder: str, suffix: str) -> list[Capture]:
    """The captures of one folder; none where they are not at hand (in CI that is a failure)."""
    manifest = msgspec.json.decode(shared("captures", "MANIFEST.json").read_bytes())
    return [
        Capture(name, entry)
        for name, entry in sorted(manifest.items())
        if name.startswith(f"{folder}/") and name.endswith(suffix)
    ]


def same_text(found: str, wanted: Any) -> bool:
    """Whether *found* is the text of the manifest, which shortens what is long."""
    if isinstance(wanted, dict):
        digest = hashlib.sha256(found.encode()).hexdigest()
        return (len(found), digest) == (wanted["chars"], wanted["sha256"])
    return found == (wanted or "")
