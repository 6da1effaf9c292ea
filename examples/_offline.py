"""Runs an example against the gateway of the environment, or against a local one where there is no key."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from gravitex_async.testing import LocalGateway


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Runs *main* to its end; a client made without arguments finds the gateway in the environment."""
    asyncio.run(_run(main))


async def _run(main: Callable[[], Awaitable[None]]) -> None:
    if os.environ.get("GRAVITEX_API_KEY"):
        await main()
        return
    async with LocalGateway(pace=0.01) as gateway:
        os.environ["GRAVITEX_BASE_URL"] = gateway.url
        os.environ["GRAVITEX_API_KEY"] = gateway.api_key
        await main()
