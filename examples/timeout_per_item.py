"""A limit around each wait: it loses nothing, and the stream can be read on after it."""

from __future__ import annotations

import asyncio

from gravitex_async import AsyncGravitex
from gravitex_async.testing import LocalGateway

PATIENCE = 0.05


async def main() -> None:
    # Always the local gateway: it is slow on purpose.
    async with LocalGateway() as gateway:
        gateway.script("one two three", pace=0.12)
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
            messages = [{"role": "user", "content": "count"}]
            waited = 0
            async with client.chat.completions.stream(model="gpt-4o-mini", messages=messages) as stream:
                pieces = stream.text()
                while True:
                    try:
                        print(await asyncio.wait_for(anext(pieces), PATIENCE))
                    except asyncio.TimeoutError:
                        waited += 1  # say "still thinking", look for a stop button, or give up
                    except StopAsyncIteration:
                        break
            print(f"{stream.content!r} is whole, though {waited} waits were given up")


if __name__ == "__main__":
    asyncio.run(main())
