"""The events of a Responses stream: lifecycle, items, parts, text.

Each is a struct of its own in one tagged union, so that one call of msgspec tells them apart. Names are the
wire's: ``response.output_text.delta`` is ``OutputTextDeltaEvent``. Events of hosted tools are in
``_tool_events``. Fields that OpenAI promises are missing on many gateways: ``item_id`` and the indices are
None then, and the accumulator finds their place (see "Responses events" in decoding/README.md).

What an event is for (its delta, its item, its whole text) is never None. The strict decoder refuses a payload
without it, as one with a field that is not here; then ``_decode`` puts the empty value in its place, and
``raw`` is the payload.

``obfuscation`` is padding that evens out the size of payloads; it is no text.

Deltas make up nearly all of a stream. So they are kept out of the garbage collector, and their fields stand
in the order in which most servers send them (by name): msgspec looks for a field behind the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from ..answers import WireEvent
from ._open import Tagged, fields_of
from ._parts import AnyAnnotation, AnyPart
from ._structs import AnyUsage, Response
from ._tool_items import AnyItem

__all__ = [
    "CompletedEvent",
    "ContentPartAddedEvent",
    "ContentPartDoneEvent",
    "CreatedEvent",
    "CustomToolCallInputDeltaEvent",
    "CustomToolCallInputDoneEvent",
    "ErrorEvent",
    "FailedEvent",
    "FunctionCallArgumentsDeltaEvent",
    "FunctionCallArgumentsDoneEvent",
    "InProgressEvent",
    "IncompleteEvent",
    "ItemEvent",
    "KeepaliveEvent",
    "LifecycleEvent",
    "OutputItemAddedEvent",
    "OutputItemDoneEvent",
    "OutputTextAnnotationAddedEvent",
    "OutputTextDeltaEvent",
    "OutputTextDoneEvent",
    "QueuedEvent",
    "ReasoningSummaryPartAddedEvent",
    "ReasoningSummaryPartDoneEvent",
    "ReasoningSummaryTextDeltaEvent",
    "ReasoningSummaryTextDoneEvent",
    "ReasoningTextDeltaEvent",
    "ReasoningTextDoneEvent",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
    "ResponsesEvent",
    "UnknownEvent",
]


class ResponsesEvent(
    Tagged, WireEvent, msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True
):
    """Any event of a stream; ``event.type`` is its name on the wire."""

    sequence_number: int | None = None
    error: Any = None
    """An error may come with any event; raised by streams, behind the text that the event brings."""

    def _wire(self) -> dict[str, Any]:
        return fields_of(self)


class UnknownEvent(ResponsesEvent, gc=False):
    """An event of a type that this package does not know; ``raw`` is its payload as sent."""

    if TYPE_CHECKING:
        type: ClassVar[Literal["(unknown)"]]
    else:
        type: str = ""
    raw: bytes = b""


class ItemEvent(ResponsesEvent):
    """What events of one output item share."""

    item_id: str | None = None
    output_index: int | None = None


# Lifecycle


class LifecycleEvent(ResponsesEvent, kw_only=True):
    """What events about the whole response share; gateways send part of it, or none of its output."""

    response: Response


class CreatedEvent(LifecycleEvent, tag="response.created"):
    """The response exists; the first event."""

    type: ClassVar[Literal["response.created"]] = "response.created"


class QueuedEvent(LifecycleEvent, tag="response.queued"):
    """The response waits for its turn."""

    type: ClassVar[Literal["response.queued"]] = "response.queued"


class InProgressEvent(LifecycleEvent, tag="response.in_progress"):
    """The model has begun."""

    type: ClassVar[Literal["response.in_progress"]] = "response.in_progress"


class CompletedEvent(LifecycleEvent, tag="response.completed"):
    """The answer is whole; the last event."""

    type: ClassVar[Literal["response.completed"]] = "response.completed"


class IncompleteEvent(LifecycleEvent, tag="response.incomplete"):
    """The answer ends early (``response.incomplete_details``); the last event."""

    type: ClassVar[Literal["response.incomplete"]] = "response.incomplete"


class FailedEvent(LifecycleEvent, tag="response.failed"):
    """The response failed (``response.error``); raised by streams."""

    type: ClassVar[Literal["response.failed"]] = "response.failed"


class ErrorEvent(ResponsesEvent, tag="error"):
    """Something failed, at any moment; raised by streams. ``error`` is the form some servers nest it in."""

    type: ClassVar[Literal["error"]] = "error"
    code: str | int | None = None
    message: str | None = None
    param: str | None = None
    usage: AnyUsage | None = None
    response: Response | None = None


class KeepaliveEvent(ResponsesEvent, tag="keepalive"):
    """Nothing but a sign of life."""

    type: ClassVar[Literal["keepalive"]] = "keepalive"


# Items and parts


class OutputItemEvent(ResponsesEvent, kw_only=True):
    """What the two events about whole items share.

    Where a gateway leaves ``item`` out, it is an empty ``UnknownItem``.
    """

    output_index: int | None = None
    item: AnyItem


class OutputItemAddedEvent(OutputItemEvent, tag="response.output_item.added"):
    """An item begins: a message, reasoning, a call."""

    type: ClassVar[Literal["response.output_item.added"]] = "response.output_item.added"


class OutputItemDoneEvent(OutputItemEvent, tag="response.output_item.done"):
    """An item is whole."""

    type: ClassVar[Literal["response.output_item.done"]] = "response.output_item.done"


class ContentPartEvent(ItemEvent, kw_only=True):
    """What the two events about whole content parts share.

    Where a gateway leaves ``part`` out, it is an empty ``UnknownPart``.
    """

    content_index: int | None = None
    part: AnyPart


class ContentPartAddedEvent(ContentPartEvent, tag="response.content_part.added"):
    """A part of a message or of reasoning begins."""

    type: ClassVar[Literal["response.content_part.added"]] = "response.content_part.added"


class ContentPartDoneEvent(ContentPartEvent, tag="response.content_part.done"):
    """A part of a message or of reasoning is whole."""

    type: ClassVar[Literal["response.content_part.done"]] = "response.content_part.done"


class SummaryPartEvent(ItemEvent, kw_only=True):
    """What the two events about whole reasoning summaries share."""

    summary_index: int | None = None
    part: AnyPart


class ReasoningSummaryPartAddedEvent(SummaryPartEvent, tag="response.reasoning_summary_part.added"):
    """A reasoning summary begins."""

    type: ClassVar[Literal["response.reasoning_summary_part.added"]] = "response.reasoning_summary_part.added"


class ReasoningSummaryPartDoneEvent(SummaryPartEvent, tag="response.reasoning_summary_part.done"):
    """A reasoning summary is whole, or ``status`` says that it is incomplete."""

    type: ClassVar[Literal["response.reasoning_summary_part.done"]] = "response.reasoning_summary_part.done"
    status: str | None = None


# Text


class OutputTextDeltaEvent(ResponsesEvent, tag="response.output_text.delta", gc=False, kw_only=True):
    """The next piece of a message's text."""

    type: ClassVar[Literal["response.output_text.delta"]] = "response.output_text.delta"
    content_index: int | None = None
    delta: str
    item_id: str | None = None
    logprobs: Sequence[Any] = ()
    obfuscation: str | None = None
    output_index: int | None = None


