"""JSON Schema rewritten for those who read it: OpenAI's strict mode, Gemini's ``responseSchema``.

    strict   every object closed, every property required, no defaults, ``anyOf`` only, a type beside each
             enum, nothing beside ``$ref``, keywords outside the subset left out
    Gemini   no ``$ref``, ``nullable`` for null, text enums only, the order of properties said

What a subset cannot say (free-form objects and ``Any`` in both; recursion and numeric enums in Gemini's)
makes the result None, and the caller sends it another way. What is left out of a schema is still checked
when the answer is decoded.

See https://platform.openai.com/docs/guides/structured-outputs and
https://ai.google.dev/gemini-api/docs/structured-output.
"""

from __future__ import annotations

from typing import Any, Final

from ._schema import REF, Schema, joined, without

__all__ = ["gemini_schema", "strict_schema"]

# What each reader takes beside the structural keywords.
_STRICT_KEPT: Final = frozenset(
    {"type", "description", "pattern", "multipleOf", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"}
)
_STRICT_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_GEMINI_KEPT: Final = frozenset(
    {"type", "description", "pattern", "minimum", "maximum", "minItems", "maxItems"}
    | {"minLength", "maxLength", "minProperties", "maxProperties"}
)


class _Inexpressible(Exception):
    """The subset has no word for a part of the schema."""


def strict_schema(root: Schema, definitions: Schema) -> Schema | None:
    """The schema in OpenAI's strict subset; None where that cannot say it."""
    try:
        rewritten = _Strict(definitions)
        found = rewritten.node(root)
        named = {name: rewritten.node(node) for name, node in definitions.items()}
    except _Inexpressible:
        return None
    return joined(found, named)


def gemini_schema(root: Schema, definitions: Schema) -> Schema | None:
    """The schema in the subset of ``responseSchema``; None where that cannot say it."""
    try:
        return _Gemini(definitions).node(root)
    except _Inexpressible:
        return None


class _Subset:
    """What both rewritings share."""

    kept: frozenset[str] = frozenset()

    def __init__(self, definitions: Schema) -> None:
        self._definitions = definitions
        self._within: list[str] = []  # definitions being put in place: recursion ends there

    def node(self, node: Any) -> Schema:
        """One schema, and all below it."""
        if not isinstance(node, dict) or not without(node, "description", "title", "default"):
            raise _Inexpressible
        if "$ref" in node:
            return self.reference(node)
        if "allOf" in node:
            if len(node["allOf"]) != 1:
                raise _Inexpressible
            return self.node({**node["allOf"][0], **without(node, "allOf")})
        found = {key: value for key, value in node.items() if key in self.kept}
        return {**found, **self.structure(node)}

    def structure(self, node: Schema) -> Schema:
        """The keywords that hold other schemas or values."""
        if "enum" in node:
            return self.enum(node)
        branches = node.get("anyOf") or node.get("oneOf")
        if branches:
            return self.union(branches)
        if node.get("type") == "object" or "properties" in node:
            return self.object(node)
        if node.get("type") == "array":
            return {"items": self.node(self._items(node))}
        return self.scalar(node)

    def inlined(self, node: Schema) -> Schema:
        """The definition that a reference names, merged with the keywords beside the reference."""
        name = node["$ref"].removeprefix(REF)
        if name in self._within:
            raise _Inexpressible
        self._within.append(name)
        try:
            return self.node({**self._definitions[name], **without(node, "$ref", "default", "title")})
        finally:
            self._within.pop()

    def object(self, node: Schema) -> Schema:
        """An object with named properties; others cannot be expressed."""
        properties = node.get("properties")
        if not properties or node.get("additionalProperties") not in (None, False):
            raise _Inexpressible
        return {"properties": {name: self.node(value) for name, value in properties.items()}}

    def scalar(self, node: Schema) -> Schema:
        return {}

    def reference(self, node: Schema) -> Schema:
        raise NotImplementedError

    def enum(self, node: Schema) -> Schema:
        raise NotImplementedError

    def union(self, branches: list[Any]) -> Schema:
        raise NotImplementedError

    def _items(self, node: Schema) -> Any:
        places = node.get("prefixItems")
        if not places:
            return node.get("items")
        return places[0] if all(place == places[0] for place in places) else {"anyOf": places}


class _Strict(_Subset):
    kept = _STRICT_KEPT

    def reference(self, node: Schema) -> Schema:
        beside = without(node, "$ref", "default", "title")
        name = node["$ref"].removeprefix(REF)
        # Nothing may stand beside a reference; a description is worth a copy, unless that has no end.
        return self.inlined(node) if beside and name not in self._within else {"$ref": node["$ref"]}

    def enum(self, node: Schema) -> Schema:
        return {"enum": node["enum"]}

    def union(self, branches: list[Any]) -> Schema:
        return {"anyOf": [self.node(branch) for branch in branches]}

    def object(self, node: Schema) -> Schema:
        found = super().object(node)
        # Strict mode has no optional properties: a model sends those with a default, too.
        return {**found, "required": list(found["properties"]), "additionalProperties": False}

    def scalar(self, node: Schema) -> Schema:
        return {"format": node["format"]} if node.get("format") in _STRICT_FORMATS else {}


class _Gemini(_Subset):
    kept = _GEMINI_KEPT

    def reference(self, node: Schema) -> Schema:
        return self.inlined(node)

    def enum(self, node: Schema) -> Schema:
        values = node["enum"]
        words = [value for value in values if value is not None]
        if not all(isinstance(word, str) for word in words):
            raise _Inexpressible
        nullable = {"nullable": True} if len(words) < len(values) else {}
        return {"type": "string", "enum": words, **nullable}

    def union(self, branches: list[Any]) -> Schema:
        others = [branch for branch in branches if branch != {"type": "null"}]
        nullable = {"nullable": True} if len(others) < len(branches) else {}
        if len(others) == 1:
            return {**self.node(others[0]), **nullable}
        return {"anyOf": [self.node(branch) for branch in others], **nullable}

    def object(self, node: Schema) -> Schema:
        found = super().object(node)
        required = {"required": node["required"]} if node.get("required") else {}
        # Without it Gemini writes properties in the order of the alphabet: an answer before its reasons.
        return {**found, **required, "propertyOrdering": list(found["properties"])}

    def scalar(self, node: Schema) -> Schema:
        return {"format": "date-time"} if node.get("format") == "date-time" else {}
