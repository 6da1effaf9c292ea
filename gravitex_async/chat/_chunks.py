"""The events of a chat stream: see "Chat chunks" in decoding/README.md.

Fields stand in the order of the wire, which is the order the decoder looks for them. Every field has a
default: providers leave out, null and add what they like.

All structs here, and all inside them, refuse fields they do not know. So a chunk that the strict decoder made
is the exact picture of its event, and one with more keeps its payload (``chunk.raw``). Fields that some
provider sends with every event are declared, used or not: the strict way is the fast one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..answers import WireEvent
from ._content import Audio, ContentPart, CustomCall, Logprobs, details_text, no_choices, text_of, thinking_of
from ._usage import CompletionUsage

__all__ = [
    "ChatCompletionChunk",
    "ChoiceDelta",
    "ChunkChoice",
    "FunctionCallFragment",
    "ToolCallFragment",
]


class FunctionCallFragment(msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``function`` of a piece of a call, and of the deprecated ``function_call``."""

    name: str | None = None
    arguments: str | None = None
    """The next piece of the JSON text."""


class ToolCallFragment(
    msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True
):
    """``choices[].delta.tool_calls[]``: a piece of a call; ``index`` says of which."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionCallFragment | None = None
    custom: CustomCall | None = None
    extra_content: Any = None
    """Where Google keeps ``thought_signature``: to be sent back unchanged."""


class ChoiceDelta(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """``choices[].delta``: what one event adds to one choice."""

    role: str | None = None
    content: str | list[ContentPart] | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallFragment] | None = None
    reasoning: str | None = None
    function_call: FunctionCallFragment | None = None
    reasoning_details: list[Any] | None = None
    annotations: list[Any] | None = None
    audio: Audio | None = None
    images: list[Any] | None = None
    extra_content: Any = None
    # Sent with every event by some, and of no use to the next request.
    channel: Any = None
    name: Any = None
    token_id: Any = None
    token_ids: Any = None


class ChunkChoice(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """``choices[]`` of a chunk."""

    index: int = msgspec.field(default_factory=int)  # not a plain 0, which would not be written
    delta: ChoiceDelta = msgspec.field(default_factory=ChoiceDelta)
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    usage: CompletionUsage | None = None
    """Moonshot puts it here."""
    native_finish_reason: str | None = None
    content_filter_results: Any = None
    matched_stop: Any = None
    stop_reason: Any = None
    token_ids: Any = None


class ChatCompletionChunk(
    WireEvent, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True
):
    """One event of a chat stream."""

    id: str | None = None
    object: str | None = None
    created: int | float | str | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: list[ChunkChoice] = msgspec.field(default_factory=no_choices)
    usage: CompletionUsage | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None
    provider: str | None = None
    prompt_filter_results: Any = None
    obfuscation: str | None = None
    p: str | None = None
    """Padding, as ``obfuscation`` is (Mistral)."""
    error: Any = None

    @property
    def content(self) -> str:
        """The text this chunk adds to choice 0; "" when it adds none. Never raises."""
        delta = self._delta
        return "" if delta is None else text_of(delta.content)

    @property
    def reasoning_content(self) -> str:
        """The thinking this chunk adds to choice 0, from whichever field it came in."""
        delta = self._delta
        return "" if delta is None else reasoning_of(delta)

    @property
    def finish_reason(self) -> str | None:
        """The finish reason of choice 0, when this chunk brings it."""
        choice = self.choices[0] if self.choices else None
        return choice.finish_reason or None if choice is not None and choice.index == 0 else None

    @property
    def _delta(self) -> ChoiceDelta | None:
        choice = self.choices[0] if self.choices else None
        return choice.delta if choice is not None and choice.index == 0 else None


def reasoning_of(delta: ChoiceDelta) -> str:
    """The thinking of a delta, from whichever field it came in."""
    return (
        delta.reasoning_content
        or delta.reasoning
        or thinking_of(delta.content)
        or details_text(delta.reasoning_details)
    )
