"""One answer as it arrives: its items, its deltas, its text, its accumulation, its end.

A dialect brings three things: a decoder (bytes to items), an accumulator (items to an answer) and the
translation of one item to deltas. What runs them is in ``_engine``, what reads them in ``_views`` and
``_text_views``; here is what a caller sees. Nothing here knows a dialect, or aiohttp.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from ..answers import Citation
from ..deltas import Delta, StreamEnd, ToolCall
from ..images import Image
from ..ratelimit import RateLimit
from ..timings import Timings
from ..usage import Usage
from ._engine import Engine, Make
from ._views import Batches, Deltas, Text

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from ..transport import Call

__all__ = ["Stream"]

ItemT_co = TypeVar("ItemT_co", covariant=True)
FinalT_co = TypeVar("FinalT_co", covariant=True)
OutputT = TypeVar("OutputT")
SelfT = TypeVar("SelfT", bound="Stream[Any, Any]")


class Stream(Generic[ItemT_co, FinalT_co]):
    """The items of one answer, in order, once.

    It can be awaited, entered or simply iterated; the first of these sends the request. It owns the
    connection: the end of the answer gives it back, and leaving in any other way (``async with``, ``break``
    and dropping the object, ``aclose``, ``abort``) closes it at once, which stops the model. Cancelling
    ``__anext__`` loses nothing, so a limit per item is just ``asyncio.timeout``; cancelling the wait of
    ``await`` or ``async with`` closes it. One reader at a time.

    ``aclose`` and ``abort`` may be called from anywhere, a stop button for one: whoever reads in another task
    gets what had arrived, and then the end, in every view; ``final`` gives the answer as far as it had
    arrived. ``end.state`` is "closed" then, and tells such an answer from a whole one.

    Raises, from every view:
        APIStatusError: The gateway refused, or reported an error inside the stream.
        StreamInterrupted: The body ended before its end mark.
        APITimeoutError: A clock ran out.
        DecodeError: An event is malformed.
        MisuseError: Two readers, or a use after ``await`` or ``async with`` was cancelled.

        ``error.partial`` is what had arrived, in the shape of ``final()``.

    Each dialect has its own: ``ChatStream`` of chunks, ``ResponsesStream`` of events (with ``response_id``
    and ``sequence_number``), ``GeminiStream`` of answers. ``Stream[Item, Answer]`` is what a function says
    that takes all of them; it is covariant, so a ``ChatStream`` is a ``Stream[object, ChatCompletion]``.

    >>> from gravitex_async import AsyncGravitex, Stream
    >>> async def show(stream: Stream[object, object]) -> None:
    ...     async for text in stream.text():
    ...         print(text, end="")
    >>> async with AsyncGravitex() as client:
    ...     await show(client.responses.stream(model="gpt-5.2", input="hi"))
    You said: hi
    """

    __slots__ = ("__weakref__", "_engine", "_items")

    dialect: ClassVar[str] = ""
    """``chat``, ``responses`` or ``gemini``."""

    def __init__(self, call: Call, make: Make[ItemT_co, FinalT_co]) -> None:
        self._engine: Engine[ItemT_co, FinalT_co] = Engine(call, make)
        self._items = self._engine.reading.queue.items

    def __repr__(self) -> str:
        # Where it stands, and nothing of what it holds: a repr ends in logs.
        reading = self._engine.reading
        state = reading.end.state
        if state == "open":
            how = f": {self._engine.activity}"
        elif reading.failure is not None:
            how = f": {type(reading.failure).__name__}"
        else:
            how = "" if state == "closed" else f": {reading.end.reason}"
        return f"<{type(self).__name__} {state}{how}, {reading.events} events>"

    # Opening and leaving

    def __await__(self: SelfT) -> Generator[Any, None, SelfT]:
        return self._begun().__await__()

    async def __aenter__(self: SelfT) -> SelfT:
        return await self._begun()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    async def aclose(self) -> None:
        """Leaves the stream: the accumulators keep what has arrived, and readers come to the end."""
        self.abort()

    close = aclose

    def abort(self) -> None:
        """Leaves the stream now, without awaiting, from any thread. Idempotent."""
        self._engine.abort()

    # Views

    def __aiter__(self: SelfT) -> SelfT:
        return self

    async def __anext__(self) -> ItemT_co:
        if self._items or await self._engine.fill("items"):
            return self._items.pop()
        raise StopAsyncIteration

    def deltas(self, *, split_thinking: bool = False) -> AsyncIterator[Delta]:
        """The answer in the one form all dialects share.

        Joined, the pieces of a text are what its accumulator says, whichever events brought it: the end that
        only a whole text brings is a piece of its own. Where a whole text does not go on from what was given
        it wins in the accumulator; ``end.revised`` names that then.

        Args:
            split_thinking: Whether ``<think>`` at the start of the content is taken out of it again and
                becomes ``reasoning_content``; the accumulators keep it as sent.
        """
        if not split_thinking:
            return Deltas(self._engine)
        from ._text_views import SplitDeltas

        return SplitDeltas(Deltas(self._engine))

    def text(self) -> AsyncIterator[str]:
        """The pieces of the content (of choice 0), never an empty one.

        Joined they are ``content``, unless ``end.revised`` names it: see ``deltas``.
        """
        return Text(self._engine)

    def batches(self) -> AsyncIterator[list[ItemT_co]]:
        """One list per network read, never an empty one: the unit in which to forward."""
        return Batches(self._engine)

    def partial(
        self, type_: TypeForm[OutputT], *, strings: Literal["final", "growing"] = "final"
    ) -> AsyncIterator[OutputT]:
        """The content as a value of *type_* that grows: structs, dataclasses, TypedDicts, pydantic models.

        It is one object, given out each time it shows more. A field is final once its JSON is closed; before
        that it is its default, or None (in a TypedDict: absent). Objects grow by their fields, lists by
        finished elements. What is given last is the whole value, decoded and checked; where the stream is
        closed before its end, that does not come.

        Args:
            strings: "growing" shows texts before they are whole; long ones in steps, not at every piece.

        Raises, beside what every view raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: At the end; the answer is no such value.
            MisuseError: The type has no JSON form.
        """
        from ._text_views import PartialOutput

        return PartialOutput(self._engine, type_, strings)

    async def final(self) -> FinalT_co:
        """Reads what is left, and gives the whole answer; of a closed stream, what had arrived."""
        engine, reading = self._engine, self._engine.reading
        while reading.queue or await engine.fill("deltas"):
            reading.queue.discard()
            engine.forget_taken()
        return engine.answer()

    # What has arrived

    @property
    def content(self) -> str:
        """The text that has arrived (of choice 0)."""
        return self._engine.reading.accumulator.content

    @property
    def reasoning_content(self) -> str:
        """The thinking that has arrived, from whichever field it came in."""
        return self._engine.reading.accumulator.reasoning_content

    @property
    def refusal(self) -> str:
        """The refusal that has arrived; "" when there is none."""
        return self._engine.reading.accumulator.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls that have arrived, each as far as it has."""
        return self._engine.reading.accumulator.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """The finish reason as the wire has it; ``end.reason`` is its neutral class."""
        return self._engine.reading.accumulator.finish_reason

    @property
    def usage(self) -> Usage:
        """The last usage sent; ``source == "none"`` while there is none."""
        return self._engine.reading.accumulator.usage

    @property
    def arrived(self) -> FinalT_co:
        """The answer as far as it has arrived, in the shape of ``final()``."""
        return self._engine.answer()

    @property
    def citations(self) -> list[Citation]:
        """The sources that were named so far (by choice 0)."""
        found: list[Citation] = self._words.citations
        return found

    @property
    def images(self) -> list[Image]:
        """The images that have arrived (of choice 0), those in the content's Markdown too."""
        found: list[Image] = self._words.images
        return found

    def parsed(self, type_: TypeForm[OutputT]) -> OutputT:
        """The content as a value of *type_*, once the stream has ended; see ``partial`` for one that grows.

        Raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: The content is no such value.
            MisuseError: The type has no JSON form.
        """
        answer: Any = self._engine.answer()
        value: OutputT = answer.parsed(type_)
        return value

    def to_input(self) -> list[dict[str, Any]]:
        """What has arrived as the model's turn, to follow the input of the next request.

        Signatures and unknown fields go back as they came; see ``to_input`` of the answer for its choices.
        """
        turn: list[dict[str, Any]] = self._words.to_input()
        return turn

    @property
    def last_raw(self) -> bytes | None:
        """The payload of the item handed out last, as sent; None before the first."""
        return self._engine.reading.queue.last_payload

    @property
    def end(self) -> StreamEnd:
        """How it ended, or stands."""
        return self._engine.reading.end

    @property
    def timings(self) -> Timings:
        """When its parts came."""
        return self._engine.timings

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, case-insensitive; empty before they came."""
        return self._engine.headers

    @property
    def request_id(self) -> str | None:
        """The gateway's id of this request."""
        return self._engine.request_id

    @property
    def rate_limit(self) -> RateLimit:
        """What the headers say of the gateway's limits."""
        return RateLimit.of(self._engine.headers)

    @property
    def attempts(self) -> int:
        """How many tries it took to get the answer."""
        return self._engine.attempts

    @property
    def _words(self) -> Any:
        """What has arrived, for what only the answer of a dialect can say."""
        return self._engine.reading.accumulator.final()

    async def _begun(self: SelfT) -> SelfT:
        await self._engine.begin()
        return self
