"""The response object: what a plain call gives, what a stream adds up to.

The fields are the wire's, and hold what was sent; many merely repeat the request and are plain values. The
properties are what dialects share: text, reasoning, refusal and tool calls out of the items, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .._counts import first_count, total_of
from .._jsonable import Jsonable
from ..answers import Answer, Citation, origin_of
from ..deltas import EndReason, StreamEnd, ToolCall, neutral_reason, with_calls
from ..images import Image
from ..usage import Counts, Usage
from ._items import CustomToolCallItem, FunctionCallItem, MessageItem, ReasoningItem
from ._open import KeptObject, KeptStruct, fields_of, single, wire_form
from ._tool_items import AnyItem, OutputItem
from ._words import citations_of, images_of

__all__ = [
    "IncompleteDetails",
    "InputTokensDetails",
    "OutputTokensDetails",
    "Response",
    "ResponseError",
    "ResponseUsage",
]

T = TypeVar("T")

Count = int | None
Number = int | float | str | None

PARAGRAPH = "\n\n"
"""Between two pieces of reasoning that are joined."""


class InputTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.input_tokens_details``."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None


class OutputTokensDetails(msgspec.Struct, omit_defaults=True, gc=False):
    """``usage.output_tokens_details``."""

    reasoning_tokens: Count = None


class UsageFamily(KeptObject):
    """What msgspec sees where a usage is read."""

    __slots__ = ()


class ResponseUsage(Counts, UsageFamily, KeptStruct):
    """``usage`` of a response: the words of ``Usage``, and beside them the fields as sent.

    See "Usage" in decoding/README.md.
    """

    wire_input_tokens: Count = msgspec.field(default=None, name="input_tokens")
    input_tokens_details: InputTokensDetails | None = None
    wire_output_tokens: Count = msgspec.field(default=None, name="output_tokens")
    output_tokens_details: OutputTokensDetails | None = None
    wire_total_tokens: Count = msgspec.field(default=None, name="total_tokens")
    prompt_tokens: Count = None
    completion_tokens: Count = None
    cost: Any = None
    num_sources_used: Count = None

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; a total the server leaves out is input plus output."""
        read = first_count(self.wire_input_tokens, self.prompt_tokens)
        written = first_count(self.wire_output_tokens, self.completion_tokens)
        cached = self.input_tokens_details.cached_tokens if self.input_tokens_details else None
        thought = self.output_tokens_details.reasoning_tokens if self.output_tokens_details else None
        total = total_of(self.wire_total_tokens, read, written)
        if read is None and written is None and total is None:
            return Usage()  # an object without counts is no usage
        return Usage(read, written, total, thought, cached, "server")

    def is_zero(self) -> bool:
        """Whether it counts nothing at all: some backends send such a one last."""
        return not (
            self.wire_input_tokens
            or self.wire_output_tokens
            or self.wire_total_tokens
            or self.prompt_tokens
            or self.completion_tokens
        )


if TYPE_CHECKING:
    from typing_extensions import TypeForm

    AnyUsage = ResponseUsage
else:
    AnyUsage = UsageFamily

single(UsageFamily, ResponseUsage)


class ResponseError(
    Jsonable, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True
):
    """``error`` of a failed response; any code is accepted."""

    code: str | int | None = None
    message: str | None = None
    type: str | None = None
    param: str | None = None


