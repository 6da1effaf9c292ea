"""One answer as it arrives: its items, its deltas, its text, its accumulation, its end.

Strategy
    ``_fill`` is the only place that waits. It reads what the network brought, has it decoded and folded
    into the accumulator at once, and puts the items in a queue; all views take from that queue. So the
    accumulators are the same whichever view is read, and a cancelled wait has changed nothing.

    What fails is raised when everything that arrived before it has been delivered, by every view and as
    often as it is asked. The stored error is never raised itself but copied: a raised exception refers to
    its frames, and a stream that refers to itself would not be freed when its last reader drops it.

    A dialect brings three things: a decoder (bytes to items), an accumulator (items to an answer) and the
    translation of one item to deltas. This file knows nothing else of dialects, and nothing of aiohttp.

Ending (law 1): the accumulator says whether the answer is whole (``complete``); if it is, whatever
happens to the connection afterwards is no failure of the answer.
"""

from __future__ import annotations

import asyncio
import copy
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from ._decode import EventDecoder
from ._failures import ErrorInfo, error_of, find_error, parse_body, request_id_of
from ._json import loads_tolerant
from ._sniff import is_event_stream
from .deltas import Delta, EndReason, StreamEnd, ToolCall, end_state
from .errors import APIError, APIStatusError, DecodeError, GravitexError, MisuseError, StreamInterrupted
from .ratelimit import RateLimit
from .timings import Timings
from .transport import MAX_BODY_BYTES, without_secret
from .usage import Usage

if TYPE_CHECKING:
    from .transport import Call, Clocks, Response

__all__ = ["Accumulator", "Stream"]

EVENT_STREAM = "text/event-stream"

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")
FinalT_co = TypeVar("FinalT_co", covariant=True)
OutputT = TypeVar("OutputT")
SelfT = TypeVar("SelfT", bound="Stream[Any, Any]")


class Accumulator(Protocol[ItemT, FinalT_co]):
    """What a dialect makes of its items. Works without asyncio; linear in what it is fed."""

    made: list[Delta | Sequence[Delta]] | None
    """None until somebody reads deltas; from then on ``fold`` puts an entry per item it takes here: its Delta,
    or all of them. It begins anew with each read (``start == 0``)."""

    @property
    def content(self) -> str: ...
    @property
    def reasoning_content(self) -> str: ...
    @property
    def refusal(self) -> str: ...
    @property
    def tool_calls(self) -> list[ToolCall]: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def reason(self) -> EndReason:
        """The neutral class of the finish reason."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the answer is whole: every choice finished, or the closing event was seen."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the dialect says that nothing follows, so that the body need not be read on."""
        ...

    @property
    def progress(self) -> tuple[int, int]:
        """How many pieces of content and of reasoning there were so far."""
        ...

    def fold(self, items: Sequence[ItemT], start: int) -> int:
        """Takes items from *start* on; stops at the first that may be an error and returns its index."""
        ...

    def error_in(self, tree: Any) -> ErrorInfo | None:
        """The error in the plain values of an item at which ``fold`` stopped; None when it is none."""
        ...

    def whole(self, body: bytes) -> list[ItemT]:
        """The items of an answer that came as one JSON body where a stream was asked for.

        Raises:
            ValueError: It is no answer of this dialect.
        """
        ...

    def deltas(self, item: ItemT) -> Sequence[Delta]:
        """What one item adds, per choice."""
        ...

    def final(self) -> FinalT_co:
        """The answer as far as it has arrived, in the shape of a plain one."""
        ...


