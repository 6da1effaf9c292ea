"""Runs of deltas that add to one text, read without making events of them.

Strategy
    Who wants deltas only has no use for the events. The first payload of a run says which text it adds to
    (``Target``); a decoder made for this text, whose types leave room for no other kind, item or part, then
    proves that all payloads add to it, and no test per payload is left. Decoders are kept: there are a
    handful of kinds and places in all answers.

    Whatever the full events give a type has the same or a narrower one here: no event is read in brief that
    the full way would refuse. Logprobs, and events that leave out which item they mean, take the full way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from . import _events as e
from ._texts import SUMMARY, TEXT, THOUGHT, Place

__all__ = ["Run", "Target", "run_of"]

_KINDS: Final[dict[str, tuple[type[Any], Place, str]]] = {
    str(cls.__struct_config__.tag): (cls, place, index)
    for cls, place, index in (
        (e.OutputTextDeltaEvent, TEXT, "content_index"),
        (e.ReasoningTextDeltaEvent, THOUGHT, "content_index"),
        (e.ReasoningSummaryTextDeltaEvent, SUMMARY, "summary_index"),
    )
}

# Answers have a handful of items and parts; a wild index is no reason to make a decoder.
_Index = Annotated[int, msgspec.Meta(ge=0, le=63)]


class Target(msgspec.Struct, gc=False):
    """What the first payload of a run says of the text it adds to."""

    type: str
    output_index: _Index
    item_id: str | None = None
    content_index: _Index | None = None
    summary_index: _Index | None = None

    @property
    def place(self) -> Place:
        """Where the text stands."""
        return _KINDS[self.type][1]

    @property
    def part_index(self) -> int | None:
        """Which part of the item it is."""
        return self.summary_index if self.place is SUMMARY else self.content_index


class Run(NamedTuple):
    """Pieces of one text, and the last number among their events."""

    target: Target
    texts: list[str]
    sequence_number: int | None


_target = msgspec.json.Decoder(Target).decode


def run_of(payloads: Sequence[bytes]) -> Run | None:
    """What *payloads*, at least one, add to one text; None when one of them adds none, or does more."""
    try:
        target = _target(payloads[0])
        if target.type not in _KINDS:
            return None
        events = list(map(_decoder(target.type, target.output_index, target.part_index), payloads))
    except (ValueError, RecursionError):
        return None
    texts = [event.delta for event in events]
    numbers = (event.sequence_number for event in reversed(events))
    return Run(target, texts, next((n for n in numbers if n is not None), None)) if all(texts) else None


@functools.lru_cache(maxsize=64)
def _decoder(kind: str, output: int, part: int | None) -> Callable[[bytes], Any]:
    cls, _, index = _KINDS[kind]
    fields = [
        ("type", Literal[kind]),
        ("sequence_number", int | None, None),
        ("item_id", str | None, None),
        ("output_index", Literal[output]),
        (index, None, None) if part is None else (index, Literal[part]),
        ("delta", str),
        *([("logprobs", tuple[()], ())] if "logprobs" in cls.__struct_fields__ else []),
        ("obfuscation", str | None, None),
        ("error", None, None),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Piece", fields, kw_only=True, gc=False)).decode
