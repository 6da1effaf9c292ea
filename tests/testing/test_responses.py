"""The Responses dialect of the gateway: event order, indices, retrieval, the documents' form."""

from __future__ import annotations

import pytest

from gravitex_async._json import loads
from gravitex_async.testing import Call

from .conftest import parse

PATH = "/v1/responses"
ASK = {"model": "gpt-5.2", "input": "Hello there"}
FLAT = {"type": "function", "name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}}
NESTED = {"type": "function", "function": {"name": "get_weather", "parameters": FLAT["parameters"]}}


async def stream(reader, **fields: object) -> list[dict]:
    return await reader.events(PATH, {**ASK, "stream": True, **fields})


async def test_whole_response(reader):
    """A plain answer is a response object with a message, usage, and what the request said."""
    answer = await reader.json(PATH, {**ASK, "metadata": {"a": "b"}, "instructions": "Be kind"})
    assert (answer["object"], answer["status"]) == ("response", "completed")
    assert answer["output"][0]["content"][0]["text"] == "You said: Hello there"
    assert (answer["metadata"], answer["instructions"]) == ({"a": "b"}, "Be kind")
    assert (
        answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]
    )


async def test_event_order(reader):
    """Each item is opened, filled and closed before the next; numbers rise by one from zero."""
    reader.gateway.script(text=["a", "b"], reasoning=["r"], tool_calls=[Call("f", ["{", "}"], "call_1")])
    events = await stream(reader)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress",
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["output_index"] for event in events[2:-1]] == [0] * 6 + [1] * 7 + [2] * 5
    assert events[0]["response"]["usage"] is None
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == done
    assert (done[2]["call_id"], done[2]["arguments"]) == ("call_1", "{}")
    assert {event["item_id"] for event in events[9:14]} == {done[1]["id"]}


async def test_event_names_agree_with_types(reader):
    """The ``event:`` field repeats the type; there is no ``[DONE]``."""
    async with reader.post(PATH, {**ASK, "stream": True}) as response:
        body = await response.read()
    names = [line[7:].decode() for line in body.split(b"\n") if line.startswith(b"event: ")]
    assert names == [event["type"] for event in parse(body)]


async def test_refusal(reader):
    """A refusal is a part of its own, with events of its own."""
    reader.gateway.script(refusal=["I can", "not"])
    events = await stream(reader)
    assert "".join(e["delta"] for e in events if e["type"] == "response.refusal.delta") == "I cannot"
    assert events[-1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "I cannot"}]


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [("length", "incomplete", {"reason": "max_output_tokens"}), ("stop", "completed", None),
     ("content_filter", "incomplete", {"reason": "content_filter"}), ("error", "failed", None)],
)  # fmt: skip
async def test_finish_reasons(reader, reason, status, details):
    """The chat words become states of the response, and the name of the last event."""
    reader.gateway.script("x", finish_reason=reason)
    last = (await stream(reader))[-1]
    assert last["type"] == f"response.{status}"
    assert (last["response"]["status"], last["response"]["incomplete_details"]) == (status, details)
    assert bool(last["response"]["error"]) is (status == "failed")


@pytest.mark.parametrize("tool", [FLAT, NESTED])
async def test_tools_in_both_forms(reader, tool):
    """Flat and nested definitions are called alike, and a result is spoken about."""
    ask = {**ASK, "input": [{"role": "user", "content": "weather?"}], "tools": [tool]}
    call = (await reader.json(PATH, ask))["output"][0]
    assert (call["type"], call["name"]) == ("function_call", "get_weather")
    assert loads(call["arguments"]) == {"city": "weather?"}
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    answer = await reader.json(PATH, {**ask, "input": [*ask["input"], call, result]})
    assert answer["output"][0]["content"][0]["text"] == "The tool says: sunny"


@pytest.mark.parametrize(
    "source",
    ["Hi", [{"role": "user", "content": "Hi"}], [{"type": "input_text", "text": "Hi"}],
     [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]],
)  # fmt: skip
async def test_input_forms(reader, source):
    """All documented forms of input are read: text, messages, parts, bare parts."""
    answer = await reader.json(PATH, {**ASK, "input": source})
    assert answer["output"][0]["content"][0]["text"] == "You said: Hi"


@pytest.mark.parametrize(
    ("reasoning", "first"), [({"effort": "low"}, "reasoning"), ({"effort": "none"}, "message")]
)
async def test_reasoning(reader, reasoning, first):
    """Reasoning comes first when there is an effort."""
    assert (await reader.json(PATH, {**ASK, "reasoning": reasoning}))["output"][0]["type"] == first


async def test_json_schema_and_limit(reader):
    """text.format gives JSON of its shape; max_output_tokens cuts the answer."""
    form = {"type": "json_schema", "name": "n", "schema": {"properties": {"a": {"type": "integer"}}}}
    answer = await reader.json(PATH, {**ASK, "text": {"format": form}})
    assert loads(answer["output"][0]["content"][0]["text"]) == {"a": 1}
    answer = await reader.json(PATH, {**ASK, "max_output_tokens": 1})
    assert answer["incomplete_details"] == {"reason": "max_output_tokens"}


async def test_retrieve_and_resume(reader):
    """A response can be fetched again, and its events from any number on, even when the stream broke."""
    reader.gateway.fault("truncate", after_events=1)
    async with reader.post(PATH, {**ASK, "stream": True}) as response:
        line = (await response.content.readuntil(b"\n\n")).split(b"data: ")[1]
    id = loads(line)["response"]["id"]
    url, headers = f"{reader.gateway.url}{PATH}/{id}", {"Authorization": "Bearer sk-local"}
    async with reader.session.get(url, headers=headers) as response:
        whole = await response.json()
    async with reader.session.get(url + "?stream=true&starting_after=3", headers=headers) as response:
        events = parse(await response.read())
    assert events[0]["sequence_number"] == 4
    assert events[-1]["response"] == whole
    async with reader.session.get(url + "x", headers=headers) as response:
        assert response.status == 404


async def test_documents_style(reader):
    """The bare form of the documents: no items, no indices, no output at the end."""
    reader.gateway.script(text=["Artificial", " Intelligence"], style="documents")
    events = await stream(reader)
    assert events[1] == {"type": "response.output_text.delta", "delta": "Artificial", "sequence_number": 1}
    assert [event["type"].rpartition(".")[2] for event in events] == [
        "created",
        "delta",
        "delta",
        "completed",
    ]
    assert set(events[-1]["response"]) == {"id", "status", "usage"}


@pytest.mark.parametrize(
    ("body", "message"), [({"input": "x"}, "model is"), ({"model": "m"}, "input is required")]
)
async def test_missing_fields(reader, body, message):
    """What is missing is named, with status 400."""
    async with reader.post(PATH, body) as response:
        assert response.status == 400
        assert message in (await response.json())["error"]["message"]
