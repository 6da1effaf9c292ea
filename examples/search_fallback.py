"""Ask with web search, and without it when the search does not work: an older answer beats none."""

from __future__ import annotations

import asyncio

from gravitex_async import APIError, AsyncGravitex
from gravitex_async.testing import LocalGateway

MESSAGES = [{"role": "user", "content": "What are the latest developments in AI?"}]


async def ask(client: AsyncGravitex) -> str:
    try:
        answer = await client.chat.completions.create(
            model="grok-4",
            messages=MESSAGES,
            search_parameters={"mode": "on", "return_citations": True},
            timeout=20,
        )
    except APIError as error:
        print(f"search failed ({error}); asking without it")
        answer = await client.chat.completions.create(model="grok-4", messages=MESSAGES)
    return str(answer.choices[0].message.content)


async def main() -> None:
    # Always the local gateway, with a search that is out of order.
    async with LocalGateway() as gateway:
        gateway.fault(
            "status",
            status=502,
            message="The search service is not available",
            count=None,
            match=lambda request: b"search_parameters" in request.body,
        )
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
            print(await ask(client))


if __name__ == "__main__":
    asyncio.run(main())
