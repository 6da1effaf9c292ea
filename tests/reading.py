"""A body read without a network, and what comes of it: for the tests of decoders and accumulators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from gravitex_async.decoding import EventDecoder
from gravitex_async.deltas import Delta
from gravitex_async.errors import GravitexError
from gravitex_async.stream import Accumulator, Reading

__all__ = ["Make", "Read", "framed", "read", "taken"]

Make = Callable[[], "tuple[EventDecoder[Any], Accumulator[Any, Any]]"]


class Read(NamedTuple):
    """What came of a body: the items, what each of them added, and how it stands."""

    reading: Reading[Any, Any]
    items: list[Any]
    added: list[list[Delta]]

    @property
    def accumulator(self) -> Any:
        return self.reading.accumulator

    @property
    def failure(self) -> GravitexError | None:
        return self.reading.failure

    @property
    def deltas(self) -> list[Delta]:
        return [delta for deltas in self.added for delta in deltas]


def taken(reading: Reading[Any, Any]) -> tuple[list[Any], list[list[Delta]]]:
    """What nobody has taken yet, as items and as deltas; nobody else gets it."""
    queue = reading.queue
    items: list[Any] = list(reversed(queue.turn("items")))
    added = list(reversed(queue.turn("deltas")))
    queue.discard()
    return items, [[one] if isinstance(one, Delta) else list(one) for one in added]  # type: ignore[call-overload]


def read(make: Make, reads: Iterable[bytes], *, end: bool = True) -> Read:
    """All of *reads*, and then the end of the body, where there is to be one."""
    result = Read(Reading(*make()), [], [])
    for data in reads:
        result.reading.receive(data)
        _add(result)
    if end:
        result.reading.end_of_body()
        _add(result)
    return result


def _add(result: Read) -> None:
    items, added = taken(result.reading)
    result.items.extend(items)
    result.added.extend(added)


def framed(payloads: Iterable[bytes]) -> list[bytes]:
    """Payloads as the events of a stream."""
    return [b"data: %b\n\n" % payload for payload in payloads]
