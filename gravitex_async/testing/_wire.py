"""Sending a reply: the only module that touches a connection.

Strategy
    A reply that is proper HTTP goes through ``StreamResponse``; its ending (cut, reset) is done to the
    transport after the last step. What aiohttp cannot send (a head that drips, a chunk size that is no
    number) is written by hand, and aiohttp then writes nothing.

    A peer that leaves cancels the handler at once (``handler_cancellation``), whether it reads or not.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from ._records import Board, State, StreamRecord
from ._reply import Ending, Reply, Step

# SO_LINGER with a time of zero: close() discards what is unsent and sends RST.
_LINGER_ZERO = struct.pack("ii", 1, 0)


class _Written(web.StreamResponse):
    """An answer already on the wire: aiohttp has nothing left to write."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


async def send(
    request: web.BaseRequest, reply: Reply, record: StreamRecord, board: Board
) -> web.StreamResponse:
    """Send *reply*, keeping *record* up to date; ends with ``record.state`` set, however it ends."""
    record.status = reply.status
    await _wait(reply.head_pause)
    if reply.headless:
        _end(request, reply.ending)
        response: web.StreamResponse = _Written()
    elif reply.head_drip is None and reply.ending is not Ending.GARBAGE:
        response = await _send_response(request, reply, record, board)
    else:
        response = await _send_raw(request, reply, record, board)
    _ended(record, "finished" if reply.ending is Ending.FINISH else "broken", board)
    return response


def note_departure(record: StreamRecord, gateway_closing: bool, board: Board) -> web.StreamResponse:
    """The handler was cancelled or could not write: record who ended it; there is nothing more to send."""
    _ended(record, "closed" if gateway_closing else "closed_by_peer", board)
    return _Written()


def note_failure(record: StreamRecord, board: Board) -> None:
    """There is no reply to send."""
    _ended(record, "broken", board)


async def _send_response(
    request: web.BaseRequest, reply: Reply, record: StreamRecord, board: Board
) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    steps = reply.steps
    if not reply.streamed:
        steps = list(steps)
        response.content_length = sum(len(s.data) for s in steps) if reply.length is None else reply.length
    await response.prepare(request)
    record.headers_sent = asyncio.get_running_loop().time()
    board.changed()
    for step in steps:
        await _wait(step.pause)
        await response.write(step.data)
        await _sent(record, step, board)
    _end(request, reply.ending)
    return response


async def _send_raw(
    request: web.BaseRequest, reply: Reply, record: StreamRecord, board: Board
) -> web.StreamResponse:
    transport = _transport(request)
    head = _head(reply)
    for byte in head:
        transport.write(bytes([byte]))
        await asyncio.sleep((reply.head_drip or 0.0) / len(head))
    record.headers_sent = asyncio.get_running_loop().time()
    for step in reply.steps:
        await _wait(step.pause)
        transport.write(b"%x\r\n%b\r\n" % (len(step.data), step.data))
        await _sent(record, step, board)
    transport.write(b"ZZZ\r\n" if reply.ending is Ending.GARBAGE else b"0\r\n\r\n")
    if reply.ending is Ending.GARBAGE:
        _ended(record, "broken", board)
        await _wait(math.inf)
    return _Written()


def _head(reply: Reply) -> bytes:
    headers = {**reply.headers, "Transfer-Encoding": "chunked", "Connection": "close"}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _end(request: web.BaseRequest, ending: Ending) -> None:
    if ending is Ending.FINISH:
        return
    transport = _transport(request)
    if ending is Ending.RESET:
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    else:
        transport.close()


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    if request.transport is None:
        raise ConnectionResetError("the peer has left")
    return request.transport


async def _wait(seconds: float) -> None:
    if seconds == math.inf:
        await asyncio.get_running_loop().create_future()
    elif seconds > 0:
        await asyncio.sleep(seconds)


async def _sent(record: StreamRecord, step: Step, board: Board) -> None:
    record.bytes_sent += len(step.data)
    record.events_sent += step.events
    record.last_sent = asyncio.get_running_loop().time()
    board.changed()
    # Lets the client read in between: a fast answer would be one burst otherwise, and nobody could leave it.
    await asyncio.sleep(0)


def _ended(record: StreamRecord, state: State, board: Board) -> None:
    if record.state == "open":
        record.state, record.ended = state, asyncio.get_running_loop().time()
        board.changed()
