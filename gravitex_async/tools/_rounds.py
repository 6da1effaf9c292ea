"""The engine of a run: rounds of streaming and calling, until the model answers without calls.

Strategy
    A round is an ordinary stream. When it has ended, its calls run concurrently, each under its own time
    limit; their results, or their failures in words, are sent with the model's own turn, and the next round
    begins. A run advances only while it is read; but tools that have begun run on while nobody reads, so
    that a cancelled read loses nothing, and nothing is done twice.

    The history grows by whole exchanges: a turn with calls together with all of their results. So it can be
    sent in another request at any moment.

    A truncated answer ends the run: its calls may be incomplete, and do not run.

    Views hold the engine, and nothing it holds refers back to them or to it: when the last of them is dropped
    the stream is closed and the tools are cancelled, without a garbage collector.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._frames import forget_frames_later
from .._json import to_builtins
from ..deltas import ToolCall
from ..errors import MisuseError, ToolRoundsError
from ..usage import Usage
from ._calls import Calls
from ._dialects import Dialect
from ._function import Tool
from ._told import Told

if TYPE_CHECKING:
    from ..stream import Stream

__all__ = ["Rounds"]

FinalT = TypeVar("FinalT")


class Rounds(Generic[FinalT]):
    """The rounds of one run. One reader at a time."""

    def __init__(
        self,
        dialect: Dialect,
        history: Sequence[Any],
        tools: dict[str, Tool],
        others: Sequence[Any],
        params: dict[str, Any],
        *,
        max_rounds: int,
        tool_timeout: float | None,
    ) -> None:
        self._dialect = dialect
        self._tools = tools
        self._others = frozenset(name for other in others for name in _names(to_builtins(other)))
        self._params = {**params, "tools": [*dialect.tools(tools.values()), *others] or None}
        self._tool_timeout = tool_timeout
        self._calls: Calls | None = None  # those of the current round, from when its answer is whole
        self._busy = False
        self.max_rounds = max_rounds
        self.history = list(history)
        self.streams: list[Stream[Any, FinalT]] = []
        self.over = False
        self.left = False  # over before its time
        self.told = Told()

    @property
    def usage(self) -> Usage:
        """The usage of all rounds, added up."""
        return sum((stream.usage for stream in self.streams), Usage())

    # Reading

    async def advance(self) -> bool:
        """Finishes the current round and begins the next; False when the run is over."""
        if self.over:
            return False
        with self._one_reader():
            if self.streams:
                await self._finish()
        if not self.over:
            self._begin()
        return not self.over

    async def finished(self, number: int) -> tuple[ToolCall, Any] | None:
        """The call of this round that is the *number*-th to finish, and what it gave; None: there is none."""
        with self._one_reader():
            calls = await self._called()
            if calls is None or number >= len(calls) or not await calls.more_than(number):
                return None
            return calls.finished(number)

    def abort(self) -> None:
        """Leaves the run now, without awaiting, from any thread. Idempotent."""
        if not self.over:
            self.over = self.left = True
        for stream in self.streams:
            stream.abort()
        if self._calls is not None:
            self._calls.stop()

    async def aclose(self) -> None:
        """The same, and gives tools that are running time to clean up."""
        self.abort()
        if self._calls is not None:
            await self._calls.left()

    @contextmanager
    def _one_reader(self) -> Iterator[None]:
        if self._busy:
            raise MisuseError("another task is reading this run; one reader at a time")
        self._busy = True
        try:
            yield
        except asyncio.CancelledError as error:
            forget_frames_later(error)
            raise
        finally:
            self._busy = False

    def _begin(self) -> None:
        # A call that is forced in every round would never let the model answer.
        params = self._params if not self.streams else self._dialect.unforced(self._params)
        given = {**params, self._dialect.key: list(self.history)}
        self.streams.append(self._dialect.open(**given))

    async def _finish(self) -> None:
        """Reads the rest of the round, and waits for what it calls."""
        calls = await self._called()
        if calls is None or not await calls.all():
            return
        results = calls.results()
        self.history += [*self.streams[-1].to_input(), *self._dialect.results(results)]
        self._calls = None

    async def _called(self) -> Calls | None:
        """Reads the rest of the round, and begins its calls; None: the run ends with this round."""
        if self._calls is None and not self.over:
            stream = self.streams[-1]
            await stream.final()
            self._calls = self._calls_of(stream)
            if self.over and self._calls is not None:  # left in another thread, right now
                self._calls.stop()
        return None if self.over else self._calls

    def _calls_of(self, stream: Stream[Any, FinalT]) -> Calls | None:
        if self.over:
            return None
        if stream.end.state == "closed":  # half a turn cannot be sent in another request
            self.over = True
            return None
        calls = stream.tool_calls
        if not self._answers(stream, calls):
            self.history += stream.to_input()
            self.over = True
            return None
        if len(self.streams) >= self.max_rounds:
            raise ToolRoundsError(
                f"the model still calls {calls[0].name} after {len(self.streams)} rounds",
                messages=list(self.history),
                partial=stream.arrived,
                usage=self.usage,
            )
        return Calls(self._tools, calls, self._tool_timeout)

    def _answers(self, stream: Stream[Any, FinalT], calls: list[ToolCall]) -> bool:
        """Whether the calls are answered here: they are complete, and none is of a tool of the caller's."""
        whole = stream.end.state == "completed"
        return bool(calls) and whole and not any(call.name in self._others for call in calls)


def _names(definition: Any) -> list[str]:
    """The functions a definition declares, in any dialect's form."""
    if not isinstance(definition, dict):
        return []
    declared = definition.get("functionDeclarations") or definition.get("function_declarations") or []
    places = [definition, definition.get("function"), definition.get("custom"), *declared]
    found = [place.get("name") for place in places if isinstance(place, dict)]
    return [name for name in found if isinstance(name, str)]
