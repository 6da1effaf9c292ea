"""The slow way to read one event: for what strict JSON readers refuse and servers send all the same.

Strategy
    A tolerant reader turns the payload into plain values, halves of a character are joined across events, and
    the values are converted to the struct. A value of the wrong type whose meaning is plain (null for
    "absent", a number for text, text for a number, an object for the JSON text of arguments: see "Odd JSON"
    in decoding/README.md) is repaired at the place that the converter names; anything else is a
    ``DecodeError`` that says where.

    It costs several times the fast way, and only odd events take it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from .._json import dumps, loads_tolerant, whole_text
from ..errors import DecodeError

__all__ = ["TolerantDecoder", "excerpt"]

T = TypeVar("T")

# An event that needs more repairs than this is of another protocol.
MAX_REPAIRS: Final = 256

# How many texts may wait for the second half of a character at once. A stream has one or two; a hostile one
# must not fill the memory.
MAX_HALVES: Final = 1024

# Patterns as text: re compiles them when they are first needed, and keeps them. Most programs need none.
_COMPLAINT = r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`.* - at `\$(?P<path>[^`]*)`"
_UNKNOWN = r"(?s)Object contains unknown field `(?P<name>.*?)`(?: - at `\$(?P<path>[^`]*)`)?$"
_STEP = r"\.([^.\[\]]+)|\[(\d+)\]"
_SURROGATE = "[\ud800-\udfff]"
_IDENTITY = ("index", "item_id", "output_index", "content_index", "summary_index")

Path = tuple[object, ...]
DecHook = Callable[[type, Any], Any]


def excerpt(data: bytes | memoryview, size: int = 200) -> str:
    """The first characters of a payload, for a message."""
    text = str(data[:size], "utf-8", "replace")
    return repr(text + "…" if len(data) > size else text)


class TolerantDecoder(Generic[T]):
    """Reads payloads into *type*, one after another; keeps half a character from one to the next."""

    __slots__ = ("_dec_hook", "_halves", "_type")

    def __init__(self, type_: type[T], dec_hook: DecHook | None = None) -> None:
        self._type = type_
        self._dec_hook = dec_hook
        self._halves: dict[Path, str] = {}

    @property
    def waiting(self) -> bool:
        """Whether half a character waits for its other half: the next event must be read here, too."""
        return bool(self._halves)

    def tree(self, data: bytes | memoryview) -> dict[str, Any]:
        """The payload as plain values without lone surrogates.

        Raises:
            DecodeError: The payload is no JSON object.
        """
        try:
            value = loads_tolerant(data)
        except (ValueError, RecursionError) as error:
            raise DecodeError(
                f"expected a JSON object in the event, got {excerpt(data)}: {error}", body=excerpt(data, 512)
            ) from None
        if not isinstance(value, dict):
            raise DecodeError(
                f"expected a JSON object in the event, got {excerpt(data)}", body=excerpt(data, 512)
            )
        tree: dict[str, Any] = value
        if self._halves or b"\\u" in bytes(data) or b"\xed" in bytes(data):
            try:
                tree = self._healed(tree, ())
            except RecursionError:
                raise DecodeError("expected an event, got one that is nested too deeply") from None
        return tree

    def convert(self, tree: Any) -> T:
        """The struct for plain values; wrong types are repaired where the meaning is plain."""
        for _ in range(MAX_REPAIRS):
            try:
                return msgspec.convert(tree, self._type, strict=False, dec_hook=self._dec_hook)
            except msgspec.ValidationError as error:
                complaint = str(error)
            except (ValueError, OverflowError, RecursionError) as error:
                raise DecodeError(f"expected JSON of this dialect: {error}", body=tree) from None
            _repair(tree, complaint)
        raise DecodeError("expected JSON of this dialect, got one that is wrong nearly everywhere")

    def _healed(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict):
            here = (*path, *(_identity(value.get(name)) for name in _IDENTITY))
            return {whole_text(key): self._healed(item, (*here, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._healed(item, path) for item in value]
        return value

    def _text(self, text: str, path: Path) -> str:
        half = self._halves.pop(path, "") if text else ""
        if not half and not re.search(_SURROGATE, text):
            return text
        text = half + text
        if "\ud800" <= text[-1] <= "\udbff" and len(self._halves) < MAX_HALVES:
            self._halves[path] = text[-1]
            text = text[:-1]
        return whole_text(text)


def _identity(value: Any) -> str | int | None:
    """A value that tells texts of the same name apart; None for what is no id and no index."""
    return value if isinstance(value, (str, int)) else None


def _repair(tree: Any, complaint: str) -> None:
    unknown = re.match(_UNKNOWN, complaint)
    found = unknown or re.match(_COMPLAINT, complaint)
    if found is None:
        raise DecodeError(f"expected JSON of this dialect: {complaint}", body=tree)
    steps = _steps(found["path"] or "")
    if unknown is not None:
        steps.append(unknown["name"])
    if not steps or "..." in (found["path"] or ""):
        raise DecodeError(f"expected JSON of this dialect: {complaint}", body=tree)
    try:
        _repair_at(tree, steps, found, complaint)
    except (LookupError, TypeError, ValueError, OverflowError):  # a key that looks like a path, a vast number
        raise DecodeError(f"expected JSON of this dialect: {complaint}", body=tree) from None


def _steps(path: str) -> list[Any]:
    return [name or int(number) for name, number in re.findall(_STEP, path)]


def _repair_at(tree: Any, steps: list[Any], found: re.Match[str], complaint: str) -> None:
    parent = tree
    for step in steps[:-1]:
        parent = parent[step]
    if found.re.pattern == _UNKNOWN or found["got"] == "null":
        del parent[steps[-1]]
    else:
        parent[steps[-1]] = _meant(parent[steps[-1]], found["expected"], steps[-1], complaint, tree)


def _meant(value: Any, expected: str, name: object, complaint: str, tree: Any) -> Any:
    if "str" in expected and isinstance(value, (int, float)):
        return dumps(value).decode()
    if "str" in expected and name == "arguments":
        return dumps(value).decode()
    if "int" in expected and isinstance(value, (str, float)):
        try:
            return int(float(value))
        except (ValueError, OverflowError):
            pass
    raise DecodeError(f"expected JSON of this dialect: {complaint}", body=tree)
