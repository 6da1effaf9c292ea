"""From JSON to the structs of an answer, strictly first, tolerantly where that fails."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from .._json import loads_tolerant
from ..decoding import EventDecoder, TolerantDecoder
from ..sse import MAX_EVENT_BYTES
from ._structs import GenerateContentResponse
from ._wire import Shape, incoming, shape_of

__all__ = ["answers_of", "event_decoder", "is_answer", "readable", "strict_decoder"]

EventT = TypeVar("EventT", bound=GenerateContentResponse)
Reread = Callable[["dict[str, Any]", bytes], None]


@functools.cache
def strict_decoder() -> msgspec.json.Decoder[GenerateContentResponse]:
    """Reads a plain answer."""
    return msgspec.json.Decoder(GenerateContentResponse, strict=False)


@functools.cache
def _strict_array() -> msgspec.json.Decoder[list[GenerateContentResponse]]:
    return msgspec.json.Decoder(list[GenerateContentResponse], strict=False)


def event_decoder(
    event_type: type[EventT], *, max_event_bytes: int = MAX_EVENT_BYTES
) -> EventDecoder[EventT]:
    """A decoder for one stream of events of *event_type*."""
    decoder, reread = _readers(event_type)
    return EventDecoder(decoder, unknown=reread, max_event_bytes=max_event_bytes)


@functools.lru_cache(maxsize=256)  # callers may make types on the fly
def _readers(event_type: type[GenerateContentResponse]) -> tuple[msgspec.json.Decoder[Any], Reread]:
    shape = shape_of(event_type)

    def reread(tree: dict[str, Any], payload: bytes) -> None:
        _fit(tree, shape)

    return msgspec.json.Decoder(event_type, strict=False), reread


def readable(tree: dict[str, Any]) -> None:
    """Makes plain values fit the structs, in place: names, numbers for enum words, unknown fields."""
    _fit(tree, shape_of(GenerateContentResponse))


def _fit(tree: dict[str, Any], shape: Shape) -> None:
    fitting = incoming(tree, shape)
    tree.clear()
    tree.update(fitting)


def is_answer(answer: GenerateContentResponse) -> bool:
    """Whether there is anything of an answer in it: any JSON object decodes into one."""
    return bool(answer.candidates or answer.prompt_feedback or answer.usage_metadata)


def answers_of(body: bytes) -> list[GenerateContentResponse]:
    """A plain answer, or the elements of a stream that came as one JSON array.

    Raises:
        ValueError: It is neither.
        DecodeError: An element has a field of the wrong type.
    """
    try:
        answers = (
            _strict_array().decode(body) if body.lstrip()[:1] == b"[" else [strict_decoder().decode(body)]
        )
    except (ValueError, RecursionError):
        answers = _tolerantly(loads_tolerant(body))
    if not any(map(is_answer, answers)):
        raise ValueError("expected an answer with candidates")
    return answers


def _tolerantly(value: Any) -> list[GenerateContentResponse]:
    trees = value if isinstance(value, list) else [value]
    if not all(isinstance(tree, dict) for tree in trees):
        raise ValueError("expected an object or an array of objects")
    tolerant: TolerantDecoder[GenerateContentResponse] = TolerantDecoder(GenerateContentResponse)
    shape = shape_of(GenerateContentResponse)
    return [tolerant.convert(incoming(tree, shape)) for tree in trees]
