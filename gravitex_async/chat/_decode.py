"""From JSON to the structs of a chat answer: chunks, whole completions, and a completion as a chunk."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from ..answers import keep_payload
from ..decoding import EventDecoder, TolerantDecoder
from ..errors import MisuseError
from ._chunks import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChunkChoice,
    FunctionCallFragment,
    ToolCallFragment,
)
from ._content import NO_FUNCTION, FunctionCall
from ._structs import ChatCompletion, Choice, is_answer
from ._unknown import UnknownFields

__all__ = ["answer_decoder", "chunk_decoder", "chunk_of", "completion_of", "event_decoder"]

ChunkT = TypeVar("ChunkT", bound=ChatCompletionChunk)


# Decoders are built when they are first needed: that takes milliseconds.
@cache
def answer_decoder() -> msgspec.json.Decoder[ChatCompletion]:
    """What decodes a plain answer."""
    return msgspec.json.Decoder(ChatCompletion)


@cache
def _lax_decoder() -> msgspec.json.Decoder[ChatCompletion]:
    return msgspec.json.Decoder(ChatCompletion, strict=False)


@cache
def _chunk_decoder() -> msgspec.json.Decoder[ChatCompletionChunk]:
    return msgspec.json.Decoder(ChatCompletionChunk)


def chunk_decoder(chunk_type: type[ChunkT] | None) -> msgspec.json.Decoder[Any]:
    """What decodes events into *chunk_type*; into ``ChatCompletionChunk`` where the caller has none.

    Raises:
        MisuseError: It is no type of chunk.
    """
    if chunk_type is None:
        return _chunk_decoder()
    if not (isinstance(chunk_type, type) and issubclass(chunk_type, ChatCompletionChunk)):
        raise MisuseError(f"expected chunk_type as a subclass of ChatCompletionChunk, got {chunk_type!r}")
    return msgspec.json.Decoder(chunk_type)


def event_decoder(
    unknown: UnknownFields, decoder: msgspec.json.Decoder[Any], *, max_event_bytes: int
) -> EventDecoder[Any]:
    """A decoder for one stream; fields that no struct knows go to *unknown*."""
    return EventDecoder(decoder, unknown=unknown.take, max_event_bytes=max_event_bytes)


def completion_of(body: bytes) -> ChatCompletion:
    """A plain completion that came where a stream was asked for.

    Raises:
        ValueError: It is none.
    """
    try:
        completion = _lax_decoder().decode(body)
    except ValueError:
        tolerant = TolerantDecoder(ChatCompletion)
        completion = tolerant.convert(tolerant.tree(body))
    if not is_answer(completion):
        raise ValueError("expected a completion with choices")
    keep_payload(completion, body)
    return completion


def chunk_of(completion: ChatCompletion) -> ChatCompletionChunk:
    """A whole completion as the one chunk that would have brought it."""
    return ChatCompletionChunk(
        id=completion.id,
        object="chat.completion.chunk",
        created=completion.created,
        model=completion.model,
        choices=[_chunk_choice(choice) for choice in completion.choices],
        usage=completion.wire_usage,
        citations=completion.wire_citations,
        search_results=completion.search_results,
    )


def _chunk_choice(choice: Choice) -> ChunkChoice:
    message = choice.message
    calls = [
        ToolCallFragment(
            index=position,
            id=call.id,
            type=call.type,
            function=_fragment(call.function),
            custom=call.custom,
            extra_content=call.extra_content,
        )
        for position, call in enumerate(message.tool_calls or ())
    ]
    delta = ChoiceDelta(
        role=message.role,
        content=message.content,
        reasoning_content=message.reasoning_content or None,
        refusal=message.refusal,
        tool_calls=calls or None,
        function_call=_fragment(message.function_call),
        images=message.images,
        annotations=message.annotations,
        audio=message.audio,
    )
    # A whole answer is finished, whether it says so or not.
    return ChunkChoice(index=choice.index, delta=delta, finish_reason=choice.finish_reason or "stop")


def _fragment(function: FunctionCall | None) -> FunctionCallFragment | None:
    if function is None or function is NO_FUNCTION:
        return None
    return FunctionCallFragment(function.name, function.arguments)
