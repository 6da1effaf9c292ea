"""What every answer has, in every dialect: how it came, how it ended, and the sources it names.

The words for what an answer says (``content``, ``tool_calls``, ...) each dialect gives its answers itself.
Here is what stands beside the fields of the wire: the ``Origin`` of an answer, kept in a slot and not in a
field, so that an answer that is compared, sent back or written as JSON is the wire's and nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from ._headers import request_id_of
from ._jsonable import Jsonable, tree_of
from .deltas import EndReason, Evidence, StreamEnd, end_state
from .errors import MisuseError
from .ratelimit import RateLimit
from .timings import Timings

__all__ = [
    "Answer",
    "Citation",
    "Kept",
    "Origin",
    "Piece",
    "WireEvent",
    "keep_payload",
    "origin_of",
    "tell_origin",
    "turn_of",
    "turns",
]


class Origin(msgspec.Struct, kw_only=True):
    """How an answer came. What nobody knows of it has its default."""

    body: bytes | None = None
    """The body of a plain answer, or the payload of an event that no struct could hold all of."""
    headers: Mapping[str, str] = {}
    attempts: int = 1
    timings: Timings = msgspec.field(default_factory=Timings)
    end: StreamEnd | None = None
    """How the stream stands that it came as; None for a plain answer."""
    extra: dict[str, Any] = {}
    """The fields beside those that its struct knows, where there is no body to look for them in."""
    parsed: Any = msgspec.UNSET
    """The value that ``parse`` read out of it."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Headers may be aiohttp's own, which do not pickle.
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        fields["headers"] = {name.lower(): value for name, value in self.headers.items()}
        return _origin_of_fields, (fields,)


class Citation(Jsonable, msgspec.Struct, kw_only=True):
    """A source that an answer names: a page, a file, a search result.

    >>> source = Citation(title="Norway", url="https://example.com/norway", where=(0, 5))
    >>> source.title, "Oslo is the capital."[slice(*source.where)]
    ('Norway', 'Oslo ')
    """

    title: str | None = None
    url: str | None = None
    """The address; None for what has none, as a file."""
    where: tuple[int, int] | None = None
    """Which characters of ``content`` rest on it, start and end; None where the server does not say."""
    text: str | None = None
    """What the source says, or the words it was cited for, where that was sent."""
    extra: dict[str, Any] = {}
    """The wire's own form of it."""


class Kept(Jsonable):
    """A struct that has something in slots beside its fields, which copies and pickles take along."""

    __slots__ = ()

    __struct_fields__: ClassVar[tuple[str, ...]]
    __struct_encode_fields__: ClassVar[tuple[str, ...]]
    _kept: ClassVar[tuple[str, ...]] = ()
    """The names of those slots."""

    def __copy__(self) -> Any:
        return _restored(type(self), _fields(self), _slots(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), _fields(self), _slots(self))


class Piece(Kept):
    """A part of an answer (a choice, its usage) that finds itself again in the body that it came in."""

    __slots__ = ("_source",)

    _kept: ClassVar[tuple[str, ...]] = ("_source",)
    _source: bytes | dict[str, Any]
    """The body of the answer; or the fields that no struct knows, of an answer that came as a stream."""

    def to_dict(self) -> dict[str, Any]:
        """As it is on the wire, in plain values; what the wire had beside the known fields included."""
        source = getattr(self, "_source", None)
        if isinstance(source, bytes):
            tree = tree_of(source)
            found = None if tree is None else self._find(tree)
            if isinstance(found, dict):
                return found
        return self._wire()

    def _wire(self) -> dict[str, Any]:
        source = getattr(self, "_source", None)
        return {**super()._wire(), **(source if isinstance(source, dict) else {})}

    def _find(self, body: dict[str, Any]) -> Any:
        """Where it stands in the body of its answer."""
        raise NotImplementedError


class WireEvent(Kept):
    """What the events of all streams share.

    A struct that the strict decoder made is the exact picture of its event. One that it refused, because of a
    field that no struct knows or a value of an odd type, has its payload beside it.
    """

    __slots__ = ("_payload",)

    _kept: ClassVar[tuple[str, ...]] = ("_payload",)
    _payload: bytes

    @property
    def raw(self) -> bytes | None:
        """The payload, of an event that is more than its fields; None where they are all of it."""
        return getattr(self, "_payload", None)

    def _keep(self, payload: bytes) -> None:
        self._payload = payload


