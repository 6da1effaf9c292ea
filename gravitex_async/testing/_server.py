"""aiohttp's server, recording connections and requests.

A client that leaves must be noticed while a stream is silent, so handlers are cancelled when their connection
is lost (``handler_cancellation``); the record then says who ended the answer.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from . import _wire
from ._records import Board, Connection, RecordedRequest, StreamRecord
from ._reply import Reply
from ._service import Service

# The real gateway's limit for a request body, decompressed.
MAX_BODY_BYTES = 128 << 20


class Server(web.Server):
    """Serves *service* and keeps *board* up to date."""

    def __init__(self, service: Service, board: Board) -> None:
        super().__init__(
            self._handle, request_factory=self._request, handler_cancellation=True, access_log=None
        )
        self._service = service
        self._board = board
        self._records: dict[RequestHandler, Connection] = {}
        self._closing = False

    def abort(self) -> None:
        """Close all connections at once, whatever they are doing."""
        self._closing = True
        for protocol in self.connections:
            if protocol.transport is not None:
                protocol.transport.abort()

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Called by aiohttp for each accepted connection."""
        super().connection_made(handler, transport)
        self._records[handler] = self._board.add_connection(transport.get_extra_info("peername")[:2])

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Called by aiohttp when a connection is gone."""
        super().connection_lost(handler, exc)
        self._board.lose_connection(self._records.pop(handler))

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY_BYTES)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        record = self._board.add_stream()
        try:
            reply = await self._reply(request, record)
            return await _wire.send(request, reply, record, self._board)
        except asyncio.CancelledError:
            _wire.note_departure(record, self._closing, self._board)
            raise
        except ConnectionError:
            # Raised again it would be logged as an error of the server's, with its traceback.
            return _wire.note_departure(record, self._closing, self._board)
        except Exception:
            # A predicate of a test that raises, a codec that is not installed: a 500, logged by aiohttp.
            _wire.note_failure(record, self._board)
            raise
        finally:
            self._service.answered(record)

    async def _reply(self, request: web.BaseRequest, record: StreamRecord) -> Reply:
        connection = self._records[request.protocol]
        connection.requests += 1
        body = await request.read()
        target = (request.method, request.rel_url.raw_path, request.query)
        recorded = RecordedRequest(*target, request.headers, body, connection, record)
        self._board.add_request(recorded)
        return self._service.reply(recorded)
