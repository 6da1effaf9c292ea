"""The response object: what a plain call gives, what a stream adds up to.

The fields are the wire's, and hold what was sent; many merely repeat the request and are plain values. The
properties are what dialects share: text, reasoning, refusal and tool calls out of the items, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .._counts import first_count, total_of
from ..deltas import ToolCall
from ..usage import Usage
from ._items import CustomToolCallItem, FunctionCallItem, MessageItem, OutputItem, ReasoningItem
from ._open import always, wire_form

__all__ = [
    "IncompleteDetails",
    "InputTokensDetails",
    "OutputTokensDetails",
    "Response",
    "ResponseError",
    "ResponseUsage",
]

Count = int | None
Number = int | float | str | None

PARAGRAPH = "\n\n"
"""Between two pieces of reasoning that are joined."""


class InputTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.input_tokens_details``."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None


class OutputTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.output_tokens_details``."""

    reasoning_tokens: Count = None


class ResponseUsage(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``usage`` as sent (see "Usage" in decoding/README.md); ``neutral()`` is the form all dialects share."""

    input_tokens: Count = None
    input_tokens_details: InputTokensDetails | None = None
    output_tokens: Count = None
    output_tokens_details: OutputTokensDetails | None = None
    total_tokens: Count = None
    prompt_tokens: Count = None
    completion_tokens: Count = None
    cost: Any = None
    num_sources_used: Count = None

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; a total the server leaves out is input plus output."""
        read = first_count(self.input_tokens, self.prompt_tokens)
        written = first_count(self.output_tokens, self.completion_tokens)
        cached = self.input_tokens_details.cached_tokens if self.input_tokens_details else None
        thought = self.output_tokens_details.reasoning_tokens if self.output_tokens_details else None
        total = total_of(self.total_tokens, read, written)
        if read is None and written is None and total is None:
            return Usage()  # an object without counts is no usage
        return Usage(read, written, total, thought, cached, "server")

    def is_zero(self) -> bool:
        """Whether it counts nothing at all: some backends send such a one last."""
        return not (
            self.input_tokens
            or self.output_tokens
            or self.total_tokens
            or self.prompt_tokens
            or self.completion_tokens
        )


class ResponseError(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``error`` of a failed response; any code is accepted."""

    code: str | int | None = None
    message: str | None = None
    type: str | None = None
    param: str | None = None


class IncompleteDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``incomplete_details``: max_output_tokens or content_filter."""

    reason: str | None = None


class Response(msgspec.Struct, omit_defaults=True, kw_only=True, dict=True):
    """An answer. ``status``: completed, incomplete, failed, in_progress, queued, cancelled.

    Do not count on what stands first in ``output``: a reasoning item may come before the message.
    ``output_text`` is the text wherever it stands.
    """

    id: str | None = None
    object: str | None = None
    created_at: Number = None
    status: str | None = None
    completed_at: Number = None
    model: str | None = None
    output: list[OutputItem] = msgspec.field(default_factory=always)
    usage: ResponseUsage | None = None
    error: ResponseError | str | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: Any = None
    metadata: Any = None
    previous_response_id: str | None = None
    conversation: Any = None
    reasoning: Any = None
    text: Any = None
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Count = None
    max_tool_calls: Count = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: Count = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    truncation: Any = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    background: bool | None = None
    prompt: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Any = None
    prompt_cache_options: Any = None
    content_filters: Any = None
    moderation: Any = None
    tool_usage: Any = None
    billing: Any = None

    @property
    def raw(self) -> bytes | None:
        """The body of a plain answer as it came; None where the answer came as a stream."""
        return self.__dict__.get("body")

    @property
    def output_text(self) -> str:
        """All text of all messages, joined."""
        return "".join([item.text for item in self.output if isinstance(item, MessageItem)])

    @property
    def reasoning_content(self) -> str:
        """All readable reasoning, summaries and full text; a blank line between its pieces."""
        return PARAGRAPH.join(
            [text for item in self.output if isinstance(item, ReasoningItem) for text in item.texts]
        )

    @property
    def refusal(self) -> str:
        """All refusals of all messages; "" when there is none."""
        return "".join([item.refusal for item in self.output if isinstance(item, MessageItem)])

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls that are for the caller to answer, in the form all dialects share."""
        calls = [item for item in self.output if isinstance(item, (FunctionCallItem, CustomToolCallItem))]
        return [tool_call(item, position) for position, item in enumerate(calls)]

    @property
    def finish_reason(self) -> str | None:
        """The wire's word for how the answer ended: its status, or why it is incomplete; None before that."""
        if self.status == "incomplete" and self.incomplete_details and self.incomplete_details.reason:
            return self.incomplete_details.reason
        return self.status if self.status in ("completed", "incomplete", "failed", "cancelled") else None

    def to_input(self) -> list[dict[str, Any]]:
        """This answer as input of the next turn: append the results of its calls and the next message.

        Items go back as they came, fields unknown to this package included. Reasoning that was sent behind
        the calls it belongs to is put before them, where the gateway wants it.
        """
        return [wire_form(item) for item in _reasoning_first(self.output)]


def _reasoning_first(items: Sequence[OutputItem]) -> list[OutputItem]:
    """The items with reasoning at the very end moved before the calls in front of it."""
    end = len(items)
    while end and isinstance(items[end - 1], ReasoningItem):
        end -= 1
    start = end
    while start and not isinstance(items[start - 1], ReasoningItem):
        start -= 1
    behind, calls = items[end:], items[start:end]
    if not any(isinstance(item, (FunctionCallItem, CustomToolCallItem)) for item in calls):
        return list(items)
    return [*items[:start], *behind, *calls]


def tool_call(item: FunctionCallItem | CustomToolCallItem, position: int) -> ToolCall:
    """One call in the form all dialects share; free text of a custom tool stands in ``arguments``."""
    extra = {name: value for name in ("namespace", "caller") if (value := getattr(item, name)) is not None}
    if isinstance(item, CustomToolCallItem):
        extra["type"] = item.type
        return ToolCall(item.call_id or item.id or "", item.name, item.input, position, extra)
    return ToolCall(item.call_id or item.id or "", item.name, item.arguments, position, extra)
