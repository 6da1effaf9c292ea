"""Messages and tools as dicts, for type checkers and editors.

``Message`` is what may stand in ``messages``, ``Tool`` what may stand in ``tools``; both take any dict
besides (why: see ``_typing``). ``MessageDict`` and ``ToolDict`` are closed: a variable annotated with one is
checked. The shapes are those of https://platform.openai.com/docs/api-reference/chat/create, and of the
gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .._typing import Detail, JSONLike, MixedList, Required, Word
from ..stream import Stream
from ._structs import ChatCompletion

__all__ = [
    "AssistantMessage",
    "AudioPart",
    "CustomTool",
    "CustomToolCall",
    "CustomToolDefinition",
    "DeveloperMessage",
    "FilePart",
    "FileSource",
    "FunctionDefinition",
    "FunctionMessage",
    "FunctionTool",
    "FunctionToolCall",
    "ImagePart",
    "ImageSource",
    "InputPart",
    "Message",
    "MessageDict",
    "Messages",
    "NamedCall",
    "NamedInput",
    "OutputPart",
    "RefusalPart",
    "SoundSource",
    "SystemMessage",
    "TextPart",
    "Tool",
    "ToolDict",
    "ToolMessage",
    "Tools",
    "UserMessage",
    "VideoPart",
    "VideoSource",
]


class TextPart(TypedDict, total=False):
    """Text as a part of a message."""

    type: Required[Literal["text"]]
    text: Required[str]


class ImageSource(TypedDict, total=False):
    """Where an image is: a URL, or a data URL that holds it."""

    url: Required[str]
    detail: Detail


class ImagePart(TypedDict, total=False):
    """An image; ``inputs.chat_part`` makes one of a file."""

    type: Required[Literal["image_url"]]
    image_url: Required[ImageSource]


class SoundSource(TypedDict, total=False):
    """Sound in base64."""

    data: Required[str]
    format: Required[Literal["wav", "mp3", "flac", "ogg", "aac", "opus", "pcm16", "m4a"] | Word]


class AudioPart(TypedDict, total=False):
    """Sound; ``inputs.chat_part`` makes one of a file."""

    type: Required[Literal["input_audio"]]
    input_audio: Required[SoundSource]


class VideoSource(TypedDict, total=False):
    """Where a video is: a URL, or a data URL that holds it."""

    url: Required[str]


class VideoPart(TypedDict, total=False):
    """A video; ``inputs.chat_part`` makes one of a file."""

    type: Required[Literal["video_url"]]
    video_url: Required[VideoSource]


class FileSource(TypedDict, total=False):
    """A file: its id, or its name and its bytes as a data URL."""

    file_id: str
    filename: str
    file_data: str


class FilePart(TypedDict, total=False):
    """A file, for providers that take one in chat; Gravitex takes files on /v1/responses."""

    type: Required[Literal["file"]]
    file: Required[FileSource]


class RefusalPart(TypedDict, total=False):
    """An assistant's refusal, in a message that goes back."""

    type: Required[Literal["refusal"]]
    refusal: Required[str]


InputPart = TextPart | ImagePart | AudioPart | VideoPart | FilePart | JSONLike
"""What a user's message is made of."""
OutputPart = TextPart | RefusalPart | JSONLike
"""What an assistant's message is made of."""


class SystemMessage(TypedDict, total=False):
    """How the model is to behave."""

    role: Required[Literal["system"]]
    content: Required[str | Sequence[TextPart]]
    name: str


class DeveloperMessage(TypedDict, total=False):
    """The same, as reasoning models of OpenAI have it."""

    role: Required[Literal["developer"]]
    content: Required[str | Sequence[TextPart]]
    name: str


class UserMessage(TypedDict, total=False):
    """What the user says: text, or parts."""

    role: Required[Literal["user"]]
    content: Required[str | Sequence[InputPart]]
    name: str


class NamedCall(TypedDict, total=False):
    """The function a call names, and its arguments as JSON text."""

    name: Required[str]
    arguments: Required[str]


class FunctionToolCall(TypedDict, total=False):
    """A call in an assistant's message."""

    id: Required[str]
    type: Required[Literal["function"]]
    function: Required[NamedCall]
    extra_content: object
    """Google's ``thought_signature``: goes back unchanged."""


class NamedInput(TypedDict, total=False):
    """The custom tool a call names, and its input as text."""

    name: Required[str]
    input: Required[str]


class CustomToolCall(TypedDict, total=False):
    """A call of a custom tool in an assistant's message."""

    id: Required[str]
    type: Required[Literal["custom"]]
    custom: Required[NamedInput]


class AssistantMessage(TypedDict, total=False):
    """What the model said; ``to_input()`` of an answer makes one, and an answer may stand for its own."""

    role: Required[Literal["assistant"]]
    content: str | Sequence[OutputPart] | None
    tool_calls: Sequence[FunctionToolCall | CustomToolCall | JSONLike]
    reasoning_content: str | None
    """Goes back with tool calls, where DeepSeek wants it."""
    reasoning_details: Sequence[object] | None
    refusal: str | None
    name: str
    audio: Mapping[str, object] | None
    function_call: NamedCall | None
    prefix: bool
    """The model goes on from this message (DeepSeek, Mistral)."""


class ToolMessage(TypedDict, total=False):
    """What a tool gave, for the call of that id; ``tool_result`` makes one."""

    role: Required[Literal["tool"]]
    tool_call_id: Required[str]
    content: Required[str | Sequence[InputPart]]
    name: str


class FunctionMessage(TypedDict, total=False):
    """What a function gave, for the deprecated ``function_call``."""

    role: Required[Literal["function"]]
    name: Required[str]
    content: Required[str | None]


MessageDict = (
    SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage
)
"""A message as a dict, closed: ``messages: list[MessageDict]`` has every role, key and word checked."""

Message = MessageDict | JSONLike | Stream[Any, ChatCompletion]
"""A message: a dict, a struct of this package, a dataclass or a pydantic model. An answer, or a stream that
ended, stands for what it adds to the conversation."""

Messages = Sequence[Message] | MixedList
"""The conversation."""


class FunctionDefinition(TypedDict, total=False):
    """A function the model may call."""

    name: Required[str]
    description: str
    parameters: Mapping[str, object] | None
    """The JSON Schema of its arguments."""
    strict: bool | None


class FunctionTool(TypedDict, total=False):
    """A function as a tool; ``googleSearch``, ``codeExecution`` and ``urlContext`` are Gemini's own."""

    type: Required[Literal["function"]]
    function: Required[FunctionDefinition]


class CustomToolDefinition(TypedDict, total=False):
    """A tool that takes text."""

    name: Required[str]
    description: str
    format: Mapping[str, object]


class CustomTool(TypedDict, total=False):
    """A tool whose input is text, not JSON."""

    type: Required[Literal["custom"]]
    custom: Required[CustomToolDefinition]


ToolDict = FunctionTool | CustomTool
"""A tool as a dict, closed."""

Tool = ToolDict | JSONLike
"""A tool's definition. Python functions are called by ``run_tools``, which makes their definitions."""

Tools = Sequence[Tool] | MixedList
"""The tools of a call."""
