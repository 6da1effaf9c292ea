"""From JSON to the structs of an answer, strictly first, tolerantly where that fails."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any, TypeVar

import msgspec

from .._json import dumps, loads_tolerant, whole
from ..answers import keep_payload, origin_of
from ..decoding import EventDecoder, TolerantDecoder
from ..sse import MAX_EVENT_BYTES
from ._structs import GenerateContentResponse
from ._wire import Aside, Wire, beside, incoming, shape_of, with_extra

__all__ = ["answer_of", "answers_of", "event_decoder", "is_answer", "strict_decoder"]

EventT = TypeVar("EventT", bound=GenerateContentResponse)
Tree = dict[str, Any]


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
    return EventDecoder(
        _decoder_of(event_type), unknown=partial(_event, event_type), max_event_bytes=max_event_bytes
    )


@functools.lru_cache(maxsize=256)  # callers may make types on the fly
def _decoder_of(event_type: type[GenerateContentResponse]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(event_type, strict=False)


def _event(event_type: type[EventT], tree: Tree, payload: bytes) -> EventT:
    """An event that the strict decoder refuses, and its payload beside it."""
    event = _read(event_type, tree)
    keep_payload(event, payload)
    return event


def answer_of(tree: Tree) -> GenerateContentResponse:
    """The answer in plain values that the strict decoder refuses.

    Raises:
        DecodeError: A field has a value of the wrong type.
    """
    return _read(GenerateContentResponse, tree)


def _read(type_: type[EventT], tree: Tree) -> EventT:
    tolerant: TolerantDecoder[EventT] = TolerantDecoder(type_)
    fitting = incoming(tree, shape_of(type_))
    answer = tolerant.convert(fitting)
    for struct, sent in beside(answer, fitting):
        if isinstance(sent, Aside):
            answer._more = msgspec.UNSET
            if struct is answer:
                origin_of(answer).extra = sent.unknown
            elif isinstance(struct, Wire):
                with_extra(struct, sent.unknown)
    return answer


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
    return [_event(GenerateContentResponse, tree, dumps(whole(tree))) for tree in trees]
