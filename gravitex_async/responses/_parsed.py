"""The response of ``parse``: an ordinary one that carries a value, of a type mypy sees."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

from ..deltas import neutral_reason
from ..errors import InvalidOutputError
from ._structs import Response

__all__ = ["ParsedResponse", "parsed_response"]

T = TypeVar("T")


class ParsedResponse(Response, Generic[T], kw_only=True):
    """A response whose text was read as a ``T``."""

    @property
    def output_parsed(self) -> T:
        """The value in the text.

        Raises:
            InvalidOutputError: The response calls tools and has no text.
        """
        if "parsed" not in self.__dict__:
            raise InvalidOutputError("the response calls tools and has no text to be parsed")
        return cast(T, self.__dict__["parsed"])


def parsed_response(response: Response, type_: type[T]) -> ParsedResponse[T]:
    """The response with its value.

    Raises:
        RefusalError, TruncatedOutputError, InvalidOutputError: It has none; ``partial`` is the response.
    """
    from ..schema import read_output  # imported late: most answers are no values of a type

    fields = {name: getattr(response, name) for name in response.__struct_fields__}
    parsed: ParsedResponse[T] = ParsedResponse(**fields)
    parsed.__dict__.update(response.__dict__)
    if response.output_text or not response.tool_calls:
        word = response.finish_reason
        parsed.__dict__["parsed"] = read_output(
            type_,
            text=response.output_text,
            refusal=response.refusal,
            word=word,
            reason=neutral_reason(word),
            answer=response,
        )
    return parsed
