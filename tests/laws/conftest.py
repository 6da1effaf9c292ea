"""A gateway, clients that talk to it, and a server that writes any bytes at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any

import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, Timeout
from gravitex_async.testing import LocalGateway

from ..tls import Tls, tls

__all__ = ["Tls", "tls"]

MESSAGES = [{"role": "user", "content": "Hello"}]
WORDS = ["One", " two", " three", " four", " five"]

# Long enough for a busy machine, short enough not to hide a hang.
PATIENT = Timeout(pool=5, connect=5, headers=5, first_content=5, idle=5, content_idle=5)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def client_of(url: str, **options: Any) -> AsyncGravitex:
    """A client without retries; *options* override."""
    return AsyncGravitex(
        **{"base_url": url, "api_key": "sk-local", "timeout": PATIENT, "max_retries": 0, **options}
    )


def open_stream(client: AsyncGravitex, **options: Any) -> Any:
    """A chat stream, not sent yet."""
    return client.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES, **options)


def ask(client: AsyncGravitex, **options: Any) -> Any:
    """A plain chat call."""
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, **options)


class RawServer:
    """Reads one request after another and lets *handler* write whatever it likes."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[bytes] = []
        self.connections = 0

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._request(reader):
                await self._handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _request(self, reader: asyncio.StreamReader) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                head += await reader.readexactly(int(line.partition(b":")[2]))
        self.requests.append(head)
        return True


def chunked(body: bytes) -> bytes:
    """*body* as one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def head(content_type: str = "text/event-stream", status: str = "200 OK", **headers: str) -> bytes:
    """The head of a chunked answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with client_of(gateway.url) as client:
        yield client


@pytest.fixture
def words(gateway: LocalGateway) -> LocalGateway:
    """The gateway, every answer of which is the five words."""
    gateway.script(text=WORDS, times=None)
    return gateway
