"""Fields this package does not know: read them typed, with a struct of your own, or raw."""

from __future__ import annotations

import asyncio

from gravitex_async import AsyncGravitex
from gravitex_async.chat import ChatCompletionChunk
from gravitex_async.testing import LocalGateway, Tape

# What some gateway may send tomorrow.
BODY = (
    b'data: {"id":"1","x_cost":0.002,"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n'
    b'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


class CostChunk(ChatCompletionChunk, kw_only=True):
    x_cost: float | None = None


async def main() -> None:
    async with LocalGateway() as gateway:
        gateway.play(Tape(BODY))
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
            stream = client.chat.completions.stream(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": "Hi"}],
                chunk_type=CostChunk,
            )
            async for chunk in stream:
                print(chunk.x_cost, stream.last_raw)


if __name__ == "__main__":
    asyncio.run(main())
