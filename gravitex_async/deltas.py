"""What all dialects are translated into: one Delta, one ToolCall, one way to say how a stream ended.

A ``Delta`` is a piece of an answer as it arrives; a ``ToolCall`` is a call assembled from its fragments.
``finish_reason`` is always the word on the wire; ``reason`` is its neutral class (see "Finish reasons" in
decoding/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ._jsonable import Jsonable
from .usage import Usage

__all__ = [
    "Delta",
    "EndReason",
    "EndState",
    "Evidence",
    "Revised",
    "StreamEnd",
    "ToolCall",
    "ToolCallDelta",
    "choice_end",
    "end_state",
    "neutral_reason",
    "with_calls",
]

EndReason = Literal["stop", "length", "tool_calls", "filtered", "error", "other", "unknown"]
EndState = Literal["open", "completed", "incomplete", "interrupted", "failed", "closed"]
Revised = Literal["content", "reasoning_content", "refusal", "tool_calls"]


class ToolCallDelta(Jsonable, msgspec.Struct, gc=False):
    """A fragment of one tool call; ``index`` is the position of the call in ``stream.tool_calls``."""

    index: int
    id: str | None = None
    """Set on the fragment that opens the call, where the server names calls at all."""
    name: str | None = None
    arguments: str = ""
    """The next piece of the arguments' JSON text."""


class ToolCall(Jsonable, msgspec.Struct):
    """One tool call of an answer, the same in all dialects.

    >>> call = ToolCall("call_1", "get_weather", '{"city": "Oslo"}')
    >>> call.name, call.parsed()
    ('get_weather', {'city': 'Oslo'})
    """

    id: str
    """As sent; "" where the server gives none."""
    name: str
    arguments: str
    """JSON text as sent, complete or not; "" means no arguments."""
    index: int = 0
    """Position in the answer, from 0, in order of first appearance."""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    """What else came with the call (thought signatures, types): to be sent back unchanged."""

    def parsed(self) -> Any:
        """The arguments as Python values; {} when there are none.

        Raises:
            ValueError: The text is not JSON (yet), or nested too deeply.
        """
        try:
            return msgspec.json.decode(self.arguments or "{}")
        except RecursionError:
            pass
        raise ValueError("expected arguments in JSON, got some that are nested too deeply")


class Delta(Jsonable, msgspec.Struct, gc=False):
    """What one event adds to one choice. Text fields are never None: no text is "".

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     stream = client.responses.stream(model="gpt-5.2", input="one two")
    ...     async for delta in stream.deltas():
    ...         print(delta.reasoning_content or delta.content, end="")
    You said: one two
    """

    content: str = ""
    reasoning_content: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    index: int = 0
    """The choice (chat) or candidate (Gemini) it belongs to."""


class Evidence(Jsonable, msgspec.Struct):
    """What was seen of a stream: the reasons for ``StreamEnd.state``."""

    finish_seen: bool = False
    """A finish reason, or the dialect's closing event, for every choice that had begun."""
    done_seen: bool = False
    """``[DONE]`` (chat)."""
    clean_eof: bool = False
    """The body ended as HTTP says it should."""
    events: int = 0
    """Events with data, ``[DONE]`` not counted."""
    bytes: int = 0
    """Bytes of the body, decompressed."""


class StreamEnd(Jsonable, msgspec.Struct):
    """How a stream ended, or stands.

    ``state``: open (not ended), completed, incomplete (the stream ended as it should, but a limit, a
    filter or an error cut the model short), interrupted (broke off), failed (the server reported an error),
    closed (by the reader).

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     stream = client.gemini.generate_content_stream(model="gemini-2.5-flash", contents="one two")
    ...     answer = await stream.final()
    >>> stream.finish_reason, stream.end.state, stream.end.reason
    ('STOP', 'completed', 'stop')
    """

    state: EndState = "open"
    reason: EndReason = "unknown"
    revised: tuple[Revised, ...] = ()
    """The accumulators that differ from the joined deltas, because the server revised its answer.

    A later event brought another text, another order, or left out what had come before (Responses only: chat
    and Gemini have no such events). Deltas cannot be taken back: show the accumulators instead.
    """
    evidence: Evidence = msgspec.field(default_factory=Evidence)


# The words of chat and Responses; Gemini's are beside its structs.
_REASONS: Mapping[str, EndReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "filtered",
    "function_call": "tool_calls",
    "insufficient_system_resource": "error",
    "pause_turn": "other",
    "refusal": "filtered",
    "sensitive": "filtered",
    "network_error": "error",
    "error": "error",
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "stop_sequence": "stop",
    "eos": "stop",
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "FUNCTION_CALL": "tool_calls",
    "model_context_window_exceeded": "length",
    # Responses: status and incomplete_details.reason
    "completed": "stop",
    "max_output_tokens": "length",
    "failed": "error",
    "cancelled": "error",
}


def neutral_reason(word: str | None) -> EndReason:
    """The neutral class of a finish reason; an unknown word is "unknown"."""
    return _REASONS.get(word or "", "unknown")


def with_calls(reason: EndReason, calls: object) -> EndReason:
    """The reason of an answer that may have *calls*: only chat has a word for those on the wire."""
    return "tool_calls" if reason == "stop" and calls else reason


def choice_end(word: str | None, reason: EndReason, whole: StreamEnd) -> StreamEnd:
    """How one choice ended: as its finish reason says; without one (*word*), as its answer did."""
    return whole if word is None else StreamEnd(end_state(reason), reason, evidence=whole.evidence)


def end_state(reason: EndReason) -> EndState:
    """The state of a stream that ended well with *reason*."""
    return "incomplete" if reason in ("length", "filtered", "error") else "completed"
