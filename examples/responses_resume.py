"""A Responses stream that broke off is taken up again behind its last event: nothing is paid for twice."""

from __future__ import annotations

import asyncio

from gravitex_async import AsyncGravitex, StreamInterrupted
from gravitex_async.testing import LocalGateway


async def main() -> None:
    # Always the local gateway: it breaks on demand, and it keeps responses. Not every gateway does.
    async with LocalGateway() as gateway:
        gateway.fault("truncate", after_events=8)
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
            stream = client.responses.stream(model="gpt-5.2", input="Tell me of the sea and the wind")
            try:
                await stream.final()
            except StreamInterrupted:
                print(f"broke off: {stream.content!r}")
                stream = client.responses.resume(stream)
                async for text in stream.text():
                    print(f"new: {text!r}")
            print(f"whole: {stream.content!r}")


if __name__ == "__main__":
    asyncio.run(main())
