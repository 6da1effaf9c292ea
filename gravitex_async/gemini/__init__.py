"""The Gemini dialect: /v1beta/models/{model}:generateContent and its kin (reference: gemini.md).

_wire        names: camelCase there, snake_case here, unknown fields kept
_enums       enum words, numbers and neutral classes
_parts       contents and parts, both ways
_media       base64
_metadata    what an answer says about itself
_structs     the answer, which is also the event of a stream
_decode      JSON -> structs
_candidate   parts -> one candidate; _calls, _partial: fragments -> function calls
_head        what events say of the answer itself
_accumulate  events -> answer
_deltas      event -> deltas
_brief       events of nothing but text -> deltas, no structs made
_params      the arguments of the calls; _settings: their structs
_contents    what callers say -> contents; _request: arguments -> body
_embeddings  vectors
_history     what a function gave -> a part
_api         client.gemini
"""

from ._accumulate import GeminiAccumulator
from ._api import Gemini, GeminiStream
from ._embeddings import BatchEmbedContentsResponse, ContentEmbedding, EmbedContentResponse
from ._history import tool_result
from ._media import Image
from ._metadata import (
    Citation,
    CitationMetadata,
    GroundingChunk,
    GroundingMetadata,
    GroundingSource,
    GroundingSupport,
    ModalityTokenCount,
    PromptFeedback,
    SafetyRating,
    SearchEntryPoint,
    Segment,
    UrlContextMetadata,
    UrlMetadata,
    UsageMetadata,
)
from ._params import CallParams, Contents, EmbedParams, GeminiParams, SomeContent
from ._parts import (
    Blob,
    CodeExecutionResult,
    Content,
    ExecutableCode,
    FileData,
    FunctionCall,
    FunctionResponse,
    FunctionResponsePart,
    Part,
    PartialArg,
    ServerToolCall,
    ServerToolResponse,
    VideoMetadata,
)
from ._settings import (
    FunctionCallingConfig,
    FunctionDeclaration,
    GenerationConfig,
    ImageConfig,
    ImageOutputOptions,
    RetrievalConfig,
    SafetySetting,
    ThinkingConfig,
    Tool,
    ToolConfig,
)
from ._structs import Candidate, GenerateContentResponse

__all__ = [
    "BatchEmbedContentsResponse",
    "Blob",
    "CallParams",
    "Candidate",
    "Citation",
    "CitationMetadata",
    "CodeExecutionResult",
    "Content",
    "ContentEmbedding",
    "Contents",
    "EmbedContentResponse",
    "EmbedParams",
    "ExecutableCode",
    "FileData",
    "FunctionCall",
    "FunctionCallingConfig",
    "FunctionDeclaration",
    "FunctionResponse",
    "FunctionResponsePart",
    "Gemini",
    "GeminiAccumulator",
    "GeminiParams",
    "GeminiStream",
    "GenerateContentResponse",
    "GenerationConfig",
    "GroundingChunk",
    "GroundingMetadata",
    "GroundingSource",
    "GroundingSupport",
    "Image",
    "ImageConfig",
    "ImageOutputOptions",
    "ModalityTokenCount",
    "Part",
    "PartialArg",
    "PromptFeedback",
    "RetrievalConfig",
    "SafetyRating",
    "SafetySetting",
    "SearchEntryPoint",
    "Segment",
    "ServerToolCall",
    "ServerToolResponse",
    "SomeContent",
    "ThinkingConfig",
    "Tool",
    "ToolConfig",
    "UrlContextMetadata",
    "UrlMetadata",
    "UsageMetadata",
    "VideoMetadata",
    "tool_result",
]
