"""Text that others wrote, for a log or a terminal: on one line, whatever it holds."""

from __future__ import annotations

import re

__all__ = ["one_line"]

# What ends a line, or tells a terminal to do something. As text: re compiles it when it is first needed.
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029]"


def one_line(text: str) -> str:
    """The text with line breaks and control characters as escapes, so that it writes no line of its own."""
    return re.sub(_CONTROL, lambda found: found[0].encode("unicode_escape").decode(), text.strip())
