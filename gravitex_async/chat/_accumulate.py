"""Chunks accumulated into an answer: text, reasoning, refusal, tool calls, usage, finish reasons, per choice.

What a choice makes of its deltas is in ``_choice``, what chunks say of the answer itself in ``_head``. The
last usage wins, but zeros after counts do not: see "Usage" in decoding/README.md. No asyncio here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..answers import origin_of
from ..decoding import ErrorInfo, find_error, find_flat, more_than
from ..deltas import Delta, EndReason, Revised, ToolCall, neutral_reason
from ..usage import Usage
from ._choice import COMMON, ChoiceParts
from ._chunks import ChatCompletionChunk, ChoiceDelta, ChunkChoice
from ._decode import chunk_of, completion_of
from ._deltas import added, counted
from ._head import HEAD_FIELDS, Head
from ._structs import ChatCompletion, Choice
from ._unknown import UnknownFields
from ._usage import CompletionUsage

__all__ = ["ChatAccumulator"]

# A request can ask for 128 choices at most: an endless supply of new indices is no reason to allocate.
MAX_CHOICES = 1024


class ChatAccumulator:
    """What has arrived of a chat stream. Fed by ``fold``; everything else may be read at any moment."""

    __slots__ = (
        "_asked_for_usage",
        "_choices",
        "_citations",
        "_first",
        "_head",
        "_plain",
        "_search_results",
        "_usage",
        "_whole",
        "suspect",
        "unasked",
        "unknown",
    )  # fmt: skip

    ends_by: Final = "mark"
    revised: Final[tuple[Revised, ...]] = ()  # nothing takes the place of what came before

    def __init__(self, chunk_type: type[Any] = ChatCompletionChunk, *, asked_for_usage: bool = False) -> None:
        self._choices: dict[int, ChoiceParts] = {}
        self._first: ChoiceParts | None = None  # choice 0
        self.suspect = False
        # For the hot loop: what tells a chunk that brings more than pieces of choice 0, and that choice.
        self._plain: tuple[Callable[..., bool], ChoiceParts] = (_always, ChoiceParts(0))
        self._usage: CompletionUsage | None = None
        self._head = Head()
        self._citations: list[Any] | None = None
        self._search_results: list[Any] | None = None
        self._whole: ChatCompletion | None = None
        self.unknown = UnknownFields(chunk_type)
        self._asked_for_usage = asked_for_usage
        self.unasked: ChatCompletionChunk | None = None

    # What the stream asks for

    def fold(self, items: Sequence[ChatCompletionChunk]) -> list[Delta | Sequence[Delta]]:
        """See ``Accumulator.fold``. The hot loop: a piece of text is taken in place, the rest is called.

        Unpacking is cheaper than ``len`` and an index; what it costs where it fails, odd chunks pay.
        """
        self.suspect = False
        deltas: list[Delta | Sequence[Delta]] = []
        emit = deltas.append
        is_more, first = self._plain
        for chunk in items:
            try:
                (choice,) = chunk.choices
            except ValueError:
                pass
            else:
                delta = choice.delta
                if not is_more(chunk, choice, delta):
                    text, thought = delta.content, delta.reasoning_content or delta.reasoning
                    results = choice.content_filter_results
                    if results is not None and results != first.filter_results:
                        pass  # Azure: mostly the same again
                    elif text.__class__ is str and text and not thought and not delta.tool_calls:
                        first.content.append(text)
                        emit(Delta(text))
                        continue
                    elif not text and (piece := first.take_piece(delta, thought)) is not None:
                        emit(piece)
                        continue
            emit(self._take(chunk))
            is_more, first = self._plain
            # What has no choices, or a failed one, may hold an error, in fields the struct does not know.
            if chunk.error or not chunk.choices or chunk.choices[0].finish_reason == "error":
                self.suspect = True
                break
        return deltas

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """An error beside choices, in one or in place of a chunk, flat ones included."""
        if not isinstance(tree, dict) or not tree.get("choices"):
            named = isinstance(tree, dict) and tree.get("object") == "chat.completion.chunk"
            return find_flat(tree, named=named)
        return find_error(tree)

    def whole(self, body: bytes) -> list[ChatCompletionChunk]:
        """A plain completion as one chunk; ``final`` gives it back untouched."""
        self._whole = completion_of(body)
        return [chunk_of(self._whole)]

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        first, choices = self._first, self._choices
        if first is not None and len(choices) == 1:
            return len(first.content) + first.others, len(first.reasoning)
        pieces = sum(len(parts.content) + parts.others for parts in choices.values())
        return pieces, sum(len(parts.reasoning) for parts in choices.values())

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
            choices=[self._choice(self._choices[index]) for index in sorted(self._choices)],
            wire_usage=self._usage,
            wire_citations=self._citations,
            search_results=self._search_results,
            **self._head.fields,
        )
        origin = origin_of(answer)
        origin.extra = {**self.unknown.answer}
        for choice in answer.choices:
            choice._origin = origin
        if self._usage is not None and self.unknown.usage:
            self._usage._source = {**self.unknown.usage}
        return answer

    def _choice(self, parts: ChoiceParts) -> Choice:
        """One choice as it is now, and what came with it in fields that no struct knows."""
        choice, unknown = parts.whole(), self.unknown
        places = () if parts.tools is None else parts.tools.places()
        choice._source = {
            "choice": unknown.choice(parts.index),
            "message": unknown.message(parts.index),
            "tool_calls": [unknown.call(parts.index, place) for place in places],
        }
        return choice

    # Folding

    def _open(self, index: int) -> ChoiceParts:
        if len(self._choices) >= MAX_CHOICES:
            return next(reversed(self._choices.values()))
        parts = self._choices[index] = ChoiceParts(index)
        if index == 0:
            self._first = parts
            self._look_for_less()
        return parts

    def _take(self, chunk: ChatCompletionChunk) -> Delta | Sequence[Delta]:
        """Takes a chunk of any form."""
        if self._head.take(chunk):
            self._look_for_less()
        if chunk.citations is not None or chunk.search_results is not None:
            self._citations = chunk.citations or self._citations
            self._search_results = chunk.search_results or self._search_results
        usage = None if chunk.usage is None else self._take_usage(chunk.usage)
        choices = chunk.choices
        if self._asked_for_usage and usage is not None and not choices:
            self.unasked = chunk
        if len(choices) == 1 and choices[0].usage is None:
            choice = choices[0]
            parts = self._choices.get(choice.index) or self._open(choice.index)
            delta = parts.take(choice, usage)
            return delta if delta is not None else added((), usage)
        return self._take_choices(choices, usage)

    def _take_choices(self, choices: Sequence[ChunkChoice], usage: Usage | None) -> Delta | Sequence[Delta]:
        deltas = []
        for choice in choices:
            if choice.usage is not None:
                usage = self._take_usage(choice.usage)
            parts = self._choices.get(choice.index) or self._open(choice.index)
            delta = parts.take(choice, usage)
            deltas.append(delta)
            usage = usage if delta is None else None
        return added(deltas, usage)

    def _look_for_less(self) -> None:
        """Less is missing than before: more chunks are plain."""
        first = self._first
        if first is not None:
            self._plain = (_more_test(self._head.lacking), first)

    def _take_usage(self, usage: CompletionUsage) -> Usage | None:
        """Takes the counts, and gives them as a delta tells them."""
        if self._usage is None or not usage.is_zero():
            self._usage = usage
        return counted(usage)


# What may stand in a plain chunk: pieces, what is of no use to an answer, and what it has already.
_QUIET_CHUNK: Final = {"object", "choices", "obfuscation", "p"}
_QUIET_CHOICE: Final = {"delta", "content_filter_results", "token_ids"}
_QUIET_DELTA: Final = COMMON - {"function_call"}


@functools.cache  # as many as there are sets of head fields
def _more_test(lacking: frozenset[str]) -> Callable[..., bool]:
    return more_than(
        chunk=(ChatCompletionChunk, _QUIET_CHUNK | (HEAD_FIELDS - lacking)),
        choice=(ChunkChoice, _QUIET_CHOICE),
        delta=(ChoiceDelta, _QUIET_DELTA),
    )


def _always(*_: object) -> bool:
    return True
