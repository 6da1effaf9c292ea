"""Chunks that bring nothing but a piece of text, read without making chunks of them.

Strategy
    Who wants deltas only has no use for the structs of the wire. The structs here hold what a delta needs,
    and their types leave room for nothing else: exactly one choice, number 0, no finish reason, no usage, no
    calls. What decodes is such a chunk, so no test per chunk is left; what does not may be anything, and
    takes the full way.

    Fields of the head that the answer still lacks must be empty: decoders are made for what is lacking, and
    kept, for a stream has two or three such forms and shares them with its siblings. A chunk that brings one
    of them is folded, and the next run is read for the others.

    Whatever the full structs give a type has the same or a narrower one here: no chunk is read in brief
    that the full way would refuse. ``Plain`` is for by far the most chunks and takes no field it does not
    name, which is cheaper than fields that are never there. ``Piece`` takes every field, and both kinds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import add
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec

from ..deltas import Delta
from ._head import Lacks

__all__ = ["Run", "run_of"]


class _TextDelta(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    role: str | None = None
    content: str
    reasoning_content: Literal["", None] = None


class _ThoughtDelta(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    role: str | None = None
    content: Literal["", None] = None
    reasoning_content: str


DeltaT = TypeVar("DeltaT", _TextDelta, _ThoughtDelta)


class _PlainChoice(msgspec.Struct, Generic[DeltaT], gc=False, kw_only=True, forbid_unknown_fields=True):
    index: Literal[0] = 0
    delta: DeltaT
    logprobs: None = None
    finish_reason: None = None


class _PieceDelta(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    refusal: Literal["", None] = None
    tool_calls: tuple[()] | None = None
    reasoning: str | None = None
    function_call: None = None
    reasoning_details: tuple[()] | None = None
    annotations: tuple[()] | None = None
    audio: None = None
    extra_content: None = None
    channel: Any = None
    name: Any = None
    token_id: Any = None
    token_ids: Any = None


class _PieceChoice(msgspec.Struct, gc=False, kw_only=True):
    index: Literal[0] = 0
    delta: _PieceDelta
    logprobs: None = None
    finish_reason: Literal["", None] = None
    usage: None = None
    native_finish_reason: Literal["", None] = None
    content_filter_results: Any = None


# The fields of a chunk in the order of the wire: those that both forms take, and those of the full one.
_PLAIN: Final[dict[str, Any]] = {
    "id": str | None,
    "object": str | None,
    "created": int | None,
    "model": str | None,
    "service_tier": str | None,
    "system_fingerprint": str | None,
    "choices": None,  # what they are is the form's
    "usage": None,
    "obfuscation": str | None,
}
_FULL: Final[dict[str, Any]] = {
    **_PLAIN,
    "created": int | float | str | None,
    "citations": tuple[()] | None,
    "search_results": tuple[()] | None,
    "provider": str | None,
    "prompt_filter_results": Any,
    "error": None,
}

# What servers send in a field of the head that they do not fill in.
_EMPTY: Final = Literal["", None]
_EMPTY_COUNT: Final = Literal[0, None]

Decode = Callable[[bytes], Any]


class _Decoders(NamedTuple):
    """For chunks with text, with thinking, and with either in any form."""

    text: Decode
    thought: Decode
    piece: Decode


@functools.lru_cache(maxsize=128)  # as many as there can be
def _decoders(lacks: Lacks) -> _Decoders:
    return _Decoders(
        _decoder("Plain", _PlainChoice[_TextDelta], _PLAIN, lacks, strict=True),
        _decoder("Plain", _PlainChoice[_ThoughtDelta], _PLAIN, lacks, strict=True),
        _decoder("Piece", _PieceChoice, _FULL, lacks, strict=False),
    )


def _decoder(name: str, choice: Any, fields: dict[str, Any], lacks: Lacks, *, strict: bool) -> Decode:
    empty = {
        field: _EMPTY_COUNT if field == "created" else _EMPTY
        for field, lacking in lacks._asdict().items()
        if lacking and field in fields
    }
    kinds: list[Any] = [(field, kind, None) for field, kind in (fields | empty).items()]
    kinds[list(fields).index("choices")] = ("choices", tuple.__class_getitem__((choice,)))
    struct = msgspec.defstruct(
        name, kinds, kw_only=True, gc=False, forbid_unknown_fields=strict, module=__name__
    )
    return msgspec.json.Decoder(struct).decode


class Run(NamedTuple):
    """What a run of chunks adds: a delta for each, and the pieces of both kinds, none of them empty.

    ``beside`` has names of the sender and results of a content filter, where there are any.
    """

    deltas: list[Delta]
    texts: list[str]
    thoughts: list[str]
    beside: Sequence[tuple[Any, Any]] = ()


def run_of(payloads: Sequence[bytes], lacks: Lacks, *, thinking: bool) -> Run | None:
    """What *payloads* add to an answer that *lacks* parts of its head; *thinking* is what is expected.

    None when one of them adds nothing, or more than that.
    """
    decoders = _decoders(lacks)
    if not thinking and (texts := _texts(decoders.text, payloads)) is not None:
        return Run(list(map(Delta, texts)), texts, [])
    if (thoughts := _thoughts(decoders.thought, payloads)) is not None:
        return Run(list(map(Delta, repeat(""), thoughts)), [], thoughts)
    return _mixed(decoders.piece, payloads)


def _texts(decode: Decode, payloads: Sequence[bytes]) -> list[str] | None:
    try:
        texts = [chunk.choices[0].delta.content for chunk in map(decode, payloads)]
    except (ValueError, RecursionError):
        return None
    return texts if all(texts) else None


def _thoughts(decode: Decode, payloads: Sequence[bytes]) -> list[str] | None:
    try:
        thoughts = [chunk.choices[0].delta.reasoning_content for chunk in map(decode, payloads)]
    except (ValueError, RecursionError):
        return None
    return thoughts if all(thoughts) else None


def _mixed(decode: Decode, payloads: Sequence[bytes]) -> Run | None:
    try:
        choices = [chunk.choices[0] for chunk in map(decode, payloads)]
    except (ValueError, RecursionError):
        return None
    deltas = [choice.delta for choice in choices]
    texts = [delta.content or "" for delta in deltas]
    thoughts = [delta.reasoning_content or delta.reasoning or "" for delta in deltas]
    if not all(map(add, texts, thoughts)):
        return None
    return Run(
        list(map(Delta, texts, thoughts)),
        list(filter(None, texts)),
        list(filter(None, thoughts)),
        [
            (choice.delta.name, choice.content_filter_results)
            for choice in choices
            if choice.content_filter_results or choice.delta.name
        ],
    )
