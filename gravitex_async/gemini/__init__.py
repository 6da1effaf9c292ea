"""The Gemini dialect: /v1beta/models/{model}:generateContent and its kin.

_api         client.gemini
_params      the arguments of the calls; _settings: their structs; _inputs, _options: the same as dicts
_request     arguments -> body; _contents: what callers say -> contents
_structs     the answer, which is also the event of a stream; _metadata: what an answer says about itself
_choices     a candidate, and the words for it; _citations: its sources
_parts       contents and parts, both ways
_wire        names: camelCase there, snake_case here, unknown fields kept; _enums: words and numbers
_decode      JSON -> structs
_accumulate  events -> deltas, and the answer
_candidate   parts -> one candidate; _calls, _partial: fragments -> function calls
_head        what events say of the answer itself
_deltas      what an event adds -> Delta
_history     what a function gave -> a part
_embeddings  vectors
"""

from typing import TYPE_CHECKING

from .._late import late
from ._accumulate import GeminiAccumulator
from ._api import Gemini, GeminiStream, answer_from_json
from ._choices import Candidate, Choice
from ._embeddings import BatchEmbedContentsResponse, ContentEmbedding, EmbedContentResponse
from ._history import tool_result
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
from ._params import EmbedParams, GeminiParams
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
from ._structs import GenerateContentResponse

__all__ = [
    "BatchEmbedContentsResponse",
    "Blob",
    "Candidate",
    "Choice",
    "Citation",
    "CitationMetadata",
    "CodeExecutionResult",
    "Content",
    "ContentEmbedding",
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
    "ThinkingConfig",
    "Tool",
    "ToolConfig",
    "UrlContextMetadata",
    "UrlMetadata",
    "UsageMetadata",
    "VideoMetadata",
    "answer_from_json",
    "tool_result",
]

# The shapes of requests as dicts: for type checkers and editors, and for whoever names one at run time.
if TYPE_CHECKING:
    from . import _inputs, _options
    from ._inputs import *  # noqa: F403
    from ._options import *  # noqa: F403

    __all__ += _inputs.__all__
    __all__ += _options.__all__
else:
    __getattr__ = late(__name__, "_inputs", "_options")
