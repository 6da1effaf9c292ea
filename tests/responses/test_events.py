"""The events of a stream: all known ones are structs, all others arrive all the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async import responses
from gravitex_async._json import dumps, loads
from gravitex_async.errors import DecodeError
from gravitex_async.responses import (
    CompletedEvent,
    ErrorEvent,
    KeepaliveEvent,
    OutputItemDoneEvent,
    OutputTextDeltaEvent,
    Response,
    ShellOutputDelta,
    UnknownAnnotation,
    UnknownEvent,
    UnknownItem,
    UnknownPart,
)
from gravitex_async.responses._decode import EVENT_TYPES, event_decoder

from .wire import frame, read, read_events

# Fields beside type and sequence_number, of all events OpenAI's description 2.3.0 knows, and keepalive.
EVENTS = {
    "response.created": "response",
    "response.queued": "response",
    "response.in_progress": "response",
    "response.completed": "response",
    "response.incomplete": "response",
    "response.failed": "response",
    "error": "code message param error",
    "keepalive": "",
    "response.output_item.added": "item output_index",
    "response.output_item.done": "item output_index",
    "response.content_part.added": "content_index item_id output_index part",
    "response.content_part.done": "content_index item_id output_index part",
    "response.output_text.delta": "content_index delta item_id logprobs output_index obfuscation",
    "response.output_text.done": "content_index item_id logprobs output_index text",
    "response.output_text.annotation.added":
        "annotation annotation_index content_index item_id output_index",
    "response.refusal.delta": "content_index delta item_id output_index obfuscation",
    "response.refusal.done": "content_index item_id output_index refusal",
    "response.reasoning_summary_part.added": "item_id output_index part summary_index",
    "response.reasoning_summary_part.done": "item_id output_index part summary_index status",
    "response.reasoning_summary_text.delta": "delta item_id output_index summary_index obfuscation",
    "response.reasoning_summary_text.done": "item_id output_index summary_index text",
    "response.reasoning_text.delta": "content_index delta item_id output_index obfuscation",
    "response.reasoning_text.done": "content_index item_id output_index text",
    "response.function_call_arguments.delta": "delta item_id output_index obfuscation",
    "response.function_call_arguments.done": "arguments item_id output_index name",
    "response.custom_tool_call_input.delta": "delta item_id output_index obfuscation",
    "response.custom_tool_call_input.done": "input item_id output_index",
    "response.web_search_call.in_progress": "item_id output_index",
    "response.web_search_call.searching": "item_id output_index",
    "response.web_search_call.completed": "item_id output_index",
    "response.file_search_call.in_progress": "item_id output_index",
    "response.file_search_call.searching": "item_id output_index",
    "response.file_search_call.completed": "item_id output_index",
    "response.code_interpreter_call.in_progress": "item_id output_index",
    "response.code_interpreter_call.interpreting": "item_id output_index",
    "response.code_interpreter_call.completed": "item_id output_index",
    "response.code_interpreter_call_code.delta": "delta item_id output_index obfuscation",
    "response.code_interpreter_call_code.done": "code item_id output_index",
    "response.image_generation_call.in_progress": "item_id output_index",
    "response.image_generation_call.generating": "item_id output_index",
    "response.image_generation_call.partial_image":
        "item_id output_index partial_image_b64 partial_image_index background output_format quality size",
    "response.image_generation_call.completed": "item_id output_index",
    "response.mcp_call.in_progress": "item_id output_index",
    "response.mcp_call.completed": "item_id output_index",
    "response.mcp_call.failed": "item_id output_index",
    "response.mcp_call_arguments.delta": "delta item_id output_index obfuscation",
    "response.mcp_call_arguments.done": "arguments item_id output_index",
    "response.mcp_list_tools.in_progress": "item_id output_index",
    "response.mcp_list_tools.completed": "item_id output_index",
    "response.mcp_list_tools.failed": "item_id output_index",
    "response.shell_call_command.added": "command command_index output_index",
    "response.shell_call_command.delta": "command_index delta output_index obfuscation",
    "response.shell_call_command.done": "command command_index output_index",
    "response.shell_call_output_content.delta": "command_index delta item_id output_index obfuscation",
    "response.shell_call_output_content.done": "command_index item_id output output_index",
    "response.audio.delta": "delta obfuscation response_id",
    "response.audio.done": "response_id",
    "response.audio.transcript.delta": "delta obfuscation response_id",
    "response.audio.transcript.done": "response_id",
    "response.compaction.compacting": "item_id output_index",
}  # fmt: skip

VALUES: dict[str, Any] = {
    "output_index": 3,
    "content_index": 1,
    "summary_index": 1,
    "command_index": 1,
    "annotation_index": 0,
    "partial_image_index": 2,
    "logprobs": [{"token": "a", "logprob": -0.5, "top_logprobs": []}],
    "response": {"id": "resp_1", "status": "in_progress", "output": []},
    "item": {"type": "message", "id": "m", "role": "assistant", "content": []},
    "part": {"type": "output_text", "text": "", "annotations": []},
    "annotation": {"type": "url_citation", "url": "https://example.com", "start_index": 0, "end_index": 1},
    "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
    "error": {"type": "server_error", "message": "m"},
    "delta response.shell_call_output_content.delta": {"stdout": "a"},
}


def event(name: str) -> dict[str, Any]:
    """An event with every field of its type."""
    fields = {
        field: VALUES.get(f"{field} {name}", VALUES.get(field, field)) for field in EVENTS[name].split()
    }
    return {"type": name, "sequence_number": 7, **fields}


def class_name(name: str) -> str:
    words = name.removeprefix("response.").replace(".", "_").split("_")
    return "".join(word[0].upper() + word[1:] for word in words) + "Event"


def decode(payload: bytes) -> Any:
    (found,) = read([b"data: %b\n\n" % payload]).events
    return found


def test_row_136_all_events_are_known():
    """Every event of the API has a struct of its own, and there are sixty."""
    assert len(EVENTS) == 60
    assert set(EVENT_TYPES) == set(EVENTS)
    assert len(set(EVENT_TYPES.values())) == 60


@pytest.mark.parametrize("name", EVENTS)
def test_row_136_every_event_decodes(name):
    """An event is the struct named after it, with every field in its place, and goes out again as it came."""
    _, item = event_decoder().feed(frame(event("response.created"), event(name), names=False) * 2)[:2]
    assert type(item).__name__ == class_name(name)
    assert type(item) is getattr(responses, class_name(name))
    assert item.type == name
    assert loads(msgspec.json.encode(item)) == event(name)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_decodes_without_its_fields(name):
    """Gateways leave out any field: an event may be its type alone."""
    (item,) = event_decoder().feed(b": x\n\ndata: %b\n\n" % dumps({"type": name}))
    assert type(item) is EVENT_TYPES[name]


@pytest.mark.parametrize("name", ["response.brand_new.delta", "x", ""])
def test_row_136_unknown_events_arrive(name):
    """An event of unknown type arrives with its payload as sent, and the stream goes on."""
    payload = dumps({"type": name, "delta": {"any": [1]}, "sequence_number": 3})
    body = b"data: " + payload + b"\n\n" + frame({"type": "response.output_text.delta", "delta": "x"})
    unknown, known = read([body]).events
    assert unknown == UnknownEvent(type=name, raw=payload, sequence_number=3)
    assert unknown.type == name
    assert isinstance(known, OutputTextDeltaEvent)


def test_unknown_event_without_type():
    """An event that has neither a type nor a name is unknown, and named so when it has a name."""
    assert decode(b'{"delta":"x"}') == UnknownEvent(type="", raw=b'{"delta":"x"}')
    (named,) = read([b'event: response.output_text.delta\ndata: {"delta":"x"}\n\n']).events
    assert named == OutputTextDeltaEvent(delta="x")


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":"response.output_text.delta","delta":["x"]}',
        b'{"type":"response.output_item.done","item":{"type":"message","content":7}}',
        b'{"type":"response.output_item.done","item":"message"}',
        b'{"type":"response.completed","response":{"output":[{"type":"reasoning","summary":{}}]}}',
        b'{"type":"response.completed","response":[]}',
    ],
)
def test_malformed_known_events_are_errors(payload):
    """A known event that is malformed is reported, not skipped."""
    reading = read([frame({"type": "response.created"}) + b"data: " + payload + b"\n\n"])
    assert isinstance(reading.error, DecodeError)
    assert len(reading.events) == 1


def test_odd_values_are_read():
    """Null for a list, text for a number, an object for a text: read as what they mean."""
    done = decode(b'{"type":"response.output_text.done","logprobs":null,"text":null,"output_index":"2"}')
    assert (list(done.logprobs), done.text, done.output_index) == ([], "", 2)
    completed = decode(
        b'{"type":"response.completed","response":{"output":null,"usage":{"input_tokens":"5"},'
        b'"created_at":1.7e9,"error":"boom?","incomplete_details":null}}'
    )
    assert isinstance(completed, CompletedEvent)
    assert completed.response.output == []
    assert completed.response.usage.input_tokens == 5
    assert completed.response.error == "boom?"
    shell = decode(
        b'{"type":"response.shell_call_output_content.delta","delta":{"stdout":"a","stderr":null}}'
    )
    assert (shell.delta.stdout, shell.delta.stderr) == ("a", "")


@pytest.mark.parametrize(
    ("delta", "text"), [({"content": "a"}, "a"), ({"text": "b"}, "b"), ({"x": 1}, '{"x":1}'), ({}, "{}")]
)
def test_delta_that_is_an_object(delta, text):
    """A text wrapped in an object is unwrapped; arguments that are an object become JSON text."""
    assert decode(dumps({"type": "response.output_text.delta", "delta": delta})).delta == text
    assert decode(dumps({"type": "response.mcp_call_arguments.delta", "delta": delta})).delta == text


@pytest.mark.parametrize(
    ("name", "field", "empty"),
    [
        ("output_item.added", "item", UnknownItem()),
        ("content_part.done", "part", UnknownPart()),
        ("output_text.annotation.added", "annotation", UnknownAnnotation()),
        ("completed", "response", Response()),
        ("output_text.delta", "delta", ""),
        ("output_text.done", "text", ""),
        ("shell_call_output_content.delta", "delta", ShellOutputDelta()),
    ],
)
def test_what_an_event_is_for_is_never_none(name, field, empty):
    """Where a gateway sends null, or nothing, there is an empty value; what was sent is kept."""
    for said in ({field: None}, {}):
        payload = dumps({"type": f"response.{name}", **said})
        found = decode(payload)
        assert getattr(found, field) == empty
        assert (found.raw, found.to_dict()) == (payload, loads(payload))
    assert getattr(decode(dumps(event(f"response.{name}"))), field) != empty


def test_names_and_pings_around_events():
    """A keepalive is silent by its name and an event by its type; an error by its name is an error."""
    assert read([b"event: keepalive\ndata: {}\n\nevent: ping\ndata: {}\n\n"]).events == []
    assert decode(b'{"type":"keepalive","sequence_number":4}') == KeepaliveEvent(sequence_number=4)
    failed = read([b'event: error\ndata: {"message":"m"}\n\n'])
    assert failed.error is not None
    assert failed.error.message == "m"


def test_error_event_in_the_fast_way():
    """An error event without its name is an event like others until it is looked at."""
    body = frame({"type": "response.created"}, {"type": "error", "code": "c", "message": "m"}, names=False)
    decoder = event_decoder()
    decoder.feed(body)
    assert decoder.feed(body)[1] == ErrorEvent(code="c", message="m")


def test_item_in_an_event_is_typed():
    """Items inside events are structs, and their parts too."""
    item = {"type": "message", "content": [{"type": "output_text", "text": "t"}]}
    done = decode(dumps({"type": "response.output_item.done", "item": item}))
    assert isinstance(done, OutputItemDoneEvent)
    assert isinstance(done.item, responses.MessageItem)
    assert done.item.text == "t"
    assert loads(msgspec.json.encode(done))["item"]["content"][0]["text"] == "t"


def test_row_127_name_and_type_agree():
    """The name of an event is its type; the type inside wins where they differ."""
    assert read_events({"type": "response.created"}).events[0].type == "response.created"
    (item,) = read([b'event: response.created\ndata: {"type":"response.in_progress"}\n\n']).events
    assert item.type == "response.in_progress"
