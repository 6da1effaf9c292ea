"""The pipeline grown by one step at a time, on a response of the transport: what each step adds is its cost.

These use the parts of the package without its streams, so the rest of one (queue, verdict, clocks, views) is
the difference to the whole.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from benchmarks.clients import Final, Job, Outcome

__all__ = ["CLIENTS", "parts"]


class Taken(Final):
    """The bytes by the package's own way of reading, nothing parsed."""

    async def once(self, job: Job) -> Outcome:
        body = {"model": job["model"], "stream": True}
        call = self._client.chat.completions.call("/v1/chat/completions", body, {}, stream=True)
        response = await call.open(None)
        step = self.step()
        while data := await response.read():
            step(data)
        response.release()
        return {}

    def step(self) -> Callable[[bytes], object]:
        return len


class Split(Taken):
    """Each read cut at its last separator and split into payloads; the tail is put before the next."""

    def step(self) -> Callable[[bytes], object]:
        from gravitex_async.decoding import cut_events

        tail = b""

        def take(data: bytes) -> None:
            nonlocal tail
            cut = cut_events(tail, data)
            tail = cut[1] if cut else b""

        return take


class Decoded(Taken):
    """Typed chunks."""

    def step(self) -> Callable[[bytes], object]:
        feed: Callable[[bytes], object] = parts("chat")[0].feed
        return feed


class Accumulated(Taken):
    """Typed chunks, accumulated, and the deltas of each."""

    def step(self) -> Callable[[bytes], object]:
        decoder, accumulator = parts("chat")
        feed, fold = decoder.feed, accumulator.fold
        return lambda data: fold(feed(data))


def parts(dialect: str) -> tuple[Any, Any]:
    """What one stream of *dialect* is read with: a decoder and an accumulator."""
    made: tuple[Any, Any] = importlib.import_module(f"gravitex_async.{dialect}._api")._parts()
    return made


CLIENTS: dict[str, Callable[[], Any]] = {
    "piece-read": Taken,
    "piece-split": Split,
    "piece-decode": Decoded,
    "piece-fold": Accumulated,
}
