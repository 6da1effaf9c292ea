"""A gateway, a client of it, and where the recorded captures are: shared by every test that talks."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex
from gravitex_async.testing import LocalGateway

from .virtual import with_sockets

ROOT = Path(__file__).parent.parent
MOST_WORKERS = 8  # each loads everything anew; the slowest file sets the pace from here on


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "virtual(turn=0.0): on a loop whose clock jumps; see tests/virtual.py")
    if sys.version_info < (3, 11):
        # asyncio of 3.10 calls every TLS transport unclosed that its peer has closed, and says so when it is
        # collected: in any later test of the same process.
        config.addinivalue_line(
            "filterwarnings", "ignore:unclosed transport <asyncio.sslproto:ResourceWarning"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process per core for whole folders; none for named files, where a debugger may be wanted.

    ``-n 0`` is one process for everything, ``-n 4`` four for whatever it is.
    """
    named = any(".py" in argument for argument in config.args)
    return 0 if named or config.option.collectonly else min(_cores(), MOST_WORKERS)


def _cores() -> int:
    # Those this process may use; only Linux says which.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of a test and of its fixtures."""
    virtual = item.get_closest_marker("virtual")
    if virtual is None:
        return {"asyncio": asyncio.new_event_loop}
    return {"virtual": functools.partial(with_sockets, **virtual.kwargs)}


def at_hand(*parts: str) -> Path | None:
    """A path among the project's shared material: ``$GRAVITEX_SHARED``, else beside the checkout.

    None where it is not there; that fails where ``GRAVITEX_REQUIRE_CAPTURES`` is set, as in ``.ci/run``.
    """
    path = Path(os.environ.get("GRAVITEX_SHARED") or ROOT.parent / "shared").joinpath(*parts)
    if path.exists():
        return path
    if os.environ.get("GRAVITEX_REQUIRE_CAPTURES"):
        pytest.fail(f"{path} is not there, and GRAVITEX_REQUIRE_CAPTURES is set", pytrace=False)
    return None


def shared(*parts: str) -> Path:
    """The same, for a test that has nothing to do without it: it is skipped then."""
    path = at_hand(*parts)
    if path is None:
        pytest.skip(f"shared/{'/'.join(parts)} is not there", allow_module_level=True)
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
