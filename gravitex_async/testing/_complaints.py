"""What is wrong with a request, in the words of OpenAI and of Google.

Requests are described by structs (``_requests``) and validated by msgspec. Here its complaints are translated
into those of the servers whose errors the gateway passes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from gravitex_async._json import dumps

from ._errors import Refused

__all__ = ["MISSING", "complain_as_google", "complain_as_openai"]

Found = Mapping[str, str]

MISSING: Final = "Object missing required field `{}`"
"""For a field that only some values of a struct need: what msgspec says of a missing field."""

_WHERE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.?(\w+)|\[(\d+)\]")
_NAMED: Final = {
    "str": "a string", "int": "an integer", "float": "a decimal", "bool": "a boolean", "array": "an array",
    "object": "an object", "null": "null", "list": "an array", "dict": "an object",
}  # fmt: skip
_NUMBERS: Final = {"float": "decimal", "int": "integer"}
_ROLES: Final = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"


def _sentence(error: msgspec.ValidationError, table: Mapping[str, Any]) -> tuple[Any, Found, str]:
    """The entry of *table* for msgspec's complaint, the words found in that, and the path of the field."""
    whole = _WHERE.fullmatch(str(error))
    assert whole is not None
    for pattern, entry in table.items():
        if match := re.fullmatch(pattern, whole["what"]):
            return entry, match.groupdict(), whole["path"] or ""
    raise error


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def complain_as_openai(error: msgspec.ValidationError, body: object) -> Refused:
    """The refusal of a chat or Responses request."""
    write, found, path = _sentence(error, _OPENAI)
    message, code, param = write(found, path, _value_at(body, path))
    return Refused(400, message, code, "invalid_request_error", param)


def complain_as_google(error: msgspec.ValidationError, body: object) -> Refused:
    """The refusal of a Gemini request."""
    write, found, path = _sentence(error, _GOOGLE)
    return Refused(400, write(found, _snake(path), _value_at(body, path)))


def _value_at(body: object, path: str) -> object:
    value: Any = body
    for name, index in _STEP.findall(path):
        try:
            value = value[int(index) if index else name]
        except (KeyError, IndexError, TypeError):  # the name of a key that msgspec does not give
            return None
    return value


def _openai_missing(found: Found, path: str, _: object) -> tuple[str, str, str]:
    name = _inside(path, found["name"])
    return f"Missing required parameter: '{name}'.", "missing_required_parameter", name


def _openai_empty(found: Found, path: str, _: object) -> tuple[str, str, str]:
    wanted = f"Expected an array with minimum length {found['limit']}, but got an empty array instead."
    return f"Invalid '{path}': empty array. {wanted}", "empty_array", path


def _openai_range(found: Found, path: str, value: object) -> tuple[str, str, str]:
    kind, above = _NUMBERS[found["type"]], found["sign"] == "<="
    limit = found["limit"].removesuffix(".0")
    side = "above maximum" if above else "below minimum"
    message = f"Invalid '{path}': {kind} {side} value. Expected a value {found['sign']} {limit}, "
    code = f"{kind}_{'above_max' if above else 'below_min'}_value"
    return f"{message}but got {value} instead.", code, path


def _openai_type(found: Found, path: str, _: object) -> tuple[str, str, str]:
    names = [_NAMED.get(name, name) for name in found["types"].split(" | ") if name != "null"]
    wanted = names[0] if len(names) == 1 else f"one of {' or '.join(names)}"
    message = f"Invalid type for '{path}': expected {wanted}, but got {_NAMED[found['got']]} instead."
    return message, "invalid_type", path


def _openai_value(found: Found, path: str, _: object) -> tuple[str, str, str]:
    supported = f" Supported values are: {_ROLES}." if path.endswith(".role") else ""
    return f"Invalid value: {found['value']}.{supported}", "invalid_value", path


_MISSING: Final = r"Object missing required field `(?P<name>\w+)`"
_EMPTY: Final = r"Expected `array` of length >= (?P<limit>\d+)"
_RANGE: Final = r"Expected `(?P<type>float|int)` (?P<sign>[<>]=) (?P<limit>[-\d.]+)"
_TYPE: Final = r"Expected `(?P<types>[^`]+)`, got `(?P<got>\w+)`"
_VALUE: Final = r"Invalid (?:enum )?value (?P<value>.*)"

_OPENAI: Final[dict[str, Callable[[Found, str, object], tuple[str, str, str]]]] = {
    _MISSING: _openai_missing,
    _EMPTY: _openai_empty,
    _RANGE: _openai_range,
    _TYPE: _openai_type,
    _VALUE: _openai_value,
}

_TYPES: Final = {"str": "TYPE_STRING", "int": "TYPE_INT32", "float": "TYPE_FLOAT", "bool": "TYPE_BOOL"}
_MESSAGES: Final = "type.googleapis.com/google.ai.generativelanguage.v1beta."


def _snake(path: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path).lower()


def _google_type(found: Found, path: str, value: object) -> str:
    wanted = [_TYPES[name] for name in found["types"].split(" | ") if name in _TYPES]
    # Google names messages by their type: contents[0] is a Content.
    name = "".join(word.capitalize() for word in _last(path).removesuffix("s").split("_"))
    return f"Invalid value at '{path}' ({wanted[0] if wanted else _MESSAGES + name}), {dumps(value).decode()}"


def _last(path: str) -> str:
    return _without_indices(path).rpartition(".")[2]


def _without_indices(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _google_missing(found: Found, path: str, _: object) -> str:
    name = _inside(path, _snake(found["name"]))
    if found["name"] == "data":
        return (
            f"* GenerateContentRequest.{name}: required oneof field 'data' must have one initialized field\n"
        )
    return f"* GenerateContentRequest.{name}: {_without_indices(name)} must not be empty.\n"


def _google_empty(found: Found, path: str, _: object) -> str:
    return _google_missing({"name": _last(path)}, path.rpartition(".")[0], _)


_GOOGLE: Final[dict[str, Callable[[Found, str, object], str]]] = {
    _MISSING: _google_missing,
    _EMPTY: _google_empty,
    _RANGE: lambda found, path, value: (
        f"Invalid value at '{path}': expected a value {found['sign']} {found['limit']}, got {value}"
    ),
    _TYPE: _google_type,
    _VALUE: lambda found, path, _: (
        "Please use a valid role: user, model."
        if path.endswith(".role")
        else f"Invalid value at '{path}', {found['value']}"
    ),
}
