"""What a run is read through: its streams, one view of all of them, its story.

Classes with ``__anext__`` and not asynchronous generators: a generator is finished after a cancelled wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import GravitexError, MisuseError, ToolRoundsError
from ..usage import Usage
from ._events import RoundEnded, RunEnded, RunEvent
from ._rounds import Rounds

if TYPE_CHECKING:
    from ..stream import Stream

__all__ = ["Across", "Events", "Streams"]

FinalT = TypeVar("FinalT")
PieceT = TypeVar("PieceT")


class Streams(Generic[FinalT]):
    """The streams of a run."""

    def __init__(self, rounds: Rounds[FinalT]) -> None:
        self._rounds = rounds

    def __aiter__(self) -> Streams[FinalT]:
        return self

    async def __anext__(self) -> Stream[Any, FinalT]:
        if not await self._rounds.advance():
            raise StopAsyncIteration
        return self._rounds.streams[-1]


class Across(Generic[PieceT]):
    """One view of every round, one after the other; it begins where the current round stands."""

    def __init__(
        self, rounds: Rounds[Any], view: Callable[[Stream[Any, Any]], AsyncIterator[PieceT]]
    ) -> None:
        self._rounds = rounds
        self._view = view
        self._current = view(rounds.streams[-1]) if rounds.streams else None

    def __aiter__(self) -> Across[PieceT]:
        return self

    async def __anext__(self) -> PieceT:
        while True:
            if self._current is not None:
                try:
                    return await self._current.__anext__()
                except StopAsyncIteration:
                    self._current = None
            if not await self._rounds.advance():
                raise StopAsyncIteration
            self._current = self._view(self._rounds.streams[-1])


class Events:
    """The story of a run. Where another view has gone on meanwhile, it goes on from there."""

    def __init__(self, rounds: Rounds[Any]) -> None:
        self._rounds = rounds

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> RunEvent:
        told = self._rounds.told
        while not told.pending:
            if told.ended:
                await self._rounds.advance()  # raises once more what the run failed with
                raise StopAsyncIteration
            try:
                await self._go_on()
            except MisuseError:
                raise  # of whoever reads: the run goes on
            except GravitexError as error:
                self._end(error)
        return told.pending.popleft()

    async def _go_on(self) -> None:
        """One step of the story. Each waits at most once, and changes nothing before that."""
        told = self._rounds.told
        if told.deltas is not None:
            try:
                told.tell(await told.deltas.__anext__())
            except StopAsyncIteration:
                told.answer_is_whole()
        elif told.phase == "calls":
            await self._next_result()
        else:
            await self._next_round()

    async def _next_round(self) -> None:
        rounds, told = self._rounds, self._rounds.told
        if told.round < len(rounds.streams) or await rounds.advance():
            told.begin(len(rounds.streams), rounds.streams[-1].deltas())
        else:
            self._end()

    async def _next_result(self) -> None:
        rounds, told = self._rounds, self._rounds.told
        current = told.round == len(rounds.streams)
        found = await rounds.finished(told.results) if current else None
        if found is not None:
            told.tell_result(*found)
            return
        told.phase = "between"
        stream = rounds.streams[told.round - 1]
        if not rounds.left and stream.end.state != "closed":
            usage = Usage() + stream.usage
            told.pending.append(RoundEnded(round=told.round, finish_reason=stream.finish_reason, usage=usage))

    def _end(self, error: GravitexError | None = None) -> None:
        rounds, told = self._rounds, self._rounds.told
        last = rounds.streams[-1] if rounds.streams else None
        state = "open" if last is None else last.end.state
        if rounds.left:
            state = "closed"
        elif isinstance(error, ToolRoundsError):
            state = "incomplete"
        told.ended = True
        told.pending.append(
            RunEnded(
                round=len(rounds.streams),
                state=state,
                reason="unknown" if last is None else last.end.reason,
                finish_reason=None if last is None else last.finish_reason,
                usage=rounds.usage,
                error=None if error is None else type(error).__name__,
            )
        )