class Stream(Generic[ItemT, FinalT]):
    """The items of one answer, in order, once.

    It can be awaited, entered or simply iterated; the first of these sends the request. It owns the
    connection: the end of the answer gives it back, and leaving in any other way (``async with``, ``break``
    and dropping the object, ``aclose``, ``abort``) closes it at once, which stops the model. Cancelling
    ``__anext__`` loses nothing, so a limit per item is just ``asyncio.timeout``. One reader at a time.

    Raises, from every view:
        APIStatusError: The gateway refused, or reported an error inside the stream.
        StreamInterrupted: The body ended before its end mark.
        APITimeoutError: A clock ran out.
        DecodeError: An event is malformed.
        MisuseError: Two readers, or a read after ``aclose``.

        ``error.partial`` is what had arrived, in the shape of ``final()``.
    """

    def __init__(
        self, call: Call, make: Callable[[], tuple[EventDecoder[ItemT], Accumulator[ItemT, FinalT]]]
    ) -> None:
        self._call = call
        self._make = make
        self._decoder, self._folded = make()
        self._opening: asyncio.Task[Response] | None = None
        self._response: Response | None = None
        self._headers: Mapping[str, str] = {}
        self._attempts = 1
        self._pending: list[ItemT] = []  # last first: the next one is popped off the end
        self._fresh = 0  # items of the last read
        self._touched = False  # whether items of earlier reads were handed out
        self._failure: GravitexError | None = None
        self._reading = False
        self._at_mark = False  # the end mark was seen, the end of the body was not
        self._unsure: bytearray | None = None  # the start of a body that may be no stream
        self._ended = False
        self.end = StreamEnd()
        self.timings = Timings()

    # Opening and leaving

    def __await__(self: SelfT) -> Generator[Any, None, SelfT]:
        return self._opened().__await__()

    async def __aenter__(self: SelfT) -> SelfT:
        return await self._opened()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def __del__(self) -> None:
        self.abort()

    async def aclose(self) -> None:
        """Leaves the stream; ``arrived`` and the accumulators keep what has arrived."""
        self.abort()

    close = aclose

    def abort(self) -> None:
        """Leaves the stream now, without awaiting, from any thread. Idempotent."""
        if self._ended:
            return
        if self._at_mark:
            self._finish()
        else:
            self._ended = True
            self.end.state = "closed"
            self._note_evidence()
        if self._opening is not None:
            _cancel(self._opening)
        if self._response is not None:
            self._response.release()

    # Views

    def __aiter__(self: SelfT) -> SelfT:
        return self

    async def __anext__(self) -> ItemT:
        if not self._pending and not await self._fill():
            raise StopAsyncIteration
        return self._pending.pop()

    def deltas(self, *, split_thinking: bool = False) -> AsyncIterator[Delta]:
        """The answer in the one form all dialects share.

        Args:
            split_thinking: Whether ``<think>`` at the start of the content is taken out of it again and
                becomes ``reasoning_content``; the accumulators keep it as sent.
        """
        if not split_thinking:
            return _Deltas(self)
        from ._views import SplitDeltas

        return SplitDeltas(_Deltas(self))

    def text(self) -> AsyncIterator[str]:
        """The pieces of the content (of choice 0), never an empty one."""
        return _Text(self)

    def batches(self) -> AsyncIterator[list[ItemT]]:
        """One list per network read, never an empty one: the unit in which to forward."""
        return _Batches(self)

    def partial(
        self, type_: type[OutputT], *, strings: Literal["final", "growing"] = "final"
    ) -> AsyncIterator[OutputT]:
        """The content as a value of *type_* that grows: structs, dataclasses, TypedDicts, pydantic models.

        It is one object, given out each time it shows more. A field is final once its JSON is closed; before
        that it is its default, or None (in a TypedDict: absent). Objects grow by their fields, lists by
        finished elements. What is given last is the whole value, decoded and checked.

        Args:
            strings: "growing" shows texts before they are whole; long ones in steps, not at every piece.

        Raises, beside what every view raises:
            RefusalError, TruncatedOutputError, InvalidOutputError: At the end; the answer is no such value.
            MisuseError: The type has no JSON form.
        """
        from ._views import PartialOutput

        return PartialOutput(self, type_, strings)

    async def final(self) -> FinalT:
        """Reads what is left, and gives the whole answer."""
        while self._pending or await self._fill():
            self._pending.clear()
            self._forget_taken()
        return self._folded.final()

    # What has arrived

    @property
    def content(self) -> str:
        """The text that has arrived (of choice 0)."""
        return self._folded.content

    @property
    def reasoning_content(self) -> str:
        """The thinking that has arrived, from whichever field it came in."""
        return self._folded.reasoning_content

    @property
    def refusal(self) -> str:
        """The refusal that has arrived; "" when there is none."""
        return self._folded.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls that have arrived, each as far as it has."""
        return self._folded.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """The finish reason as the wire has it; ``end.reason`` is its neutral class."""
        return self._folded.finish_reason

    @property
    def usage(self) -> Usage:
        """The last usage sent; ``source == "none"`` while there is none."""
        return self._folded.usage

    @property
    def arrived(self) -> FinalT:
        """The answer as far as it has arrived, in the shape of ``final()``."""
        return self._folded.final()

    def to_input(self) -> list[dict[str, Any]]:
        """What has arrived as the model's turn, to follow the input of the next request.

        Signatures and unknown fields go back as they came; see ``to_input`` of the answer for its choices.
        """
        answer: Any = self._folded.final()
        turn: list[dict[str, Any]] = answer.to_input()
        return turn

    @property
    def last_raw(self) -> bytes | None:
        """The payload of the item handed out last, as sent; None before the first."""
        taken = self._fresh - len(self._pending)
        return self._decoder.payload(taken - 1) if taken else None

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, case-insensitive; empty before they came."""
        return self._headers

    @property
    def request_id(self) -> str | None:
        """The gateway's id of this request."""
        return request_id_of(self._headers)

    @property
    def rate_limit(self) -> RateLimit:
        """What the headers say of the gateway's limits."""
        return RateLimit.of(self._headers)

    @property
    def attempts(self) -> int:
        """How many tries it took to get the answer."""
        return self._attempts

    # The engine

    async def _opened(self: SelfT) -> SelfT:
        with _OneReader(self):
            while not (self._begun or self._ended):
                await self._step()
            if self._failure is not None and not self._pending:
                raise copy.copy(self._failure)
        return self

    @property
    def _begun(self) -> bool:
        """Whether there is an answer, and no doubt that it is a stream but what its first bytes may raise."""
        response = self._response
        return response is not None and (self._unsure is None or response.content_type == EVENT_STREAM)

    async def _open(self) -> None:
        """Sends the request, once: a wait for its answer may be cancelled and taken up again."""
        if self._failure is not None:
            raise copy.copy(self._failure)
        if self._response is not None or self._ended:
            return
        if self._opening is None:
            self._opening = _task(self._call.open(None))
        opening = self._opening
        try:
            response = await asyncio.shield(opening)
        except asyncio.CancelledError:
            if not (self._ended and opening.cancelled()):
                raise
            self._at_end()  # nobody cancelled this wait: the stream was left in another task
            return
        except Exception as error:
            # The task holds the error, the error its traceback, that this frame: no cycle through here.
            del opening
            self._opening = None
            if isinstance(error, GravitexError):
                self._fail(error, "failed" if isinstance(error, APIStatusError) else "interrupted")
            raise
        self._opening = None
        self._begin(response)

    def _begin(self, response: Response) -> None:
        clocks = response.clocks
        self._response = response
        self._unsure = bytearray()
        self._headers = response.headers
        self._attempts = clocks.attempts
        self.timings.opened = clocks.started
        self.timings.headers = clocks.now() - clocks.started

    async def _fill(self) -> bool:
        """Waits until an item is in the queue; False when the stream has ended well."""
        with _OneReader(self):
            while not self._pending:
                if self._failure is not None:
                    raise copy.copy(self._failure)
                if self._ended:
                    return self._at_end()
                await self._step()
        return True

    async def _step(self) -> None:
        response = self._response
        if response is None:
            await self._open()
        elif self._at_mark:
            self.end.evidence.clean_eof = await response.drain()
            self._finish()
        elif self._unsure is not None:
            await self._sniff(response)
        else:
            await self._read(response)

    def _at_end(self) -> bool:
        if self.end.state == "closed":
            raise MisuseError("the stream was closed before its end; what had arrived is in its accumulators")
        return False

    async def _read(self, response: Response) -> None:
        try:
            data = await response.read()
        except APIError as error:
            self._broke_off(error)
        else:
            self._received(data, response)

    def _received(self, data: bytes, response: Response) -> None:
        items = self._decoder.feed(data) if data else self._decoder.close()
        if self._decoder.stray and not (data or self._decoder.events):
            self._decoder.failure = None
            self._take_whole(self._decoder.stray, response)  # behind keep-alives
            return
        self._take(items, response.clocks)
        if self._failure is not None:
            return
        if not data:
            self.end.evidence.clean_eof = True
            self._finish()
        elif self._decoder.done or self._folded.closed:
            if response.at_eof:
                self.end.evidence.clean_eof = True
                self._finish()
            else:
                self._at_mark = True

    def _take(self, items: list[ItemT], clocks: Clocks) -> None:
        before = self._folded.progress
        start = 0
        while (start := self._folded.fold(items, start)) < len(items):
            failure = self._failure_at(start)
            if failure is not None:
                del items[start:]
                self._decoder.keep(start)
                self._decoder.failure = failure
                break
            if self._folded.made is not None:
                self._folded.made.append(self._folded.deltas(items[start]))
            start += 1
        after = self._folded.progress
        if items:
            clocks.handed(after != before)
        self.timings.read(clocks.now(), content=after[0] > before[0], reasoning=after[1] > before[1])
        self._touched = self._touched or len(self._pending) < self._fresh
        self._fresh = len(self._pending) + len(items)
        items.reverse()
        self._pending[:0] = items
        if self._decoder.failure is not None:
            self._refused(self._decoder.failure)

    def _deltas_made(self) -> list[Delta | Sequence[Delta]]:
        """What the queue's items add, last first: made when they were folded, or made now."""
        made = self._folded.made
        if made is not None and len(made) == len(self._pending) == self._fresh:
            return made[::-1]
        self._folded.made = made or []
        entries: list[Delta | Sequence[Delta]] = [self._folded.deltas(item) for item in self._pending[::-1]]
        return entries[::-1]

    def _failure_at(self, index: int) -> APIError | None:
        info = self._folded.error_in(loads_tolerant(self._decoder.payload(index)))
        return None if info is None else error_of(info)

    def _broke_off(self, error: APIError) -> None:
        """The connection failed: no matter if the answer is whole, else the end of it."""
        if self._ended:  # by ``abort`` in another task
            return
        if self._decoder.done or self._folded.complete:
            self._finish()
        elif not self._again(error):
            self._fail(error, "interrupted")

    def _forget_taken(self) -> None:
        """The items taken from the queue held no content and went to nobody: another try may replace them."""
        if self._folded.progress == (0, 0):
            self._fresh = len(self._pending)

    def _refused(self, error: APIError) -> None:
        if not self._again(error):
            self._fail(error, "failed")

    def _again(self, error: APIError) -> bool:
        """Begins another try, where one is allowed: nothing but empty items had come, none was handed out."""
        response = self._response
        touched = self._touched or len(self._pending) < self._fresh
        if response is None or touched or self._folded.progress != (0, 0) or not error.retryable:
            return False
        if not self._call.allows_retry(error, response.clocks):
            return False
        response.abort(error)
        self._response = None
        self._at_mark = False
        self._fresh = 0
        self._pending.clear()
        self._decoder, self._folded = self._make()
        self._opening = _task(self._call.open(response.clocks, after=copy.copy(error)))
        return True

    def _finish(self) -> None:
        """The body has ended, or need not be read on."""
        if not (self._decoder.done or self._folded.complete):
            self._cut()
            return
        self._note_evidence()
        self._ended = True
        reason = self._folded.reason
        # Only chat has a word for it on the wire; the neutral class is the same in all dialects.
        self.end.reason = "tool_calls" if reason == "stop" and self._folded.tool_calls else reason
        self.end.state = end_state(self.end.reason)
        if self._response is not None:
            self._response.release()

    def _cut(self) -> None:
        error = StreamInterrupted(
            f"the stream ended before its end mark, after {self._decoder.events} events and "
            f"{self._decoder.bytes} bytes; what had arrived is in error.partial"
        )
        if not self._again(error):
            self._fail(error, "interrupted")

    def _fail(self, error: GravitexError, state: Literal["failed", "interrupted"]) -> None:
        self._note_evidence()
        self._ended = True
        self.end.state = state
        self.end.reason = "error"
        response = self._response
        if isinstance(error, APIError) and response is not None:
            error = without_secret(error, response.secret)
            error.partial = self._folded.final() if self._decoder.events else None
            error.attempts = self._attempts
            error.headers = {name.lower(): value for name, value in self._headers.items()}
            error.request_id = error.request_id or self.request_id
            response.abort(error)
        self._failure = copy.copy(error)

    def _note_evidence(self) -> None:
        evidence = self.end.evidence
        evidence.finish_seen = self._folded.complete
        evidence.done_seen = self._decoder.done
        evidence.events = self._decoder.events
        evidence.bytes = self._decoder.bytes

    async def _sniff(self, response: Response) -> None:
        """Reads on until it is plain what the body is; what was read survives a cancelled wait."""
        body = self._unsure
        assert body is not None
        try:
            data = await response.read()
        except APIError as error:
            self._unsure = None
            self._broke_off(error)
            return
        streams = is_event_stream(data if not body else bytes(body[:128]) + data[:128])
        if data and streams:
            self._unsure = None
            self._received(bytes(body) + data if body else data, response)
            return
        body += data if body else data.lstrip()
        if not data or len(body) > MAX_BODY_BYTES:
            self._unsure = None
            self._take_whole(bytes(body), response)

    def _take_whole(self, body: bytes, response: Response) -> None:
        """A body that is no stream: a whole answer is delivered as such, everything else is an error."""
        if not body and response.content_type == EVENT_STREAM:
            self._finish()
            return
        found = find_error(parse_body(body))
        if found is not None:
            self._refused(error_of(found))
            return
        try:
            items = self._folded.whole(body)
        except (ValueError, RecursionError, GravitexError):
            self._refused(_not_a_stream(response.content_type, body))
            return
        self._decoder.adopt(items, body)
        self._take(items, response.clocks)
        if self._failure is None:
            self.end.evidence.clean_eof = True
            self._finish()


