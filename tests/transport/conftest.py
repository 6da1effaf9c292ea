"""Real TLS, and the loops that programs run on."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ..tls import Tls, tls

__all__ = ["Tls", "tls"]

# Longer than any of these tests takes on a busy machine, shorter than a hang.
PATIENCE = 60

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine on a loop of its own, of either kind."""
    if request.param == "uvloop" and importlib.util.find_spec("uvloop") is None:
        pytest.skip("no uvloop")

    def run(coroutine: Coroutine[Any, Any, None]) -> None:
        loop = _new_loop(request.param)
        try:
            loop.run_until_complete(asyncio.wait_for(coroutine, PATIENCE))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    return run


def _new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
