"""One chunk in the form all dialects share.

Runs after the accumulator has folded the chunk: it is the accumulator that knows which call a fragment
belongs to, and notes it on the fragment.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..deltas import Delta, ToolCallDelta
from ..usage import Usage
from ._structs import (
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
    ToolCallFragment,
    reasoning_of,
    text_of,
)

__all__ = ["deltas_of", "deltas_of_message"]

_EMPTY = ChoiceDelta()


def deltas_of(chunk: ChatCompletionChunk) -> Sequence[Delta]:
    """What *chunk* adds, one Delta per choice it adds anything to; usage on a Delta of its own if need be."""
    usage = chunk.usage
    found = []
    for choice in chunk.choices:
        delta = choice.delta or _EMPTY
        content = delta.content
        if content.__class__ is not str:
            content = text_of(content)
        reasoning = delta.reasoning_content or (
            reasoning_of(delta)
            if delta.reasoning or delta.reasoning_details or content is not delta.content
            else ""
        )
        calls = _fragments(delta) if delta.tool_calls or delta.function_call is not None else ()
        usage = choice.usage or usage
        reason = choice.finish_reason or None
        if content or reasoning or calls or reason or delta.refusal:
            refusal = delta.refusal or ""
            if usage is None:
                found.append(Delta(content, reasoning, refusal, calls, reason, None, choice.index))
            else:
                found.append(Delta(content, reasoning, refusal, calls, reason, _told(usage), choice.index))
                usage = None
    told = None if usage is None else _told(usage)
    if told is not None:
        found.append(Delta(usage=told))
    return found


def _told(usage: CompletionUsage) -> Usage | None:
    """The counts in the form all dialects share; None for an object that counts nothing."""
    told = usage.neutral()
    return None if told.source == "none" else told


def _fragments(delta: ChoiceDelta) -> tuple[ToolCallDelta, ...]:
    if delta.function_call is not None and not delta.tool_calls:
        called = delta.function_call
        return (ToolCallDelta(0, None, called.name, called.arguments or ""),)
    return tuple(_fragment(fragment) for fragment in delta.tool_calls or ())


def _fragment(fragment: ToolCallFragment) -> ToolCallDelta:
    name = text = None
    if fragment.function is not None:
        name, text = fragment.function.name, fragment.function.arguments
    elif fragment.custom is not None:
        name, text = fragment.custom.name, fragment.custom.input
    position = getattr(fragment, "position", fragment.index or 0)
    if getattr(fragment, "repeated", False):
        text = ""
    return ToolCallDelta(position, fragment.id or None, name or None, text or "")


def deltas_of_message(completion: ChatCompletion) -> ChatCompletionChunk:
    """A whole completion as the one chunk that would have brought it."""
    return ChatCompletionChunk(
        id=completion.id,
        object="chat.completion.chunk",
        created=completion.created,
        model=completion.model,
        choices=[_chunk_choice(choice) for choice in completion.choices],
        usage=completion.usage,
        citations=completion.citations,
    )


def _chunk_choice(choice: Choice) -> ChunkChoice:
    message = choice.message
    calls = [
        ToolCallFragment(
            index=position,
            id=call.id,
            type=call.type,
            function=call.function,
            custom=call.custom,
            extra_content=call.extra_content,
        )
        for position, call in enumerate(message.tool_calls or ())
    ]
    delta = ChoiceDelta(
        role=message.role,
        content=message.content,
        reasoning_content=reasoning_of(message) or None,
        refusal=message.refusal,
        tool_calls=calls or None,
        function_call=message.function_call,
        annotations=message.annotations,
        audio=message.audio,
    )
    # A whole answer is finished, whether it says so or not.
    return ChunkChoice(index=choice.index, delta=delta, finish_reason=choice.finish_reason or "stop")
