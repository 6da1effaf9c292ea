"""What each event does to the response (events.json, "accumulate"); one function per kind of event.

A function returns True when the event says that the response failed. What an event brings that was not told
by deltas before is noted on it (``_deltas``), which also counts as progress. Signs of life that are no
content count once there was some: they keep a working answer from being taken for a stalled one, and do not
start the shorter clock of an answer that has begun (``Timeout.content_idle``).

Logprobs come with the "done" events and whole parts; those of deltas stay on the deltas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..deltas import Delta
from . import _events as e
from . import _tool_events as te
from ._deltas import delta_of, note_apart, note_news, note_position, opened
from ._parts import ReasoningTextPart, RefusalPart
from ._slots import Slot
from ._snapshot import Snapshot
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
    News,
    Place,
)

__all__ = ["HANDLERS", "Folding", "Handler"]

Handler = Callable[["Folding", Any], "bool | None"]


class Folding:
    """The response under construction, and what is known of its end."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.content = 0
        self.reasoning = 0
        self.complete = False
        self.ended = False
        self._reasoned = False  # some reasoning was told

    def given(self, news: Sequence[News]) -> list[Delta]:
        """The deltas of *news*, counted; texts of hosted tools have none."""
        deltas = []
        for one in news:
            view = one.text.place.view
            if view is None:
                continue
            apart = False
            if view == "reasoning_content":
                self.reasoning += 1
                apart = one.begins and self.is_apart()
            else:
                self.content += 1
            deltas.append(delta_of(one, apart=apart))
        return deltas

    def given_item(self, slot: Slot, news: Sequence[News]) -> list[Delta]:
        """The same for a whole item."""
        found = self.given(news)
        deltas = opened(slot, found)
        self.content += len(deltas) - len(found)
        return deltas

    def is_apart(self) -> bool:
        """Whether a piece of reasoning that begins now has others before it."""
        before, self._reasoned = self._reasoned, True
        return before

    def sign_of_life(self) -> None:
        """Something happened that is no content."""
        if self.content:
            self.content += 1
        elif self.reasoning:
            self.reasoning += 1

    def take_up(self, start: Response) -> None:
        """Begins with what had arrived of the response before."""
        self.snapshot.merge(start)
        for index, item in enumerate(start.output):
            slot, _ = self.snapshot.begin(item, index)
            slot.finished = item.status == "completed"
            opened(slot, [])
        self._reasoned = bool(start.reasoning_content)


# Lifecycle


def _lifecycle(folding: Folding, event: e.LifecycleEvent) -> None:
    response = event.response
    if response is None:
        return
    snapshot = folding.snapshot
    snapshot.merge(response)
    if response.output and snapshot.empty:
        begun = [snapshot.begin(item, index) for index, item in enumerate(response.output)]
        note_news(event, [delta for slot, news in begun for delta in folding.given_item(slot, news)])


def _end(folding: Folding, event: e.LifecycleEvent) -> bool:
    """The last event. Its output replaces what was built, unless it is empty or has lost the text."""
    if folding.ended:
        return False
    snapshot, response = folding.snapshot, event.response or Response()
    snapshot.merge(response)
    head = snapshot.head
    if head.status in (None, "in_progress", "queued"):
        head.status = event.type.removeprefix("response.")
    news: dict[int, list[News]] = {}
    if response.output and (response.output_text or not snapshot.response().output_text):
        news = snapshot.take_output(response.output)
    slots = snapshot.finish()
    deltas = [delta for slot in slots for delta in folding.given_item(slot, news.get(slot.index, ()))]
    usage = head.usage.neutral() if head.usage else None
    note_news(event, [*deltas, Delta(finish_reason=head.finish_reason, usage=usage)])
    folding.ended = True
    folding.complete = head.status in ("completed", "incomplete")
    return not folding.complete


def _error(folding: Folding, event: e.ErrorEvent) -> bool:
    _lifecycle(folding, event)
    folding.snapshot.merge(Response(usage=event.usage))
    folding.ended = True
    return True


def _unknown(folding: Folding, event: e.UnknownEvent) -> bool:
    if event.type.startswith("response."):  # anything else may be no more than a ping
        folding.sign_of_life()
    return event.type == "response.cancelled"


# Items and parts


def _item_added(folding: Folding, event: e.OutputItemAddedEvent) -> None:
    if event.item is not None:
        folding.sign_of_life()
        note_news(event, folding.given_item(*folding.snapshot.begin(event.item, event.output_index)))


def _item_done(folding: Folding, event: e.OutputItemDoneEvent) -> None:
    if event.item is not None:
        folding.sign_of_life()
        note_news(event, folding.given_item(*folding.snapshot.end(event.item, event.output_index)))


