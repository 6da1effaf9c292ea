"""The parts of messages and of deltas, and the texts in them.

Text that providers spell in several ways (``reasoning_content``, ``reasoning``, ``thinking`` parts) is kept
as sent in the structs; the functions here read it, whichever way it has: see "Reasoning" in
decoding/README.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "Audio",
    "ContentPart",
    "CustomCall",
    "FunctionCall",
    "Logprobs",
    "MessageToolCall",
    "details_text",
    "text_of",
    "thinking_of",
]


def no_choices() -> list[Any]:
    """The default of a list that is written also when it is empty, as one made by ``list`` is not."""
    return []


class FunctionCall(msgspec.Struct, omit_defaults=True, gc=False, frozen=True):
    """``function`` of a call in a message, and the deprecated ``function_call``: never None, at worst ""."""

    name: str = msgspec.field(default_factory=str)
    arguments: str = msgspec.field(default_factory=str)
    """JSON text."""


class CustomCall(msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``custom`` of a custom tool call."""

    name: str | None = None
    input: str | None = None


NO_FUNCTION = FunctionCall()


class MessageToolCall(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """``choices[].message.tool_calls[]``: a whole call."""

    id: str = ""
    type: str = msgspec.field(default_factory=lambda: "function")
    function: FunctionCall = NO_FUNCTION
    custom: CustomCall | None = None
    """Of a call whose ``type`` is "custom"; ``function`` is empty then."""
    index: int | None = None
    extra_content: Any = None


class ContentPart(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A part of ``content`` where a provider sends a list: text, thinking (Mistral), image_url."""

    type: str | None = None
    text: str | None = None
    thinking: Any = None
    image_url: Any = None
    refusal: str | None = None
    reference_ids: Any = None
    closed: bool | None = None


class Logprobs(msgspec.Struct, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """``choices[].logprobs``; in a stream the lists of all chunks are appended."""

    content: list[Any] | None = None
    refusal: list[Any] | None = None


class Audio(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """``audio`` of a message or, in pieces, of a delta; ``data`` is base64."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | float | str | None = None


def text_of(content: str | list[ContentPart] | None) -> str:
    """The text of a ``content`` value, whichever form it has."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.text or "" for part in content if part.type in (None, "text", "output_text"))


def thinking_of(content: str | list[ContentPart] | None) -> str:
    """The thinking inside a list of content parts (Mistral)."""
    if isinstance(content, str) or not content:
        return ""
    return "".join(_thinking(part.thinking) for part in content if part.thinking)


def _thinking(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_thinking(item.get("text")) for item in value if isinstance(item, dict))
    return ""


def details_text(details: list[Any] | None) -> str:
    """The readable part of ``reasoning_details`` (OpenRouter): texts and summaries."""
    entries = [detail for detail in details or () if isinstance(detail, dict)]
    found = (entry.get("text") or entry.get("summary") for entry in entries)
    return "".join(text for text in found if isinstance(text, str))
