"""From the payloads of a Responses stream to its events.

Strategy
    One tagged union of all known events, decoded by msgspec in one call. What it refuses is looked at in
    the slow way (``_decode``), and there ``_unexpected`` has the first word: an error in any form becomes an
    ``ErrorEvent``; another event type nobody knows becomes an ``UnknownEvent`` and ends nothing; a known one
    that is malformed is a ``DecodeError``.

    A busy read is ``event: ...`` and ``data: ...`` lines in turn; ``cut_named_events`` takes it apart
    without any Python code per event.
"""

from __future__ import annotations

import re
from itertools import repeat
from operator import contains
from typing import Any, Final, Union

import msgspec

from ..decoding import Cut, EventDecoder, cut_events, find_error, find_flat
from ..sse import MAX_EVENT_BYTES
from . import _events, _tool_events
from ._events import ResponsesEvent, UnknownEvent
from ._open import read_open
from ._structs import Response

__all__ = ["EVENT_TYPES", "answers", "cut_named_events", "event_decoder"]

_STRUCTS = (*vars(_events).values(), *vars(_tool_events).values())

EVENT_TYPES: Final[dict[str, type[ResponsesEvent]]] = {
    str(cls.__struct_config__.tag): cls
    for cls in _STRUCTS
    if isinstance(cls, type) and issubclass(cls, ResponsesEvent) and cls.__struct_config__.tag
}
"""All known events by their name on the wire."""

_union: Any = Union[tuple(EVENT_TYPES.values())]  # noqa: UP007  # built at run time
_events_decoder: msgspec.json.Decoder[ResponsesEvent] = msgspec.json.Decoder(_union, dec_hook=read_open)

answers: Final[msgspec.json.Decoder[Response]] = msgspec.json.Decoder(Response, dec_hook=read_open)
"""Reads a plain answer."""

_HEAD: Final = b"event: response."
_LONGEST_HEAD: Final = 96
_BETWEEN: Final = re.compile(rb"\n\nevent: response\.[^\n]*\ndata: ")
_LF: Final = 10


def event_decoder(*, max_event_bytes: int = MAX_EVENT_BYTES) -> EventDecoder[ResponsesEvent]:
    """A decoder for one stream."""
    return EventDecoder(
        _events_decoder, cut=cut_named_events, unknown=_unexpected, max_event_bytes=max_event_bytes
    )


def cut_named_events(tail: bytes, data: bytes, newline: bytes = b"\n") -> Cut | None:
    """The payloads of whole events, with names or without, and the rest; see ``cut_events``.

    Names outside ``response.`` (errors, pings) have their own rules, and end the fast way.
    """
    if newline != b"\n":
        return cut_events(tail, data, newline)
    start = tail if len(tail) >= _LONGEST_HEAD else tail + data[:_LONGEST_HEAD]
    if not start.startswith(_HEAD):
        return cut_events(tail, data)
    head = start[: start.find(b"\n") + 7]
    if not head.endswith(b"\ndata: "):
        return None
    # Most reads are one kind of event throughout: then what stands between two payloads is a fixed text.
    return cut_events(tail, data, newline, head) or _cut_mixed(tail + data, len(head))


def _cut_mixed(block: bytes, start: int) -> Cut | None:
    end = block.rfind(b"\n\n")
    if end < start or b"\r" in block:
        return None
    payloads = _BETWEEN.split(block[start:end])
    return None if any(map(contains, payloads, repeat(_LF))) else (payloads, block[end + 2 :])


def _unexpected(tree: dict[str, Any], payload: bytes) -> ResponsesEvent | None:
    """An event of unknown type as such, if it is no error; a text in an object is unwrapped in place."""
    kind = tree.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        kind = kind if isinstance(kind, str) else ""
        if _is_error(tree, kind):
            tree["type"] = "error"
            return None
        number = tree.get("sequence_number")
        number = number if isinstance(number, int) else None
        return UnknownEvent(type=kind, raw=payload, sequence_number=number)
    delta = tree.get("delta")
    if isinstance(delta, dict) and kind != "response.shell_call_output_content.delta":
        tree["delta"] = _text_in(delta)
    return None


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
