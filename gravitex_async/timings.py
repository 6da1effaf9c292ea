"""When the parts of an answer arrived.

Times are seconds on the loop's clock since the request began. Gaps are between network reads with content,
not between events: events of one packet have no time between them.
"""

from __future__ import annotations

import msgspec

from ._jsonable import Jsonable

__all__ = ["Gaps", "Timings"]


class Gaps(Jsonable, msgspec.Struct, gc=False):
    """Statistics of the time between one read with content and the next, in seconds."""

    count: int = 0
    total: float = 0.0
    shortest: float = 0.0
    longest: float = 0.0

    @property
    def mean(self) -> float:
        """0.0 while there is no gap."""
        return self.total / self.count if self.count else 0.0

    def add(self, seconds: float) -> None:
        """Counts one more gap."""
        if seconds > self.longest:
            self.longest = seconds
        if not self.count or seconds < self.shortest:
            self.shortest = seconds
        self.total += seconds
        self.count += 1


class Timings(Jsonable, msgspec.Struct):
    """Milestones of one answer; None for what has not happened.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     stream = client.responses.stream(model="gpt-5.2", input="one two")
    ...     answer = await stream.final()
    >>> stream.timings.headers <= stream.timings.first_content <= stream.timings.last
    True
    """

    opened: float | None = None
    """When the request began, on the loop's clock; the others count from it."""
    headers: float | None = None
    """The status line had come."""
    first_content: float | None = None
    """The first piece of the answer itself (text, tool call, refusal), reasoning not counted."""
    first_reasoning: float | None = None
    last: float | None = None
    """The last read."""
    between: Gaps = msgspec.field(default_factory=Gaps)
    last_content: float | None = None

    def read(self, now: float, content: bool, reasoning: bool) -> None:
        """Notes a read at *now* (loop time) that held content or reasoning or neither."""
        since = self.last = now - (self.opened or 0.0)
        if not (content or reasoning):
            return
        if content and self.first_content is None:
            self.first_content = since
        if reasoning and self.first_reasoning is None:
            self.first_reasoning = since
        # From one read with content to the next: keep-alives in between are no content.
        if self.last_content is not None:
            self.between.add(since - self.last_content)
        self.last_content = since
