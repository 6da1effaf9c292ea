"""Values for the fields of structs, made from their types: a new field gets one by itself."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["empty_of", "value_of"]


def value_of(kind: Any, name: str) -> Any:
    """A plain value that a field *name* of type *kind* takes: never null, empty, zero or False.

    Structs have a value in every field, so whoever compares the whole compares each of them.

    Raises:
        TypeError: No value can be made of such a type; the test's own table has to give one.
    """
    return _made(inspect.type_info(kind), name)


def empty_of(kind: Any) -> Any:
    """The empty value of a field of this type: what servers send that fill in every field of their own."""
    info = inspect.type_info(kind)
    kinds = info.types if isinstance(info, inspect.UnionType) else (info,)
    return next((_EMPTY[type(each)] for each in kinds if type(each) in _EMPTY), None)


_EMPTY: dict[type[inspect.Type], Any] = {
    inspect.StrType: "", inspect.BoolType: False, inspect.IntType: 0, inspect.ListType: [],
    inspect.StructType: {},
}  # fmt: skip


def _made(kind: inspect.Type, name: str) -> Any:
    if isinstance(kind, inspect.UnionType):
        return _made(next(each for each in kind.types if not isinstance(each, inspect.NoneType)), name)
    if isinstance(kind, inspect.StrType):
        return f"the {name}"
    if isinstance(kind, inspect.BoolType):
        return True
    if isinstance(kind, inspect.IntType):
        return 1 + zlib.crc32(name.encode()) % 1000  # so that two fields do not have the same
    if isinstance(kind, inspect.FloatType):
        return 0.5 + len(name)
    if isinstance(kind, (inspect.AnyType, inspect.DictType)):
        return {"in": f"the {name}"}
    if isinstance(kind, inspect.ListType):
        return [_made(kind.item_type, name)]
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.StructType):
        return _struct(kind)
    raise TypeError(f"{name}: expected a type that a value can be made of, got {kind}; give it one")


def _struct(kind: inspect.StructType) -> dict[str, Any]:
    tag = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    fields = msgspec.structs.fields(kind.cls)
    # "*" is where structs of Gemini keep unknown fields; it is no name of the wire.
    made = {f.encode_name: value_of(f.type, f.name) for f in fields if f.encode_name != "*"}
    return {**tag, **made}
