"""A plain answer of /v1/chat/completions, which is also what a stream adds up to.

The fields are the wire's and hold what was sent. Beside them each choice, and the answer for its first one,
has the words that all dialects share: what providers spell in several ways (thinking, sources, images) has
one word here.

Every field has a default: providers leave out, null and add what they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from .._json import to_builtins
from ..answers import Answer, Citation, Kept, Origin, Piece, origin_of
from ..deltas import EndReason, StreamEnd, ToolCall, choice_end, end_state, neutral_reason, with_calls
from ..images import Image
from ._content import (
    Audio,
    ContentPart,
    FunctionCall,
    Logprobs,
    MessageToolCall,
    details_text,
    no_choices,
    text_of,
    thinking_of,
)
from ._history import message_input
from ._sources import annotated, images_of, listed
from ._usage import CompletionUsage

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["ChatCompletion", "ChatCompletionMessage", "Choice", "is_answer", "whole_call"]

T = TypeVar("T")


class _Valued(Kept):
    """A place for the value that ``parse`` reads out of a message."""

    __slots__ = ("_parsed",)

    _kept = ("_parsed",)
    _parsed: Any


class ChatCompletionMessage(_Valued, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[].message``; may stand in ``messages`` of the next request as it is."""

    role: str | None = None
    """Never None once decoded: a message without a role is an assistant's."""
    content: str | list[ContentPart] | None = None
    wire_reasoning_content: str | None = msgspec.field(default=None, name="reasoning_content")
    reasoning: str | None = None
    reasoning_details: list[Any] | None = None
    tool_calls: list[MessageToolCall] | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    audio: Audio | None = None
    images: list[Any] | None = None
    function_call: FunctionCall | None = None
    name: str | None = None
    extra_content: Any = None

    def __post_init__(self) -> None:
        # Not a default of the field, which would be left out when the message is sent back.
        self.role = self.role or "assistant"

    @property
    def text(self) -> str:
        """The text of ``content``, whichever form it has; "" when there is none."""
        return text_of(self.content)

    @property
    def reasoning_content(self) -> str:
        """The thinking, whichever field it came in; "" when there is none."""
        return (
            self.wire_reasoning_content
            or self.reasoning
            or thinking_of(self.content)
            or details_text(self.reasoning_details)
        )


class _Sibling(Piece):
    """A place for the origin of the answer, which choices share."""

    __slots__ = ("_origin",)

    _kept: ClassVar[tuple[str, ...]] = ("_source", "_origin")
    _origin: Origin


