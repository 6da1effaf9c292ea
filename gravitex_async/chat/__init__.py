"""The chat dialect: /v1/chat/completions.

_params      the arguments of a call
_request     arguments -> body
_structs     the wire, plain and streamed
_decode      JSON -> chunks, completions
_unknown     fields that no struct knows
_toolcalls   fragments -> tool calls
_details     reasoning_details, put together
_choice      deltas -> one choice
_head        what chunks say of the answer itself
_accumulate  chunks -> answer
_parsed      answer -> answer with a value
_history     answer, tool results -> messages of the next request
_deltas      what a chunk adds -> deltas
_api         client.chat.completions
"""

from ._accumulate import ChatAccumulator
from ._api import Chat, ChatStream, Completions
from ._history import tool_result
from ._params import ChatParams, Message, ParseParams
from ._parsed import ParsedChatCompletion, ParsedChatCompletionMessage, ParsedChoice
from ._structs import (
    Audio,
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionTokensDetails,
    CompletionUsage,
    ContentPart,
    CustomCall,
    FunctionCall,
    Logprobs,
    MessageToolCall,
    PromptTokensDetails,
    ToolCallFragment,
)

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
    "Logprobs",
    "Message",
    "MessageToolCall",
    "ParseParams",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "PromptTokensDetails",
    "ToolCallFragment",
    "tool_result",
]
