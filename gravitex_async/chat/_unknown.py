"""Fields of chunks that no struct knows, set aside so that the answer has them in the end.

The structs of a chunk refuse unknown fields, so the strict decoder stays as fast as it is and an event with
such a field takes the slow way, where it is met here: the field is taken out and kept, its last value counts.
The chunk itself keeps its payload. Where the caller decodes into a type of his own (``chunk_type``), the
fields of that are known.
"""

from __future__ import annotations

import functools
from typing import Any, Final, NamedTuple, get_args

import msgspec

from ._chunks import ChatCompletionChunk, ChoiceDelta, ChunkChoice, ToolCallFragment
from ._usage import CompletionUsage

__all__ = ["UnknownFields"]

# More names than this in one answer are no new fields but garbage; the rest is dropped.
MAX_NAMES: Final = 64


class _Known(NamedTuple):
    """The names on the wire that the structs of a chunk have."""

    chunk: frozenset[str]
    choice: frozenset[str]
    delta: frozenset[str]
    call: frozenset[str]
    usage: frozenset[str]


@functools.lru_cache(maxsize=64)  # callers may make types on the fly
def _known(chunk_type: type[Any]) -> _Known:
    chunk: Any = chunk_type
    choice = _inner(chunk, "choices", ChunkChoice)
    delta = _inner(choice, "delta", ChoiceDelta)
    call = _inner(delta, "tool_calls", ToolCallFragment)
    usage = _inner(chunk, "usage", CompletionUsage)
    return _Known(*(frozenset(kind.__struct_encode_fields__) for kind in (chunk, choice, delta, call, usage)))


def _inner(struct: type[Any], name: str, default: type[Any]) -> type[Any]:
    """The struct that field *name* of another holds."""
    kinds = [field.type for field in msgspec.structs.fields(struct) if field.encode_name == name]
    while kinds:
        kind = kinds.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return kind
        kinds += get_args(kind)
    return default


class UnknownFields:
    """What one answer brought: ``answer`` itself, its ``usage``, and its choices, messages and calls.

    ``message(choice)`` is what belongs to the message of a choice, ``choice(choice)`` to the choice itself,
    and ``call(choice, index)`` to a call, by the index on the wire.
    """

    __slots__ = ("_calls", "_choices", "_chunk_type", "_messages", "answer", "usage")

    def __init__(self, chunk_type: type[Any] = ChatCompletionChunk) -> None:
        self._chunk_type = chunk_type
        self.answer: dict[str, Any] = {}
        self.usage: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._calls: dict[tuple[int, int], dict[str, Any]] = {}

    def choice(self, choice: int) -> dict[str, Any]:
        return self._choices.get(choice, {})

    def message(self, choice: int) -> dict[str, Any]:
        return self._messages.get(choice, {})

    def call(self, choice: int, index: int) -> dict[str, Any]:
        return self._calls.get((choice, index), {})

    def take(self, tree: dict[str, Any], payload: bytes) -> None:
        """Takes unknown fields out of an event's plain values; the hook of ``EventDecoder``.

        Some servers send such a field with every event: so what has none is left as soon as that is plain.
        """
        known = _known(self._chunk_type)  # type: ignore[arg-type]  # a type can be hashed
        if not known.chunk.issuperset(tree):
            _move(tree, known.chunk, self.answer)
        if isinstance(usage := tree.get("usage"), dict):
            _move(usage, known.usage, self.usage)
        choices = tree.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                index = choice.get("index")
                self._take_choice(choice, index if isinstance(index, int) else 0, known)

    def _take_choice(self, choice: dict[str, Any], index: int, known: _Known) -> None:
        if not known.choice.issuperset(choice):
            _move_into(self._choices, index, choice, known.choice)
        if isinstance(usage := choice.get("usage"), dict):
            _move(usage, known.usage, self.usage)
        if not isinstance(delta := choice.get("delta"), dict):
            return
        if not known.delta.issuperset(delta):
            _move_into(self._messages, index, delta, known.delta)
        calls = delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict) and not known.call.issuperset(call):
                at = call.get("index")
                key = (index, at if isinstance(at, int) else place)
                _move_into(self._calls, key, call, known.call)


def _move_into(
    kept: dict[Any, dict[str, Any]], key: Any, source: dict[str, Any], known: frozenset[str]
) -> None:
    """Moves what is unknown in *source* to ``kept[key]``, as long as there are not too many of those."""
    _move(source, known, kept.setdefault(key, {}) if len(kept) < MAX_NAMES else kept.get(key, {}))


def _move(source: dict[str, Any], known: frozenset[str], found: dict[str, Any]) -> None:
    for name in [name for name in source if name not in known]:
        value = source.pop(name)
        if value is not None and (name in found or len(found) < MAX_NAMES):
            found[name] = value
