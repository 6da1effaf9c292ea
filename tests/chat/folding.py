"""Chunks through decoder and accumulator, without a network; the deltas must tell the same story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from gravitex_async.chat import ChatAccumulator, ChatCompletion, ChatCompletionChunk
from gravitex_async.chat._api import _parts
from gravitex_async.deltas import Delta

from ..reading import framed, read

CHUNKS = msgspec.json.Decoder(ChatCompletionChunk)


class Folded(NamedTuple):
    """What came of a stream."""

    folded: ChatAccumulator
    items: list[ChatCompletionChunk]
    deltas: list[Delta]

    @property
    def final(self) -> ChatCompletion:
        return self.folded.final()

    def calls(self) -> list[tuple[str, str, str]]:
        """Id, name and arguments of each call."""
        return [(call.id, call.name, call.arguments) for call in self.folded.tool_calls]


def fold(payloads: Iterable[Any]) -> Folded:
    """All *payloads* (values or JSON text) as one stream; accumulators and deltas are compared on the way."""
    body = framed(p.encode() if isinstance(p, str) else msgspec.json.encode(p) for p in payloads)
    found = read(_parts, [b"".join(body)], end=False)
    assert found.failure is None, found.failure
    result = Folded(found.accumulator, found.items, found.deltas)
    agree(result)
    return result


def agree(result: Folded) -> None:
    """The deltas of choice 0 join to what the accumulator holds."""
    folded = result.folded
    first = [delta for delta in result.deltas if not delta.index]
    assert "".join(delta.content for delta in first) == folded.content
    assert "".join(delta.reasoning_content for delta in first) == folded.reasoning_content
    assert "".join(delta.refusal for delta in first) == folded.refusal
    arguments: dict[int, str] = {}
    for delta in first:
        for call in delta.tool_calls:
            arguments[call.index] = arguments.get(call.index, "") + call.arguments
    assert arguments == {call.index: call.arguments for call in folded.tool_calls}
    reasons = [delta.finish_reason for delta in first if delta.finish_reason]
    assert (reasons[-1] if reasons else None) == folded.finish_reason


def chunk(delta: Any = None, *, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One ordinary chunk; keywords are fields of the chunk itself."""
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def call(
    index: Any = 0, id: Any = None, name: Any = None, arguments: Any = None, **more: Any
) -> dict[str, Any]:
    """A chunk with one fragment of a tool call, absent fields left out."""
    function = {k: v for k, v in {"name": name, "arguments": arguments}.items() if v is not None}
    fragment = {k: v for k, v in {"index": index, "id": id}.items() if v is not None}
    return chunk({"tool_calls": [{**fragment, "function": function, **more}]})
