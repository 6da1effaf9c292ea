"""What an answer shows beside its text: the sources it names, and its images.

Sources stand in annotations of the message (OpenAI, OpenRouter), or beside the choices: ``citations`` (xAI),
with ``search_results`` (Perplexity), ``web_search`` (GLM), ``references`` (Doubao), ``search_info`` (Qwen).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..answers import Citation
from ..images import Image, image_of, images_in_markdown
from ._content import ContentPart

__all__ = ["annotated", "images_of", "listed"]


def annotated(annotations: Iterable[Any] | None) -> list[Citation]:
    """The sources in the annotations of a message."""
    return [_annotation(each) for each in annotations or () if isinstance(each, dict)]


def _annotation(annotation: dict[str, Any]) -> Citation:
    kind = annotation.get("type")
    nested = annotation.get(kind) if isinstance(kind, str) else None
    form = nested if isinstance(nested, dict) else annotation
    start, end = form.get("start_index"), form.get("end_index")
    # OpenRouter writes 0, 0 where it does not know.
    placed = isinstance(start, int) and isinstance(end, int) and start < end
    return Citation(
        title=_text(form, "title", "filename"),
        url=_text(form, "url"),
        where=(start, end) if placed else None,  # type: ignore[arg-type]  # both are whole numbers then
        text=_text(form, "content"),
        extra=annotation,
    )


def listed(
    citations: list[Any] | None, results: list[Any] | None, extra: Mapping[str, Any]
) -> list[Citation]:
    """The sources that stand beside the choices of an answer, each once."""
    found: dict[str, Citation] = {}
    search_info = extra.get("search_info")
    more = search_info.get("search_results") if isinstance(search_info, dict) else None
    for entry in _entries(citations, results, extra.get("web_search"), extra.get("references"), more):
        source = _source(entry)
        key = source.url or source.title or str(len(found))
        former = found.setdefault(key, source)
        if former is not source:  # ``citations`` are bare addresses, the results say more of the same
            former.title, former.text = former.title or source.title, former.text or source.text
            former.extra = former.extra or source.extra
    return [*found.values()]


def _entries(*lists: Any) -> list[Any]:
    return [entry for each in lists if isinstance(each, list) for entry in each]


def _source(entry: Any) -> Citation:
    if not isinstance(entry, dict):
        return Citation(url=str(entry))
    return Citation(
        title=_text(entry, "title", "name"),
        url=_text(entry, "url", "link"),
        text=_text(entry, "snippet", "content", "summary"),
        extra=entry,
    )


def _text(form: dict[str, Any], *names: str) -> str | None:
    found = (form.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def images_of(content: str | list[ContentPart] | None, text: str, images: list[Any] | None) -> list[Image]:
    """The images beside the text of a message (OpenRouter), in its parts, and in its Markdown."""
    parts = [part.image_url for part in content if part.image_url] if isinstance(content, list) else []
    urls = [_url(entry) for entry in (*(images or ()), *parts)]
    return [*(image_of(url) for url in urls if url), *images_in_markdown(text)]


def _url(entry: Any) -> str | None:
    """The address in ``{"type": "image_url", "image_url": {"url": ...}}``, however much of it is there."""
    while isinstance(entry, dict):
        data = entry.get("b64_json")
        entry = (
            entry.get("image_url") or entry.get("url") or (f"data:image/png;base64,{data}" if data else None)
        )
    return entry if isinstance(entry, str) else None
