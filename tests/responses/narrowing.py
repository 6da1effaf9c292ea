"""What ``type`` tells a type checker; read by mypy and pyright (``test_narrowing``), never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from gravitex_async import AsyncGravitex
from gravitex_async.responses import (
    Annotation,
    CompletedEvent,
    ContentPart,
    FunctionCallItem,
    MessageItem,
    OutputItem,
    OutputTextDeltaEvent,
    OutputTextPart,
    ReasoningItem,
    RefusalPart,
    Response,
    ResponsesStreamEvent,
    UnknownEvent,
    UnknownItem,
    UrlCitation,
)


async def events(client: AsyncGravitex) -> str:
    """An event is told by its type, and what it is for is never None."""
    said = ""
    async for event in client.responses.stream(model="gpt-5.2", input="Hi"):
        if event.type == "response.output_text.delta":
            assert_type(event, OutputTextDeltaEvent)
            said += event.delta
        elif event.type == "response.completed":
            assert_type(event, CompletedEvent)
            print(event.response.usage.total_tokens, event.response.id)
        elif event.type == "response.output_item.done" and event.item.type == "function_call":
            assert_type(event.item, FunctionCallItem)
            said += event.item.arguments + event.item.call_id
        elif event.type == "response.function_call_arguments.done":
            said += event.arguments
        elif isinstance(event, UnknownEvent):
            assert_type(event.raw, bytes)
            print(str(event.type))
    return said


def one(event: ResponsesStreamEvent) -> None:
    """Any event has a type and a payload that may have to be kept."""
    kind: str = event.type
    print(kind, event.to_json(), event.raw, event.sequence_number)
    match event.type:
        case "response.output_text.delta":
            print(event.delta)
    match event:
        case OutputTextDeltaEvent(delta=delta):
            assert_type(delta, str)


def items(response: Response) -> list[str]:
    """So are items, parts and annotations."""
    found: list[str] = []
    for item in response.output:
        assert_type(item, OutputItem)
        if item.type == "message":
            assert_type(item, MessageItem)
            found += [text for part in item.content for text in texts(part)]
        elif item.type == "reasoning":
            assert_type(item, ReasoningItem)
        elif isinstance(item, FunctionCallItem):
            found.append(item.name)
        elif isinstance(item, UnknownItem):
            assert_type(item.raw, dict[str, Any])
    return found


def texts(part: ContentPart) -> list[str]:
    """The text of a part, and what it rests on."""
    if part.type == "output_text":
        assert_type(part, OutputTextPart)
        return [part.text, *(url for note in part.annotations for url in urls(note))]
    if part.type == "refusal":
        assert_type(part, RefusalPart)
        return [part.refusal]
    return []


def urls(note: Annotation) -> list[str]:
    """The page of a citation."""
    if note.type == "url_citation":
        assert_type(note, UrlCitation)
        return [note.url or ""]
    return [note.filename or ""] if note.type == "container_file_citation" else []
