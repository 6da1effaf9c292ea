"""What a request must look like: its standard fields and their types.

The structs describe what real servers check; anything else in a body passes, as it does there. A field that
is null counts as not given. These structs only validate: the dialects read the body itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from ._complaints import MISSING, complain_as_google, complain_as_openai
from ._errors import Refused

__all__ = ["check_chat", "check_count_tokens", "check_embeddings", "check_gemini", "check_responses"]

Object = dict[str, Any]
Temperature = Annotated[float, Meta(ge=0, le=2)]
Share = Annotated[float, Meta(ge=0, le=1)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Positive = Annotated[int, Meta(ge=1)]

StructT = TypeVar("StructT", bound=Struct)


def _need(struct: Struct, *names: str) -> None:
    """Raises when none of these fields is there; only some values of a struct need one of them."""
    if all(getattr(struct, name) is None for name in names):
        raise ValueError(MISSING.format(names[0]))


# Chat


class ContentPart(Struct):
    """A part of a message's content."""

    type: str
    text: str | None = None

    def __post_init__(self) -> None:
        if self.type == "text":
            _need(self, "text")


Content = str | Annotated[list[ContentPart], Meta(min_length=1)]


class System(Struct, tag_field="role", tag="system"):
    """A message that must have content."""

    content: Content


class Developer(System, tag_field="role", tag="developer"):
    """The same by its newer name."""


class User(System, tag_field="role", tag="user"):
    """What the user says."""


class FunctionResult(System, tag_field="role", tag="function"):
    """The deprecated form of a tool's result."""


class ToolResult(System, tag_field="role", tag="tool", kw_only=True):
    """A tool's result."""

    tool_call_id: str


class CalledFunction(Struct):
    """The function of a call."""

    name: str
    arguments: str | Object | None = None


class ToolCall(Struct):
    """A call that an earlier answer made."""

    id: str | None = None
    function: CalledFunction | None = None


class Assistant(Struct, tag_field="role", tag="assistant"):
    """An earlier answer; one that calls tools, or refused, needs no content."""

    content: str | list[ContentPart] | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: CalledFunction | None = None
    refusal: str | None = None
    audio: Any = None
    reasoning_content: str | None = None

    def __post_init__(self) -> None:
        _need(self, "content", "tool_calls", "function_call", "refusal", "audio", "reasoning_content")


Message = System | Developer | User | Assistant | ToolResult | FunctionResult


class OfferedFunction(Struct):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: Object | None = None
    strict: bool | None = None


class OfferedTool(Struct):
    """A tool that the model may use."""

    type: str
    function: OfferedFunction | None = None


class StreamOptions(Struct):
    """``stream_options``."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatRequest(Struct):
    """POST /v1/chat/completions."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    temperature: Temperature | None = None
    top_p: Share | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logit_bias: dict[str, float] | None = None
    tools: list[OfferedTool] | None = None
    tool_choice: str | Object | None = None
    parallel_tool_calls: bool | None = None
    response_format: Object | None = None
    reasoning_effort: str | None = None
    user: str | None = None
    store: bool | None = None
    metadata: Object | None = None
    modalities: list[str] | None = None
    thinking: Object | None = None
    parameters: Object | None = None
    web_search_options: Object | None = None
    search_parameters: Object | None = None


# Responses


class InputItem(Struct):
    """One item of the input: a message, a result, a bare part, or whatever an earlier response held."""

    type: str | None = None
    role: str | None = None
    content: str | list[Object] | None = None
    call_id: str | None = None
    output: Any = None

    def __post_init__(self) -> None:
        if self.type in (None, "message"):
            _need(self, "role")
            _need(self, "content")
        elif self.type == "function_call_output":
            _need(self, "call_id")
            _need(self, "output")


class ResponsesRequest(Struct):
    """POST /v1/responses."""

    model: str
    input: str | Annotated[list[InputItem], Meta(min_length=1)]
    instructions: str | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    stream: bool | None = None
    max_output_tokens: Positive | None = None
    max_tool_calls: Positive | None = None
    reasoning: Object | None = None
    text: Object | None = None
    tools: list[Object] | None = None
    tool_choice: str | Object | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    truncation: Literal["auto", "disabled"] | None = None
    include: list[str] | None = None
    store: bool | None = None
    background: bool | None = None
    metadata: Object | None = None
    user: str | None = None


# Embeddings


class EmbeddingsRequest(Struct):
    """POST /v1/embeddings."""

    model: str
    input: str | list[Any]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Positive | None = None


# Gemini


class Part(Struct, rename="camel"):
    """A part of a content: exactly one kind of data."""

    text: str | None = None
    inline_data: Object | None = None
    file_data: Object | None = None
    function_call: Object | None = None
    function_response: Object | None = None
    executable_code: Object | None = None
    code_execution_result: Object | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise ValueError(MISSING.format("data"))


class GeminiContent(Struct):
    """One turn."""

    parts: Annotated[list[Part], Meta(min_length=1)]
    role: Literal["user", "model", "function", ""] | None = None


class ThinkingConfig(Struct, rename="camel"):
    """``thinkingConfig``."""

    thinking_budget: int | None = None
    include_thoughts: bool | None = None
    thinking_level: str | None = None


class GenerationConfig(Struct, rename="camel"):
    """``generationConfig``."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: str | None = None
    response_schema: Object | None = None
    response_modalities: list[str] | None = None
    thinking_config: ThinkingConfig | None = None


class GeminiRequest(Struct, rename="camel"):
    """``:generateContent`` and ``:streamGenerateContent``."""

    contents: Annotated[list[GeminiContent], Meta(min_length=1)]
    system_instruction: str | Object | None = None
    generation_config: GenerationConfig | None = None
    tools: list[Object] | None = None
    tool_config: Object | None = None
    safety_settings: list[Object] | None = None


class CountTokensRequest(Struct, rename="camel"):
    """``:countTokens``: contents, or a whole request."""

    contents: Annotated[list[GeminiContent], Meta(min_length=1)] | None = None
    generate_content_request: GeminiRequest | None = None

    def __post_init__(self) -> None:
        _need(self, "contents", "generate_content_request")


def _checks(kind: type[StructT]) -> Callable[[Mapping[str, object]], None]:
    def check(body: Mapping[str, object]) -> None:
        try:
            msgspec.convert(body, kind)
        except msgspec.ValidationError as error:
            refused: Refused = complain_as_openai(error, body)
        else:
            return
        raise refused

    return check


def _google_checks(kind: type[StructT]) -> Callable[[Mapping[str, object]], None]:
    def check(body: Mapping[str, object]) -> None:
        # Google reads both spellings of a name, and numbers that are written as strings.
        tree = _camel(body, 6)
        try:
            msgspec.convert(tree, kind, strict=False)
        except msgspec.ValidationError as error:
            refused: Refused = complain_as_google(error, tree)
        else:
            return
        raise refused

    return check


def _camel(value: Any, depth: int) -> Any:
    """*value* with all names in camelCase, down to the depth of what is checked."""
    if isinstance(value, list):
        return [_camel(item, depth) for item in value]
    if not isinstance(value, dict) or not depth:
        return value
    return {_camel_name(name): _camel(item, depth - 1) for name, item in value.items()}


def _camel_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


check_chat = _checks(ChatRequest)
check_responses = _checks(ResponsesRequest)
check_embeddings = _checks(EmbeddingsRequest)
check_gemini = _google_checks(GeminiRequest)
check_count_tokens = _google_checks(CountTokensRequest)
