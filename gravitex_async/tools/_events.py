"""What happens in a run of tools, as events: for a page that shows it, for a log.

Each is a small struct, told from the others by ``type``, at run time and by type checkers. It can be sent
(``to_json``) and read again on the other side: ``msgspec.json.decode(text, type=RunEvent)``.

    ==================  =====================================================================
    ``type``            what has happened
    ==================  =====================================================================
    ``round_begun``     a request goes out
    ``thinking``        the model thinks; a piece of it
    ``text``            the model says something; a piece of it
    ``refusal``         it says that it will not; a piece of it
    ``tool_call``       it begins a call
    ``tool_arguments``  the next piece of a call's arguments
    ``tool_result``     a tool has finished, in whichever order they do
    ``round_ended``     the answer is whole, and so are the results of its calls
    ``end``             nothing follows
    ==================  =====================================================================
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from .._jsonable import Jsonable
from ..deltas import EndReason, EndState
from ..usage import Usage

__all__ = [
    "RefusalEvent",
    "RoundBegun",
    "RoundEnded",
    "RunEnded",
    "RunEvent",
    "TextEvent",
    "ThinkingEvent",
    "ToolArguments",
    "ToolCallBegun",
    "ToolResult",
]


class Happened(Jsonable, msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all events share."""

    round: int
    """Which request of the run it belongs to, from 1."""


class RoundBegun(Happened, frozen=True, kw_only=True, tag="round_begun"):
    """A request goes out."""

    type: ClassVar[Literal["round_begun"]] = "round_begun"


class TextEvent(Happened, frozen=True, kw_only=True, tag="text"):
    """A piece of the content, never an empty one."""

    type: ClassVar[Literal["text"]] = "text"

    text: str


class ThinkingEvent(Happened, frozen=True, kw_only=True, tag="thinking"):
    """A piece of the thinking, never an empty one."""

    type: ClassVar[Literal["thinking"]] = "thinking"

    text: str


class RefusalEvent(Happened, frozen=True, kw_only=True, tag="refusal"):
    """A piece of a refusal, never an empty one."""

    type: ClassVar[Literal["refusal"]] = "refusal"

    text: str


class ToolCallBegun(Happened, frozen=True, kw_only=True, tag="tool_call"):
    """The model begins a call; its arguments follow, and its result if the run answers it."""

    type: ClassVar[Literal["tool_call"]] = "tool_call"

    index: int
    """Which call of its round it is, from 0. With ``round`` it names the call, in every dialect."""
    id: str
    """The server's name for it; "" where it has none, or gives it later."""
    name: str
    """The function."""


class ToolArguments(Happened, frozen=True, kw_only=True, tag="tool_arguments"):
    """The next piece of a call's arguments, never an empty one."""

    type: ClassVar[Literal["tool_arguments"]] = "tool_arguments"

    index: int
    """Which call of its round."""
    arguments: str
    """JSON text; joined, the pieces are the arguments as the model wrote them."""


class ToolResult(Happened, frozen=True, kw_only=True, tag="tool_result"):
    """A tool has finished, well or not."""

    type: ClassVar[Literal["tool_result"]] = "tool_result"

    index: int
    """Which call of its round."""
    id: str
    name: str
    arguments: str
    """All of them, as JSON text."""
    value: Any = None
    """What the tool gave, in plain values; None where it failed."""
    error: str | None = None
    """What went wrong, as the model reads it; None where all went well."""


class RoundEnded(Happened, frozen=True, kw_only=True, tag="round_ended"):
    """The answer is whole, and so are the results of its calls. A round that was stopped has no such end."""

    type: ClassVar[Literal["round_ended"]] = "round_ended"

    finish_reason: str | None
    """The word on the wire."""
    usage: Usage
    """Of this round."""


class RunEnded(Happened, frozen=True, kw_only=True, tag="end"):
    """The last event of every run, however it ended; ``round`` is how many requests were made."""

    type: ClassVar[Literal["end"]] = "end"

    state: EndState
    """How the last round ended: completed, incomplete, interrupted, failed; closed where the run was stopped.

    Incomplete, too, when the model still called tools in the last round allowed.
    """
    reason: EndReason
    finish_reason: str | None
    """The last round's word on the wire."""
    usage: Usage
    """Of all rounds, added up."""
    error: str | None = None
    """The class of the error that reading on raises; None where it raises none."""


RunEvent = (
    RoundBegun
    | TextEvent
    | ThinkingEvent
    | RefusalEvent
    | ToolCallBegun
    | ToolArguments
    | ToolResult
    | RoundEnded
    | RunEnded
)
"""Any of them."""
