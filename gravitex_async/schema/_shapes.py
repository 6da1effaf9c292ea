"""How a value of a type grows: which objects take fields as they come, which lists take elements.

Strategy
    A ``Shape`` says what to make when a value of its type begins, and how to put in what is finished.
    Structs, dataclasses, TypedDicts and pydantic models grow field by field, dicts key by key, lists element
    by element; everything else (tuples, sets, tagged unions, scalars) appears when its JSON is closed.

    A field that has not come is its default, or None where it has none; in a TypedDict it is absent. Values
    are made around the constructor's checks: these are for whole values.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

import msgspec

from ._read import CACHE_SIZE, Reader, reader
from ._schema import is_pydantic

__all__ = ["ANYTHING", "Shape", "shape_of"]

_LISTS: Final = (list, abc.Sequence, abc.MutableSequence, abc.Iterable, abc.Collection)
_MAPPINGS: Final = (dict, abc.Mapping, abc.MutableMapping)
_UNIONS: Final = (typing.Union, types.UnionType)

Fields = dict[str, tuple[str, Any]]
"""By name on the wire: the attribute, and its type."""
Make = Callable[[], Any]


class Shape:
    """How values of one type grow."""

    def __init__(self, type_: Any) -> None:
        self._type = type_
        bare = _bare(type_)
        self._origin = typing.get_origin(bare) or bare
        self._arguments = typing.get_args(bare)
        self._fields, self._make = _growing(bare, self._origin)
        self._any = bare in (Any, object)
        self.is_text: bool = bare is str or self._any
        """Whether a text may be shown before it is whole."""

    @cached_property
    def reader(self) -> Reader:
        """What reads a finished value."""
        return reader(self._type)

    @property
    def grows_as_list(self) -> bool:
        """Whether ``[`` begins a list that takes elements."""
        return self._any or self._origin in _LISTS

    @property
    def element(self) -> Any:
        """The type of the elements of a list."""
        return self._arguments[0] if self._arguments else Any

    def begin(self) -> Any:
        """An object to be filled; None where ``{`` begins nothing that grows."""
        if self._any or self._origin in _MAPPINGS:
            return {}
        try:
            return None if self._make is None else self._make()
        except Exception:
            # A type that checks itself when it is made cannot be shown in part.
            return None

    def field(self, name: str) -> tuple[str, Shape] | None:
        """The attribute and shape of the field called *name* on the wire; None when there is none."""
        if self._any or self._origin in _MAPPINGS:
            return name, shape_of(self._arguments[1]) if self._arguments else ANYTHING
        found = self._fields.get(name)
        return None if found is None else (found[0], shape_of(found[1]))

    def put(self, target: Any, attribute: str, value: Any) -> None:
        """Sets a field, or a key, of an object that ``begin`` made."""
        if isinstance(target, dict):
            target[attribute] = value
        elif isinstance(target, msgspec.Struct):
            msgspec.structs.force_setattr(target, attribute, value)  # frozen structs grow, too
        elif is_pydantic(type(target)):
            # Not by assignment, which would validate a model that is not whole.
            target.__dict__[attribute] = value
            target.__pydantic_fields_set__.add(attribute)
        else:
            object.__setattr__(target, attribute, value)


def _growing(type_: Any, cls: Any) -> tuple[Fields, Make | None]:
    """The fields of a type, and what makes an empty value of it."""
    if not isinstance(cls, type):
        return {}, None
    if issubclass(cls, msgspec.Struct):
        return _struct(type_, cls)
    if is_pydantic(cls):
        return _model(cls)
    if dataclasses.is_dataclass(cls):
        return _dataclass(cls)
    if hasattr(cls, "__required_keys__"):  # a TypedDict, of typing or of typing_extensions
        return {name: (name, _unrequired(hint)) for name, hint in _hints(cls).items()}, dict
    return {}, None


def _struct(type_: Any, cls: Any) -> tuple[Fields, Make]:
    found = msgspec.structs.fields(type_)
    missing = {field.name: None for field in found if field.required}
    return {field.encode_name: (field.name, field.type) for field in found}, lambda: cls(**missing)


def _model(cls: Any) -> tuple[Fields, Make]:
    fields: Mapping[str, Any] = cls.model_fields
    missing = {name: None for name, field in fields.items() if field.is_required()}
    found = {
        field.validation_alias if isinstance(field.validation_alias, str) else name: (name, field.annotation)
        for name, field in fields.items()
    }
    return found, lambda: cls.model_construct(**missing)


def _dataclass(cls: Any) -> tuple[Fields, Make]:
    hints = _hints(cls)
    fields = dataclasses.fields(cls)
    return {field.name: (field.name, hints[field.name]) for field in fields}, lambda: _bare_instance(
        cls, fields
    )


def _bare_instance(cls: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    # Not by the constructor: ``__post_init__`` may check what has not come yet.
    value = object.__new__(cls)
    for field in fields:
        default = None if field.default is dataclasses.MISSING else field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        object.__setattr__(value, field.name, default)
    return value


def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _unrequired(hint: Any) -> Any:
    """The type inside Required, NotRequired and ReadOnly."""
    while getattr(typing.get_origin(hint), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        hint = typing.get_args(hint)[0]
    return hint


def _bare(type_: Any) -> Any:
    """The type without Annotated, and without ``| None`` beside one other."""
    if hasattr(type_, "__metadata__"):
        return _bare(type_.__origin__)
    if typing.get_origin(type_) in _UNIONS:
        others = [arg for arg in typing.get_args(type_) if arg is not type(None)]
        return _bare(others[0]) if len(others) == 1 else type_
    return type_


@lru_cache(maxsize=CACHE_SIZE)
def _kept(type_: Any) -> Shape:
    return Shape(type_)


def shape_of(type_: Any) -> Shape:
    """The shape of *type_*."""
    try:
        return _kept(type_)
    except TypeError:  # cannot be hashed
        return Shape(type_)


ANYTHING: Final = Shape(Any)
"""The shape of what has no type."""
