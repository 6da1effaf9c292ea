"""The engine of a stream: opens the answer, reads, has it decoded and folded, and knows how it ended.

Strategy
    ``fill`` is the only place that waits. It reads what the network brought, has it decoded and folded
    into the accumulator at once, and puts it in a queue; all views take from there. So the accumulators are
    the same whichever view is read, and a cancelled wait has changed nothing.

    What fails is raised when everything that arrived before it has been delivered, by every view and as
    often as it is asked. The stored error is never raised itself but copied: a raised exception refers to
    its frames, and a stream that refers to itself would not be freed when its last reader drops it.

    Streams and views hold the engine, and nothing it holds refers back to them: when the last of them is
    dropped the connection is closed, without a garbage collector.

Ending (law 1): the accumulator says whether the answer is whole (``complete``); if it is, whatever
happens to the connection afterwards is no failure of the answer, and the rest of the body is worth no more
than a moment. ``[DONE]`` without a finish reason says less: servers that give an answer up send it too, and
drop the connection. So the body is read on, under the clocks like any other, and its end decides: a clean
one makes the answer whole, a broken one or none at all within ``Timeout.idle`` is an error.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from .._frames import forget_frames_later
from .._json import loads_tolerant
from ..decoding import EventDecoder, error_of, find_error, find_flat, parse_body, request_id_of
from ..deltas import Delta, StreamEnd, end_state
from ..errors import APIError, APIStatusError, DecodeError, GravitexError, MisuseError, StreamInterrupted
from ..timings import Timings
from ..transport import MAX_BODY_BYTES, check_loop, without_secret
from ._accumulator import Accumulator
from ._queue import Queue
from ._sniff import EVENT_STREAM, described, is_event_stream
from ._tasks import BUSY, CALLED_OFF, OneReader, cancel, opening_task

if TYPE_CHECKING:
    from ..transport import Call, Clocks, Response

__all__ = ["Engine"]

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")

Make = Callable[[], tuple[EventDecoder[ItemT], Accumulator[ItemT, FinalT]]]


class Engine(Generic[ItemT, FinalT]):
    """One answer from the request to its end. Owns the connection; one reader at a time."""

    __slots__ = (
        "__weakref__", "_at_mark", "_call", "_decoder", "_make", "_opening", "_progress", "_response",
        "_steady", "_unsure", "attempts", "end", "ended", "failure", "folded", "headers", "queue", "reading",
        "timings",
    )  # fmt: skip

    def __init__(self, call: Call, make: Make[ItemT, FinalT]) -> None:
        self.ended = True  # nothing to leave, should *make* raise
        self._call: Call | None = call  # None once there can be no other try
        self._make = make
        self._decoder, self.folded = make()
        self._opening: asyncio.Task[Response] | None = None
        self._response: Response | None = None
        self._steady: Response | None = None  # the response while there is nothing to do but to read it
        self.headers: Mapping[str, str] = {}
        self.attempts = 1
        self.queue: Queue[ItemT] = Queue()
        self._progress = (0, 0)
        self.failure: GravitexError | None = None
        self.reading = False
        self._at_mark = False  # the answer is at its end, the body is not
        self._unsure: bytearray | None = None  # the start of a body that may be no stream
        self.ended = False
        self.end = StreamEnd()
        self.timings = Timings()

    def __del__(self) -> None:
        self.abort(collected=True)

    def abort(self, *, collected: bool = False) -> None:
        """Leaves the answer now, from any thread; *collected*: also in the midst of anything. Idempotent."""
        if self.ended:
            return
        if self._at_mark:
            self._finish()
        else:
            self.ended = True
            self._steady = None
            self.end.state = "closed"
            self._note_evidence()
        if self._opening is not None:
            cancel(self._opening)
        if self._response is not None:
            self._response.release(collected=collected)

    @property
    def last_raw(self) -> bytes | None:
        """The payload of the item handed out last."""
        taken = self.queue.taken
        return self._decoder.payload(taken - 1) if taken else None

    @property
    def request_id(self) -> str | None:
        """The gateway's id of this request."""
        return request_id_of(self.headers)

    @property
    def activity(self) -> str:
        """What goes on while the stream is open, in words."""
        if self._response is None:
            call = None if self._opening is None else self._call
            return "not sent" if call is None else f"waiting for {call.waits_for}"
        if not self.reading:
            return f"{len(self.queue)} not taken" if self.queue else "not being read"
        if self._at_mark or self._decoder.done:
            return "waiting for the end of the body"
        return f"waiting for {'more' if any(self.folded.progress) else 'the first content'}"

    @property
    def events(self) -> int:
        """Events with data, so far."""
        return self._decoder.events

    async def begin(self) -> None:
        """Sends the request, and waits until the answer has begun.

        Raises:
            GravitexError: There was none, or its first bytes are an error.
        """
        with OneReader(self):
            try:
                while not (self._begun or self.ended):
                    await self._step()
            except asyncio.CancelledError:
                if not self.ended:  # who awaits or enters a stream has none yet, so nobody else can leave it
                    self.abort()
                    self.failure = MisuseError(CALLED_OFF)
                raise
            if self.failure is not None and not self.queue:
                raise copy.copy(self.failure)

    @property
    def _begun(self) -> bool:
        """Whether there is an answer, and no doubt that it is a stream but what its first bytes may raise."""
        response = self._response
        return response is not None and (self._unsure is None or response.content_type == EVENT_STREAM)

    async def _open(self) -> None:
        """Sends the request, once: a wait for its answer may be cancelled and taken up again."""
        if self.failure is not None:
            raise copy.copy(self.failure)
        if self._response is not None or self.ended:
            return
        if self._opening is None:
            assert self._call is not None  # it is let go when items were handed out
            self._opening = opening_task(self._call.open(None))
        opening = self._opening
        check_loop(opening.get_loop())
        try:
            response = await asyncio.shield(opening)
        except asyncio.CancelledError:
            if not (self.ended and opening.cancelled()):
                raise
            return  # nobody cancelled this wait: the stream was left in another task
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
        self.headers = response.headers
        self.attempts = clocks.attempts
        self.timings.opened = clocks.started
        self.timings.headers = clocks.now() - clocks.started

    async def fill(self, *, deltas: bool = False) -> bool:
        """Waits until the queue holds items, or deltas; False: the stream ended well, or was closed."""
        if self.reading:
            raise MisuseError(BUSY)
        queue = self.queue
        if deltas is not queue.deltas:
            queue.turn(deltas, self.folded.deltas, self._decoder.reread)
        entries: Sequence[object] = queue.made if deltas else queue.items
        self.reading = True
        try:
            while not entries:
                response = self._steady
                if response is None:
                    if self.ended or self.failure is not None:
                        return self._at_end()
                    await self._step()
                    continue
                if queue.fresh > 1 or self._call is not None:
                    self._settle()
                try:
                    data = response.take()
                except APIError as error:
                    self._broke_off(error)
                    continue
                if data is None:
                    await response.wait()
                else:
                    self._received(data, response)
        except asyncio.CancelledError as error:
            forget_frames_later(error)
            raise
        finally:
            self.reading = False
        return True

    def _settle(self) -> None:
        """All was handed out: lets go of it, but for the last payload, and of what only another try needs.

        A stream that waits is small then.
        """
        if self.queue.fresh:
            self._call = None
            self._decoder.settle()
            self.queue.settle()

    async def _step(self) -> None:
        response = self._response
        if response is None:
            await self._open()
        elif self._at_mark:
            self.end.evidence.clean_eof = await response.drain()
            self._finish()
        else:
            await self._sniff(response)

    def _at_end(self) -> bool:
        if self.failure is not None:
            raise copy.copy(self.failure)
        return False

    def _received(self, data: bytes, response: Response) -> None:
        if self.ended:  # by ``abort`` in another thread
            return
        if not data:
            self._at_eof(response)
            return
        made = self._decoder.brief(data) if self.queue.deltas else None
        if made is None:
            self._take(self._decoder.feed(data), response.clocks)
        else:
            self._note_progress(True, response.clocks)
            self.queue.put_deltas(made)
        if self.failure is None and (self._decoder.done or self.folded.closed):
            if response.at_eof:
                self.end.evidence.clean_eof = True
                self._finish()
            elif self.folded.complete or self.folded.closed:
                self._steady = None
                self._at_mark = True

    def _at_eof(self, response: Response) -> None:
        items = self._decoder.close()
        if self._decoder.stray and not self._decoder.events:
            self._take_whole(self._decoder.stray, response)  # behind keep-alives
            return
        self._take(items, response.clocks)
        if self.failure is None and self._response is response:  # else another try has begun
            self.end.evidence.clean_eof = True
            self._finish()

    def _take(self, items: list[ItemT], clocks: Clocks) -> None:
        folded, decoder = self.folded, self._decoder
        folded.made = [] if self.queue.deltas else None
        start = 0
        while (at := folded.fold(items, start)) < len(items):
            failure = self._failure_at(at)
            if failure is not None:
                decoder.failure, decoder.blamed = failure, True
                del items[at + 1 :]
                break
            start = at + 1
        if decoder.failure is not None and decoder.blamed and items:
            self._drop_bare(items)
        self._note_progress(bool(items), clocks)
        self.queue.put(items, folded.made)
        folded.made = None
        if decoder.failure is not None:
            self._refused(decoder.failure)

    def _drop_bare(self, items: list[ItemT]) -> None:
        """The last item came with an error: it is handed out for the text it brings, and not without any."""
        made = self.folded.made
        adds = self.folded.deltas(items[-1]) if made is None else made[len(items) - 1]
        deltas = (adds,) if isinstance(adds, Delta) else adds
        if not any(d.content or d.reasoning_content or d.refusal or d.tool_calls for d in deltas):
            items.pop()
            del (made or [])[len(items) :]
        self._decoder.keep(len(items))

    def _note_progress(self, handed: bool, clocks: Clocks) -> None:
        before, after = self._progress, self.folded.progress
        if handed:
            clocks.handed(after != before)
        self._progress = after
        self.timings.read(clocks.at, after[0] > before[0], after[1] > before[1])

    def _failure_at(self, index: int) -> APIError | None:
        info = self.folded.error_in(loads_tolerant(self._decoder.payload(index)))
        return None if info is None else error_of(info)

    def _broke_off(self, error: APIError) -> None:
        """The connection failed: no matter if the answer is whole, else the end of it."""
        if self.ended:  # by ``abort`` in another task
            return
        if self.folded.complete:
            self._finish()
        elif not self._again(error):
            self._fail(error, "interrupted")

    def forget_taken(self) -> None:
        """The items taken from the queue held no content and went to nobody: another try may replace them."""
        if self.folded.progress == (0, 0):
            self.queue.forget_taken()

    def _refused(self, error: APIError) -> None:
        if not self._again(error):
            self._fail(error, "failed")

    def _again(self, error: APIError) -> bool:
        """Begins another try, where one is allowed: nothing but empty items had come, none was handed out."""
        call, response = self._call, self._response
        if response is None or call is None or self.queue.taken or self.folded.progress != (0, 0):
            return False
        if not error.retryable or not call.allows_retry(error, response.clocks):
            return False
        response.abort(error)
        self._response = self._steady = None
        self._progress = (0, 0)
        self._at_mark = self.end.evidence.clean_eof = False
        self.queue.restart()
        self._decoder, self.folded = self._make()
        self._opening = opening_task(call.open(response.clocks, after=copy.copy(error)))
        return True

    def _finish(self) -> None:
        """The body has ended, or need not be read on."""
        marked = self._decoder.done and self.folded.ends_at_mark and self.end.evidence.clean_eof
        if not (self.folded.complete or marked):
            self._cut()
            return
        self._note_evidence()
        self.ended = True
        self._steady = None
        reason = self.folded.reason
        # Only chat has a word for it on the wire; the neutral class is the same in all dialects.
        self.end.reason = "tool_calls" if reason == "stop" and self.folded.tool_calls else reason
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
        self.ended = True
        self._steady = None
        self.end.state = state
        self.end.reason = "error"
        response = self._response
        if isinstance(error, APIError) and response is not None:
            error = without_secret(error, response.secret)
            arrived = self._decoder.events or self.folded.usage.source != "none"
            error.partial = self.folded.final() if arrived else None
            error.attempts = self.attempts
            error.headers = {name.lower(): value for name, value in self.headers.items()}
            error.request_id = error.request_id or self.request_id
            response.abort(error)
        self.failure = copy.copy(error)

    def _note_evidence(self) -> None:
        self.end.revised = self.folded.revised
        evidence = self.end.evidence
        evidence.finish_seen = self.folded.complete
        evidence.done_seen = self._decoder.done
        evidence.events, evidence.bytes = self._decoder.events, self._decoder.bytes
        if self._response is not None:
            self._response.used(self.folded.usage)

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
        if self.ended:
            return
        streams = is_event_stream(data if not body else bytes(body[:128]) + data[:128])
        if data and streams:
            self._unsure = None
            self._steady = response
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
        tree, failure = parse_body(body), None
        try:
            items = self.folded.whole(body)
            found = find_error(tree)
        except (ValueError, RecursionError, GravitexError):
            items, found = [], find_flat(tree)
            failure = _not_a_stream(response.content_type, body)
        self._decoder.adopt(items, body, failure if found is None else error_of(found))
        self._take(items, response.clocks)
        if self.failure is None and self._response is response:
            self.end.evidence.clean_eof = True
            self._finish()


def _not_a_stream(content_type: str, body: bytes) -> DecodeError:
    return DecodeError(
        f"expected an event stream, got {described(body, content_type)}; "
        f"check that base_url leads to the gateway",
        body=body[:512].decode("utf-8", "replace"),
    )
