"""The border to aiohttp: sessions of one event loop, and translation of its errors.

The only module that imports aiohttp when it is loaded. It is loaded by the pool, in a thread, when a client
is first used, because that import takes longer than an event loop may be blocked.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl as ssl_module
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.base_protocol import BaseProtocol
from aiohttp.hdrs import CONTENT_LENGTH, PROXY_AUTHORIZATION
from multidict import istr
from yarl import URL

from .._frames import forget_frames
from ..config import Limits
from ..errors import APIConnectionError, APIError, MisuseError
from . import _log
from ._body import READ_BYTES, Body, PlainBody, Tap, TappedBody, tap_on
from ._environment import proxy_for
from ._idle import has_news
from ._proxy import Proxy, refused

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from ._clocks import Phase

__all__ = ["SSL", "Session"]

SSL = ssl_module.SSLContext | bool | None

# The clocks of this package limit everything.
_UNLIMITED = aiohttp.ClientTimeout(total=None)

# What is wrong with a certificate is as wrong at the next try.
_UNTRUSTED = (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch)

# aiohttp warns when a body larger than 1 MiB is handed over in one piece; it is written in pieces then.
_WHOLE_BODY_BYTES = 512 * 1024


class Session:
    """One aiohttp session: the caller's own, which is never closed here, or one with a connector of ours."""

    def __init__(
        self, limits: Limits, ssl: SSL, trust_env: bool, given: aiohttp.ClientSession | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._ssl: ssl_module.SSLContext | bool = True if ssl is None else ssl
        self._own = given is None
        self._trust_env = trust_env
        self._proxies: dict[str, asyncio.Future[Proxy | MisuseError | None]] = {}
        self._connector = None if given is not None else _connector(limits, self._ssl)
        self._session = given or aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_UNLIMITED,
            read_bufsize=READ_BYTES,
        )
        if given is None and hasattr(self._session, "_retry_connection"):
            # aiohttp sends a GET again by itself, over any connection; here it is known which one broke.
            self._session._retry_connection = False

    def __del__(self) -> None:
        # Of a loop that has ended without a word; the keeper of the pool has closed it in all other cases.
        if self._loop.is_closed():
            self.drop()

    @property
    def opened(self) -> int:
        """Connections opened so far."""
        return 0 if self._connector is None else self._connector.opened

    @property
    def reused(self) -> int:
        """Requests sent over a connection that was there already."""
        return 0 if self._connector is None else self._connector.lent - self._connector.opened

    @property
    def closed(self) -> bool:
        """Whether it was closed, by us; a session of the caller's is the caller's affair."""
        return self._own and self._session.closed

    @property
    def idle(self) -> int:
        """Connections kept for later use. aiohttp has no public count; 0 where the private one is gone."""
        kept = getattr(self._session.connector, "_conns", None) or {}
        return sum(len(connections) for connections in kept.values())

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | bytearray | None,
        *,
        origin: str,
        connect: float | None,
        repeatable: bool,
        entered: Callable[[Phase], None],
    ) -> aiohttp.ClientResponse:
        """Sends one request and returns when its headers are there. Redirects are not followed.

        A server may close a connection that it promised to keep while the request is on its way. What is
        *repeatable* is sent once more then, at once, over a connection of its own: this is no failure of the
        server, so it counts as no try and waits for nothing.

        Args:
            connect: Limits the connection where the session is the caller's, which has no hook of ours.
            entered: Told of each phase that begins: "connect", and "headers" when the connection stands.
        """
        named = {_name(name): value for name, value in headers.items()}
        if body is not None and len(body) > _WHOLE_BODY_BYTES:
            named[CONTENT_LENGTH] = str(len(body))
        target = URL(url, encoded=True) if "key=" in url else _url(url)  # a key is not kept
        connector = self._connector
        if connector is None:
            limit = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect)
            entered("headers")
            return await self._session.request(
                method, target, headers=named, data=_data(body), allow_redirects=False, ssl=self._ssl,
                timeout=limit,
            )  # fmt: skip
        proxied = _through(await self._proxy_to(origin), origin, named) if self._trust_env else {}
        order = _Order(entered)
        task = asyncio.current_task()
        connector.orders[task] = order
        try:
            while True:
                try:
                    return await self._session.request(
                        method, target, headers=named, data=_data(body), allow_redirects=False, **proxied
                    )
                except aiohttp.ClientConnectionError as error:
                    if not repeatable or not order.stale or self._session.closed:
                        raise
                    forget_frames(error)  # aiohttp's connection keeps it
                order.renew()
                _log.stale(method, url)
        finally:
            del connector.orders[task], task  # the task keeps the error it ends with, that this frame

    def body(self, answer: aiohttp.ClientResponse) -> Body:
        """What reads the body of *answer*, of which nothing has been read."""
        content, connection = answer.content, answer.connection
        if connection is None:  # all of it has come, or it is a test double's
            return PlainBody(content)
        tap, protocol = tap_on(connection.transport), connection.protocol
        if tap is None or protocol is None:
            return PlainBody(content)
        # What decompresses a body relies on being held back, piece by piece.
        compressed = answer.headers.get("Content-Encoding", "identity") != "identity"
        if compressed or not _KNOWN or type(content) is not aiohttp.StreamReader:
            tap.watch(content)
            return PlainBody(content, tap)
        content.__class__ = _Aside
        content._buffer = list(content._buffer)  # type: ignore[assignment]  # a used deque takes 1.3 KB
        content._http_chunk_splits = None
        tap.enter(content)
        if protocol._reading_paused:
            protocol.resume_reading()  # the first read was large
        return TappedBody(content, self._loop, tap)

    async def _proxy_to(self, origin: str) -> Proxy | None:
        """The proxy that the environment names, looked for once per origin, in a thread.

        aiohttp's own ``trust_env`` looks at every request, and puts what ``.netrc`` says of the host into
        requests that carry no Authorization header: a credential nobody asked to send.
        """
        found = self._proxies.get(origin)
        if found is None:
            found = self._loop.run_in_executor(None, proxy_for, origin)
            self._proxies[origin] = found
        proxy = found.result() if found.done() else await asyncio.shield(found)
        if isinstance(proxy, MisuseError):
            raise MisuseError(*proxy.args)
        if proxy is not None and proxy.url.startswith("https") and origin.startswith("https"):
            self._check_nesting(proxy)
        return proxy

    def _check_nesting(self, proxy: Proxy) -> None:
        if sys.version_info < (3, 11) and isinstance(self._loop, asyncio.BaseEventLoop):
            raise MisuseError(
                f"{proxy.variable} names a proxy that speaks TLS, and asyncio of Python 3.10 knows no TLS "
                f"within TLS: name one at http://, or use Python 3.11 or uvloop"
            )

    def proxy_of(self, origin: str) -> Proxy | None:
        """The proxy that calls to *origin* have gone through."""
        found = self._proxies.get(origin)
        proxy = found.result() if found is not None and found.done() else None
        return proxy if isinstance(proxy, Proxy) else None

    def way_to(self, origin: str) -> str:
        """*origin*, and the proxy on the way to it, for messages."""
        proxy = self.proxy_of(origin)
        return origin if proxy is None else f"{origin} through the proxy {proxy.url}"

    def translate(self, error: BaseException, origin: str) -> APIError | None:
        """The error of this package for one of aiohttp's; None when it is not about the network.

        aiohttp's own words can hold the request's headers or its URL, so they are not quoted.
        """
        if self._session.closed and isinstance(error, (aiohttp.ClientError, OSError, RuntimeError)):
            return APIConnectionError("the client was closed while this call was waiting", retryable=False)
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return refused(origin, self.proxy_of(origin), error.status, error.headers or {})
        reason = _reason(error)
        if reason is None:
            return None
        proxy = self.proxy_of(origin)
        if proxy is not None and _is_about(error, proxy):
            reason = f"that proxy, named in {proxy.variable}, cannot be reached: {reason}"
        return APIConnectionError(
            f"Error: Cannot connect to API server {self.way_to(origin)}: {reason}",
            retryable=not isinstance(error, _UNTRUSTED),
        )

    async def close(self) -> None:
        """Closes what is ours."""
        if self._own:
            await self._session.close()

    def drop(self) -> None:
        """Lets go without a running loop: nothing is awaited and nothing is warned about."""
        if self._own and not self._session.closed:
            connector = self._session.connector
            self._session.detach()
            if connector is not None:
                # A coroutine that has nothing to wait for when its loop is closed: one step is all of it.
                with contextlib.suppress(StopIteration):
                    connector.close().__await__().send(None)


