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
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL

from ..config import Limits
from ..errors import APIConnectionError, APIError

__all__ = ["SSL", "Session"]

SSL = ssl_module.SSLContext | bool | None

# Cache-sized reads: 64 KB are cheaper to take apart than 256 KB.
READ_BYTES = 64 * 1024

# The clocks of this package limit everything.
_UNLIMITED = aiohttp.ClientTimeout(total=None)

# aiohttp warns when a body larger than 1 MiB is handed over in one piece; it is written in pieces then.
_WHOLE_BODY_BYTES = 512 * 1024


class Session:
    """One aiohttp session: the caller's own, which is never closed here, or one with a connector of ours."""

    def __init__(
        self, limits: Limits, ssl: SSL, trust_env: bool, given: aiohttp.ClientSession | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._counts = _Counts()
        self._ssl: ssl_module.SSLContext | bool = True if ssl is None else ssl
        self._own = given is None
        self._trust_env = trust_env
        self._proxies: dict[URL, dict[str, Any]] = {}
        self._session = given or self._make(limits)

    def _make(self, limits: Limits) -> aiohttp.ClientSession:
        if limits.keepalive:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=limits.keepalive, ssl=self._ssl)
        else:
            connector = aiohttp.TCPConnector(limit=0, force_close=True, ssl=self._ssl)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=None),
            read_bufsize=READ_BYTES,
            trace_configs=[_trace(self._counts)],
        )

    def __del__(self) -> None:
        # Of a loop that has ended without a word; the keeper of the pool has closed it in all other cases.
        if self._loop.is_closed():
            self.drop()

    @property
    def opened(self) -> int:
        """Connections opened so far."""
        return self._counts.opened

    @property
    def reused(self) -> int:
        """Requests sent over a connection that was there already."""
        return self._counts.reused

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

        def stands() -> None:  # test doubles copy what they are given, and a function copies as itself
            connected()

        extra: dict[str, Any] = {"trace_request_ctx": stands, "timeout": _UNLIMITED}
        if not self._own:
            limit = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect)
            extra = {"ssl": self._ssl, "timeout": limit}
            connected()
        if body is not None and len(body) > _WHOLE_BODY_BYTES:
            headers = {**headers, "Content-Length": str(len(body))}
        target = URL(url, encoded=True) if "key=" in url else _url(url)  # a key is not kept
        if self._own and self._trust_env:
            extra.update(await self._proxy_to(target.origin()))
        answer = await self._session.request(
            method,
            target,
            headers=headers,
            data=body if body is None or len(body) <= _WHOLE_BODY_BYTES else _pieces(body),
            allow_redirects=False,
            **extra,
        )
        _forget_http_chunks(answer.content)
        return answer

    async def _proxy_to(self, origin: URL) -> dict[str, Any]:
        """The proxy that the environment names, looked for once per origin.

        aiohttp's own ``trust_env`` looks at every request, in a thread, and puts what ``.netrc`` says of the
        host into requests that carry no Authorization header: a credential nobody asked to send.
        """
        found = self._proxies.get(origin)
        if found is None:
            found = await asyncio.get_running_loop().run_in_executor(None, _proxy_in_environment, origin)
            self._proxies[origin] = found
        return found

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
def _url(text: str) -> URL:
    """Few addresses are asked for again and again."""
    return URL(text, encoded=True)


class _Counts:
    """What the hooks of a session count: not the session itself, which they would refer to."""

    def __init__(self) -> None:
        self.opened = 0
        self.reused = 0


def _trace(counts: _Counts) -> aiohttp.TraceConfig:
    """Counts connections, and tells the call that it has one."""
    traced = aiohttp.TraceConfig()

    async def opened(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        counts.opened += 1
        context.trace_request_ctx()

    async def reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        counts.reused += 1
        context.trace_request_ctx()

    traced.on_connection_create_end.append(opened)
    traced.on_connection_reuseconn.append(reused)
    return traced


class _Unsplit(aiohttp.StreamReader):
    """A body reader that keeps no list of where HTTP chunks ended: nothing here asks for it.

    Gateways send one HTTP chunk per event; keeping the list costs 0.12 µs an event.
    """

    __slots__ = ()

    def begin_http_chunk_receiving(self) -> None:
        pass

    def end_http_chunk_receiving(self) -> None:
        pass


def _forget_http_chunks(content: aiohttp.StreamReader) -> None:
    """Makes a plain body reader an unsplit one, where its layout allows it."""
    if type(content) is aiohttp.StreamReader:
        with contextlib.suppress(TypeError):
            content.__class__ = _Unsplit


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
