"""Events in, an answer and deltas out, candidate by candidate. No asyncio here.

Strategy
    ``fold`` takes each event and makes its deltas in the same pass. Nearly all events bring one more piece of
    the text that candidate 0 is at: those are taken in place, which halves the cost, and all others by
    ``_fold_one``, which would take those too. Which is which is decided by a test compiled from the fields of
    the structs (``decoding/_guards.py``): one with a field added tomorrow goes to ``_fold_one`` by itself.

    What a candidate makes of its parts is in ``_candidate.py``, what events say of the answer itself in
    ``_head.py``. Usage: the last object, and what it lacks from those before; see "Usage" in
    decoding/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ..answers import origin_of
from ..decoding import ErrorInfo, any_of, fields_but, find_error, find_flat
from ..deltas import Delta, EndReason, Revised, ToolCall
from ..usage import Usage
from ._candidate import BESIDE_TEXT, CandidateParts
from ._decode import answers_of
from ._deltas import rest_of
from ._enums import reason_of
from ._head import BRINGS, HEAD, take_head
from ._metadata import MAY_LACK, UsageMetadata
from ._parts import Content
from ._structs import GenerateContentResponse
from ._wire import is_empty, more_extra, replaced, with_extra

__all__ = ["GeminiAccumulator"]

# Requests ask for a handful of candidates; a wild index is no reason to allocate.
MAX_CANDIDATES: Final = 1024

_NO_CONTENT: Final = Content()

# What an event may say of the answer beside its candidates and its usage, and what it may say beside a text.
_OF_ANSWER: Final = [
    *BRINGS,
    *(
        f"item.{name} is not None"
        for name in fields_but(GenerateContentResponse, {"candidates", "usage_metadata", *HEAD})
    ),
]
_speaks_of_answer = any_of("head, item", _OF_ANSWER)
_is_more_than_text = any_of(
    "head, item, first, candidate, content, part, usage, former",
    [*BESIDE_TEXT, *_OF_ANSWER, f"(usage is not None and ({' or '.join(MAY_LACK)}))"],
)


class GeminiAccumulator:
    """What has arrived of a stream. Fed by ``fold``; everything else may be read at any moment."""

    ends_by: Final = "itself"
    unasked: Final = None
    revised: Final[tuple[Revised, ...]] = ()  # nothing takes the place of what came before

    def __init__(self) -> None:
        self.suspect = False
        self._candidates: dict[int, CandidateParts] = {}
        self._first: CandidateParts | None = None  # candidate 0
        self._head = GenerateContentResponse()  # all of the answer but candidates and usage
        self._usage = UsageMetadata()
        # Fields that nobody knows: of the answer, and of its usage.
        self._extra: dict[str, Any] = {}
        self._of_usage: dict[str, Any] = {}

    # What the stream asks for

    def fold(self, items: Sequence[GenerateContentResponse]) -> list[Delta | Sequence[Delta]]:
        """See ``Accumulator.fold``."""
        self.suspect = False
        deltas: list[Delta | Sequence[Delta]] = []
        head, emit = self._head, deltas.append
        first = self._first  # candidate 0, and where more text of it goes
        run = None if first is None else first.run
        for item in items:
            if first is not None and run is not None:
                # The short way: more of the text that is open, and nothing else.
                try:
                    # Unpacking is cheaper than ``len`` and an index; where it fails it is dearer, for a few.
                    (candidate,) = item.candidates
                    content = candidate.content or _NO_CONTENT
                    (part,) = content.parts
                except ValueError:
                    text = None
                else:
                    text = part.text
                usage = item.usage_metadata
                if (
                    text
                    and (part.thought is True) is run.thought
                    and not candidate.wire_index
                    and not _is_more_than_text(
                        head, item, first, candidate, content, part, usage, self._usage
                    )
                ):
                    run.pieces.append(text)
                    counts = None
                    if usage is not None:
                        counts, self._usage = usage.counted(), usage
                    reason = candidate.finish_reason or None
                    calls = () if reason is None else first.finish(reason)
                    if run.thought:
                        emit(Delta("", text, "", calls, reason, counts))
                    else:
                        emit(Delta(text, "", "", calls, reason, counts))
                    continue
            emit(self._fold_one(item))
            if self.suspect:
                break
            first = self._first
            run = None if first is None else first.run
        return deltas

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """An error beside or in place of candidates, flat ones included, also as an element of an array."""
        for item in tree if isinstance(tree, list) else (tree,):
            answers = isinstance(item, dict) and item.get("candidates")
            found = find_error(item) if answers else find_flat(item)
            if found is not None:
                return found
        return None

    def whole(self, body: bytes) -> list[GenerateContentResponse]:
        """A plain answer, or a stream that came as one JSON array."""
        return answers_of(body)

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        content = thoughts = 0
        for state in self._candidates.values():
            more_content, more_thoughts = state.progress()
            content += more_content
            thoughts += more_thoughts
        return content, thoughts

    @property
    def complete(self) -> bool:
        """Whether every candidate has its finishReason, or the prompt was blocked."""
        if self._candidates:
            return all(state.finish_reason for state in self._candidates.values())
        return self._head.block_reason is not None

    @property
    def closed(self) -> bool:
        """Never: only the end of the body says that nothing follows."""
        return False

    # What has arrived, of candidate 0

    @property
    def content(self) -> str:
        return "" if self._first is None else self._first.text(thought=False)

    @property
    def reasoning_content(self) -> str:
        return "" if self._first is None else self._first.text(thought=True)

    @property
    def refusal(self) -> str:
        """Always "": this dialect has no text of refusal, see ``finish_reason`` and ``prompt_feedback``."""
        return ""

    @property
    def tool_calls(self) -> list[ToolCall]:
        return [] if self._first is None else self._first.tool_calls()

    @property
    def finish_reason(self) -> str | None:
        """The word of candidate 0; for a blocked prompt, which has no candidates, the reason of the block."""
        if self._candidates:
            return None if self._first is None else self._first.finish_reason
        return self._head.block_reason

    @property
    def reason(self) -> EndReason:
        """A blocked prompt is "filtered"."""
        blocked = not self._candidates and self._head.block_reason is not None
        return "filtered" if blocked else reason_of(self.finish_reason)

    @property
    def usage(self) -> Usage:
        return self._usage.neutral()

    def final(self) -> GenerateContentResponse:
        """The answer so far, every candidate of it, as a plain one."""
        usage = self._usage
        if self._of_usage:
            usage = with_extra(replaced(usage), self._of_usage)
        answer = msgspec.structs.replace(
            self._head,
            candidates=[self._candidates[index].whole() for index in sorted(self._candidates)],
            usage_metadata=None if is_empty(usage) else usage,
        )
        if self._extra:
            origin_of(answer).extra = self._extra
        return answer

    # Folding

    def _fold_one(self, item: GenerateContentResponse) -> list[Delta]:
        """Takes an event of any form; the first of its deltas carries its usage."""
        odd = item._more is not None
        if _speaks_of_answer(self._head, item):
            self._take_head(item)
        usage, counts = item.usage_metadata, None
        if usage is not None:
            counts, self._usage = usage.counted(), usage.after(self._usage)
            if odd:
                self._of_usage = more_extra(self._of_usage, usage.extra)
        found = []
        for candidate in item.candidates:
            delta = self._candidate(candidate.wire_index).take(candidate, counts, odd=odd)
            if delta is not None:
                found.append(delta)
                counts = None  # they are those of the event, not of each candidate
        if counts is not None or not item.candidates:
            found += rest_of(item, counts)
        return found

    def _take_head(self, item: GenerateContentResponse) -> None:
        """Takes what *item* says of the answer itself, and sees whether it may be an error."""
        head = self._head
        take_head(head, item)
        if not is_empty(item.prompt_feedback):
            head.prompt_feedback = item.prompt_feedback
        if item._more is not None:
            head._more = item._more
            extra = item.extra
            # An error is among the fields that no struct knows, and so is all of a flat one.
            self.suspect = bool(extra and (extra.get("error") or not item.candidates))
            if not self.suspect:
                self._extra = more_extra(self._extra, extra)

    def _candidate(self, sent: int | None) -> CandidateParts:
        index = sent or 0
        state = self._candidates.get(index)
        if state is None:
            if len(self._candidates) >= MAX_CANDIDATES:
                return next(reversed(self._candidates.values()))
            state = self._candidates[index] = CandidateParts(sent)
            if index == 0:
                self._first = state
        return state