class OutputTextDoneEvent(ItemEvent, tag="response.output_text.done", kw_only=True):
    """The whole text of one part, where the gateway repeats it; it overrules the deltas."""

    type: ClassVar[Literal["response.output_text.done"]] = "response.output_text.done"
    content_index: int | None = None
    text: str
    logprobs: Sequence[Any] = ()


class OutputTextAnnotationAddedEvent(ItemEvent, tag="response.output_text.annotation.added", kw_only=True):
    """A citation in a message's text."""

    type: ClassVar[Literal["response.output_text.annotation.added"]] = "response.output_text.annotation.added"
    content_index: int | None = None
    annotation_index: int | None = None
    annotation: AnyAnnotation


class RefusalDeltaEvent(ResponsesEvent, tag="response.refusal.delta", gc=False, kw_only=True):
    """The next piece of a refusal."""

    type: ClassVar[Literal["response.refusal.delta"]] = "response.refusal.delta"
    content_index: int | None = None
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class RefusalDoneEvent(ItemEvent, tag="response.refusal.done", kw_only=True):
    """The whole refusal."""

    type: ClassVar[Literal["response.refusal.done"]] = "response.refusal.done"
    content_index: int | None = None
    refusal: str


class ReasoningTextDeltaEvent(ResponsesEvent, tag="response.reasoning_text.delta", gc=False, kw_only=True):
    """The next piece of the thinking in full."""

    type: ClassVar[Literal["response.reasoning_text.delta"]] = "response.reasoning_text.delta"
    content_index: int | None = None
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ReasoningTextDoneEvent(ItemEvent, tag="response.reasoning_text.done", kw_only=True):
    """The whole thinking of one part."""

    type: ClassVar[Literal["response.reasoning_text.done"]] = "response.reasoning_text.done"
    content_index: int | None = None
    text: str


class ReasoningSummaryTextDeltaEvent(
    ResponsesEvent, tag="response.reasoning_summary_text.delta", gc=False, kw_only=True
):
    """The next piece of a reasoning summary."""

    type: ClassVar[Literal["response.reasoning_summary_text.delta"]] = "response.reasoning_summary_text.delta"
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None
    summary_index: int | None = None


class ReasoningSummaryTextDoneEvent(ItemEvent, tag="response.reasoning_summary_text.done", kw_only=True):
    """A whole reasoning summary."""

    type: ClassVar[Literal["response.reasoning_summary_text.done"]] = "response.reasoning_summary_text.done"
    summary_index: int | None = None
    text: str


# Calls of the caller's tools


class FunctionCallArgumentsDeltaEvent(
    ResponsesEvent, tag="response.function_call_arguments.delta", gc=False, kw_only=True
):
    """The next piece of a call's arguments (JSON text)."""

    type: ClassVar[Literal["response.function_call_arguments.delta"]] = (
        "response.function_call_arguments.delta"
    )
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class FunctionCallArgumentsDoneEvent(ItemEvent, tag="response.function_call_arguments.done", kw_only=True):
    """A call's whole arguments, where the gateway repeats them."""

    type: ClassVar[Literal["response.function_call_arguments.done"]] = "response.function_call_arguments.done"
    arguments: str
    name: str | None = None


class CustomToolCallInputDeltaEvent(
    ResponsesEvent, tag="response.custom_tool_call_input.delta", gc=False, kw_only=True
):
    """The next piece of a custom tool's input (free text)."""

    type: ClassVar[Literal["response.custom_tool_call_input.delta"]] = "response.custom_tool_call_input.delta"
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class CustomToolCallInputDoneEvent(ItemEvent, tag="response.custom_tool_call_input.done", kw_only=True):
    """A custom tool's whole input."""

    type: ClassVar[Literal["response.custom_tool_call_input.done"]] = "response.custom_tool_call_input.done"
    input: str
