"""The fixture ``gravitex_gateway``, found by pytest through an entry point.

Every pytest run of every user loads this module, so it imports nothing heavy: the gateway (and aiohttp
with it) is imported when the fixture is first asked for. Asynchronous fixtures need pytest-asyncio; without
it the plugin still loads and offers nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ._gateway import LocalGateway

try:
    from pytest_asyncio import fixture as _async_fixture
except ImportError:
    pass
else:

    @_async_fixture
    async def gravitex_gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalGateway]:
        """A started ``LocalGateway``; the client's environment variables point to it for the test."""
        from ._gateway import LocalGateway

        async with LocalGateway() as gateway:
            monkeypatch.setenv("GRAVITEX_BASE_URL", gateway.url)
            monkeypatch.setenv("GRAVITEX_API_KEY", gateway.api_key)
            yield gateway
