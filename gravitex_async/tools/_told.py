"""How far the story of a run has been told, and what a piece of an answer adds to it.

It belongs to the run and not to a view: a second view goes on where the first one stood.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Literal

from .._results import failure_text
from ..deltas import Delta, ToolCall, ToolCallDelta
from ._events import (
    RefusalEvent,
    RoundBegun,
    RunEvent,
    TextEvent,
    ThinkingEvent,
    ToolArguments,
    ToolCallBegun,
    ToolResult,
)

__all__ = ["Told"]


class Told:
    """Where the story stands; ``pending`` is what nobody has read of it yet."""

    __slots__ = ("_begun", "_held", "deltas", "ended", "pending", "phase", "results", "round")

    def __init__(self) -> None:
        self.phase: Literal["between", "answer", "calls"] = "between"
        self.round = 0
        self.deltas: AsyncIterator[Delta] | None = None
        self.results = 0
        self.ended = False
        self.pending: deque[RunEvent] = deque()
        self._begun: set[int] = set()
        self._held: dict[int, tuple[str, str]] = {}  # id and arguments of calls without a name so far

    def begin(self, round_: int, deltas: AsyncIterator[Delta]) -> None:
        """The story of another round."""
        self.phase, self.round, self.deltas, self.results = "answer", round_, deltas, 0
        self._begun.clear()
        self._held.clear()
        self.pending.append(RoundBegun(round=round_))

    def tell(self, delta: Delta) -> None:
        """What a delta of the answer (of choice 0) says."""
        if delta.index:
            return
        round_ = self.round
        if delta.reasoning_content:
            self.pending.append(ThinkingEvent(round=round_, text=delta.reasoning_content))
        if delta.content:
            self.pending.append(TextEvent(round=round_, text=delta.content))
        if delta.refusal:
            self.pending.append(RefusalEvent(round=round_, text=delta.refusal))
        for fragment in delta.tool_calls:
            self._tell_fragment(fragment)

    def answer_is_whole(self) -> None:
        """Calls that never got a name are told of as well."""
        self.phase, self.deltas = "calls", None
        for index in [*self._held]:
            self._tell_call(index, "", "", "")

    def tell_result(self, call: ToolCall, result: Any) -> None:
        """A tool has finished."""
        self.results += 1
        failed = isinstance(result, BaseException)
        self.pending.append(
            ToolResult(
                round=self.round,
                index=call.index,
                id=call.id,
                name=call.name,
                arguments=call.arguments,
                value=None if failed else result,
                error=failure_text(result).removeprefix("Error: ") if failed else None,
            )
        )

    def _tell_fragment(self, fragment: ToolCallDelta) -> None:
        index = fragment.index
        if index in self._begun:
            self._tell_arguments(index, fragment.arguments)
        elif fragment.name:
            self._tell_call(index, fragment.id or "", fragment.name, fragment.arguments)
        else:
            id_, arguments = self._held.get(index, ("", ""))
            self._held[index] = (id_ or fragment.id or "", arguments + fragment.arguments)

    def _tell_call(self, index: int, id_: str, name: str, arguments: str) -> None:
        held_id, held = self._held.pop(index, ("", ""))
        self._begun.add(index)
        self.pending.append(ToolCallBegun(round=self.round, index=index, id=id_ or held_id, name=name))
        self._tell_arguments(index, held + arguments)

    def _tell_arguments(self, index: int, arguments: str) -> None:
        if arguments:
            self.pending.append(ToolArguments(round=self.round, index=index, arguments=arguments))
