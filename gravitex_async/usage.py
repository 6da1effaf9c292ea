"""One Usage for all dialects.

Dialects count differently (Gemini counts thoughts beside its visible output, the others include them: see
"Usage" in decoding/README.md); each translates into this form, where ``output_tokens`` always includes
reasoning. Within one answer the last usage sent wins and nothing is summed.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Usage"]


def _plus(left: int | None, right: int | None) -> int | None:
    return left if right is None else right if left is None else left + right


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Token counts of one answer, or of several added up.

    A count that the server did not send is None, never zero; all are None when it sent no usage
    (``source == "none"``).

    >>> usage = Usage(input_tokens=100, output_tokens=500, reasoning_tokens=300, source="server")
    >>> usage.visible_tokens
    200
    >>> sum([usage, usage], Usage()).output_tokens
    1000
    """

    input_tokens: int | None = None
    """Tokens of the prompt, cached ones included."""
    output_tokens: int | None = None
    """Tokens of the answer, reasoning included."""
    total_tokens: int | None = None
    """As the server counts it, else input plus output."""
    reasoning_tokens: int | None = None
    """The part of ``output_tokens`` that was thinking."""
    cached_tokens: int | None = None
    """The part of ``input_tokens`` that was read from a cache."""
    source: Literal["server", "estimated", "none"] = "none"

    @property
    def visible_tokens(self) -> int | None:
        """Output without reasoning, never below 0; None unless both were sent."""
        if self.output_tokens is None or self.reasoning_tokens is None:
            return None
        return max(0, self.output_tokens - self.reasoning_tokens)

    def __add__(self, other: Usage) -> Usage:
        sources = {self.source, other.source} - {"none"}
        return Usage(
            _plus(self.input_tokens, other.input_tokens),
            _plus(self.output_tokens, other.output_tokens),
            _plus(self.total_tokens, other.total_tokens),
            _plus(self.reasoning_tokens, other.reasoning_tokens),
            _plus(self.cached_tokens, other.cached_tokens),
            "none" if not sources else "server" if sources == {"server"} else "estimated",
        )
