"""Contents and their parts: what both sides say; see https://ai.google.dev/api/caching#Content.

A part holds one kind of thing, and beside it side fields; the signature of a thought belongs to the part it
came in and must go back in the same part. All structs keep fields they do not know in ``extra``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

from .._results import result_object
from ..images import decode_base64
from ._wire import Beside, Wire

__all__ = [
    "Blob",
    "CodeExecutionResult",
    "Content",
    "ExecutableCode",
    "FileData",
    "FunctionCall",
    "FunctionResponse",
    "FunctionResponsePart",
    "Part",
    "PartialArg",
    "ServerToolCall",
    "ServerToolResponse",
    "VideoMetadata",
]


class Blob(Wire, kw_only=True):
    """``inlineData``: media as base64."""

    mime_type: str | None = None
    data: str | None = None
    display_name: str | None = None

    def decoded(self) -> bytes:
        """The bytes.

        Raises:
            DecodeError: ``data`` is no base64.
        """
        return decode_base64(self.data or "")


class FileData(Wire, kw_only=True):
    """``fileData``: media by reference, ``gs://...`` or a URL."""

    mime_type: str | None = None
    file_uri: str | None = None
    display_name: str | None = None


class PartialArg(Wire, kw_only=True):
    """``functionCall.partialArgs[]``: a piece of the arguments, and where it belongs."""

    json_path: str | None = None
    """Like ``$.recipe.ingredients[0].name``."""
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None
    null_value: Any = msgspec.UNSET
    will_continue: bool | None = None


class _AsSent(Beside):
    """The text of arguments that came in pieces: written anew, it need not be the same."""

    __slots__ = ("_arguments",)

    _kept = ("_extra", "_arguments")
    _arguments: str


class FunctionCall(_AsSent, Wire, kw_only=True):
    """``functionCall``: the model asks for a function; a stream may bring it in fragments."""

    name: str | None = None
    args: dict[str, Any] | None = None
    id: str | None = None
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class FunctionResponsePart(Wire, kw_only=True):
    """``functionResponse.parts[]``: media that a function returns."""

    inline_data: Blob | None = None
    file_data: FileData | None = None


class FunctionResponse(Wire, kw_only=True):
    """``functionResponse``: what the function returned; one per call, in the order of the calls."""

    name: str | None = None
    response: Any = None
    """An object: wrap other values, for example as ``{"result": value}``."""
    id: str | None = None
    parts: list[FunctionResponsePart] | None = None
    will_continue: bool | None = None
    scheduling: str | None = None


class ExecutableCode(Wire, kw_only=True):
    """``executableCode``: code the model wrote and ran."""

    language: str | None = None
    code: str | None = None
    id: str | None = None


class CodeExecutionResult(Wire, kw_only=True):
    """``codeExecutionResult``: what that code said."""

    outcome: str | None = None
    output: str | None = None
    id: str | None = None


class ServerToolCall(Wire, kw_only=True):
    """``toolCall``: the server asks one of its own tools."""

    id: str | None = None
    tool_type: str | None = None
    args: Any = None


class ServerToolResponse(Wire, kw_only=True):
    """``toolResponse``: what that tool answered."""

    id: str | None = None
    tool_type: str | None = None
    response: Any = None


class VideoMetadata(Wire, kw_only=True):
    """``videoMetadata`` beside a video: offsets like ``"40s"``."""

    start_offset: str | None = None
    end_offset: str | None = None
    fps: float | None = None


class Part(Wire, kw_only=True):
    """``contents[].parts[]`` and ``candidates[].content.parts[]``: one kind of thing, and its side fields."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    """Base64, opaque: to be sent back unchanged, in this part."""
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: ExecutableCode | None = None
    code_execution_result: CodeExecutionResult | None = None
    tool_call: ServerToolCall | None = None
    tool_response: ServerToolResponse | None = None
    video_metadata: VideoMetadata | None = None
    media_resolution: Any = None

    @classmethod
    def from_text(cls, text: str) -> Part:
        """A text part."""
        return cls(text=text)

    @classmethod
    def from_bytes(cls, data: bytes, mime_type: str) -> Part:
        """An ``inlineData`` part."""
        return cls(inline_data=Blob(mime_type=mime_type, data=b64encode(data).decode("ascii")))

    @classmethod
    def from_uri(cls, file_uri: str, mime_type: str | None = None) -> Part:
        """A ``fileData`` part."""
        return cls(file_data=FileData(file_uri=file_uri, mime_type=mime_type))

    @classmethod
    def from_function_call(cls, name: str, args: Mapping[str, Any]) -> Part:
        """A ``functionCall`` part, for a history that did not come from a model."""
        return cls(function_call=FunctionCall(name=name, args=dict(args)))

    @classmethod
    def from_function_response(cls, name: str, response: object, id: str | None = None) -> Part:
        """A ``functionResponse`` part; a response that is no object is wrapped as ``{"result": ...}``."""
        answer = FunctionResponse(name=name, response=result_object(response), id=id)
        return cls(function_response=answer)


class Content(Wire, kw_only=True):
    """``contents[]`` and ``candidates[].content``: a turn of one role."""

    parts: list[Part] = msgspec.field(default_factory=list)
    role: str | None = None
    """``user`` or ``model``."""
