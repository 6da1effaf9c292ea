"""Fields of deltas that no struct knows, set aside so that they can go back with the next request.

The structs of a delta and of a fragment of a tool call refuse unknown fields, so the strict decoder stays as
fast as it is and an event with such a field takes the slow way, where it is met here: the field is taken out
and kept, its last value counts. ``stream.last_raw`` has each event as it was sent.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ._structs import ChoiceDelta, ToolCallFragment

__all__ = ["UnknownFields"]

# More names than this in one answer are no new fields but garbage; the rest is dropped.
MAX_NAMES: Final = 64

_DELTA = frozenset(field.encode_name for field in msgspec.structs.fields(ChoiceDelta))
_CALL = frozenset(field.encode_name for field in msgspec.structs.fields(ToolCallFragment))


class UnknownFields:
    """What one answer brought: ``message(choice)``, and ``call(choice, index)`` by the index on the wire."""

    __slots__ = ("_calls", "_messages")

    def __init__(self) -> None:
        self._messages: dict[int, dict[str, Any]] = {}
        self._calls: dict[tuple[int, int], dict[str, Any]] = {}

    def message(self, choice: int) -> dict[str, Any]:
        return self._messages.get(choice, {})

    def call(self, choice: int, index: int) -> dict[str, Any]:
        return self._calls.get((choice, index), {})

    def take(self, tree: dict[str, Any], payload: bytes) -> None:
        """Takes unknown fields out of an event's plain values; the hook of ``EventDecoder``."""
        for choice in _dicts(tree.get("choices")):
            index, delta = choice.get("index"), choice.get("delta")
            index = index if isinstance(index, int) else 0
            if isinstance(delta, dict):
                _move(delta, _DELTA, self._messages, index)
                for place, call in enumerate(_dicts(delta.get("tool_calls"))):
                    at = call.get("index")
                    _move(call, _CALL, self._calls, (index, at if isinstance(at, int) else place))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _move(source: dict[str, Any], known: frozenset[str], kept: dict[Any, dict[str, Any]], key: Any) -> None:
    for name in [name for name in source if name not in known]:
        value = source.pop(name)
        found = kept.setdefault(key, {}) if len(kept) < MAX_NAMES else kept.get(key, {})
        if value is not None and (name in found or len(found) < MAX_NAMES):
            found[name] = value
