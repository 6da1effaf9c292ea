"""The floor, the hand-written loops, and the views of this package, as contestants.

The floor reads the bytes with aiohttp's ``readany`` and looks at nothing. It asks the system for 72 KB at a
time, as this package does. asyncio's own 256 KB mostly cost more, and comparing with that would flatter us;
``floor-default`` shows it. The loops are what a careful user writes by hand, with the defaults: aiohttp by
line, json or orjson, text put together.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypedDict

import aiohttp

__all__ = ["CLIENTS"]

Job = dict[str, Any]
Outcome = dict[str, Any]

READ_BYTES = 72 * 1024
TLS_BYTES = 16 * 1024

_MESSAGES = [{"role": "user", "content": "Tell me something long."}]


def _path(job: Job) -> str:
    if job["dialect"] == "gemini":
        return f"/v1beta/models/{job['model']}:streamGenerateContent?alt=sse"
    return "/v1/responses" if job["dialect"] == "responses" else "/v1/chat/completions"


def _body(job: Job) -> Job:
    return {"model": job["model"], "messages": _MESSAGES, "stream": True}


class _Aiohttp:
    """A session; what is done with an answer is the subclass's."""

    read_bytes = 256 * 1024  # aiohttp's default

    async def open(self, job: Job) -> None:
        context = ssl.create_default_context(cafile=job["ca"]) if job["ca"] else True
        connector = aiohttp.TCPConnector(limit=0, ssl=context)
        timeout = aiohttp.ClientTimeout(total=None)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, read_bufsize=self.read_bytes
        )

    async def close(self) -> None:
        await self._session.close()

    def post(self, job: Job) -> Any:
        return self._session.post(job["url"] + _path(job), json=_body(job))

    def stream(self, job: Job) -> Any:
        return self.post(job)

    async def once(self, job: Job) -> Outcome:
        async with self.stream(job) as answer:
            return await self.read(answer)

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        raise NotImplementedError


class FloorDefault(_Aiohttp):
    """Bytes read and counted, nothing parsed."""

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        size = reads = 0
        while data := await answer.content.readany():
            size += len(data)
            reads += 1
        return {"bytes": size, "extra": {"reads": reads}}


class Floor(FloorDefault):
    """The same in reads of the size this package uses."""

    read_bytes = READ_BYTES

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        # None once the whole answer has come: the connection was given back.
        transport: Any = answer.connection and answer.connection.transport
        if hasattr(transport, "max_size"):
            transport.max_size = READ_BYTES
        if hasattr(transport, "_ssl_protocol"):
            transport._ssl_protocol.max_size = TLS_BYTES
        return await super().read(answer)


class LineLoop(_Aiohttp):
    """A chat stream by hand: aiohttp by line, a dict per event, text put together."""

    loads: Callable[[bytes], Any] = staticmethod(json.loads)

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        text: list[str] = []
        events = 0
        async for line in answer.content:
            if not line.startswith(b"data:"):
                continue
            payload = line[5:].strip()
            if payload == b"[DONE]":
                break
            events += 1
            text.append(self.text_of(self.loads(payload)))
        return {"events": events, "characters": len("".join(text))}

    def text_of(self, event: Any) -> str:
        if "choices" in event:
            choices = event["choices"]
            return (choices[0]["delta"].get("content") or "") if choices else ""
        if "candidates" in event:
            return str(event["candidates"][0]["content"]["parts"][0]["text"])
        return str(event["delta"]) if event["type"] == "response.output_text.delta" else ""


class LineLoopOrjson(LineLoop):
    """The same with orjson."""

    async def open(self, job: Job) -> None:
        import orjson

        self.loads = orjson.loads
        await super().open(job)


class FloorPlain(_Aiohttp):
    """A plain request and its answer: post, then ``json()``."""

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        completion = await answer.json()
        return {"events": 1, "characters": len(completion["choices"][0]["message"]["content"])}


class FloorStamps(_Aiohttp):
    """Nanoseconds from the sending of a stamped event until its bytes are in hand."""

    async def read(self, answer: aiohttp.ClientResponse) -> Outcome:
        delays = []
        while data := await answer.content.readany():
            now = time.monotonic_ns()
            stamp = data.rpartition(b'"content":"')[2].partition(b'"')[0]
            if stamp.isdigit():
                delays.append(now - int(stamp))
        return {"extra": {"delays": delays}}


