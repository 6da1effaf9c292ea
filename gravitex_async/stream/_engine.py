"""The engine of a stream: opens the answer, waits for its bytes, tries again, lets go.

Strategy
    ``fill`` is the only place that waits. What it gets it hands to the ``Reading``, which decodes, folds and
    judges; all views take from the queue of that. So the accumulators are the same whichever view is read,
    and a cancelled wait has changed nothing.

    What fails is raised when everything that arrived before it has been delivered, by every view and as
    often as it is asked.

    Streams and views hold the engine, and nothing it holds refers back to them: when the last of them is
    dropped the connection is closed, without a garbage collector.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from .._frames import forget_frames_later
from .._headers import request_id_of
from ..answers import tell_origin
from ..decoding import EventDecoder
from ..errors import APIError, GravitexError, MisuseError
from ..timings import Timings
from ..transport import check_loop, without_secret
from ._accumulator import Accumulator
from ._queue import Kind
from ._reading import Reading
from ._sniff import EVENT_STREAM
from ._tasks import BUSY, CALLED_OFF, OneReader

if TYPE_CHECKING:
    from ..transport import Call, Opening, Response

__all__ = ["Engine", "Make"]

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")

Make = Callable[[], tuple[EventDecoder[ItemT], Accumulator[ItemT, FinalT]]]


class Engine(Generic[ItemT, FinalT]):
    """One answer from the request to its end. Owns the connection; one reader at a time."""

    __slots__ = (
        "__weakref__", "_call", "_make", "_opening", "_progress", "_response", "_steady", "attempts", "busy",
        "headers", "reading", "timings",
    )  # fmt: skip

    def __init__(self, call: Call, make: Make[ItemT, FinalT]) -> None:
        self._opening: Opening | None = None
        self._response: Response | None = None
        self._call: Call | None = call  # None once there can be no other try
        self._make = make
        self.reading = Reading(*make())
        self._steady: Response | None = None  # the response while there is nothing to do but to read it
        self._progress = (0, 0)
        self.headers: Mapping[str, str] = {}
        self.attempts = 1
        self.busy = False
        self.timings = Timings()

    def __del__(self) -> None:
        if self._opening is not None or self._response is not None:
            self.abort(collected=True)

    def abort(self, *, collected: bool = False) -> None:
        """Leaves the answer now, from any thread; *collected*: also in the midst of anything. Idempotent."""
        if self.reading.over:
            return
        self.reading.leave()
        self._steady = None
        if self._opening is not None:
            self._opening.cancel()
        if self._response is not None:
            self._response.used(self.reading.accumulator.usage)
            self._response.release(collected=collected)

    @property
    def request_id(self) -> str | None:
        """The gateway's id of this request."""
        return request_id_of(self.headers)

    def answer(self) -> FinalT:
        """What has arrived, as an answer that knows how it came."""
        answer = self.reading.accumulator.final()
        self._tell_origin(answer)
        return answer

    def _tell_origin(self, answer: object) -> None:
        tell_origin(
            answer,
            headers=self.headers,
            attempts=self.attempts,
            timings=self.timings,
            end=self.reading.end,
        )

    @property
    def activity(self) -> str:
        """What goes on while the stream is open, in words."""
        reading = self.reading
        if self._response is None:
            call = None if self._opening is None else self._call
            return "not sent" if call is None else f"waiting for {call.waits_for}"
        if not self.busy:
            return f"{len(reading.queue)} not taken" if reading.queue else "not being read"
        if reading.marked:
            return "waiting for the end of the body"
        return f"waiting for {'more' if any(reading.accumulator.progress) else 'the first content'}"

    # Opening

    async def begin(self) -> None:
        """Sends the request, and waits until the answer has begun.

        Raises:
            GravitexError: There was none, or its first bytes are an error.
        """
        reading = self.reading
        with OneReader(self):
            try:
                while not (self._begun or reading.over):
                    await self._step()
            except asyncio.CancelledError:
                # Who awaits or enters a stream has none yet, so nobody else can leave it.
                if not reading.over:
                    self.abort()
                    reading.failure = MisuseError(CALLED_OFF)
                raise
            if reading.failure is not None and not reading.queue:
                raise copy.copy(reading.failure)

    @property
    def _begun(self) -> bool:
        """Whether there is an answer, and no doubt that it is a stream but what its first bytes may raise."""
        response = self._response
        return response is not None and (self.reading.known or response.content_type == EVENT_STREAM)

    async def _open(self) -> None:
        """Sends the request, once: a wait for its answer may be cancelled and taken up again."""
        if self._opening is None:
            assert self._call is not None  # it is let go when items were handed out
            self._opening = self._call.opening(None)
        opening = self._opening
        check_loop(opening.loop)
        try:
            response = await opening.response()
        except asyncio.CancelledError:
            if not (self.reading.over and opening.cancelled):
                raise
            return  # nobody cancelled this wait: the stream was left in another task
        except Exception as error:
            # Its task holds the error, the error its traceback, that this frame: no cycle through here.
            del opening
            self._opening = None
            if isinstance(error, GravitexError):
                self.reading.broke_off(error)
            raise
        self._opening = None
        self._begin(response)

    def _begin(self, response: Response) -> None:
        clocks = response.clocks
        self._response = response
        self.reading.content_type = response.content_type
        self.headers = response.headers
        self.attempts = clocks.attempts
        self.timings.opened = clocks.started
        self.timings.headers = clocks.now() - clocks.started

    # Reading

    async def fill(self, kind: Kind) -> bool:
        """Waits until the queue holds entries of *kind*; False: the stream ended well, or was closed."""
        if self.busy:
            raise MisuseError(BUSY)
        queue = self.reading.queue
        entries = queue.filled if kind is queue.kind else queue.turn(kind)
        self.busy = True
        try:
            while not entries:
                response = self._steady
                if response is None:
                    if self.reading.over:
                        return self._at_end()
                    await self._step()
                    continue
                if self._call is not None or queue.held:
                    self._settle()
                try:
                    data = response.take()
                except APIError as error:
                    self._broke_off(error, response)
                    continue
                if data is None:
                    # This wait may be cancelled, and nothing has changed yet: the next call waits again.
                    await response.wait()
                else:
                    self._received(data, response)
        except asyncio.CancelledError as error:
            if self._response is not None:
                self._response.gave_up()
            forget_frames_later(error)
            raise
        finally:
            self.busy = False
        return True

    def _settle(self) -> None:
        """All was handed out: lets go of it, and of what only another try needs, so that waiting is cheap."""
        if self.reading.queue.taken:
            self._call = None
            self.reading.queue.settle()

    async def _step(self) -> None:
        """Does what there is to do before, or behind, the plain reading of the body."""
        response, reading = self._response, self.reading
        if response is None:
            await self._open()
        elif reading.at_mark:
            reading.end_of_body(clean=await response.drain())
            self._close(response)
        else:
            await self._begin_to_read(response)

    async def _begin_to_read(self, response: Response) -> None:
        """Reads until it is plain what the body is; what was read survives a cancelled wait."""
        try:
            data = await response.read()
        except APIError as error:
            self._broke_off(error, response)
            return
        self._received(data, response)
        reading = self.reading
        if reading.known and not (reading.over or reading.at_mark) and self._response is response:
            self._steady = response

    def _at_end(self) -> bool:
        if self.reading.failure is not None:
            raise copy.copy(self.reading.failure)
        return False

    def _received(self, data: bytes, response: Response) -> None:
        reading = self.reading
        if reading.over:  # by ``abort`` in another thread
            return
        if data:
            completed = reading.receive(data)
        else:
            reading.end_of_body()
            completed = True
        # All there is to note of a read, in one place: it is done for every event where each comes alone.
        pieces, thoughts = self._progress
        self._progress = more_pieces, more_thoughts = reading.accumulator.progress
        content, reasoning = more_pieces > pieces, more_thoughts > thoughts
        if completed:
            response.clocks.handed(content or reasoning)
        self.timings.read(response.clocks.at, content, reasoning)
        if reading.over:
            self._close(response)
        elif reading.marked:
            self._marked(response)

    def _marked(self, response: Response) -> None:
        """The answer says that nothing follows: ``_step`` waits for what is left of the body, or reads it."""
        if response.at_eof:
            self.reading.end_of_body()
            self._close(response)
        elif self.reading.at_mark:
            self._steady = None

    def _broke_off(self, error: APIError, response: Response) -> None:
        """The connection failed, or a clock ran out."""
        if not self.reading.over:  # else by ``abort`` in another task
            self.reading.broke_off(error)
            self._close(response)

    def forget_taken(self) -> None:
        """The items taken from the queue held no content and went to nobody: another try may replace them."""
        if self.reading.accumulator.progress == (0, 0):
            self.reading.queue.forget_taken()

    # Ending

    def _close(self, response: Response) -> None:
        """There is a verdict: begins another try, where that is allowed, or lets go of the response."""
        failure = self.reading.failure
        if isinstance(failure, APIError) and self._again(failure, response):
            return
        self._steady = None
        response.used(self.reading.accumulator.usage)
        if failure is None:
            response.release()
            return
        if isinstance(failure, APIError):
            failure = without_secret(failure, response.secret)
            failure.attempts = self.attempts
            failure.headers = {name.lower(): value for name, value in self.headers.items()}
            failure.request_id = failure.request_id or self.request_id
            self._tell_origin(failure.partial)
            response.abort(failure)
        self.reading.failure = copy.copy(failure)

    def _again(self, error: APIError, response: Response) -> bool:
        """Begins another try, where one is allowed: nothing but empty items had come, none was handed out."""
        call = self._call
        # Once a reader has been given anything, a second answer would be another one: models do not repeat
        # themselves. So nothing is tried again behind the first item, however it ended.
        if call is None or self.reading.touched or not error.retryable:
            return False
        if not call.allows_retry(error, response.clocks):
            return False
        response.abort(error)
        self._response = self._steady = None
        self._progress = (0, 0)
        self.reading.restart(*self._make())
        self._opening = call.opening(response.clocks, after=copy.copy(error))
        return True
