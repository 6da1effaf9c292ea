"""The answer of generateContent, and every event of its stream: both have one shape.

See https://ai.google.dev/api/generate-content, and "Gemini events" in decoding/README.md.

Fields stand in the order of the wire, which is the order the decoder looks for them.

Candidates may be absent (blocked prompt, usage only), and so may a candidate's content, its parts and its
``finishReason``. Nothing of this raises: ``text`` is "" then.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from .._json import to_builtins
from ..usage import Usage
from ._enums import reason_of
from ._media import Image
from ._metadata import (
    CitationMetadata,
    GroundingMetadata,
    PromptFeedback,
    SafetyRating,
    UrlContextMetadata,
    UsageMetadata,
)
from ._parts import Content, FunctionCall, Part
from ._wire import Wire, outgoing, shape_of

__all__ = ["Candidate", "GenerateContentResponse"]

T = TypeVar("T")


class Candidate(Wire, kw_only=True):
    """``candidates[]``."""

    content: Content | None = None
    finish_reason: str | None = None
    """STOP (also after function calls), MAX_TOKENS, SAFETY, ...: any word, known here or not."""
    index: int = 0
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
    def parts(self) -> list[Part]:
        """The parts of the content; none where there is no content."""
        return [] if self.content is None else self.content.parts


class GenerateContentResponse(Wire, kw_only=True):
    """An answer, or what one event of a stream adds to it. The properties speak of candidate 0."""

    candidates: list[Candidate] = msgspec.field(default_factory=list)
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str | None = None
    create_time: str | None = None
    response_id: str | None = None
    model_status: Any = None

    @property
    def parts(self) -> list[Part]:
        """All parts, thoughts included."""
        return next((candidate.parts for candidate in self.candidates if candidate.index == 0), [])

    @property
    def text(self) -> str:
        """The text without thoughts; "" when there is none."""
        return "".join(part.text for part in self.parts if part.text and not part.thought)

    @property
    def thoughts(self) -> str:
        """The thoughts; they come only when ``include_thoughts`` asks for them."""
        return "".join(part.text for part in self.parts if part.text and part.thought)

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The functions the model asks for, in order."""
        return [part.function_call for part in self.parts if part.function_call is not None]

    @property
    def images(self) -> list[Image]:
        """The images, without the drafts that belong to thoughts; bytes are decoded when looked at."""
        blobs = (part.inline_data for part in self.parts if part.inline_data and not part.thought)
        return [
            Image(blob.mime_type, blob.data or "")
            for blob in blobs
            if blob.mime_type and blob.mime_type.startswith("image/")
        ]

    @property
    def finish_reason(self) -> str | None:
        """The word on the wire; for a blocked prompt, which has no candidates, the reason of the block."""
        found = next((each.finish_reason for each in self.candidates if each.index == 0), None)
        return found if self.block_reason is None else self.block_reason

    @property
    def block_reason(self) -> str | None:
        """Why the prompt was refused; None when it was not."""
        if self.candidates or self.prompt_feedback is None:
            return None
        return self.prompt_feedback.block_reason or None

    @property
    def usage(self) -> Usage:
        """The counts in the form all dialects share."""
        return Usage() if self.usage_metadata is None else self.usage_metadata.neutral()

    def parsed(self, type_: type[T]) -> T:
        """The text read as a value of *type_*, the type that ``response_schema`` asked for.

        Raises:
            TruncatedOutputError: The answer was cut before its JSON was whole.
            InvalidOutputError: The answer is whole, and no value of the type.
        """
        from ..schema import read_output  # imported late: most answers are no values of a type

        word = self.finish_reason
        reason = reason_of(word) if self.block_reason is None else "filtered"
        return read_output(type_, text=self.text, refusal="", word=word, reason=reason, answer=self)

    def to_input(self) -> list[dict[str, Any]]:
        """The model's turn, to follow the ``contents`` of the next request, signatures and all.

        An empty list where the model said nothing.
        """
        if not self.parts:
            return []
        content = next(each.content for each in self.candidates if each.index == 0)
        turn: dict[str, Any] = outgoing(to_builtins(content), shape_of(Content))
        return [{"role": "model", **turn}]