def _content_part(folding: Folding, event: e.ContentPartAddedEvent | e.ContentPartDoneEvent) -> None:
    place = TEXT
    if isinstance(event.part, ReasoningTextPart):
        place = THOUGHT
    elif isinstance(event.part, RefusalPart):
        place = REFUSAL
    _part(folding, event, place, event.content_index)


def _summary_part(
    folding: Folding, event: e.ReasoningSummaryPartAddedEvent | e.ReasoningSummaryPartDoneEvent
) -> None:
    _part(folding, event, SUMMARY, event.summary_index)


def _part(folding: Folding, event: Any, place: Place, index: int | None) -> None:
    if event.part is None:
        return
    folding.sign_of_life()
    added = event.type.endswith("added")
    news = folding.snapshot.take_part(place, event.item_id, event.output_index, index, event.part, new=added)
    note_news(event, folding.given(news))


def _annotation(folding: Folding, event: e.OutputTextAnnotationAddedEvent) -> None:
    if event.annotation is None:
        return
    part = folding.snapshot.part(TEXT, event.item_id, event.output_index, event.content_index)
    annotations = part.annotations()
    index = len(annotations) if event.annotation_index is None else event.annotation_index
    if event.annotation not in annotations[index : index + 1]:
        annotations.insert(index, event.annotation)


# Texts: which place, which field is the index of the part, which field the whole text


_PIECES: dict[type[Any], tuple[Place, str]] = {
    e.RefusalDeltaEvent: (REFUSAL, "content_index"),
    e.ReasoningTextDeltaEvent: (THOUGHT, "content_index"),
    e.ReasoningSummaryTextDeltaEvent: (SUMMARY, "summary_index"),
    e.FunctionCallArgumentsDeltaEvent: (ARGUMENTS, ""),
    e.CustomToolCallInputDeltaEvent: (INPUT, ""),
    te.McpCallArgumentsDeltaEvent: (MCP_ARGUMENTS, ""),
    te.CodeInterpreterCallCodeDeltaEvent: (CODE, ""),
    te.ShellCallCommandDeltaEvent: (COMMAND, "command_index"),
}

_WHOLE: dict[type[Any], tuple[Place, str, str]] = {
    e.OutputTextDoneEvent: (TEXT, "content_index", "text"),
    e.RefusalDoneEvent: (REFUSAL, "content_index", "refusal"),
    e.ReasoningTextDoneEvent: (THOUGHT, "content_index", "text"),
    e.ReasoningSummaryTextDoneEvent: (SUMMARY, "summary_index", "text"),
    e.FunctionCallArgumentsDoneEvent: (ARGUMENTS, "", "arguments"),
    e.CustomToolCallInputDoneEvent: (INPUT, "", "input"),
    te.McpCallArgumentsDoneEvent: (MCP_ARGUMENTS, "", "arguments"),
    te.CodeInterpreterCallCodeDoneEvent: (CODE, "", "code"),
    te.ShellCallCommandAddedEvent: (COMMAND, "command_index", "command"),
    te.ShellCallCommandDoneEvent: (COMMAND, "command_index", "command"),
}


def _piece(folding: Folding, event: Any) -> None:
    if not event.delta:
        return
    place, index = _PIECES[type(event)]
    part = getattr(event, index) if index else None
    text = folding.snapshot.text(place, event.item_id, event.output_index, part)
    begins = not text.pieces
    text.pieces.append(event.delta)
    if place is THOUGHT or place is SUMMARY:
        folding.reasoning += 1
        if begins and folding.is_apart():
            note_apart(event)
        return
    folding.content += 1
    if text.position >= 0:
        note_position(event, text.position)


def _whole(folding: Folding, event: Any) -> None:
    place, index, name = _WHOLE[type(event)]
    value = getattr(event, name)
    if not value:
        return
    part = getattr(event, index) if index else None
    news = folding.snapshot.take_text(place, event.item_id, event.output_index, part, value)
    note_news(event, folding.given(news))


def _text_whole(folding: Folding, event: e.OutputTextDoneEvent) -> None:
    _whole(folding, event)
    if event.logprobs:
        part = folding.snapshot.part(TEXT, event.item_id, event.output_index, event.content_index)
        part.change(logprobs=event.logprobs)


def _arguments_whole(folding: Folding, event: e.FunctionCallArgumentsDoneEvent) -> None:
    _whole(folding, event)
    if event.name:
        slot = folding.snapshot.slot(ARGUMENTS.item, event.item_id, event.output_index)
        if not slot.field("name"):
            slot.change(name=event.name)


HANDLERS: dict[type[Any], Handler] = {
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
    **dict.fromkeys(_PIECES, _piece),
    **dict.fromkeys(_WHOLE, _whole),
    e.OutputTextDoneEvent: _text_whole,
    e.FunctionCallArgumentsDoneEvent: _arguments_whole,
}
