"""Output items of tools: hosted ones, which the gateway runs, and those the caller runs (shell, computer).

What nobody but the tool reads (actions, operations, results) is plain values, as sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import msgspec

from ._items import (
    CompactionItem,
    CustomToolCallItem,
    CustomToolCallOutputItem,
    FunctionCallItem,
    FunctionCallOutputItem,
    ItemFamily,
    ItemStruct,
    MessageItem,
    ReasoningItem,
    UnknownItem,
)
from ._open import always, family

__all__ = [
    "AdditionalToolsItem",
    "ApplyPatchCallItem",
    "ApplyPatchCallOutputItem",
    "CodeInterpreterCallItem",
    "ComputerCallItem",
    "ComputerCallOutputItem",
    "FileSearchCallItem",
    "ImageGenerationCallItem",
    "LocalShellCallItem",
    "LocalShellCallOutputItem",
    "McpApprovalRequestItem",
    "McpApprovalResponseItem",
    "McpCallItem",
    "McpListToolsItem",
    "OutputItem",
    "ProgramItem",
    "ProgramOutputItem",
    "ShellAction",
    "ShellCallItem",
    "ShellCallOutputItem",
    "ShellOutput",
    "ToolSearchCallItem",
    "ToolSearchOutputItem",
    "WebSearchCallItem",
]


class WebSearchCallItem(ItemStruct, tag="web_search_call"):
    """A web search. ``action["type"]``: search (query, sources), open_page (url), find_in_page."""

    type: ClassVar[Literal["web_search_call"]] = "web_search_call"
    action: Any = None


class FileSearchCallItem(ItemStruct, tag="file_search_call"):
    """A search in vector stores; ``results`` only when asked for with ``include``."""

    type: ClassVar[Literal["file_search_call"]] = "file_search_call"
    queries: list[str] = msgspec.field(default_factory=always)
    results: list[Any] = msgspec.field(default_factory=list)


class CodeInterpreterCallItem(ItemStruct, tag="code_interpreter_call"):
    """Code that was run; ``outputs`` (logs, images) only when asked for with ``include``."""

    type: ClassVar[Literal["code_interpreter_call"]] = "code_interpreter_call"
    code: str | None = None
    container_id: str | None = None
    outputs: list[Any] = msgspec.field(default_factory=list)


class ImageGenerationCallItem(ItemStruct, tag="image_generation_call"):
    """An image, base64 in ``result``; while it is made, the last partial image."""

    type: ClassVar[Literal["image_generation_call"]] = "image_generation_call"
    result: str | None = None
    revised_prompt: str | None = None
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


class ComputerCallItem(ItemStruct, tag="computer_call"):
    """A click, a key, a screenshot: for the caller to do."""

    type: ClassVar[Literal["computer_call"]] = "computer_call"
    call_id: str = msgspec.field(default_factory=str)
    action: Any = None
    actions: list[Any] = msgspec.field(default_factory=list)
    pending_safety_checks: list[Any] = msgspec.field(default_factory=always)


class ComputerCallOutputItem(ItemStruct, tag="computer_call_output"):
    """The screenshot after a computer call."""

    type: ClassVar[Literal["computer_call_output"]] = "computer_call_output"
    call_id: str = msgspec.field(default_factory=str)
    output: Any = None
    acknowledged_safety_checks: list[Any] = msgspec.field(default_factory=list)


class McpCallItem(ItemStruct, tag="mcp_call"):
    """A call of a tool on an MCP server, made by the gateway; ``output`` or ``error`` is its result."""

    type: ClassVar[Literal["mcp_call"]] = "mcp_call"
    server_label: str = msgspec.field(default_factory=str)
    name: str = msgspec.field(default_factory=str)
    arguments: str = msgspec.field(default_factory=str)
    output: Any = None
    error: Any = None
    approval_request_id: str | None = None


class McpListToolsItem(ItemStruct, tag="mcp_list_tools"):
    """The tools an MCP server offers."""

    type: ClassVar[Literal["mcp_list_tools"]] = "mcp_list_tools"
    server_label: str = msgspec.field(default_factory=str)
    tools: list[Any] = msgspec.field(default_factory=always)
    error: Any = None


class McpApprovalRequestItem(ItemStruct, tag="mcp_approval_request"):
    """A call of an MCP tool that waits for the caller's approval."""

    type: ClassVar[Literal["mcp_approval_request"]] = "mcp_approval_request"
    server_label: str = msgspec.field(default_factory=str)
    name: str = msgspec.field(default_factory=str)
    arguments: str = msgspec.field(default_factory=str)


class McpApprovalResponseItem(ItemStruct, tag="mcp_approval_response"):
    """The caller's answer to an approval request."""

    type: ClassVar[Literal["mcp_approval_response"]] = "mcp_approval_response"
    approval_request_id: str = msgspec.field(default_factory=str)
    approve: bool | None = None
    reason: str | None = None


