"""What the events of hosted tools do to the response; see ``_handlers``.

Audio has no place in a response: its events count as content, and are only delivered.
"""

from __future__ import annotations

from typing import Any

from . import _tool_events as te
from ._decode import EVENT_TYPES
from ._draft import Draft
from ._handlers import Deltas, Handler
from ._items import ItemFamily
from ._open import members
from ._texts import STDERR, STDOUT
from ._tool_items import ImageGenerationCallItem, ShellCallOutputItem

__all__ = ["TOOL_HANDLERS"]


def _statuses() -> dict[type[Any], tuple[type[ItemFamily], str]]:
    """Events that say how far a tool is: ``response.<type of the item>.<status>``."""
    known = members(ItemFamily)
    words = ("in_progress", "searching", "interpreting", "generating", "completed", "failed")
    found = {}
    for tag, event in EVENT_TYPES.items():
        _, _, rest = tag.partition(".")
        kind, _, word = rest.partition(".")
        if kind in known and word in words:
            found[event] = (known[kind], word)
    return found


_STATUSES = _statuses()


def _status(draft: Draft, event: Any) -> Deltas:
    kind, word = _STATUSES[type(event)]
    draft.sign_of_life()
    slot = draft.snapshot.slot(kind, event.item_id, event.output_index)
    if not slot.finished:
        slot.change(status=word)
    return ()


# What an event with a draft says of the image beside its bytes, as the item has it.
_IMAGE_FORM = ("background", "output_format", "quality", "size")


def _partial_image(draft: Draft, event: te.ImageGenerationCallPartialImageEvent) -> Deltas:
    draft.content += 1
    slot = draft.snapshot.slot(ImageGenerationCallItem, event.item_id, event.output_index)
    if not slot.finished:
        form = {name: value for name in _IMAGE_FORM if (value := getattr(event, name)) is not None}
        slot.change(result=event.partial_image_b64, **form)
    return ()


def _shell_output(draft: Draft, event: te.ShellCallOutputContentDeltaEvent) -> Deltas:
    for place, piece in ((STDOUT, event.delta.stdout), (STDERR, event.delta.stderr)):
        if piece:
            text = draft.snapshot.text(place, event.item_id, event.output_index, event.command_index)
            text.pieces.append(piece)
            draft.content += 1
    return ()


def _shell_output_whole(draft: Draft, event: te.ShellCallOutputContentDoneEvent) -> Deltas:
    if event.output:
        slot = draft.snapshot.slot(ShellCallOutputItem, event.item_id, event.output_index)
        draft.snapshot.replace(slot, ShellCallOutputItem(id=slot.id, output=event.output))
    return ()


def _audio(draft: Draft, event: te.AudioDeltaEvent | te.AudioTranscriptDeltaEvent) -> Deltas:
    draft.content += bool(event.delta)
    return ()


TOOL_HANDLERS: dict[type[Any], Handler] = {
    **dict.fromkeys(_STATUSES, _status),
    te.ImageGenerationCallPartialImageEvent: _partial_image,
    te.ShellCallOutputContentDeltaEvent: _shell_output,
    te.ShellCallOutputContentDoneEvent: _shell_output_whole,
    te.AudioDeltaEvent: _audio,
    te.AudioTranscriptDeltaEvent: _audio,
}
