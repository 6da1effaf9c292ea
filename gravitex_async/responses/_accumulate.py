"""Events made into a response: text, reasoning, refusals, calls, items, usage, and how it ended.

The handler of an event is looked up by its class (``_handlers``, ``_tool_handlers``); it puts what the event
brings into the draft of the response, and makes the deltas of it, in one step. Which item an event means is
the business of ``_snapshot``, what is done to an item that of ``_slots``, and what of a text was emitted that
of ``_texts``. Works on structs alone, without asyncio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from ..decoding import ErrorInfo, find_error, find_flat
from ..deltas import Delta, EndReason, Revised, ToolCall
from ..usage import Usage
from . import _events as e
from ._decode import EVENT_TYPES, read_answer
from ._draft import Draft
from ._handlers import HANDLERS, Deltas, Handler
from ._structs import Response, end_reason, tool_call
from ._tool_handlers import TOOL_HANDLERS
from ._union import ResponsesStreamEvent

__all__ = ["ResponsesAccumulator", "is_answer"]


def _nothing(draft: Draft, event: e.ResponsesEvent) -> Deltas:
    """For events that only say that something is done, or goes on."""
    return ()


_HANDLERS: dict[type[e.ResponsesEvent], Handler] = {
    **dict.fromkeys(EVENT_TYPES.values(), _nothing),
    **HANDLERS,
    **TOOL_HANDLERS,
}

_Stand: TypeAlias = e.CompletedEvent | e.IncompleteEvent | e.FailedEvent | e.QueuedEvent | e.InProgressEvent

_AS_EVENT: dict[str | None, type[_Stand]] = {
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
    ends_by: Final = "itself"
    unasked: Final = None

    def __init__(self, start: Response | None = None) -> None:
        self.suspect = False
        self._draft = Draft()
        self._sequence_number: int | None = None
        if start is not None:
            self._draft.take_up(start)

    # What the stream asks for

    def fold(self, items: Sequence[ResponsesStreamEvent]) -> list[Delta | Sequence[Delta]]:
        """See ``Accumulator.fold``."""
        draft, handlers = self._draft, _HANDLERS
        self.suspect = draft.suspect = False
        deltas: list[Delta | Sequence[Delta]] = []
        add = deltas.append
        for event in items:
            add(handlers[type(event)](draft, event))
            if event.error or draft.suspect:  # an error may come with any event
                self.suspect = True
                break
        # The number of an event that failed is not one to go on behind.
        place = len(deltas) - self.suspect
        while place > 0:
            place -= 1
            number = items[place].sequence_number
            if number is not None:
                self._sequence_number = number
                break
        return deltas

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

    def whole(self, body: bytes) -> list[ResponsesStreamEvent]:
        """A plain answer as the one event that would have brought it."""
        response = read_answer(body)
        kind = _AS_EVENT.get(response.status, e.CompletedEvent)
        if not is_answer(response):
            raise ValueError("expected a response with a status")
        return [kind(response=response)]

    @property
    def progress(self) -> tuple[int, int]:
        """See ``Accumulator.progress``."""
        return self._draft.content, self._draft.reasoning

    @property
    def complete(self) -> bool:
        """Whether ``response.completed`` or ``response.incomplete`` was seen."""
        return self._draft.complete

    @property
    def closed(self) -> bool:
        """Nothing follows the last event."""
        return self._draft.over

    @property
    def revised(self) -> tuple[Revised, ...]:
        """See ``Accumulator.revised``."""
        return self._draft.snapshot.revised

    # What has arrived

    @property
    def content(self) -> str:
        return self.final().content

    @property
    def reasoning_content(self) -> str:
        return self.final().reasoning_content

    @property
    def refusal(self) -> str:
        return self.final().refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        calls = self._draft.snapshot.calls()
        return [tool_call(item, position) for position, item in enumerate(calls)]

    @property
    def finish_reason(self) -> str | None:
        return self._draft.snapshot.head.finish_reason if self._draft.over else None

    @property
    def reason(self) -> EndReason:
        return end_reason(self.finish_reason, self._draft.snapshot.head.status)

    @property
    def usage(self) -> Usage:
        return self._draft.snapshot.head.usage.neutral()

    @property
    def response_id(self) -> str | None:
        """The id of the response, from its first event on."""
        return self._draft.snapshot.head.id

    @property
    def sequence_number(self) -> int | None:
        """The number of the last event; None where the gateway does not count them."""
        return self._sequence_number

    def final(self) -> Response:
        """The response so far; what follows does not change it."""
        return self._draft.snapshot.response()


def is_answer(response: Response) -> bool:
    """Whether it says that it is a response, or holds anything of one: any JSON object decodes into one."""
    return response.object == "response" or response.status in _AS_EVENT or bool(response.output)


def _status_of(code: str) -> int | None:
    """The HTTP status that a code of responses alone stands for (``ResponseErrorCode`` of OpenAI)."""
    if "image" in code or code.endswith(("_policy", "_policy_violation", "_mismatch")):
        return 400
    return 504 if code == "vector_store_timeout" else None
