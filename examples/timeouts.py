"""The seven clocks of a call: which one ran out, and what had arrived by then."""

from __future__ import annotations

import asyncio

from gravitex_async import APITimeoutError, AsyncGravitex, Timeout
from gravitex_async.testing import LocalGateway

MESSAGES = [{"role": "user", "content": "Tell me a story of seven words or more"}]


async def main() -> None:
    # Always the local gateway: it is silent on purpose.
    async with LocalGateway() as gateway:
        client = AsyncGravitex(
            api_key=gateway.api_key,
            base_url=gateway.url,
            max_retries=0,
            timeout=Timeout(connect=1, headers=0.3, content_idle=0.3, deadline=5),
        )
        gateway.fault("stall", where="headers")
        gateway.fault("pings", after_events=5, seconds=0.02, repeat=None)  # alive, and saying nothing
        for _ in range(2):
            try:
                await client.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES).final()
            except APITimeoutError as error:
                arrived = "nothing" if error.partial is None else repr(error.partial.content)
                print(f"{error.clock} ran out after {error.limit} s; {arrived} had arrived")
        # A limit of its own for one call:
        answer = await client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, timeout=30)
        print(answer.content)
        await client.close()


if __name__ == "__main__":
    asyncio.run(main())
