"""The arguments of a chat call, named and typed once for create, stream and parse.

Each is a field of the request body of the same name, but for three: ``thinking_to_content``, ``google`` and
``generation_config`` (see their lines). None means "not given".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from ..config import RetryPolicy, Timeout

__all__ = ["ChatParams", "Message", "ParseParams"]

Message = Any
"""A message: a dict, a struct of this package, a dataclass or a pydantic model."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class ParseParams(TypedDict, total=False):
    """Everything ``client.chat.completions.parse`` takes beside ``model``, ``messages`` and the type."""

    temperature: float | None
    """0 to 2. For qwen models it is sent inside ``parameters``, as the documents want it."""
    top_p: float | None
    """0 to 1. For qwen models inside ``parameters``."""
    max_tokens: int | None
    max_completion_tokens: int | None
    stream_options: Mapping[str, Any] | None
    """``include_usage`` is asked for in streams unless given here; ``{}`` sends no stream_options."""
    tools: Sequence[Any] | None
    tool_choice: str | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    seed: int | None
    n: int | None
    stop: str | Sequence[str] | None
    logprobs: bool | None
    top_logprobs: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    logit_bias: Mapping[str, float] | None
    top_k: float | None
    min_p: float | None
    repetition_penalty: float | None
    user: str | None
    safety_identifier: str | None
    service_tier: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: str | None
    prompt_cache_options: Any
    store: bool | None
    metadata: Mapping[str, str] | None
    modalities: Sequence[str] | None
    audio: Mapping[str, Any] | None
    prediction: Any
    verbosity: Literal["low", "medium", "high"] | None
    reasoning_effort: Effort | str | None
    """Gemini: needs a ``-thinking`` model and no max_tokens (low 20 %, medium 50 %, high 80 %)."""
    reasoning: Mapping[str, Any] | None
    """OpenRouter's form."""
    thinking: Mapping[str, Any] | None
    """``{"type": "enabled"}`` or ``"disabled"``: DeepSeek, Doubao, GLM, Kimi."""
    enable_thinking: bool | None
    """Qwen; works in streams only."""
    parameters: Mapping[str, Any] | None
    """Qwen's extended parameters. Keywords that qwen models read nowhere else (``temperature``, ``top_p``,
    ``top_k``, and those from ``incremental_output`` on) join it; where both name a key, that in it wins."""
    incremental_output: bool | None
    """Qwen: each delta holds new text only. Sent inside ``parameters``, as are the next three."""
    enable_search: bool | None
    search_options: Mapping[str, Any] | None
    asr_options: Mapping[str, Any] | None
    thinking_to_content: bool | None
    """Inlines reasoning into content: ``gravitex_thinking_to_content``, ``nebula_…`` on a Nebula host."""
    google: Mapping[str, Any] | None
    """Gemini: sent as the literal body field ``extra_body.google`` (thinking_config, tools, image_config)."""
    generation_config: Mapping[str, Any] | None
    """Gemini 3: sent as ``generationConfig``, keys in camelCase."""
    web_search_options: Mapping[str, Any] | None
    search_parameters: Mapping[str, Any] | None
    """Grok: ``{"mode": "off" | "auto" | "on", "return_citations": bool}``."""
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None
    """Keys merged into the body last, over everything else."""
    timeout: Timeout | float | None
    """Seconds: the deadline of a plain call, the content-idle limit of a stream; or a ``Timeout``."""
    max_retries: int | RetryPolicy | None


class ChatParams(ParseParams, total=False):
    """Everything ``client.chat.completions.create`` takes beside ``model``, ``messages`` and ``stream``."""

    response_format: Any
    """A type (struct, dataclass, TypedDict, pydantic model, list, union) or a format as the wire has it."""
