"""The local gateway: a server on a free loopback port, and a test's interface to it.

Strategy
    ``_server`` speaks HTTP; ``_service`` decides what is answered; ``_wire`` sends it; ``_records`` keeps a
    record. This module joins them and holds the public names.

    Lifetime: ``start`` binds the port; ``close`` aborts what is open and returns when every handler has
    ended. In between only aiohttp's own tasks run, on the caller's event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING

from aiohttp import web

from ._auth import RequestLimit
from ._faults import Fault, FaultKind
from ._models import Catalogue
from ._records import Board, Connection, RecordedRequest, StreamRecord
from ._script import Match, Script
from ._server import Server
from ._service import Service
from ._tape import Tape

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._faults import FaultOptions
    from ._script import ScriptFields


class LocalGateway:
    """A Gravitex gateway on 127.0.0.1 that behaves like the real one, with faults on demand.

    It serves every endpoint of the client in all three dialects. Default answers depend on the question alone
    (``_answers`` has the table). Queued scripts, tapes and faults are used up in order, one per request.

    >>> from gravitex_async import AsyncGravitex
    >>> from gravitex_async.testing import LocalGateway
    >>> async with LocalGateway() as gateway:
    ...     gateway.script("Hello")
    ...     async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
    ...         stream = client.responses.stream(model="gpt-5.2", input="Hi")
    ...         answer = await stream.final()
    >>> stream.content, gateway.requests[-1].model
    ('Hello', 'gpt-5.2')

    Args:
        models: Which exist; None accepts every name that does not begin with "unknown".
        rate_limit: A number is requests per second.
        max_concurrency: How many requests are answered at once; one more gets a 429.
        pace, latency: Seconds between events, and before the head.
        style: "documents" sends Responses events in the short form that Gravitex documents, without items.
        port: 0 takes a free one.
        history: How many requests, streams and connections are remembered.
    """

    def __init__(
        self,
        api_keys: Collection[str] = ("sk-local",),
        *,
        models: Collection[str] | None = None,
        rate_limit: RequestLimit | int | None = None,
        max_concurrency: int | None = None,
        pace: float = 0.0,
        latency: float = 0.0,
        style: str = "official",
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: SSLContext | None = None,
        history: int = 1000,
    ) -> None:
        limit = RequestLimit(rate_limit) if isinstance(rate_limit, int) else rate_limit
        self._service = Service(
            tuple(api_keys), Catalogue(models), limit, max_concurrency, pace, latency, style
        )
        self._board = Board(history)
        self._address = (host, port)
        self._ssl = ssl_context
        self._runner: web.ServerRunner | None = None
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<LocalGateway {self.url} {self._board!r}>"

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> Self:
        """Bind the port and serve; ``OSError`` when the port is taken."""
        self._server = Server(self._service, self._board)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address, ssl_context=self._ssl).start()
        self._address = self._runner.addresses[0][:2]
        return self

    async def close(self) -> None:
        """Abort all connections and give the port back; safe to call twice."""
        if self._runner is None or self._server is None:
            return
        self._server.abort()
        runner, self._runner = self._runner, None
        await runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- what a client needs ------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The origin, as ``http://127.0.0.1:PORT``."""
        return f"{'https' if self._ssl else 'http'}://{self._address[0]}:{self._address[1]}"

    @property
    def api_key(self) -> str:
        """A key the gateway accepts."""
        return self._service.keys[0]

    # -- what it shall answer -----------------------------------------------------------------------------

    def script(
        self,
        script: Script | str | None = None,
        *,
        times: int | None = 1,
        match: Match | None = None,
        **fields: Unpack[ScriptFields],
    ) -> None:
        """Answer the next *times* requests (None: all from now on) with an authored answer.

        Pass a ``Script``, a text, or the fields of ``Script`` as keywords. *match*: a dialect ("chat",
        "responses", "gemini"), a model name, or a predicate over ``RecordedRequest``.
        """
        if isinstance(script, str):
            script = Script(text=script, **fields)  # type: ignore[misc]  # text twice is a TypeError
        self._service.authored.add(script or Script(**fields), times, match or _takes_scripts)

    def play(self, tape: Tape, *, times: int | None = 1, match: Match | None = None) -> None:
        """Answer the next *times* requests (None: all from now on) with a recorded body, on any path."""
        self._service.authored.add(tape, times, match)

    def fault(
        self,
        kind: FaultKind | Fault,
        *,
        count: int | None = 1,
        match: Match | None = None,
        **options: Unpack[FaultOptions],
    ) -> None:
        """Let the next *count* requests (None: all from now on) fail; ``_faults`` has the table of kinds."""
        fault = kind if isinstance(kind, Fault) else Fault(kind, **options)
        self._service.faults.add(fault, count, match)

    def clear(self) -> None:
        """Forget every queued script, tape and fault."""
        self._service.authored.clear()
        self._service.faults.clear()

    # -- what happened -----------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last requests, the newest at the end; those with a refused key too."""
        return list(self._board.requests)

    @property
    def streams(self) -> list[StreamRecord]:
        """How the last answers went, plain ones included; in the order of their requests."""
        return list(self._board.streams)

    @property
    def connections(self) -> list[Connection]:
        """The last connections, live and closed."""
        return list(self._board.connections)

    @property
    def live_connections(self) -> int:
        """How many connections are open now."""
        return self._board.live

    async def until(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:
        """Wait until *condition* holds, which is tried after every change here; else ``TimeoutError``."""
        await self._board.until(condition, timeout, "the condition")

    async def wait_closed(self, index: int = -1, timeout: float = 5.0) -> StreamRecord:
        """Wait until stream *index* is over, however it ended (see ``StreamRecord.state``).

        Negative numbers count from the newest; a stream that has not begun yet is waited for.
        """
        await self._board.until(lambda: self._over(index), timeout, f"end of stream {index}")
        return self._stream(index)

    async def wait_events(self, count: int, index: int = -1, timeout: float = 5.0) -> StreamRecord:
        """Wait until *count* events of stream *index* are sent."""

        def sent() -> bool:
            record = self._board.stream(index)
            return record is not None and record.events_sent >= count

        await self._board.until(sent, timeout, f"{count} events of stream {index}")
        return self._stream(index)

    async def wait_requests(self, count: int, timeout: float = 5.0) -> None:
        """Wait until *count* requests have come since the start."""
        await self._board.until(lambda: self._board.requests_seen >= count, timeout, f"{count} requests")

    async def wait_connections(self, live: int, timeout: float = 5.0) -> None:
        """Wait until exactly *live* connections are open."""
        await self._board.until(lambda: self._board.live == live, timeout, f"{live} live connections")

    def _over(self, index: int) -> bool:
        record = self._board.stream(index)
        return record is not None and record.state != "open"

    def _stream(self, index: int) -> StreamRecord:
        record = self._board.stream(index)
        if record is None:
            raise IndexError(f"stream {index} is older than the history")
        return record


def _takes_scripts(request: RecordedRequest) -> bool:
    """A list of models or an embedding must not use up the script of the answer after it."""
    return request.method == "POST" and request.dialect is not None
