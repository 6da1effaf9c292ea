"""Contents and tools as dicts, for type checkers and editors; the structs of this package are as good.

Keys are written in snake_case, as users of google-genai have them, or in camelCase, as the documents do. Any
other dict is taken besides (why: see ``_typing``). See https://ai.google.dev/api/caching#Content.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, TypedDict

from .._typing import JSONLike, MixedList, Required, Word
from ..stream import Stream
from ._structs import GenerateContentResponse

__all__ = [
    "BlobDict",
    "ContentDict",
    "Contents",
    "FileDataDict",
    "FunctionCallDict",
    "FunctionDeclarationDict",
    "FunctionResponseDict",
    "PartDict",
    "SomeContent",
    "SomePart",
    "ToolDict",
    "Tools",
    "VideoMetadataDict",
]


class BlobDict(TypedDict, total=False):
    """Media in base64; ``Part.from_bytes`` and ``inputs.gemini_part`` encode it."""

    mime_type: str
    mimeType: str
    data: Required[str]


class FileDataDict(TypedDict, total=False):
    """Media by URL."""

    file_uri: str
    fileUri: str
    mime_type: str
    mimeType: str


class FunctionCallDict(TypedDict, total=False):
    """A call of an earlier answer."""

    name: Required[str]
    args: Mapping[str, object]
    id: str


class FunctionResponseDict(TypedDict, total=False):
    """What a function gave; ``tool_result`` makes a part of one."""

    name: Required[str]
    response: Required[Mapping[str, object]]
    id: str
    parts: Sequence[Mapping[str, object]]
    will_continue: bool
    scheduling: Literal["SILENT", "WHEN_IDLE", "INTERRUPT"] | Word


class VideoMetadataDict(TypedDict, total=False):
    """Which piece of a video: offsets like ``"40s"``."""

    start_offset: str
    end_offset: str
    fps: float


class PartDict(TypedDict, total=False):
    """A part: one kind of thing, and its side fields."""

    text: str
    inline_data: BlobDict
    inlineData: BlobDict
    file_data: FileDataDict
    fileData: FileDataDict
    function_call: FunctionCallDict
    functionCall: FunctionCallDict
    function_response: FunctionResponseDict
    functionResponse: FunctionResponseDict
    executable_code: Mapping[str, object]
    code_execution_result: Mapping[str, object]
    video_metadata: VideoMetadataDict
    media_resolution: Mapping[str, object]
    thought: bool
    thought_signature: str
    thoughtSignature: str


SomePart = str | PartDict | JSONLike | Collection[str]
"""A part, or a text, which stands for one. ``Collection[str]`` is what mypy makes of a text and a dict in
a list."""


class ContentDict(TypedDict, total=False):
    """A turn."""

    role: Literal["user", "model", "function"]
    parts: Required[Sequence[SomePart]]


SomeContent = str | PartDict | ContentDict | JSONLike | Sequence[SomePart] | MixedList
"""One turn: its text, a part, parts, or a content, as dicts, structs, dataclasses or pydantic models."""

Contents = (
    str
    | PartDict
    | ContentDict
    | JSONLike
    | Stream[Any, GenerateContentResponse]
    | Sequence[SomePart | ContentDict | Sequence[SomePart] | Stream[Any, GenerateContentResponse]]
    | MixedList
)
"""One turn, or a list of turns; an earlier answer, or a stream that ended, may stand for its own turn."""


class FunctionDeclarationDict(TypedDict, total=False):
    """A function the model may call."""

    name: Required[str]
    description: str
    parameters: Mapping[str, object] | None
    """Google's form of schema; its types in either case."""
    parameters_json_schema: Mapping[str, object] | None
    parametersJsonSchema: Mapping[str, object] | None
    response: Mapping[str, object] | None
    behavior: Literal["BLOCKING", "NON_BLOCKING"] | Word


class ToolDict(TypedDict, total=False):
    """Functions, or one of the server's own tools (``{}`` switches it on)."""

    function_declarations: Sequence[FunctionDeclarationDict | JSONLike]
    functionDeclarations: Sequence[FunctionDeclarationDict | JSONLike]
    google_search: JSONLike
    googleSearch: JSONLike
    code_execution: JSONLike
    codeExecution: JSONLike
    url_context: JSONLike
    urlContext: JSONLike
    google_maps: JSONLike
    googleMaps: JSONLike
    file_search: JSONLike
    fileSearch: JSONLike


Tools = Sequence[ToolDict | JSONLike] | ToolDict | JSONLike | MixedList
"""Tools, or one tool. Python functions are called by ``run_tools``, which makes their declarations."""
