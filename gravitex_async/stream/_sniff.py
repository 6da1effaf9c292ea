"""What a body is, told by its first bytes, since its label is often wrong.

An event stream begins with a comment or a field; JSON, a page of HTML and the words of a proxy do not
(sse.md section 4).
"""

from __future__ import annotations

import re

__all__ = ["is_event_stream"]

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
