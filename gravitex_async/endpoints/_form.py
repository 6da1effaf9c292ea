"""Bytes to a value of the caller's type, or to the error that came in its place.

Nothing is known of an endpoint but what the caller says. Without a type any JSON is an answer, unless it is
an error by the rules for bodies of a kind of their own (see "Errors inside an answer" in decoding/README.md),
for which a message alone is none. A value of the caller's type is one unless it is marked as an error.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from .._checks import kind_of
from .._counts import first_count, total_of
from .._json import dumps, loads_tolerant, whole
from ..decoding import ErrorInfo, excerpt, find_error, find_flat, parse_body
from ..errors import DecodeError
from ..schema import reader
from ..usage import Usage

__all__ = ["Form", "usage_in"]

T = TypeVar("T")


class Form(Generic[T]):
    """What a body, or the data of an event, is to become: a *type_*; None: plain values.

    Raises:
        MisuseError: The type has no JSON form.
    """

    __slots__ = ("_reader", "type")

    def __init__(self, type_: type[T] | None) -> None:
        self.type = type_
        self._reader = None if type_ is None or type_ is bytes else reader(type_)

    @property
    def binary(self) -> bool:
        """Whether the bytes themselves are wanted."""
        return self.type is bytes

    def read(self, data: bytes) -> T:
        """The value.

        Raises:
            DecodeError: There is none in these bytes.
        """
        value: Any = data
        if self.binary:
            return value  # type: ignore[no-any-return]  # T is bytes
        try:
            return self._value(data)
        except (ValueError, RecursionError) as error:
            complaint = str(error)
        try:
            return self._value(dumps(whole(loads_tolerant(data))))
        except (ValueError, RecursionError, OverflowError):
            pass
        wanted = "JSON" if self.type is None else kind_of(self.type).removeprefix("the class ")
        raise DecodeError(f"expected {wanted}, got {excerpt(data)} ({complaint})", body=parse_body(data))

    def _value(self, data: bytes) -> T:
        value: Any = loads_tolerant(data) if self._reader is None else self._reader.read(data)
        return value  # type: ignore[no-any-return]  # what a reader of T reads

    def error_in(self, tree: Any, *, readable: bool) -> ErrorInfo | None:
        """The error in a body, of which *tree* is the JSON; *readable*: it is a value of the type as well."""
        if self.type is None or not readable:
            return find_flat(tree, named=readable)
        return find_error(tree)


def usage_in(tree: Any) -> Usage:
    """What the ``usage`` of an answer, or of a response inside of an event, says in the usual words."""
    for place in (tree, tree.get("response")) if isinstance(tree, dict) else ():
        found = place.get("usage") if isinstance(place, dict) else None
        if isinstance(found, dict):
            counts = {name: count for name, count in found.items() if type(count) is int}
            return _usage(counts)
    return Usage()


def _usage(counts: dict[str, int]) -> Usage:
    read = first_count(counts.get("input_tokens"), counts.get("prompt_tokens"))
    written = first_count(counts.get("output_tokens"), counts.get("completion_tokens"))
    total = total_of(counts.get("total_tokens"), read, written)
    if total is None and read is None and written is None:
        return Usage()
    return Usage(read, written, total, source="server")
