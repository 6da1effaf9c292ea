"""Chunks folded into an answer: text, reasoning, refusal, tool calls, usage, finish reasons, per choice.

What a choice makes of its deltas is in ``_choice``, what chunks say of the answer itself in ``_head``. The
last usage wins, but zeros after counts do not (reference: usage_fields.json). Works on structs alone, without
asyncio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ..decoding import ErrorInfo, TolerantDecoder, find_error, find_flat
from ..deltas import Delta, EndReason, Revised, ToolCall, neutral_reason
from ..usage import Usage
from ._brief import run_of
from ._choice import ChoiceParts
from ._deltas import deltas_of, deltas_of_message
from ._head import Head
from ._structs import (
    ChatCompletion,
    ChatCompletionChunk,
    ChunkChoice,
    CompletionUsage,
    is_answer,
    reasoning_of,
    text_of,
)
from ._unknown import UnknownFields

__all__ = ["ChatAccumulator"]

_whole = msgspec.json.Decoder(ChatCompletion, strict=False)

# A request can ask for 128 choices at most: an endless supply of new indices is no reason to allocate.
MAX_CHOICES = 1024

# Stands for choice 0 before it has come; nothing is ever added to it.
_NOBODY: Final = ChoiceParts(0)


class ChatAccumulator:
    """What has arrived of a chat stream. Fed by ``fold``; everything else may be read at any moment."""

    __slots__ = (
        "_choices", "_citations", "_first", "_head", "_pieces", "_search_results", "_thinking", "_thoughts",
        "_usage", "_whole", "made", "unknown",
    )  # fmt: skip

    ends_at_mark = True
    revised: Final[tuple[Revised, ...]] = ()  # nothing takes the place of what came before

    def __init__(self) -> None:
        self._choices: dict[int, ChoiceParts] = {}
        self._first: ChoiceParts | None = None  # choice 0
        self.made: list[Delta | Sequence[Delta]] | None = None
        self._usage: CompletionUsage | None = None
        self._head = Head()
        self._citations: list[Any] | None = None
        self._search_results: list[Any] | None = None
        self._whole: ChatCompletion | None = None
        self.unknown = UnknownFields()
        # Pieces that do not stand in the texts of choice 0.
        self._pieces = 0
        self._thoughts = 0
        self._thinking = False  # the last chunks read in brief brought thinking

    # What the stream asks for

    def fold(self, items: Sequence[ChatCompletionChunk], start: int) -> int:
        """See ``Accumulator.fold``. The hot loop: a piece of text is done in place, the rest is called.

        Unpacking is cheaper than ``len`` and an index; what it costs where it fails, odd chunks pay. Fields
        are compared with None before they are asked whether they are empty: CPython jumps on None at once,
        but calls for the truth of anything that is no bool.
        """
        made = self.made
        first, head = self._first or _NOBODY, self._head
        no_tier, no_fingerprint, no_provider, no_results = head.rare
        nameless = head.nameless or first is _NOBODY
        texts, thoughts = first.content, first.reasoning
        for chunk in items[start:] if start else items:
            try:
                (choice,) = chunk.choices
            except ValueError:
                pass
            else:
                delta = choice.delta
                if not (
                    delta is None
                    or chunk.usage is not None
                    or chunk.error is not None
                    or chunk.citations is not None
                    or chunk.search_results is not None
                    or (chunk.service_tier is not None and no_tier and chunk.service_tier)
                    or (chunk.system_fingerprint is not None and no_fingerprint and chunk.system_fingerprint)
                    or (chunk.provider is not None and no_provider and chunk.provider)
                    or (chunk.prompt_filter_results is not None and no_results)
                    or choice.index != 0
                    or (choice.finish_reason is not None and choice.finish_reason)
                    or choice.logprobs is not None
                    or choice.usage is not None
                    or choice.native_finish_reason is not None
                    or (
                        choice.content_filter_results is not None
                        and choice.content_filter_results != first.filter_results
                    )
                    or delta.reasoning is not None
                    or (delta.tool_calls is not None and delta.tool_calls)
                    or (delta.refusal is not None and delta.refusal)
                    or delta.reasoning_details is not None
                    or delta.annotations is not None
                    or delta.audio is not None
                    or delta.function_call is not None
                    or delta.extra_content is not None
                    or (delta.name is not None and delta.name != first.name)
                    or (nameless and (first is _NOBODY or head.named_by(chunk)))
                ):
                    text, thought = delta.content, delta.reasoning_content
                    if (thought is None or not thought) and text and text.__class__ is str:
                        texts.append(text)
                        if made is not None:
                            made.append(Delta(text))
                        continue
                    if thought and not text:
                        thoughts.append(thought)
                        if made is not None:
                            made.append(Delta("", thought))
                        continue
            self._take_chunk(chunk)
            first = self._first or _NOBODY
            no_tier, no_fingerprint, no_provider, no_results = head.rare
            nameless = head.nameless or first is _NOBODY
            texts, thoughts = first.content, first.reasoning
            if made is not None:
                made.append(deltas_of(chunk))
            # What has no choices, or a failed one, may hold an error, in fields the struct does not know.
            if chunk.error or not chunk.choices or chunk.choices[0].finish_reason == "error":
                return next(place for place in range(start, len(items)) if items[place] is chunk)
        return len(items)

    def brief(self, payloads: Sequence[bytes]) -> list[Delta] | None:
        """See ``Accumulator.brief``."""
        first = self._first
        if first is None:
            return None
        run = run_of(payloads, self._head.lacks, thinking=self._thinking)
        if run is None:
            return None
        first.content += run.texts
        first.reasoning += run.thoughts
        for name, results in run.beside:
            first.add_name(name)
            first.add_filter_results(results)
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
        if self._first is None:
            return self._pieces, self._thoughts
        return self._pieces + len(self._first.content), self._thoughts + len(self._first.reasoning)

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
        answer = ChatCompletion(
            object="chat.completion",
            choices=[self._choices[index].whole() for index in sorted(self._choices)],
            usage=self._usage,
            citations=self._citations,
            search_results=self._search_results,
            **self._head.fields,
        )
        answer.__dict__["unknown"] = {
            index: (self.unknown.message(index), self._unknown_calls(parts))
            for index, parts in self._choices.items()
        }
        return answer

    def _unknown_calls(self, parts: ChoiceParts) -> list[dict[str, Any]]:
        """Beside the message's tool calls, in their order."""
        places = () if parts.tools is None else parts.tools.places()
        return [self.unknown.call(parts.index, place) for place in places]

    # Folding

    def _parts(self, index: int) -> ChoiceParts:
        parts = self._choices.get(index)
        if parts is None:
            if len(self._choices) >= MAX_CHOICES:
                return next(reversed(self._choices.values()))
            parts = self._choices[index] = ChoiceParts(index)
            if index == 0:
                self._first = parts
        return parts

    def _take_chunk(self, chunk: ChatCompletionChunk) -> None:
        """Takes a chunk of any form."""
        self._head.take(chunk)
        if chunk.usage is not None:
            self._take_usage(chunk.usage)
        self._citations = chunk.citations or self._citations
        self._search_results = chunk.search_results or self._search_results
        for choice in chunk.choices:
            self._take_choice(choice)

    def _take_choice(self, choice: ChunkChoice) -> None:
        parts = self._parts(choice.index)
        delta = choice.delta
        if delta is not None:
            text = delta.content if isinstance(delta.content, str) else text_of(delta.content)
            if text:
                parts.content.append(text)
                self._pieces += parts is not self._first
            reasoning = delta.reasoning_content or reasoning_of(delta)
            if reasoning:
                parts.reasoning.append(reasoning)
                self._thoughts += parts is not self._first
            self._pieces += parts.add(delta)
            parts.add_name(delta.name)
        if choice.finish_reason:
            parts.finish_reason = choice.finish_reason
        if choice.native_finish_reason:
            parts.native_finish_reason = choice.native_finish_reason
        parts.add_filter_results(choice.content_filter_results)
        if choice.logprobs is not None:
            parts.add_logprobs(choice.logprobs)
        if choice.usage is not None:
            self._take_usage(choice.usage)

    def _take_usage(self, usage: CompletionUsage) -> None:
        if self._usage is None or not usage.is_zero():
            self._usage = usage
