"""The Gemini dialect: /v1beta/models/{model}:generateContent and its kin (reference: gemini.md).

_wire        names: camelCase there, snake_case here, unknown fields kept
_enums       enum words, numbers and neutral classes
_parts       contents and parts, both ways
_media       base64
_metadata    what an answer says about itself
_structs     the answer, which is also the event of a stream
_decode      JSON -> structs
_candidate   parts -> one candidate; _calls, _partial: fragments -> function calls
_accumulate  events -> answer
_deltas      event -> deltas
"""

from ._accumulate import GeminiAccumulator
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
from ._structs import Candidate, GenerateContentResponse

__all__ = [
    "Blob",
    "Candidate",
    "Citation",
    "CitationMetadata",
    "CodeExecutionResult",
    "Content",
    "ExecutableCode",
    "FileData",
    "FunctionCall",
    "FunctionResponse",
    "FunctionResponsePart",
    "GeminiAccumulator",
    "GenerateContentResponse",
    "GroundingChunk",
    "GroundingMetadata",
    "GroundingSource",
    "GroundingSupport",
    "Image",
    "ModalityTokenCount",
    "Part",
    "PartialArg",
    "PromptFeedback",
    "SafetyRating",
    "SearchEntryPoint",
    "Segment",
    "ServerToolCall",
    "ServerToolResponse",
    "UrlContextMetadata",
    "UrlMetadata",
    "UsageMetadata",
    "VideoMetadata",
]
