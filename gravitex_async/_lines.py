"""Text from elsewhere, made safe for a log or a terminal: one line, no control characters."""

from __future__ import annotations

import re

__all__ = ["one_line"]

# Line ends and control characters, those of Unicode too.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """The text with line breaks and control characters as escapes: it cannot forge a line of a log."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text.strip())
