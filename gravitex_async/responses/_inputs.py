"""Input items and tools as dicts, for type checkers and editors.

``InputItem`` is what may stand in ``input``, ``Tool`` what may stand in ``tools``; both take any dict besides
(why: see ``_typing``). ``InputItemDict`` and ``ToolDict`` are closed: a variable annotated with one is
checked. The shapes are those of https://platform.openai.com/docs/api-reference/responses/create, and of the
gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .._typing import Detail, JSONLike, MixedList, Required, SearchContextSize, Word
from ..stream import Stream
from ._parts import ContentPart
from ._structs import Response
from ._tool_items import OutputItem

__all__ = [
    "CodeInterpreterTool",
    "CustomTool",
    "CustomToolCall",
    "CustomToolCallOutput",
    "FileSearchTool",
    "FlatFunctionTool",
    "FunctionCall",
    "FunctionCallOutput",
    "FunctionDefinition",
    "ImageGenerationTool",
    "Input",
    "InputAudio",
    "InputFile",
    "InputImage",
    "InputItem",
    "InputItemDict",
    "InputMessage",
    "InputPart",
    "InputText",
    "InputVideo",
    "ItemReference",
    "McpTool",
    "NestedFunctionTool",
    "OutputRefusal",
    "OutputText",
    "PlainTool",
    "ReasoningInput",
    "SoundSource",
    "SummaryText",
    "Tool",
    "ToolDict",
    "Tools",
    "UserLocation",
    "WebSearchTool",
]


class InputText(TypedDict, total=False):
    """Text."""

    type: Required[Literal["input_text"]]
    text: Required[str]


class InputImage(TypedDict, total=False):
    """An image by URL, data URL or id; ``inputs.responses_part`` makes one of a file."""

    type: Required[Literal["input_image"]]
    image_url: str | None
    file_id: str | None
    detail: Detail


class InputFile(TypedDict, total=False):
    """A file by URL, by id, or as a name and a data URL; ``inputs.responses_part`` makes one of a file."""

    type: Required[Literal["input_file"]]
    file_url: str
    filename: str
    file_data: str
    file_id: str | None
    detail: Detail


class SoundSource(TypedDict):
    """Sound in base64."""

    data: str
    format: Literal["wav", "mp3", "flac", "ogg", "aac", "opus", "m4a"] | Word


class InputAudio(TypedDict, total=False):
    """Sound."""

    type: Required[Literal["input_audio"]]
    input_audio: Required[SoundSource]


class InputVideo(TypedDict, total=False):
    """A video."""

    type: Required[Literal["input_video"]]
    video_url: str
    file_id: str


class OutputText(TypedDict, total=False):
    """Text of an earlier answer."""

    type: Required[Literal["output_text"]]
    text: Required[str]
    annotations: Sequence[object]
    logprobs: Sequence[object] | None


class OutputRefusal(TypedDict, total=False):
    """A refusal of an earlier answer."""

    type: Required[Literal["refusal"]]
    refusal: Required[str]


_PartDict = InputText | InputImage | InputFile | InputAudio | InputVideo | OutputText | OutputRefusal

InputPart = _PartDict | JSONLike | ContentPart
"""What a message is made of."""


class InputMessage(TypedDict, total=False):
    """A message: text, or parts."""

    role: Required[Literal["user", "assistant", "system", "developer"]]
    content: Required[str | Sequence[InputPart]]
    type: Literal["message"]
    id: str
    status: Literal["in_progress", "completed", "incomplete"] | None
    phase: Literal["commentary", "final_answer"] | None


class FunctionCall(TypedDict, total=False):
    """A call of an earlier answer."""

    type: Required[Literal["function_call"]]
    call_id: Required[str]
    name: Required[str]
    arguments: Required[str]
    """JSON text."""
    id: str | None
    status: Literal["in_progress", "completed", "incomplete"] | None


class FunctionCallOutput(TypedDict, total=False):
    """What a function gave; ``tool_result`` makes one."""

    type: Required[Literal["function_call_output"]]
    call_id: Required[str]
    output: Required[str | Sequence[InputPart]]
    id: str | None
    status: Literal["in_progress", "completed", "incomplete"] | None


class CustomToolCall(TypedDict, total=False):
    """A call of a custom tool in an earlier answer."""

    type: Required[Literal["custom_tool_call"]]
    call_id: Required[str]
    name: Required[str]
    input: Required[str]
    id: str | None


class CustomToolCallOutput(TypedDict, total=False):
    """What a custom tool gave; ``tool_result`` makes one."""

    type: Required[Literal["custom_tool_call_output"]]
    call_id: Required[str]
    output: Required[str | Sequence[InputPart]]
    id: str | None


class SummaryText(TypedDict):
    """A piece of the summary of reasoning."""

    type: Literal["summary_text"]
    text: str


class ReasoningInput(TypedDict, total=False):
    """The reasoning of an earlier answer: goes back as it came."""

    type: Required[Literal["reasoning"]]
    id: Required[str]
    summary: Required[Sequence[SummaryText | JSONLike | ContentPart]]
    content: Sequence[object] | None
    encrypted_content: str | None
    status: Literal["in_progress", "completed", "incomplete"] | None


class ItemReference(TypedDict, total=False):
    """An item the gateway keeps, by its id."""

    type: Required[Literal["item_reference"]]
    id: Required[str]


InputItemDict = (
    InputMessage
    | _PartDict
    | FunctionCall
    | FunctionCallOutput
    | CustomToolCall
    | CustomToolCallOutput
    | ReasoningInput
    | ItemReference
)
"""An item as a dict, closed: a list annotated with it has roles, types and keys checked. Bare parts are the
"standard format" of the gateway's documents; OpenAI wants them in a message."""

