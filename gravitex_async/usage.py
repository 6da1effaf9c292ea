"""One Usage for all dialects.

Counting differs by dialect (Gemini counts thoughts outside its candidates, the others inside their output);
each dialect translates into this form, where ``output_tokens`` always includes reasoning
(reference: usage_fields.json). Within one answer the last usage sent wins and nothing is summed; over
several answers, add: ``sum(usages, Usage())``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Usage"]


def _plus(left: int | None, right: int | None) -> int | None:
    return left if right is None else right if left is None else left + right


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Token counts of one answer, or of several added up.

    A count that the server did not send is None, all of them when it sent no usage (``source == "none"``):
    absent is never zero.
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