class Answer(Kept):
    """What plain answers, ``final()``, ``arrived`` and ``error.partial`` share."""

    __slots__ = ("_origin",)

    dialect: ClassVar[str] = ""
    """``chat``, ``responses`` or ``gemini``, of an answer of a model."""
    _kept: ClassVar[tuple[str, ...]] = ("_origin",)
    _origin: Origin

    @property
    def raw(self) -> bytes | None:
        """The body of a plain answer as it came; None where the answer came as a stream."""
        return _origin(self).body

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers it came with, case-insensitive; empty for an answer that no server sent."""
        return _origin(self).headers

    @property
    def request_id(self) -> str | None:
        """The gateway's id of the request."""
        return request_id_of(self.headers)

    @property
    def rate_limit(self) -> RateLimit:
        """What the headers say of the gateway's limits."""
        return RateLimit.of(self.headers)

    @property
    def attempts(self) -> int:
        """How many tries it took to get it."""
        return _origin(self).attempts

    @property
    def timings(self) -> Timings:
        """When its parts came; of a plain answer, its headers and its body."""
        return _origin(self).timings

    @property
    def end(self) -> StreamEnd:
        """How it ended: as its stream did; a plain answer as its finish reason says."""
        return _origin(self).end or self._plain_end()

    @property
    def extra(self) -> dict[str, Any]:
        """The fields beside those this version knows, as sent; empty when there are none."""
        raw = self.raw
        tree = None if raw is None else tree_of(raw)
        if tree is None:
            return _origin(self).extra
        known = self.__struct_encode_fields__
        return {name: value for name, value in tree.items() if name not in known}

    def _keep(self, payload: bytes) -> None:
        """Keeps the body, also for its parts."""
        origin_of(self).body = payload

    def _reason(self) -> EndReason:
        """Why it ended, in the word all dialects share; a dialect says how to tell."""
        return "unknown"

    def _plain_end(self) -> StreamEnd:
        reason = self._reason()
        seen = reason != "unknown"
        body = self.raw
        evidence = Evidence(finish_seen=seen, clean_eof=body is not None, bytes=len(body or b""))
        return StreamEnd(end_state(reason), reason, evidence=evidence)


def origin_of(answer: Answer) -> Origin:
    """The origin of *answer*, to be written into; made where there is none yet."""
    try:
        return answer._origin
    except AttributeError:
        origin = answer._origin = Origin()
        return origin


def tell_origin(
    answer: object,
    *,
    headers: Mapping[str, str],
    attempts: int,
    timings: Timings,
    end: StreamEnd | None = None,
) -> None:
    """Notes how *answer* came, if it is one. What is still going on is noted as it stands."""
    if not isinstance(answer, Answer):
        return
    origin = origin_of(answer)
    origin.headers, origin.attempts = headers, attempts
    origin.timings = copy.copy(timings)
    origin.timings.between = copy.copy(timings.between)
    if end is not None:
        origin.end = copy.copy(end)
        origin.end.evidence = copy.copy(end.evidence)


def keep_payload(item: object, payload: bytes) -> None:
    """Keeps the bytes that an event or answer was read from, where it has room for them."""
    if isinstance(item, (Answer, WireEvent)):
        item._keep(payload)


def _origin(answer: Answer) -> Origin:
    return getattr(answer, "_origin", None) or Origin()


def _origin_of_fields(fields: dict[str, Any]) -> Origin:
    return Origin(**fields)


_AS_A_TURN = {
    "chat": "{'role': 'assistant', 'content': answer.content}",
    "responses": "{'role': 'assistant', 'content': answer.content}",
    "gemini": "{'role': 'model', 'parts': [{'text': answer.content}]}",
}


def turns(items: Iterable[Any], dialect: str) -> list[Any]:
    """A conversation in which answers and ended streams of *dialect* may stand for their turns.

    Raises:
        MisuseError: One is of another dialect, or a stream that has not ended.
    """
    found: list[Any] = []
    for item in items:
        turn = turn_of(item, dialect)
        found += [item] if turn is None else turn
    return found


def turn_of(item: Any, dialect: str) -> list[Any] | None:
    """What goes out for an answer, a choice or an ended stream of *dialect*; None for anything else.

    Raises:
        MisuseError: It is of another dialect, or a stream that has not ended.
    """
    of = getattr(item, "dialect", None)
    if of is None or not hasattr(item, "to_input"):
        return None
    if of != dialect:
        raise MisuseError(
            f"expected messages, or answers of this endpoint, got a {type(item).__name__}; write "
            f"{_AS_A_TURN.get(dialect, 'what it says')}"
        )
    end = None if isinstance(item, Answer) else getattr(item, "end", None)
    if end is not None and end.state == "open":
        raise MisuseError(
            "expected a stream that has ended, got one that is open: await stream.final(), or write "
            "stream.arrived for what has come so far"
        )
    turn: list[Any] = item.to_input()
    return turn


def _fields(struct: Kept) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _slots(struct: Kept) -> dict[str, Any]:
    return {name: copy.copy(getattr(struct, name)) for name in struct._kept if hasattr(struct, name)}


def _restored(cls: type[Kept], fields: dict[str, Any], slots: dict[str, Any]) -> Kept:
    struct = cls(**fields)
    for name, value in slots.items():
        setattr(struct, name, value)
    return struct
