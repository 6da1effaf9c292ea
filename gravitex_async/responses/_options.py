"""Words and small objects among the arguments of a Responses call, for type checkers and editors.

They are closed where the gateway's documents or OpenAI's name all keys; see ``_typing`` for new words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .._typing import Effort, Required, Structured, TypeForm, Verbosity, Word
from ._inputs import ToolDict

__all__ = [
    "AllowedToolsChoice",
    "Conversation",
    "HostedToolChoice",
    "Include",
    "JSONObjectFormat",
    "JSONSchemaFormat",
    "McpToolChoice",
    "NamedToolChoice",
    "NestedFunctionChoice",
    "Prompt",
    "Reasoning",
    "StreamOptions",
    "Summary",
    "TextFormat",
    "TextSettings",
    "ToolChoice",
    "ToolName",
    "Truncation",
]

Summary = Literal["auto", "concise", "detailed", "none"] | Word
"""Whether, and how, reasoning is summed up; "none" is the gateway's."""
Truncation = Literal["auto", "disabled"] | Word
Include = (
    Literal[
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    ]
    | Word
)


class Reasoning(TypedDict, total=False):
    """``reasoning``: o-series and some GPT-5 models."""

    effort: Effort | None
    summary: Summary | None
    generate_summary: Summary | None
    """The older name of ``summary``."""
    mode: str
    context: str


class ToolName(TypedDict):
    """The name of a function."""

    name: str


class NamedToolChoice(TypedDict):
    """The model calls this tool."""

    type: Literal["function", "custom"]
    name: str


class NestedFunctionChoice(TypedDict):
    """The same in the form of the gateway's documents."""

    type: Literal["function"]
    function: ToolName


class AllowedToolsChoice(TypedDict):
    """The model chooses among some of the tools."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Sequence[ToolDict | Mapping[str, object]]


class McpToolChoice(TypedDict, total=False):
    """The model calls a tool of this server."""

    type: Required[Literal["mcp"]]
    server_label: Required[str]
    name: str | None


class HostedToolChoice(TypedDict):
    """The model uses this tool of the server's own."""

    type: (
        Literal[
            "file_search",
            "web_search_preview",
            "web_search_preview_2025_03_11",
            "web_search",
            "computer_use_preview",
            "image_generation",
            "code_interpreter",
            "apply_patch",
            "shell",
        ]
        | Word
    )


ToolChoice = (
    Literal["none", "auto", "required"]
    | Word
    | NamedToolChoice
    | NestedFunctionChoice
    | AllowedToolsChoice
    | McpToolChoice
    | HostedToolChoice
    | Structured
)
"""Whether, and which, tools are called."""


class TextFormat(TypedDict):
    """Plain text."""

    type: Literal["text"]


class JSONObjectFormat(TypedDict):
    """Any JSON object."""

    type: Literal["json_object"]


class JSONSchemaFormat(TypedDict, total=False):
    """JSON that fits a schema: flat, unlike chat."""

    type: Required[Literal["json_schema"]]
    name: Required[str]
    schema: Required[Mapping[str, object]]
    description: str
    strict: bool | None


class TextSettings(TypedDict, total=False):
    """``text``: the form of the answer, and how long-winded it is."""

    format: TextFormat | JSONObjectFormat | JSONSchemaFormat | Structured | TypeForm[Any]
    """As the wire has it, or a type."""
    verbosity: Verbosity | None


class StreamOptions(TypedDict, total=False):
    """``stream_options``."""

    include_obfuscation: bool
    """False saves the padding of deltas."""


class Conversation(TypedDict):
    """A conversation the provider keeps."""

    id: str


class Prompt(TypedDict, total=False):
    """A prompt the provider keeps."""

    id: Required[str]
    version: str | None
    variables: Mapping[str, object] | None
