"""One choice of a stream, in pieces, and the whole it makes.

Text is kept in pieces and joined when it is read: joining at every chunk would be quadratic. Lists are
appended, of scalars the last one that is not empty counts, and of the sender's name the first.

A content filter (Azure) speaks of the piece of text it comes with, in a plain answer of the whole: so what
counts is the gravest that it said, category by category.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..decoding import more_than
from ..deltas import Delta, ToolCallDelta
from ..usage import Usage
from ._chunks import ChoiceDelta, ChunkChoice, reasoning_of
from ._content import Audio, Logprobs, text_of
from ._details import Details
from ._structs import ChatCompletionMessage, Choice
from ._toolcalls import ToolCallAssembly

__all__ = ["COMMON", "ChoiceParts"]

# More categories than this in one answer are no filter's but garbage; the rest is dropped.
MAX_CATEGORIES: Final = 64

_SEVERITIES: Final = {"safe": 1, "low": 2, "medium": 3, "high": 4}


class _Rarities:
    """What few answers bring, in pieces."""

    __slots__ = (
        "annotations", "audio", "details", "extra_content", "filtered", "images", "logprobs", "matched_stop",
        "refusal", "stop_reason",
    )  # fmt: skip

    def __init__(self) -> None:
        self.refusal: list[str] = []
        self.annotations: list[Any] = []
        self.details = Details()
        self.logprobs: list[Logprobs] = []
        self.audio: list[Audio] = []
        self.extra_content: Any = None
        self.filtered: dict[str, Any] = {}
        self.images: list[Any] = []
        self.matched_stop: Any = None
        self.stop_reason: Any = None


_NONE: Final = _Rarities()
_NO_CALLS: Final[tuple[ToolCallDelta, ...]] = ()

# Which fields of a delta are taken one by one, or mean nothing to an answer; what has more is looked through.
COMMON: Final = {
    "role", "content", "reasoning_content", "reasoning", "tool_calls", "function_call", "channel", "token_id",
    "token_ids",
}  # fmt: skip
_is_rare: Final = more_than(delta=(ChoiceDelta, COMMON))
_is_more: Final = more_than(choice=(ChunkChoice, {"index", "delta", "usage", "token_ids"}))


class ChoiceParts:
    """One choice, in pieces. Small: a stream that waits is little more than this."""

    __slots__ = (
        "_rare", "content", "filter_results", "finish_reason", "index", "name", "native_finish_reason",
        "others", "reasoning", "tools",
    )  # fmt: skip

    def __init__(self, index: int) -> None:
        self.index = index
        self.content: list[str] = []
        self.reasoning: list[str] = []
        self.others = 0  # pieces of content that are no text
        self.tools: ToolCallAssembly | None = None
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None
        self.name: str | None = None
        self.filter_results: Any = None  # those that came last: most chunks repeat them
        self._rare: _Rarities | None = None

    @property
    def refusal(self) -> str:
        return "" if self._rare is None else "".join(self._rare.refusal)

    def take(self, choice: ChunkChoice, usage: Usage | None) -> Delta | None:
        """Takes what *choice* adds, and gives it as a delta, with *usage*; None when that would be empty."""
        delta, reason, calls = choice.delta, choice.finish_reason or None, _NO_CALLS
        refusal = ""
        text, thought = self._take_texts(delta)
        if delta.tool_calls or delta.function_call is not None:
            calls = self.take_calls(delta)
        if _is_rare(delta):
            refusal = delta.refusal or ""
            self._take_rarities(delta)
        if reason or _is_more(choice):
            self._take_end(choice)
        if text or thought or calls or reason or refusal:
            return Delta(text, thought, refusal, calls, reason, usage, self.index)
        return None

    def _take_texts(self, delta: ChoiceDelta) -> tuple[str, str]:
        content, thought = delta.content, delta.reasoning_content or delta.reasoning or ""
        if isinstance(content, list):
            content, thought = text_of(content), reasoning_of(delta)
        elif delta.reasoning_details:
            thought = reasoning_of(delta)
        if content:
            self.content.append(content)
        if thought:
            self.reasoning.append(thought)
        return content or "", thought

    def take_piece(self, delta: ChoiceDelta, thought: str | None) -> Delta | None:
        """Takes a delta without content: a piece of thinking, or of calls; None when it is not just one."""
        if thought and not delta.tool_calls:
            self.reasoning.append(thought)
            return Delta("", thought)
        if delta.tool_calls and not thought:
            return Delta(tool_calls=self.take_calls(delta))
        return None

    def take_calls(self, delta: ChoiceDelta) -> tuple[ToolCallDelta, ...]:
        """Takes the fragments of calls in *delta*, and gives what they add."""
        tools = self.tools
        if tools is None:
            tools = self.tools = ToolCallAssembly()
        self.others += 1
        fragments = delta.tool_calls or ()
        if len(fragments) == 1 and delta.function_call is None:
            return (tools.add(fragments[0]),)
        calls = [tools.add(fragment) for fragment in fragments]
        if delta.function_call is not None:
            calls.append(tools.add_legacy(delta.function_call))
        return tuple(calls)

    def _take_rarities(self, delta: ChoiceDelta) -> None:
        if self.name is None and delta.name and isinstance(delta.name, str):
            self.name = delta.name
        rare = self._rarities()
        if delta.refusal:
            rare.refusal.append(delta.refusal)
            self.others += 1
        if delta.annotations:
            rare.annotations.extend(delta.annotations)
        if delta.images:
            rare.images.extend(delta.images)
            self.others += 1
        if delta.reasoning_details:
            rare.details.add(delta.reasoning_details)
        if delta.audio is not None:
            rare.audio.append(delta.audio)
            self.others += 1
        if delta.extra_content:
            rare.extra_content = delta.extra_content

    def _take_end(self, choice: ChunkChoice) -> None:
        """Takes what a choice says beside its delta: mostly how it ended."""
        self.finish_reason = choice.finish_reason or self.finish_reason
        self.native_finish_reason = choice.native_finish_reason or self.native_finish_reason
        if choice.logprobs is not None:
            self._rarities().logprobs.append(choice.logprobs)
        if choice.matched_stop or choice.stop_reason:
            rare = self._rarities()
            rare.matched_stop = choice.matched_stop or rare.matched_stop
            rare.stop_reason = choice.stop_reason or rare.stop_reason
        results = choice.content_filter_results
        if results and results != self.filter_results:
            self.filter_results = results
            if isinstance(results, dict):
                _add_results(self._rarities().filtered, results)

    def _rarities(self) -> _Rarities:
        if self._rare is None:
            self._rare = _Rarities()
        return self._rare

    def message(self) -> ChatCompletionMessage:
        """The choice as the message of a plain answer."""
        calls = self.tools.message_calls() if self.tools else []
        content = "".join(self.content)
        rare = self._rare or _NONE
        return ChatCompletionMessage(
            content=content if content or not (calls or rare.refusal) else None,
            wire_reasoning_content="".join(self.reasoning) or None,
            reasoning_details=rare.details.merged() or None,
            tool_calls=calls or None,
            refusal="".join(rare.refusal) or None,
            annotations=rare.annotations or None,
            audio=_joined_audio(rare.audio),
            images=rare.images or None,
            function_call=self.tools.legacy_call() if self.tools else None,
            extra_content=rare.extra_content,
            name=self.name,
        )

    def whole(self) -> Choice:
        """The choice as one of a plain answer."""
        return Choice(
            index=self.index,
            message=self.message(),
            finish_reason=self.finish_reason,
            logprobs=_joined_logprobs((self._rare or _NONE).logprobs),
            native_finish_reason=self.native_finish_reason,
            content_filter_results={**(self._rare or _NONE).filtered} or self.filter_results,
            matched_stop=(self._rare or _NONE).matched_stop,
            stop_reason=(self._rare or _NONE).stop_reason,
        )


def _joined_audio(pieces: Sequence[Audio]) -> Audio | None:
    if not pieces:
        return None
    # Pieces of base64 are not padded to whole bytes one by one: the text is joined, not the bytes.
    return Audio(
        id=next((piece.id for piece in pieces if piece.id), None),
        data="".join(piece.data or "" for piece in pieces),
        transcript="".join(piece.transcript or "" for piece in pieces),
        expires_at=next((piece.expires_at for piece in reversed(pieces) if piece.expires_at), None),
    )


def _joined_logprobs(pieces: Sequence[Logprobs]) -> Logprobs | None:
    content = [entry for piece in pieces for entry in piece.content or ()]
    refusal = [entry for piece in pieces for entry in piece.refusal or ()]
    return Logprobs(content or None, refusal or None) if content or refusal else None


def _add_results(found: dict[str, Any], results: dict[str, Any]) -> None:
    """Adds what a filter said of one more piece of the text; of each category the gravest stays."""
    for category, result in results.items():
        if category not in found:
            if len(found) < MAX_CATEGORIES:
                found[category] = result
        elif _gravity(result) >= _gravity(found[category]):
            found[category] = result


def _gravity(result: Any) -> tuple[bool, bool, int]:
    if not isinstance(result, dict):
        return False, False, 0
    severity = result.get("severity")
    known = _SEVERITIES.get(severity, 0) if isinstance(severity, str) else 0
    return result.get("filtered") is True, result.get("detected") is True, known
