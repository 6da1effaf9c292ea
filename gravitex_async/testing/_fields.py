"""Reading JSON of unknown shape without ever failing: a wrong type is the same as an absent field."""

from __future__ import annotations

from collections.abc import Mapping


def object_of(value: object) -> Mapping[str, object]:
    """*value* when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mapping(value: object, *names: str) -> Mapping[str, object]:
    """The object under the first of *names* that holds one, else an empty one."""
    fields = object_of(value)
    return next((found for name in names if isinstance(found := fields.get(name), dict)), {})


def array(value: object, *names: str) -> list[object]:
    """The array under the first of *names* that holds one, else an empty one."""
    fields = object_of(value)
    return next((found for name in names if isinstance(found := fields.get(name), list)), [])


def string(value: object, *names: str) -> str:
    """The string under the first of *names* that holds one, else an empty one."""
    fields = object_of(value)
    return next((found for name in names if isinstance(found := fields.get(name), str)), "")


def strings(value: object) -> tuple[str, ...]:
    """The strings in *value*, which is one itself or an array."""
    found = value if isinstance(value, list) else [value]
    return tuple(item for item in found if isinstance(item, str))


def integer(value: object, *names: str) -> int | None:
    """The integer under the first of *names* that holds one."""
    fields = object_of(value)
    return next((found for name in names if type(found := fields.get(name)) is int), None)


def text_of(content: object) -> str:
    """The text of a message's content: a string, or the text of its parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(string(part, "text", "output") for part in parts)
