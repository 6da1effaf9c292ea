"""Whether a connection that lay idle may be used again.

Strategy
    A server may close a connection right behind an answer that promised to keep it (llama.cpp does, behind
    every stream). The end of it, or a word nobody asked for, has often reached this machine before the event
    loop has looked: so the socket is asked, without waiting, in half a microsecond. Between two answers a
    server has nothing to say, so whatever there is to read means that the connection is not used again. Over
    TLS this may be a session ticket that comes late: one more handshake is all it costs.

    A close that is still on its way is seen by nobody; see ``Session.send`` for what is done about it.
"""

from __future__ import annotations

import asyncio
import select

__all__ = ["has_news"]


def has_news(transport: asyncio.BaseTransport | None) -> bool:
    """Whether the peer has said or done anything that the event loop has not seen yet.

    False for a transport that shows no socket.
    """
    socket = None if transport is None else transport.get_extra_info("socket")
    if socket is None:
        return False
    number = socket.fileno()
    return number < 0 or _readable(number)


def _readable(number: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))  # the end, a reset and an error are reported unasked
