"""``reasoning_details`` of a stream put together: pieces of one entry (same type, index and id) are joined.

Pieces are taken apart as they come, and not kept as the objects they came in: thousands of small dicts that
stay alive are what the garbage collector looks through again and again (half of all an event cost).
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["Details"]

_JOINED: Final = frozenset({"text", "summary", "data"})


class Details:
    """The entries so far. Of a field that is no text to be joined, the last value counts."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[Any, dict[str, Any]] = {}  # in order; a joined text is a list of its pieces

    def add(self, details: list[Any]) -> None:
        """Takes the entries of one event; what is no object is none."""
        for detail in details:
            if not isinstance(detail, dict):
                continue
            entry = self._entry(detail)
            for name, value in detail.items():
                if name not in _JOINED:
                    entry[name] = value
                elif isinstance(value, str):
                    entry.setdefault(name, []).append(value)

    def merged(self) -> list[Any]:
        """The entries as a plain answer has them."""
        return [
            {name: "".join(value) if name in _JOINED else value for name, value in entry.items()}
            for entry in self._entries.values()
        ]

    def _entry(self, detail: dict[str, Any]) -> dict[str, Any]:
        key: Any = (detail.get("type"), detail.get("index"), detail.get("id"))
        try:
            return self._entries.setdefault(key, {})
        except TypeError:  # an index that is an object: nobody means it, and it is no reason to fail
            return self._entries.setdefault(repr(key), {})
