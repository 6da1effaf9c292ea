"""What an answer says about itself: usage, safety, grounding, citations; see "Usage" in decoding/README.md.

Lists that are meant to be iterated are never None, but for those that the gateway sends as null on every
event (safety ratings, token details): they are None when absent or null.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from .._counts import total_of
from ..decoding import any_of, made_of
from ..usage import Counts, Usage
from ._wire import Wire

__all__ = [
    "Citation",
    "CitationMetadata",
    "GroundingChunk",
    "GroundingMetadata",
    "GroundingSource",
    "GroundingSupport",
    "ModalityTokenCount",
    "PromptFeedback",
    "SafetyRating",
    "SearchEntryPoint",
    "Segment",
    "UrlContextMetadata",
    "UrlMetadata",
    "UsageMetadata",
]


class ModalityTokenCount(Wire, kw_only=True):
    """``usageMetadata.*TokensDetails[]``."""

    modality: str | None = None
    token_count: int | None = None


Details = list[ModalityTokenCount] | None


class UsageMetadata(Counts, Wire, kw_only=True):
    """``usageMetadata`` as sent, and the words of ``Usage`` beside it."""

    prompt_token_count: int | None = None
    """Cached tokens included."""
    candidates_token_count: int | None = None
    """Visible output: thoughts are counted beside it."""
    total_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: Details = None
    candidates_tokens_details: Details = None
    cache_tokens_details: Details = None
    tool_use_prompt_tokens_details: Details = None
    thoughts_tokens_details: Details = None
    traffic_type: str | None = None
    service_tier: str | None = None

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; ``source == "none"`` when there is no count at all."""
        return self.counted() or Usage()

    def counted(self) -> Usage | None:
        """``neutral()``, or None when nothing is counted: Vertex sends objects with a traffic type only."""
        read, total = self.prompt_token_count, self.total_token_count
        visible, thought = self.candidates_token_count, self.thoughts_token_count
        if total is None and read is None and visible is None and thought is None:
            return None
        written = visible if thought is None else (visible or 0) + thought
        if not total:
            total = total_of(total, read, written)
        return Usage(read, written, total, thought, self.cached_content_token_count, "server")

    def after(self, former: UsageMetadata) -> UsageMetadata:
        """These counts, and the former ones where this object has none."""
        if not _may_lack(self, former):
            return self
        if _counts(former) and not _counts(self):
            return former  # zeros do not take the place of counts
        return _merged(self, former)


# Fields that count something; the others say what was counted, and how.
_COUNTED: Final = (
    "total_token_count",
    "prompt_token_count",
    "candidates_token_count",
    "thoughts_token_count",
)
_ALL: Final = UsageMetadata.__struct_fields__

_counts = any_of("usage", [f"usage.{name}" for name in _COUNTED])
_merged = made_of(
    UsageMetadata,
    "now, former",
    {name: f"former.{name} if now.{name} is None else now.{name}" for name in _ALL},
)

MAY_LACK: Final = [
    f"(not usage.total_token_count and ({' or '.join(f'former.{name}' for name in _COUNTED)}))",
    *(f"(usage.{name} is None and former.{name} is not None)" for name in _ALL),
]
"""The conditions under which ``usage.after(former)`` may be any other than *usage*; asked at every event."""

_may_lack = any_of("usage, former", MAY_LACK)


class SafetyRating(Wire, kw_only=True):
    """``safetyRatings[]``."""

    category: str | None = None
    probability: str | None = None
    blocked: bool | None = None
    severity: str | None = None
    probability_score: float | None = None
    severity_score: float | None = None
    overwritten_threshold: str | None = None


class PromptFeedback(Wire, kw_only=True):
    """``promptFeedback``: with a ``block_reason`` the prompt was refused, and there are no candidates."""

    block_reason: str | None = None
    block_reason_message: str | None = None
    safety_ratings: list[SafetyRating] | None = None


class Citation(Wire, kw_only=True):
    """One source of ``citationMetadata``; indices are into the text of the candidate."""

    start_index: int | None = None
    end_index: int | None = None
    uri: str | None = None
    title: str | None = None
    license: str | None = None
    publication_date: Any = None


class CitationMetadata(Wire, kw_only=True):
    """``citationMetadata``; the Gemini API fills ``citation_sources``, Vertex ``citations``."""

    citation_sources: list[Citation] = msgspec.field(default_factory=list)
    citations: list[Citation] = msgspec.field(default_factory=list)


class GroundingSource(Wire, kw_only=True):
    """``groundingChunks[].web``, ``.retrievedContext``, ``.maps`` or ``.image``: where it was found."""

    uri: str | None = None
    title: str | None = None
    domain: str | None = None
    text: str | None = None
    document_name: str | None = None
    file_search_store: str | None = None
    custom_metadata: Any = None
    place_id: str | None = None
    source_uri: str | None = None
    image_uri: str | None = None


class GroundingChunk(Wire, kw_only=True):
    """``groundingChunks[]``: one of its fields is set."""

    web: GroundingSource | None = None
    retrieved_context: GroundingSource | None = None
    maps: GroundingSource | None = None
    image: GroundingSource | None = None


class Segment(Wire, kw_only=True):
    """``groundingSupports[].segment``; indices count UTF-8 bytes, not characters."""

    part_index: int | None = None
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class GroundingSupport(Wire, kw_only=True):
    """``groundingSupports[]``: which chunks stand behind which segment."""

    segment: Segment | None = None
    grounding_chunk_indices: list[int] = msgspec.field(default_factory=list)
    confidence_scores: list[float] = msgspec.field(default_factory=list)


class SearchEntryPoint(Wire, kw_only=True):
    """``searchEntryPoint``: HTML that must be shown with a grounded answer."""

    rendered_content: str | None = None
    sdk_blob: str | None = None


class GroundingMetadata(Wire, kw_only=True):
    """``candidates[].groundingMetadata``, usually on the last event of a stream."""

    web_search_queries: list[str] = msgspec.field(default_factory=list)
    image_search_queries: list[str] = msgspec.field(default_factory=list)
    retrieval_queries: list[str] = msgspec.field(default_factory=list)
    search_entry_point: SearchEntryPoint | None = None
    grounding_chunks: list[GroundingChunk] = msgspec.field(default_factory=list)
    grounding_supports: list[GroundingSupport] = msgspec.field(default_factory=list)
    retrieval_metadata: Any = None
    google_maps_widget_context_token: str | None = None


class UrlMetadata(Wire, kw_only=True):
    """``urlContextMetadata.urlMetadata[]``."""

    retrieved_url: str | None = None
    url_retrieval_status: str | None = None


class UrlContextMetadata(Wire, kw_only=True):
    """``candidates[].urlContextMetadata``: pages that were read."""

    url_metadata: list[UrlMetadata] = msgspec.field(default_factory=list)
