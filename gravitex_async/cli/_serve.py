"""``gravitex serve``: the local gateway for other programs, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import NamedTuple

from ..testing import LocalGateway, RequestLimit
from ._run import CommandFailed

__all__ = ["Limits", "serve"]


class Limits(NamedTuple):
    """What the gateway refuses with 429; None: nothing."""

    requests_per_minute: float | None = None
    window: float = 60.0
    max_concurrency: int | None = None

    @property
    def rate(self) -> RequestLimit | None:
        """The requests that one window holds; answers say nothing of it, like those of the gateway."""
        if self.requests_per_minute is None:
            return None
        requests = max(1, round(self.requests_per_minute * self.window / 60))
        return RequestLimit(requests, requests * 60 / self.requests_per_minute, headers=False)


NO_LIMITS = Limits()


async def serve(
    host: str,
    port: int,
    keys: Sequence[str],
    *,
    pace: float = 0.0,
    latency: float = 0.0,
    limits: Limits = NO_LIMITS,
) -> None:
    """Serves until it is told to stop, and prints what another program needs to connect.

    Raises:
        CommandFailed: The port cannot be had.
    """
    stop = _stop_signal()
    gateway = LocalGateway(
        keys,
        rate_limit=limits.rate,
        max_concurrency=limits.max_concurrency,
        pace=pace,
        latency=latency,
        host=host,
        port=port,
    )
    try:
        await gateway.start()
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}:{port}: {error}; --port 0 takes a free one") from None
    try:
        print(_introduction(gateway), flush=True)
        await stop.wait()
    finally:
        await gateway.close()


def _introduction(gateway: LocalGateway) -> str:
    return f"""\
A local Gravitex gateway answers at {gateway.url} (chat completions, Responses, Gemini, embeddings).
It repeats what it is asked, counts when asked to "count to 20", calls a tool when one is offered and named.
Stop it with Ctrl-C. For programs that shall use it:

export GRAVITEX_BASE_URL={gateway.url}
export GRAVITEX_API_KEY={gateway.api_key}
"""


def _stop_signal() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM: for a server that is the ordinary end, with status 0."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
            break
    return stop