class _Gravitex:
    """A client of this package; the view is the subclass's."""

    async def open(self, job: Job) -> None:
        from gravitex_async import AsyncGravitex

        context = ssl.create_default_context(cafile=job["ca"]) if job["ca"] else None
        self._client = AsyncGravitex(api_key="sk-bench", base_url=job["url"], ssl=context)

    async def close(self) -> None:
        await self._client.close()

    def stream(self, job: Job) -> Any:
        if job["dialect"] == "gemini":
            return self._client.gemini.generate_content_stream(model=job["model"], contents="Tell me.")
        if job["dialect"] == "responses":
            return self._client.responses.stream(model=job["model"], input="Tell me.")
        # Asked for, so that the chunk with the usage is counted among the events.
        asked = {"include_usage": True}
        return self._client.chat.completions.stream(
            model=job["model"], messages=_MESSAGES, stream_options=asked
        )

    async def once(self, job: Job) -> Outcome:
        async with self.stream(job) as stream:
            return await self.read(stream)

    async def read(self, stream: Any) -> Outcome:
        events = await self.events(stream)
        return {"events": events, "characters": len(stream.content), "bytes": stream.end.evidence.bytes}

    async def events(self, stream: Any) -> int:
        raise NotImplementedError


async def _counted(items: AsyncIterator[Any]) -> int:
    count = 0
    async for _ in items:
        count += 1
    return count


class Chunks(_Gravitex):
    """Typed chunks, accumulated."""

    async def events(self, stream: Any) -> int:
        return await _counted(stream)


class Deltas(_Gravitex):
    """Deltas, accumulated; several or none may come of one event, so they are not compared."""

    async def events(self, stream: Any) -> int:
        await _counted(stream.deltas())
        return 0


class Text(_Gravitex):
    """Pieces of text, accumulated."""

    async def events(self, stream: Any) -> int:
        await _counted(stream.text())
        return 0


class Batches(_Gravitex):
    """One list of chunks per read, accumulated."""

    async def events(self, stream: Any) -> int:
        count = 0
        async for batch in stream.batches():
            count += len(batch)
        return count


class Final(_Gravitex):
    """Nothing but the whole answer."""

    async def events(self, stream: Any) -> int:
        await stream.final()
        return 0


class Row(TypedDict, total=False):
    """An element of the corpus ``structured``."""

    id: int
    name: str
    note: str
    score: float
    tags: list[str]


class Document(TypedDict, total=False):
    """What the corpus ``structured`` says."""

    title: str
    rows: list[Row]


class Partial(_Gravitex):
    """The answer as a value that grows, element by element."""

    async def events(self, stream: Any) -> int:
        await _counted(stream.partial(Document))
        return 0


class Plain(_Gravitex):
    """A plain request and its answer, typed."""

    async def once(self, job: Job) -> Outcome:
        completion = await self._client.chat.completions.create(model=job["model"], messages=_MESSAGES)
        return {"events": 1, "characters": len(completion.choices[0].message.content or "")}


class PlainNoEnv(Plain):
    """The same with ``trust_env=False``."""

    async def open(self, job: Job) -> None:
        from gravitex_async import AsyncGravitex

        self._client = AsyncGravitex(api_key="sk-bench", base_url=job["url"], trust_env=False)


class FloorPlainEnv(FloorPlain):
    """The floor with ``trust_env=True``: what aiohttp itself pays for it."""

    async def open(self, job: Job) -> None:
        self._session = aiohttp.ClientSession(trust_env=True)


class Stamps(_Gravitex):
    """Nanoseconds from the sending of a stamped event until its delta is in hand."""

    async def once(self, job: Job) -> Outcome:
        delays = []
        async for delta in self.stream(job).deltas():
            now = time.monotonic_ns()
            if delta.content:
                delays.append(now - int(delta.content))
        return {"extra": {"delays": delays}}


CLIENTS: dict[str, Callable[[], Any]] = {
    "floor": Floor,
    "floor-default": FloorDefault,
    "floor-plain": FloorPlain,
    "floor-stamps": FloorStamps,
    "loop-json": LineLoop,
    "loop-orjson": LineLoopOrjson,
    "gravitex-chunks": Chunks,
    "gravitex-deltas": Deltas,
    "gravitex-text": Text,
    "gravitex-batches": Batches,
    "gravitex-final": Final,
    "gravitex-partial": Partial,
    "gravitex-plain": Plain,
    "gravitex-plain-no-env": PlainNoEnv,
    "floor-plain-env": FloorPlainEnv,
    "gravitex-stamps": Stamps,
}
