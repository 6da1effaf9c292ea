"""The answer of generateContent, and every event of its stream: both have one shape.

See https://ai.google.dev/api/generate-content, and "Gemini events" in decoding/README.md.

Fields stand in the order of the wire, which is the order the decoder looks for them.

Candidates may be absent (blocked prompt, usage only), and so may a candidate's content, its parts and its
``finishReason``. Nothing of this raises: ``text`` is "" then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from ..answers import Answer, Citation
from ..deltas import EndReason, ToolCall, with_calls
from ..images import Image
from ._choices import Candidate, Choice
from ._enums import reason_of
from ._metadata import PromptFeedback, UsageMetadata
from ._parts import FunctionCall, Part
from ._wire import UNNAMED, wire_form

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["GenerateContentResponse"]

T = TypeVar("T")


class GenerateContentResponse(
    Answer,
    msgspec.Struct,
    rename="camel",
    omit_defaults=True,
    repr_omit_defaults=True,
    kw_only=True,
    gc=False,
    forbid_unknown_fields=True,
):
    """An answer, or what one event of a stream adds to it.

    The words that answers of all dialects share speak of candidate 0; ``choices`` has them for each.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     answer = await client.gemini.generate_content(model="gemini-2.5-flash", contents="one two")
    >>> answer.content, answer.finish_reason, answer.end.reason
    ('You said: one two', 'STOP', 'stop')
    """

    dialect: ClassVar[str] = "gemini"

    candidates: list[Candidate] = msgspec.field(default_factory=list)
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    """The counts as sent, if any were; ``usage`` is never None."""
    model_version: str | None = None
    create_time: str | None = None
    response_id: str | None = None
    model_status: Any = None
    _more: msgspec.UnsetType | None = msgspec.field(default=None, name=UNNAMED)
    # UNSET where an unknown field stands beside those of this struct or of one in it: a mark that is asked
    # for at every event, and that no encoder writes. A slot that is empty nearly always costs ten times that.

    @property
    def parts(self) -> list[Part]:
        """All parts, thoughts included."""
        return self._first.parts

    @property
    def text(self) -> str:
        """The text without thoughts; "" when there is none."""
        return self._first.text

    @property
    def thoughts(self) -> str:
        """The thoughts; they come only when ``include_thoughts`` asks for them."""
        return self._first.thoughts

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The functions the model asks for, in order."""
        return self._first.function_calls

    @property
    def block_reason(self) -> str | None:
        """Why the prompt was refused; None when it was not."""
        if self.candidates or self.prompt_feedback is None:
            return None
        return self.prompt_feedback.block_reason or None

    # The words that answers of all dialects share

    @property
    def choices(self) -> list[Choice]:
        """The candidates in the words of all dialects."""
        return [Choice(candidate, self) for candidate in self.candidates]

    @property
    def content(self) -> str:
        """The text without thoughts; "" when there is none."""
        return self._first.text

    @property
    def reasoning_content(self) -> str:
        """The thoughts; "" when there are none."""
        return self._first.thoughts

    @property
    def refusal(self) -> str:
        """Always "": this dialect has no text of refusal, see ``finish_reason`` and ``prompt_feedback``."""
        return ""

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of functions, in order."""
        return self._first.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """The word on the wire; for a blocked prompt, which has no candidates, the reason of the block."""
        return self._first.finish_reason or None if self.block_reason is None else self.block_reason

    @property
    def usage(self) -> UsageMetadata:
        """The counts, in the words of ``Usage`` too; an empty one where none were sent."""
        return self.usage_metadata or UsageMetadata()

    @property
    def citations(self) -> list[Citation]:
        """The sources it names: of grounding, of citations, and the pages that were read."""
        return self._first.citations

    @property
    def images(self) -> list[Image]:
        """The images, without the drafts that belong to thoughts; bytes are decoded when looked at."""
        return self._first.images

    def parsed(self, type_: TypeForm[T]) -> T:
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
        return self._first.to_input()

    @property
    def extra(self) -> dict[str, Any]:
        """The fields beside those this version knows, as sent; empty when there are none."""
        # What the strict decoder read has none, and the tolerant one sets them aside.
        origin = getattr(self, "_origin", None)
        return {} if origin is None else origin.extra

    @property
    def _first(self) -> Candidate:
        return next((candidate for candidate in self.candidates if not candidate.index), Candidate())

    def _reason(self) -> EndReason:
        if self.block_reason is not None:
            return "filtered"
        return with_calls(reason_of(self.finish_reason), self.tool_calls)

    def _wire(self) -> dict[str, Any]:
        return wire_form(self)
