"""``usage`` of chat answers, as sent; the words of all dialects beside the wire's.

Where a word of ours is also the wire's, and the wire may leave it out, the field has ``wire_`` before it. See
"Usage" in decoding/README.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .._counts import first_count, total_of
from ..answers import Piece
from ..usage import Counts, Usage

__all__ = ["CompletionTokensDetails", "CompletionUsage", "PromptTokensDetails"]

Count = int | None


class PromptTokensDetails(msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``usage.prompt_tokens_details``."""

    cached_tokens: Count = None
    cached_creation_tokens: Count = None
    cache_write_tokens: Count = None
    text_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None
    video_tokens: Count = None
    cached_tokens_details: Any = None


class CompletionTokensDetails(msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``usage.completion_tokens_details``."""

    reasoning_tokens: Count = None
    text_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None
    accepted_prediction_tokens: Count = None
    rejected_prediction_tokens: Count = None


class CompletionUsage(
    Counts, Piece, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True
):
    """``usage`` as sent, and the words of ``Usage``: ``input_tokens``, ``output_tokens``, ``source``, ..."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    wire_total_tokens: Count = msgspec.field(default=None, name="total_tokens")
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_cache_hit_tokens: Count = None
    prompt_cache_miss_tokens: Count = None
    wire_cached_tokens: Count = msgspec.field(default=None, name="cached_tokens")
    wire_input_tokens: Count = msgspec.field(default=None, name="input_tokens")
    wire_output_tokens: Count = msgspec.field(default=None, name="output_tokens")
    wire_reasoning_tokens: Count = msgspec.field(default=None, name="reasoning_tokens")
    input_tokens_details: Any = None
    output_tokens_details: Any = None
    claude_cache_creation_5_m_tokens: Count = None
    claude_cache_creation_1_h_tokens: Count = None
    usage_semantic: str | None = None
    usage_source: str | None = None
    cost: Any = None
    cost_details: Any = None
    is_byok: Any = None
    num_sources_used: Count = None
    generated_images: Count = None
    input_images: Count = None
    search_context_size: Any = None

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; a total the server leaves out is input plus output."""
        # In most chunks the first name counts something, and nothing need be called.
        read = self.prompt_tokens or first_count(self.prompt_tokens, self.wire_input_tokens)
        written = self.completion_tokens or first_count(self.completion_tokens, self.wire_output_tokens)
        total = total_of(self.wire_total_tokens, read, written)
        if read is None and written is None and total is None:
            return Usage()  # an object without counts is no usage
        prompt, completion = self.prompt_tokens_details, self.completion_tokens_details
        cached = None if prompt is None else prompt.cached_tokens
        cached = cached or first_count(cached, self.prompt_cache_hit_tokens, self.wire_cached_tokens)
        thought = None if completion is None else completion.reasoning_tokens
        thought = thought or first_count(thought, self.wire_reasoning_tokens)
        return Usage(read, written, total, thought, cached, "server")

    def is_zero(self) -> bool:
        """Whether it counts nothing at all: some backends send such a one last."""
        return not (
            self.prompt_tokens
            or self.completion_tokens
            or self.wire_total_tokens
            or self.wire_input_tokens
            or self.wire_output_tokens
        )

    def _find(self, body: dict[str, Any]) -> Any:
        return body.get("usage")
