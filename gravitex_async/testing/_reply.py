"""One HTTP answer as a value: head, steps of the body, and how it ends.

Dialects build replies, faults rewrite them, ``_wire`` sends them. So a fault is a plain function
from a reply to a reply, and only one module touches a socket.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gravitex_async._json import dumps

from ._answers import Dialect

JSON = "application/json"
EVENT_STREAM = "text/event-stream"


class Step(NamedTuple):
    """Wait *pause* seconds, write *data*; after that *events* more events are complete.

    A pause of ``math.inf`` lasts until the peer leaves or the gateway closes.
    """

    data: bytes = b""
    events: int = 0
    pause: float = 0.0


class Ending(enum.Enum):
    """What happens to the connection when the last step is written."""

    FINISH = "the body is complete, the connection is kept"
    CLOSE = "the connection is closed at once: no terminating chunk, no missing bytes"
    RESET = "the connection is reset (RST)"
    GARBAGE = "a chunk size that is no number, then silence until the peer leaves"


@dataclass(frozen=True)
class Reply:
    """Status, headers, steps.

    ``streamed`` bodies are sent chunked, others with a Content-Length (``length`` when it should lie).
    ``head_pause`` seconds pass before the head, ``head_drip`` while it is sent byte by byte; ``headless``
    sends nothing at all before the ending.
    ``whole`` builds the same answer as one JSON document, where the dialect knows how.
    """

    steps: Iterable[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False
    length: int | None = None
    ending: Ending = Ending.FINISH
    head_pause: float = 0.0
    head_drip: float | None = None
    headless: bool = False
    dialect: Dialect | None = None
    whole: Callable[[], bytes] | None = None


def plain(body: bytes, content_type: str = JSON, status: int = 200, **headers: str) -> Reply:
    """A body sent in one piece; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([Step(body, 1)], status, {"Content-Type": content_type, **named})


def document(value: object, status: int = 200) -> Reply:
    """A JSON document."""
    return plain(dumps(value), status=status)


def events(frames: Iterable[bytes], dialect: Dialect, pace: float, whole: Callable[[], bytes]) -> Reply:
    """An event stream: one step per frame, *pace* seconds before each but the first."""
    steps = [Step(frame, 1, pace if number else 0.0) for number, frame in enumerate(frames)]
    headers = {"Content-Type": EVENT_STREAM, "Cache-Control": "no-cache"}
    return Reply(steps, headers=headers, streamed=True, dialect=dialect, whole=whole)
