"""The connections of a session: how many, in what state, and which of them a call is given.

A call that waits for one says so (``Order``), and is called when it stands: aiohttp's own hooks for this cost
15 µs a request, and keep what they call as long as the answer lives.
"""

from __future__ import annotations

import asyncio
import ssl as ssl_module
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from ..config import Limits
from . import _tap
from ._idle import has_news
from ._watch import Watch, watch_on

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from ._clocks import Phase

__all__ = ["Connector", "Order", "connector_of"]

# What is remembered of origins: even a relay asks few, and these again and again.
_MAX_ORIGINS: Final = 256


class Order:
    """What one request asks of the connector, and what it was given."""

    __slots__ = ("anew", "entered", "origin", "watch")

    def __init__(self, entered: Callable[[Phase], None], origin: str, *, anew: bool) -> None:
        self.entered = entered
        self.origin = origin
        self.anew = anew  # wants a connection that nobody has used
        self.watch: Watch | None = None  # on a connection that was used before

    @property
    def stale(self) -> bool:
        """Whether it was given a used connection, and that has brought nothing."""
        return self.watch is not None and not self.watch.heard

    def renew(self) -> None:
        """Asks again, for a connection that nobody has used."""
        self.anew, self.watch = True, None
        self.entered("connect")


class Connector(aiohttp.TCPConnector):
    """Counts connections, looks at one before it is used again, and tells the call that waits for it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, **options)
        self.opened = 0
        self.lent = 0
        self.orders: dict[asyncio.Task[Any] | None, Order] = {}
        self.keys: dict[str, ConnectionKey] = {}
        """What the pool knows the connections to an origin by that go through no proxy."""
        self._used: weakref.WeakSet[ResponseHandler] = weakref.WeakSet()

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        order = self.orders.get(asyncio.current_task())
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None
            used = protocol in self._used
            # Who was given a dead one wants none of its neighbours: they are of the same age.
            if not used or not (_gone(connection) or (order is not None and order.anew)):
                break
            connection.close()
        self.lent += 1
        if not used:
            self.opened += 1
            self._used.add(protocol)
        if order is not None:
            order.watch = watch_on(connection.transport) if used else None
            if order.watch is not None:
                order.watch.heard = False
            order.entered("headers")
            if req.proxy is None and order.origin not in self.keys:
                if len(self.keys) >= _MAX_ORIGINS:
                    self.keys.clear()
                self.keys[order.origin] = req.connection_key
        return connection

    def keeps(self, origin: str) -> bool:
        """Whether there is an idle connection to *origin*."""
        key = self.keys.get(origin)
        return key is not None and _tap.has_pooled(self, key)

    def lend(self, origin: str) -> Connection | None:
        """A connection to *origin* that stands ready and is well; None where there is none."""
        key = self.keys.get(origin)
        while key is not None and (connection := _tap.pooled(self, key)) is not None:
            if _is_usable(connection):
                self.lent += 1
                return connection
            connection.close()
        return None


def _gone(connection: Connection) -> bool:
    """Whether an idle connection was closed by the server, or has something to say that nobody asked for."""
    return getattr(connection.protocol, "should_close", False) or has_news(connection.transport)


def _is_usable(connection: Connection) -> bool:
    """Whether a request can be written on it at once, and the answer be watched."""
    protocol = connection.protocol
    if protocol is None or protocol.writing_paused or _gone(connection):
        return False
    return watch_on(connection.transport) is not None


def connector_of(limits: Limits, ssl: ssl_module.SSLContext | bool) -> Connector:
    if limits.keepalive:
        return Connector(keepalive_timeout=limits.keepalive, ssl=ssl)
    return Connector(force_close=True, ssl=ssl)
