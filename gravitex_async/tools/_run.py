"""A run of tools as a caller sees it: its views, its history, how it is left; the engine is ``_rounds``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..deltas import Delta
from ..errors import MisuseError
from ..usage import Usage
from ._events import RunEvent
from ._rounds import Rounds
from ._views import Across, Events, Streams

if TYPE_CHECKING:
    from ..stream import Stream

__all__ = ["ToolRun"]

FinalT_co = TypeVar("FinalT_co", covariant=True)
SelfT = TypeVar("SelfT", bound="ToolRun[Any]")


class ToolRun(Generic[FinalT_co]):
    """The rounds of one run. Iterate it for the deltas of all rounds, or ``await run.final()``.

    Cancelling a read loses nothing, as with every stream: tools that are running go on, and the next read
    takes what they gave. So a limit around one read is just ``asyncio.timeout``. One reader at a time.

    Leaving ``async with``, ``aclose``, ``abort``, or dropping the object ends the run: the stream of the
    current round is closed, and tools that are running are cancelled (a thread cannot be: it runs on, and
    what it gives is lost). The end of ``async with`` and ``aclose`` give them a few seconds to clean up.

    ``aclose`` and ``abort`` may be called from any task, a stop button for one: whoever reads comes to the
    end at once, as does a run one of whose streams was closed. ``messages`` holds whole exchanges only, so it
    can be the input of another run.

    Raises, when read:
        ToolRoundsError: The model still calls tools in the last round allowed.
        GravitexError: Whatever a stream raises.
        MisuseError: Two readers, or ``final`` of a run without a round.
    """

    def __init__(self, rounds: Rounds[FinalT_co]) -> None:
        self._rounds = rounds

    def __repr__(self) -> str:
        # Its state, and nothing of the conversation: that may be private.
        streams = self._rounds.streams
        round_ = repr(streams[-1]) if streams else "not sent"
        return f"<ToolRun round {len(streams)} of {self._rounds.max_rounds}: {round_}>"

    # What has happened

    @property
    def rounds(self) -> list[Stream[Any, FinalT_co]]:
        """The streams of all rounds so far, the current one last."""
        return self._rounds.streams

    @property
    def messages(self) -> list[Any]:
        """The conversation in the dialect's form: what was given, and every whole exchange since."""
        return list(self._rounds.history)

    @property
    def input(self) -> list[Any]:
        """The same as ``messages``, under the name the Responses dialect has for it."""
        return self.messages

    @property
    def usage(self) -> Usage:
        """The usage of all rounds, added up."""
        return self._rounds.usage

    @property
    def content(self) -> str:
        """The text of the current round."""
        return self.rounds[-1].content if self.rounds else ""

    # Views

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self.deltas()

    def events(self) -> AsyncIterator[RunEvent]:
        """All that happens: text, thinking, calls, their results as each tool finishes, rounds, the end.

        The last one is always ``end``, however the run ends; where it fails, reading on raises the error. A
        second ``events()`` goes on where the first one stood. Speaks of choice 0.

        >>> from gravitex_async import AsyncGravitex, run_tools
        >>> def get_weather(city: str) -> str:
        ...     "The weather of a city now."
        ...     return "sunny"
        >>> async with AsyncGravitex() as client:
        ...     run = run_tools(client, model="gpt-5.2", input="What is the weather?", tools=[get_weather])
        ...     async for event in run.events():
        ...         if event.type == "tool_result":
        ...             print(event.name, event.arguments, event.error or event.value)
        ...         elif event.type == "end":
        ...             print(event.state, event.round)
        get_weather {"city":"What is the weather?"} sunny
        completed 2
        """
        return Events(self._rounds)

    def deltas(self) -> AsyncIterator[Delta]:
        """The deltas of all rounds, in order."""
        return Across(self._rounds, lambda stream: stream.deltas())

    def text(self) -> AsyncIterator[str]:
        """The pieces of the content of all rounds, never an empty one."""
        return Across(self._rounds, lambda stream: stream.text())

    def streams(self) -> AsyncIterator[Stream[Any, FinalT_co]]:
        """The rounds' streams one by one, to be read in any of their views; what is left is read here."""
        return Streams(self._rounds)

    async def final(self) -> FinalT_co:
        """Runs to the end and gives the answer of the last round; if the run was left, what had arrived."""
        rounds = self._rounds
        while await rounds.advance():
            pass
        if not rounds.streams:
            raise MisuseError("the run was left before its first round, so there is no answer")
        return await rounds.streams[-1].final()

    # Leaving

    async def __aenter__(self: SelfT) -> SelfT:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._rounds.aclose()

    async def aclose(self) -> None:
        """Leaves the run; what has happened so far can still be looked at."""
        await self._rounds.aclose()

    def abort(self) -> None:
        """Leaves the run now, without awaiting, from any thread. Idempotent."""
        self._rounds.abort()
