"""JSON Schema of a Python type.

msgspec writes the schema (structs, dataclasses, TypedDicts, enums, unions), pydantic that of its own models,
alone or inside other types. ``plain_schema`` brings both to one form: the root in place, and beside it the
definitions it refers to. ``_subsets.py`` rewrites that for the dialects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any

import msgspec

from ..errors import MisuseError

__all__ = ["REF", "Schema", "dec_hook", "is_pydantic", "joined", "plain_schema", "without"]

Schema = dict[str, Any]

REF = "#/$defs/"
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def is_pydantic(type_: object) -> bool:
    """Whether *type_* is a pydantic model; pydantic itself is not needed to know."""
    return isinstance(type_, type) and hasattr(type_, "model_json_schema")


def dec_hook(type_: Any, value: Any) -> Any:
    """Lets msgspec decode pydantic models inside other types."""
    if is_pydantic(type_):
        return type_.model_validate(value)
    raise NotImplementedError(f"values of {type_!r} cannot be read from JSON")


def _schema_hook(type_: Any) -> Schema:
    if is_pydantic(type_):
        schema: Schema = type_.model_json_schema()
        return schema
    raise NotImplementedError(f"{type_!r} has no JSON Schema")


def plain_schema(type_: Any) -> tuple[Schema, Schema]:
    """The schema of *type_*, and the definitions it refers to.

    Raises:
        MisuseError: The type has no JSON form.
    """
    definitions: Schema = {}
    root = _hoisted(_written(type_), definitions)
    if "$ref" in root:
        root = {**definitions[root["$ref"].removeprefix(REF)], **without(root, "$ref")}
    return root, definitions


def _written(type_: Any) -> Schema:
    try:
        if is_pydantic(type_):
            return _schema_hook(type_)
        return msgspec.json.schema(type_, schema_hook=_schema_hook)
    except (TypeError, NotImplementedError) as error:
        return _adapted(type_, error)


def _adapted(type_: Any, error: Exception) -> Schema:
    """The schema of what msgspec refuses and pydantic may know: unions without tags, above all."""
    try:
        from pydantic import TypeAdapter

        schema: Schema = TypeAdapter(type_).json_schema()
        return schema
    except Exception:
        # Which of its many errors it is does not matter: the first one says what is wrong with the type.
        hint = "; give the structs tags: class A(Struct, tag=True)" if "union" in str(error) else ""
    raise MisuseError(f"expected a type with a JSON form, got {type_!r}: {error}{hint}")


def _hoisted(node: Any, definitions: Schema) -> Any:
    """*node* without the ``$defs`` of pydantic models in it; they are moved to *definitions*."""
    if isinstance(node, list):
        return [_hoisted(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    for name, definition in node.get("$defs", {}).items():
        definition = _hoisted(definition, definitions)
        if definitions.setdefault(name, definition) != definition:
            raise MisuseError(f"expected types of different names in one schema, got two called {name!r}")
    found = {key: _hoisted(value, definitions) for key, value in node.items() if key != "$defs"}
    if "const" in found and not isinstance(found["const"], (dict, list)):
        found["enum"] = [found.pop("const")]
    if isinstance(words := found.get("enum"), list) and "type" not in found:
        found["type"] = _types_of(words)
    if isinstance(text := found.get("description"), str):
        found["description"] = cleandoc(text)
    return found


def _types_of(words: list[Any]) -> str | list[str]:
    """The ``type`` of an enum: readers want one beside it."""
    kinds = list(dict.fromkeys(_JSON_TYPES[type(word)] for word in words))
    return kinds[0] if len(kinds) == 1 else kinds


def joined(root: Schema, definitions: Schema) -> Schema:
    """One schema with those of *definitions* inside that it needs, one through another."""
    needed: dict[str, None] = {}
    waiting = [root]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in needed:
                needed[name] = None
                waiting.append(definitions[name])
    # In the order of the definitions: the same type always gives the same bytes.
    used = {name: definition for name, definition in definitions.items() if name in needed}
    return {**root, "$defs": used} if used else root


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix(REF)
            else:
                yield from _references(value)


def without(node: Mapping[str, Any], *names: str) -> Schema:
    """*node* but for the keys *names*."""
    return {key: value for key, value in node.items() if key not in names}
