"""Events folded into an answer, candidate by candidate (reference: gemini.md sections 5 and 6).

What a candidate makes of its parts is in ``_candidate.py``, what events say of the answer itself in
``_head.py``. Usage: the last object, and what it lacks from those before. No asyncio here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..decoding import ErrorInfo, find_error, find_flat
from ..deltas import Delta, EndReason, Revised, ToolCall, ToolCallDelta
from ..usage import Usage
from ._brief import run_of
from ._candidate import CandidateParts, TextRun
from ._decode import answers_of
from ._deltas import deltas_of
from ._enums import reason_of
from ._head import Head
from ._metadata import PromptFeedback, UsageMetadata
from ._parts import Content
from ._structs import GenerateContentResponse
from ._wire import more_extra

__all__ = ["GeminiAccumulator"]

# Requests ask for a handful of candidates; a wild index is no reason to allocate.
MAX_CANDIDATES = 1024


class GeminiAccumulator:
    """What has arrived of a stream. Fed by ``fold``; everything else may be read at any moment."""

    ends_at_mark = False
    revised: Final[tuple[Revised, ...]] = ()  # nothing takes the place of what came before

    def __init__(self) -> None:
        self.made: list[Delta | Sequence[Delta]] | None = None
        self._candidates: dict[int, CandidateParts] = {}
        self._first: CandidateParts | None = None  # candidate 0
        self._head = Head()
        self._feedback: PromptFeedback | None = None
        self._extra: dict[str, Any] | None = None
        self._usage: UsageMetadata | None = None
        self._pieces = 0
        self._thoughts = 0

    # What the stream asks for

    def fold(self, items: Sequence[GenerateContentResponse], start: int) -> int:
        """See ``Accumulator.fold``. The hot loop: more text for the run is taken in place, the rest called.

        Unpacking is cheaper than ``len`` and an index; what it costs where it fails, odd events pay.
        """
        made = self.made
        was, head = self._usage, self._head
        nameless, no_time, no_status = head.flags
        run, pieces, thinking = self._open()
        add, had = pieces.append, len(pieces)
        for item in items[start:] if start else items:
            try:
                (candidate,) = item.candidates
                content = candidate.content
                (part,) = content.parts  # type: ignore[union-attr]  # None has no parts
            except (ValueError, AttributeError):
                pass
            else:
                text = part.text
                if (
                    text
                    and (part.thought is True) is thinking
                    and not (
                        item.extra is not None
                        or item.prompt_feedback is not None
                        or (item.create_time is not None and no_time and item.create_time)
                        or (item.model_status is not None and no_status)
                        or (nameless and head.named_by(item))
                        or candidate.index != 0
                        or candidate.extra is not None
                        or content.extra is not None  # type: ignore[union-attr]  # see above
                        or candidate.finish_reason is not None
                        or candidate.safety_ratings is not None
                        or candidate.grounding_metadata is not None
                        or candidate.citation_metadata is not None
                        or candidate.url_context_metadata is not None
                        or candidate.finish_message is not None
                        or candidate.token_count is not None
                        or candidate.avg_logprobs is not None
                        or candidate.logprobs_result is not None
                        or candidate.grounding_attributions is not None
                        or part.thought_signature is not None
                        or part.function_call is not None
                        or part.inline_data is not None
                        or part.file_data is not None
                        or part.function_response is not None
                        or part.executable_code is not None
                        or part.code_execution_result is not None
                        or part.tool_call is not None
                        or part.tool_response is not None
                        or part.video_metadata is not None
                        or part.media_resolution is not None
                        or part.extra is not None
                    )
                ):
                    now = item.usage_metadata
                    if now is not None:
                        if (  # not ``now.lacks(was)``, without the call
                            was is not None
                            and now.total_token_count
                            and (now.prompt_token_count is not None or was.prompt_token_count is None)
                            and (now.candidates_token_count is not None or was.candidates_token_count is None)
                            and (now.prompt_tokens_details is not None or was.prompt_tokens_details is None)
                            and (was.thoughts_token_count is None or now.thoughts_token_count is not None)
                            and (
                                was.candidates_tokens_details is None
                                or now.candidates_tokens_details is not None
                            )
                            and (
                                was.cached_content_token_count is None
                                or now.cached_content_token_count is not None
                            )
                            and (was.cache_tokens_details is None or now.cache_tokens_details is not None)
                            and (
                                was.tool_use_prompt_token_count is None
                                or now.tool_use_prompt_token_count is not None
                            )
                            and (
                                was.tool_use_prompt_tokens_details is None
                                or now.tool_use_prompt_tokens_details is not None
                            )
                            and (
                                was.thoughts_tokens_details is None or now.thoughts_tokens_details is not None
                            )
                            and (was.traffic_type is None or now.traffic_type is not None)
                            and (was.service_tier is None or now.service_tier is not None)
                        ):
                            was = now
                        else:
                            was = now if was is None else now.after(was)
                    add(text)
                    if made is not None:
                        told = None if now is None else now.told()
                        made.append(Delta("" if thinking else text, text if thinking else "", usage=told))
                    continue
            self._count(run, len(pieces) - had)
            self._usage = was
            self._take(item)
            was = self._usage
            nameless, no_time, no_status = head.flags
            run, pieces, thinking = self._open()
            add, had = pieces.append, len(pieces)
            if made is not None:
                made.append(deltas_of(item, self._late))
            # An error is among the fields that no struct knows, and so is all of a flat one.
            if item.extra is not None and (item.extra.get("error") or not item.candidates):
                stopped = next(i for i in range(start, len(items)) if items[i] is item)
                break
        else:
            stopped = len(items)
        self._count(run, len(pieces) - had)
        self._usage = was
        return stopped

    def _open(self) -> tuple[TextRun | None, list[str], bool | None]:
        """Where more plain text of candidate 0 goes, and its kind; no kind: it has to bring more first."""
        first = self._first
        run = None if first is None or first.role is None else first.run
        return (None, [], None) if run is None else (run, run.pieces, run.thought)

    def _count(self, run: TextRun | None, pieces: int) -> None:
        if run is not None and run.thought:
            self._thoughts += pieces
        else:
            self._pieces += pieces

    def brief(self, payloads: Sequence[bytes]) -> list[Delta] | None:
        """See ``Accumulator.brief``."""
        first = self._first
        if first is None:
            return None
        run = run_of(payloads, self._head.lacks) if payloads else None
        if run is None:
            return None if payloads else []
        if first.role is None:
            first.role = run.form.role
        if run.usage is not None:
            self._usage = run.usage if self._usage is None else run.usage.after(self._usage)
        first.add_texts(run.texts, thought=run.form.thought)
        self._count(first.run, len(run.texts))
        return run.deltas

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

    def deltas(self, item: GenerateContentResponse) -> Sequence[Delta]:
        """See ``Accumulator.deltas``."""
        return deltas_of(item, self._late)

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        return self._pieces, self._thoughts

    @property
    def complete(self) -> bool:
        """Whether every candidate has its finishReason, or the prompt was blocked."""
        if self._candidates:
            return all(state.finish_reason for state in self._candidates.values())
        return self._block_reason is not None

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
        return self._block_reason if self._first is None else self._first.finish_reason

    @property
    def reason(self) -> EndReason:
        """A blocked prompt is "filtered"."""
        return reason_of(self.finish_reason) if self._block_reason is None else "filtered"

    @property
    def usage(self) -> Usage:
        return Usage() if self._usage is None else self._usage.neutral()

    def final(self) -> GenerateContentResponse:
        """The answer so far, every candidate of it, as a plain one."""
        return GenerateContentResponse(
            candidates=[self._candidates[index].whole() for index in sorted(self._candidates)],
            prompt_feedback=self._feedback,
            usage_metadata=self._usage,
            extra=self._extra,
            **self._head.fields,
        )

    # Folding

    def _take(self, item: GenerateContentResponse) -> None:
        """Takes an event of any form."""
        self._head.take(item)
        self._feedback = item.prompt_feedback or self._feedback
        if item.candidates and item.extra is not None and not item.extra.get("error"):
            self._extra = more_extra(self._extra, item.extra)
        usage = item.usage_metadata
        if usage is not None:
            self._usage = usage if self._usage is None else usage.after(self._usage)
        for candidate in item.candidates:
            state = self._candidate(candidate.index)
            if candidate.content is not None:
                self._take_content(candidate.content, state)
            state.take_metadata(candidate)

    def _take_content(self, content: Content, state: CandidateParts) -> None:
        state.take_content(content)
        for part in content.parts:
            seen = state.add(part)
            if part.thought:
                self._thoughts += seen
            else:
                self._pieces += seen

    def _candidate(self, index: int) -> CandidateParts:
        state = self._candidates.get(index)
        if state is None:
            if len(self._candidates) >= MAX_CANDIDATES:
                return next(reversed(self._candidates.values()))
            state = self._candidates[index] = CandidateParts(index)
            if index == 0:
                self._first = state
        return state

    def _late(self, index: int) -> tuple[ToolCallDelta, ...]:
        state = self._candidates.get(index)
        return () if state is None else state.late()

    @property
    def _block_reason(self) -> str | None:
        """Why the prompt was refused; None when it was not."""
        if self._candidates or self._feedback is None:
            return None
        return self._feedback.block_reason or None
