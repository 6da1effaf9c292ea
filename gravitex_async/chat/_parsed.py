"""Answers of ``parse``: a completion whose messages carry a value.

Subclasses of the ordinary structs, so that mypy sees the type of ``parsed`` and everything else stays as it
is. The value is no field: a message may stand in the next request, and the value is not for the wire.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

import msgspec

from ..deltas import neutral_reason
from ..errors import InvalidOutputError
from ._structs import ChatCompletion, ChatCompletionMessage, Choice, text_of

__all__ = ["ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice", "parsed_completion"]

T = TypeVar("T")


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T], kw_only=True, dict=True, gc=True):
    """A message whose content was read as a ``T``."""

    @property
    def parsed(self) -> T:
        """The value in the content.

        Raises:
            InvalidOutputError: The message calls tools and has no content.
        """
        if "parsed" not in self.__dict__:
            raise InvalidOutputError("the message calls tools and has no content to be parsed")
        return cast(T, self.__dict__["parsed"])


class ParsedChoice(Choice, Generic[T], kw_only=True, gc=True):
    """A choice whose message was read as a ``T``."""

    message: ParsedChatCompletionMessage[T] = msgspec.field(default_factory=ParsedChatCompletionMessage)


class ParsedChatCompletion(ChatCompletion, Generic[T], kw_only=True):
    """A completion whose messages were read as ``T``."""

    choices: list[ParsedChoice[T]] = msgspec.field(default_factory=list)  # type: ignore[assignment]  # read only


def parsed_completion(completion: ChatCompletion, type_: type[T]) -> ParsedChatCompletion[T]:
    """The completion with the value of every choice.

    Raises:
        RefusalError, TruncatedOutputError, InvalidOutputError: A choice has none; ``partial`` is the answer.
    """
    choices = [_choice(choice, type_, completion) for choice in completion.choices]
    if not choices:
        raise InvalidOutputError("the answer has no choices", partial=completion)
    fields = {**_fields(completion), "choices": choices}
    parsed: ParsedChatCompletion[T] = ParsedChatCompletion(**fields)
    parsed.__dict__.update(completion.__dict__)
    return parsed


def _choice(choice: Choice, type_: type[T], completion: ChatCompletion) -> ParsedChoice[T]:
    from ..schema import read_output  # imported late: most answers are no values of a type

    source = choice.message
    message: ParsedChatCompletionMessage[T] = ParsedChatCompletionMessage(**_fields(source))
    text = text_of(source.content)
    if text or not source.tool_calls:
        message.__dict__["parsed"] = read_output(
            type_,
            text=text,
            refusal=source.refusal or "",
            word=choice.finish_reason,
            reason=neutral_reason(choice.finish_reason),
            answer=completion,
        )
    return ParsedChoice(**{**_fields(choice), "message": message})


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