@functools.lru_cache(maxsize=256)
def _name(text: str) -> istr:
    """A header's name with its lower-case form, which aiohttp would make and keep for every request."""
    return istr(text)


@functools.lru_cache(maxsize=256)
def _url(text: str) -> URL:
    """Few addresses are asked for again and again."""
    return URL(text, encoded=True)


class _Order:
    """What one request asks of the connector, and what it was given."""

    __slots__ = ("anew", "entered", "tap")

    def __init__(self, entered: Callable[[Phase], None]) -> None:
        self.entered = entered
        self.anew = False  # wants a connection that nobody has used
        self.tap: Tap | None = None  # on a connection that was used before

    @property
    def stale(self) -> bool:
        """Whether it was given a used connection, and that has brought nothing."""
        return self.tap is not None and not self.tap.heard

    def renew(self) -> None:
        """Asks again, for a connection that nobody has used."""
        self.anew, self.tap = True, None
        self.entered("connect")


class _Connector(aiohttp.TCPConnector):
    """Counts connections, looks at one before it is used again, and tells the call that waits for it.

    aiohttp's own hooks for this cost 15 µs a request, and keep what they call as long as the answer lives.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, **options)
        self.opened = 0
        self.lent = 0
        self.orders: dict[asyncio.Task[Any] | None, _Order] = {}
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
            order.tap = tap_on(connection.transport) if used else None
            if order.tap is not None:
                order.tap.heard = False
            order.entered("headers")
        return connection


def _gone(connection: Connection) -> bool:
    """Whether an idle connection was closed by the server, or has something to say that nobody asked for."""
    return getattr(connection.protocol, "should_close", False) or has_news(connection.transport)


def _connector(limits: Limits, ssl: ssl_module.SSLContext | bool) -> _Connector:
    if limits.keepalive:
        return _Connector(keepalive_timeout=limits.keepalive, ssl=ssl)
    return _Connector(force_close=True, ssl=ssl)


class _Aside(aiohttp.StreamReader):
    """A body reader that puts what it is fed aside, and does nothing else; the ``Tap`` does the rest.

    Fed once per HTTP chunk: what is left out here (counting, waking the reader, a list of where the chunks
    ended) would cost 0.4 µs an event.
    """

    __slots__ = ()

    def feed_data(self, data: bytes, size: int = 0) -> bool:
        self._buffer.append(data)
        return False

    begin_http_chunk_receiving = bool  # type: ignore[assignment]  # does nothing, without a frame
    end_http_chunk_receiving = bool  # type: ignore[assignment]


def _known() -> bool:
    """Whether aiohttp's body reader is built as ``TappedBody`` needs it."""
    reader = aiohttp.StreamReader
    try:
        reader.__new__(reader).__class__ = _Aside
    except TypeError:
        return False
    private = ("_buffer", "_eof", "_exception", "_http_chunk_splits", "_protocol", "_waiter")
    return all(hasattr(reader, name) for name in private) and hasattr(BaseProtocol, "_reading_paused")


