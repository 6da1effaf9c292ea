"""The events of a Responses stream: lifecycle, items, parts, text.

Each is a struct of its own in one tagged union, so that one call of msgspec tells them apart. Names are the
wire's: ``response.output_text.delta`` is ``OutputTextDeltaEvent``. Events of hosted tools are in
``_tool_events``. Fields that OpenAI promises are missing on many gateways: ``item_id`` and the indices are
None then, and the accumulator finds their place (see "Responses events" in decoding/README.md).

``obfuscation`` is padding that evens out the size of payloads; it is no text.

Deltas make up nearly all of a stream. So they are kept out of the garbage collector, and their fields stand
in the order in which most servers send them (by name): msgspec looks for a field behind the one before.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ._items import OutputItem
from ._open import Tagged
from ._parts import Annotation, ContentPart
from ._structs import Response, ResponseUsage

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


class ResponsesEvent(Tagged, msgspec.Struct, omit_defaults=True, kw_only=True):
    """Any event of a stream; ``event.type`` is its name on the wire."""

    sequence_number: int | None = None
    error: Any = None
    """An error may come with any event; raised by streams, behind the text that the event brings."""


class UnknownEvent(ResponsesEvent, gc=False):
    """An event of a type that this package does not know; ``raw`` is its payload as sent."""

    type: str = ""
    raw: bytes = b""


class ItemEvent(ResponsesEvent):
    """What events of one output item share."""

    item_id: str | None = None
    output_index: int | None = None


# Lifecycle


class LifecycleEvent(ResponsesEvent):
    """What events about the whole response share; gateways send part of it, or none of its output."""

    response: Response | None = None


class CreatedEvent(LifecycleEvent, tag="response.created"):
    """The response exists; the first event."""


class QueuedEvent(LifecycleEvent, tag="response.queued"):
    """The response waits for its turn."""


class InProgressEvent(LifecycleEvent, tag="response.in_progress"):
    """The model has begun."""


class CompletedEvent(LifecycleEvent, tag="response.completed"):
    """The answer is whole; the last event."""


class IncompleteEvent(LifecycleEvent, tag="response.incomplete"):
    """The answer ends early (``response.incomplete_details``); the last event."""


class FailedEvent(LifecycleEvent, tag="response.failed"):
    """The response failed (``response.error``); raised by streams."""


class ErrorEvent(LifecycleEvent, tag="error"):
    """Something failed, at any moment; raised by streams. ``error`` is the form some servers nest it in."""

    code: str | int | None = None
    message: str | None = None
    param: str | None = None
    usage: ResponseUsage | None = None


class KeepaliveEvent(ResponsesEvent, tag="keepalive"):
    """Nothing but a sign of life."""


# Items and parts


class OutputItemEvent(ResponsesEvent):
    """What the two events about whole items share. ``item`` is None on some gateways."""

    output_index: int | None = None
    item: OutputItem | None = None


class OutputItemAddedEvent(OutputItemEvent, tag="response.output_item.added"):
    """An item begins: a message, reasoning, a call."""


class OutputItemDoneEvent(OutputItemEvent, tag="response.output_item.done"):
    """An item is whole."""


class ContentPartEvent(ItemEvent):
    """What the two events about whole content parts share. ``part`` is None on some gateways."""

    content_index: int | None = None
    part: ContentPart | None = None


class ContentPartAddedEvent(ContentPartEvent, tag="response.content_part.added"):
    """A part of a message or of reasoning begins."""


class ContentPartDoneEvent(ContentPartEvent, tag="response.content_part.done"):
    """A part of a message or of reasoning is whole."""


class SummaryPartEvent(ItemEvent):
    """What the two events about whole reasoning summaries share."""

    summary_index: int | None = None
    part: ContentPart | None = None


class ReasoningSummaryPartAddedEvent(SummaryPartEvent, tag="response.reasoning_summary_part.added"):
    """A reasoning summary begins."""


class ReasoningSummaryPartDoneEvent(SummaryPartEvent, tag="response.reasoning_summary_part.done"):
    """A reasoning summary is whole, or ``status`` says that it is incomplete."""

    status: str | None = None


# Text


class OutputTextDeltaEvent(ResponsesEvent, tag="response.output_text.delta", gc=False):
    """The next piece of a message's text."""

    content_index: int | None = None
    delta: str = ""
    item_id: str | None = None
    logprobs: list[Any] = msgspec.field(default_factory=list)
    obfuscation: str | None = None
    output_index: int | None = None


class OutputTextDoneEvent(ItemEvent, tag="response.output_text.done"):
    """The whole text of one part, where the gateway repeats it; it overrules the deltas."""

    content_index: int | None = None
    text: str | None = None
    logprobs: list[Any] = msgspec.field(default_factory=list)


class OutputTextAnnotationAddedEvent(ItemEvent, tag="response.output_text.annotation.added"):
    """A citation in a message's text."""

    content_index: int | None = None
    annotation_index: int | None = None
    annotation: Annotation | None = None


class RefusalDeltaEvent(ResponsesEvent, tag="response.refusal.delta", gc=False):
    """The next piece of a refusal."""

    content_index: int | None = None
    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class RefusalDoneEvent(ItemEvent, tag="response.refusal.done"):
    """The whole refusal."""

    content_index: int | None = None
    refusal: str | None = None


class ReasoningTextDeltaEvent(ResponsesEvent, tag="response.reasoning_text.delta", gc=False):
    """The next piece of the thinking in full."""

    content_index: int | None = None
    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ReasoningTextDoneEvent(ItemEvent, tag="response.reasoning_text.done"):
    """The whole thinking of one part."""

    content_index: int | None = None
    text: str | None = None


class ReasoningSummaryTextDeltaEvent(ResponsesEvent, tag="response.reasoning_summary_text.delta", gc=False):
    """The next piece of a reasoning summary."""

    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None
    summary_index: int | None = None


class ReasoningSummaryTextDoneEvent(ItemEvent, tag="response.reasoning_summary_text.done"):
    """A whole reasoning summary."""

    summary_index: int | None = None
    text: str | None = None


# Calls of the caller's tools


class FunctionCallArgumentsDeltaEvent(ResponsesEvent, tag="response.function_call_arguments.delta", gc=False):
    """The next piece of a call's arguments (JSON text)."""

    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class FunctionCallArgumentsDoneEvent(ItemEvent, tag="response.function_call_arguments.done"):
    """A call's whole arguments, where the gateway repeats them."""

    arguments: str | None = None
    name: str | None = None


class CustomToolCallInputDeltaEvent(ResponsesEvent, tag="response.custom_tool_call_input.delta", gc=False):
    """The next piece of a custom tool's input (free text)."""

    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class CustomToolCallInputDoneEvent(ItemEvent, tag="response.custom_tool_call_input.done"):
    """A custom tool's whole input."""

    input: str | None = None
