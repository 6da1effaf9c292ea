"""One candidate of a stream, in pieces, and the whole it makes (reference: gemini.md section 6).

Text parts that follow each other with the same ``thought`` flag are one part; its pieces are joined when it
is read. A text part with a signature stays a part of its own: Google checks signatures against the part they
came in. Everything else is kept as it came, function calls by way of ``CallAssembly``.

Of scalars the last that is not null counts. Grounding, safety and URL metadata come whole: the last that is
not empty. Citations come one by one: all of them, each once.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

import msgspec

from ..deltas import ToolCall, ToolCallDelta
from ._calls import CallAssembly, OpenCall
from ._metadata import Citation, CitationMetadata
from ._parts import Content, Part
from ._structs import Candidate
from ._wire import more_extra

__all__ = ["CandidateParts", "TextRun"]


# A part that has any of these is no plain text, whatever text it has: it is kept as it came.
_BESIDE: Final = [name for name in Part.__struct_fields__ if name not in ("text", "thought")]
_beside: Final = attrgetter(*_BESIDE)
_NOTHING: Final = (None,) * len(_BESIDE)


class TextRun:
    """Text parts that follow each other, in pieces."""

    __slots__ = ("pieces", "thought")

    def __init__(self, thought: bool) -> None:
        self.thought = thought
        self.pieces: list[str] = []

    def whole(self) -> Part:
        """The one part they are."""
        return Part(text="".join(self.pieces), thought=self.thought or None)


class CandidateParts:
    """One candidate. ``run`` is its last part while that is plain text, for the accumulator to append to."""

    __slots__ = ("_calls", "_citations", "_extra", "_late", "_parts", "_whole", "role", "run")

    def __init__(self, index: int) -> None:
        self.run: TextRun | None = None
        self.role: str | None = None
        self._extra: dict[str, Any] | None = None  # of the content
        self._parts: list[TextRun | Part | OpenCall] = []
        self._calls: CallAssembly | None = None
        self._late: tuple[ToolCallDelta, ...] = ()
        self._citations: dict[tuple[Any, ...], tuple[str, Citation]] = {}
        self._whole = Candidate(index=index)  # all but content and citations

    def open_run(self, thought: bool) -> TextRun:
        """A new part for plain text."""
        run = self.run = TextRun(thought)
        self._parts.append(run)
        return run

    def add_texts(self, texts: list[str], *, thought: bool) -> None:
        """Takes parts of plain text, none of them empty."""
        run = self.run
        if run is None or run.thought is not thought:
            run = self.open_run(thought)
        run.pieces += texts

    def add(self, part: Part) -> bool:
        """Takes the next part; returns whether there is anything in it to see."""
        text = part.text
        if text is None or _beside(part) != _NOTHING:
            return self._add_other(part)
        if text:
            self.add_texts([text], thought=part.thought is True)
        return text != ""

    def _add_other(self, part: Part) -> bool:
        """Takes a part that is not plain text."""
        self.run = None
        call = part.function_call
        if call is None:
            self._parts.append(part)
            return part.text != ""
        if self._calls is None:
            self._calls = CallAssembly()
        opened = self._calls.add(part, call)
        if opened is not None:
            self._parts.append(opened)
        elif part.text:
            self.add_texts([part.text], thought=part.thought is True)
        return True

    def take_content(self, content: Content) -> None:
        """Takes everything of an event's content but its parts."""
        if self.role is None:
            self.role = content.role
        self._extra = more_extra(self._extra, content.extra)

    def take_metadata(self, candidate: Candidate) -> None:
        """Takes everything of an event's candidate but its content."""
        whole = self._whole
        if candidate.finish_reason:
            whole.finish_reason = candidate.finish_reason
            self._late += () if self._calls is None else self._calls.close()
        whole.finish_message = candidate.finish_message or whole.finish_message
        whole.safety_ratings = candidate.safety_ratings or whole.safety_ratings
        whole.grounding_metadata = candidate.grounding_metadata or whole.grounding_metadata
        whole.url_context_metadata = candidate.url_context_metadata or whole.url_context_metadata
        whole.grounding_attributions = candidate.grounding_attributions or whole.grounding_attributions
        whole.logprobs_result = candidate.logprobs_result or whole.logprobs_result
        whole.extra = more_extra(whole.extra, candidate.extra)
        if candidate.token_count is not None:
            whole.token_count = candidate.token_count
        if candidate.avg_logprobs is not None:
            whole.avg_logprobs = candidate.avg_logprobs
        if candidate.citation_metadata is not None:
            self._cite(candidate.citation_metadata)

    def _cite(self, metadata: CitationMetadata) -> None:
        for name in ("citation_sources", "citations"):
            for source in getattr(metadata, name):
                key = (source.start_index, source.end_index, source.uri, source.title)
                self._citations.setdefault(key, (name, source))

    def late(self) -> tuple[ToolCallDelta, ...]:
        """What calls held back until the end of the candidate; once."""
        late, self._late = self._late, ()
        return late

    @property
    def finish_reason(self) -> str | None:
        return self._whole.finish_reason

    def tool_calls(self) -> list[ToolCall]:
        """The calls as far as they have come."""
        return [] if self._calls is None else self._calls.neutral()

    def text(self, *, thought: bool) -> str:
        """All text of one kind, that of signed parts and beside calls included."""
        found: list[str] = []
        for kept in self._parts:
            if isinstance(kept, TextRun):
                if kept.thought is thought:
                    found += kept.pieces
                continue
            part = kept.part if isinstance(kept, OpenCall) else kept
            if part.text and bool(part.thought) is thought:
                found.append(part.text)
        return "".join(found)

    def whole(self) -> Candidate:
        """The candidate as one of a plain answer."""
        parts = [part if isinstance(part, Part) else part.whole() for part in self._parts]
        return msgspec.structs.replace(
            self._whole,
            content=self._content(parts) if parts or self.role or self._extra else None,
            citation_metadata=_cited(self._citations.values()),
        )

    def _content(self, parts: list[Part]) -> Content:
        return Content(role=self.role, parts=parts, extra=self._extra)


def _cited(found: Iterable[tuple[str, Citation]]) -> CitationMetadata | None:
    metadata = CitationMetadata()
    for name, source in found:
        getattr(metadata, name).append(source)
    return metadata if metadata.citation_sources or metadata.citations else None
