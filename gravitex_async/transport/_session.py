"""The border to aiohttp: sessions of one event loop, and translation of its errors.

The only module that imports aiohttp when it is loaded. It is loaded by the pool, in a thread, when a client
is first used, because that import takes longer than an event loop may be blocked.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl as ssl_module
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.base_protocol import BaseProtocol
from aiohttp.hdrs import CONTENT_LENGTH
from aiohttp.helpers import get_env_proxy_for_url
from multidict import istr
from yarl import URL

from ..config import Limits
from ..errors import APIConnectionError, APIError
from ._body import READ_BYTES, Body, PlainBody, TappedBody, tap_on

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

__all__ = ["SSL", "Session"]

SSL = ssl_module.SSLContext | bool | None

# The clocks of this package limit everything.
_UNLIMITED = aiohttp.ClientTimeout(total=None)

_NO_PROXY: dict[str, Any] = {}

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
        self._proxies: dict[URL, asyncio.Future[dict[str, Any]]] = {}
        self._connector = None if given is not None else _connector(limits, self._ssl)
        self._session = given or aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_UNLIMITED,
            read_bufsize=READ_BYTES,
        )

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
        connect: float | None,
        connected: Callable[[], None],
    ) -> aiohttp.ClientResponse:
        """Sends one request and returns when its headers are there. Redirects are not followed.

        *connected* is called when the connection stands; with a session of the caller's, which has no hook
        of ours, at once, and *connect* limits the connection then.
        """
        named = {_name(name): value for name, value in headers.items()}
        if body is not None and len(body) > _WHOLE_BODY_BYTES:
            named[CONTENT_LENGTH] = str(len(body))
        data = body if body is None or len(body) <= _WHOLE_BODY_BYTES else _pieces(body)
        target = URL(url, encoded=True) if "key=" in url else _url(url)  # a key is not kept
        connector = self._connector
        if connector is None:
            limit = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect)
            connected()
            return await self._session.request(
                method, target, headers=named, data=data, allow_redirects=False, ssl=self._ssl,
                timeout=limit,
            )  # fmt: skip
        proxy = await self._proxy_to(target.origin()) if self._trust_env else _NO_PROXY
        task = asyncio.current_task()
        connector.waiting[task] = connected
        try:
            return await self._session.request(
                method, target, headers=named, data=data, allow_redirects=False, **proxy
            )
        finally:
            del connector.waiting[task]

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

    async def _proxy_to(self, origin: URL) -> dict[str, Any]:
        """The proxy that the environment names, looked for once per origin.

        aiohttp's own ``trust_env`` looks at every request, in a thread, and puts what ``.netrc`` says of the
        host into requests that carry no Authorization header: a credential nobody asked to send.
        """
        found = self._proxies.get(origin)
        if found is None:
            found = self._loop.run_in_executor(None, _proxy_in_environment, origin)
            self._proxies[origin] = found
        return found.result() if found.done() else await asyncio.shield(found)

    def translate(self, error: BaseException, origin: str) -> APIError | None:
        """The error of this package for one of aiohttp's; None when it is not about the network.

        aiohttp's own words can hold the request's headers or its URL, so they are not quoted.
        """
        if self._session.closed and isinstance(error, (aiohttp.ClientError, OSError, RuntimeError)):
            return APIConnectionError("the client was closed while this call was waiting", retryable=False)
        reason = _reason(error)
        if reason is None:
            return None
        return APIConnectionError(f"Error: Cannot connect to API server {origin}: {reason}")

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


class _Connector(aiohttp.TCPConnector):
    """Counts connections, and tells the call that waits for one that it stands.

    aiohttp's own hooks for this cost 15 µs a request, and keep what they call as long as the answer lives.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, **options)
        self.opened = 0
        self.lent = 0
        self.waiting: dict[asyncio.Task[Any] | None, Callable[[], None]] = {}

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        self.lent += 1
        connected = self.waiting.get(asyncio.current_task())
        if connected is not None:
            connected()
        return connection

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        handler = await super()._create_connection(req, traces, timeout)
        self.opened += 1
        return handler


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


def _proxy_in_environment(origin: URL) -> dict[str, Any]:
    try:
        proxy, auth = get_env_proxy_for_url(origin)
    except LookupError:
        return {}
    # Inside the URL: a parameter of its own is deprecated, and headers of the proxy's go to tunnels only.
    return {"proxy": proxy.with_user(auth.login).with_password(auth.password) if auth else proxy}


async def _pieces(body: bytes | bytearray) -> AsyncIterator[bytes]:
    for start in range(0, len(body), READ_BYTES):
        yield bytes(memoryview(body)[start : start + READ_BYTES])


def _reason(error: BaseException) -> str | None:
    """Why there was no answer, in words that hold no header and no URL; None for what is not the network."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error) or type(error.os_error).__name__
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror or 'connection lost'}"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{type(error).__name__}: the answer is no HTTP that can be read"
    return type(error).__name__ if isinstance(error, aiohttp.ClientError) else None
