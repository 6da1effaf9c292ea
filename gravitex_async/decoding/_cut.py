"""Reads of the simple form taken apart, with no Python code per event.

Strategy
    Nearly all servers send nothing but ``data: {...}`` and a blank line, event after event. So a read is
    split at "blank line, ``data: ``", which is one call, and what stands between is the payloads. That is
    exact as long as no payload holds a line end: each is looked through for that, in C, and one that does
    means that the read is of some other form, which is the parser's business (``gravitex_async.sse``).

    Comments and empty lines between events (keep-alives) are no data, and are taken off first.

    A stream ends its lines with LF or with CR LF (Google), and keeps to it. Which one it is, is an argument:
    a read that ends its lines in the other way, or in both, is not of the simple form.

The end of a read that is no whole event yet is given back, to be put before the next read.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from operator import contains
from typing import Final, Protocol

__all__ = ["CRLF", "LF", "Cut", "Cutter", "cut_events", "is_one_line"]

LF: Final = b"\n"
CRLF: Final = b"\r\n"

Cut = tuple[list[bytes], bytes]
"""The payloads of whole events, and what follows the last of them."""

_FIELD: Final = b"data:"
_HEAD: Final = b"data: "
_LF_BYTE, _CR_BYTE = b"\n\r"


class Cutter(Protocol):
    """Takes a read apart, behind what was left of the one before; None when it is not of the simple form."""

    def __call__(self, tail: bytes, data: bytes, newline: bytes = ..., /) -> Cut | None: ...


def cut_events(tail: bytes, data: bytes, newline: bytes = LF, head: bytes = _HEAD) -> Cut | None:
    """The payloads of events that are *head*, one line of data, a blank line; None for any other form.

    Comments and empty lines may stand between them.
    """
    blank = newline + newline
    if not tail and data.endswith(blank) and data.startswith(head):
        payload = data[len(head) : -len(blank)]
        if _LF_BYTE not in payload and _CR_BYTE not in payload:
            return [payload], b""  # one event a read: what a web backend sees
    # One look through the read is cheaper than one through each payload; with CR LF that is not possible.
    if newline is LF and b"\r" in data:
        return None
    # From the right: CPython looks for a long separator forwards in a way that costs twice as much here.
    payloads = data.rsplit(blank + head)
    first = tail + payloads[0]
    if not first.startswith(head):
        first = _behind_idle_lines(first, newline)
    if first.startswith(head):
        payloads[0] = first[len(head) :]
    elif first and not _is_comment(first):
        bare = head is _HEAD and first.startswith(_FIELD)
        return _cut_bare(tail, data, newline) if bare else None
    elif len(payloads) == 1:
        return [], first
    else:
        del payloads[0]  # a comment that the separator ended
    rest = payloads.pop()
    end = rest.rfind(blank)
    if end < 0:
        rest = head + rest
    else:
        payloads.append(rest[:end])
        rest = rest[end + len(blank) :]
    if newline is CRLF and not _is_begun(rest.removeprefix(head)):
        return None
    simple = is_one_line(payloads, newline) or _drop_idle_lines(payloads, newline)
    return (payloads, rest) if simple else None


def _behind_idle_lines(block: bytes, newline: bytes) -> bytes:
    """What follows the comments and empty lines that *block* begins with, each of them one line."""
    while block[:1] == b":" or block.startswith(newline):
        end = block.find(newline)
        if end < 0 or not is_one_line([block[:end]], CRLF):
            break
        block = block[end + len(newline) :]
    return block


def _is_comment(line: bytes) -> bool:
    return line[:1] == b":" and is_one_line([line], CRLF)


def _drop_idle_lines(payloads: list[bytes], newline: bytes) -> bool:
    """Takes comments and empty lines off the payloads they follow; False when anything else follows one.

    Servers put them between their events to keep the connection alive: no reason to parse all the others.
    """
    for place, payload in enumerate(payloads):
        line, *others = payload.split(newline)
        if not is_one_line([line, *others], CRLF) or any(other[:1] not in (b"", b":") for other in others):
            return False
        payloads[place] = line
    return True


def is_one_line(payloads: Iterable[bytes], newline: bytes) -> bool:
    """Whether none of *payloads* holds a line end. Where lines end with LF, the caller has looked for CR."""
    if any(map(contains, payloads, repeat(_LF_BYTE))):
        return False
    return newline is LF or not any(map(contains, payloads, repeat(_CR_BYTE)))


def _is_begun(rest: bytes) -> bool:
    """Whether *rest* is the start of an event whose lines end with CR LF, and holds no whole one."""
    line = rest.rstrip(CRLF)
    return (CRLF * 2).startswith(rest[len(line) :]) and is_one_line([line], CRLF)


def _cut_bare(tail: bytes, data: bytes, newline: bytes) -> Cut | None:
    """The same where no blank stands behind the colon (DashScope, Cohere): one that does is no data."""
    cut = cut_events(tail, data, newline, _FIELD)
    if cut is None or any(payload[:1] == b" " for payload in cut[0]):
        return None
    return cut
