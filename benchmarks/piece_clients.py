"""The pipeline grown by one step at a time, on aiohttp itself: what each step adds is what it costs.

These use the parts of the package without its client, so the rest of a stream (queue, clocks, views) is the
difference to the whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from benchmarks.clients import Floor, Job, Outcome

__all__ = ["CLIENTS"]


class Taken(Floor):
    """The bytes by the package's own way of reading, nothing parsed."""

    async def open(self, job: Job) -> None:
        from gravitex_async.config import Limits
        from gravitex_async.transport._session import Session

        self._own = Session(Limits(), None, trust_env=False)

    async def close(self) -> None:
        await self._own.close()

    async def once(self, job: Job) -> Outcome:
        body, headers = json.dumps({"model": job["model"]}).encode(), {"Content-Type": "application/json"}
        url = job["url"] + "/v1/chat/completions"
        answer = await self._own.send("POST", url, headers, body, None, lambda: None)
        read = self._own.body(answer)
        step = self.step()
        while (data := read.take()) != b"":
            if data is None:
                await read.wait()
            else:
                step(data)
        return {}

    def step(self) -> Callable[[bytes], object]:
        return len


class Split(Taken):
    """Each read cut at its last separator and split into payloads; the tail is put before the next."""

    def step(self) -> Callable[[bytes], object]:
        from gravitex_async.decoding._events import cut_events

        tail = b""

        def take(data: bytes) -> None:
            nonlocal tail
            cut = cut_events(tail, data)
            tail = cut[1] if cut else b""

        return take


class Decoded(Taken):
    """Typed chunks."""

    def step(self) -> Callable[[bytes], object]:
        feed: Callable[[bytes], object] = _decoder().feed
        return feed


class Folded(Taken):
    """Typed chunks, accumulated."""

    def step(self) -> Callable[[bytes], object]:
        from gravitex_async.chat import ChatAccumulator

        feed = _decoder().feed
        fold = ChatAccumulator().fold
        return lambda data: fold(feed(data), 0)


class Translated(Taken):
    """Typed chunks, accumulated, and the deltas of each."""

    def step(self) -> Callable[[bytes], object]:
        from gravitex_async.chat import ChatAccumulator

        feed = _decoder().feed
        folded = ChatAccumulator()

        def take(data: bytes) -> None:
            items = feed(data)
            folded.fold(items, 0)
            for item in items:
                folded.deltas(item)

        return take


def _decoder() -> Any:
    from gravitex_async.chat import ChatCompletionChunk
    from gravitex_async.decoding._events import EventDecoder

    return EventDecoder(msgspec.json.Decoder(ChatCompletionChunk))


CLIENTS: dict[str, Callable[[], Any]] = {
    "piece-read": Taken,
    "piece-split": Split,
    "piece-decode": Decoded,
    "piece-fold": Folded,
    "piece-deltas": Translated,
}
