"""The arguments of the Gemini calls, named and typed once. None means "not given"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from ..config import RetryPolicy, Timeout

__all__ = ["CallParams", "Contents", "EmbedParams", "GeminiParams", "SomeContent"]

JSONLike = Mapping[str, Any] | msgspec.Struct

SomeContent = str | JSONLike | Sequence[Any]
"""One turn: its text, a part, parts, or a content, as dicts, structs, dataclasses or pydantic models."""

Contents = SomeContent
"""One turn, or a list of turns; an earlier answer may stand for its own turn."""


class CallParams(TypedDict, total=False):
    """What every call takes that is about the call and not for its body."""

    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None
    """Keys merged into the body last, over everything else."""
    timeout: Timeout | float | None
    """Seconds: the deadline of a plain call, the content-idle limit of a stream; or a ``Timeout``."""
    max_retries: int | RetryPolicy | None


class GeminiParams(CallParams, total=False):
    """Everything ``client.gemini.generate_content`` takes beside ``model`` and ``contents``."""

    config: JSONLike | None
    """All other parameters at once, as users of google-genai write them; keywords go over it."""
    system_instruction: SomeContent | None
    temperature: float | None
    top_p: float | None
    top_k: float | None
    max_output_tokens: int | None
    """Thoughts count: a low limit may leave no room for text."""
    stop_sequences: Sequence[str] | None
    candidate_count: int | None
    response_mime_type: str | None
    response_schema: Any
    """A type, or Google's own form of schema, which needs ``response_mime_type="application/json"``."""
    response_json_schema: Any
    """A type, or a JSON Schema, which needs ``response_mime_type="application/json"``."""
    response_modalities: Sequence[str] | None
    """``["TEXT"]``, ``["IMAGE"]``, both, or AUDIO."""
    thinking_config: JSONLike | None
    """``include_thoughts`` and ``thinking_budget`` (-1 automatic, 0 off) or ``thinking_level``."""
    image_config: JSONLike | None
    """``aspect_ratio``, ``image_size``, ``image_output_options``."""
    speech_config: JSONLike | None
    media_resolution: str | None
    seed: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    response_logprobs: bool | None
    logprobs: int | None
    enable_enhanced_civic_answers: bool | None
    audio_timestamp: bool | None
    generation_config: JSONLike | None
    """``generationConfig`` itself, unknown keys included; the parameters above go over it."""
    safety_settings: Sequence[JSONLike] | None
    tools: Sequence[JSONLike] | JSONLike | None
    tool_config: JSONLike | None
    cached_content: str | None
    """The id of a cache; send new contents only, without system_instruction, tools and tool_config."""
    labels: Mapping[str, str] | None
    service_tier: str | None
    store: bool | None


class EmbedParams(CallParams, total=False):
    """Everything the embedding calls take beside ``model`` and what is to be embedded."""

    task_type: str | None
    """RETRIEVAL_QUERY, RETRIEVAL_DOCUMENT, SEMANTIC_SIMILARITY, ...: any word the model knows."""
    title: str | None
    """With RETRIEVAL_DOCUMENT only."""
    output_dimensionality: int | None
    """Shorter vectors are not of length one for every model."""
    model_in_body: bool | None
    """Sends ``model`` in the body too, as given (Google itself wants ``models/...`` in batches)."""
