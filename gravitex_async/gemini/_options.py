"""Words and settings among the arguments of a Gemini call, for type checkers and editors.

Each setting may be a dict in snake_case, which is what stands here, one in camelCase, as the documents have
it, or a struct (``ThinkingConfig``, ``ImageConfig``, ...), which is checked key by key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .._typing import JSONLike, TypeForm, Word
from ._inputs import SomeContent, Tools

__all__ = [
    "AspectRatio",
    "CallingMode",
    "Config",
    "ConfigDict",
    "FunctionCallingConfigDict",
    "GenerationConfigDict",
    "GenerationSettings",
    "ImageConfigDict",
    "ImageOutputOptionsDict",
    "ImageSettings",
    "MediaResolution",
    "ResponseModality",
    "SafetySettingDict",
    "SafetySettings",
    "TaskType",
    "ThinkingConfigDict",
    "ThinkingLevel",
    "ThinkingSettings",
    "ToolConfigDict",
    "ToolSettings",
]

ResponseModality = Literal["TEXT", "IMAGE", "AUDIO", "VIDEO"] | Word
MediaResolution = Literal["MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"] | Word
ThinkingLevel = Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"] | Word
CallingMode = Literal["AUTO", "ANY", "NONE", "VALIDATED"] | Word
AspectRatio = Literal["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"] | Word
TaskType = (
    Literal[
        "RETRIEVAL_QUERY",
        "RETRIEVAL_DOCUMENT",
        "SEMANTIC_SIMILARITY",
        "CLASSIFICATION",
        "CLUSTERING",
        "QUESTION_ANSWERING",
        "FACT_VERIFICATION",
        "CODE_RETRIEVAL_QUERY",
    ]
    | Word
)
"""What a vector is for."""


class ThinkingConfigDict(TypedDict, total=False):
    """A budget (2.5) or a level (3.x), never both."""

    include_thoughts: bool
    thinking_budget: int
    """Tokens; 0 switches thinking off, -1 leaves it to the model."""
    thinking_level: ThinkingLevel


ThinkingSettings = ThinkingConfigDict | JSONLike


class ImageOutputOptionsDict(TypedDict, total=False):
    """The form of images."""

    mime_type: str
    compression_quality: int


class ImageConfigDict(TypedDict, total=False):
    """The shape of images."""

    aspect_ratio: AspectRatio
    image_size: Literal["512px", "1K", "2K", "4K"] | Word
    image_output_options: ImageOutputOptionsDict


ImageSettings = ImageConfigDict | JSONLike


class SafetySettingDict(TypedDict, total=False):
    """From where on content of a kind is held back."""

    category: (
        Literal[
            "HARM_CATEGORY_HARASSMENT",
            "HARM_CATEGORY_HATE_SPEECH",
            "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "HARM_CATEGORY_DANGEROUS_CONTENT",
            "HARM_CATEGORY_CIVIC_INTEGRITY",
        ]
        | Word
    )
    threshold: (
        Literal["BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"]
        | Word
    )
    method: Literal["SEVERITY", "PROBABILITY"] | Word


SafetySettings = Sequence[SafetySettingDict | JSONLike]


class FunctionCallingConfigDict(TypedDict, total=False):
    """Whether functions are called."""

    mode: CallingMode
    allowed_function_names: Sequence[str]
    """With ANY and VALIDATED only."""


class ToolConfigDict(TypedDict, total=False):
    """How tools are used."""

    function_calling_config: FunctionCallingConfigDict
    retrieval_config: Mapping[str, object]


ToolSettings = ToolConfigDict | JSONLike


class GenerationConfigDict(TypedDict, total=False):
    """How the answer is made."""

    temperature: float
    top_p: float
    top_k: float
    candidate_count: int
    max_output_tokens: int
    stop_sequences: Sequence[str]
    response_mime_type: str
    response_schema: TypeForm[Any] | JSONLike
    response_json_schema: TypeForm[Any] | JSONLike
    response_modalities: Sequence[ResponseModality]
    thinking_config: ThinkingSettings
    image_config: ImageSettings
    speech_config: JSONLike
    media_resolution: MediaResolution
    seed: int
    presence_penalty: float
    frequency_penalty: float
    response_logprobs: bool
    logprobs: int
    enable_enhanced_civic_answers: bool
    audio_timestamp: bool


GenerationSettings = GenerationConfigDict | JSONLike


class ConfigDict(GenerationConfigDict, total=False):
    """All parameters at once, as google-genai has them."""

    system_instruction: SomeContent
    safety_settings: SafetySettings
    tools: Tools
    tool_config: ToolSettings
    cached_content: str
    labels: Mapping[str, str]
    service_tier: str
    store: bool


Config = ConfigDict | JSONLike
