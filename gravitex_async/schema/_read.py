"""Structured output: a type as a request's format, and an answer's text as a value of the type.

Strategy
    An ``OutputType`` is made once per type and kept in a bounded cache: types are often made on the fly, and
    a cache that holds them all is a leak. A type whose root is no JSON object (a list, a union) stands in
    ``{"value": ...}`` on the wire, as strict mode wants an object; both forms are read.

    Text is read strictly, else leniently ("5" for 5), else without what models put around JSON where nothing
    forces them to leave it out: inlined thinking, a code fence.

    The format is nested in chat (``response_format.json_schema``), flat in Responses (``text.format``), and
    in Gemini a schema alone (``responseSchema``, ``responseJsonSchema``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import msgspec

from .._json import dumps, loads_tolerant
from ..deltas import EndReason
from ..errors import InvalidOutputError, MisuseError, OutputError, RefusalError, TruncatedOutputError
from ..thinking import split_thinking
from ._schema import Schema, dec_hook, is_pydantic, joined, plain_schema
from ._subsets import gemini_schema, strict_schema

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["OutputType", "is_output_type", "output_type", "read_output", "reader"]

T = TypeVar("T")

CACHE_SIZE: Final = 256

_FENCE = re.compile(r"```[\w-]*[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_MODULE = re.compile(r"(?:[\w<>]+\.)+")
_wrapped = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_output_type(value: object) -> bool:
    """Whether *value* is a type to be answered with, and not a format as the wire has it."""
    return isinstance(value, type) or hasattr(value, "__origin__") or hasattr(value, "__args__")


class _Msgspec(Generic[T]):
    """Reads JSON text into what msgspec knows."""

    def __init__(self, type_: TypeForm[T]) -> None:
        self._strict: msgspec.json.Decoder[T] = msgspec.json.Decoder(type_, dec_hook=dec_hook)
        self._lenient: msgspec.json.Decoder[T] = msgspec.json.Decoder(type_, strict=False, dec_hook=dec_hook)

    def read(self, text: str | bytes) -> T:
        try:
            return self._strict.decode(text)
        except msgspec.ValidationError:
            # Numbers as text and the like; what is wrong beyond that is reported by the second reading.
            return self._lenient.decode(text)


class _Pydantic(Generic[T]):
    """Reads JSON text into a pydantic model, or into what only pydantic knows."""

    def __init__(self, type_: Any) -> None:
        if is_pydantic(type_):
            self._validate = type_.model_validate_json
        else:
            from pydantic import TypeAdapter

            self._validate = TypeAdapter(type_).validate_json

    def read(self, text: str | bytes) -> T:
        return cast(T, self._validate(text))


Reader = _Msgspec[Any] | _Pydantic[Any]


def reader(type_: Any) -> Reader:
    """What reads JSON text into *type_*; its ``read`` raises ValueError.

    Raises:
        MisuseError: Neither msgspec nor pydantic can.
    """
    if is_pydantic(type_):
        return _Pydantic(type_)
    try:
        return _Msgspec(type_)
    except TypeError as error:
        problem = str(error)
    try:
        return _Pydantic(type_)
    except Exception:
        raise MisuseError(f"expected a type with a JSON form, got {type_!r}: {problem}") from None


class OutputType(Generic[T]):
    """A type that an answer is to be a value of. ``output_type`` makes one, and keeps it.

    >>> output_type(dict[str, int]).decode('```json\\n{"a": 1}\\n```')
    {'a': 1}

    Raises:
        MisuseError: The type has no JSON form.
    """

    def __init__(self, type_: TypeForm[T]) -> None:
        self.type = type_
        self._root, self._definitions = plain_schema(type_)
        self._reader = reader(type_)

    @property
    def wrapped(self) -> bool:
        """Whether the value stands in ``{"value": ...}`` where the wire wants an object."""
        return self._root.get("type") != "object"

    @cached_property
    def name(self) -> str:
        """A name the wire allows: letters, digits, _ and -, at most 64."""
        given = getattr(self.type, "__name__", "") or _MODULE.sub("", str(self.type))
        return _NAME.sub("_", given).strip("_")[:64] or "output"

    @cached_property
    def json_schema(self) -> Schema:
        """The schema as JSON Schema has it."""
        return joined(self._root, self._definitions)

    @cached_property
    def _format(self) -> Schema:
        root = self._root
        if self.wrapped:
            root = {"type": "object", "properties": {"value": root}, "required": ["value"]}
        strict = strict_schema(root, self._definitions)
        if strict is not None:
            return {"name": self.name, "schema": strict, "strict": True}
        return {"name": self.name, "schema": joined(root, self._definitions), "strict": False}

    @property
    def response_format(self) -> Schema:
        """``response_format`` of a chat request."""
        return {"type": "json_schema", "json_schema": self._format}

    @property
    def text_format(self) -> Schema:
        """``text.format`` of a Responses request."""
        return {"type": "json_schema", **self._format}

    @property
    def generation_config(self) -> Schema:
        """What ``generationConfig`` of a Gemini request needs."""
        schema = gemini_schema(self._root, self._definitions)
        form = {"responseJsonSchema": self.json_schema} if schema is None else {"responseSchema": schema}
        return {"responseMimeType": "application/json", **form}

    def decode(self, text: str) -> T:
        """The value in the text of an answer.

        Raises:
            ValueError: There is none.
        """
        failure: Exception | None = None
        for candidate in _candidates(text):
            try:
                return self._read(candidate)
            except (ValueError, RecursionError) as error:
                # The last form tried is the closest to JSON: its problem is what the model did wrong.
                failure = error
        raise ValueError(str(failure or "expected JSON, got an empty text"))

    def _read(self, text: str) -> T:
        if self.wrapped:
            try:
                found = _wrapped.decode(text)
                if found.keys() == {"value"}:
                    return cast(T, self._reader.read(bytes(found["value"])))
            except msgspec.ValidationError:
                pass
        return cast(T, self._reader.read(text))


def _candidates(text: str) -> Iterator[str]:
    """What may be the JSON in an answer, the likeliest first."""
    if text.strip():
        yield text
    bare = split_thinking(text).content
    if bare != text:
        yield bare
    yield from _FENCE.findall(bare)
    # Raw line breaks in strings, NaN: what strict readers refuse.
    try:
        yield dumps(loads_tolerant(bare.encode())).decode()
    except (ValueError, RecursionError):
        return


@lru_cache(maxsize=CACHE_SIZE)
def _kept(type_: TypeForm[T]) -> OutputType[T]:
    return OutputType(type_)


def output_type(type_: TypeForm[T]) -> OutputType[T]:
    """*type_* as an output type.

    Raises:
        MisuseError: The type has no JSON form.
    """
    try:
        return _kept(type_)  # type: ignore[arg-type]  # types are hashable, nearly all of them
    except TypeError:  # a type that cannot be hashed, such as Annotated with a dict
        return OutputType(type_)


def read_output(
    type_: TypeForm[T], *, text: str, refusal: str, word: str | None, reason: EndReason, answer: Any
) -> T:
    """The value an answer gives.

    Args:
        text: The content of the answer.
        refusal: The refusal, where the model gave one.
        word, reason: How it ended, on the wire and neutral.
        answer: The answer, for ``error.partial``.

    Raises:
        RefusalError: The model refused.
        TruncatedOutputError: The answer was cut (length or filter) before its JSON was whole.
        InvalidOutputError: The answer is whole, and no value of the type.
    """
    wanted = output_type(type_)
    if refusal or (word == "refusal" and not text):
        raise _error(RefusalError, f"the model refused: {refusal[:200]!r}", refusal, answer)
    try:
        return wanted.decode(text)
    except ValueError as error:
        problem = str(error)
    if reason in ("length", "filtered"):
        sentence = f"the answer was cut ({word}) before its JSON was whole, after {len(text)} characters"
        raise _error(TruncatedOutputError, sentence, text, answer)
    sentence = f"expected JSON for {wanted.name}, got {text[:200]!r}: {problem}"
    raise _error(InvalidOutputError, sentence, text, answer)


def _error(kind: type[OutputError], sentence: str, text: str, answer: Any) -> OutputError:
    return kind(sentence, text=text, partial=answer)
