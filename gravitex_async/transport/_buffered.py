"""Taking all that aiohttp has buffered of a body, in one step.

aiohttp's ``readany`` takes its buffer apart piece by piece, and gateways send one HTTP chunk per event: that
costs 0.4 µs an event, as much as decoding it (benchmarks/bench_fast_stream.py). Here the pieces are joined
at once. The attributes used are private to aiohttp, so they are looked for first; where one is missing, or
the body is read in another way, ``reader_of`` gives None and ``readany`` serves.

It also finds what ``readany`` would lose: bytes that arrived before the connection broke.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import StreamReader

__all__ = ["BufferedReader", "reader_of", "rest_of"]

_PRIVATE = (
    "_buffer",
    "_buffer_offset",
    "_cursor",
    "_eof",
    "_http_chunk_splits",
    "_protocol",
    "_size",
    "_wait",
)


def reader_of(content: StreamReader) -> BufferedReader | None:
    """What reads *content* in one step; None where aiohttp's ``readany`` has to do it."""
    known = all(hasattr(content, name) for name in _PRIVATE)
    if not known or not isinstance(getattr(content, "_buffer", None), deque):
        return None
    return BufferedReader(content)


class BufferedReader:
    """Takes all there is of a body, or waits until there is something."""

    __slots__ = ("_content", "wait")

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self.wait = content._wait

    def take(self) -> bytes | None:
        """All that is buffered; b"" at the end of the body; None when there is nothing yet.

        Raises:
            Exception: Of aiohttp: the body broke off.
        """
        content = self._content
        error = content.exception()
        if error is not None:
            raise error
        if not content._buffer:
            return b"" if content._eof else None
        return _take(content)


def rest_of(content: StreamReader) -> bytes:
    """What is buffered, also after an error; b"" where there is no way to it."""
    buffer = getattr(content, "_buffer", None)
    if not isinstance(buffer, deque) or not buffer:
        return b""
    rest = b"".join(buffer)[getattr(content, "_buffer_offset", 0) :]
    buffer.clear()
    return rest


def _take(content: StreamReader) -> bytes:
    buffer = content._buffer
    data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
    if content._buffer_offset:
        data = data[content._buffer_offset :]
        content._buffer_offset = 0
    buffer.clear()
    content._size = 0
    content._cursor += len(data)
    if content._http_chunk_splits:
        content._http_chunk_splits.clear()
    content._protocol.resume_reading()
    return data
