"""Content parts of items, and the annotations of texts."""

from __future__ import annotations

from typing import Any

import msgspec

from ._open import Open, OpenStruct, always, family

__all__ = [
    "Annotation",
    "ContainerFileCitation",
    "ContentPart",
    "FileCitation",
    "FilePath",
    "OutputTextPart",
    "ReasoningTextPart",
    "RefusalPart",
    "SummaryTextPart",
    "UnknownAnnotation",
    "UnknownPart",
    "UrlCitation",
]


class Annotation(Open):
    """Any annotation of a text; its kinds are the classes below, others are an ``UnknownAnnotation``."""

    __slots__ = ()


class UnknownAnnotation(Annotation, msgspec.Struct):
    """An annotation of a type that this package does not know."""

    type: str = ""
    raw: dict[str, Any] = {}


class UrlCitation(Annotation, OpenStruct, tag="url_citation"):
    """A web page that a piece of the text rests on; indices count characters of the text."""

    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class FileCitation(Annotation, OpenStruct, tag="file_citation"):
    """An uploaded file that the text rests on, cited at ``index``."""

    file_id: str | None = None
    filename: str | None = None
    index: int | None = None


class ContainerFileCitation(Annotation, OpenStruct, tag="container_file_citation"):
    """A file inside a code interpreter's container that the text names."""

    container_id: str | None = None
    file_id: str | None = None
    filename: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class FilePath(Annotation, OpenStruct, tag="file_path"):
    """A file that the model made, named at ``index``."""

    file_id: str | None = None
    index: int | None = None


class ContentPart(Open):
    """Any part of an item's content or summary; its kinds are the classes below."""

    __slots__ = ()


class UnknownPart(ContentPart, msgspec.Struct):
    """A part of a type that this package does not know."""

    type: str = ""
    raw: dict[str, Any] = {}


class OutputTextPart(ContentPart, OpenStruct, tag="output_text"):
    """Text of a message."""

    text: str = msgspec.field(default_factory=str)
    annotations: list[Annotation] = msgspec.field(default_factory=always)
    logprobs: list[Any] = msgspec.field(default_factory=list)


class RefusalPart(ContentPart, OpenStruct, tag="refusal"):
    """Why the model does not answer; part of a message."""

    refusal: str = msgspec.field(default_factory=str)


class ReasoningTextPart(ContentPart, OpenStruct, tag="reasoning_text"):
    """Thinking in full, where the model shows it; content of a reasoning item."""

    text: str = msgspec.field(default_factory=str)


class SummaryTextPart(ContentPart, OpenStruct, tag="summary_text"):
    """A summary of some thinking; summary of a reasoning item."""

    text: str = msgspec.field(default_factory=str)


family(Annotation, UnknownAnnotation, UrlCitation, FileCitation, ContainerFileCitation, FilePath)
family(ContentPart, UnknownPart, OutputTextPart, RefusalPart, ReasoningTextPart, SummaryTextPart)
