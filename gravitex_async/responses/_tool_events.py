"""The events of hosted tools: search, code, images, MCP, shell, audio, compaction.

Most only say how far a tool is. See ``_events`` for how they are named.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from ._events import ItemEvent, ResponsesEvent
from ._tool_items import ShellOutput

__all__ = [
    "AudioDeltaEvent",
    "AudioDoneEvent",
    "AudioTranscriptDeltaEvent",
    "AudioTranscriptDoneEvent",
    "CodeInterpreterCallCodeDeltaEvent",
    "CodeInterpreterCallCodeDoneEvent",
    "CodeInterpreterCallCompletedEvent",
    "CodeInterpreterCallInProgressEvent",
    "CodeInterpreterCallInterpretingEvent",
    "CompactionCompactingEvent",
    "FileSearchCallCompletedEvent",
    "FileSearchCallInProgressEvent",
    "FileSearchCallSearchingEvent",
    "ImageGenerationCallCompletedEvent",
    "ImageGenerationCallGeneratingEvent",
    "ImageGenerationCallInProgressEvent",
    "ImageGenerationCallPartialImageEvent",
    "McpCallArgumentsDeltaEvent",
    "McpCallArgumentsDoneEvent",
    "McpCallCompletedEvent",
    "McpCallFailedEvent",
    "McpCallInProgressEvent",
    "McpListToolsCompletedEvent",
    "McpListToolsFailedEvent",
    "McpListToolsInProgressEvent",
    "ShellCallCommandAddedEvent",
    "ShellCallCommandDeltaEvent",
    "ShellCallCommandDoneEvent",
    "ShellCallOutputContentDeltaEvent",
    "ShellCallOutputContentDoneEvent",
    "ShellOutputDelta",
    "WebSearchCallCompletedEvent",
    "WebSearchCallInProgressEvent",
    "WebSearchCallSearchingEvent",
]


class WebSearchCallInProgressEvent(ItemEvent, tag="response.web_search_call.in_progress"):
    """A web search begins."""

    type: ClassVar[Literal["response.web_search_call.in_progress"]] = "response.web_search_call.in_progress"


class WebSearchCallSearchingEvent(ItemEvent, tag="response.web_search_call.searching"):
    """A web search is under way."""

    type: ClassVar[Literal["response.web_search_call.searching"]] = "response.web_search_call.searching"


class WebSearchCallCompletedEvent(ItemEvent, tag="response.web_search_call.completed"):
    """A web search is done."""

    type: ClassVar[Literal["response.web_search_call.completed"]] = "response.web_search_call.completed"


class FileSearchCallInProgressEvent(ItemEvent, tag="response.file_search_call.in_progress"):
    """A file search begins."""

    type: ClassVar[Literal["response.file_search_call.in_progress"]] = "response.file_search_call.in_progress"


class FileSearchCallSearchingEvent(ItemEvent, tag="response.file_search_call.searching"):
    """A file search is under way."""

    type: ClassVar[Literal["response.file_search_call.searching"]] = "response.file_search_call.searching"


class FileSearchCallCompletedEvent(ItemEvent, tag="response.file_search_call.completed"):
    """A file search is done."""

    type: ClassVar[Literal["response.file_search_call.completed"]] = "response.file_search_call.completed"


class CodeInterpreterCallInProgressEvent(ItemEvent, tag="response.code_interpreter_call.in_progress"):
    """The model begins to write code."""

    type: ClassVar[Literal["response.code_interpreter_call.in_progress"]] = (
        "response.code_interpreter_call.in_progress"
    )


class CodeInterpreterCallInterpretingEvent(ItemEvent, tag="response.code_interpreter_call.interpreting"):
    """The code runs."""

    type: ClassVar[Literal["response.code_interpreter_call.interpreting"]] = (
        "response.code_interpreter_call.interpreting"
    )


class CodeInterpreterCallCompletedEvent(ItemEvent, tag="response.code_interpreter_call.completed"):
    """The code has run."""

    type: ClassVar[Literal["response.code_interpreter_call.completed"]] = (
        "response.code_interpreter_call.completed"
    )


class CodeInterpreterCallCodeDeltaEvent(
    ResponsesEvent, tag="response.code_interpreter_call_code.delta", gc=False, kw_only=True
):
    """The next piece of the code."""

    type: ClassVar[Literal["response.code_interpreter_call_code.delta"]] = (
        "response.code_interpreter_call_code.delta"
    )
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class CodeInterpreterCallCodeDoneEvent(
    ItemEvent, tag="response.code_interpreter_call_code.done", kw_only=True
):
    """The whole code."""

    type: ClassVar[Literal["response.code_interpreter_call_code.done"]] = (
        "response.code_interpreter_call_code.done"
    )
    code: str


class ImageGenerationCallInProgressEvent(ItemEvent, tag="response.image_generation_call.in_progress"):
    """An image is asked for."""

    type: ClassVar[Literal["response.image_generation_call.in_progress"]] = (
        "response.image_generation_call.in_progress"
    )


class ImageGenerationCallGeneratingEvent(ItemEvent, tag="response.image_generation_call.generating"):
    """The image is being made."""

    type: ClassVar[Literal["response.image_generation_call.generating"]] = (
        "response.image_generation_call.generating"
    )


class ImageGenerationCallPartialImageEvent(
    ItemEvent, tag="response.image_generation_call.partial_image", kw_only=True
):
    """The image as far as it is, in base64."""

    type: ClassVar[Literal["response.image_generation_call.partial_image"]] = (
        "response.image_generation_call.partial_image"
    )
    partial_image_index: int | None = None
    partial_image_b64: str
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ImageGenerationCallCompletedEvent(ItemEvent, tag="response.image_generation_call.completed"):
    """The image is done; its item brings it."""

    type: ClassVar[Literal["response.image_generation_call.completed"]] = (
        "response.image_generation_call.completed"
    )


class McpCallInProgressEvent(ItemEvent, tag="response.mcp_call.in_progress"):
    """A call of an MCP tool begins."""

    type: ClassVar[Literal["response.mcp_call.in_progress"]] = "response.mcp_call.in_progress"


class McpCallArgumentsDeltaEvent(
    ResponsesEvent, tag="response.mcp_call_arguments.delta", gc=False, kw_only=True
):
    """The next piece of the call's arguments (JSON text)."""

    type: ClassVar[Literal["response.mcp_call_arguments.delta"]] = "response.mcp_call_arguments.delta"
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class McpCallArgumentsDoneEvent(ItemEvent, tag="response.mcp_call_arguments.done", kw_only=True):
    """The call's whole arguments."""

    type: ClassVar[Literal["response.mcp_call_arguments.done"]] = "response.mcp_call_arguments.done"
    arguments: str


