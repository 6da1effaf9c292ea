"""Test your own code against the local gateway: authored answers, faults, and what was asked.

Under pytest the fixture ``gravitex_gateway`` gives the same gateway, started, with the environment set.
"""

from __future__ import annotations

import asyncio

from gravitex_async import AsyncGravitex, RetryPolicy
from gravitex_async.testing import Call, LocalGateway


async def headline(client: AsyncGravitex, text: str) -> str:
    """The code under test."""
    messages = [{"role": "user", "content": f"A headline for: {text}"}]
    answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    return answer.content.strip().rstrip(".")


async def main() -> None:
    async with LocalGateway() as gateway:
        client = AsyncGravitex(
            api_key=gateway.api_key,
            base_url=gateway.url,
            max_retries=RetryPolicy(max_retries=2, initial_delay=0.01),
        )
        gateway.script("Dog bites man. ")
        assert await headline(client, "...") == "Dog bites man"

        gateway.fault("status", status=503, count=2)  # twice, then well
        gateway.script("Man bites dog", times=None)
        assert await headline(client, "...") == "Man bites dog"
        assert len(gateway.requests) == 4

        gateway.script(tool_calls=[Call("lookup", ['{"wo', 'rd": "dog"}'])])  # these exact fragments
        stream = client.chat.completions.stream(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "dog"}]
        )
        async for _ in stream:
            break
        await stream.aclose()
        assert (await gateway.wait_closed()).closed_by_peer
        print("all promises kept, in", len(gateway.requests), "requests")
        await client.close()


if __name__ == "__main__":
    asyncio.run(main())
