"""The events of hosted tools: search, code, images, MCP, shell, audio, compaction.

Most only say how far a tool is. See ``_events`` for how they are named.
"""

from __future__ import annotations

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


class WebSearchCallSearchingEvent(ItemEvent, tag="response.web_search_call.searching"):
    """A web search is under way."""


class WebSearchCallCompletedEvent(ItemEvent, tag="response.web_search_call.completed"):
    """A web search is done."""


class FileSearchCallInProgressEvent(ItemEvent, tag="response.file_search_call.in_progress"):
    """A file search begins."""


class FileSearchCallSearchingEvent(ItemEvent, tag="response.file_search_call.searching"):
    """A file search is under way."""


class FileSearchCallCompletedEvent(ItemEvent, tag="response.file_search_call.completed"):
    """A file search is done."""


class CodeInterpreterCallInProgressEvent(ItemEvent, tag="response.code_interpreter_call.in_progress"):
    """The model begins to write code."""


class CodeInterpreterCallInterpretingEvent(ItemEvent, tag="response.code_interpreter_call.interpreting"):
    """The code runs."""


class CodeInterpreterCallCompletedEvent(ItemEvent, tag="response.code_interpreter_call.completed"):
    """The code has run."""


class CodeInterpreterCallCodeDeltaEvent(
    ResponsesEvent, tag="response.code_interpreter_call_code.delta", gc=False
):
    """The next piece of the code."""

    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class CodeInterpreterCallCodeDoneEvent(ItemEvent, tag="response.code_interpreter_call_code.done"):
    """The whole code."""

    code: str | None = None


class ImageGenerationCallInProgressEvent(ItemEvent, tag="response.image_generation_call.in_progress"):
    """An image is asked for."""


class ImageGenerationCallGeneratingEvent(ItemEvent, tag="response.image_generation_call.generating"):
    """The image is being made."""


class ImageGenerationCallPartialImageEvent(ItemEvent, tag="response.image_generation_call.partial_image"):
    """The image as far as it is, in base64."""

    partial_image_index: int | None = None
    partial_image_b64: str = ""
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ImageGenerationCallCompletedEvent(ItemEvent, tag="response.image_generation_call.completed"):
    """The image is done; its item brings it."""


class McpCallInProgressEvent(ItemEvent, tag="response.mcp_call.in_progress"):
    """A call of an MCP tool begins."""


class McpCallArgumentsDeltaEvent(ResponsesEvent, tag="response.mcp_call_arguments.delta", gc=False):
    """The next piece of the call's arguments (JSON text)."""

    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class McpCallArgumentsDoneEvent(ItemEvent, tag="response.mcp_call_arguments.done"):
    """The call's whole arguments."""

    arguments: str | None = None


class McpCallCompletedEvent(ItemEvent, tag="response.mcp_call.completed"):
    """The MCP tool has answered."""


class McpCallFailedEvent(ItemEvent, tag="response.mcp_call.failed"):
    """The MCP tool failed; the response goes on."""


class McpListToolsInProgressEvent(ItemEvent, tag="response.mcp_list_tools.in_progress"):
    """An MCP server is asked for its tools."""


class McpListToolsCompletedEvent(ItemEvent, tag="response.mcp_list_tools.completed"):
    """An MCP server has listed its tools."""


class McpListToolsFailedEvent(ItemEvent, tag="response.mcp_list_tools.failed"):
    """An MCP server did not tell its tools; the response goes on."""


class ShellCallCommandAddedEvent(ItemEvent, tag="response.shell_call_command.added"):
    """A command of a shell call begins."""

    command_index: int | None = None
    command: str | None = None


class ShellCallCommandDeltaEvent(ResponsesEvent, tag="response.shell_call_command.delta", gc=False):
    """The next piece of a command."""

    command_index: int | None = None
    delta: str = ""
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ShellCallCommandDoneEvent(ItemEvent, tag="response.shell_call_command.done"):
    """A whole command."""

    command_index: int | None = None
    command: str | None = None


class ShellOutputDelta(msgspec.Struct, omit_defaults=True, gc=False):
    """``delta`` of shell output: what a command printed since the last one."""

    stdout: str = ""
    stderr: str = ""


class ShellCallOutputContentDeltaEvent(
    ResponsesEvent, tag="response.shell_call_output_content.delta", gc=False
):
    """The next piece of what a command prints."""

    command_index: int | None = None
    delta: ShellOutputDelta | None = None
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: int | None = None


class ShellCallOutputContentDoneEvent(ItemEvent, tag="response.shell_call_output_content.done"):
    """All that a command has printed."""

    command_index: int | None = None
    output: list[ShellOutput] = msgspec.field(default_factory=list)


class AudioDeltaEvent(ResponsesEvent, tag="response.audio.delta", gc=False):
    """The next piece of audio: base64, to be decoded before it is joined."""

    delta: str = ""
    obfuscation: str | None = None
    response_id: str | None = None


class AudioDoneEvent(ResponsesEvent, tag="response.audio.done"):
    """The audio is whole."""

    response_id: str | None = None


class AudioTranscriptDeltaEvent(ResponsesEvent, tag="response.audio.transcript.delta", gc=False):
    """The next piece of what the audio says."""

    delta: str = ""
    obfuscation: str | None = None
    response_id: str | None = None


class AudioTranscriptDoneEvent(ResponsesEvent, tag="response.audio.transcript.done"):
    """The transcript is whole."""

    response_id: str | None = None


class CompactionCompactingEvent(ItemEvent, tag="response.compaction.compacting"):
    """Earlier turns are being made compact."""
