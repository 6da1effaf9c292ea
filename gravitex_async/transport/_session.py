"""The border to aiohttp: sessions of one event loop, and translation of its errors.

With ``_tap``, which nobody else loads, the only module that imports aiohttp when it is loaded. That is done
by the pool, in a thread, when a client is first used: it takes longer than an event loop may be blocked.

The private ways of ``_tap`` are gone where ``_tap.works`` finds aiohttp other than it was, and where
``GRAVITEX_PRIVATE_AIOHTTP=off`` is set in the environment when a session begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import ssl as ssl_module
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.hdrs import ACCEPT_ENCODING, CONTENT_LENGTH, PROXY_AUTHORIZATION
from aiohttp.http_exceptions import HttpProcessingError
from multidict import istr
from yarl import URL

from .._frames import forget_frames
from ..config import Limits
from ..errors import APIConnectionError, APIError, MisuseError
from . import _log, _selfcheck, _tap
from ._body import Body, PlainBody
from ._connector import Order, connector_of
from ._envelope import Envelope
from ._environment import proxy_for
from ._proxy import Proxy, refused
from ._response import Answer
from ._watch import READ_BYTES, watch_on

if TYPE_CHECKING:
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
        self._connector = None if given is not None else connector_of(limits, self._ssl)
        self._session = given or aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_UNLIMITED,
            read_bufsize=READ_BYTES,
            middlewares=(_once,),
        )
        self.private = _allowed() and _selfcheck.works(self._loop)
        """Whether the ways of ``_tap`` are used."""

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
        """Connections kept for later use, as far as that is known."""
        return _tap.idle(self._session.connector)

    def start(
        self,
        envelope: Envelope,
        idempotency_key: str,
        body: bytes | bytearray | None,
        origin: str,
        changed: Callable[[], None],
    ) -> _tap.Exchange | None:
        """Sends one request over a connection that stands ready, at once; None where it is to be ``send``.

        *changed* is called when ``answer`` of what is returned may have more to say.
        """
        head = self._head(envelope, idempotency_key, body)
        connector = self._connector
        connection = None if head is None or connector is None else connector.lend(origin)
        if connection is None or head is None:
            return None
        watch = watch_on(connection.transport)
        assert watch is not None
        exchange = _tap.Exchange(connection, watch, changed)
        try:
            exchange.send(head if body is None else head + body)
        except BaseException:
            exchange.close()
            raise
        return exchange

    def is_ready(self, origin: str) -> bool:
        """Whether a connection to *origin* stands ready that ``start`` may be able to use."""
        connector = self._connector
        return self.private and connector is not None and connector.keeps(origin)

    def _head(self, envelope: Envelope, key: str, body: bytes | bytearray | None) -> bytes | None:
        """The head of a request, as aiohttp would write it; None where headers alone do not say it."""
        lines = envelope.lines
        if lines is None:
            target = _target(envelope.url)
            lines = envelope.write(
                target.raw_path_qs,
                str(target.host_port_subcomponent),
                aiohttp.ClientRequest.DEFAULT_HEADERS[ACCEPT_ENCODING],
            )
        if not lines:
            return None
        opening, rest = lines
        own = b"Idempotency-Key: %b\r\n" % key.encode() if key and not envelope.has_key else b""
        if body is None:
            return b"".join((opening, own, rest, b"\r\n"))
        return b"".join((opening, own, rest, b"Content-Length: %d\r\n\r\n" % len(body)))

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
        anew: bool = False,
    ) -> aiohttp.ClientResponse:
        """Sends one request and returns when its headers are there. Redirects are not followed.

        A server may close a connection that it promised to keep while the request is on its way. What is
        *repeatable* is sent once more then, at once, over a connection of its own: this is no failure of the
        server, so it counts as no try and waits for nothing.

        Args:
            connect: Limits the connection where the session is the caller's, which has no hook of ours.
            entered: Told of each phase that begins: "connect", and "headers" when the connection stands.
            anew: Over a connection that nobody has used.
        """
        named = {_name(name): value for name, value in headers.items()}
        if body is not None and len(body) > _WHOLE_BODY_BYTES:
            named[CONTENT_LENGTH] = str(len(body))
        target = _target(url)
        connector = self._connector
        if connector is None:
            limit = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect)
            entered("headers")
            return await self._session.request(
                method, target, headers=named, data=_data(body), allow_redirects=False, ssl=self._ssl,
                timeout=limit,
            )  # fmt: skip
        proxied = _through(await self._proxy_to(origin), origin, named) if self._trust_env else {}
        order = Order(entered, origin, anew=anew)
        task = asyncio.current_task()
        connector.orders[task] = order
        try:
            while True:
                try:
                    return await self._session.request(
                        method, target, headers=named, data=_data(body), allow_redirects=False, **proxied
                    )
                except (aiohttp.ClientConnectionError, _Broke) as error:
                    failure = error.error if isinstance(error, _Broke) else error
                    forget_frames(error)
                # aiohttp's connection keeps it; the frames it has passed are of no interest to anybody.
                forget_frames(failure)
                if not repeatable or not order.stale or self._session.closed:
                    raise failure
                order.renew()
                _log.stale(method, url)
        finally:
            failure = None  # type: ignore[assignment]  # it refers to this frame
            del connector.orders[task], task  # the task keeps the error it ends with, that this frame

    def body(self, answer: Answer) -> Body:
        """What reads the body of *answer*, of which nothing has been read."""
        content, connection = answer.content, answer.connection
        if connection is None:  # all of it has come, or it is a test double's
            return PlainBody(content)
        watch, protocol = watch_on(connection.transport), connection.protocol
        if watch is None or protocol is None:
            return PlainBody(content)
        # What decompresses a body relies on being held back, piece by piece.
        compressed = answer.headers.get("Content-Encoding", "identity") != "identity"
        if self.private and not compressed:
            tapped = _tap.tap(content, protocol, self._loop, watch)
            if tapped is not None:
                return tapped
        return PlainBody(content, watch, _tap.buffered if self.private else None)

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


def _target(url: str) -> URL:
    return URL(url, encoded=True) if "key=" in url else _url(url)  # a key is not kept


def _allowed() -> bool:
    return os.environ.get("GRAVITEX_PRIVATE_AIOHTTP", "").strip().lower() not in ("off", "0", "no", "false")


class _Broke(Exception):
    """A connection broke under a request, with *error*."""

    def __init__(self, error: aiohttp.ClientConnectionError) -> None:
        super().__init__()
        self.error = error


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a GET again by itself, over any connection. Here it is known which one broke.

    So the two errors it does that for are shown to it as one that it does not know.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        broke = _Broke(error)
    raise broke


def _is_about(error: BaseException, proxy: Proxy) -> bool:
    """Whether it was *proxy* that could not be reached, and not what is behind it."""
    where = (proxy.host, proxy.port)
    return isinstance(error, aiohttp.ClientConnectorError) and (error.host, error.port) == where


def _through(proxy: Proxy | None, origin: str, headers: dict[istr, str]) -> dict[str, Any]:
    """The options of aiohttp for *proxy*, whose credential goes to *headers* where there is no tunnel."""
    if proxy is None:
        return {}
    options: dict[str, Any] = {"proxy": URL(proxy.url)}
    if proxy.authorization and origin.startswith("https"):
        options["proxy_headers"] = {PROXY_AUTHORIZATION: proxy.authorization}
    elif proxy.authorization:
        headers[PROXY_AUTHORIZATION] = proxy.authorization
    return options


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
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return "ClientResponseError: the answer is no HTTP that can be read"
    return type(error).__name__ if isinstance(error, aiohttp.ClientError) else None
