"""Output items: what an answer consists of.

Here are the items of a conversation; those of hosted and client-side tools are in ``_tool_items``. Every
item goes back to the gateway as input of the next turn: see ``Response.to_input``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from ._open import Open, OpenStruct, always
from ._parts import AnyPart, OutputTextPart, RefusalPart

__all__ = [
    "CompactionItem",
    "CustomToolCallItem",
    "CustomToolCallOutputItem",
    "FunctionCallItem",
    "FunctionCallOutputItem",
    "MessageItem",
    "ReasoningItem",
    "UnknownItem",
]


class ItemFamily(Open):
    """What all items share."""

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """The item's id."""
        return (self.raw or {}).get("id")

    @property
    def status(self) -> str | None:
        """How far the item is: in_progress, completed, incomplete, failed, searching ..."""
        return (self.raw or {}).get("status")

    @property
    def content(self) -> Sequence[AnyPart]:
        """The parts of a message, or of reasoning; of another item, none."""
        return ()


class UnknownItem(ItemFamily, msgspec.Struct):
    """An item of a type that this package does not know; sent back exactly as it came."""

    if TYPE_CHECKING:
        type: ClassVar[Literal["(unknown)"]]
    else:
        type: str = ""
    raw: dict[str, Any] = {}


class ItemStruct(ItemFamily, OpenStruct):
    """What the known items share."""

    id: str | None = None
    status: str | None = None


class MessageItem(ItemStruct, tag="message"):
    """What the model says. ``phase``: commentary or final_answer."""

    type: ClassVar[Literal["message"]] = "message"
    role: str = msgspec.field(default_factory=lambda: "assistant")
    content: list[AnyPart] = msgspec.field(default_factory=always)
    phase: str | None = None

    @property
    def text(self) -> str:
        """All its text."""
        return "".join([part.text for part in self.content if isinstance(part, OutputTextPart)])

    @property
    def refusal(self) -> str:
        """All its refusals."""
        return "".join([part.refusal for part in self.content if isinstance(part, RefusalPart)])


class ReasoningItem(ItemStruct, tag="reasoning"):
    """What the model thought: summaries of it, or all of it as content, or only encrypted."""

    type: ClassVar[Literal["reasoning"]] = "reasoning"
    summary: list[AnyPart] = msgspec.field(default_factory=always)
    content: list[AnyPart] = msgspec.field(default_factory=list)
    encrypted_content: str | None = None

    @property
    def texts(self) -> list[str]:
        """Its readable pieces: the summaries, then the full text."""
        return [text for part in (*self.summary, *self.content) if (text := getattr(part, "text", ""))]


class FunctionCallItem(ItemStruct, tag="function_call"):
    """A call of one of the caller's functions; answer it by ``call_id``. ``arguments`` is JSON text."""

    type: ClassVar[Literal["function_call"]] = "function_call"
    call_id: str = msgspec.field(default_factory=str)
    name: str = msgspec.field(default_factory=str)
    arguments: str = msgspec.field(default_factory=str)
    namespace: str | None = None
    caller: Any = None


class FunctionCallOutputItem(ItemStruct, tag="function_call_output"):
    """The result of a function call: text, or a list of input parts."""

    type: ClassVar[Literal["function_call_output"]] = "function_call_output"
    call_id: str = msgspec.field(default_factory=str)
    output: Any = None
    caller: Any = None


class CustomToolCallItem(ItemStruct, tag="custom_tool_call"):
    """A call of one of the caller's custom tools; ``input`` is free text."""

    type: ClassVar[Literal["custom_tool_call"]] = "custom_tool_call"
    call_id: str = msgspec.field(default_factory=str)
    name: str = msgspec.field(default_factory=str)
    input: str = msgspec.field(default_factory=str)
    namespace: str | None = None
    caller: Any = None


class CustomToolCallOutputItem(ItemStruct, tag="custom_tool_call_output"):
    """The result of a custom tool call."""

    type: ClassVar[Literal["custom_tool_call_output"]] = "custom_tool_call_output"
    call_id: str = msgspec.field(default_factory=str)
    output: Any = None
    caller: Any = None


class CompactionItem(ItemStruct, tag="compaction"):
    """Earlier turns in a compact, encrypted form."""

    type: ClassVar[Literal["compaction"]] = "compaction"
    encrypted_content: str | None = None
