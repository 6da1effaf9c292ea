"""Chunks folded into an answer: text, reasoning, refusal, tool calls, usage, finish reasons, per choice.

Text is kept in pieces and joined when it is read: joining at every chunk would be quadratic. The first
non-empty id, model and the like are kept (some servers send them empty later on); the last usage wins, but
zeros after counts do not (reference: usage_fields.json). Works on structs alone, without asyncio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .._failures import ErrorInfo, find_error, find_flat
from .._tolerant import TolerantDecoder
from ..deltas import Delta, EndReason, Revised, ToolCall, neutral_reason
from ..usage import Usage
from ._brief import run_of
from ._deltas import deltas_of, deltas_of_message
from ._structs import (
    Audio,
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
    Logprobs,
    is_answer,
    reasoning_of,
    text_of,
)
from ._toolcalls import ToolCallAssembly
from ._unknown import UnknownFields

__all__ = ["ChatAccumulator"]

_whole = msgspec.json.Decoder(ChatCompletion, strict=False)

# A request can ask for 128 choices at most: an endless supply of new indices is no reason to allocate.
MAX_CHOICES = 1024


class _Rarities:
    """What few answers bring, in pieces."""

    __slots__ = ("annotations", "audio", "details", "extra_content", "logprobs", "refusal")

    def __init__(self) -> None:
        self.refusal: list[str] = []
        self.annotations: list[Any] = []
        self.details: list[Any] = []
        self.logprobs: list[Logprobs] = []
        self.audio: list[Audio] = []
        self.extra_content: Any = None


_NONE = _Rarities()


class _ChoiceParts:
    """One choice, in pieces. Small: a stream that waits is little more than this."""

    __slots__ = (
        "_rare", "content", "finish_reason", "index", "native_finish_reason", "reasoning", "tools",
    )  # fmt: skip

    def __init__(self, index: int) -> None:
        self.index = index
        self.content: list[str] = []
        self.reasoning: list[str] = []
        self.tools: ToolCallAssembly | None = None
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None
        self._rare: _Rarities | None = None

    @property
    def refusal(self) -> str:
        return "" if self._rare is None else "".join(self._rare.refusal)

    def _rarities(self) -> _Rarities:
        if self._rare is None:
            self._rare = _Rarities()
        return self._rare

    def add(self, delta: ChoiceDelta) -> int:
        """Takes what is not plain content or reasoning; returns how many pieces of content that was."""
        found = 0
        if delta.tool_calls or delta.function_call is not None:
            found = self._add_calls(delta)
        if delta.refusal:
            self._rarities().refusal.append(delta.refusal)
            found += 1
        if delta.annotations:
            self._rarities().annotations.extend(delta.annotations)
        if delta.reasoning_details:
            self._rarities().details.extend(delta.reasoning_details)
        if delta.audio is not None:
            self._rarities().audio.append(delta.audio)
            found += 1
        if delta.extra_content:
            self._rarities().extra_content = delta.extra_content
        return found

    def add_logprobs(self, logprobs: Logprobs) -> None:
        self._rarities().logprobs.append(logprobs)

    def _add_calls(self, delta: ChoiceDelta) -> int:
        if self.tools is None:
            self.tools = ToolCallAssembly()
        for fragment in delta.tool_calls or ():
            self.tools.add(fragment)
        if delta.function_call is not None:
            self.tools.add_legacy(delta.function_call)
        return 1

    def message(self) -> ChatCompletionMessage:
        """The choice as the message of a plain answer."""
        calls = self.tools.message_calls() if self.tools else []
        content = "".join(self.content)
        rare = self._rare or _NONE
        return ChatCompletionMessage(
            content=content if content or not (calls or rare.refusal) else None,
            reasoning_content="".join(self.reasoning) or None,
            reasoning_details=_merged_details(rare.details) or None,
            tool_calls=calls or None,
            refusal="".join(rare.refusal) or None,
            annotations=rare.annotations or None,
            audio=_joined_audio(rare.audio),
            function_call=self.tools.legacy_call() if self.tools else None,
            extra_content=rare.extra_content,
        )

    def whole(self) -> Choice:
        """The choice as one of a plain answer."""
        return Choice(
            index=self.index,
            message=self.message(),
            finish_reason=self.finish_reason,
            logprobs=_joined_logprobs((self._rare or _NONE).logprobs),
            native_finish_reason=self.native_finish_reason,
        )


class ChatAccumulator:
    """What has arrived of a chat stream. Fed by ``fold``; everything else may be read at any moment."""

    __slots__ = (
        "_choices", "_first", "_head", "_head_full", "_pieces", "_thinking", "_thoughts", "_usage", "_whole",
        "made", "unknown",
    )  # fmt: skip

    ends_at_mark = True
    revised: Final[tuple[Revised, ...]] = ()  # nothing takes the place of what came before

    def __init__(self) -> None:
        self._choices: dict[int, _ChoiceParts] = {}
        self._first: _ChoiceParts | None = None  # choice 0
        self.made: list[Delta | Sequence[Delta]] | None = None
        self._usage: CompletionUsage | None = None
        self._head = ChatCompletion()
        self._head_full = False
        self._whole: ChatCompletion | None = None
        self.unknown = UnknownFields()
        self._pieces = 0
        self._thoughts = 0
        self._thinking = False  # the last chunks read in brief brought thinking

    # What the stream asks for

    def fold(self, items: Sequence[ChatCompletionChunk], start: int) -> int:
        """See ``Accumulator.fold``. The hot loop: a piece of text is done in place, the rest is called.

        Unpacking is cheaper than ``len`` and an index; what it costs where it fails, odd chunks pay.
        """
        made = self.made
        first = self._first if self._head_full else None
        add_text = None if first is None else first.content.append
        pieces = thoughts = 0
        position = start
        for position, chunk in enumerate(items[start:] if start else items, start):  # noqa: B007  # used behind
            try:
                (choice,) = chunk.choices
            except ValueError:
                choice = None
            if (
                add_text is not None
                and choice is not None
                and not (
                    chunk.usage is not None
                    or chunk.error is not None
                    or chunk.citations is not None
                    or chunk.search_results is not None
                )
            ):
                delta = choice.delta
                if not (
                    delta is None
                    or choice.index
                    or choice.finish_reason
                    or choice.logprobs is not None
                    or choice.usage is not None
                    or delta.reasoning is not None
                    or delta.tool_calls
                    or delta.refusal
                    or delta.reasoning_details is not None
                    or delta.annotations is not None
                    or delta.audio is not None
                    or delta.function_call is not None
                    or delta.extra_content is not None
                ):
                    text = delta.content
                    thought = delta.reasoning_content
                    if text.__class__ is str and text and not thought:
                        add_text(text)
                        pieces += 1
                        if made is not None:
                            made.append(Delta(text))
                        continue
                    if thought and not text and first is not None:
                        first.reasoning.append(thought)
                        thoughts += 1
                        if made is not None:
                            made.append(Delta("", thought))
                        continue
            self._take_chunk(chunk)
            first = self._first if self._head_full else None
            add_text = None if first is None else first.content.append
            if made is not None:
                made.append(deltas_of(chunk))
            # What has no choices, or a failed one, may hold an error, in fields the struct does not know.
            if chunk.error or not chunk.choices or chunk.choices[0].finish_reason == "error":
                break
        else:
            position = len(items)
        self._pieces += pieces
        self._thoughts += thoughts
        return position

    def brief(self, payloads: Sequence[bytes]) -> list[Delta] | None:
        """See ``Accumulator.brief``."""
        first = self._first
        if first is None or not self._head_full:
            return None
        run = run_of(payloads, thinking=self._thinking)
        if run is None:
            return None
        first.content += run.texts
        first.reasoning += run.thoughts
        self._pieces += len(run.texts)
        self._thoughts += len(run.thoughts)
        self._thinking = bool(run.thoughts)
        return run.deltas

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """An error beside choices, in one or in place of a chunk, flat ones included (error_codes.json)."""
        if not isinstance(tree, dict) or not tree.get("choices"):
            named = isinstance(tree, dict) and tree.get("object") == "chat.completion.chunk"
            return find_flat(tree, named=named)
        return find_error(tree)

    def whole(self, body: bytes) -> list[ChatCompletionChunk]:
        """A plain completion as one chunk per choice; ``final`` gives it back untouched."""
        try:
            completion = _whole.decode(body)
        except ValueError:
            tolerant = TolerantDecoder(ChatCompletion)
            completion = tolerant.convert(tolerant.tree(body))
        if not is_answer(completion):
            raise ValueError("expected a completion with choices")
        completion.__dict__["body"] = body
        self._whole = completion
        return [deltas_of_message(completion)]

    def deltas(self, item: ChatCompletionChunk) -> Sequence[Delta]:
        """See ``Accumulator.deltas``."""
        return deltas_of(item)

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        return self._pieces, self._thoughts

    @property
    def complete(self) -> bool:
        """Whether every choice that was begun has its finish reason."""
        return bool(self._choices) and all(parts.finish_reason for parts in self._choices.values())

    @property
    def closed(self) -> bool:
        """Never by itself: usage may follow the last finish reason; ``[DONE]`` closes a chat stream."""
        return False

    # What has arrived, of choice 0

    @property
    def content(self) -> str:
        return "" if self._first is None else "".join(self._first.content)

    @property
    def reasoning_content(self) -> str:
        return "" if self._first is None else "".join(self._first.reasoning)

    @property
    def refusal(self) -> str:
        return "" if self._first is None else self._first.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        if self._first is None or self._first.tools is None:
            return []
        calls = self._first.tools.calls()
        for call, place in zip(calls, self._first.tools.places(), strict=True):
            call.extra.update(self.unknown.call(0, place))
        return calls

    @property
    def finish_reason(self) -> str | None:
        return None if self._first is None else self._first.finish_reason

    @property
    def reason(self) -> EndReason:
        return neutral_reason(self.finish_reason)

    @property
    def usage(self) -> Usage:
        return Usage() if self._usage is None else self._usage.neutral()

    def final(self) -> ChatCompletion:
        """The answer so far, every choice of it, as a plain one."""
        if self._whole is not None:
            return self._whole
        head = self._head
        answer = ChatCompletion(
            id=head.id,
            object="chat.completion",
            created=head.created,
            model=head.model,
            choices=[self._choices[index].whole() for index in sorted(self._choices)],
            usage=self._usage,
            system_fingerprint=head.system_fingerprint,
            service_tier=head.service_tier,
            citations=head.citations,
            search_results=head.search_results,
            provider=head.provider,
            prompt_filter_results=head.prompt_filter_results,
        )
        answer.__dict__["unknown"] = {
            index: (self.unknown.message(index), self._unknown_calls(parts))
            for index, parts in self._choices.items()
        }
        return answer

    def _unknown_calls(self, parts: _ChoiceParts) -> list[dict[str, Any]]:
        """Beside the message's tool calls, in their order."""
        places = () if parts.tools is None else parts.tools.places()
        return [self.unknown.call(parts.index, place) for place in places]

    # Folding

    def _parts(self, index: int) -> _ChoiceParts:
        parts = self._choices.get(index)
        if parts is None:
            if len(self._choices) >= MAX_CHOICES:
                return next(reversed(self._choices.values()))
            parts = self._choices[index] = _ChoiceParts(index)
            if index == 0:
                self._first = parts
        return parts

    def _take_chunk(self, chunk: ChatCompletionChunk) -> None:
        """Takes a chunk of any form."""
        if not self._head_full or chunk.usage is not None or chunk.citations or chunk.search_results:
            self._take_head(chunk)
        for choice in chunk.choices:
            self._take_choice(choice)

    def _take_choice(self, choice: ChunkChoice) -> None:
        parts = self._parts(choice.index)
        delta = choice.delta
        if delta is not None:
            text = delta.content if isinstance(delta.content, str) else text_of(delta.content)
            if text:
                parts.content.append(text)
                self._pieces += 1
            reasoning = delta.reasoning_content or reasoning_of(delta)
            if reasoning:
                parts.reasoning.append(reasoning)
                self._thoughts += 1
            self._pieces += parts.add(delta)
        if choice.finish_reason:
            parts.finish_reason = choice.finish_reason
            parts.native_finish_reason = choice.native_finish_reason
        if choice.logprobs is not None:
            parts.add_logprobs(choice.logprobs)
        if choice.usage is not None:
            self._take_usage(choice.usage)

    def _take_head(self, chunk: ChatCompletionChunk) -> None:
        if chunk.usage is not None:
            self._take_usage(chunk.usage)
        head = self._head
        head.id = head.id or chunk.id
        head.model = head.model or chunk.model
        head.created = head.created or chunk.created
        head.system_fingerprint = head.system_fingerprint or chunk.system_fingerprint
        head.service_tier = head.service_tier or chunk.service_tier
        head.provider = head.provider or chunk.provider
        head.prompt_filter_results = head.prompt_filter_results or chunk.prompt_filter_results
        head.citations = chunk.citations or head.citations
        head.search_results = chunk.search_results or head.search_results
        # Whatever else a server sends, it sends with these two.
        self._head_full = bool(head.id and head.model)

    def _take_usage(self, usage: CompletionUsage) -> None:
        if self._usage is None or not usage.is_zero():
            self._usage = usage


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


def _merged_details(details: Sequence[Any]) -> list[Any]:
    """``reasoning_details`` of a stream: pieces of one entry (same type and index) joined."""
    merged: dict[Any, dict[str, Any]] = {}
    for detail in details:
        if not isinstance(detail, dict):
            continue
        entry = merged.setdefault((detail.get("type"), detail.get("index"), detail.get("id")), {})
        for name, value in detail.items():
            joined = name in ("text", "summary", "data") and isinstance(value, str)
            entry[name] = (entry.get(name) or "") + value if joined else value
    return list(merged.values())
