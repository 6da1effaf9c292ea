"""Objects of the wire whose ``type`` nobody has a complete list of: items, content parts, annotations.

Strategy
    msgspec decodes structs by itself and refuses a tag it does not know, which would end a stream. So the
    fields that hold such objects are annotated with a plain class, their family; for those msgspec calls
    ``read_open`` with the plain values, which picks the struct, or the family's unknown one.

    The values themselves stay beside the fields as ``raw``: what goes back to the gateway in the next turn
    (``wire_form``) is what came from it, nulls and unknown fields included, but for fields that were changed
    since. Values and struct share their strings, so this costs little.

Only a few objects of an answer are read this way; deltas never are.

To a type checker such a field holds the union of the family's structs, each of which says its ``type`` as a
Literal: asking for that tells which one it is, as ``isinstance`` does. The unknown one says a word that no
server sends, or asking would never rule it out.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, get_args

import msgspec

from .._jsonable import Jsonable
from ..answers import Kept
from ..decoding import TolerantDecoder
from ..errors import DecodeError

__all__ = [
    "KeptObject",
    "KeptStruct",
    "Open",
    "OpenStruct",
    "Tagged",
    "always",
    "family",
    "fields_of",
    "is_left_out",
    "members",
    "read_open",
    "single",
    "wire_form",
]


class Tagged:
    """A struct that is told from others by its ``type``."""

    __slots__ = ()

    __struct_config__: ClassVar[msgspec.structs.StructConfig]

    type: ClassVar[str]
    """The ``type`` on the wire."""


class KeptObject(Kept):
    """A struct that keeps the object it was read from."""

    __slots__ = ("_raw",)

    _kept = ("_raw",)

    _raw: dict[str, Any]

    @property
    def raw(self) -> dict[str, Any] | None:
        """The object as it came; None for one that did not come from the wire. Not to be changed."""
        return getattr(self, "_raw", None)

    def _wire(self) -> dict[str, Any]:
        form: dict[str, Any] = wire_form(self)
        return form


class Open(Tagged, KeptObject):
    """What all families share: a type, and the object as it came."""

    __slots__ = ()


class KeptStruct(KeptObject, msgspec.Struct, omit_defaults=True, kw_only=True):
    """The base of all structs that keep their object, but for the unknown ones.

    Fields that the gateway wants back even when they are empty have a ``default_factory`` (``always`` for a
    list), because fields that hold their default are left out.
    """


class OpenStruct(Open, KeptStruct):
    """The base of the known members of all families."""


def always() -> list[Any]:
    """The default of a list that goes back even when it is empty."""
    return []


_MEMBERS: dict[type, dict[str, type[Any]]] = {}
_UNKNOWN: dict[type, type[Any]] = {}
_SINGLE: dict[type, type[Any]] = {}


def family(base: type, unknown: type, union: Any) -> None:
    """Declares the members of the family *base*, and which of them stands for all others."""
    _UNKNOWN[base] = unknown
    _MEMBERS[base] = {cls.type: cls for cls in get_args(union) if cls is not unknown}


def single(base: type, member: type[Any]) -> None:
    """Declares the one member of a family that has no types."""
    _SINGLE[base] = member


def members(base: type) -> dict[str, type[Any]]:
    """The known members of the family *base*, by type."""
    return _MEMBERS[base]


def read_open(base: type, tree: Any) -> Any:
    """The struct for plain values; msgspec's ``dec_hook`` for this dialect.

    Raises:
        ValueError: *tree* is no object, or a known one that is malformed.
    """
    if not isinstance(tree, dict):
        raise ValueError(f"Expected `object`, got `{type(tree).__name__}`")
    kind = tree.get("type")
    cls = _SINGLE.get(base) or (_MEMBERS[base].get(kind) if isinstance(kind, str) else None)
    if cls is None:
        return _UNKNOWN[base](type=kind if isinstance(kind, str) else "", raw=tree)
    value = _converted(tree, cls)
    value._raw = tree
    return value


def _converted(tree: dict[str, Any], cls: type[Any]) -> Any:
    try:
        return msgspec.convert(tree, cls, dec_hook=read_open)
    except msgspec.ValidationError:
        pass
    tolerant: TolerantDecoder[Any] = TolerantDecoder(cls, read_open)
    try:
        # Repairs are made in place, and ``raw`` is to stay as it came.
        return tolerant.convert(copy.deepcopy(tree))
    except DecodeError as error:
        message = error.message
    except RecursionError:
        message = "nested too deeply"
    raise ValueError(message)


def is_left_out(value: Any) -> bool:
    """Whether it stands for an object that the gateway left out."""
    return type(value) in _UNKNOWN.values() and not value.raw


def wire_form(value: Any) -> Any:
    """A member of a family as it goes back to the gateway; other plain values as they are.

    A field that was not changed since it came goes back exactly as it came; fields no struct knows are kept.
    """
    if isinstance(value, list):
        return [wire_form(item) for item in value]
    if not isinstance(value, KeptObject):
        return value.to_dict() if isinstance(value, Jsonable) else _plain(value)
    raw = value.raw
    if not isinstance(value, KeptStruct):
        return dict(raw or ())
    if raw is None:
        return fields_of(value)
    before = _converted(raw, type(value))
    form = dict(raw)
    for name, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        now = getattr(value, name)
        if now != getattr(before, name):
            form.pop(wire, None)
            if now is not None:
                form[wire] = wire_form(now)
    return form


def fields_of(value: msgspec.Struct) -> dict[str, Any]:
    """A struct as its fields say, each in its wire form."""
    form: dict[str, Any] = msgspec.to_builtins(value)
    for name, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        if wire in form:
            form[wire] = wire_form(getattr(value, name))
    return form


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