def _not_a_stream(content_type: str, body: bytes) -> DecodeError:
    excerpt = body[:512].decode("utf-8", "replace")
    return DecodeError(
        f"expected text/event-stream, got {content_type or 'no content type'!r}: {excerpt[:200]!r}; "
        f"check that base_url leads to the gateway",
        body=excerpt,
    )


class _OneReader:
    """Marks a stream as being read; a second reader is a mistake of the caller's."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Stream[Any, Any]) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        if self._stream._reading:
            raise MisuseError("another task is reading this stream; one reader at a time")
        self._stream._reading = True

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stream._reading = False
        if kind is asyncio.CancelledError and (task := asyncio.current_task()) is not None:
            task.remove_done_callback(_forget_frames)
            task.add_done_callback(_forget_frames)


def _task(coroutine: Coroutine[Any, Any, Response]) -> asyncio.Task[Response]:
    """The request as a task of its own, so that cancelling a wait for its answer does not send it twice."""
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(_retrieved)
    return task


def _forget_frames(task: asyncio.Task[Any]) -> None:
    """Lets go of the frames of a task that was cancelled while it read.

    A task keeps its CancelledError, that its frames, and these their stream: whoever keeps the task, to
    gather it for one, would keep the connection open. Its ``result`` raises a new CancelledError then.
    """
    make = getattr(task, "_make_cancelled_error", None)
    if not task.cancelled() or make is None:
        return
    error = make()
    while sys.version_info < (3, 11) and (error := error.__context__) is not None:
        traceback.clear_frames(error.__traceback__)  # the task keeps this one all the same


def _retrieved(task: asyncio.Task[Response]) -> None:
    """Looks at the error of a task that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()


