"""A web backend that passes a stream on to a browser, and stops the model when the browser leaves.

One list per network read is the unit to forward: a fast answer costs one write per read, not one per token,
and a slow one is passed on without delay. The browser reads it with ``EventSource`` or ``fetch``.
"""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import msgspec
from _offline import run
from aiohttp import web

from gravitex_async import APIError, AsyncGravitex
from gravitex_async.chat import ChatCompletionChunk

CLIENT = web.AppKey("client", AsyncGravitex)


async def relay(request: web.Request) -> web.StreamResponse:
    messages = [{"role": "user", "content": request.query["q"]}]
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    # Leaving this block in any way closes the upstream connection; aiohttp cancels the handler, or the
    # write fails, when the browser is gone.
    async with request.app[CLIENT].chat.completions.stream(model="gpt-4o-mini", messages=messages) as stream:
        await answer.prepare(request)
        try:
            async for chunks in stream.batches():
                if text := text_of(chunks):
                    await answer.write(event({"text": text}))
            await answer.write(event({"done": stream.end.reason}))
        except APIError as error:  # the head is out: an error can only be an event now
            await answer.write(event({"error": error.message}))
    return answer


def text_of(chunks: Sequence[ChatCompletionChunk]) -> str:
    deltas = (choice.delta for chunk in chunks for choice in chunk.choices)
    return "".join(delta.content for delta in deltas if delta and isinstance(delta.content, str))


def event(data: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)


def application(client: AsyncGravitex) -> web.Application:
    app = web.Application()
    app[CLIENT] = client
    app.router.add_get("/ask", relay)
    return app


async def browse(url: str) -> None:
    """What a browser would do."""
    async with aiohttp.request("GET", url, params={"q": "Hello"}) as answer:
        async for line in answer.content:
            if line.strip():
                print(line.decode().strip())


async def main() -> None:
    async with AsyncGravitex() as client:
        runner = web.AppRunner(application(client))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        await browse(f"http://{host}:{port}/ask")
        await runner.cleanup()


if __name__ == "__main__":
    run(main)