_KNOWN = _known()


def _is_about(error: BaseException, proxy: Proxy) -> bool:
    """Whether it was *proxy* that could not be reached, and not what is behind it."""
    where = (proxy.host, proxy.port)
    return isinstance(error, aiohttp.ClientConnectorError) and (error.host, error.port) == where


def _through(proxy: Proxy | None, origin: str, headers: dict[istr, str]) -> dict[str, Any]:
    """What aiohttp is to be told of *proxy*, whose credential goes to *headers* where there is no tunnel."""
    if proxy is None:
        return {}
    told: dict[str, Any] = {"proxy": URL(proxy.url)}
    if proxy.authorization and origin.startswith("https"):
        told["proxy_headers"] = {PROXY_AUTHORIZATION: proxy.authorization}
    elif proxy.authorization:
        headers[PROXY_AUTHORIZATION] = proxy.authorization
    return told


def _data(body: bytes | bytearray | None) -> bytes | bytearray | AsyncIterator[bytes] | None:
    """*body* as it is handed to one request: in pieces where it is large."""
    return body if body is None or len(body) <= _WHOLE_BODY_BYTES else _pieces(body)


async def _pieces(body: bytes | bytearray) -> AsyncIterator[bytes]:
    for start in range(0, len(body), READ_BYTES):
        yield bytes(memoryview(body)[start : start + READ_BYTES])


def _reason(error: BaseException) -> str | None:
    """Why there was no answer, in words that hold no header and no URL; None for what is not the network."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"{error.certificate_error}; where that is as it should be, pass ssl= a context that trusts it"
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error) or type(error.os_error).__name__
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror or 'connection lost'}"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{type(error).__name__}: the answer is no HTTP that can be read"
    return type(error).__name__ if isinstance(error, aiohttp.ClientError) else None
