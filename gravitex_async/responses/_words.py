"""The sources and images that the items of a response hold, in the form all dialects share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..answers import Citation
from ..images import Image, image_of, images_in_markdown
from ._items import MessageItem
from ._parts import OutputTextPart
from ._tool_items import CodeInterpreterCallItem, ImageGenerationCallItem, OutputItem

__all__ = ["citations_of", "images_of"]


def citations_of(items: Sequence[OutputItem]) -> list[Citation]:
    """The sources that the texts of messages name, in order.

    The server counts the characters of one part; ``where`` counts those of all text, joined.
    """
    found: list[Citation] = []
    before = 0
    for part in _texts(items):
        named = (_citation(note.to_dict(), before, len(part.text)) for note in part.annotations)
        found += [citation for citation in named if citation is not None]
        before += len(part.text)
    return found


def images_of(items: Sequence[OutputItem]) -> list[Image]:
    """The images that were made (drafts, while there is no more), and those that texts show, in order."""
    return [image for item in items for image in _images(item)]


def _texts(items: Sequence[OutputItem]) -> Iterator[OutputTextPart]:
    for item in items:
        if isinstance(item, MessageItem):
            yield from (part for part in item.content if isinstance(part, OutputTextPart))


def _citation(note: dict[str, Any], before: int, length: int) -> Citation | None:
    """The source that an annotation names; None for a file that the model made, which is no source."""
    url, title = _text(note, "url"), _text(note, "title") or _text(note, "filename")
    if url is None and title is None:
        return None
    # A file is cited at a place, a page for a stretch of text.
    start, end = (note.get(name, note.get("index")) for name in ("start_index", "end_index"))
    where = None
    if isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= length:
        where = before + start, before + end
    return Citation(title=title, url=url, where=where, extra=note)


def _text(note: dict[str, Any], name: str) -> str | None:
    value = note.get(name)
    return value if value and isinstance(value, str) else None


def _images(item: OutputItem) -> list[Image]:
    if isinstance(item, ImageGenerationCallItem):
        form = item.output_format
        return [Image(form and f"image/{form}", item.result)] if item.result else []
    if isinstance(item, CodeInterpreterCallItem):
        shown = [output for output in item.outputs if isinstance(output, dict) and output.get("url")]
        return [image_of(output["url"]) for output in shown if output.get("type") == "image"]
    return images_in_markdown(item.text) if isinstance(item, MessageItem) else []
