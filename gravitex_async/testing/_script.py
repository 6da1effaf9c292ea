"""Answers that a test wrote, and which request gets them.

Strategy
    A ``Script`` is written by a person: strings and plain containers. ``answers`` turns it into the
    ``Answer`` values that the default answers have, too, so all dialects can send it. ``Queue`` holds
    scripts, tapes and faults alike: first in, first out, each for a number of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypedDict, TypeVar

from gravitex_async._json import dumps

from ._answers import Answer, Question, TokenCounts, ToolCall, deltas, fragments
from ._errors import Refused
from ._records import RecordedRequest

T = TypeVar("T")
Match = str | Callable[[RecordedRequest], bool]


class Call(NamedTuple):
    """A tool call to answer with. A sequence of strings as *arguments* gives the exact fragments.

    Arguments may be any text: invalid JSON is sent as it is.
    """

    name: str
    arguments: str | Mapping[str, object] | Sequence[str] = "{}"
    id: str | None = None


class ScriptFields(TypedDict, total=False):
    """The fields of ``Script``, as keywords of ``LocalGateway.script``."""

    text: str | Sequence[str]
    reasoning: str | Sequence[str]
    refusal: str | Sequence[str]
    tool_calls: Sequence[Call | tuple[str, str | Mapping[str, object]]]
    images: Sequence[bytes]
    finish_reason: str | None
    usage: TokenCounts | None
    model: str | None
    choices: Sequence[Script]
    error: str | Mapping[str, object] | None
    status: int
    pace: float | None
    style: str | None


@dataclass(frozen=True, kw_only=True)
class Script:
    """An authored answer, for all three dialects.

    A string is cut into words; a sequence of strings gives the exact deltas. ``finish_reason`` is chat's word
    (default: ``tool_calls`` with calls, else ``stop``), translated for the other dialects; an unknown word is
    sent as it is. ``choices`` are the choices 1, 2, ... of a request with ``n``; where they run out, this
    script answers. ``error`` (a message or a whole body) is sent with *status* instead. ``pace``: seconds
    between events. ``style="documents"`` sends Responses events in the short form that Gravitex documents.

    >>> from gravitex_async import AsyncGravitex
    >>> from gravitex_async.testing import LocalGateway, Script
    >>> async with LocalGateway() as gateway:
    ...     gateway.script(Script(text=["Hel", "lo"], reasoning="A greeting.", finish_reason="length"))
    ...     async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
    ...         stream = client.responses.stream(model="gpt-5.2", input="Hi")
    ...         print([text async for text in stream.text()], stream.end.reason)
    ['Hel', 'lo'] length
    """

    text: str | Sequence[str] = ()
    reasoning: str | Sequence[str] = ()
    refusal: str | Sequence[str] = ()
    tool_calls: Sequence[Call | tuple[str, str | Mapping[str, object]]] = ()
    images: Sequence[bytes] = ()
    finish_reason: str | None = None
    usage: TokenCounts | None = None
    model: str | None = None
    choices: Sequence[Script] = ()
    error: str | Mapping[str, object] | None = None
    status: int = 500
    pace: float | None = None
    style: str | None = None

    def answers(self, question: Question, serial: int) -> list[Answer]:
        """This script's choices for *question*; raises ``Refused`` for an authored error."""
        if self.error is not None:
            raise self._refusal(self.error)
        scripts = [self, *self.choices]
        wanted = max(question.n, len(scripts))
        return [(scripts[i] if i < len(scripts) else self)._answer(serial, i) for i in range(wanted)]

    def _refusal(self, error: str | Mapping[str, object]) -> Refused:
        if isinstance(error, str):
            return Refused(self.status, error, "scripted_error")
        return Refused(self.status, "", body=dumps(dict(error)))

    def _answer(self, serial: int, index: int) -> Answer:
        prefix = f"call_{serial:06d}_{index}_"
        calls = tuple(_call(Call(*call), f"{prefix}{i}") for i, call in enumerate(self.tool_calls))
        return Answer(
            text=_pieces(self.text),
            reasoning=_pieces(self.reasoning),
            refusal=_pieces(self.refusal),
            tool_calls=calls,
            images=tuple(self.images),
            finish_reason=self.finish_reason or ("tool_calls" if calls else "stop"),
        )


def _pieces(text: str | Sequence[str]) -> tuple[str, ...]:
    return deltas(text) if isinstance(text, str) else tuple(text)


def _call(call: Call, default_id: str) -> ToolCall:
    id = default_id if call.id is None else call.id
    if isinstance(call.arguments, str):
        return ToolCall(call.name, fragments(call.arguments), id)
    if isinstance(call.arguments, Mapping):
        return ToolCall(call.name, fragments(dumps(dict(call.arguments)).decode()), id)
    return ToolCall(call.name, tuple(call.arguments), id)


@dataclass
class _Entry(Generic[T]):
    item: T
    left: int | None
    match: Match | None


class Queue(Generic[T]):
    """Items that wait for their requests: the oldest that matches is taken, *times* times (None: always)."""

    def __init__(self) -> None:
        self._entries: list[_Entry[T]] = []

    def add(self, item: T, times: int | None, match: Match | None) -> None:
        """Queue *item* behind the others."""
        self._entries.append(_Entry(item, times, match))

    def take(self, request: RecordedRequest) -> T | None:
        """The item for *request*, which counts as one use of it; None when nothing matches."""
        for entry in self._entries:
            if _matches(entry.match, request):
                return self._used(entry)
        return None

    def clear(self) -> None:
        """Forget everything queued."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _used(self, entry: _Entry[T]) -> T:
        if entry.left is not None:
            entry.left -= 1
            if entry.left <= 0:
                self._entries.remove(entry)
        return entry.item


def _matches(match: Match | None, request: RecordedRequest) -> bool:
    if match is None:
        return True
    if isinstance(match, str):
        return match in (request.dialect, request.model)
    return match(request)
