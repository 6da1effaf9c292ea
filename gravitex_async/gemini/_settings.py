"""What a request sets beside its contents, as structs for those who like them.

The fields are those of https://ai.google.dev/api/generate-content and of the gateway.

A dict with the same names, in snake_case or camelCase, is as good. Every field is None when it is not set;
what is set, empty lists and objects included, is sent. A field typed ``Any`` holds the caller's own data
(schemas, labels) and is sent as it is; one typed ``Mapping`` holds settings, whose names are spelled in
camelCase at any depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ._parts import Content

__all__ = [
    "Body",
    "FunctionCallingConfig",
    "FunctionDeclaration",
    "GenerationConfig",
    "ImageConfig",
    "ImageOutputOptions",
    "RetrievalConfig",
    "SafetySetting",
    "ThinkingConfig",
    "Tool",
    "ToolConfig",
]

Settings = Mapping[str, Any] | None


class _Setting(
    msgspec.Struct, rename="camel", omit_defaults=True, repr_omit_defaults=True, kw_only=True, gc=False
):
    """What these structs have in common: they are only ever sent."""


class ThinkingConfig(_Setting, kw_only=True):
    """``generationConfig.thinkingConfig``; a budget (2.5) or a level (3.x), never both."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    """Tokens; 0 switches thinking off, -1 leaves it to the model."""
    thinking_level: str | None = None
    """LOW or HIGH; newer models know MINIMAL, MEDIUM and XHIGH."""


class ImageOutputOptions(_Setting, kw_only=True):
    """``imageConfig.imageOutputOptions``."""

    mime_type: str | None = None
    compression_quality: int | None = None


class ImageConfig(_Setting, kw_only=True):
    """``generationConfig.imageConfig``."""

    aspect_ratio: str | None = None
    """Like ``1:1`` or ``16:9``."""
    image_size: str | None = None
    """``1K``, ``2K`` or ``4K``."""
    image_output_options: ImageOutputOptions | None = None


class GenerationConfig(_Setting, kw_only=True):
    """``generationConfig``; its fields are also keyword parameters of the calls."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    response_mime_type: str | None = None
    response_schema: Any = None
    response_json_schema: Any = None
    response_modalities: list[str] | None = None
    thinking_config: ThinkingConfig | None = None
    image_config: ImageConfig | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    speech_config: Settings = None
    media_resolution: str | None = None
    enable_enhanced_civic_answers: bool | None = None
    audio_timestamp: bool | None = None


class SafetySetting(_Setting, kw_only=True):
    """``safetySettings[]``."""

    category: str | None = None
    threshold: str | None = None
    method: str | None = None


class FunctionDeclaration(_Setting, kw_only=True):
    """``tools[].functionDeclarations[]``; ``parameters`` is a schema, its types in either case."""

    name: str | None = None
    description: str | None = None
    parameters: Any = None
    parameters_json_schema: Any = None
    response: Any = None
    response_json_schema: Any = None
    behavior: str | None = None


class Tool(_Setting, kw_only=True):
    """``tools[]``: functions, or one of the server's own tools (``{}`` switches it on)."""

    function_declarations: list[FunctionDeclaration] | None = None
    google_search: Settings = None
    code_execution: Settings = None
    url_context: Settings = None
    google_search_retrieval: Settings = None
    google_maps: Settings = None
    file_search: Settings = None
    computer_use: Settings = None
    enterprise_web_search: Settings = None
    retrieval: Settings = None


class FunctionCallingConfig(_Setting, kw_only=True):
    """``toolConfig.functionCallingConfig``."""

    mode: str | None = None
    """AUTO, ANY, NONE or VALIDATED."""
    allowed_function_names: list[str] | None = None
    """With ANY and VALIDATED only; an empty list is sent as such."""
    stream_function_call_arguments: bool | None = None


class RetrievalConfig(_Setting, kw_only=True):
    """``toolConfig.retrievalConfig``."""

    lat_lng: Settings = None
    language_code: str | None = None


class ToolConfig(_Setting, kw_only=True):
    """``toolConfig``."""

    function_calling_config: FunctionCallingConfig | None = None
    retrieval_config: RetrievalConfig | None = None
    include_server_side_tool_invocations: bool | None = None


class Body(_Setting, kw_only=True):
    """The whole request: the table of its names."""

    contents: list[Content] | None = None
    system_instruction: Content | None = None
    generation_config: GenerationConfig | None = None
    safety_settings: list[SafetySetting] | None = None
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    cached_content: str | None = None
    labels: Any = None
    service_tier: str | None = None
    store: bool | None = None
