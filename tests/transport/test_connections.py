"""Connections that a server closes behind its promise to keep them: no call fails for it, and none waits."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import Any

import pytest

from gravitex_async import APIConnectionError, APITimeoutError, AsyncGravitex, RetryPolicy, Timeout
from gravitex_async.transport._idle import has_news

from ..laws.conftest import RawServer, ask, chunked, client_of, head, open_stream
from .conftest import Run, Tls

# asyncio of 3.10 calls every TLS transport unclosed that its peer has closed.
OLD = sys.version_info < (3, 11)
pytestmark = pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning") if OLD else []

EVENT = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
STREAM = chunked(EVENT) + chunked(STOP) + chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"
PLAIN = b'{"id":"c","model":"m","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}'
MODELS = b'{"object":"list","data":[]}'

# A back-off that no test would survive.
NEVER = RetryPolicy(max_retries=2, initial_delay=10_000, max_delay=10_000)

MANY = 100


def answer(request: bytes) -> bytes:
    """What was asked for, over a connection that is to be kept."""
    if b'"stream":true' in request:
        return head(Connection="keep-alive") + STREAM
    body = MODELS if request.startswith(b"GET") else PLAIN
    return head("application/json", Connection="keep-alive") + chunked(body) + b"0\r\n\r\n"


def is_stream(request: bytes) -> bool:
    return b'"stream":true' in request


class Server(RawServer):
    """One that closes a connection behind a stream: at once, or when the next request comes over it."""

    def __init__(self, *, late: bool = False, together: int = 1, **options: Any) -> None:
        super().__init__(self._answer, **options)
        self.late = late
        self.together = together  # so many requests have to be there before the first is answered
        self.met = asyncio.Event()
        self.lost: list[bytes] = []  # requests that got no answer
        self.doomed: set[asyncio.StreamWriter] = set()

    async def _answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = self.requests[-1]
        if len(self.requests) >= self.together:
            self.met.set()
        await self.met.wait()
        if writer in self.doomed:
            self.lost.append(request)
            raise ConnectionResetError
        writer.write(answer(request))
        await writer.drain()
        if is_stream(request) and self.late:
            self.doomed.add(writer)
        elif is_stream(request):
            writer.close()


@pytest.fixture(params=["http", "https"])
def secure(request: pytest.FixtureRequest, tls: Tls) -> Tls | None:
    return tls if request.param == "https" else None


def served(secure: Tls | None, **options: Any) -> Server:
    return Server(tls=secure and secure.server, **options)


def client(server: RawServer, secure: Tls | None, **options: Any) -> AsyncGravitex:
    return client_of(server.url, ssl=secure and secure.client, **options)


async def list_models(client: AsyncGravitex) -> Any:
    return await client.models.list()


@pytest.mark.parametrize("late", [False, True], ids=["closed at once", "closed by the next request"])
@pytest.mark.parametrize("retries", [0, NEVER], ids=["no retries", "long back-off"])
def test_a_plain_call_right_behind_a_stream(run: Run, secure: Tls | None, retries: Any, late: bool) -> None:
    """A hundred times: none fails, none pays a back-off, and each is answered once."""

    async def main() -> None:
        async with served(secure, late=late) as server:
            async with client(server, secure, max_retries=retries) as asker:
                for number in range(MANY):
                    await open_stream(asker).final()
                    call = list_models if number % 2 else ask
                    await call(asker)
            assert len(server.requests) - len(server.lost) == 2 * MANY
            assert late is bool(server.lost)

    run(main())


class Blocking:
    """A server in threads: it has closed a connection while the client's loop was looking elsewhere."""

    def __init__(self, secure: Tls | None) -> None:
        self._secure = secure
        self._leave, self._left = threading.Event(), threading.Event()

    def __enter__(self) -> Blocking:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        self.url = f"{'https' if self._secure else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                if self._secure is not None:
                    peer = self._secure.server.wrap_socket(peer, server_side=True)
                with peer:
                    self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        """One request, and the end of the connection behind it."""
        request = b""
        while not request.endswith((b"}", b"\r\n\r\n")) or request.count(b"\r\n\r\n") < 1:
            request += peer.recv(65536)
        peer.sendall(answer(request))
        self._leave.wait(10)
        self._leave.clear()
        peer.shutdown(socket.SHUT_WR)
        self._left.set()

    def leave(self) -> None:
        """Closes the connection; returns when that is done, and the loop that calls stands still so long."""
        self._leave.set()
        assert self._left.wait(10)
        self._left.clear()


def test_a_close_that_the_loop_has_not_seen(run: Run, secure: Tls | None) -> None:
    """It has arrived here, so no request is put on that connection."""

    async def main() -> None:
        async with AsyncGravitex(
            base_url=server.url, api_key="k", max_retries=0, ssl=secure and secure.client
        ) as asker:
            for _ in range(10):
                await open_stream(asker).final()
                server.leave()
                await ask(asker)
                server.leave()
            assert asker.pool.statistics().reused == 0

    with Blocking(secure) as server:
        run(main())


