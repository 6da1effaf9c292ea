"""What each event does to the response, and the deltas it makes; one function per kind of event.

A handler takes the draft and its event, and returns what the event adds: its one Delta, or all of its deltas
in a sequence. It sets ``draft.suspect`` when the event says that the response failed.

Nearly all events of a stream are deltas of some text. For those a handler finds the text (the last one is
remembered), appends the piece, counts it and makes its Delta; nothing else.

Logprobs come with the "done" events and whole parts; those of deltas stay on the deltas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from ..deltas import Delta
from . import _events as e
from . import _tool_events as te
from ._deltas import arguments, reasoning, refusal
from ._draft import Draft
from ._open import is_left_out
from ._parts import ReasoningTextPart, RefusalPart
from ._structs import Response
from ._texts import (
    ARGUMENTS,
    CODE,
    COMMAND,
    INPUT,
    MCP_ARGUMENTS,
    REFUSAL,
    SUMMARY,
    TEXT,
    THOUGHT,
    Addition,
    Place,
)

__all__ = ["HANDLERS", "Deltas", "Handler"]

Deltas = Delta | Sequence[Delta]
Handler = Callable[[Draft, Any], Deltas]


# Pieces of text


def _content_piece(place: Place, made: Callable[[str], Delta]) -> Handler:
    def take(draft: Draft, event: Any) -> Deltas:
        piece = event.delta
        if not piece:
            return ()
        text = draft.snapshot.text(place, event.item_id, event.output_index, event.content_index)
        text.pieces.append(piece)
        draft.content += 1
        return made(piece)

    return take


def _reasoning_piece(place: Place, index: str) -> Handler:
    part_of = attrgetter(index)

    def handle(draft: Draft, event: Any) -> Deltas:
        piece = event.delta
        if not piece:
            return ()
        text = draft.snapshot.text(place, event.item_id, event.output_index, part_of(event))
        apart = not text.pieces and draft.is_apart()
        text.pieces.append(piece)
        draft.reasoning += 1
        return reasoning(piece, apart=apart)

    return handle


def _call_piece(place: Place) -> Handler:
    def handle(draft: Draft, event: Any) -> Deltas:
        piece = event.delta
        if not piece:
            return ()
        text = draft.snapshot.text(place, event.item_id, event.output_index, None)
        text.pieces.append(piece)
        draft.content += 1
        return arguments(text.position, piece)

    return handle


def _tool_piece(place: Place, index: str = "") -> Handler:
    """Texts of hosted tools are no deltas."""

    def handle(draft: Draft, event: Any) -> Deltas:
        if event.delta:
            part = getattr(event, index) if index else None
            text = draft.snapshot.text(place, event.item_id, event.output_index, part)
            text.pieces.append(event.delta)
            draft.content += 1
        return ()

    return handle


# Lifecycle


def _lifecycle(draft: Draft, event: e.LifecycleEvent) -> Deltas:
    return _take_response(draft, event.response)


def _take_response(draft: Draft, response: Response) -> Deltas:
    snapshot = draft.snapshot
    snapshot.merge(response)
    if not (response.output and snapshot.empty):
        return ()
    begun = [snapshot.begin(item, index) for index, item in enumerate(response.output)]
    return [delta for slot, additions in begun for delta in draft.emit_item(slot, additions)]


def _end(draft: Draft, event: e.LifecycleEvent) -> Deltas:
    """The last event. Its output replaces what was built, unless it is empty or has lost the text."""
    if draft.over:
        return ()
    snapshot, response = draft.snapshot, event.response
    snapshot.merge(response)
    head = snapshot.head
    if head.status in (None, "in_progress", "queued"):
        head.status = event.type.removeprefix("response.")
    additions: dict[int, list[Addition]] = {}
    if response.output and (response.content or not snapshot.response().content):
        additions = snapshot.take_output(response.output)
    slots = snapshot.finish()
    deltas = [delta for slot in slots for delta in draft.emit_item(slot, additions.get(slot.index, ()))]
    usage = head.wire_usage.neutral() if head.wire_usage else None
    draft.over = True
    draft.complete = head.status in ("completed", "incomplete")
    draft.suspect = not draft.complete
    return [*deltas, Delta(finish_reason=head.finish_reason, usage=usage)]


def _error(draft: Draft, event: e.ErrorEvent) -> Deltas:
    deltas = _take_response(draft, event.response) if event.response is not None else ()
    draft.snapshot.merge(Response(wire_usage=event.usage))
    draft.over = draft.suspect = True
    return deltas


def _unknown(draft: Draft, event: e.UnknownEvent) -> Deltas:
    kind: str = event.type
    if kind.startswith("response."):  # anything else may be no more than a ping
        draft.sign_of_life()
    draft.suspect = kind == "response.cancelled"
    return ()


# Items and parts


def _item_added(draft: Draft, event: e.OutputItemAddedEvent) -> Deltas:
    if is_left_out(event.item):
        return ()
    draft.sign_of_life()
    return draft.emit_item(*draft.snapshot.begin(event.item, event.output_index))


def _item_done(draft: Draft, event: e.OutputItemDoneEvent) -> Deltas:
    if is_left_out(event.item):
        return ()
    draft.sign_of_life()
    return draft.emit_item(*draft.snapshot.end(event.item, event.output_index))


def _content_part(draft: Draft, event: e.ContentPartAddedEvent | e.ContentPartDoneEvent) -> Deltas:
    place = TEXT
    if isinstance(event.part, ReasoningTextPart):
        place = THOUGHT
    elif isinstance(event.part, RefusalPart):
        place = REFUSAL
    return _part(draft, event, place, event.content_index)


def _summary_part(
    draft: Draft, event: e.ReasoningSummaryPartAddedEvent | e.ReasoningSummaryPartDoneEvent
) -> Deltas:
    return _part(draft, event, SUMMARY, event.summary_index)


def _part(draft: Draft, event: Any, place: Place, index: int | None) -> Deltas:
    if is_left_out(event.part):
        return ()
    draft.sign_of_life()
    new = event.type.endswith("added")
    part = event.part
    return draft.emit(
        draft.snapshot.take_part(place, event.item_id, event.output_index, index, part, new=new)
    )


def _annotation(draft: Draft, event: e.OutputTextAnnotationAddedEvent) -> Deltas:
    if not is_left_out(event.annotation):
        part = draft.snapshot.part(TEXT, event.item_id, event.output_index, event.content_index)
        annotations = part.annotations()
        index = len(annotations) if event.annotation_index is None else event.annotation_index
        if event.annotation not in annotations[index : index + 1]:
            annotations.insert(index, event.annotation)
    return ()


# Whole texts


def _whole(place: Place, index: str, name: str) -> Handler:
    """For events with a whole text in the field *name*, of the part that the field *index* says."""

    def handle(draft: Draft, event: Any) -> Deltas:
        whole = getattr(event, name)
        if not whole:
            return ()
        part = getattr(event, index) if index else None
        return draft.emit(draft.snapshot.take_text(place, event.item_id, event.output_index, part, whole))

    return handle


_text_done = _whole(TEXT, "content_index", "text")
_arguments_done = _whole(ARGUMENTS, "", "arguments")


def _text_whole(draft: Draft, event: e.OutputTextDoneEvent) -> Deltas:
    deltas = _text_done(draft, event)
    if event.logprobs:
        part = draft.snapshot.part(TEXT, event.item_id, event.output_index, event.content_index)
        part.change(logprobs=event.logprobs)
    return deltas


def _arguments_whole(draft: Draft, event: e.FunctionCallArgumentsDoneEvent) -> Deltas:
    deltas = _arguments_done(draft, event)
    if event.name:
        slot = draft.snapshot.slot(ARGUMENTS.item, event.item_id, event.output_index)
        if not slot.field("name"):
            slot.change(name=event.name)
    return deltas


HANDLERS: dict[type[Any], Handler] = {
    e.OutputTextDeltaEvent: _content_piece(TEXT, Delta),
    e.RefusalDeltaEvent: _content_piece(REFUSAL, refusal),
    e.ReasoningTextDeltaEvent: _reasoning_piece(THOUGHT, "content_index"),
    e.ReasoningSummaryTextDeltaEvent: _reasoning_piece(SUMMARY, "summary_index"),
    e.FunctionCallArgumentsDeltaEvent: _call_piece(ARGUMENTS),
    e.CustomToolCallInputDeltaEvent: _call_piece(INPUT),
    te.McpCallArgumentsDeltaEvent: _tool_piece(MCP_ARGUMENTS),
    te.CodeInterpreterCallCodeDeltaEvent: _tool_piece(CODE),
    te.ShellCallCommandDeltaEvent: _tool_piece(COMMAND, "command_index"),
    e.CreatedEvent: _lifecycle,
    e.QueuedEvent: _lifecycle,
    e.InProgressEvent: _lifecycle,
    e.CompletedEvent: _end,
    e.IncompleteEvent: _end,
    e.FailedEvent: _end,
    e.ErrorEvent: _error,
    e.UnknownEvent: _unknown,
    e.OutputItemAddedEvent: _item_added,
    e.OutputItemDoneEvent: _item_done,
    e.ContentPartAddedEvent: _content_part,
    e.ContentPartDoneEvent: _content_part,
    e.ReasoningSummaryPartAddedEvent: _summary_part,
    e.ReasoningSummaryPartDoneEvent: _summary_part,
    e.OutputTextAnnotationAddedEvent: _annotation,
    e.OutputTextDoneEvent: _text_whole,
    e.RefusalDoneEvent: _whole(REFUSAL, "content_index", "refusal"),
    e.ReasoningTextDoneEvent: _whole(THOUGHT, "content_index", "text"),
    e.ReasoningSummaryTextDoneEvent: _whole(SUMMARY, "summary_index", "text"),
    e.FunctionCallArgumentsDoneEvent: _arguments_whole,
    e.CustomToolCallInputDoneEvent: _whole(INPUT, "", "input"),
    te.McpCallArgumentsDoneEvent: _whole(MCP_ARGUMENTS, "", "arguments"),
    te.CodeInterpreterCallCodeDoneEvent: _whole(CODE, "", "code"),
    te.ShellCallCommandAddedEvent: _whole(COMMAND, "command_index", "command"),
    te.ShellCallCommandDoneEvent: _whole(COMMAND, "command_index", "command"),
}
