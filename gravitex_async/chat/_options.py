"""Words and small objects among the arguments of a chat call, for type checkers and editors.

They are closed where the gateway's documents or OpenAI's name all keys; see ``_typing`` for new words. What a
provider keeps to itself (``parameters``, ``google``) takes any key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from .._typing import Effort, JSONLike, Required, SearchContextSize, Structured, Word
from ._inputs import ToolDict

__all__ = [
    "AllowedTools",
    "AllowedToolsChoice",
    "Approximate",
    "AudioOutput",
    "FormatDefinition",
    "Google",
    "GoogleOptions",
    "GoogleThinking",
    "JSONObjectFormat",
    "JSONSchemaFormat",
    "Modality",
    "Name",
    "NamedCustomChoice",
    "NamedFunctionChoice",
    "Parameters",
    "Prediction",
    "QwenParameters",
    "Reasoning",
    "ResponseFormat",
    "SearchParameters",
    "StreamOptions",
    "TextFormat",
    "Thinking",
    "ToolChoice",
    "UserLocation",
    "WebSearchOptions",
]

Modality = Literal["text", "audio", "image"] | Word


class StreamOptions(TypedDict, total=False):
    """``stream_options``."""

    include_usage: bool
    include_obfuscation: bool
    """False saves the padding of deltas."""
    continuous_usage_stats: bool
    """Usage with every chunk (vLLM)."""


class Name(TypedDict):
    """The name of a tool."""

    name: str


class NamedFunctionChoice(TypedDict):
    """The model calls this function."""

    type: Literal["function"]
    function: Name


class NamedCustomChoice(TypedDict):
    """The model calls this custom tool."""

    type: Literal["custom"]
    custom: Name


class AllowedTools(TypedDict):
    """Those tools, and whether one has to be called."""

    mode: Literal["auto", "required"]
    tools: Sequence[ToolDict | Mapping[str, object]]


class AllowedToolsChoice(TypedDict):
    """The model chooses among some of the tools."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice = (
    Literal["none", "auto", "required"]
    | Word
    | NamedFunctionChoice
    | NamedCustomChoice
    | AllowedToolsChoice
    | Structured
)
"""Whether, and which, tools are called."""


class TextFormat(TypedDict):
    """Plain text."""

    type: Literal["text"]


class JSONObjectFormat(TypedDict):
    """Any JSON object."""

    type: Literal["json_object"]


class FormatDefinition(TypedDict, total=False):
    """A schema and its name."""

    name: Required[str]
    description: str
    schema: Mapping[str, object]
    strict: bool | None


class JSONSchemaFormat(TypedDict):
    """JSON that fits a schema."""

    type: Literal["json_schema"]
    json_schema: FormatDefinition


ResponseFormat = TextFormat | JSONObjectFormat | JSONSchemaFormat | Structured
"""The form of the answer, as the wire has it."""


class AudioOutput(TypedDict):
    """How the answer sounds."""

    voice: str
    format: Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"] | Word


class Prediction(TypedDict):
    """What the answer will mostly be; parts that match are not written anew."""

    type: Literal["content"]
    content: str | Sequence[Mapping[str, object]]


class Thinking(TypedDict, total=False):
    """``thinking`` of DeepSeek, Doubao, GLM and Kimi."""

    type: Required[Literal["enabled", "disabled", "auto", "adaptive"] | Word]
    budget_tokens: int
    clear_thinking: bool
    """Whether earlier thinking is dropped (GLM)."""


class Reasoning(TypedDict, total=False):
    """``reasoning`` in OpenRouter's form."""

    effort: Effort | None
    max_tokens: int | None
    exclude: bool
    """Thinks, and keeps it to itself."""
    enabled: bool
    summary: Literal["auto", "concise", "detailed"] | Word | None


class QwenParameters(TypedDict, total=False):
    """``parameters`` of qwen models."""

    incremental_output: bool
    enable_search: bool
    search_options: Mapping[str, object]
    asr_options: Mapping[str, object]
    temperature: float
    top_p: float
    top_k: int
    thinking_budget: int


Parameters = QwenParameters | JSONLike


class GoogleThinking(TypedDict, total=False):
    """``google.thinking_config``."""

    include_thoughts: bool
    thinking_budget: int
    """Tokens; -1 leaves it to the model, 0 switches thinking off."""
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"] | Word


class GoogleOptions(TypedDict, total=False):
    """``google``: what Gemini models take in chat."""

    thinking_config: GoogleThinking
    tools: Sequence[Mapping[str, object]]
    image_config: Mapping[str, object]


Google = GoogleOptions | JSONLike


class Approximate(TypedDict, total=False):
    """Where the user is, roughly."""

    country: str
    """Two letters, like ``CN``."""
    region: str
    city: str
    timezone: str
    """Like ``Asia/Shanghai``."""


class UserLocation(TypedDict, total=False):
    """``web_search_options.user_location``; OpenAI wants the ``type``, the gateway's documents leave it
    out."""

    type: Literal["approximate"]
    approximate: Required[Approximate]


class WebSearchOptions(TypedDict, total=False):
    """``web_search_options``."""

    search_context_size: SearchContextSize
    user_location: UserLocation | None


class SearchParameters(TypedDict, total=False):
    """``search_parameters`` of Grok."""

    mode: Literal["off", "auto", "on"] | Word
    return_citations: bool
    max_search_results: int
    from_date: str
    """Like ``2026-01-31``."""
    to_date: str
    sources: Sequence[Mapping[str, object]]
