"""Chunks that bring nothing but a piece of text, read without making chunks of them.

Strategy
    Who wants deltas only has no use for the structs of the wire. The structs here hold what a delta needs,
    and their types leave room for nothing else: exactly one choice, number 0, no finish reason, no usage, no
    calls. What decodes is such a chunk, so no test per chunk is left; what does not may be anything, and
    takes the full way.

    Whatever the full structs give a type has the same or a narrower one here: no chunk is read in brief
    that the full way would refuse. ``_Plain`` is for by far the most chunks and takes no field it does not
    name, which is cheaper than fields that are never there. ``_Piece`` takes every field, and both kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import add
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from ..deltas import Delta

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


class _Plain(msgspec.Struct, Generic[DeltaT], gc=False, kw_only=True, forbid_unknown_fields=True):
    """A chunk of content, or one of thinking, in the form that most servers send."""

    id: str | None = None
    object: str | None = None
    created: int | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: tuple[_PlainChoice[DeltaT]]
    usage: None = None
    obfuscation: str | None = None


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
    native_finish_reason: str | None = None
    content_filter_results: Any = None


class _Piece(msgspec.Struct, gc=False, kw_only=True):
    """A chunk of content or thinking in any form."""

    id: str | None = None
    object: str | None = None
    created: int | float | str | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: tuple[_PieceChoice]
    usage: None = None
    citations: tuple[()] | None = None
    search_results: tuple[()] | None = None
    provider: str | None = None
    prompt_filter_results: Any = None
    obfuscation: str | None = None
    error: None = None


_text = msgspec.json.Decoder(_Plain[_TextDelta]).decode
_thought = msgspec.json.Decoder(_Plain[_ThoughtDelta]).decode
_piece = msgspec.json.Decoder(_Piece).decode


class Run(NamedTuple):
    """What a run of chunks adds: a delta for each, and the pieces of both kinds, none of them empty."""

    deltas: list[Delta]
    texts: list[str]
    thoughts: list[str]


def run_of(payloads: Sequence[bytes], *, thinking: bool) -> Run | None:
    """What *payloads* add; None when one adds nothing, or more than that. *thinking* is what is expected."""
    if not thinking and (texts := _texts(payloads)) is not None:
        return Run(list(map(Delta, texts)), texts, [])
    if (thoughts := _thoughts(payloads)) is not None:
        return Run(list(map(Delta, repeat(""), thoughts)), [], thoughts)
    return _mixed(payloads)


def _texts(payloads: Sequence[bytes]) -> list[str] | None:
    try:
        texts = [chunk.choices[0].delta.content for chunk in map(_text, payloads)]
    except (ValueError, RecursionError):
        return None
    return texts if all(texts) else None


def _thoughts(payloads: Sequence[bytes]) -> list[str] | None:
    try:
        thoughts = [chunk.choices[0].delta.reasoning_content for chunk in map(_thought, payloads)]
    except (ValueError, RecursionError):
        return None
    return thoughts if all(thoughts) else None


def _mixed(payloads: Sequence[bytes]) -> Run | None:
    try:
        deltas = [chunk.choices[0].delta for chunk in map(_piece, payloads)]
    except (ValueError, RecursionError):
        return None
    texts = [delta.content or "" for delta in deltas]
    thoughts = [delta.reasoning_content or delta.reasoning or "" for delta in deltas]
    if not all(map(add, texts, thoughts)):
        return None
    return Run(list(map(Delta, texts, thoughts)), list(filter(None, texts)), list(filter(None, thoughts)))
