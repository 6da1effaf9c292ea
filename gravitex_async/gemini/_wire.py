"""The names of the wire: camelCase there, snake_case here, and what this version does not know.

Strategy
    Structs that are sent back (contents and all inside them) refuse unknown fields. So the fast, strict
    decoder either gives an exact picture of an event or none at all; what it refuses takes the slow way
    through ``incoming``: proxies write snake_case, old clients ask for enums as numbers, and a newer server
    sends fields that are not known yet. Those are kept in ``extra`` and stand in their place again when the
    struct is sent back (``outgoing``).

    A ``Shape`` is the table of names of one struct. Where there is none, a value is the user's own
    (arguments, schemas, responses of functions) and is left as it is.

What is not as it should be, and who sends it so: see "Gemini events" and "Odd JSON" in decoding/README.md.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from .._json import to_builtins
from ..errors import MisuseError
from ._enums import word_of

__all__ = [
    "Shape",
    "Wire",
    "as_arguments",
    "incoming",
    "is_empty",
    "more_extra",
    "outgoing",
    "plain",
    "shape_of",
]

# Under this name ``extra`` travels between ``incoming`` and the struct: no protocol uses it for a field.
_EXTRA: Final = "*"


# More names than this in one answer are no new fields but garbage; the rest is dropped.
MAX_EXTRA: Final = 64


class Wire(
    msgspec.Struct,
    rename="camel",
    omit_defaults=True,
    repr_omit_defaults=True,
    kw_only=True,
    gc=False,
    forbid_unknown_fields=True,
):
    """What all structs have in common that are received and sent back."""

    extra: dict[str, Any] | None = msgspec.field(default=None, name=_EXTRA)
    """Fields this version does not know, as sent; None when there are none."""


class Shape(msgspec.Struct):
    """The names of one struct: ``names`` leads from both spellings to the wire's, ``inner`` goes deeper."""

    names: dict[str, str] = {}
    inner: dict[str, Shape] = {}
    keeps: bool = False
    """Whether unknown fields are set aside in ``extra``."""
    loose: bool = False
    """Whether unknown names are spelled in camelCase too: settings, never the user's own data."""


LOOSE: Final = Shape(loose=True)


@functools.lru_cache(maxsize=256)  # callers may make types on the fly
def shape_of(struct: type[msgspec.Struct]) -> Shape:
    """The shape of *struct*. A field typed ``Mapping`` holds settings, one typed ``Any`` the user's data.

    Ask for it where it is needed, not at import: working it out takes a millisecond.
    """
    shape = Shape(keeps=issubclass(struct, Wire))
    for field in msgspec.structs.fields(struct):
        name = field.encode_name
        if name == _EXTRA:
            continue
        shape.names[field.name] = shape.names[name] = name
        inner = _inner(field.type)
        if inner is not None:
            shape.inner[name] = inner
    return shape


def more_extra(former: dict[str, Any] | None, extra: dict[str, Any] | None) -> dict[str, Any] | None:
    """What two events say in fields this version does not know: of each field the last value."""
    if not extra:
        return former
    found = dict(former or ())
    for name, value in extra.items():
        if name in found or len(found) < MAX_EXTRA:
            found[name] = value
    return found


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, "", a list or an object with nothing in it. Zero says something."""
    if isinstance(value, msgspec.Struct):
        return all(map(is_empty, msgspec.structs.astuple(value)))
    return not value and value != 0


def _inner(annotation: Any) -> Shape | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return shape_of(candidate)
        if candidate is not annotation and (found := _inner(candidate)) is not None:
            return found
    return LOOSE if getattr(annotation, "__origin__", None) is Mapping else None


def incoming(tree: Any, shape: Shape) -> Any:
    """Plain values as the structs want them: names in camelCase, enums as words, unknown fields aside."""
    if isinstance(tree, list):
        return [incoming(item, shape) for item in tree]
    if not isinstance(tree, dict):
        return tree
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, value in tree.items():
        name = shape.names.get(key)
        if name is None:
            unknown[key] = value
        elif key == name or name not in tree:
            known[name] = _value(name, value, shape)
    if unknown and shape.keeps:
        known[_EXTRA] = unknown
    return known


def _value(name: str, value: Any, shape: Shape) -> Any:
    if name in shape.inner:
        return incoming(value, shape.inner[name])
    if type(value) is int:
        return word_of(name, value)
    return as_arguments(value) if name == "args" else value


def as_arguments(value: Any) -> Any:
    """Arguments as an object, which they should be: some proxies send their JSON text."""
    if not isinstance(value, str):
        return value
    try:
        parsed = msgspec.json.decode(value)
    except (ValueError, RecursionError):
        parsed = None
    return parsed if isinstance(parsed, dict) else {"arguments": value}


def plain(value: Any) -> Any:
    """A struct, dataclass or pydantic model as a dict; what is plain already, as it is.

    Raises:
        MisuseError: It is nothing of these.
    """
    if value is None or isinstance(value, (Mapping, str, bytes, int, float, list, tuple)):
        return value
    try:
        return to_builtins(value)
    except (TypeError, NotImplementedError) as error:
        reason = str(error)
    raise MisuseError(f"the request cannot be written as JSON: {reason}")


def outgoing(value: Any, shape: Shape) -> Any:
    """What a caller gave (dicts, structs, pydantic models) as the wire spells it; order is kept.

    Raises:
        MisuseError: Something in it is not JSON-like.
    """
    value = plain(value)
    if isinstance(value, (list, tuple)):
        return [outgoing(item, shape) for item in value]
    if not isinstance(value, Mapping):
        return value
    written: dict[str, Any] = {}
    for key, item in value.items():
        if key == _EXTRA and isinstance(item, Mapping):
            written.update(item)
            continue
        name = shape.names.get(key) or (_camel(key) if shape.loose else key)
        inner = LOOSE if shape.loose else shape.inner.get(name)
        written[name] = item if inner is None else outgoing(item, inner)
    return written


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
