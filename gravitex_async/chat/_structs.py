"""The wire structs of /v1/chat/completions, plain and streamed: see "Chat chunks" in decoding/README.md.

Fields stand in the order of the wire, which is the order the decoder looks for them.

Every field has a default: providers leave out, null and add what they like. Lists that are meant to be
iterated are never None. Text that providers spell in several ways (``reasoning_content``, ``reasoning``,
``thinking`` parts) is kept as sent here; ``text_of`` and ``reasoning_of`` read it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .._counts import first_count, total_of
from ..usage import Usage
from ._history import message_input, raw_message

__all__ = [
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "Choice",
    "ChoiceDelta",
    "ChunkChoice",
    "CompletionTokensDetails",
    "CompletionUsage",
    "ContentPart",
    "FunctionCall",
    "Logprobs",
    "MessageToolCall",
    "PromptTokensDetails",
    "ToolCallFragment",
]

Count = int | None


class PromptTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.prompt_tokens_details``."""

    cached_tokens: Count = None
    cached_creation_tokens: Count = None
    cache_write_tokens: Count = None
    text_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None
    video_tokens: Count = None
    cached_tokens_details: Any = None


class CompletionTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.completion_tokens_details``."""

    reasoning_tokens: Count = None
    text_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None
    accepted_prediction_tokens: Count = None
    rejected_prediction_tokens: Count = None


class CompletionUsage(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``usage`` as sent (see "Usage" in decoding/README.md); ``neutral()`` is the form all dialects share."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_cache_hit_tokens: Count = None
    prompt_cache_miss_tokens: Count = None
    cached_tokens: Count = None
    input_tokens: Count = None
    output_tokens: Count = None
    input_tokens_details: Any = None
    output_tokens_details: Any = None
    claude_cache_creation_5_m_tokens: Count = None
    claude_cache_creation_1_h_tokens: Count = None
    usage_semantic: str | None = None
    usage_source: str | None = None
    cost: Any = None
    cost_details: Any = None
    num_sources_used: Count = None
    generated_images: Count = None
    input_images: Count = None

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; a total the server leaves out is input plus output."""
        # In most chunks the first name counts something, and nothing need be called.
        read = self.prompt_tokens or first_count(self.prompt_tokens, self.input_tokens)
        written = self.completion_tokens or first_count(self.completion_tokens, self.output_tokens)
        total = total_of(self.total_tokens, read, written)
        if read is None and written is None and total is None:
            return Usage()  # an object without counts is no usage
        prompt, completion = self.prompt_tokens_details, self.completion_tokens_details
        cached = None if prompt is None else prompt.cached_tokens
        cached = cached or first_count(cached, self.prompt_cache_hit_tokens, self.cached_tokens)
        thought = None if completion is None else completion.reasoning_tokens
        return Usage(read, written, total, thought, cached, "server")

    def is_zero(self) -> bool:
        """Whether it counts nothing at all: some backends send such a one last."""
        return not (
            self.prompt_tokens
            or self.completion_tokens
            or self.total_tokens
            or self.input_tokens
            or self.output_tokens
        )


class FunctionCall(msgspec.Struct, omit_defaults=True, gc=False):
    """``function`` of a tool call, and the deprecated ``function_call``."""

    name: str | None = None
    arguments: str | None = None
    """JSON text; in a stream, the next piece of it."""


class CustomCall(msgspec.Struct, omit_defaults=True, gc=False):
    """``custom`` of a custom tool call."""

    name: str | None = None
    input: str | None = None


class ToolCallFragment(
    msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True
):
    """``choices[].delta.tool_calls[]``: a piece of a call; see ``_unknown`` for other fields."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionCall | None = None
    custom: CustomCall | None = None
    extra_content: Any = None
    """Where Google keeps ``thought_signature``: to be sent back unchanged."""


class MessageToolCall(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[].message.tool_calls[]``: a whole call."""

    id: str | None = None
    type: str | None = None
    function: FunctionCall | None = None
    custom: CustomCall | None = None
    index: int | None = None
    extra_content: Any = None


