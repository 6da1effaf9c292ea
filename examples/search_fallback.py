"""Ask with web search, and without it when the search does not work: an older answer beats none."""

from __future__ import annotations

import asyncio

from gravitex_async import APIError, AsyncGravitex
from gravitex_async.chat import ChatCompletion
from gravitex_async.testing import LocalGateway, Tape

MESSAGES = [{"role": "user", "content": "What are the latest developments in AI?"}]
# What a search that works gives; each provider names its sources in a place of its own.
FOUND = Tape(
    b'{"choices":[{"message":{"content":"Models grew."},"finish_reason":"stop"}],'
    b'"citations":["https://example.com/models"]}',
    content_type="application/json",
)


async def ask(client: AsyncGravitex) -> ChatCompletion:
    try:
        return await client.chat.completions.create(
            model="grok-4",
            messages=MESSAGES,
            search_parameters={"mode": "on", "return_citations": True},
            timeout=20,
        )
    except APIError as error:
        print(f"search failed ({error}); asking without it")
        return await client.chat.completions.create(model="grok-4", messages=MESSAGES)


async def main() -> None:
    # Always the local gateway, with a search that is out of order at first.
    async with LocalGateway() as gateway:
        gateway.fault(
            "status",
            status=502,
            message="The search service is not available",
            match=lambda request: b"search_parameters" in request.body,
        )
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
            for _ in range(2):
                answer = await ask(client)
                print(answer.content)
                for source in answer.citations:
                    print(f"  source: {source.title or source.url}")
                gateway.play(FOUND)


if __name__ == "__main__":
    asyncio.run(main())
