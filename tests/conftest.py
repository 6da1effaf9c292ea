"""A gateway, a client of it, and where the recorded captures are: shared by every test that talks."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex
from gravitex_async.testing import LocalGateway

ROOT = Path(__file__).parent.parent


def shared(*parts: str) -> Path:
    """A path among the project's shared material: ``$GRAVITEX_SHARED``, else beside the checkout.

    Absent material skips the test, but for a continuous-integration run (``CI=true``), which must have it.
    """
    path = Path(os.environ.get("GRAVITEX_SHARED") or ROOT.parent / "shared").joinpath(*parts)
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is not there, and CI is set", pytrace=False)
        pytest.skip(f"{path} is not there", allow_module_level=True)
    return path


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    """A local gateway of this test's own."""
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    """A client of that gateway, with no second tries unless a test asks for them."""
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, max_retries=0) as client:
        yield client
