"""Recorded bodies, replayed byte for byte, cut wherever a test wants.

Cut positions are offsets into the body; each piece between two cuts is one write. ``seed`` cuts at random,
the same way each time; ``every`` cuts after so many bytes. Without any of them the body is cut after each
event (a blank line), as servers do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ._reply import EVENT_STREAM, JSON, Reply, Step

# The end of an event: two line ends, each of one of the three kinds.
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_TYPES = {".sse": EVENT_STREAM, ".json": JSON, ".html": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Tape:
    r"""A recorded answer: its bytes, status and headers, and how they are cut and paced.

    ``content_type`` None sends no Content-Type at all. ``pace`` is the seconds between two pieces.
    ``streamed`` (default: for event streams) sends the body chunked, otherwise with a Content-Length.

    >>> from gravitex_async import AsyncGravitex
    >>> from gravitex_async.testing import LocalGateway, Tape
    >>> body = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    >>> async with LocalGateway() as gateway:
    ...     gateway.play(Tape(body, every=7))  # or Tape.load("answer.sse")
    ...     async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
    ...         messages = [{"role": "user", "content": "Hello"}]
    ...         stream = client.chat.completions.stream(model="gpt-4o-mini", messages=messages)
    ...         print([text async for text in stream.text()])
    ['Hi']
    """

    body: bytes = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = EVENT_STREAM
    cuts: Sequence[int] | None = None
    seed: int | None = None
    every: int | None = None
    pace: float = 0.0
    streamed: bool | None = None

    @classmethod
    def load(cls, path: str | Path, *, status: int = 200, pace: float = 0.0) -> Tape:
        """Read a recorded body; the content type follows from the file's suffix."""
        path = Path(path)
        return cls(path.read_bytes(), status, content_type=_TYPES.get(path.suffix, JSON), pace=pace)

    def reply(self) -> Reply:
        """The recorded answer as the gateway will send it."""
        typed = {} if self.content_type is None else {"Content-Type": self.content_type}
        streamed = self.content_type == EVENT_STREAM if self.streamed is None else self.streamed
        return Reply(list(self.steps()), self.status, {**typed, **self.headers}, streamed)

    def steps(self) -> Iterator[Step]:
        """The pieces, each with the number of events it completes."""
        cuts = self._positions()
        for number, step in enumerate(pieces(self.body, cuts, event_ends(self.body))):
            yield step._replace(pause=self.pace if number else 0.0)

    def _positions(self) -> Iterable[int]:
        if self.cuts is not None:
            return self.cuts
        if self.seed is not None:
            return random_cuts(len(self.body), self.seed)
        return range(self.every, len(self.body), self.every) if self.every else event_ends(self.body)


def event_ends(body: bytes) -> list[int]:
    """Offsets after each event of *body*; what is left behind the last blank line counts as one."""
    ends = [match.end() for match in _EVENT_END.finditer(body)]
    return ends if ends and ends[-1] == len(body) else [*ends, len(body)]


def random_cuts(length: int, seed: int) -> list[int]:
    """Cut positions that depend on *seed* alone: about one in sixteen bytes."""
    dice = random.Random(seed)
    return sorted(dice.sample(range(1, length), k=length // 16)) if length > 1 else []


def pieces(body: bytes, cuts: Iterable[int], ends: Sequence[int]) -> Iterator[Step]:
    """Cut *body* at *cuts*; each piece counts the event *ends* that fall into it."""
    start = done = 0
    for cut in sorted({*(cut for cut in cuts if 0 < cut < len(body)), len(body)}):
        before = done
        while done < len(ends) and ends[done] <= cut:
            done += 1
        yield Step(body[start:cut], done - before)
        start = cut
