"""The names of the wire: camelCase there, snake_case here, and what this version does not know.

Strategy
    All structs of an answer refuse unknown fields. So the fast, strict decoder either gives an exact picture
    of an event or none at all; what it refuses takes the slow way through ``incoming``: proxies write
    snake_case, old clients ask for enums as numbers, and a newer server sends fields that are not known yet.
    Those are set aside in an ``Aside`` and handed to the struct that is made of the rest (``keep_unknown``).

    A struct has them in a slot, beside its fields: whoever encodes a struct writes what the wire has names
    for, and nothing of ours. ``to_dict`` and ``outgoing`` put them where they stood.

    A ``Shape`` is the table of names of one struct. Where there is none, a value is the user's own
    (arguments, schemas, responses of functions) and is left as it is.

What is not as it should be, and who sends it so: see "Gemini events" and "Odd JSON" in decoding/README.md.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, TypeVar, get_args

import msgspec

from .._json import to_builtins
from ..answers import Kept
from ..errors import MisuseError
from ._enums import word_of

__all__ = [
    "UNNAMED",
    "Aside",
    "Beside",
    "Shape",
    "Wire",
    "as_arguments",
    "beside",
    "incoming",
    "is_empty",
    "more_extra",
    "outgoing",
    "plain",
    "replaced",
    "shape_of",
    "wire_form",
    "with_extra",
]

# The name of what is no field of the wire; no protocol uses it for one.
UNNAMED: Final = "*"

# More names than this in one answer are no new fields but garbage; the rest is dropped.
MAX_EXTRA: Final = 64

WireT = TypeVar("WireT", bound="Wire")


class Beside(Kept):
    """What a struct holds beside its fields, each in a slot that is empty nearly always."""

    __slots__ = ("_extra",)

    _kept: ClassVar[tuple[str, ...]] = ("_extra",)
    _extra: dict[str, Any]

    @property
    def extra(self) -> dict[str, Any]:
        """Fields this version does not know, as sent; empty when there are none."""
        return getattr(self, "_extra", None) or {}


class Wire(
    Beside,
    msgspec.Struct,
    rename="camel",
    omit_defaults=True,
    repr_omit_defaults=True,
    kw_only=True,
    gc=False,
    forbid_unknown_fields=True,
):
    """What all structs have in common that stand in an answer."""

    def _wire(self) -> dict[str, Any]:
        return wire_form(self)

    def __eq__(self, other: object) -> bool:
        same = msgspec.Struct.__eq__(self, other)
        return same if same is not True else self.extra == getattr(other, "extra", None)

    __hash__ = None  # type: ignore[assignment]  # what can be changed has no hash

    def __repr__(self) -> str:
        shown = msgspec.Struct.__repr__(self)
        if not self.extra:
            return shown
        return f"{shown[:-1]}{'' if shown.endswith('()') else ', '}extra={self.extra!r})"


def replaced(struct: WireT, **changes: Any) -> WireT:
    """A copy with some fields changed, which keeps what is beside them, too."""
    found: WireT = copy.copy(struct)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def with_extra(struct: WireT, extra: dict[str, Any]) -> WireT:
    """*struct*, which is the caller's own, with these unknown fields."""
    if extra:
        struct._extra = extra
    return struct


class Shape(msgspec.Struct):
    """The names of one struct: ``names`` leads from both spellings to the wire's, ``inner`` goes deeper."""

    names: dict[str, str] = {}
    inner: dict[str, Shape] = {}
    loose: bool = False
    """Whether unknown names are spelled in camelCase too: settings, never the user's own data."""


LOOSE: Final = Shape(loose=True)


@functools.lru_cache(maxsize=256)  # callers may make types on the fly
def shape_of(struct: type[msgspec.Struct]) -> Shape:
    """The shape of *struct*. A field typed ``Mapping`` holds settings, one typed ``Any`` the user's data.

    Ask for it where it is needed, not at import: working it out takes a millisecond.
    """
    shape = Shape()
    for field in msgspec.structs.fields(struct):
        name = field.encode_name
        if name == UNNAMED:
            continue
        shape.names[field.name] = shape.names[name] = name
        inner = _inner(field.type)
        if inner is not None:
            shape.inner[name] = inner
    return shape


def more_extra(former: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """What two events say in fields this version does not know: of each field the last value."""
    if not extra:
        return former
    found = dict(former)
    for name, value in extra.items():
        if name in found or len(found) < MAX_EXTRA:
            found[name] = value
    return found


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, "", a list or an object with nothing in it. Zero says something."""
    if isinstance(value, msgspec.Struct):
        return all(map(is_empty, msgspec.structs.astuple(value))) and not getattr(value, "extra", None)
    return not value and value != 0


def _inner(annotation: Any) -> Shape | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return shape_of(candidate)
        if candidate is not annotation and (found := _inner(candidate)) is not None:
            return found
    return LOOSE if getattr(annotation, "__origin__", None) is Mapping else None


class Aside(dict[str, Any]):
    """An object whose unknown fields were taken aside."""

    __slots__ = ("unknown",)

    unknown: dict[str, Any]


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
    if unknown:
        known = Aside(known)
        known.unknown = unknown
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


def beside(struct: Any, tree: Any) -> Iterator[tuple[msgspec.Struct, dict[str, Any]]]:
    """Each struct in *struct*, itself included, and the object in *tree* that it stands for."""
    if isinstance(struct, list):
        for item, each in zip(struct, tree, strict=False):
            yield from beside(item, each)
    elif isinstance(struct, msgspec.Struct):
        yield struct, tree
        for field, name in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
            if name in tree:
                yield from beside(getattr(struct, field), tree[name])


def wire_form(struct: msgspec.Struct) -> dict[str, Any]:
    """The fields of *struct* as they stand on the wire, unknown ones at any depth included."""
    tree: dict[str, Any] = to_builtins(struct)
    for inner, written in list(beside(struct, tree)):
        written.update(getattr(inner, "extra", None) or {})
    return tree


def plain(value: Any) -> Any:
    """A struct, dataclass or pydantic model as a dict; what is plain already, as it is.

    A field of a pydantic model that is None is absent: google-genai's hold None for all that is not given.

    Raises:
        MisuseError: It is nothing of these.
    """
    if value is None or isinstance(value, (Mapping, str, bytes, int, float, list, tuple)):
        return value
    if isinstance(value, Beside):
        return value.to_dict()
    try:
        return to_builtins(value, nulls=False)
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
        name = shape.names.get(key) or (_camel(key) if shape.loose else key)
        inner = LOOSE if shape.loose else shape.inner.get(name)
        written[name] = item if inner is None else outgoing(item, inner)
    return written


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
