"""The chat dialect: /v1/chat/completions.

_params      the arguments of a call; _inputs, _options: their shapes as dicts
_request     arguments -> body
_structs     a plain answer, with the words of all dialects; _content, _usage: its parts
_sources     the sources and images of an answer
_chunks      the events of a stream
_decode      JSON -> chunks, completions
_unknown     fields that no struct knows
_toolcalls   fragments -> tool calls
_details     reasoning_details, put together
_choice      deltas -> one choice
_head        what chunks say of the answer itself
_accumulate  chunks -> answer
_parsed      answer -> answer with a value
_history     answer -> messages of the next request
_tool_result what a tool gave -> the message that answers its call
_deltas      what a chunk adds -> deltas
_api         client.chat.completions
"""

from typing import TYPE_CHECKING

from .._late import late
from ._accumulate import ChatAccumulator
from ._api import Chat, ChatStream, Completions, answer_from_json
from ._chunks import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChunkChoice,
    FunctionCallFragment,
    ToolCallFragment,
)
from ._content import Audio, ContentPart, CustomCall, FunctionCall, Logprobs, MessageToolCall
from ._params import ChatParams, ParseParams
from ._parsed import ParsedChatCompletion, ParsedChatCompletionMessage, ParsedChoice
from ._structs import ChatCompletion, ChatCompletionMessage, Choice
from ._tool_result import tool_result
from ._usage import CompletionTokensDetails, CompletionUsage, PromptTokensDetails

__all__ = [
    "Audio",
    "Chat",
    "ChatAccumulator",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatParams",
    "ChatStream",
    "Choice",
    "ChoiceDelta",
    "ChunkChoice",
    "CompletionTokensDetails",
    "CompletionUsage",
    "Completions",
    "ContentPart",
    "CustomCall",
    "FunctionCall",
    "FunctionCallFragment",
    "Logprobs",
    "MessageToolCall",
    "ParseParams",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "PromptTokensDetails",
    "ToolCallFragment",
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
