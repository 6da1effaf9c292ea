"""The arguments of a Responses call, named and typed once for create and stream.

Each is the field of the request body of the same name and goes out as it is given. None means "not given".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from ..config import RetryPolicy, Timeout

__all__ = ["CallParams", "Input", "ParseParams", "ResponsesParams"]

Input = str | Sequence[Any]
"""Text, or a list of messages, bare parts or items: dicts, items of a ``Response``, structs, models."""


class CallParams(TypedDict, total=False):
    """What is about the call itself, and not part of the body."""

    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    timeout: Timeout | float | None
    """Seconds: the deadline of a plain call, the content-idle limit of a stream; or a ``Timeout``."""
    max_retries: int | RetryPolicy | None


class ParseParams(CallParams, total=False):
    """Everything ``client.responses.parse`` takes beside ``model``, ``input`` and the type."""

    instructions: str | Sequence[Any] | None
    """System text; not carried over by ``previous_response_id``."""
    max_output_tokens: int | None
    """Reasoning included."""
    temperature: float | None
    """0 to 2."""
    top_p: float | None
    """0 to 1."""
    reasoning: Mapping[str, Any] | None
    """``{"effort": "none" | "low" | "medium" | "high", "summary": "auto" | "none" | "detailed"}``; newer
    values pass. o-series and some GPT-5 models only."""
    tools: Sequence[Any] | None
    """Functions in the nested form of the documents or the flat one of OpenAI, ``web_search_preview``,
    ``file_search`` and others; each goes out as it is written (see ``flat_tool``, ``nested_tool``)."""
    tool_choice: str | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    max_tool_calls: int | None
    previous_response_id: str | None
    """The id of the response to go on from; ``input`` holds the new turn only. Where the gateway cannot find
    it (another channel, ``store=False``), send ``response.to_input()`` instead."""
    truncation: Literal["auto", "disabled"] | str | None
    metadata: Mapping[str, str] | None
    user: str | None
    include: Sequence[str] | None
    text: Mapping[str, Any] | None
    """``{"format": {"type": "json_schema", "name", "schema", "strict"}, "verbosity"}``: flat, unlike chat. A
    type in place of the format becomes one."""
    stream_options: Mapping[str, Any] | None
    """``{"include_obfuscation": False}`` saves the padding of deltas."""
    store: bool | None
    background: bool | None
    """Needs ``retrieve``, which the gateway does not serve for every model."""
    conversation: str | Mapping[str, Any] | None
    prompt: Mapping[str, Any] | None
    context_management: Any
    moderation: Any
    prompt_cache_key: str | None
    prompt_cache_options: Any
    prompt_cache_retention: str | None
    safety_identifier: str | None
    service_tier: str | None
    top_logprobs: int | None
    """0 to 20."""
    extra_body: Mapping[str, Any] | None
    """Keys merged into the body last, over everything else."""


class ResponsesParams(ParseParams, total=False):
    """Everything ``client.responses.create`` takes beside ``model``, ``input`` and ``stream``."""

    text_format: Any
    """A type (struct, dataclass, TypedDict, pydantic model, list, union), sent as ``text.format``."""
