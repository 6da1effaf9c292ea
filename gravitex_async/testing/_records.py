"""What a test can inspect: requests, answers, connections; and a way to wait for them.

Strategy
    Everything is recorded as it happens, in plain attributes, and every change calls ``Board.changed``.
    ``Board.until`` is the one place that waits: a test gives the condition and never polls. While nobody
    waits a change costs one ``if``.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from gravitex_async._json import loads

from ._answers import Dialect

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy, MultiMapping

State = Literal["open", "finished", "closed_by_peer", "broken", "closed"]
_GEMINI = re.compile(r":(stream)?generateContent$", re.IGNORECASE)
_DIALECTS: dict[str, Dialect] = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}


@dataclass
class RecordedRequest:
    """A request as it arrived: nothing decoded, nothing dropped.

    ``query`` and ``headers`` keep repeated names. ``answer`` records how the answer went.
    """

    method: str
    path: str
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    body: bytes
    connection: Connection
    answer: StreamRecord

    @property
    def json(self) -> object:
        """The body as JSON; raises ``ValueError`` when it is none."""
        return loads(self.body)

    @property
    def dialect(self) -> Dialect | None:
        """The dialect of the path; None for models, embeddings and unknown paths."""
        if self.path in _DIALECTS:
            return _DIALECTS[self.path]
        if self.path.startswith("/v1/responses/"):
            return "responses"
        return "gemini" if _GEMINI.search(self.path) else None

    @property
    def model(self) -> str | None:
        """The model the body names, or the path of a Gemini call."""
        if "/models/" in self.path:
            name = self.path.partition("/models/")[2]
            return unquote(name.rpartition(":")[0] or name)
        try:
            body = self.json
        except ValueError:
            return None
        model = body.get("model") if isinstance(body, dict) else None
        return model if isinstance(model, str) else None


@dataclass
class StreamRecord:
    """How one answer went, seen from the server. Times are on the event loop's clock.

    ``state`` is ``open`` until the answer is over, then ``finished`` (sent whole), ``closed_by_peer``,
    ``broken`` (cut by a fault) or ``closed`` (the gateway was closed).
    """

    index: int
    opened: float
    state: State = "open"
    status: int | None = None
    headers_sent: float | None = None
    events_sent: int = 0
    bytes_sent: int = 0
    last_sent: float | None = None
    ended: float | None = None

    @property
    def closed_by_peer(self) -> bool:
        """Whether the client left before the answer was over."""
        return self.state == "closed_by_peer"


@dataclass
class Connection:
    """One accepted connection; ``closed`` is None while it lives."""

    index: int
    opened: float
    peer: tuple[str, int]
    requests: int = 0
    closed: float | None = None

    @property
    def live(self) -> bool:
        """Whether the connection is still open at the server."""
        return self.closed is None


class Board:
    """The last *history* records of each kind, and who waits for a change."""

    def __init__(self, history: int) -> None:
        self.requests: deque[RecordedRequest] = deque(maxlen=history)
        self.streams: deque[StreamRecord] = deque(maxlen=history)
        self.connections: deque[Connection] = deque(maxlen=history)
        self.streams_seen = 0
        self.requests_seen = 0
        self.live = 0
        self._connections_seen = 0
        self._waiters: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """Wake everyone who waits; each tries its own condition again."""
        if not self._waiters:
            return
        # Taken first: whoever wakes may wait again, and must not be woken by the same change.
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Return when *condition* holds; ``TimeoutError`` after *timeout* seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not condition():
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append(waiter)
            await asyncio.wait([waiter], timeout=deadline - loop.time())
            if not waiter.done():
                waiter.cancel()
                raise TimeoutError(f"{what}: not within {timeout} s; {self}")

    def add_request(self, request: RecordedRequest) -> None:
        """Keep *request* as the newest one."""
        self.requests.append(request)
        self.requests_seen += 1
        self.changed()

    def add_stream(self) -> StreamRecord:
        """A new stream, numbered."""
        record = StreamRecord(self.streams_seen, asyncio.get_running_loop().time())
        self.streams.append(record)
        self.streams_seen += 1
        self.changed()
        return record

    def add_connection(self, peer: tuple[str, int]) -> Connection:
        """A new connection, numbered."""
        connection = Connection(self._connections_seen, asyncio.get_running_loop().time(), peer)
        self.connections.append(connection)
        self._connections_seen += 1
        self.live += 1
        self.changed()
        return connection

    def lose_connection(self, connection: Connection) -> None:
        """*connection* is closed."""
        connection.closed = asyncio.get_running_loop().time()
        self.live -= 1
        self.changed()

    def stream(self, index: int) -> StreamRecord | None:
        """The stream number *index*, or counted from the newest one when negative."""
        wanted = index if index >= 0 else self.streams_seen + index
        return next((record for record in reversed(self.streams) if record.index == wanted), None)

    def __repr__(self) -> str:
        streams = ", ".join(f"{s.index}: {s.state} after {s.events_sent} events" for s in self.streams)
        return f"<{self.requests_seen} requests, {self.live} live connections, streams [{streams}]>"
