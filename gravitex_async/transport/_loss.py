"""Noticing that a connection is gone while somebody waits for the rest of its body.

aiohttp tells the body's reader in most cases. With a chunk size that is no number its C parser closes the
connection and tells nobody, and the reader would wait until a clock ends it (seen with 3.14.5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientResponse, StreamReader

__all__ = ["watch_loss"]


def watch_loss(answer: ClientResponse) -> Callable[[], None]:
    """Wakes the reader of *answer* when its connection is lost; call the result to watch no more."""
    connection = answer.connection
    protocol = None if connection is None else connection.protocol
    closed = None if protocol is None else protocol.closed
    if closed is None:
        return _nothing
    lost = _Lost(answer.content)
    closed.add_done_callback(lost)

    def stop() -> None:
        closed.remove_done_callback(lost)
        # Kept connections are lost later, with an error that nobody looks at.
        closed.remove_done_callback(_look)
        closed.add_done_callback(_look)

    return stop


class _Lost:
    """Holds the body's reader only, so that a dropped stream is freed at once."""

    __slots__ = ("_content",)

    def __init__(self, content: StreamReader) -> None:
        self._content = content

    def __call__(self, closed: asyncio.Future[None]) -> None:
        _look(closed)
        if not self._content.is_eof() and self._content.exception() is None:
            self._content.set_exception(ConnectionResetError("the connection was lost"))


def _look(closed: asyncio.Future[None]) -> None:
    """Looks at the error, so that asyncio does not report it as overlooked."""
    if not closed.cancelled():
        closed.exception()


def _nothing() -> None:
    return None