class Choice(_Sibling, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[]`` of an answer, with the words all dialects share."""

    dialect: ClassVar[str] = "chat"

    index: int = msgspec.field(default_factory=int)  # not a plain 0, which would not be written
    message: ChatCompletionMessage = msgspec.field(default_factory=ChatCompletionMessage)
    finish_reason: str | None = None
    logprobs: Logprobs | None = None
    native_finish_reason: str | None = None
    content_filter_results: Any = None
    matched_stop: Any = None
    stop_reason: Any = None

    @property
    def content(self) -> str:
        """The text; "" when there is none."""
        return text_of(self.message.content)

    @property
    def reasoning_content(self) -> str:
        """The thinking, whichever field it came in; "" when there is none."""
        return self.message.reasoning_content

    @property
    def refusal(self) -> str:
        """Why the model does not answer; "" when it does."""
        return self.message.refusal or ""

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls, in the form all dialects share."""
        message = self.message
        calls = [whole_call(call, place) for place, call in enumerate(message.tool_calls or ())]
        if message.function_call is not None:
            legacy = message.function_call
            calls.append(ToolCall("", legacy.name, legacy.arguments, len(calls), {"type": "function_call"}))
        return calls

    @property
    def end(self) -> StreamEnd:
        """How it ended: as its finish reason says; without one, as its answer did."""
        origin: Origin | None = getattr(self, "_origin", None)
        whole = None if origin is None else origin.end
        if whole is None:
            return StreamEnd(end_state(self._reason), self._reason)
        return choice_end(self.finish_reason, self._reason, whole)

    @property
    def citations(self) -> list[Citation]:
        """The sources that the message names."""
        return annotated(self.message.annotations)

    @property
    def images(self) -> list[Image]:
        """The images, those in the text's Markdown too."""
        return images_of(self.message.content, self.content, self.message.images)

    def parsed(self, type_: TypeForm[T]) -> T:
        """The content as a value of *type_*.

        Raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: It is none; ``partial`` is the choice.
        """
        return value_in(self, type_, self)

    def to_input(self, *, reasoning: bool | None = None) -> list[dict[str, Any]]:
        """What follows ``messages`` in the next request; see ``ChatCompletion.to_input``."""
        message = self.to_dict().get("message")
        return [message_input(message if isinstance(message, dict) else {}, reasoning)]

    @property
    def _reason(self) -> EndReason:
        return with_calls(neutral_reason(self.finish_reason), self.message.tool_calls)

    def _wire(self) -> dict[str, Any]:
        tree: dict[str, Any] = to_builtins(self)
        beside = getattr(self, "_source", None)
        if not isinstance(beside, dict):
            return tree
        message = tree["message"]
        for call, fields in zip(message.get("tool_calls") or (), beside["tool_calls"], strict=False):
            call.update(fields)
        return {**tree, **beside["choice"], "message": {**message, **beside["message"]}}

    def _find(self, body: dict[str, Any]) -> Any:
        choices = body.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and (choice.get("index") or 0) == self.index:
                return choice
        return None


class ChatCompletion(Answer, msgspec.Struct, omit_defaults=True, kw_only=True):
    """An answer: a plain one, and what ``stream.final()`` gives. Its words speak of choice 0.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     messages = [{"role": "user", "content": "one two"}]
    ...     answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    >>> answer.content, answer.end.reason, answer.choices[0].message.role
    ('You said: one two', 'stop', 'assistant')
    """

    dialect = "chat"

    id: str | None = None
    object: str | None = None
    created: int | float | str | None = None
    model: str | None = None
    choices: list[Choice] = msgspec.field(default_factory=no_choices)
    wire_usage: CompletionUsage | None = msgspec.field(default=None, name="usage")
    """``usage`` as sent; None when none was."""
    system_fingerprint: str | None = None
    service_tier: str | None = None
    wire_citations: list[Any] | None = msgspec.field(default=None, name="citations")
    """``citations`` as sent, addresses mostly; ``citations`` are those of all places."""
    search_results: list[Any] | None = None
    provider: str | None = None
    prompt_filter_results: Any = None

    @property
    def content(self) -> str:
        """The text; "" when there is none."""
        return self._first.content

    @property
    def reasoning_content(self) -> str:
        """The thinking, whichever field it came in; "" when there is none."""
        return self._first.reasoning_content

    @property
    def refusal(self) -> str:
        """Why the model does not answer; "" when it does."""
        return self._first.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls, in the form all dialects share."""
        return self._first.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """The word on the wire for how it ended; ``end.reason`` is its neutral class."""
        return self._first.finish_reason

    @property
    def usage(self) -> CompletionUsage:
        """The token counts, under the words of all dialects and those of the wire; empty when none came."""
        return self.wire_usage or CompletionUsage()

    @property
    def citations(self) -> list[Citation]:
        """The sources that the message, or the answer beside its choices, names."""
        own = self._first.citations
        known = {source.url for source in own}
        beside = listed(self.wire_citations, self.search_results, self.extra)
        return own + [source for source in beside if source.url is None or source.url not in known]

    @property
    def images(self) -> list[Image]:
        """The images, those in the text's Markdown too."""
        return self._first.images

    def parsed(self, type_: TypeForm[T]) -> T:
        """The content as a value of *type_*.

        Raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: It is none; ``partial`` is the answer.
        """
        return value_in(self._first, type_, self)

    def to_input(self, index: int = 0, *, reasoning: bool | None = None) -> list[dict[str, Any]]:
        """Choice *index* as what follows ``messages`` in the next request; an empty list without choices.

        Everything goes back as it came: ids, signatures, and fields no struct knows.

        Args:
            reasoning: Whether ``reasoning_content`` goes back; None sends it with tool calls, where DeepSeek
                wants it, and leaves it out elsewhere, where its reasoner refuses it.
        """
        choice = next((choice for choice in self.choices if choice.index == index), None)
        return [] if choice is None else choice.to_input(reasoning=reasoning)

    @property
    def _first(self) -> Choice:
        return next((choice for choice in self.choices if choice.index == 0), None) or Choice()

    def _reason(self) -> EndReason:
        return self._first._reason

    def _keep(self, payload: bytes) -> None:
        origin = origin_of(self)
        origin.body = payload
        for choice in self.choices:
            choice._source, choice._origin = payload, origin
        if self.wire_usage is not None:
            self.wire_usage._source = payload

    def _wire(self) -> dict[str, Any]:
        tree: dict[str, Any] = to_builtins(self)
        tree["choices"] = [choice.to_dict() for choice in self.choices]
        if self.wire_usage is not None:
            tree["usage"] = self.wire_usage.to_dict()
        return {**tree, **self.extra}


def whole_call(call: MessageToolCall, position: int) -> ToolCall:
    """A call of a plain answer in the form all dialects share."""
    extra: dict[str, Any] = {} if call.type == "function" else {"type": call.type}
    if call.extra_content is not None:
        extra["extra_content"] = call.extra_content
    name, text = call.function.name, call.function.arguments
    if call.custom is not None:
        name, text = call.custom.name or "", call.custom.input or ""
    return ToolCall(call.id, name, text, position, extra)


def value_in(choice: Choice, type_: TypeForm[T], answer: object) -> T:
    """The content of *choice* as a value of *type_*; *answer* is what an error calls its partial."""
    from ..schema import read_output  # imported late: most answers are no values of a type

    return read_output(
        type_,
        text=choice.content,
        refusal=choice.refusal,
        word=choice.finish_reason,
        reason=choice._reason,
        answer=answer,
    )


def is_answer(completion: ChatCompletion) -> bool:
    """Whether there is anything of an answer in it: any JSON object decodes into one."""
    return bool(completion.choices) or completion.wire_usage is not None
