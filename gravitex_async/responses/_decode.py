"""From the payloads of a Responses stream to its events.

Strategy
    One tagged union of all known events, decoded by msgspec in one call. What it refuses is looked at in
    the slow way (``_decode``), and there ``_unexpected`` has the first word: an error in any form becomes an
    ``ErrorEvent``; another event type nobody knows becomes an ``UnknownEvent`` and ends nothing; a known one
    that is malformed is a ``DecodeError``.

    A read is ``event: ...`` and ``data: ...`` lines in turn; ``cut_named_events`` takes it apart without any
    Python code per event. That is exact because names and payloads are looked through for line ends: one
    more, of any kind, and the read goes the slow way.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final, Union, get_args

import msgspec

from ..answers import keep_payload, origin_of
from ..decoding import (
    CRLF,
    LF,
    Cut,
    EventDecoder,
    TolerantDecoder,
    cut_events,
    find_error,
    find_flat,
    is_one_line,
)
from ..errors import DecodeError
from ..sse import MAX_EVENT_BYTES
from ._events import ResponsesEvent, UnknownEvent
from ._open import read_open
from ._structs import Response
from ._union import ResponsesStreamEvent

__all__ = ["EVENT_TYPES", "answer_of", "answers", "cut_named_events", "event_decoder", "read_answer"]

EVENT_TYPES: Final[dict[str, type[ResponsesEvent]]] = {
    cls.type: cls for cls in get_args(ResponsesStreamEvent) if cls is not UnknownEvent
}
"""All known events by their name on the wire."""


# Built when the first answer is asked for: it takes milliseconds, and not every program speaks this dialect.
@functools.cache
def _events_decoder() -> msgspec.json.Decoder[ResponsesStreamEvent]:
    union: Any = Union[tuple(EVENT_TYPES.values())]  # noqa: UP007  # built at run time
    return msgspec.json.Decoder(union, dec_hook=read_open)


@functools.cache
def answers() -> msgspec.json.Decoder[Response]:
    """Reads a plain answer."""
    return msgspec.json.Decoder(Response, dec_hook=read_open)


_NAME: Final = b"event: response."
_DATA: Final = b"data: "

# No name of an event is longer; a start of a stream that has no line end up to here is of another form.
_LONGEST_NAME: Final = 96

# What stands between the payloads of two named events, for both ways to end a line.
_BETWEEN: Final = {
    newline: re.compile(rb"%b%bevent: response\.[^\r\n]*%bdata: " % (newline, newline, newline))
    for newline in (LF, CRLF)
}


def event_decoder(*, max_event_bytes: int = MAX_EVENT_BYTES) -> EventDecoder[ResponsesStreamEvent]:
    """A decoder for one stream."""
    return EventDecoder(
        _events_decoder(), cut=cut_named_events, unknown=_unexpected, max_event_bytes=max_event_bytes
    )


def cut_named_events(tail: bytes, data: bytes, newline: bytes = LF) -> Cut | None:
    """The payloads of whole events, with names or without, and the rest; see ``cut_events``.

    Names outside ``response.`` (errors, pings) have their own rules, and end the fast way.
    """
    start = tail if len(tail) >= _LONGEST_NAME else tail + data[:_LONGEST_NAME]
    if not start.startswith(_NAME):
        return cut_events(tail, data, newline)
    head = _head_of(start, newline)
    if head is None:
        return None
    # Most reads are one kind of event throughout: then what stands between two payloads is a fixed text.
    return cut_events(tail, data, newline, head) or _cut_mixed(tail + data, len(head), newline)


def _head_of(start: bytes, newline: bytes) -> bytes | None:
    """What stands before the payload of the named event that *start* begins with."""
    end = start.find(newline)
    head = start[: end + len(newline) + len(_DATA)]
    simple = end >= 0 and head.endswith(newline + _DATA) and is_one_line([head[:end]], CRLF)
    return head if simple else None


def _cut_mixed(block: bytes, start: int, newline: bytes) -> Cut | None:
    """The same for events of several names; *start* is where the first payload begins."""
    blank = newline + newline
    end = block.rfind(blank)
    if end < start or (newline is LF and b"\r" in block):
        return None
    payloads, rest = _BETWEEN[newline].split(block[start:end]), block[end + len(blank) :]
    # Where lines end with CR LF, the rest might hold other line ends, and with them a whole event. A CR at
    # its very end is half of one.
    lines = () if newline is LF else rest.removesuffix(b"\r").split(CRLF)
    return (payloads, rest) if is_one_line((*payloads, *lines), newline) else None


def _unexpected(tree: dict[str, Any], payload: bytes) -> ResponsesStreamEvent | None:
    """An event of unknown type as such, if it is no error; a text in an object is unwrapped in place."""
    kind = tree.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        kind = kind if isinstance(kind, str) else ""
        if _is_error(tree, kind):
            tree["type"] = "error"
            return None
        number = tree.get("sequence_number")
        number = number if isinstance(number, int) else None
        made: Any = UnknownEvent  # to type checkers its type is a word of its own
        event: ResponsesStreamEvent = made(type=kind, raw=payload, sequence_number=number)
        return event
    delta = tree.get("delta")
    if isinstance(delta, dict) and kind != "response.shell_call_output_content.delta":
        tree["delta"] = _text_in(delta)
    _fill(tree, EVENT_TYPES[kind])
    return _with_strange(tree, EVENT_TYPES[kind], payload)


def _fill(tree: dict[str, Any], kind: type[ResponsesEvent]) -> None:
    """Puts the empty value where an event lacks what it is for."""
    for field in msgspec.structs.fields(kind):
        if field.required and tree.get(field.encode_name) is None:
            tree[field.encode_name] = "" if field.type is str else {}


def _with_strange(
    tree: dict[str, Any], kind: type[ResponsesEvent], payload: bytes
) -> ResponsesStreamEvent | None:
    """An event about a response with fields that the struct does not know: they are its ``extra``."""
    response = tree.get("response")
    if not isinstance(response, dict) or not (extra := take_strange(response)):
        return None
    tolerant: TolerantDecoder[Any] = TolerantDecoder(kind, read_open)
    event: Any = tolerant.convert(tree)
    keep_payload(event, payload)
    origin_of(event.response).extra = extra
    return event  # type: ignore[no-any-return]  # of whichever kind


def answer_of(tree: dict[str, Any]) -> Response:
    """The answer for plain values that the strict decoder refuses; what no field holds is its ``extra``.

    Raises:
        DecodeError: They are no answer.
    """
    extra = take_strange(tree)
    decoder = answers()
    response: Response = TolerantDecoder(decoder.type, decoder.dec_hook).convert(tree)
    origin_of(response).extra = extra
    return response


def read_answer(body: bytes) -> Response:
    """A plain answer that came where a stream was asked for.

    Raises:
        ValueError: It is no JSON, or no response.
    """
    decoder = answers()
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        tolerant = TolerantDecoder(decoder.type, decoder.dec_hook)
    try:
        return answer_of(tolerant.tree(body))
    except DecodeError as error:
        raise ValueError(error.message) from None


def take_strange(response: dict[str, Any]) -> dict[str, Any]:
    """Takes the fields out of a response that its struct does not know."""
    known = Response.__struct_encode_fields__
    return {name: response.pop(name) for name in list(response) if name not in known}


def _is_error(tree: dict[str, Any], kind: str) -> bool:
    """Whether an event of the unknown type *kind* is an error. Those of responses say it in one way only."""
    found = find_error(tree) if kind.startswith("response.") else find_flat(tree, named=bool(kind))
    return found is not None


def _text_in(delta: dict[str, Any]) -> Any:
    """The text of a delta that is an object, as some gateways send it; arguments become their JSON text."""
    for name in ("text", "content", "delta"):
        if isinstance(delta.get(name), str):
            return delta[name]
    return msgspec.json.encode(delta).decode()
