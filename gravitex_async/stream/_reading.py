"""One answer, from the bytes of its body to what can be read of it. Knows no sockets, no asyncio, no clocks.

Strategy
    It is told what happens to a body: bytes came (``receive``), it came to its end (``end_of_body``), it
    broke off (``broke_off``), its reader left (``leave``). Each of these decodes what can be decoded, folds
    it into the accumulator, puts it in the queue, and judges: is the answer over, and how? So the verdict on
    an answer is a matter of plain calls; what waits, opens and tries again stands around it (``_engine``).

    What fails is ``failure``, and is to be raised when everything that arrived before it was taken. It is
    never raised itself but copied: a raised exception refers to its frames, and a stream that refers to
    itself would not be freed when its last reader drops it.

The verdict
    The accumulator says whether the answer is whole (``complete``); if it is, whatever happens to the
    connection afterwards is no failure of the answer, and the rest of the body is worth no more than a moment
    (``whole`` and ``marked``). ``[DONE]`` without a finish reason says less: servers that give an answer up
    send it too, and drop the connection. So the end of the body decides: a clean one makes the answer whole,
    a broken one is an error.

    What the body is, its first bytes say (``_sniff``): a body that is no event stream is kept until its end,
    and then is a whole answer, an error, or of no use.
"""

from __future__ import annotations

import copy
from typing import Generic, Literal, TypeVar

from .._json import loads_tolerant
from ..config import MAX_BODY_BYTES
from ..decoding import EventDecoder, error_of, find_error, find_flat, parse_body
from ..deltas import Delta, StreamEnd, end_state, with_calls
from ..errors import APIError, APIStatusError, DecodeError, GravitexError, StreamInterrupted
from ._accumulator import Accumulator
from ._queue import Added, Queue
from ._sniff import EVENT_STREAM, described, is_event_stream

__all__ = ["Reading"]

ItemT = TypeVar("ItemT")
FinalT = TypeVar("FinalT")


