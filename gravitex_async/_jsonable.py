"""To JSON and back, for everything of the wire that a caller holds.

The form is the wire's: its names, unknown fields too, nothing of ours. Where the bytes that came are kept
(``raw``) they are it; a struct without them is written field by field.

Web frameworks that meet such an object know what to do with it: it can be made a dict of, as pydantic's
models can, and pydantic writes one as that dict, where its type is named and where ``Any`` is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from ._json import dumps, loads_tolerant, to_builtins, whole

__all__ = ["Jsonable", "tree_of"]


class _Serializer:
    """How pydantic writes a value of a type that is not named: made when it asks for it."""

    def __get__(self, value: object, cls: Any) -> Any:
        try:
            return _serializer_of(cls)
        except ImportError:
            pass
        raise AttributeError("__pydantic_serializer__")  # as without this descriptor


@functools.cache
def _serializer_of(cls: Any) -> Any:
    from pydantic_core import SchemaSerializer

    return SchemaSerializer(cls.__get_pydantic_core_schema__(cls, None))


class Jsonable:
    """Mixed into structs: ``to_dict`` and ``to_json``."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """As it is on the wire, in plain values; what the wire had beside the known fields included."""
        raw: bytes | None = getattr(self, "raw", None)
        tree = tree_of(raw) if isinstance(raw, bytes) else None
        return self._wire() if tree is None else tree

    def to_json(self) -> str:
        """The same as JSON text."""
        return dumps(self.to_dict()).decode()

    def _wire(self) -> dict[str, Any]:
        """The fields as they stand on the wire."""
        tree: dict[str, Any] = to_builtins(self)
        return tree

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """The pairs of ``to_dict()``: for ``dict(...)``, and for frameworks that make one."""
        return iter(self.to_dict().items())

    __pydantic_serializer__ = _Serializer()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """An instance as it is; written as ``to_dict()``. Called by pydantic, which need not be there."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(
            cls,
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.to_dict, return_schema=core_schema.dict_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """For the description of an interface: an object."""
        return {"type": "object", "title": cls.__name__, "additionalProperties": True}


def tree_of(body: bytes) -> dict[str, Any] | None:
    """A JSON object in plain values that can be written again; None when it is none."""
    try:
        tree = whole(loads_tolerant(body))
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None
