"""OpenAI's order of the events of a Responses stream: each item opened, filled and closed in turn.

Every event has a ``sequence_number`` from 0, those of an item its ``output_index`` and ``item_id``, those of
a part its index, too. See https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ._answers import Answer, ToolCall, base64_text

Event = Mapping[str, object]


@dataclass(frozen=True)
class Item:
    """One output item: as it is announced, the events that fill it, as it is when done."""

    added: Event
    body: Sequence[Event]
    done: Event


def official(items: Sequence[Item], opening: Event, closing: Event) -> Iterator[Event]:
    """All events of the stream, numbered."""
    for number, event in enumerate(_unnumbered(items, opening, closing)):
        yield {"type": event["type"], "sequence_number": number, **event}


def items_of(answer: Answer, id: str) -> Iterator[Item]:
    """The items of *answer* in the order of a real one: reasoning first, calls last."""
    suffix = id.removeprefix("resp_")
    if answer.reasoning:
        yield _reasoning(answer.reasoning, f"rs_{suffix}")
    if answer.text or answer.refusal or not (answer.tool_calls or answer.images):
        yield _message(answer, f"msg_{suffix}")
    for number, image in enumerate(answer.images):
        yield _image(image, f"ig_{suffix}_{number}")
    for number, call in enumerate(answer.tool_calls):
        yield _call(call, f"fc_{suffix}_{number}")


def _unnumbered(items: Sequence[Item], opening: Event, closing: Event) -> Iterator[Event]:
    yield {"type": "response.created", "response": opening}
    yield {"type": "response.in_progress", "response": opening}
    for index, item in enumerate(items):
        yield {"type": "response.output_item.added", "output_index": index, "item": item.added}
        for event in item.body:
            yield {**event, "item_id": item.done["id"], "output_index": index}
        yield {"type": "response.output_item.done", "output_index": index, "item": item.done}
    yield {"type": f"response.{closing['status']}", "response": closing}


def _reasoning(pieces: Sequence[str], id: str) -> Item:
    text = "".join(pieces)
    name, at = "response.reasoning_summary", {"summary_index": 0}
    body: list[Event] = [{"type": f"{name}_part.added", **at, "part": {"type": "summary_text", "text": ""}}]
    body += [{"type": f"{name}_text.delta", **at, "delta": piece} for piece in pieces]
    body.append({"type": f"{name}_text.done", **at, "text": text})
    part = {"type": "summary_text", "text": text}
    body.append({"type": f"{name}_part.done", **at, "part": part})
    bare = {"id": id, "type": "reasoning"}
    return Item({**bare, "summary": []}, body, {**bare, "summary": [part]})


def _message(answer: Answer, id: str) -> Item:
    parts: list[Event] = []
    body: list[Event] = []
    if answer.text or not answer.refusal:
        part = {"type": "output_text", "text": "".join(answer.text), "annotations": [], "logprobs": []}
        body += _part(part, {**part, "text": ""}, len(parts), _text(answer.text))
        parts.append(part)
    if answer.refusal:
        part = {"type": "refusal", "refusal": "".join(answer.refusal)}
        body += _part(part, {**part, "refusal": ""}, len(parts), _refusal(answer.refusal))
        parts.append(part)
    bare = {"id": id, "type": "message", "role": "assistant"}
    opened = {**bare, "status": "in_progress", "content": []}
    return Item(opened, body, {**bare, "status": "completed", "content": parts})


def _part(done: Event, added: Event, index: int, events: Sequence[Event]) -> Iterator[Event]:
    at = {"content_index": index}
    yield {"type": "response.content_part.added", **at, "part": added}
    for event in events:
        yield {**event, **at}
    yield {"type": "response.content_part.done", **at, "part": done}


def _text(pieces: Sequence[str]) -> list[Event]:
    events: list[Event] = [
        {"type": "response.output_text.delta", "delta": piece, "logprobs": []} for piece in pieces
    ]
    return [*events, {"type": "response.output_text.done", "text": "".join(pieces), "logprobs": []}]


def _refusal(pieces: Sequence[str]) -> list[Event]:
    events: list[Event] = [{"type": "response.refusal.delta", "delta": piece} for piece in pieces]
    return [*events, {"type": "response.refusal.done", "refusal": "".join(pieces)}]


def _image(image: bytes, id: str) -> Item:
    bare = {"id": id, "type": "image_generation_call"}
    steps = ("in_progress", "generating", "completed")
    body = [{"type": f"response.image_generation_call.{step}"} for step in steps]
    opened = {**bare, "status": "in_progress", "result": None}
    return Item(opened, body, {**bare, "status": "completed", "result": base64_text(image)})


def _call(call: ToolCall, id: str) -> Item:
    name, arguments = "response.function_call_arguments", "".join(call.arguments)
    body: list[Event] = [{"type": f"{name}.delta", "delta": piece} for piece in call.arguments]
    body.append({"type": f"{name}.done", "name": call.name, "arguments": arguments})
    bare = {"id": id, "type": "function_call", "call_id": call.id, "name": call.name}
    opened = {**bare, "status": "in_progress", "arguments": ""}
    return Item(opened, body, {**bare, "status": "completed", "arguments": arguments})