class Reading(Generic[ItemT, FinalT]):
    """What is known of one answer: what arrived of it (``accumulator``), what nobody has taken yet
    (``queue``), how it stands (``end``), and what is wrong with it (``failure``).

    >>> import msgspec
    >>> from gravitex_async.chat import ChatAccumulator, ChatCompletionChunk
    >>> decoder = EventDecoder(msgspec.json.Decoder(ChatCompletionChunk))
    >>> reading = Reading(decoder, ChatAccumulator())
    >>> reading.receive(b'data: {"choices":[{"delta":{"content":"Hi"}}]}\\n\\n')
    True
    >>> reading.broke_off(StreamInterrupted("the connection was lost"))
    >>> reading.end.state, reading.failure.partial.content
    ('interrupted', 'Hi')
    """

    __slots__ = (
        "_decoder", "_start", "accumulator", "body", "content_type", "end", "failure", "marked", "over",
        "queue",
    )  # fmt: skip

    def __init__(self, decoder: EventDecoder[ItemT], accumulator: Accumulator[ItemT, FinalT]) -> None:
        self._decoder = decoder
        self.accumulator = accumulator
        self.queue: Queue[ItemT] = Queue()
        self.end = StreamEnd()
        self.content_type = ""
        """The label of the body, if it has one."""
        self.body: bytes | None = None
        """What came in place of events, if that turned out to be none; set at the end of the body."""
        self.failure: GravitexError | None = None
        self.over = False
        """Whether there is a verdict: nothing that happens changes it."""
        self.marked = False
        """Whether the answer said that nothing of it follows. Its body may not be at its end."""
        self._start: bytearray | None = (
            bytearray()
        )  # of a body that may be no stream; None once that is known

    @property
    def known(self) -> bool:
        """Whether it is clear that the body is an event stream."""
        return self._start is None

    @property
    def whole(self) -> bool:
        """Whether all of the answer has come, so that no end of the body can make it an error."""
        return self.accumulator.complete or self.accumulator.closed

    @property
    def at_mark(self) -> bool:
        """Whether the answer is whole and said so, and only the end of its body is missing."""
        return self.marked and self.whole and not self.over

    @property
    def events(self) -> int:
        """Events with data, so far."""
        return self._decoder.events

    @property
    def touched(self) -> bool:
        """Whether a reader was given anything, or there is content: another try would repeat it."""
        return self.queue.taken > 0 or self.accumulator.progress != (0, 0)

    # What happens to the body

    def receive(self, data: bytes) -> bool:
        """Bytes came; returns whether they completed any event."""
        if self.over:
            return False
        if self._start is None:
            return self._take(self._decoder.feed(data))
        return self._sniff(data)

    def end_of_body(self, *, clean: bool = True) -> None:
        """The body came to its end; *clean*: to that which HTTP gives it."""
        if self.over:
            return
        if self._start is not None:
            body, self._start = bytes(self._start), None
            self._take_body(body)
            return
        if not self.marked:
            items = self._decoder.close()
            unparsed = self._decoder.unparsed
            if unparsed and not self._decoder.events:
                self._take_body(unparsed)  # behind nothing but keep-alives
                return
            self._take(items)
        self.end.evidence.clean_eof = clean
        self._finish()

    def broke_off(self, error: GravitexError) -> None:
        """There is no more of the body: no matter if the answer is whole, else the end of it."""
        if self.over:
            return
        if self.accumulator.complete:
            self._finish()
        else:
            self._fail(error, "failed" if isinstance(error, APIStatusError) else "interrupted")

    def leave(self) -> None:
        """Nobody reads on: what has arrived stays, and whoever waits comes to the end."""
        if self.over:
            return
        if self.at_mark:
            self._finish()
            return
        self.over = True
        self.end.state = "closed"
        self._note_evidence()

    def restart(self, decoder: EventDecoder[ItemT], accumulator: Accumulator[ItemT, FinalT]) -> None:
        """Another try begins, as if nothing had been read; views go on with the same queue and end."""
        self.queue.restart()
        self._decoder, self.accumulator = decoder, accumulator
        self.failure = self.body = None
        self.over = self.marked = False
        self._start = bytearray()
        self.end.state, self.end.reason = "open", "unknown"
        self.end.evidence.clean_eof = False

    # Taking

    def _take(self, items: list[ItemT]) -> bool:
        accumulator, decoder = self.accumulator, self._decoder
        deltas = accumulator.fold(items)
        if accumulator.suspect:
            self._examine(items, deltas)
        if decoder.failure is not None and decoder.blamed and items:
            self._drop_bare(items, deltas)
        self.queue.put(items, deltas, decoder.payloads, accumulator.unasked)
        if decoder.failure is not None:
            self._fail(decoder.failure, "failed")
        elif decoder.done or accumulator.closed:
            self.marked = True
        return bool(items)

    def _examine(self, items: list[ItemT], deltas: list[Added]) -> None:
        """Looks at what the accumulator stopped at, and has it go on behind what is no error."""
        accumulator, decoder = self.accumulator, self._decoder
        while accumulator.suspect:
            taken = len(deltas)
            info = accumulator.error_in(loads_tolerant(decoder.payload(taken - 1)))
            if info is not None:
                decoder.failure, decoder.blamed = error_of(info), True
                del items[taken:]
                return
            deltas += accumulator.fold(items[taken:])

    def _drop_bare(self, items: list[ItemT], deltas: list[Added]) -> None:
        """The last item came with an error: it is handed out for the text it brings, and not without any."""
        last = deltas[-1]
        added = (last,) if isinstance(last, Delta) else last
        if not any(d.content or d.reasoning_content or d.refusal or d.tool_calls for d in added):
            del items[-1], deltas[-1]
        self._decoder.keep(len(items))

    def _sniff(self, data: bytes) -> bool:
        start = self._start
        assert start is not None
        if is_event_stream(data if not start else bytes(start[:128]) + data[:128]):
            self._start = None
            return self._take(self._decoder.feed(bytes(start) + data if start else data))
        start += data if start else data.lstrip()
        if len(start) > MAX_BODY_BYTES:
            self.end_of_body()
        return False

    def _take_body(self, body: bytes) -> None:
        """A body that is no stream: a whole answer is delivered as such, everything else is an error."""
        self.body = body
        if not body and self.content_type == EVENT_STREAM:
            self._finish()
            return
        tree, failure = parse_body(body), None
        try:
            items = self.accumulator.whole(body)
            found = find_error(tree)
        except (ValueError, RecursionError, GravitexError):
            items, found = [], find_flat(tree)
            failure = _not_a_stream(self.content_type, body)
        self._decoder.adopt(items, body, failure if found is None else error_of(found))
        self._take(items)
        if not self.over:
            self.end.evidence.clean_eof = True
            self._finish()

    # Verdicts

    def _finish(self) -> None:
        """The body has ended, or need not be read on."""
        if self.over:
            return
        accumulator = self.accumulator
        ends = {"itself": False, "mark": self._decoder.done, "body": True}[accumulator.ends_by]
        if not (accumulator.complete or (ends and self.end.evidence.clean_eof)):
            self._fail(self._cut_short(), "interrupted")
            return
        self._note_evidence()
        self.over = True
        reason = accumulator.reason
        self.end.reason = with_calls(reason, reason == "stop" and accumulator.tool_calls)
        self.end.state = end_state(self.end.reason)

    def _cut_short(self) -> StreamInterrupted:
        return StreamInterrupted(
            f"the stream ended before its end mark, after {self._decoder.events} events and "
            f"{self._decoder.bytes} bytes; what had arrived is in error.partial"
        )

    def _fail(self, error: GravitexError, state: Literal["failed", "interrupted"]) -> None:
        self._note_evidence()
        self.over = True
        self.end.state = state
        self.end.reason = "error"
        failure = copy.copy(error)
        if isinstance(failure, APIError):
            arrived = self._decoder.events or self.accumulator.usage.source != "none"
            failure.partial = self.accumulator.final() if arrived else None
        self.failure = failure

    def _note_evidence(self) -> None:
        self.end.revised = self.accumulator.revised
        evidence = self.end.evidence
        evidence.finish_seen = self.accumulator.complete
        evidence.done_seen = self._decoder.done
        evidence.events, evidence.bytes = self._decoder.events, self._decoder.bytes


def _not_a_stream(content_type: str, body: bytes) -> DecodeError:
    return DecodeError(
        f"expected an event stream, got {described(body, content_type)}; "
        f"check that base_url leads to the gateway",
        body=body[:512].decode("utf-8", "replace"),
    )
