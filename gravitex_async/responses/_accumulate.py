"""Events folded into a response: text, reasoning, refusals, calls, items, usage, and how it ended.

A run of text deltas costs a few comparisons and one ``append`` each; everything else is looked up by the
class of the event in ``_folding`` and ``_tool_folding``. The rules of responses.md section 7 are in
``_snapshot`` (what an event means), ``_slots`` (what is done to an item) and ``_texts`` (what of a text was
given). Works on structs alone, without asyncio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..decoding import ErrorInfo, TolerantDecoder, find_error, find_flat
from ..deltas import Delta, EndReason, Revised, ToolCall, neutral_reason
from ..errors import DecodeError
from ..usage import Usage
from . import _events as e
from ._brief import Run, run_of
from ._decode import answers
from ._deltas import deltas_of
from ._events import OutputTextDeltaEvent
from ._folding import HANDLERS, Folding
from ._structs import PARAGRAPH, Response, tool_call
from ._texts import TEXT
from ._tool_folding import TOOL_HANDLERS

__all__ = ["ResponsesAccumulator", "is_answer"]

_HANDLERS = {**HANDLERS, **TOOL_HANDLERS}

_AS_EVENT: dict[str | None, type[e.LifecycleEvent]] = {
    "completed": e.CompletedEvent,
    "incomplete": e.IncompleteEvent,
    "failed": e.FailedEvent,
    "cancelled": e.FailedEvent,
    "queued": e.QueuedEvent,
    "in_progress": e.InProgressEvent,
}


class ResponsesAccumulator:
    """What has arrived of a stream. Fed by ``fold``; everything else may be read at any moment.

    Args:
        start: What had arrived of this response before, for a stream that takes it up again.
    """

    # Only the closing event ends a response; a gateway that passes the mark on adds nothing by it.
    ends_at_mark = False

    def __init__(self, start: Response | None = None) -> None:
        self.made: list[Delta | Sequence[Delta]] | None = None
        self._folding = Folding()
        # The text that deltas were added to last: its pieces, output index, content index, item id.
        self._hot: tuple[list[str] | None, int | None, int | None, str | None] = (None, None, None, None)
        self._sequence_number: int | None = None
        if start is not None:
            self._folding.take_up(start)

    # What the stream asks for

    def fold(self, items: Sequence[e.ResponsesEvent], start: int) -> int:
        """See ``Accumulator.fold``."""
        folding, made = self._folding, self.made
        pieces, output, part, item = self._hot
        folded = len(items)
        count = 0
        for position in range(start, len(items)):
            event = items[position]
            if type(event) is OutputTextDeltaEvent and event.delta:
                if (
                    pieces is None
                    or event.output_index != output
                    or event.content_index != part
                    or (output is None and event.item_id != item)
                ):
                    item, output, part = event.item_id, event.output_index, event.content_index
                    pieces = folding.snapshot.text(TEXT, item, output, part).pieces
                pieces.append(event.delta)
                count += 1
                if made is not None:
                    made.append(Delta(event.delta))
                if event.error:
                    folded = position
                    break
            else:
                pieces = None
                folding.content += count
                count = 0
                handle = _HANDLERS.get(type(event))
                failed = handle is not None and handle(folding, event)
                if made is not None:
                    made.append(deltas_of(event))
                if failed or event.error:
                    folded = position
                    break
        self._hot = (pieces, output, part, item)
        folding.content += count
        # The number of an event that failed is not one to go on behind.
        for position in range(folded - 1, start - 1, -1):
            if items[position].sequence_number is not None:
                self._sequence_number = items[position].sequence_number
                break
        return folded

    def brief(self, payloads: Sequence[bytes]) -> list[Delta] | None:
        """See ``Accumulator.brief``. Takes deltas of one text, content or reasoning."""
        if not payloads:
            return []
        run = run_of(payloads)
        if run is None:
            return None
        if run.sequence_number is not None:
            self._sequence_number = run.sequence_number
        return self._brief_content(run) if run.target.place is TEXT else self._brief_reasoning(run)

    def _brief_content(self, run: Run) -> list[Delta]:
        folding, target = self._folding, run.target
        pieces, output, part, _ = self._hot
        if pieces is None or (output, part) != (target.output_index, target.part_index):
            item, output, part = target.item_id, target.output_index, target.part_index
            pieces = folding.snapshot.text(TEXT, item, output, part).pieces
            self._hot = (pieces, output, part, item)
        pieces += run.texts
        folding.content += len(run.texts)
        return list(map(Delta, run.texts))

    def _brief_reasoning(self, run: Run) -> list[Delta]:
        self._hot = (None, None, None, None)
        folding, target = self._folding, run.target
        text = folding.snapshot.text(target.place, target.item_id, target.output_index, target.part_index)
        apart = not text.pieces and folding.is_apart()
        text.pieces += run.texts
        folding.reasoning += len(run.texts)
        first, *others = run.texts
        return [Delta("", PARAGRAPH + first if apart else first), *(Delta("", text) for text in others)]

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """The error of an ``error`` event, in any form, or of a response that failed."""
        found = find_error(tree)
        if found is None and isinstance(tree, dict) and tree.get("object") != "response":
            found = find_flat(tree)
        if found is not None or not isinstance(tree, dict):
            return found
        response = tree.get("response")
        response = response if isinstance(response, dict) else tree
        error = response.get("error") or {"message": f"the response is {response.get('status', 'failed')}"}
        found = find_error({"error": error})
        if found is not None:
            found.body = tree
            found.status = found.status or _status_of(str(found.code))
        return found

    def whole(self, body: bytes) -> list[e.ResponsesEvent]:
        """A plain answer as the one event that would have brought it."""
        response = _answer(body)
        kind = _AS_EVENT.get(response.status, e.CompletedEvent)
        if not is_answer(response):
            raise ValueError("expected a response with a status")
        return [kind(response=response)]

    def deltas(self, item: e.ResponsesEvent) -> Sequence[Delta]:
        """See ``Accumulator.deltas``."""
        return deltas_of(item)

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        return self._folding.content, self._folding.reasoning

    @property
    def complete(self) -> bool:
        """Whether ``response.completed`` or ``response.incomplete`` was seen."""
        return self._folding.complete

    @property
    def closed(self) -> bool:
        """Nothing follows the last event."""
        return self._folding.ended

    @property
    def revised(self) -> tuple[Revised, ...]:
        """See ``Accumulator.revised``."""
        return self._folding.snapshot.revised

    # What has arrived

    @property
    def content(self) -> str:
        return self.final().output_text

    @property
    def reasoning_content(self) -> str:
        return self.final().reasoning_content

    @property
    def refusal(self) -> str:
        return self.final().refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        self._hot = (None, None, None, None)
        calls = self._folding.snapshot.calls()
        return [tool_call(item, position) for position, item in enumerate(calls)]

    @property
    def finish_reason(self) -> str | None:
        return self._folding.snapshot.head.finish_reason if self._folding.ended else None

    @property
    def reason(self) -> EndReason:
        word = self.finish_reason
        known = neutral_reason(word)
        # Whatever made an answer incomplete, it is cut: only the reasons for that are an open list.
        cut = known == "unknown" and self._folding.snapshot.head.status == "incomplete"
        return "length" if cut else known

    @property
    def usage(self) -> Usage:
        usage = self._folding.snapshot.head.usage
        return Usage() if usage is None else usage.neutral()

    @property
    def response_id(self) -> str | None:
        """The id of the response, from its first event on."""
        return self._folding.snapshot.head.id

    @property
    def sequence_number(self) -> int | None:
        """The number of the last event folded; None where the gateway does not count them."""
        return self._sequence_number

    def final(self) -> Response:
        """The response so far; what follows does not change it."""
        self._hot = (None, None, None, None)
        return self._folding.snapshot.response()


def is_answer(response: Response) -> bool:
    """Whether it says that it is a response, or holds anything of one: any JSON object decodes into one."""
    return response.object == "response" or response.status in _AS_EVENT or bool(response.output)


def _answer(body: bytes) -> Response:
    try:
        return answers.decode(body)
    except ValueError:
        tolerant = TolerantDecoder(answers.type, answers.dec_hook)
    try:
        response: Response = tolerant.convert(tolerant.tree(body))
    except DecodeError as error:
        raise ValueError(error.message) from None
    return response


def _status_of(code: str) -> int | None:
    """The HTTP status that a code of responses alone stands for (openai_enums.json, ResponseErrorCode)."""
    if "image" in code or code.endswith(("_policy", "_policy_violation", "_mismatch")):
        return 400
    return 504 if code == "vector_store_timeout" else None