InputItem = InputItemDict | JSONLike | OutputItem | Stream[Any, Response]
"""An item: a dict, an item of a ``Response``, a struct, a dataclass, a pydantic model. A response, or a
stream that ended, stands for what it adds to the conversation."""

Input = str | Sequence[InputItem] | MixedList
"""Text, or a list of messages, parts and items."""


class FlatFunctionTool(TypedDict, total=False):
    """A function in OpenAI's flat form."""

    type: Required[Literal["function"]]
    name: Required[str]
    description: str | None
    parameters: Mapping[str, object] | None
    strict: bool | None


class FunctionDefinition(TypedDict, total=False):
    """A function the model may call."""

    name: Required[str]
    description: str | None
    parameters: Mapping[str, object] | None
    strict: bool | None


class NestedFunctionTool(TypedDict, total=False):
    """A function in the form of the gateway's documents, which is that of chat."""

    type: Required[Literal["function"]]
    function: Required[FunctionDefinition]


class UserLocation(TypedDict, total=False):
    """Where the user is, roughly."""

    type: Literal["approximate"]
    country: str | None
    """Two letters, like ``US``."""
    region: str | None
    city: str | None
    timezone: str | None
    """Like ``America/New_York``."""


class WebSearchTool(TypedDict, total=False):
    """The gateway's own search."""

    type: Required[
        Literal["web_search_preview", "web_search", "web_search_preview_2025_03_11", "web_search_2025_08_26"]
    ]
    search_context_size: SearchContextSize
    user_location: UserLocation | None
    filters: Mapping[str, object] | None


class FileSearchTool(TypedDict, total=False):
    """Search in files the gateway keeps; OpenAI requires ``vector_store_ids``."""

    type: Required[Literal["file_search"]]
    vector_store_ids: Sequence[str]
    max_num_results: int
    filters: Mapping[str, object] | None
    ranking_options: Mapping[str, object]


class CodeInterpreterTool(TypedDict, total=False):
    """Code the model runs."""

    type: Required[Literal["code_interpreter"]]
    container: Required[str | Mapping[str, object]]


class McpTool(TypedDict, total=False):
    """A server of the Model Context Protocol."""

    type: Required[Literal["mcp"]]
    server_label: Required[str]
    server_url: str
    server_description: str
    connector_id: str
    authorization: str
    allowed_tools: Sequence[str] | Mapping[str, object] | None
    headers: Mapping[str, str] | None
    require_approval: Literal["always", "never"] | Mapping[str, object] | None


class ImageGenerationTool(TypedDict, total=False):
    """Images the model makes."""

    type: Required[Literal["image_generation"]]
    model: str
    action: Literal["generate", "edit", "auto"] | Word
    size: Literal["1024x1024", "1024x1536", "1536x1024", "auto"] | Word
    quality: Literal["low", "medium", "high", "auto"] | Word
    background: Literal["transparent", "opaque", "auto"] | Word
    moderation: Literal["auto", "low"] | Word
    output_format: Literal["png", "webp", "jpeg"] | Word
    output_compression: int
    input_fidelity: Literal["high", "low"] | Word | None
    input_image_mask: Mapping[str, object]
    partial_images: int


class CustomTool(TypedDict, total=False):
    """A tool whose input is text, not JSON."""

    type: Required[Literal["custom"]]
    name: Required[str]
    description: str
    format: Mapping[str, object]


class PlainTool(TypedDict, total=False):
    """A tool that is switched on by its name."""

    type: Required[Literal["local_shell", "shell", "apply_patch", "tool_search", "computer"]]


ToolDict = (
    FlatFunctionTool
    | NestedFunctionTool
    | WebSearchTool
    | FileSearchTool
    | CodeInterpreterTool
    | McpTool
    | ImageGenerationTool
    | CustomTool
    | PlainTool
)
"""A tool as a dict, closed."""

Tool = ToolDict | JSONLike
"""A tool's definition. Python functions are called by ``run_tools``, which makes their definitions."""

Tools = Sequence[Tool] | MixedList
"""The tools of a call."""