class McpCallCompletedEvent(ItemEvent, tag="response.mcp_call.completed"):
    """The MCP tool has answered."""

    type: ClassVar[Literal["response.mcp_call.completed"]] = "response.mcp_call.completed"


class McpCallFailedEvent(ItemEvent, tag="response.mcp_call.failed"):
    """The MCP tool failed; the response goes on."""

    type: ClassVar[Literal["response.mcp_call.failed"]] = "response.mcp_call.failed"


class McpListToolsInProgressEvent(ItemEvent, tag="response.mcp_list_tools.in_progress"):
    """An MCP server is asked for its tools."""

    type: ClassVar[Literal["response.mcp_list_tools.in_progress"]] = "response.mcp_list_tools.in_progress"


class McpListToolsCompletedEvent(ItemEvent, tag="response.mcp_list_tools.completed"):
    """An MCP server has listed its tools."""

    type: ClassVar[Literal["response.mcp_list_tools.completed"]] = "response.mcp_list_tools.completed"


class McpListToolsFailedEvent(ItemEvent, tag="response.mcp_list_tools.failed"):
    """An MCP server did not tell its tools; the response goes on."""

    type: ClassVar[Literal["response.mcp_list_tools.failed"]] = "response.mcp_list_tools.failed"


class ShellCallCommandAddedEvent(ItemEvent, tag="response.shell_call_command.added", kw_only=True):
    """A command of a shell call begins."""

    type: ClassVar[Literal["response.shell_call_command.added"]] = "response.shell_call_command.added"
    command_index: int | None = None
    command: str


class ShellCallCommandDeltaEvent(
    ResponsesEvent, tag="response.shell_call_command.delta", gc=False, kw_only=True
):
    """The next piece of a command."""

    type: ClassVar[Literal["response.shell_call_command.delta"]] = "response.shell_call_command.delta"
    command_index: int | None = None
    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ShellCallCommandDoneEvent(ItemEvent, tag="response.shell_call_command.done", kw_only=True):
    """A whole command."""

    type: ClassVar[Literal["response.shell_call_command.done"]] = "response.shell_call_command.done"
    command_index: int | None = None
    command: str


class ShellOutputDelta(msgspec.Struct, omit_defaults=True, gc=False):
    """``delta`` of shell output: what a command printed since the last one."""

    stdout: str = ""
    stderr: str = ""


class ShellCallOutputContentDeltaEvent(
    ResponsesEvent, tag="response.shell_call_output_content.delta", gc=False, kw_only=True
):
    """The next piece of what a command prints."""

    type: ClassVar[Literal["response.shell_call_output_content.delta"]] = (
        "response.shell_call_output_content.delta"
    )
    command_index: int | None = None
    delta: ShellOutputDelta
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ShellCallOutputContentDoneEvent(ItemEvent, tag="response.shell_call_output_content.done"):
    """All that a command has printed."""

    type: ClassVar[Literal["response.shell_call_output_content.done"]] = (
        "response.shell_call_output_content.done"
    )
    command_index: int | None = None
    output: list[ShellOutput] = msgspec.field(default_factory=list)


class AudioDeltaEvent(ResponsesEvent, tag="response.audio.delta", gc=False, kw_only=True):
    """The next piece of audio: base64, to be decoded before it is joined."""

    type: ClassVar[Literal["response.audio.delta"]] = "response.audio.delta"
    delta: str
    obfuscation: str | None = None
    response_id: str | None = None


class AudioDoneEvent(ResponsesEvent, tag="response.audio.done"):
    """The audio is whole."""

    type: ClassVar[Literal["response.audio.done"]] = "response.audio.done"
    response_id: str | None = None


class AudioTranscriptDeltaEvent(
    ResponsesEvent, tag="response.audio.transcript.delta", gc=False, kw_only=True
):
    """The next piece of what the audio says."""

    type: ClassVar[Literal["response.audio.transcript.delta"]] = "response.audio.transcript.delta"
    delta: str
    obfuscation: str | None = None
    response_id: str | None = None


class AudioTranscriptDoneEvent(ResponsesEvent, tag="response.audio.transcript.done"):
    """The transcript is whole."""

    type: ClassVar[Literal["response.audio.transcript.done"]] = "response.audio.transcript.done"
    response_id: str | None = None


class CompactionCompactingEvent(ItemEvent, tag="response.compaction.compacting"):
    """Earlier turns are being made compact."""

    type: ClassVar[Literal["response.compaction.compacting"]] = "response.compaction.compacting"
