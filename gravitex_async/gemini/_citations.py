"""The sources of one candidate, in the form all dialects share.

    ==================================  ================================================================
    on the wire                         here
    ==================================  ================================================================
    grounding support                   one citation for each chunk it names, with its place in the text
    grounding chunk that none names     a citation without a place
    ``citationMetadata``                a citation; one without an end has no place
    page of ``urlContextMetadata``      a citation without a place, if it was read and nothing above names it
    ==================================  ================================================================

Google counts the bytes of the text in UTF-8 (https://ai.google.dev/api/generate-content#Segment), this
package characters. A segment says its text as well: where the bytes at its indices are others, the text is
looked for, as indices may be those of one part of several, and a stream's parts are not those of the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..answers import Citation
from ._metadata import Citation as Source
from ._metadata import (
    CitationMetadata,
    GroundingChunk,
    GroundingMetadata,
    GroundingSource,
    GroundingSupport,
    Segment,
    UrlContextMetadata,
)

__all__ = ["citations_of"]

Where = tuple[int, int] | None

_READ = "URL_RETRIEVAL_STATUS_SUCCESS"


def citations_of(
    texts: Sequence[str],
    grounding: GroundingMetadata | None,
    sources: CitationMetadata | None,
    pages: UrlContextMetadata | None,
) -> list[Citation]:
    """The sources, each once.

    Args:
        texts: What each part adds to the content; "" for a part that adds nothing.
    """
    places = _Places(texts)
    found = [*_grounds(grounding, places), *_sources(sources, places)]
    known = {citation.url for citation in found}
    found += (page for page in _pages(pages) if page.url not in known)
    once: list[Citation] = []
    seen = set()
    for citation in found:
        key = (citation.url, citation.title, citation.where, citation.text)
        if key not in seen:
            seen.add(key)
            once.append(citation)
    return once


class _Places:
    """Where bytes of a text are among its characters."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "".join(texts)
        self._bytes = self._text.encode("utf-8", "replace")
        self._starts = [0]
        for text in texts:
            self._starts.append(self._starts[-1] + len(text.encode("utf-8", "replace")))

    def of_bytes(self, start: int | None, end: int | None) -> Where:
        """The characters of these bytes; None where they are none of the text, or none are named."""
        first = start or 0
        if end is None or not 0 <= first < end <= len(self._bytes):
            return None
        if len(self._bytes) == len(self._text):
            return first, end
        before = len(self._bytes[:first].decode("utf-8", "ignore"))
        return before, before + len(self._bytes[first:end].decode("utf-8", "ignore"))

    def of_segment(self, segment: Segment) -> Where:
        """The characters of *segment*."""
        found = self._of_part(segment.part_index or 0, segment)
        if not segment.text:
            return found
        for where in (found, self._of_part(0, segment)):
            if where is not None and self._text[slice(*where)] == segment.text:
                return where
        start = self._text.find(segment.text)
        return None if start < 0 else (start, start + len(segment.text))

    def _of_part(self, part: int, segment: Segment) -> Where:
        if segment.end_index is None or not 0 <= part < len(self._starts):
            return None
        base = self._starts[part]
        return self.of_bytes(base + (segment.start_index or 0), base + segment.end_index)


def _grounds(grounding: GroundingMetadata | None, places: _Places) -> Iterator[Citation]:
    if grounding is None:
        return
    named: set[int] = set()
    chunks = grounding.grounding_chunks
    for support in grounding.grounding_supports:
        where = None if support.segment is None else places.of_segment(support.segment)
        for index in support.grounding_chunk_indices:
            if 0 <= index < len(chunks):
                named.add(index)
                yield _ground(chunks[index], support, where)
    for index, chunk in enumerate(chunks):
        if index not in named:
            yield _ground(chunk, None, None)


def _ground(chunk: GroundingChunk, support: GroundingSupport | None, where: Where) -> Citation:
    source = chunk.web or chunk.retrieved_context or chunk.maps or chunk.image or GroundingSource()
    cited = None if support is None or support.segment is None else support.segment.text
    return Citation(
        title=source.title or source.document_name,
        url=source.uri or source.source_uri,
        where=where,
        text=source.text or cited,
        extra={**chunk.to_dict(), **({} if support is None else support.to_dict())},
    )


def _sources(metadata: CitationMetadata | None, places: _Places) -> Iterator[Citation]:
    for source in () if metadata is None else (*metadata.citation_sources, *metadata.citations):
        if source.uri or source.title:  # Vertex sends empty ones among them
            yield _cited(source, places)


def _cited(source: Source, places: _Places) -> Citation:
    where = places.of_bytes(source.start_index, source.end_index)
    return Citation(title=source.title or None, url=source.uri, where=where, extra=source.to_dict())


def _pages(metadata: UrlContextMetadata | None) -> Iterator[Citation]:
    for page in () if metadata is None else metadata.url_metadata:
        if page.retrieved_url and page.url_retrieval_status == _READ:
            yield Citation(url=page.retrieved_url, extra=page.to_dict())
