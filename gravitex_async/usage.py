"""One Usage for all dialects.

Dialects count differently (Gemini counts thoughts beside its visible output, the others include them: see
"Usage" in decoding/README.md); each translates into this form, where ``output_tokens`` always includes
reasoning. Within one answer the last usage sent wins and nothing is summed.

What an answer holds are the wire's own counts, which have the same words beside those of the wire
(``Counts``): so ``answer.usage.input_tokens`` is right whichever dialect the answer is of.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from ._jsonable import Jsonable

__all__ = ["Counted", "Counts", "Usage", "UsageSource"]

UsageSource = Literal["server", "estimated", "none"]


class Counted(Protocol):
    """Anything that has the words: a ``Usage``, or the usage of any answer."""

    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def total_tokens(self) -> int | None: ...
    @property
    def reasoning_tokens(self) -> int | None: ...
    @property
    def cached_tokens(self) -> int | None: ...
    @property
    def visible_tokens(self) -> int | None: ...
    @property
    def source(self) -> UsageSource: ...


class Usage(Jsonable, msgspec.Struct, frozen=True, gc=False):
    """Token counts of one answer, or of several added up, of whichever dialects.

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
    source: UsageSource = "none"

    @property
    def visible_tokens(self) -> int | None:
        """Output without reasoning, never below 0; None unless both were sent."""
        if self.output_tokens is None or self.reasoning_tokens is None:
            return None
        return max(0, self.output_tokens - self.reasoning_tokens)

    def __add__(self, other: Counted) -> Usage:
        return _added(self, other) if hasattr(other, "visible_tokens") else NotImplemented

    def __radd__(self, other: Literal[0]) -> Usage:
        return self if other == 0 else NotImplemented  # ``sum`` begins with 0


class Counts:
    """What the usage of every answer has beside the wire's own fields: the words of ``Usage``.

    Adding two, or ``sum``, gives a ``Usage``; ``neutral()`` is this one as such.
    """

    __slots__ = ()

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``; ``source == "none"`` when there is no count at all."""
        raise NotImplementedError

    @property
    def input_tokens(self) -> int | None:
        """Tokens of the prompt, cached ones included; None where the server sent no such count."""
        return self.neutral().input_tokens

    @property
    def output_tokens(self) -> int | None:
        """Tokens of the answer, reasoning included."""
        return self.neutral().output_tokens

    @property
    def total_tokens(self) -> int | None:
        """As the server counts it, else input plus output."""
        return self.neutral().total_tokens

    @property
    def reasoning_tokens(self) -> int | None:
        """The part of ``output_tokens`` that was thinking."""
        return self.neutral().reasoning_tokens

    @property
    def cached_tokens(self) -> int | None:
        """The part of ``input_tokens`` that was read from a cache."""
        return self.neutral().cached_tokens

    @property
    def visible_tokens(self) -> int | None:
        """Output without reasoning, never below 0; None unless both were sent."""
        return self.neutral().visible_tokens

    @property
    def source(self) -> UsageSource:
        """``server``, or ``none`` where nothing was counted."""
        return self.neutral().source

    def __add__(self, other: Counted) -> Usage:
        return self.neutral() + other

    def __radd__(self, other: Literal[0]) -> Usage:
        return other + self.neutral()


def _added(left: Counted, right: Counted) -> Usage:
    """Both together; a count that neither has stays None."""
    sources = {left.source, right.source} - {"none"}
    return Usage(
        _plus(left.input_tokens, right.input_tokens),
        _plus(left.output_tokens, right.output_tokens),
        _plus(left.total_tokens, right.total_tokens),
        _plus(left.reasoning_tokens, right.reasoning_tokens),
        _plus(left.cached_tokens, right.cached_tokens),
        "none" if not sources else "server" if sources == {"server"} else "estimated",
    )


def _plus(left: int | None, right: int | None) -> int | None:
    return left if right is None else right if left is None else left + right