class IncompleteDetails(Jsonable, msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``incomplete_details``: max_output_tokens or content_filter."""

    reason: str | None = None


class _NoOutput(list[Any]):
    """The empty output of a response that was sent without any: events may leave it out."""


class Response(Answer, msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """An answer. ``status``: completed, incomplete, failed, in_progress, queued, cancelled.

    Do not count on what stands first in ``output``: a reasoning item may come before the message.
    ``content`` is the text wherever it stands.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     answer = await client.responses.create(model="gpt-5.2", input="one two")
    >>> answer.content, answer.end.reason, answer.usage.source
    ('You said: one two', 'stop', 'server')
    """

    dialect = "responses"

    id: str | None = None
    object: str | None = None
    created_at: Number = None
    status: str | None = None
    completed_at: Number = None
    model: str | None = None
    output: list[AnyItem] = msgspec.field(default_factory=_NoOutput)
    wire_usage: AnyUsage | None = msgspec.field(default=None, name="usage")
    """As sent, or None; ``usage`` is never None."""
    error: ResponseError | str | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: Any = None
    metadata: Any = None
    previous_response_id: str | None = None
    conversation: Any = None
    reasoning: Any = None
    text: Any = None
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Count = None
    max_tool_calls: Count = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: Count = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    truncation: Any = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    background: bool | None = None
    prompt: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Any = None
    prompt_cache_options: Any = None
    content_filters: Any = None
    moderation: Any = None
    tool_usage: Any = None
    billing: Any = None
    wire_output_text: Any = msgspec.field(default=None, name="output_text")
    """What OpenRouter sends beside ``output``, and does not always fill."""

    @property
    def content(self) -> str:
        """All text of all messages, joined."""
        return "".join([item.text for item in self.output if isinstance(item, MessageItem)])

    @property
    def output_text(self) -> str:
        """The same by the name that OpenAI's clients give it."""
        return self.content

    @property
    def reasoning_content(self) -> str:
        """All readable reasoning, summaries and full text; a blank line between its pieces."""
        return PARAGRAPH.join(
            [text for item in self.output if isinstance(item, ReasoningItem) for text in item.texts]
        )

    @property
    def refusal(self) -> str:
        """All refusals of all messages; "" when there is none."""
        return "".join([item.refusal for item in self.output if isinstance(item, MessageItem)])

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls that are for the caller to answer, in the form all dialects share."""
        calls = [item for item in self.output if isinstance(item, (FunctionCallItem, CustomToolCallItem))]
        return [tool_call(item, position) for position, item in enumerate(calls)]

    @property
    def finish_reason(self) -> str | None:
        """The wire's word for how the answer ended: its status, or why it is incomplete; None before that."""
        if self.status == "incomplete" and self.incomplete_details and self.incomplete_details.reason:
            return self.incomplete_details.reason
        return self.status if self.status in ("completed", "incomplete", "failed", "cancelled") else None

    @property
    def usage(self) -> ResponseUsage:
        """What it took; one without counts (``source == "none"``) where the server sent none."""
        return self.wire_usage or ResponseUsage()

    @property
    def citations(self) -> list[Citation]:
        """The pages and files that the text names as its sources, in order."""
        return citations_of(self.output)

    @property
    def images(self) -> list[Image]:
        """The images that were made, and those in the content's Markdown, in order."""
        return images_of(self.output)

    @property
    def index(self) -> int:
        """0: a response is its only choice."""
        return 0

    @property
    def choices(self) -> list[Response]:
        """The response itself: the answers of other dialects may hold several."""
        return [self]

    def parsed(self, type_: TypeForm[T]) -> T:
        """The content as a value of *type_*.

        Raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: It is none; ``partial`` is the response.
            MisuseError: The type has no JSON form.
        """
        from ..schema import read_output  # imported late: most answers are no values of a type

        return read_output(
            type_,
            text=self.content,
            refusal=self.refusal,
            word=self.finish_reason,
            reason=self.end.reason,
            answer=self,
        )

    def to_input(self) -> list[dict[str, Any]]:
        """This answer as input of the next turn: append the results of its calls and the next message.

        Items go back as they came, fields unknown to this package included. Reasoning that was sent behind
        the calls it belongs to is put before them, where the gateway wants it.
        """
        return [wire_form(item) for item in _reasoning_first(self.output)]

    def _plain_end(self) -> StreamEnd:
        end = Answer._plain_end(self)
        if self.status in ("queued", "in_progress"):
            end.state = "open"  # it is worked on in the background: ask for it again
        return end

    def _reason(self) -> EndReason:
        return with_calls(end_reason(self.finish_reason, self.status), self.tool_calls)

    def _wire(self) -> dict[str, Any]:
        form = {**fields_of(self), **self.extra}
        if isinstance(self.output, _NoOutput):
            del form["output"]
        return form


def end_reason(word: str | None, status: str | None) -> EndReason:
    """The neutral class of a response's finish reason."""
    known = neutral_reason(word)
    # Whatever made an answer incomplete, it is cut: only the reasons for that are an open list.
    return "length" if known == "unknown" and status == "incomplete" else known


def take_over(head: Response, response: Response) -> None:
    """Puts into *head* what *response* says, but for its output; zeros do not wipe out counts."""
    for name in Response.__struct_fields__:
        value = getattr(response, name)
        if value is None or name == "output":
            continue
        if name == "wire_usage" and head.wire_usage is not None and value.is_zero():
            continue
        setattr(head, name, value)
    if extra := _extra(response):
        origin = origin_of(head)
        said = {name: value for name, value in extra.items() if value is not None}
        origin.extra = {**origin.extra, **said}


def with_output(head: Response, output: list[OutputItem]) -> Response:
    """A response of its own: *head* with this output."""
    response = msgspec.structs.replace(head, output=output)
    if extra := _extra(head):
        origin_of(response).extra = extra
    return response


def _extra(response: Response) -> dict[str, Any]:
    # Three events of each stream ask, and hardly any response has an origin while it is in one.
    return response.extra if hasattr(response, "_origin") else {}


def _reasoning_first(items: Sequence[OutputItem]) -> list[OutputItem]:
    """The items with reasoning at the very end moved before the calls in front of it."""
    end = len(items)
    while end and isinstance(items[end - 1], ReasoningItem):
        end -= 1
    start = end
    while start and not isinstance(items[start - 1], ReasoningItem):
        start -= 1
    behind, calls = items[end:], items[start:end]
    if not any(isinstance(item, (FunctionCallItem, CustomToolCallItem)) for item in calls):
        return list(items)
    return [*items[:start], *behind, *calls]


def tool_call(item: FunctionCallItem | CustomToolCallItem, position: int) -> ToolCall:
    """One call in the form all dialects share; free text of a custom tool stands in ``arguments``."""
    extra = {name: value for name in ("namespace", "caller") if (value := getattr(item, name)) is not None}
    if isinstance(item, CustomToolCallItem):
        extra["type"] = item.type
        return ToolCall(item.call_id or item.id or "", item.name, item.input, position, extra)
    return ToolCall(item.call_id or item.id or "", item.name, item.arguments, position, extra)
