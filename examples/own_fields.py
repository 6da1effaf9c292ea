"""Fields this package does not know: nothing of them is lost, and a struct of your own reads them typed."""

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
        gateway.play(Tape(BODY), times=2)
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
            messages = [{"role": "user", "content": "Hi"}]
            stream = client.chat.completions.stream(model="gpt-4o-mini", messages=messages)
            async for chunk in stream:
                print(
                    chunk.to_dict().get("x_cost"), chunk.raw
                )  # raw: the payload of a chunk with such fields
            answer = await stream.final()
            print(answer.extra, answer.to_json())

            async for cost in client.chat.completions.stream(
                model="gpt-4o-mini", messages=messages, chunk_type=CostChunk
            ):
                print(cost.x_cost)


if __name__ == "__main__":
    asyncio.run(main())
