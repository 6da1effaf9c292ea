"""One candidate of a stream, in pieces, and the whole it makes.

Text parts that follow each other with the same ``thought`` flag are one part; its pieces are joined when it
is read. A text part with a signature stays a part of its own: Google checks signatures against the part they
came in. Everything else is kept as it came, function calls by way of ``CallAssembly``.

Of all fields of a candidate the last value counts that is not empty: grounding, safety and URL metadata come
whole. Citations come one by one: all of them, each once.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

import msgspec

from ..decoding import any_of, fields_but
from ..deltas import Delta, ToolCall, ToolCallDelta
from ..usage import Usage
from ._calls import CallAssembly, OpenCall
from ._choices import Candidate
from ._deltas import delta_of
from ._metadata import Citation, CitationMetadata
from ._parts import Content, FunctionCall, Part
from ._wire import is_empty, more_extra, with_extra

__all__ = ["BESIDE_TEXT", "CandidateParts", "TextRun"]

# The conditions under which a part is more than a piece of text, and its candidate more than that part.
_PART: Final = [f"part.{name} is not None" for name in fields_but(Part, {"text", "thought"})]
_CANDIDATE: Final = [
    f"candidate.{name} is not None"
    for name in fields_but(Candidate, {"content", "wire_index", "finish_reason"})
]
BESIDE_TEXT: Final = [
    *_PART,
    *(f"content.{name} is not None" for name in fields_but(Content, {"parts", "role"})),
    "(not first.role and content.role)",
    *_CANDIDATE,
]

_is_more_than_text = any_of("part", _PART)
_has_metadata = any_of("candidate", _CANDIDATE)

# Of these the last value counts.
_LAST: Final = fields_but(Candidate, {"content", "wire_index", "finish_reason", "citation_metadata"})
_last_values = attrgetter(*_LAST)


class TextRun:
    """Text parts that are one part in the answer."""

    __slots__ = ("pieces", "thought")

    def __init__(self, thought: bool) -> None:
        self.thought = thought
        self.pieces: list[str] = []

    def whole(self) -> Part:
        """The part they are."""
        return Part(text="".join(self.pieces), thought=self.thought or None)


class CandidateParts:
    """One candidate. ``run`` is its last part while that is plain text, for the accumulator to append to."""

    __slots__ = (
        "_calls", "_citations", "_extra", "_of_candidate", "_of_citations", "_parts", "_pieces", "_thoughts",
        "_whole", "role", "run",
    )  # fmt: skip

    def __init__(self, index: int | None) -> None:
        self.run: TextRun | None = None
        self.role: str | None = None
        # Fields that nobody knows: of the content, the candidate, its citations.
        self._extra: dict[str, Any] = {}
        self._of_candidate: dict[str, Any] = {}
        self._of_citations: dict[str, Any] = {}
        self._parts: list[TextRun | Part | OpenCall] = []
        self._pieces = self._thoughts = 0  # but those of ``run``
        self._calls: CallAssembly | None = None
        self._citations: dict[tuple[Any, ...], tuple[str, Citation]] = {}
        self._whole = Candidate(wire_index=index)  # all but content and citations

    # Taking events

    def take(self, candidate: Candidate, usage: Usage | None, *, odd: bool = False) -> Delta | None:
        """Takes what an event brings of this candidate; returns its Delta, if it adds anything.

        Args:
            odd: Whether there may be anything beside the fields of the structs.
        """
        text = thoughts = ""
        calls: list[ToolCallDelta] = []
        content = candidate.content
        if content is not None:
            self.role = self.role or content.role
            for part in content.parts:
                if part.function_call is not None:
                    calls.append(self._take_call(part, part.function_call))
                elif part.text is None or _is_more_than_text(part) or (odd and part.extra):
                    self._take_other(part)
                elif part.text:
                    self._take_text(part.text, part.thought is True)
                if part.text and part.thought:
                    thoughts += part.text
                elif part.text:
                    text += part.text
        if _has_metadata(candidate):
            self._take_metadata(candidate)
        if odd:
            self._take_extra(candidate)
        if candidate.finish_reason:
            calls += self.finish(candidate.finish_reason)
        return delta_of(candidate, text, thoughts, calls, usage)

    def finish(self, reason: str) -> tuple[ToolCallDelta, ...]:
        """Takes a finish reason; returns what calls held back until now, as they came without an end."""
        self._whole.finish_reason = reason
        return () if self._calls is None else self._calls.close()

    def _take_text(self, text: str, thought: bool) -> None:
        run = self.run
        if run is None or run.thought is not thought:
            self._close_run()
            run = self.run = TextRun(thought)
            self._parts.append(run)
        run.pieces.append(text)

    def _take_other(self, part: Part) -> None:
        """Takes a part that is neither plain text nor a call."""
        self._close_run()
        self._parts.append(part)
        # An empty text is nothing to see: it is how servers send a signature behind the last piece.
        if part.text != "":
            self._see(part)

    def _take_call(self, part: Part, call: FunctionCall) -> ToolCallDelta:
        """Takes a call, or a fragment of one; returns what it adds."""
        self._close_run()
        if self._calls is None:
            self._calls = CallAssembly()
        opened, added = self._calls.add(part, call)
        if opened is not None:
            self._parts.append(opened)
        elif part.text:
            # The whole call is the part that opened it: text beside a later fragment has a part of its own.
            self._take_text(part.text, part.thought is True)
            return added
        self._see(part)
        return added

    def _close_run(self) -> None:
        """What follows is no part of the text before it."""
        if self.run is not None:
            self._pieces, self._thoughts = self.progress()
            self.run = None

    def _see(self, part: Part) -> None:
        if part.thought:
            self._thoughts += 1
        else:
            self._pieces += 1

    def _take_metadata(self, candidate: Candidate) -> None:
        whole = self._whole
        values: tuple[Any, ...] = _last_values(candidate)
        for name, value in zip(_LAST, values, strict=True):
            if value is not None and not is_empty(value):
                setattr(whole, name, value)
        if candidate.citation_metadata is not None:
            self._cite(candidate.citation_metadata)

    def _take_extra(self, candidate: Candidate) -> None:
        """Takes the fields that nobody knows; those of a part, and of metadata, stay where they stand."""
        self._of_candidate = more_extra(self._of_candidate, candidate.extra)
        if candidate.content is not None:
            self._extra = more_extra(self._extra, candidate.content.extra)
        if candidate.citation_metadata is not None:
            self._of_citations = more_extra(self._of_citations, candidate.citation_metadata.extra)

    def _cite(self, metadata: CitationMetadata) -> None:
        for name in CitationMetadata.__struct_fields__:
            for source in getattr(metadata, name):
                key = (source.start_index, source.end_index, source.uri, source.title)
                self._citations.setdefault(key, (name, source))

    # What has arrived

    def progress(self) -> tuple[int, int]:
        """How many pieces of content and of thoughts there were so far."""
        run = self.run
        if run is None:
            return self._pieces, self._thoughts
        if run.thought:
            return self._pieces, self._thoughts + len(run.pieces)
        return self._pieces + len(run.pieces), self._thoughts

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
        content = with_extra(Content(role=self.role, parts=parts), self._extra)
        whole = msgspec.structs.replace(
            self._whole,
            content=content if parts or self.role or self._extra else None,
            citation_metadata=self._cited(),
        )
        return with_extra(whole, self._of_candidate)

    def _cited(self) -> CitationMetadata | None:
        if not self._citations and not self._of_citations:
            return None
        metadata = with_extra(CitationMetadata(), self._of_citations)
        for name, source in self._citations.values():
            getattr(metadata, name).append(source)
        return metadata
