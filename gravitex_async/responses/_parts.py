"""Content parts of items, and the annotations of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

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


class AnnotationFamily(Open):
    """What the annotations of a text share."""

    __slots__ = ()


class UnknownAnnotation(AnnotationFamily, msgspec.Struct):
    """An annotation of a type that this package does not know."""

    if TYPE_CHECKING:
        type: ClassVar[Literal["(unknown)"]]
    else:
        type: str = ""
    raw: dict[str, Any] = {}


class UrlCitation(AnnotationFamily, OpenStruct, tag="url_citation"):
    """A web page that a piece of the text rests on; indices count characters of the text."""

    type: ClassVar[Literal["url_citation"]] = "url_citation"
    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class FileCitation(AnnotationFamily, OpenStruct, tag="file_citation"):
    """An uploaded file that the text rests on, cited at ``index``."""

    type: ClassVar[Literal["file_citation"]] = "file_citation"
    file_id: str | None = None
    filename: str | None = None
    index: int | None = None


class ContainerFileCitation(AnnotationFamily, OpenStruct, tag="container_file_citation"):
    """A file inside a code interpreter's container that the text names."""

    type: ClassVar[Literal["container_file_citation"]] = "container_file_citation"
    container_id: str | None = None
    file_id: str | None = None
    filename: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class FilePath(AnnotationFamily, OpenStruct, tag="file_path"):
    """A file that the model made, named at ``index``."""

    type: ClassVar[Literal["file_path"]] = "file_path"
    file_id: str | None = None
    index: int | None = None


Annotation: TypeAlias = UrlCitation | FileCitation | ContainerFileCitation | FilePath | UnknownAnnotation
"""Any annotation of a text: ask ``annotation.type``, or use ``isinstance``."""

# What fields are annotated with: to msgspec the class of the family, whose members ``read_open`` reads.
if TYPE_CHECKING:
    AnyAnnotation = Annotation
else:
    AnyAnnotation = AnnotationFamily

family(AnnotationFamily, UnknownAnnotation, Annotation)


class PartFamily(Open):
    """What the parts of an item's content or summary share."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The text of a part that has one; "" of a refusal."""
        return ""


class UnknownPart(PartFamily, msgspec.Struct):
    """A part of a type that this package does not know."""

    if TYPE_CHECKING:
        type: ClassVar[Literal["(unknown)"]]
    else:
        type: str = ""
    raw: dict[str, Any] = {}


class OutputTextPart(PartFamily, OpenStruct, tag="output_text"):
    """Text of a message."""

    type: ClassVar[Literal["output_text"]] = "output_text"
    text: str = msgspec.field(default_factory=str)
    annotations: list[AnyAnnotation] = msgspec.field(default_factory=always)
    logprobs: list[Any] = msgspec.field(default_factory=list)


class RefusalPart(PartFamily, OpenStruct, tag="refusal"):
    """Why the model does not answer; part of a message."""

    type: ClassVar[Literal["refusal"]] = "refusal"
    refusal: str = msgspec.field(default_factory=str)


class ReasoningTextPart(PartFamily, OpenStruct, tag="reasoning_text"):
    """Thinking in full, where the model shows it; content of a reasoning item."""

    type: ClassVar[Literal["reasoning_text"]] = "reasoning_text"
    text: str = msgspec.field(default_factory=str)


class SummaryTextPart(PartFamily, OpenStruct, tag="summary_text"):
    """A summary of some thinking; summary of a reasoning item."""

    type: ClassVar[Literal["summary_text"]] = "summary_text"
    text: str = msgspec.field(default_factory=str)


ContentPart: TypeAlias = OutputTextPart | RefusalPart | ReasoningTextPart | SummaryTextPart | UnknownPart
"""Any part of an item's content or summary: ask ``part.type``, or use ``isinstance``."""

if TYPE_CHECKING:
    AnyPart = ContentPart
else:
    AnyPart = PartFamily

family(PartFamily, UnknownPart, ContentPart)
