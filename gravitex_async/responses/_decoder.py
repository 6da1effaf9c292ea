"""From the payloads of a Responses stream to its events.

Strategy
    One tagged union of all known events, decoded by msgspec in one call. What it refuses is looked at in
    the slow way (``_decode``), and there ``_unexpected`` has the first word: an event type nobody knows
    becomes an ``UnknownEvent`` and ends nothing; a known one that is malformed is a ``DecodeError``.

    A busy read is ``event: ...`` and ``data: ...`` lines in turn; ``split_events`` takes it apart without
    any Python code per event.
"""

from __future__ import annotations

import re
from itertools import repeat
from operator import contains
from typing import Any, Final, Union

import msgspec

from .._decode import Brief, EventDecoder, split_data_events
from . import _events, _tool_events
from ._events import ResponsesEvent, UnknownEvent
from ._open import read_open
from ._response import Response

__all__ = ["EVENT_TYPES", "answers", "event_decoder", "split_events"]

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
_BETWEEN: Final = re.compile(rb"\n\nevent: response\.[^\n]*\ndata: ")
_LF: Final = 10


def event_decoder(brief: Brief | None = None) -> EventDecoder[ResponsesEvent]:
    """A decoder for one stream."""
    return EventDecoder(_events_decoder, split=split_events, unknown=_unexpected, brief=brief)


def split_events(block: bytes) -> list[bytes] | None:
    """The payloads of a block of events, with names or without; None when it has any other form.

    Exact because every event is two lines, ``event: response.X`` and ``data: Y``: a CR, or an LF that is no
    part of a separator, ends the fast way. Names outside ``response.`` (errors, pings) have their own rules.
    """
    if not block.startswith(_HEAD):
        return split_data_events(block)
    start = block.find(b"\n")
    if b"\r" in block or block[start : start + 7] != b"\ndata: ":
        return None
    # Most blocks are one kind of event throughout; a search for a fixed text from the right is the fastest.
    payloads = block[start + 7 : -2].rsplit(b"\n\n" + block[: start + 7])
    if _without_lf(payloads):
        return payloads
    payloads = _BETWEEN.split(block[start + 7 : -2])
    return payloads if _without_lf(payloads) else None


def _without_lf(payloads: list[bytes]) -> bool:
    return not any(map(contains, payloads, repeat(_LF)))


def _unexpected(tree: dict[str, Any], payload: bytes) -> ResponsesEvent | None:
    """An event of unknown type as such; a text that came wrapped in an object is unwrapped in place."""
    kind = tree.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        number = tree.get("sequence_number")
        number = number if isinstance(number, int) else None
        return UnknownEvent(type=kind if isinstance(kind, str) else "", raw=payload, sequence_number=number)
    delta = tree.get("delta")
    if isinstance(delta, dict) and kind != "response.shell_call_output_content.delta":
        tree["delta"] = _text_in(delta)
    return None


def _text_in(delta: dict[str, Any]) -> Any:
    """The text of a delta that is an object, as some gateways send it; arguments become their JSON text."""
    for name in ("text", "content", "delta"):
        if isinstance(delta.get(name), str):
            return delta[name]
    return msgspec.json.encode(delta).decode()
