"""JSON Schemas of types, in the forms the dialects take."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import pydantic
import pytest

from gravitex_async import MisuseError
from gravitex_async.schema import output_type

from ..shapes import Bag, Box, Cat, City, Colour, Dog, Home, Letter, Point, Post, Recipe, Step, Tree, User

STRICT = [
    Recipe, Tree, Home, Box[Step], Point, City, User, Letter, list[Step], Cat | Dog, Cat | None,
    User | Letter, Colour, Literal["a", "b"], int, tuple[int, str],
]  # fmt: skip
LOOSE = [Bag, Post, dict[str, int], dict[str, Any], Any]
ALLOWED = {
    "type", "description", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "$ref",
    "$defs", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minItems", "maxItems",
}  # fmt: skip


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema, names of properties and definitions left out."""
    if isinstance(schema, list):
        for item in schema:
            yield from nodes(item)
    elif isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            yield from nodes(list(value.values()) if key in ("properties", "$defs") else value)


def response_format(type_: Any) -> dict[str, Any]:
    form = output_type(type_).response_format
    assert form["type"] == "json_schema"
    found: dict[str, Any] = form["json_schema"]
    return found


@pytest.mark.parametrize("type_", STRICT, ids=str)
def test_strict_mode_is_obeyed(type_: Any) -> None:
    """Objects closed, everything required, only words of the subset, no reference that leads nowhere."""
    form = response_format(type_)
    schema = form["schema"]
    assert form["strict"] is True
    assert schema["type"] == "object"
    for node in nodes(schema):
        assert node.keys() <= ALLOWED
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if "$ref" in node:
            assert node.keys() == {"$ref"}
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        assert "enum" not in node or "type" in node
        assert "type" in node or "anyOf" in node or "$ref" in node


@pytest.mark.parametrize("type_", LOOSE, ids=str)
def test_what_strict_mode_cannot_say_is_sent_without_it(type_: Any) -> None:
    """Free-form objects would be refused as strict; they go out as they are."""
    form = response_format(type_)
    assert form["strict"] is False
    assert form["schema"]["type"] == "object"


def test_a_schema_in_full() -> None:
    """Descriptions stay, defaults go, a described reference is put in place, order is the type's."""
    schema = response_format(Recipe)["schema"]
    assert schema["description"] == "A recipe."
    assert list(schema["properties"]) == ["title", "steps", "best", "colour", "kind", "made", "servings"]
    assert schema["properties"]["title"] == {"type": "string", "description": "Its name"}
    assert schema["properties"]["steps"] == {"type": "array", "items": {"$ref": "#/$defs/Step"}}
    assert schema["properties"]["best"]["description"] == "The best step"
    assert schema["properties"]["best"]["properties"]["text"] == {"type": "string"}
    assert schema["properties"]["kind"] == {"type": "string", "enum": ["cake", "soup"]}
    assert schema["properties"]["made"] == {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    assert schema["properties"]["servings"] == {"type": "integer"}
    assert schema["$defs"].keys() == {"Step", "Colour"}


def test_recursion_stays_a_reference() -> None:
    """A tree refers to itself, from inside ``$defs``."""
    schema = response_format(Tree)["schema"]
    left = {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}
    assert schema["properties"]["leftSide"] == left
    assert schema["$defs"]["Tree"]["properties"]["leftSide"] == left


def test_a_property_may_have_any_name() -> None:
    """Words of the schema language are fine as names of fields."""

    class Odd(msgspec.Struct):
        title: str
        default: int
        properties: str
        enum: list[str]
        const: int
        description: str = ""

    names = ["title", "default", "properties", "enum", "const", "description"]
    assert list(response_format(Odd)["schema"]["properties"]) == names
    assert list(output_type(Odd).generation_config["responseSchema"]["properties"]) == names


def test_the_root_is_an_object() -> None:
    """Strict mode wants one: lists, unions and scalars stand in ``value``."""
    schema = response_format(list[int])["schema"]
    assert schema == {
        "type": "object",
        "properties": {"value": {"type": "array", "items": {"type": "integer"}}},
        "required": ["value"],
        "additionalProperties": False,
    }


def test_the_two_forms_of_openai() -> None:
    """Nested in chat, flat in Responses."""
    wanted = output_type(Point)
    nested = wanted.response_format["json_schema"]
    assert wanted.text_format == {"type": "json_schema", **nested}
    assert nested["name"] == "Point"


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (Recipe, "Recipe"),
        (list[Step], "list"),
        (Cat | Dog, "Cat_Dog"),
        (msgspec.defstruct("x" * 80, ["a"]), "x" * 64),
    ],
)
def test_names_are_allowed_ones(type_: Any, name: str) -> None:
    """Letters, digits, _ and -, at most 64 of them."""
    assert response_format(type_)["name"] == name


@pytest.mark.parametrize("type_", [Recipe, Home, Box[Step], Point, City, list[Step], Cat | None], ids=str)
def test_gemini_gets_its_subset(type_: Any) -> None:
    """No references, no null type, the order of properties said."""
    config = output_type(type_).generation_config
    assert config["responseMimeType"] == "application/json"
    for node in nodes(config["responseSchema"]):
        assert not {"$ref", "$defs", "additionalProperties", "default", "title"} & node.keys()
        assert node.get("type") != "null"
        if node.get("type") == "object":
            assert node["propertyOrdering"] == list(node["properties"])


@pytest.mark.parametrize("type_", [Tree, User, Letter, Bag, Literal[1, 2]], ids=str)
def test_what_gemini_s_subset_cannot_say_goes_as_json_schema(type_: Any) -> None:
    """Recursion, free-form objects and numeric enums: ``responseJsonSchema``."""
    config = output_type(type_).generation_config
    assert config.keys() == {"responseMimeType", "responseJsonSchema"}


def test_null_becomes_nullable() -> None:
    """Gemini has no null type."""
    schema = output_type(Recipe).generation_config["responseSchema"]
    assert schema["properties"]["made"] == {"type": "string", "nullable": True}


def test_a_union_of_models_without_tags_is_read_by_pydantic() -> None:
    """msgspec refuses it; pydantic tries one after the other."""

    @dataclasses.dataclass
    class A:
        a: int

    @dataclasses.dataclass
    class B:
        b: int

    wanted = output_type(A | B)
    assert wanted.response_format["json_schema"]["strict"] is True
    assert wanted.decode('{"value": {"b": 1}}') == B(1)


def test_types_without_a_json_form_are_refused() -> None:
    """Before anything is sent, and with a hint for unions of structs."""

    class A(msgspec.Struct):
        a: int

    class B(msgspec.Struct):
        b: int

    class Opaque:
        pass

    with pytest.raises(MisuseError, match="tag=True"):
        output_type(A | B)
    with pytest.raises(MisuseError, match="JSON form"):
        output_type(Opaque)


def test_two_types_of_one_name_are_refused() -> None:
    """A schema could hold only one of them."""

    other = pydantic.create_model("User", age=(int, ...))
    note = pydantic.create_model("Note", to=(other, ...))
    both = msgspec.defstruct("Both", [("a", Letter), ("b", note)])
    with pytest.raises(MisuseError, match="User"):
        output_type(both)
