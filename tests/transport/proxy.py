"""A small HTTP proxy: absolute addresses and tunnels, a password to ask for, and refusals."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from types import TracebackType
from urllib.parse import urlsplit

__all__ = ["LocalProxy"]


class LocalProxy:
    """Passes on what it is asked for, one request per connection, and keeps the heads of the requests."""

    def __init__(
        self,
        *,
        credential: str | None = None,
        refuse: str | None = None,
        page: str = "<html><h1>Access denied</h1></html>",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._credential = None if credential is None else base64.b64encode(credential.encode()).decode()
        self._refuse = refuse
        self._page = page
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.heads: list[str] = []

    async def __aenter__(self) -> LocalProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.place = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.url = f"{'https' if self._tls else 'http'}://{self.place}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def with_user(self, user: str) -> str:
        """The proxy's address as the environment names it, with a user name, or with a password too."""
        return self.url.replace("://", f"://{user}@")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            await self._answer(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(" ", 2)
        if self._credential is not None and f"Proxy-Authorization: Basic {self._credential}" not in head:
            await self._say(writer, "407 Proxy Authentication Required")
        elif self._refuse is not None:
            await self._say(writer, self._refuse)
        elif method == "CONNECT":
            host, _, port = target.rpartition(":")
            peer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _both_ways((reader, writer), peer)
        else:
            parts = urlsplit(target)
            peer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            lines = [line for line in head.split("\r\n") if not line.startswith("Proxy-Authorization")]
            lines[0] = lines[0].replace(f"{parts.scheme}://{parts.netloc}", "", 1)
            peer[1].write("\r\n".join(lines).encode("latin-1"))
            await _both_ways((reader, writer), peer)

    async def _say(self, writer: asyncio.StreamWriter, status: str) -> None:
        page = self._page.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=x\r\nContent-Type: text/html\r\n"
            f"Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode()
            + page
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _both_ways(one: Streams, other: Streams) -> None:
    try:
        await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))
    finally:
        other[1].transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    with contextlib.suppress(OSError, NotImplementedError):
        target.write_eof()
