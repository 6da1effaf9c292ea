"""From JSON to the structs of an answer, strictly first, tolerantly where that fails."""

from __future__ import annotations

from typing import Any

import msgspec

from .._decode import EventDecoder
from .._json import loads_tolerant
from .._tolerant import TolerantDecoder
from ._structs import GenerateContentResponse
from ._wire import incoming, shape_of

__all__ = ["answers_of", "event_decoder", "readable"]

_strict = msgspec.json.Decoder(GenerateContentResponse, strict=False)
_strict_array = msgspec.json.Decoder(list[GenerateContentResponse], strict=False)
_SHAPE = shape_of(GenerateContentResponse)


def event_decoder() -> EventDecoder[GenerateContentResponse]:
    """A decoder for one stream."""
    return EventDecoder(_strict, unknown=_reread)


def readable(tree: dict[str, Any]) -> None:
    """Makes plain values fit the structs, in place: names, numbers for enum words, unknown fields."""
    fitting = incoming(tree, _SHAPE)
    tree.clear()
    tree.update(fitting)


def _reread(tree: dict[str, Any], payload: bytes) -> None:
    """Looks at an event that the strict decoder refuses; it is converted to the struct afterwards."""
    readable(tree)


def answers_of(body: bytes) -> list[GenerateContentResponse]:
    """A plain answer, or the elements of a stream that came as one JSON array.

    Raises:
        ValueError: It is neither.
        DecodeError: An element has a field of the wrong type.
    """
    try:
        answers = _strict_array.decode(body) if body.lstrip()[:1] == b"[" else [_strict.decode(body)]
    except (ValueError, RecursionError):
        answers = _tolerantly(loads_tolerant(body))
    if not any(answer.candidates or answer.prompt_feedback or answer.usage_metadata for answer in answers):
        raise ValueError("expected an answer with candidates")
    return answers


def _tolerantly(value: Any) -> list[GenerateContentResponse]:
    trees = value if isinstance(value, list) else [value]
    if not all(isinstance(tree, dict) for tree in trees):
        raise ValueError("expected an object or an array of objects")
    tolerant: TolerantDecoder[GenerateContentResponse] = TolerantDecoder(GenerateContentResponse)
    return [tolerant.convert(incoming(tree, _SHAPE)) for tree in trees]
