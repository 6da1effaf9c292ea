"""A plain request and its answer: the whole body, decoded once.

A body that breaks off, or reports an error under a good status, is worth another try like a connection that
never came: nothing of it was delivered.
An answer that comes as an event stream though none was asked for is read as one (sse.md section 4).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .._decode import EventDecoder
from .._failures import error_of, find_error, parse_body, request_id_of
from .._json import loads_tolerant
from .._tolerant import TolerantDecoder, excerpt
from ..errors import APIError, DecodeError, StreamInterrupted
from ..transport import without_secret
from ._accumulator import Accumulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..transport import Call, Response

__all__ = ["decode_answer", "fetch", "fetch_answer"]

T = TypeVar("T")
ItemT = TypeVar("ItemT")

Fit = Callable[["dict[str, Any]"], None]
Reported = Callable[[bytes, "Mapping[str, str]"], "APIError | None"]


async def fetch(call: Call, reported: Reported | None = None) -> tuple[bytes, Response]:
    """The body of the answer, and the response it came in (already let go).

    *reported* finds the error in a body with a good status, where a dialect reads one in its own way.

    Raises:
        APIError: After all tries.
    """
    find = reported or _reported
    response = await call.open(None)
    while True:
        try:
            body = await response.read_all()
            failure = find(body, response.headers)
        except APIError as error:
            failure = copy.copy(error)  # a raised one refers to this frame
        if failure is None:
            return body, response
        response = await call.open(response.clocks, after=without_secret(failure, response.secret))


async def fetch_answer(
    call: Call,
    decoder: msgspec.json.Decoder[T],
    make: Callable[[], tuple[EventDecoder[ItemT], Accumulator[ItemT, T]]],
    fit: Fit | None = None,
) -> T:
    """The decoded answer; *fit* as for ``decode_answer``.

    Raises:
        APIError: After all tries; DecodeError when the body is no answer of the dialect.
    """
    body, response = await fetch(call)
    try:
        if response.content_type == "text/event-stream":
            return _from_events(body, response, *make())
        return _decoded(body, decoder, response.headers, response.content_type, fit)
    except APIError as error:
        failure = without_secret(error, response.secret)
    try:
        raise failure
    finally:
        del failure  # it refers to this frame from now on


def decode_answer(
    body: bytes,
    decoder: msgspec.json.Decoder[T],
    headers: Mapping[str, str],
    content_type: str,
    fit: Fit | None = None,
) -> T:
    """One JSON body as *decoder*'s type; an error body with a good status raises like any other.

    *fit* changes the plain values of a body that the strict decoder refuses, in place, before the next try.

    Raises:
        APIError: The body reports an error.
        DecodeError: The body is no JSON, or nothing of this type.
    """
    failure = _reported(body, headers)
    if failure is not None:
        raise copy.copy(failure)  # what is raised must not be a local of its own frame
    return _decoded(body, decoder, headers, content_type, fit)


def _decoded(
    body: bytes,
    decoder: msgspec.json.Decoder[T],
    headers: Mapping[str, str],
    content_type: str,
    fit: Fit | None,
) -> T:
    """The same for a body that is known to report no error."""
    try:
        return _with_body(decoder.decode(body), body)
    except (ValueError, RecursionError):
        pass
    try:
        tolerant: TolerantDecoder[T] = TolerantDecoder(decoder.type, decoder.dec_hook)
        tree = tolerant.tree(body)
        if fit is not None:
            fit(tree)
        return _with_body(tolerant.convert(tree), body)
    except DecodeError as error:
        complaint = error.message
    raise _no_answer(body, headers, content_type, complaint)


def _reported(body: bytes, headers: Mapping[str, str]) -> APIError | None:
    """The error that a body with a good status reports."""
    if b'"error"' not in body and b'"success"' not in body and b'"base_resp"' not in body:
        return None
    found = find_error(parse_body(body))
    return None if found is None else error_of(found, headers=headers)


def _no_answer(body: bytes, headers: Mapping[str, str], content_type: str, complaint: str) -> DecodeError:
    message = f"expected a JSON answer, got {content_type or 'no content type'!r}: {excerpt(body)}"
    return DecodeError(f"{message} ({complaint})", body=parse_body(body), request_id=request_id_of(headers))


def _with_body(answer: T, body: bytes) -> T:
    """The answer with the body it came in, where it has room for that: no field of it is lost."""
    if getattr(type(answer), "__dictoffset__", 0):
        answer.__dict__["body"] = body
    return answer


def _from_events(
    body: bytes, response: Response, decoder: EventDecoder[ItemT], folded: Accumulator[ItemT, T]
) -> T:
    failure: APIError | None = None
    for data in (body, b""):
        items = decoder.feed(data) if data else decoder.close()
        start = 0
        while failure is None and (start := folded.fold(items, start)) < len(items):
            info = folded.error_in(loads_tolerant(decoder.payload(start)))
            failure = None if info is None else error_of(info, headers=response.headers)
            start += 1
    failure = failure or decoder.failure
    if failure is None and not (decoder.done or folded.complete):
        failure = StreamInterrupted("the answer came as a stream and ended before its end mark")
    if failure is not None:
        failure.partial = folded.final() if decoder.events else None
        try:
            raise failure
        finally:
            del failure
    return folded.final()