def _cancel(task: asyncio.Task[Response]) -> None:
    loop = task.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)


class _Deltas(Generic[ItemT, FinalT]):
    """Items of a stream as deltas, which the accumulator makes along the way once they are asked for.

    ``_made`` stands beside the stream's queue, entry by entry; where another view took items in between, the
    rest is translated one by one. Not through the stream's own ``__anext__``: a coroutine less per delta.
    """

    def __init__(self, stream: Stream[ItemT, FinalT]) -> None:
        self._stream = stream
        self._pending = stream._pending
        self._made: list[Delta | Sequence[Delta]] = []
        self._more: list[Delta] = []

    def __aiter__(self) -> _Deltas[ItemT, FinalT]:
        return self

    async def __anext__(self) -> Delta:
        pending, made = self._pending, self._made
        while not self._more:
            if not made or len(made) != len(pending):
                if not pending and not await self._stream._fill():
                    raise StopAsyncIteration
                made = self._made = self._stream._deltas_made()
            pending.pop()
            found = made.pop()
            if isinstance(found, Delta):
                return found
            self._more = list(reversed(found))
        return self._more.pop()


class _Text(Generic[ItemT, FinalT]):
    """The content of choice 0, piece by piece; made from deltas in the same way."""

    def __init__(self, stream: Stream[ItemT, FinalT]) -> None:
        self._stream = stream
        self._pending = stream._pending
        self._made: list[Delta | Sequence[Delta]] = []

    def __aiter__(self) -> _Text[ItemT, FinalT]:
        return self

    async def __anext__(self) -> str:
        pending, made = self._pending, self._made
        while True:
            if not made or len(made) != len(pending):
                made = await self._refill()
            pending.pop()
            found = made.pop()
            if isinstance(found, Delta):
                text = "" if found.index else found.content
            else:
                text = "".join([delta.content for delta in found if not delta.index])
            if text:
                return text

    async def _refill(self) -> list[Delta | Sequence[Delta]]:
        if not self._pending:
            self._stream._forget_taken()
            if not await self._stream._fill():
                raise StopAsyncIteration
        self._made = self._stream._deltas_made()
        return self._made


class _Batches(Generic[ItemT, FinalT]):
    """All items of one read at a time."""

    def __init__(self, stream: Stream[ItemT, FinalT]) -> None:
        self._stream = stream

    def __aiter__(self) -> _Batches[ItemT, FinalT]:
        return self

    async def __anext__(self) -> list[ItemT]:
        stream = self._stream
        if not stream._pending and not await stream._fill():
            raise StopAsyncIteration
        batch = stream._pending[::-1]
        stream._pending.clear()
        return batch