class ContentPart(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A part of ``content`` where a provider sends a list: text, thinking (Mistral), image_url."""

    type: str | None = None
    text: str | None = None
    thinking: Any = None
    image_url: Any = None
    refusal: str | None = None
    reference_ids: Any = None
    closed: bool | None = None


class Logprobs(msgspec.Struct, omit_defaults=True, gc=False):
    """``choices[].logprobs``; in a stream the lists of all chunks are appended."""

    content: list[Any] | None = None
    refusal: list[Any] | None = None


class Audio(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``audio`` of a message or, in pieces, of a delta; ``data`` is base64."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | float | str | None = None


class ChoiceDelta(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """``choices[].delta``: what one event adds to one choice; see ``_unknown`` for other fields."""

    role: str | None = None
    content: str | list[ContentPart] | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallFragment] | None = None
    reasoning: str | None = None
    function_call: FunctionCall | None = None
    reasoning_details: list[Any] | None = None
    annotations: list[Any] | None = None
    audio: Audio | None = None
    extra_content: Any = None
    # Sent with every event by some, and of no use to the next request.
    channel: Any = None
    name: Any = None
    token_id: Any = None
    token_ids: Any = None


class ChunkChoice(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[]`` of a chunk."""

    index: int = 0
    delta: ChoiceDelta | None = None
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    usage: CompletionUsage | None = None
    """Moonshot puts it here."""
    native_finish_reason: str | None = None
    content_filter_results: Any = None


class ChatCompletionChunk(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """One event of a chat stream."""

    id: str | None = None
    object: str | None = None
    created: int | float | str | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: list[ChunkChoice] = []
    usage: CompletionUsage | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None
    provider: str | None = None
    prompt_filter_results: Any = None
    obfuscation: str | None = None
    error: Any = None

    @property
    def content(self) -> str:
        """The text this chunk adds to choice 0; "" when it adds none. Never raises."""
        delta = self._delta
        return "" if delta is None else text_of(delta.content)

    @property
    def reasoning_content(self) -> str:
        """The thinking this chunk adds to choice 0, from whichever field it came in."""
        delta = self._delta
        return "" if delta is None else reasoning_of(delta)

    @property
    def finish_reason(self) -> str | None:
        """The finish reason of choice 0, when this chunk brings it."""
        choice = self.choices[0] if self.choices else None
        return choice.finish_reason or None if choice is not None and choice.index == 0 else None

    @property
    def _delta(self) -> ChoiceDelta | None:
        choice = self.choices[0] if self.choices else None
        return choice.delta if choice is not None and choice.index == 0 else None


class ChatCompletionMessage(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[].message``; may stand in ``messages`` of the next request as it is."""

    role: str | None = None
    """Never None once decoded: a message without a role is an assistant's."""
    content: str | list[ContentPart] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[Any] | None = None
    tool_calls: list[MessageToolCall] | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    audio: Audio | None = None
    function_call: FunctionCall | None = None
    name: str | None = None
    extra_content: Any = None

    def __post_init__(self) -> None:
        # Not a default of the field, which would be left out when the message is sent back.
        self.role = self.role or "assistant"

    @property
    def text(self) -> str:
        """The text of ``content``, whichever form it has; "" when there is none."""
        return text_of(self.content)


class Choice(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[]`` of a plain answer."""

    index: int = 0
    message: ChatCompletionMessage = msgspec.field(default_factory=ChatCompletionMessage)
    finish_reason: str | None = None
    logprobs: Logprobs | None = None
    native_finish_reason: str | None = None
    content_filter_results: Any = None


class ChatCompletion(msgspec.Struct, omit_defaults=True, kw_only=True, dict=True):
    """A plain answer, and what ``stream.final()`` gives."""

    id: str | None = None
    object: str | None = None
    created: int | float | str | None = None
    model: str | None = None
    choices: list[Choice] = []
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None
    provider: str | None = None
    prompt_filter_results: Any = None

    @property
    def raw(self) -> bytes | None:
        """The body of a plain answer as it came; None where the answer came as a stream."""
        return self.__dict__.get("body")

    def to_input(self, index: int = 0, *, reasoning: bool | None = None) -> list[dict[str, Any]]:
        """Choice *index* as what follows ``messages`` in the next request; an empty list without choices.

        Everything goes back as it came: ids, signatures, and fields no struct knows.

        Args:
            reasoning: Whether ``reasoning_content`` goes back; None sends it with tool calls, where DeepSeek
                wants it, and leaves it out elsewhere, where its reasoner refuses it.
        """
        choice = next((choice for choice in self.choices if choice.index == index), None)
        if choice is None:
            return []
        form: dict[str, Any] = raw_message(self.raw, index) or msgspec.to_builtins(choice.message)
        unknown = self.__dict__.get("unknown", {}).get(index, ({}, []))
        for call, fields in zip(form.get("tool_calls") or (), unknown[1], strict=False):
            call.update(fields)
        return [message_input({**form, **unknown[0]}, reasoning)]


def is_answer(completion: ChatCompletion) -> bool:
    """Whether there is anything of an answer in it: any JSON object decodes into one."""
    return bool(completion.choices) or completion.usage is not None


def text_of(content: str | list[ContentPart] | None) -> str:
    """The text of a ``content`` value, whichever form it has."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.text or "" for part in content if part.type in (None, "text", "output_text"))


def thinking_of(content: str | list[ContentPart] | None) -> str:
    """The thinking inside a list of content parts (Mistral)."""
    if isinstance(content, str) or not content:
        return ""
    return "".join(_thinking(part.thinking) for part in content if part.thinking)


def _thinking(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_thinking(item.get("text")) for item in value if isinstance(item, dict))
    return ""


def details_text(details: list[Any] | None) -> str:
    """The readable part of ``reasoning_details`` (OpenRouter): texts and summaries."""
    entries = [detail for detail in details or () if isinstance(detail, dict)]
    found = (entry.get("text") or entry.get("summary") for entry in entries)
    return "".join(text for text in found if isinstance(text, str))


def reasoning_of(source: ChoiceDelta | ChatCompletionMessage) -> str:
    """The thinking of a delta or message: see "Reasoning" in decoding/README.md."""
    return (
        source.reasoning_content
        or source.reasoning
        or (thinking_of(source.content) if isinstance(source.content, list) else "")
        or (details_text(source.reasoning_details) if source.reasoning_details else "")
    )
