"""A web backend that passes a stream on to a browser, and stops the model when the browser leaves.

aiohttp.web cancels a handler whose browser is gone only where it is told to: ``handler_cancellation=True``.
Without it nothing is noticed before the next write, and a model that is silent, or still thinking, runs on.

Read it with ``fetch`` and a reader, not with ``EventSource``: that one asks again whenever an answer has
ended, well or not, and every time the model is paid for anew.

    const answer = await fetch("/ask", {method: "POST", body: question, signal: stopButton.signal});
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read; !(read = await reader.read()).done; ) show(read.value);
"""

from __future__ import annotations

from typing import Any

import aiohttp
import msgspec
from _offline import run
from aiohttp import web

from gravitex_async import APIError, AsyncGravitex, Delta

CLIENT = web.AppKey("client", AsyncGravitex)
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def relay(request: web.Request) -> web.StreamResponse:
    messages = [{"role": "user", "content": await request.text()}]
    answer = web.StreamResponse(headers=HEADERS)
    await answer.prepare(request)
    # Leaving this block in any way, cancelled while it is entered too, closes the upstream connection.
    try:
        async with request.app[CLIENT].chat.completions.stream(model="glm-5", messages=messages) as stream:
            async for delta in stream.deltas():
                if news := said(delta):
                    await answer.write(event(news))
        await answer.write(event({"end": stream.end.state, "reason": stream.end.reason}))
    except APIError as error:  # the head is out: an error can only be an event now
        await answer.write(event({"error": error.message}))
    return answer


def said(delta: Delta) -> dict[str, Any]:
    """What the delta adds, whatever it is: content, reasoning, tool calls, the finish reason, usage."""
    return {name: value for name in delta.__struct_fields__ if (value := getattr(delta, name))}


def event(data: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)


async def serve(client: AsyncGravitex) -> web.AppRunner:
    app = web.Application()
    app[CLIENT] = client
    app.router.add_post("/ask", relay)
    runner = web.AppRunner(app, handler_cancellation=True)  # web.run_app has the same argument
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def browse(url: str) -> None:
    """What a browser would do."""
    async with aiohttp.request("POST", url, data="Hello") as answer:
        async for line in answer.content:
            if line.strip():
                print(line.decode().strip())


async def main() -> None:
    async with AsyncGravitex() as client:
        runner = await serve(client)
        host, port = runner.addresses[0][:2]
        await browse(f"http://{host}:{port}/ask")
        await runner.cleanup()


if __name__ == "__main__":
    run(main)
