"""What a body is, told by its first bytes, since its label is often wrong.

An event stream begins with a comment or a field; JSON, a page of HTML and the words of a proxy do not: see
"Framing" in decoding/README.md.
"""

from __future__ import annotations

import re

from .._json import loads_tolerant
from ..decoding import excerpt

__all__ = ["EVENT_STREAM", "described", "is_event_stream"]

EVENT_STREAM = "text/event-stream"

_BOM = b"\xef\xbb\xbf"
# A comment, a field with its colon, or one of the known fields without a value.
_FIELD = re.compile(rb"[A-Za-z_-]*:|(?:data|event|id|retry)[\r\n]")
_MAYBE = re.compile(rb"[A-Za-z_-]{0,64}$")


def is_event_stream(start: bytes) -> bool | None:
    """Whether a body that begins with *start* is an event stream; None: too short to say."""
    start = start.removeprefix(_BOM).lstrip()[:80]
    if _FIELD.match(start):
        return True
    return None if _MAYBE.match(start) or _BOM.startswith(start) else False


def described(body: bytes, content_type: str) -> str:
    """What a body is that is not what was expected, for a message."""
    label = content_type or "no content type"
    if not body.strip():
        return f"nothing ({label})"
    try:
        tree = loads_tolerant(body)
    except (ValueError, RecursionError) as error:
        # Where it stops to be JSON is of interest only for what begins as JSON.
        where = f"; {error}" if body.lstrip()[:1] in (b"{", b"[") else ""
        return f"a body that is no JSON ({label}{where}): {excerpt(body)}"
    if isinstance(tree, dict):
        return f"a JSON object of another kind: {excerpt(body)}"
    return f"JSON that is no object: {excerpt(body)}"