class LocalShellCallItem(ItemStruct, tag="local_shell_call"):
    """A command for the caller's machine, in the older form."""

    type: ClassVar[Literal["local_shell_call"]] = "local_shell_call"
    call_id: str = msgspec.field(default_factory=str)
    action: Any = None


class LocalShellCallOutputItem(ItemStruct, tag="local_shell_call_output"):
    """What a local shell call printed."""

    type: ClassVar[Literal["local_shell_call_output"]] = "local_shell_call_output"
    call_id: str | None = None
    output: Any = None


class ShellAction(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``shell_call.action``; limits are in milliseconds and characters."""

    commands: list[str] = msgspec.field(default_factory=always)
    timeout_ms: int | None = None
    max_output_length: int | None = None


class ShellCallItem(ItemStruct, tag="shell_call"):
    """Commands for a shell, the caller's or a hosted one (``environment``)."""

    type: ClassVar[Literal["shell_call"]] = "shell_call"
    call_id: str = msgspec.field(default_factory=str)
    action: ShellAction = msgspec.field(default_factory=ShellAction)
    environment: Any = None


class ShellOutput(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """What one command printed, and how it ended."""

    stdout: str = msgspec.field(default_factory=str)
    stderr: str = msgspec.field(default_factory=str)
    outcome: Any = None


class ShellCallOutputItem(ItemStruct, tag="shell_call_output"):
    """What the commands of a shell call printed, one entry each."""

    type: ClassVar[Literal["shell_call_output"]] = "shell_call_output"
    call_id: str = msgspec.field(default_factory=str)
    output: list[ShellOutput] = msgspec.field(default_factory=always)
    max_output_length: int | None = None


class ApplyPatchCallItem(ItemStruct, tag="apply_patch_call"):
    """A file to create, update or delete: ``operation`` holds type, path and diff."""

    type: ClassVar[Literal["apply_patch_call"]] = "apply_patch_call"
    call_id: str = msgspec.field(default_factory=str)
    operation: Any = None


class ApplyPatchCallOutputItem(ItemStruct, tag="apply_patch_call_output"):
    """How applying a patch went."""

    type: ClassVar[Literal["apply_patch_call_output"]] = "apply_patch_call_output"
    call_id: str = msgspec.field(default_factory=str)
    output: Any = None


class ToolSearchCallItem(ItemStruct, tag="tool_search_call"):
    """A search among tools that were not loaded; ``execution``: server or client."""

    type: ClassVar[Literal["tool_search_call"]] = "tool_search_call"
    call_id: str | None = None
    arguments: Any = None
    execution: str | None = None


class ToolSearchOutputItem(ItemStruct, tag="tool_search_output"):
    """The tools a tool search found."""

    type: ClassVar[Literal["tool_search_output"]] = "tool_search_output"
    call_id: str | None = None
    execution: str | None = None
    tools: list[Any] = msgspec.field(default_factory=always)


class AdditionalToolsItem(ItemStruct, tag="additional_tools"):
    """Tools that became available in the middle of an answer."""

    type: ClassVar[Literal["additional_tools"]] = "additional_tools"
    role: str | None = None
    tools: list[Any] = msgspec.field(default_factory=always)


class ProgramItem(ItemStruct, tag="program"):
    """Code that calls tools, written by the model and run by the gateway."""

    type: ClassVar[Literal["program"]] = "program"
    call_id: str = msgspec.field(default_factory=str)
    code: str | None = None
    fingerprint: str | None = None


class ProgramOutputItem(ItemStruct, tag="program_output"):
    """What a program returned."""

    type: ClassVar[Literal["program_output"]] = "program_output"
    call_id: str = msgspec.field(default_factory=str)
    result: Any = None


OutputItem: TypeAlias = (
    MessageItem
    | ReasoningItem
    | FunctionCallItem
    | FunctionCallOutputItem
    | CustomToolCallItem
    | CustomToolCallOutputItem
    | CompactionItem
    | WebSearchCallItem
    | FileSearchCallItem
    | CodeInterpreterCallItem
    | ImageGenerationCallItem
    | ComputerCallItem
    | ComputerCallOutputItem
    | McpCallItem
    | McpListToolsItem
    | McpApprovalRequestItem
    | McpApprovalResponseItem
    | LocalShellCallItem
    | LocalShellCallOutputItem
    | ShellCallItem
    | ShellCallOutputItem
    | ApplyPatchCallItem
    | ApplyPatchCallOutputItem
    | ToolSearchCallItem
    | ToolSearchOutputItem
    | AdditionalToolsItem
    | ProgramItem
    | ProgramOutputItem
    | UnknownItem
)
"""Any item of ``Response.output``: ask ``item.type``, or use ``isinstance``."""

if TYPE_CHECKING:
    AnyItem = OutputItem
else:
    AnyItem = ItemFamily  # what msgspec sees: see AnyAnnotation in _parts

family(ItemFamily, UnknownItem, OutputItem)
