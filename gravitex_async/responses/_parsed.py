"""The response of ``parse``: an ordinary one that carries a value, of a type mypy sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

import msgspec

from ..answers import origin_of
from ..errors import InvalidOutputError
from ._structs import Response

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["ParsedResponse", "parsed_response"]

T = TypeVar("T")
OtherT = TypeVar("OtherT")


class ParsedResponse(Response, Generic[T], kw_only=True):
    """A response whose text was read as a ``T``."""

    @property
    def output_parsed(self) -> T:
        """The value in the text, by the name that OpenAI's clients give it; see ``parsed``."""
        return self.parsed()

    @overload
    def parsed(self) -> T: ...
    @overload
    def parsed(self, type_: TypeForm[OtherT]) -> OtherT: ...
    def parsed(self, type_: Any = None) -> Any:
        """The value in the text; with a type, the text as a value of that.

        Raises:
            InvalidOutputError: The response calls tools and has no text.
        """
        if type_ is not None:
            return super().parsed(type_)
        value = origin_of(self).parsed
        if value is msgspec.UNSET:
            raise InvalidOutputError("the response calls tools and has no text to be parsed")
        return cast(T, value)


def parsed_response(response: Response, type_: TypeForm[T]) -> ParsedResponse[T]:
    """The response with its value.

    Raises:
        RefusalError, TruncatedOutputError, InvalidOutputError: It has none; ``partial`` is the response.
    """
    fields = {name: getattr(response, name) for name in response.__struct_fields__}
    parsed: ParsedResponse[T] = ParsedResponse(**fields)
    origin = parsed._origin = origin_of(response)
    if response.content or not response.tool_calls:
        origin.parsed = response.parsed(type_)
    return parsed
