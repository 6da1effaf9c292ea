"""Objects of the wire whose ``type`` nobody has a complete list of: items, content parts, annotations.

Strategy
    msgspec decodes structs by itself and refuses a tag it does not know, which would end a stream. So the
    fields that hold such objects are annotated with a plain class, their family; for those msgspec calls
    ``read_open`` with the plain values, which picks the struct, or the family's unknown one.

    The values themselves stay on the struct as ``raw``: what goes back to the gateway in the next turn
    (``wire_form``) is what came from it, nulls and unknown fields included, but for fields that were changed
    since. Values and struct share their strings, so this costs little.

Only a few objects of an answer are read this way; deltas never are.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, TypeVar

import msgspec

from ..decoding import TolerantDecoder
from ..errors import DecodeError

__all__ = ["Open", "OpenStruct", "Tagged", "always", "family", "members", "read_open", "wire_form"]

FamilyT = TypeVar("FamilyT", bound=type)


class Tagged:
    """A struct that is told from others by its ``type``."""

    __slots__ = ()

    __struct_config__: ClassVar[msgspec.structs.StructConfig]

    @property
    def type(self) -> str:
        """The ``type`` on the wire."""
        return str(self.__struct_config__.tag)


class Open(Tagged):
    """What all families share: a type, and the object as it came."""

    __slots__ = ()

    @property
    def raw(self) -> dict[str, Any] | None:
        """The object as it came; None for one that did not come from the wire. Not to be changed."""
        return self.__dict__.get("raw")


class OpenStruct(msgspec.Struct, omit_defaults=True, kw_only=True, dict=True):
    """The base of the known members of all families.

    Fields that the gateway wants back even when they are empty have a ``default_factory`` (``always`` for a
    list), because fields that hold their default are left out.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return _restored, (type(self), fields, self.__dict__.get("raw"))

    def __copy__(self) -> Any:
        restore, arguments = self.__reduce__()
        return restore(*arguments)


def always() -> list[Any]:
    """The default of a list that goes back even when it is empty."""
    return []


def _restored(cls: type[OpenStruct], fields: dict[str, Any], raw: dict[str, Any] | None) -> OpenStruct:
    value = cls(**fields)
    if raw is not None:
        value.__dict__["raw"] = raw
    return value


_MEMBERS: dict[type, dict[str, type[Any]]] = {}
_UNKNOWN: dict[type, type[Any]] = {}


def family(base: type, unknown: type, *members: type[OpenStruct]) -> None:
    """Declares *members* of the family *base*, and what stands for all others."""
    _UNKNOWN[base] = unknown
    _MEMBERS.setdefault(base, {}).update({str(cls.__struct_config__.tag): cls for cls in members})


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
    cls = _MEMBERS[base].get(kind) if isinstance(kind, str) else None
    if cls is None:
        return _UNKNOWN[base](type=kind if isinstance(kind, str) else "", raw=tree)
    value = _converted(tree, cls)
    value.__dict__["raw"] = tree
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


def wire_form(value: Any) -> Any:
    """A member of a family as it goes back to the gateway; other plain values as they are.

    A field that was not changed since it came goes back exactly as it came; fields no struct knows are kept.
    """
    if isinstance(value, list):
        return [wire_form(item) for item in value]
    if not isinstance(value, Open):
        return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    raw = value.raw
    if not isinstance(value, OpenStruct):
        return dict(raw or ())
    if raw is None:
        return _built(value)
    before = _converted(raw, type(value))
    form = dict(raw)
    for name in value.__struct_fields__:
        now = getattr(value, name)
        if now != getattr(before, name):
            form.pop(name, None)
            if now is not None:
                form[name] = wire_form(now)
    return form


def _built(value: OpenStruct) -> dict[str, Any]:
    form: dict[str, Any] = msgspec.to_builtins(value)
    return {name: item if name == "type" else wire_form(getattr(value, name)) for name, item in form.items()}
