"""What can go wrong, on purpose: values that rewrite a reply before it is sent.

In the table *k* is ``after_events`` (or ``after_bytes``; a body that is no stream is cut in its middle),
*s* is ``seconds``. ``where="headers"`` strikes before the head is sent.

====================  ======================================================================================
kind                  what the client meets
====================  ======================================================================================
reset                 RST after k events, or instead of the head
close                 a clean end of the body after k events: no end mark, no finish reason
truncate              the connection closed after k events, without the terminating chunk
short                 a Content-Length larger than the body, by ``size`` bytes
garbage-chunk-size    a chunk size that is no number after k events, then silence
stall                 silence for ever: before the head, after k events, or inside one (``where="event"``)
slow-headers          the head byte by byte, over s seconds
pings                 ``repeat`` comments (None: for ever), one every s seconds, after k events (default 0)
drip                  the body byte by byte, one every s seconds
split                 the body cut ``at`` offsets, or at random from ``seed``: each piece a write of its own
bytewise              the body byte by byte, at full speed
no-done               no ``[DONE]``
double-done           ``[DONE]`` twice
data-after-done       an event behind ``[DONE]``
error-event           after k events an error in the form ``form`` (``ErrorForm``), and the end
html                  a proxy's page, 200 text/html
json-error            200 application/json with an error body
json-whole            a whole JSON answer where a stream was asked for
empty                 200 and not one byte of body
invalid-json          one event among the good ones is cut JSON
invalid-utf8          text with bytes that are no UTF-8, from event k on
wrong-types           from event k on numbers as strings; ``form="shapes"``: text as objects
status                ``status`` with ``body``, ``headers`` and ``retry_after``
redirect              a ``status`` (default 307) that points to ``location``
huge-event            one event with a text of ``size`` bytes after k events
endless-line          after k events a line that never ends
endless-comments      after k events comments without end, at full speed
big-headers           a header of ``size`` bytes
compress              the body in ``encoding``: gzip, deflate, br or zstd, flushed after each event
bomb                  a small gzip body that inflates to ``size`` bytes in one event
====================  ======================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, repeat
from typing import Literal, TypedDict, get_args

from msgspec import UNSET, UnsetType

from ._errors import said
from ._reply import Ending, Reply, Step
from ._tape import event_ends, pieces, random_cuts

DeliveryFault = Literal[
    "reset", "close", "truncate", "short", "garbage-chunk-size", "stall", "slow-headers", "pings", "drip",
    "split", "bytewise", "endless-line", "endless-comments", "big-headers", "compress", "bomb",
]  # fmt: skip
ContentFault = Literal[
    "no-done", "double-done", "data-after-done", "error-event", "html", "json-error", "json-whole", "empty",
    "invalid-json", "invalid-utf8", "wrong-types", "status", "redirect", "huge-event",
]  # fmt: skip
FaultKind = DeliveryFault | ContentFault
ErrorForm = Literal[
    "data", "event-flat", "event-nested", "raw-tail", "field-line", "google",
    "responses-error", "responses-failed",
]  # fmt: skip
Where = Literal["headers", "body", "event"]
KINDS: frozenset[str] = frozenset((*get_args(DeliveryFault), *get_args(ContentFault)))


class FaultOptions(TypedDict, total=False):
    """The options of ``Fault``, as keywords of ``LocalGateway.fault``."""

    after_events: int | None
    after_bytes: int | None
    where: Where
    seconds: float | None
    repeat: int | None
    at: Sequence[int]
    seed: int
    form: str
    status: int | None
    code: str | int | UnsetType | None
    message: str | None
    body: bytes | None
    headers: Mapping[str, str]
    retry_after: float | str | None
    location: str
    size: int | None
    encoding: str


@dataclass(frozen=True)
class Fault:
    """One kind of fault and its options; options that the kind does not have are ignored.

    The default ``code`` and ``message`` of an error are those that the gateway sends with its status.

    >>> from gravitex_async.testing import Fault, LocalGateway
    >>> async with LocalGateway() as gateway:
    ...     gateway.fault(Fault("status", status=503, retry_after=0.01), count=2)
    ...     gateway.fault("stall", after_events=3)  # the same, in short

    Raises:
        ValueError: An unknown kind or form.
    """

    kind: FaultKind
    after_events: int | None = None
    after_bytes: int | None = None
    where: Where = "body"
    seconds: float | None = None
    repeat: int | None = 3
    at: Sequence[int] = ()
    seed: int = 0
    form: str = "data"
    status: int | None = None
    code: str | int | UnsetType | None = UNSET
    message: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | str | None = None
    location: str = ""
    size: int | None = None
    encoding: str = "gzip"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; expected one of {', '.join(sorted(KINDS))}")
        if self.kind == "error-event" and self.form not in get_args(ErrorForm):
            raise ValueError(f"unknown form {self.form!r}; expected one of {', '.join(get_args(ErrorForm))}")

    @property
    def said(self) -> tuple[str, str | int | None]:
        """The message and the code of an error."""
        message, code = said(self.status or 500)
        return message if self.message is None else self.message, code if self.code is UNSET else self.code

    @property
    def events(self) -> int:
        """After how many events it strikes; the first one by default."""
        return 1 if self.after_events is None else self.after_events


def before(reply: Reply, fault: Fault) -> list[Step]:
    """The steps that are still sent whole before *fault* strikes."""
    if fault.after_bytes is not None:
        return list(_first_bytes(reply.steps, fault.after_bytes))
    if not reply.streamed:
        return list(_first_bytes(reply.steps, body_length(reply) // 2))
    return list(islice(reply.steps, fault.events))


def after(reply: Reply, fault: Fault) -> list[Step]:
    """The steps behind event *k*."""
    return list(islice(reply.steps, fault.events, None))


def body_length(reply: Reply) -> int:
    """How long the whole body would be."""
    return sum(len(step.data) for step in reply.steps)


def joined(reply: Reply) -> bytes:
    """The whole body."""
    return b"".join(step.data for step in reply.steps)


def _first_bytes(steps: Iterable[Step], limit: int) -> Iterator[Step]:
    for step in steps:
        if len(step.data) > limit:
            yield Step(step.data[:limit], 0, step.pause)
            return
        yield step
        limit -= len(step.data)


def _cut_off(ending: Ending) -> Callable[[Reply, Fault], Reply]:
    """Send what comes before the fault under the head of the whole answer, then *ending*."""

    def apply(reply: Reply, fault: Fault) -> Reply:
        if fault.where == "headers":
            return replace(reply, headless=True, ending=ending)
        length = None if reply.streamed else body_length(reply)
        return replace(reply, steps=before(reply, fault), length=length, ending=ending)

    return apply


def _close(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, steps=before(reply, fault))


def _short(reply: Reply, fault: Fault) -> Reply:
    length = body_length(reply) + (fault.size or 100)
    return replace(reply, streamed=False, length=length, ending=Ending.CLOSE)


def _stall(reply: Reply, fault: Fault) -> Reply:
    if fault.where == "headers":
        return replace(reply, head_pause=math.inf)
    steps = before(reply, fault)
    if fault.where == "event":
        steps += (Step(step.data[: len(step.data) // 2]) for step in after(reply, fault)[:1])
    length = None if reply.streamed else body_length(reply)
    return replace(reply, steps=[*steps, Step(pause=math.inf)], length=length)


def _slow_headers(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, head_drip=1.0 if fault.seconds is None else fault.seconds)


def _pings(reply: Reply, fault: Fault) -> Reply:
    fault = replace(fault, after_events=fault.after_events or 0)
    ping = Step(b": PING\n\n", 0, 0.05 if fault.seconds is None else fault.seconds)
    head, tail = list(islice(reply.steps, fault.events)), after(reply, fault)
    endless = (step for part in (head, repeat(ping)) for step in part)
    steps = endless if fault.repeat is None else [*head, *[ping] * fault.repeat, *tail]
    return replace(reply, steps=steps)


def _cut_up(reply: Reply, fault: Fault) -> Reply:
    body = joined(reply)
    cuts: Iterable[int] = range(1, len(body))
    if fault.kind == "split":
        cuts = fault.at or random_cuts(len(body), fault.seed)
    pause = fault.seconds if fault.seconds is not None else 0.05 if fault.kind == "drip" else 0.0
    ends = event_ends(body) if reply.streamed else [len(body)]
    return replace(reply, steps=[step._replace(pause=pause) for step in pieces(body, cuts, ends)])


def _endless(reply: Reply, fault: Fault) -> Reply:
    block = Step(b": PING\n\n" * 1024 if fault.kind == "endless-comments" else b"x" * 65536)
    opening = Step(b"" if fault.kind == "endless-comments" else b'data: {"id":"')
    parts = (before(reply, fault), [opening], repeat(block))
    return replace(reply, steps=(step for part in parts for step in part))


def _big_headers(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, headers={**reply.headers, "X-Big": "x" * (fault.size or 65536)})


DELIVERY: dict[str, Callable[[Reply, Fault], Reply]] = {
    "reset": _cut_off(Ending.RESET),
    "close": _close,
    "truncate": _cut_off(Ending.CLOSE),
    "short": _short,
    "garbage-chunk-size": _cut_off(Ending.GARBAGE),
    "stall": _stall,
    "slow-headers": _slow_headers,
    "pings": _pings,
    "drip": _cut_up,
    "split": _cut_up,
    "bytewise": _cut_up,
    "endless-line": _endless,
    "endless-comments": _endless,
    "big-headers": _big_headers,
}
