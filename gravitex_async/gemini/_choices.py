"""One candidate: as the wire has it, and in the words that choices of all dialects share.

The two are apart because they clash: ``candidate.content`` is a turn with its parts, ``choice.content`` a
text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from ..answers import Answer, Citation
from ..deltas import StreamEnd, ToolCall, choice_end, with_calls
from ..images import Image, images_in_markdown
from ._calls import CallAssembly
from ._citations import citations_of
from ._enums import reason_of
from ._metadata import CitationMetadata, GroundingMetadata, SafetyRating, UrlContextMetadata
from ._parts import Content, FunctionCall, Part
from ._wire import Wire, outgoing, shape_of

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["Candidate", "Choice"]

T = TypeVar("T")


class Candidate(Wire, kw_only=True):
    """``candidates[]``. ``Choice`` says the same in the words of all dialects."""

    dialect: ClassVar[str] = "gemini"

    content: Content | None = None
    finish_reason: str | None = None
    """STOP (also after function calls), MAX_TOKENS, SAFETY, ...: any word, known here or not."""
    wire_index: int | None = msgspec.field(default=None, name="index")
    """``index`` as sent: Google leaves out a 0, others do not."""
    finish_message: str | None = None
    safety_ratings: list[SafetyRating] | None = None
    citation_metadata: CitationMetadata | None = None
    grounding_metadata: GroundingMetadata | None = None
    url_context_metadata: UrlContextMetadata | None = None
    token_count: int | None = None
    avg_logprobs: float | None = None
    logprobs_result: Any = None
    grounding_attributions: Any = None

    @property
    def index(self) -> int:
        """Its number among the candidates; 0 where none was sent."""
        return self.wire_index or 0

    @property
    def parts(self) -> list[Part]:
        """The parts of the content; none where there is no content."""
        return [] if self.content is None else self.content.parts

    @property
    def text(self) -> str:
        """The text without thoughts; "" when there is none."""
        return "".join(_said(part) for part in self.parts)

    @property
    def thoughts(self) -> str:
        """The thoughts; they come only when ``include_thoughts`` asks for them."""
        return "".join(part.text for part in self.parts if part.text and part.thought)

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The functions the model asks for, in order."""
        return [part.function_call for part in self.parts if part.function_call is not None]

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The same calls in the form all dialects share; signatures of thoughts are in their ``extra``."""
        calls = CallAssembly()
        for part in self.parts:
            if part.function_call is not None:
                calls.add(part, part.function_call)
        return calls.neutral()

    @property
    def citations(self) -> list[Citation]:
        """The sources it names: of grounding, of citations, and the pages that were read."""
        texts = [_said(part) for part in self.parts]
        return citations_of(texts, self.grounding_metadata, self.citation_metadata, self.url_context_metadata)

    @property
    def images(self) -> list[Image]:
        """The images, without the drafts that belong to thoughts; those in the text's Markdown come last."""
        return [*_images(self.parts), *images_in_markdown(self.text)]

    def to_input(self) -> list[dict[str, Any]]:
        """The model's turn, to follow the ``contents`` of the next request, signatures and all.

        An empty list where the model said nothing.
        """
        if self.content is None or not self.content.parts:
            return []
        turn: dict[str, Any] = outgoing(self.content, shape_of(Content))
        return [{"role": "model", **turn}]


class Choice:
    """A candidate in the words that choices of all dialects share; ``candidate`` is as the wire has it."""

    __slots__ = ("_answer", "candidate")

    dialect: ClassVar[str] = "gemini"

    def __init__(self, candidate: Candidate, answer: Answer) -> None:
        self.candidate = candidate
        self._answer = answer

    @property
    def index(self) -> int:
        """Its number among the candidates."""
        return self.candidate.index

    @property
    def content(self) -> str:
        """The text without thoughts; "" when there is none."""
        return self.candidate.text

    @property
    def reasoning_content(self) -> str:
        """The thoughts; "" when there are none."""
        return self.candidate.thoughts

    @property
    def refusal(self) -> str:
        """Always "": this dialect has no text of refusal, see ``finish_reason``."""
        return ""

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of functions, in order."""
        return self.candidate.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """The word on the wire."""
        return self.candidate.finish_reason or None

    @property
    def end(self) -> StreamEnd:
        """How it ended: as its finish reason says; without one, as its answer did."""
        word = self.finish_reason
        return choice_end(word, with_calls(reason_of(word), self.tool_calls), self._answer.end)

    @property
    def citations(self) -> list[Citation]:
        """The sources it names."""
        return self.candidate.citations

    @property
    def images(self) -> list[Image]:
        """Its images, those in the text's Markdown too."""
        return self.candidate.images

    def parsed(self, type_: TypeForm[T]) -> T:
        """The content as a value of *type_*; see ``GenerateContentResponse.parsed``."""
        from ..schema import read_output  # imported late: most answers are no values of a type

        word = self.finish_reason
        reason = reason_of(word)
        return read_output(
            type_, text=self.content, refusal="", word=word, reason=reason, answer=self._answer
        )

    def to_input(self) -> list[dict[str, Any]]:
        """The model's turn, to follow the ``contents`` of the next request."""
        return self.candidate.to_input()

    def to_dict(self) -> dict[str, Any]:
        """The candidate as it is on the wire."""
        return self.candidate.to_dict()

    def to_json(self) -> str:
        """The same as JSON text."""
        return self.candidate.to_json()

    def __repr__(self) -> str:
        return f"<Choice {self.index}: {self.candidate!r}>"


def _said(part: Part) -> str:
    return part.text if part.text and not part.thought else ""


def _images(parts: list[Part]) -> list[Image]:
    found = []
    for part in parts:
        media = None if part.thought else part.inline_data or part.file_data
        if media is None or not (media.mime_type or "").startswith("image/"):
            continue
        if part.inline_data is not None:
            found.append(Image(media.mime_type, part.inline_data.data or ""))
        elif part.file_data is not None:
            found.append(Image(media.mime_type, url=part.file_data.file_uri))
    return found
