"""What the events of hosted tools do to the response; see ``_folding``.

Audio has no place in a response: its events count as content, and are only delivered.
"""

from __future__ import annotations

from typing import Any

from . import _tool_events as te
from ._decode import EVENT_TYPES
from ._folding import Folding, Handler
from ._items import OutputItem
from ._open import members
from ._texts import STDERR, STDOUT
from ._tool_items import ImageGenerationCallItem, ShellCallOutputItem

__all__ = ["TOOL_HANDLERS"]


def _statuses() -> dict[type[Any], tuple[type[OutputItem], str]]:
    """Events that say how far a tool is: ``response.<type of the item>.<status>``."""
    known = members(OutputItem)
    words = ("in_progress", "searching", "interpreting", "generating", "completed", "failed")
    found = {}
    for tag, event in EVENT_TYPES.items():
        _, _, rest = tag.partition(".")
        kind, _, word = rest.partition(".")
        if kind in known and word in words:
            found[event] = (known[kind], word)
    return found


_STATUSES = _statuses()


def _status(folding: Folding, event: Any) -> None:
    kind, word = _STATUSES[type(event)]
    folding.sign_of_life()
    slot = folding.snapshot.slot(kind, event.item_id, event.output_index)
    if not slot.finished:
        slot.change(status=word)


# What an event with a draft says of the image beside its bytes, as the item has it.
_IMAGE_FORM = ("background", "output_format", "quality", "size")


def _partial_image(folding: Folding, event: te.ImageGenerationCallPartialImageEvent) -> None:
    folding.content += 1
    slot = folding.snapshot.slot(ImageGenerationCallItem, event.item_id, event.output_index)
    if not slot.finished:
        form = {name: value for name in _IMAGE_FORM if (value := getattr(event, name)) is not None}
        slot.change(result=event.partial_image_b64, **form)


def _shell_output(folding: Folding, event: te.ShellCallOutputContentDeltaEvent) -> None:
    printed = event.delta or te.ShellOutputDelta()
    for place, piece in ((STDOUT, printed.stdout), (STDERR, printed.stderr)):
        if piece:
            text = folding.snapshot.text(place, event.item_id, event.output_index, event.command_index)
            text.pieces.append(piece)
            folding.content += 1


def _shell_output_whole(folding: Folding, event: te.ShellCallOutputContentDoneEvent) -> None:
    if event.output:
        slot = folding.snapshot.slot(ShellCallOutputItem, event.item_id, event.output_index)
        folding.snapshot.replace(slot, ShellCallOutputItem(id=slot.id, output=event.output))


def _audio(folding: Folding, event: te.AudioDeltaEvent | te.AudioTranscriptDeltaEvent) -> None:
    folding.content += bool(event.delta)


TOOL_HANDLERS: dict[type[Any], Handler] = {
    **dict.fromkeys(_STATUSES, _status),
    te.ImageGenerationCallPartialImageEvent: _partial_image,
    te.ShellCallOutputContentDeltaEvent: _shell_output,
    te.ShellCallOutputContentDoneEvent: _shell_output_whole,
    te.AudioDeltaEvent: _audio,
    te.AudioTranscriptDeltaEvent: _audio,
}
