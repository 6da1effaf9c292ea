"""Events that bring nothing but a piece of text and its usage, read without making answers of them.

Strategy
    Who wants deltas only has no use for the structs of the wire. The first event of a run says which form it
    has (``Form``): whether it is a thought, and what its usage holds. A decoder made for this form, whose
    types leave room for nothing else, then proves that all events of the run have it. Decoders are kept: a
    stream has two or three forms, and shares them with its siblings.

    As all events say the same kind of things, only the last one's usage counts in the end: what it has
    replaces what those before it had, and what it lacks, they lack too. So usage is merged once per run. That
    holds where all of them count something or none does; zeros among counts take the full way.

    Fields of the head that the answer still lacks must be empty in all events of the run: that is part of the
    form. An event that brings one of them is folded, and the next run is read for the others.

    Whatever the full structs give a type has the same or a narrower one here: no event is read in brief that
    the full way would refuse.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from ..deltas import Delta
from ..usage import Usage
from ._decode import strict_decoder
from ._head import Lacks
from ._metadata import UsageMetadata

__all__ = ["Run", "run_of"]

# In token details: more kinds of media than this are not counted in one usage.
MAX_DETAILS: Final = 8

_NAMES: Final = {field.encode_name: field.name for field in msgspec.structs.fields(UsageMetadata)}
_TOTAL: Final = "totalTokenCount"
_EXTRA: Final = ("thoughtsTokenCount", "cachedContentTokenCount")
_TOLD: Final = (_TOTAL, "promptTokenCount", "candidatesTokenCount", *_EXTRA)


class Form(NamedTuple):
    """What the events of a run have in common.

    ``usage`` has the length of each field, in order: of a list, 0 for any other value, None for null.
    """

    thought: bool
    role: str | None
    usage: tuple[tuple[str, int | None], ...] | None
    lacks: Lacks


class Run(NamedTuple):
    """What the events of a run add, and what they leave."""

    form: Form
    texts: list[str]
    deltas: list[Delta]
    usage: UsageMetadata | None


class _Thought(msgspec.Struct, gc=False):
    thought: bool | None = None


class _Content(msgspec.Struct, gc=False):
    parts: tuple[_Thought]
    role: Literal["model", None] = None


class _Candidate(msgspec.Struct, gc=False):
    content: _Content


class _Event(msgspec.Struct, gc=False, rename="camel"):
    """As much of an event as tells its form."""

    candidates: tuple[_Candidate]
    usage_metadata: dict[str, Any] | None = None


class _Detail(msgspec.Struct, gc=False, rename="camel"):
    modality: str | None = None
    token_count: int | None = None


_event = msgspec.json.Decoder(_Event).decode


def run_of(payloads: Sequence[bytes], lacks: Lacks) -> Run | None:
    """What *payloads*, at least one, add to an answer that *lacks* parts of its head.

    None when one of them adds no text, or more, or is of another form.
    """
    try:
        form = _form(_event(payloads[0]), lacks)
        if form is None:
            return None
        events = list(map(_decoder(form), payloads))
    except (ValueError, RecursionError):
        return None
    texts = [event.candidates[0].content.parts[0].text for event in events]
    flags = [event.candidates[0].content.parts[0].thought for event in events] if form.thought else ()
    if not (all(texts) and all(flags)):
        return None
    told = _told(form, events)
    kinds = (repeat(""), texts) if form.thought else (texts, repeat(""))
    deltas = list(map(Delta, *kinds, repeat(""), repeat(()), repeat(None), told))
    # The former usage is merged with a full one.
    usage = None if form.usage is None else strict_decoder.decode(payloads[-1]).usage_metadata
    return Run(form, texts, deltas, usage)


def _told(form: Form, events: Sequence[Any]) -> Iterable[Usage | None]:
    """The usage of each event in the form all dialects share, as ``UsageMetadata.told`` has it."""
    names = [name for name, length in form.usage or () if length is not None]
    if _TOTAL not in names:
        return repeat(None)
    usages = [event.usage_metadata for event in events]
    if not any(name in names for name in _EXTRA):
        return [
            Usage(u.prompt_token_count, u.candidates_token_count, u.total_token_count, None, None, "server")
            for u in usages
        ]
    return [
        Usage(
            u.prompt_token_count,
            u.candidates_token_count
            if u.thoughts_token_count is None
            else (u.candidates_token_count or 0) + u.thoughts_token_count,
            u.total_token_count,
            u.thoughts_token_count,
            u.cached_content_token_count,
            "server",
        )
        for u in usages
    ]


def _form(event: _Event, lacks: Lacks) -> Form | None:
    content, usage = event.candidates[0].content, event.usage_metadata
    thought = content.parts[0].thought is True
    if usage is None:
        return Form(thought, content.role, None, lacks)
    counts = [name for name in _TOLD if usage.get(name) is not None]
    if not usage.keys() <= _NAMES.keys() or (counts and _TOTAL not in counts):
        return None
    lengths = tuple((name, _length(value)) for name, value in usage.items())
    return Form(thought, content.role, lengths, lacks)


def _length(value: Any) -> int | None:
    if isinstance(value, list):
        return min(len(value), MAX_DETAILS)
    return None if value is None else 0


# Types made at run time: what the form has is required, what it lacks is null or not there.


@functools.lru_cache(maxsize=64)
def _decoder(form: Form) -> Callable[[bytes], Any]:
    part = _struct("Part", {"text": str, "thought": bool if form.thought else None})
    role = None if form.role is None else Literal[form.role]
    content = _struct("Content", {"parts": _tuple(part), "role": role})
    candidate = _struct(
        "Candidate",
        {"content": content, "finish_reason": None, "index": Literal[0], "safety_ratings": None},
        index=0,
    )
    usage = None if form.usage is None else _usage(form.usage)
    event = {
        "candidates": _tuple(candidate),
        "prompt_feedback": None,
        "usage_metadata": usage,
        "model_version": _text(form.lacks.model_version),
        "create_time": _text(form.lacks.create_time),
        "response_id": _text(form.lacks.response_id),
        "model_status": None if form.lacks.model_status else Any,
    }
    defaults = dict.fromkeys(Lacks._fields)
    return msgspec.json.Decoder(_struct("Event", event, **defaults)).decode


def _text(lacking: bool) -> Any:
    """The type of a text of the head; one that is still missing is empty."""
    return Literal["", None] if lacking else str | None


def _usage(lengths: Sequence[tuple[str, int | None]]) -> Any:
    """The struct for usage with these fields; the counts that a delta tells are always there."""
    kinds = {_NAMES[name]: None if length is None else _kind(name, length) for name, length in lengths}
    return _struct("Usage", kinds | {_NAMES[name]: None for name in _TOLD if _NAMES[name] not in kinds})


def _kind(name: str, length: int) -> Any:
    """The type of a field of usage that holds something; a total counts something."""
    if name.endswith("Details"):
        return _tuple(*repeat(_Detail, length))
    if name == _TOTAL:
        return Annotated[int, msgspec.Meta(ge=1)]
    return int if name.endswith("Count") else str


def _tuple(*items: Any) -> Any:
    return tuple.__class_getitem__(items)


def _struct(name: str, kinds: dict[str, Any], **defaults: Any) -> Any:
    """A struct that takes no other fields; one whose type is None may be left out."""
    defaults |= {field: None for field, kind in kinds.items() if kind is None}
    fields = [
        (field, kind, *([defaults[field]] if field in defaults else [])) for field, kind in kinds.items()
    ]
    return msgspec.defstruct(name, fields, kw_only=True, gc=False, rename="camel", forbid_unknown_fields=True)
