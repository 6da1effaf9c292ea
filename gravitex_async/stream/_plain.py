"""A plain request and its answer: the whole body, decoded once.

A body that breaks off, or reports an error under a good status, is worth another try like a connection that
never came: nothing of it was delivered.

What the body is, it says itself. An event stream that nobody asked for is read as one, and JSON under that
label as JSON. JSON that has nothing of the answer in it would decode into a struct of
defaults, so each kind of answer says what it must hold (``AnswerForm``); what does not is an error in flat
form, or of no use.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from .._frames import forget_frames_later
from .._headers import request_id_of
from ..answers import keep_payload, tell_origin
from ..decoding import (
    ErrorInfo,
    EventDecoder,
    TolerantDecoder,
    error_of,
    find_error,
    find_flat,
    parse_body,
)
from ..errors import APIError, DecodeError
from ..timings import Timings
from ..transport import without_secret
from ..usage import Counts, Usage
from ._accumulator import Accumulator
from ._reading import Reading
from ._sniff import EVENT_STREAM, described, is_event_stream

if TYPE_CHECKING:
    from ..transport import Call, Response

__all__ = ["AnswerForm", "fetch", "fetch_answer"]

T = TypeVar("T")
ItemT = TypeVar("ItemT")


class AnswerForm(msgspec.Struct, Generic[T], frozen=True):
    """What the body of one kind of plain answer is."""

    name: str
    """As an error calls it."""
    decoder: Callable[[], msgspec.json.Decoder[T]]
    """Gives the decoder. Cached, and not built before the first answer: that takes milliseconds."""
    holds: Callable[[T], bool]
    """Whether what was decoded is such an answer."""
    convert: Callable[[dict[str, Any]], T] | None = None
    """Makes the answer of the plain values of a body that the strict decoder refuses; raises DecodeError."""

    def read(self, body: bytes, response: Response) -> T | APIError:
        """The answer, or the error in its place; an answer beside an error is the error's partial."""
        answer, complaint = self._decoded(body)
        info = _reported(body)
        if info is None and answer is not None:
            return answer
        info = info or find_flat(parse_body(body))
        if info is None:
            return self._no_answer(body, response, complaint)
        return error_of(info, headers=response.headers, partial=answer)

    def of_json(self, text: str | bytes) -> T:
        """The answer in a JSON text: one that was stored, or recorded elsewhere.

        Raises:
            DecodeError: It is no such answer.
        """
        body = text.encode() if isinstance(text, str) else bytes(text)
        answer, complaint = self._decoded(body)
        if answer is None:
            came = described(body, "text")
            raise DecodeError(f"expected {self.name} in JSON, got {came} {complaint}".rstrip())
        return answer

    def _decoded(self, body: bytes) -> tuple[T | None, str]:
        """The answer, or why there is none, as far as that can be said."""
        decoder = self.decoder()
        try:
            answer = decoder.decode(body)
        except (ValueError, RecursionError):
            tolerant: TolerantDecoder[T] = TolerantDecoder(decoder.type, decoder.dec_hook)
            try:
                tree = tolerant.tree(body)
            except DecodeError:
                return None, ""  # no JSON, or no object
            try:
                answer = (self.convert or tolerant.convert)(tree)
            except DecodeError as error:
                return None, error.message
        if not self.holds(answer):
            return None, ""
        keep_payload(answer, body)
        return answer, ""

    def _no_answer(self, body: bytes, response: Response, complaint: str) -> DecodeError:
        came = described(body, response.content_type)
        why = complaint or "check that base_url leads to the gateway"
        return DecodeError(
            f"expected {self.name}, got {came} ({why})",
            body=parse_body(body),
            request_id=request_id_of(response.headers),
        )


async def fetch(call: Call, read: Callable[[bytes, Response], T | APIError]) -> T:
    """What *read* makes of the answer's body; the response was let go before.

    Raises:
        APIError: After all tries.
    """
    try:
        return await _fetched(call, read)
    except asyncio.CancelledError as error:
        forget_frames_later(error)
        raise


async def _fetched(call: Call, read: Callable[[bytes, Response], T | APIError]) -> T:
    response = await call.open(None)
    while True:
        timings = Timings(opened=response.clocks.started)
        timings.headers = response.clocks.now() - response.clocks.started
        try:
            found = read(await response.read_all(), response)
        except APIError as error:
            found = copy.copy(error)  # a raised one refers to this frame
        timings.read(response.clocks.now(), content=True, reasoning=False)
        _tell_origin(found, response, timings)
        if not isinstance(found, APIError):
            response.used(_usage_of(found))
            return found
        response = await call.open(response.clocks, after=without_secret(found, response.secret))


def _tell_origin(found: object, response: Response, timings: Timings) -> None:
    answer = found.partial if isinstance(found, APIError) else found
    tell_origin(answer, headers=response.headers, attempts=response.clocks.attempts, timings=timings)


async def fetch_answer(
    call: Call,
    form: AnswerForm[T],
    make: Callable[[], tuple[EventDecoder[ItemT], Accumulator[ItemT, T]]],
) -> T:
    """The decoded answer, in whichever of both ways it came.

    Raises:
        APIError: After all tries; DecodeError when the body is no answer of the dialect.
    """

    def read(body: bytes, response: Response) -> T | APIError:
        if response.content_type != EVENT_STREAM or is_event_stream(body[:512]) is False:
            return form.read(body, response)
        return _from_events(body, response, form, Reading(*make()))

    return await fetch(call, read)


def _reported(body: bytes) -> ErrorInfo | None:
    """The error that a body says it holds."""
    if b'"error"' not in body and b'"success"' not in body and b'"base_resp"' not in body:
        return None
    return find_error(parse_body(body))


def _usage_of(answer: object) -> Usage:
    """What an answer of any dialect has used."""
    found = getattr(answer, "usage", None)
    if isinstance(found, Counts):
        return found.neutral()
    return found if isinstance(found, Usage) else Usage()


def _from_events(
    body: bytes, response: Response, form: AnswerForm[T], reading: Reading[ItemT, T]
) -> T | APIError:
    reading.content_type = response.content_type
    reading.receive(body)
    reading.end_of_body()  # a clean one: else reading the body had raised
    if reading.body is not None:
        return form.read(reading.body, response)  # it stood behind keep-alives
    failure = reading.failure
    if not isinstance(failure, APIError):
        return reading.accumulator.final()
    failure.request_id = failure.request_id or request_id_of(response.headers)
    return failure
