"""The tool loop: rounds of streaming and calling until the model answers without calls.

Strategy
    A round is an ordinary stream. When it has ended, its calls run concurrently, each under its own time
    limit; their results, or their failures in words, are sent with the model's own turn, and the next round
    begins. A run advances only while it is read.

    The history grows by whole exchanges: a turn with calls together with all of their results. So it can be
    sent in another request at any moment.

    A truncated answer ends the run: its calls may be incomplete, and do not run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._json import to_builtins
from ..deltas import Delta, ToolCall
from ..errors import MisuseError, ToolRoundsError
from ..usage import Usage
from ._calls import run_calls
from ._dialects import Dialect
from ._function import Tool

if TYPE_CHECKING:
    from ..stream import Stream

__all__ = ["ToolRun"]

FinalT = TypeVar("FinalT")
PieceT = TypeVar("PieceT")
SelfT = TypeVar("SelfT", bound="ToolRun[Any]")


class ToolRun(Generic[FinalT]):
    """The rounds of one run. Iterate it for the deltas of all rounds, or ``await run.final()``.

    Leaving ``async with``, or dropping the object, closes the stream of the current round. Cancelling a read
    loses nothing, as with every stream. Cancelling while tools run cancels them and ends the run: to run them
    again might do twice what should be done once. One reader at a time.

    ``aclose`` and ``abort`` may be called from any task: whoever reads comes to the end, as does a run one of
    whose streams was closed. Tools that are running then finish; no further round begins.

    Raises, when read:
        ToolRoundsError: The model still calls tools in the last round allowed.
        GravitexError: Whatever a stream raises.
        MisuseError: Two readers, a read after tools were cancelled, or ``final`` of a run without a round.
    """

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
        self._max_rounds = max_rounds
        self._tool_timeout = tool_timeout
        self._history = list(history)
        self._busy = False
        self._over = False
        self._torn = False  # tools were cancelled: nobody knows what they had done by then
        self.rounds: list[Stream[Any, FinalT]] = []
        """The streams of all rounds so far, the current one last."""

    def __repr__(self) -> str:
        # Its state, and nothing of the conversation: that may be private.
        round_ = repr(self.rounds[-1]) if self.rounds else "not sent"
        return f"<ToolRun round {len(self.rounds)} of {self._max_rounds}: {round_}>"

    # What has happened

    @property
    def messages(self) -> list[Any]:
        """The conversation in the dialect's form: what was given, and every whole exchange since."""
        return list(self._history)

    @property
    def input(self) -> list[Any]:
        """The same as ``messages``, under the name the Responses dialect has for it."""
        return self.messages

    @property
    def usage(self) -> Usage:
        """The usage of all rounds, added up."""
        return sum((stream.usage for stream in self.rounds), Usage())

    @property
    def content(self) -> str:
        """The text of the current round."""
        return self.rounds[-1].content if self.rounds else ""

    # Views

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self.deltas()

    def deltas(self) -> AsyncIterator[Delta]:
        """The deltas of all rounds, in order."""
        return _Across(self, lambda stream: stream.deltas())

    def text(self) -> AsyncIterator[str]:
        """The pieces of the content of all rounds, never an empty one."""
        return _Across(self, lambda stream: stream.text())

    def streams(self) -> AsyncIterator[Stream[Any, FinalT]]:
        """The rounds' streams one by one, to be read in any of their views; what is left is read here."""
        return _Streams(self)

    async def final(self) -> FinalT:
        """Runs to the end and gives the answer of the last round; if the run was left, what had arrived."""
        while await self._advance():
            pass
        if not self.rounds:
            raise MisuseError("the run was left before its first round, so there is no answer")
        return await self.rounds[-1].final()

    # Leaving

    async def __aenter__(self: SelfT) -> SelfT:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    async def aclose(self) -> None:
        """Leaves the run; what has happened so far can still be looked at."""
        self.abort()

    def abort(self) -> None:
        """Leaves the run now, without awaiting."""
        self._over = True
        for stream in self.rounds:
            stream.abort()

    # The engine

    async def _advance(self) -> bool:
        """Finishes the current round and begins the next; False when the run is over."""
        if self._over:
            return False
        if self._busy:
            raise MisuseError("another task is reading this run; one reader at a time")
        if self._torn:
            raise MisuseError("the run ended when its tools were cancelled; go on from run.messages")
        self._busy = True
        try:
            if self.rounds:
                await self._finish(self.rounds[-1])
        finally:
            self._busy = False
        if not self._over:
            self._begin()
        return not self._over

    def _begin(self) -> None:
        # A call that is forced in every round would never let the model answer.
        params = self._params if not self.rounds else self._dialect.unforced(self._params)
        given = {**params, self._dialect.key: list(self._history)}
        self.rounds.append(self._dialect.open(**given))

    async def _finish(self, stream: Stream[Any, FinalT]) -> None:
        """Reads the rest of a round, and runs what it calls."""
        await stream.final()
        if stream.end.state == "closed":  # half a turn cannot be sent in another request
            self._over = True
            return
        turn, calls = stream.to_input(), stream.tool_calls
        if not self._answers(stream, calls):
            self._history += turn
            self._over = True
            return
        if len(self.rounds) >= self._max_rounds:
            raise ToolRoundsError(
                f"the model still calls {calls[0].name} after {len(self.rounds)} rounds",
                messages=self.messages,
                partial=stream.arrived,
                usage=self.usage,
            )
        try:
            results = await run_calls(self._tools, calls, self._tool_timeout)
        except BaseException:
            # The turn is not in the history without its results, so ``messages`` is still a valid request.
            self._torn = True
            raise
        self._history += [*turn, *self._dialect.results(list(zip(calls, results, strict=True)))]

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


class _Streams(Generic[FinalT]):
    """The streams of a run."""

    def __init__(self, run: ToolRun[FinalT]) -> None:
        self._run = run

    def __aiter__(self) -> _Streams[FinalT]:
        return self

    async def __anext__(self) -> Stream[Any, FinalT]:
        if not await self._run._advance():
            raise StopAsyncIteration
        return self._run.rounds[-1]


class _Across(Generic[PieceT]):
    """One view of every round, one after the other; it begins where the current round stands."""

    def __init__(self, run: ToolRun[Any], view: Callable[[Stream[Any, Any]], AsyncIterator[PieceT]]) -> None:
        self._run = run
        self._view = view
        self._current = view(run.rounds[-1]) if run.rounds else None

    def __aiter__(self) -> _Across[PieceT]:
        return self

    async def __anext__(self) -> PieceT:
        while True:
            if self._current is not None:
                try:
                    return await self._current.__anext__()
                except StopAsyncIteration:
                    self._current = None
            if not await self._run._advance():
                raise StopAsyncIteration
            self._current = self._view(self._run.rounds[-1])
