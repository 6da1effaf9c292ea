"""Answers of ``parse``: a completion whose messages carry a value.

Subclasses of the ordinary structs, so that mypy sees the type of ``parsed`` and everything else stays as it
is. The value stands in a slot and is no field: a message may stand in the next request, and the value is not
for the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

import msgspec

from ..answers import origin_of
from ..errors import InvalidOutputError
from ._content import no_choices
from ._structs import ChatCompletion, ChatCompletionMessage, Choice, value_in

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice", "parsed_completion"]

T = TypeVar("T")
OtherT = TypeVar("OtherT")


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T], kw_only=True, gc=True):
    """A message whose content was read as a ``T``."""

    @property
    def parsed(self) -> T:
        """The value in the content.

        Raises:
            InvalidOutputError: The message calls tools and has no content.
        """
        if not hasattr(self, "_parsed"):
            raise InvalidOutputError("the message calls tools and has no content to be parsed")
        return cast(T, self._parsed)


class ParsedChoice(Choice, Generic[T], kw_only=True, gc=True):
    """A choice whose message was read as a ``T``."""

    message: ParsedChatCompletionMessage[T] = msgspec.field(default_factory=ParsedChatCompletionMessage)


class ParsedChatCompletion(ChatCompletion, Generic[T], kw_only=True):
    """A completion whose messages were read as ``T``: ``parsed()`` is the value of choice 0."""

    choices: list[ParsedChoice[T]] = msgspec.field(default_factory=no_choices)  # type: ignore[assignment]  # read only

    @overload
    def parsed(self, type_: None = None) -> T: ...
    @overload
    def parsed(self, type_: TypeForm[OtherT]) -> OtherT: ...
    def parsed(self, type_: TypeForm[OtherT] | None = None) -> T | OtherT:
        """The value of choice 0, or its content as a value of another type.

        Raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: There is none.
        """
        if type_ is not None:
            return super().parsed(type_)
        return self.choices[0].message.parsed


def parsed_completion(completion: ChatCompletion, type_: TypeForm[T]) -> ParsedChatCompletion[T]:
    """The completion with the value of every choice.

    Raises:
        RefusalError, TruncatedOutputError, InvalidOutputError: A choice has none; ``partial`` is the answer.
    """
    choices = [_choice(choice, type_, completion) for choice in completion.choices]
    if not choices:
        raise InvalidOutputError("the answer has no choices", partial=completion)
    fields = {**_fields(completion), "choices": choices}
    parsed: ParsedChatCompletion[T] = ParsedChatCompletion(**fields)
    parsed._origin = origin_of(completion)
    return parsed


def _choice(choice: Choice, type_: TypeForm[T], completion: ChatCompletion) -> ParsedChoice[T]:
    source = choice.message
    message: ParsedChatCompletionMessage[T] = ParsedChatCompletionMessage(**_fields(source))
    if choice.content or not source.tool_calls:
        message._parsed = value_in(choice, type_, completion)
    parsed: ParsedChoice[T] = ParsedChoice(**{**_fields(choice), "message": message})
    for name in choice._kept:
        if hasattr(choice, name):
            setattr(parsed, name, getattr(choice, name))
    return parsed


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