def test_the_request_that_is_sent_again_is_the_same(
    run: Run, secure: Tls | None, caplog: pytest.LogCaptureFixture
) -> None:
    """One key, so that a gateway that had taken the first runs it once; one try; a line in the log."""
    caplog.set_level("DEBUG", "gravitex_async")

    async def main() -> None:
        async with served(secure, late=True) as server, client(server, secure) as asker:
            await open_stream(asker).final()
            stream = await open_stream(asker)
            assert stream.attempts == 1
            (lost,) = server.lost
            assert lost == server.requests[-1]
            assert b"\r\nIdempotency-Key: gravitex-" in lost
            assert "POST /v1/chat/completions again at once" in caplog.text
            await stream.final()

    run(main())


def test_it_goes_over_a_connection_of_its_own(run: Run, secure: Tls | None) -> None:
    """Where several were closed unseen, one request meets one of them."""

    async def main() -> None:
        async with served(secure, late=True, together=5) as server, client(server, secure) as asker:
            await asyncio.gather(*(open_stream(asker).final() for _ in range(5)))
            assert asker.pool.statistics().idle == 5
            await ask(asker)
            assert len(server.lost) == 1
            assert (await ask(asker)).choices[0].message.content == "Hi"
            assert len(server.lost) == 1

    run(main())


async def test_large_requests_too() -> None:
    """Whose body is written in pieces, from its beginning again."""
    async with Server(late=True) as server, client_of(server.url) as asker:
        await open_stream(asker).final()
        messages = [{"role": "user", "content": "x" * 2_000_000}]
        await asker.chat.completions.create(model="m", messages=messages)
        assert server.requests[-1].count(b"x") >= 2_000_000


@pytest.mark.parametrize("call", [ask, list_models])
async def test_a_fresh_connection_that_breaks_is_a_failure(call: Any) -> None:
    """The server was there and gave no answer: that is for the retries, and there are none here."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise ConnectionResetError

    async with RawServer(refuse) as server, client_of(server.url) as asker:
        with pytest.raises(APIConnectionError) as caught:
            await call(asker)
        assert (len(server.requests), caught.value.attempts) == (1, 1)


async def test_an_answer_that_has_begun_is_not_asked_for_again() -> None:
    """One byte of it says that the request has been taken."""

    async def begin(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 1:
            writer.write(answer(server.requests[0]))
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-")
        await writer.drain()
        writer.close()

    async with RawServer(begin) as server, client_of(server.url) as asker:
        await ask(asker)
        with pytest.raises(APIConnectionError):
            await ask(asker)
        assert len(server.requests) == 2


async def test_a_new_connection_that_fails_ends_it() -> None:
    """A server that is gone for good is gone once, not for ever."""
    async with Server(late=True) as server, client_of(server.url) as asker:
        await open_stream(asker).final()
        server._server.close()
        with pytest.raises(APIConnectionError, match="Cannot connect to API server"):
            await asyncio.wait_for(ask(asker), 5)
        assert len(server.lost) == 1


async def test_the_new_connection_is_under_the_clock_of_connections() -> None:
    """The request was on its way already, and is not any more."""
    loop = asyncio.get_running_loop()
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        listener.setblocking(False)
        address = listener.getsockname()

        async def serve_one() -> None:
            peer, _ = await loop.sock_accept(listener)
            with peer:
                await loop.sock_sendall(peer, answer(await loop.sock_recv(peer, 65536)))
                for _ in range(3):  # nobody else gets in
                    filler = fillers.enter_context(socket.socket())
                    filler.setblocking(False)
                    filler.connect_ex(address)
                await loop.sock_recv(peer, 65536)

        serving = asyncio.ensure_future(serve_one())
        timeout = Timeout(connect=0.2, headers=30)
        async with client_of(f"http://127.0.0.1:{address[1]}", timeout=timeout) as asker:
            await ask(asker)
            with pytest.raises(APITimeoutError) as caught:
                await asyncio.wait_for(ask(asker), 10)
        assert caught.value.clock == "connect"
        await serving


def test_what_nobody_asked_for_is_nobodys_answer(run: Run, secure: Tls | None) -> None:
    """Some servers say 408 into an idle connection: the next call is not told so."""

    async def main() -> None:
        idle, said = asyncio.Event(), asyncio.Event()

        async def grumble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(server.requests[-1]))
            await idle.wait()
            idle.clear()
            writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            said.set()

        server = RawServer(grumble, tls=secure and secure.server)
        async with server, client(server, secure) as asker:
            for turns in (0, 50):  # before the loop has read it, and after
                await ask(asker)
                idle.set()
                await said.wait()
                said.clear()
                for _ in range(turns):
                    await asyncio.sleep(0)
            await ask(asker)
            assert server.connections == 3

    run(main())


def test_a_connection_that_is_well_is_used_again(run: Run, secure: Tls | None) -> None:
    """Looking costs nothing but a look, over TLS 1.3 with its tickets too."""

    async def main() -> None:
        async with served(secure) as server, client(server, secure) as asker:
            for _ in range(20):
                await ask(asker)
            assert server.connections == 1
            assert asker.pool.statistics().reused == 19

    run(main())


async def test_a_transport_without_a_socket_tells_no_news() -> None:
    """There is nothing to look at."""
    assert has_news(None) is False
    assert has_news(asyncio.Transport()) is False
