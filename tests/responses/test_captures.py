"""Every recorded Responses answer is read as its manifest expects, however it is cut."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from gravitex_async.responses import (
    CustomToolCallInputDeltaEvent,
    CustomToolCallItem,
    FunctionCallItem,
    ImageGenerationCallPartialImageEvent,
    MessageItem,
    OutputTextPart,
    ReasoningItem,
    ReasoningTextPart,
    Response,
    ResponsesAccumulator,
    SummaryTextPart,
    UnknownEvent,
)
from gravitex_async.responses._decode import answers

from ..captured import Capture, captures
from ..captured import same_text as same
from ..conftest import at_hand
from .wire import Reading, cut, read

STREAMS = captures("responses", ".sse")
BODIES = captures("responses", ".json")


def name_of(capture: Capture) -> str:
    return capture.name.partition("/")[2]


def texts(response: Response, kind: type[Any]) -> str:
    parts = [
        part
        for item in response.output
        if isinstance(item, (MessageItem, ReasoningItem))
        for part in [*item.content, *getattr(item, "summary", ())]
    ]
    return "".join(part.text for part in parts if isinstance(part, kind))


def assert_final(response: Response, expect: dict[str, Any]) -> None:
    """The response object reads as the ``final`` part of a manifest entry."""
    final = expect["final"]
    assert same(response.output_text, final["text"])
    assert same(texts(response, SummaryTextPart), final["reasoning_summary"])
    assert same(texts(response, ReasoningTextPart), final["reasoning_text"])
    assert same(response.refusal, final["refusal"])
    calls = [item for item in response.output if isinstance(item, FunctionCallItem)]
    assert [{"name": c.name, "call_id": c.call_id} for c in calls] == [
        {"name": c["name"], "call_id": c["call_id"]} for c in final["function_calls"]
    ]
    assert all(same(c.arguments, x["arguments"]) for c, x in zip(calls, final["function_calls"], strict=True))
    custom = [item for item in response.output if isinstance(item, CustomToolCallItem)]
    assert [(c.name, c.call_id, c.input) for c in custom] == [
        (c["name"], c["call_id"], c["input"]) for c in final["custom_tool_calls"]
    ]
    parts = [part for item in response.output if isinstance(item, MessageItem) for part in item.content]
    notes = [note for part in parts if isinstance(part, OutputTextPart) for note in part.annotations]
    assert len(notes) == final["annotations"]
    assert [item.type for item in response.output] == expect["output_types"]
    assert (response.status, response.model) == (expect["status"], expect["model"])
    if "incomplete_details" in expect:
        assert response.incomplete_details is not None
        assert response.incomplete_details.reason == expect["incomplete_details"]["reason"]


def assert_usage(usage: Any, expected: dict[str, Any] | None) -> None:
    if expected is None:
        assert usage.source == "none"
        return
    assert (usage.input_tokens, usage.output_tokens) == (expected["input_tokens"], expected["output_tokens"])
    assert usage.total_tokens == expected["total_tokens"]
    assert usage.cached_tokens == (expected.get("input_tokens_details") or {}).get("cached_tokens")
    assert usage.reasoning_tokens == (expected.get("output_tokens_details") or {}).get("reasoning_tokens")


def joined(reading: Reading, family: str) -> dict[str, str]:
    """The deltas of one family, by output index and part."""
    found: dict[str, str] = {}
    for event in reading.events:
        if event.type == f"response.{family}.delta":
            index = getattr(event, "content_index", getattr(event, "summary_index", None))
            key = f"{event.output_index}" if index is None else f"{event.output_index}.{index}"
            found[key] = found.get(key, "") + event.delta
    return found


@pytest.mark.parametrize("capture", BODIES, ids=name_of)
def test_bodies(capture):
    """A recorded body is the answer its manifest describes."""
    response = answers().decode(capture.body)
    assert_final(response, capture.expect)
    usage = response.usage.neutral()
    assert_usage(usage, capture.expect["usage"])
    assert response.to_input() == json.loads(capture.body)["output"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
def test_streams(capture, seed):
    """A recorded stream gives the events, texts, calls and the end its manifest describes."""
    expect = capture.expect
    data = capture.body
    reading = read([data] if seed == 0 else cut(data, seed, count=1 + 20 * seed))
    if "errors" in expect:
        assert_failed(reading, expect)
        return
    assert reading.error is None
    assert reading.accumulator.complete
    assert Counter(event.type for event in reading.events) == expect["event_types"]
    for family, key in FAMILIES.items():
        found = joined(reading, family)
        assert found.keys() == expect[key].keys()
        assert all(same(found[place], text) for place, text in expect[key].items())
    final = reading.accumulator.final()
    assert_final(final, expect)
    assert_usage(reading.accumulator.usage, expect["usage"])
    assert_told(reading, final)


FAMILIES = {
    "output_text": "text",
    "reasoning_summary_text": "reasoning_summary",
    "reasoning_text": "reasoning_text",
    "refusal": "refusal",
}


def assert_told(reading: Reading, final: Response) -> None:
    """The deltas say what the response says, each thing once."""
    assert reading.text == final.output_text
    assert reading.reasoning == final.reasoning_content
    assert "".join(delta.refusal for delta in reading.deltas) == final.refusal
    assert reading.calls == [(call.id, call.name, call.arguments) for call in final.tool_calls]
    assert reading.accumulator.tool_calls == final.tool_calls
    assert reading.deltas[-1].finish_reason == final.finish_reason == reading.accumulator.finish_reason


def assert_failed(reading: Reading, expect: dict[str, Any]) -> None:
    assert reading.error is not None
    assert (reading.error.message, reading.error.code) == (
        expect["errors"][0]["message"],
        expect["errors"][0]["code"],
    )
    # The stream ends at the error event; the manifest's status is that of the response.failed behind it.
    final = reading.accumulator.final()
    assert (final.status, final.model) == ("in_progress", expect["model"])
    assert not reading.accumulator.complete


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
def test_arguments_and_code(capture):
    """Arguments, custom input and code of calls are those of the manifest, by output index."""
    expect = capture.expect
    reading = read(cut(capture.body, 7))
    found = joined(reading, "function_call_arguments")
    for place, call in expect["function_call_arguments"].items():
        assert same(found[place], call["arguments"])
    inputs = joined(reading, "custom_tool_call_input")
    assert inputs.keys() == expect["custom_tool_input"].keys()
    assert all(inputs[place] == call["input"] for place, call in expect["custom_tool_input"].items())
    assert any(isinstance(event, CustomToolCallInputDeltaEvent) for event in reading.events) == bool(inputs)
    code = joined(reading, "code_interpreter_call_code")
    assert all(same(code[place], text) for place, text in expect.get("code_interpreter_code", {}).items())
    images = [event for event in reading.events if isinstance(event, ImageGenerationCallPartialImageEvent)]
    assert len(images) == expect.get("partial_images", 0)


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
def test_read_in_the_middle(capture):
    """Reading what has arrived, at any moment, changes neither what comes nor what was read before."""
    data = capture.body
    taken = []

    def look(accumulator: ResponsesAccumulator) -> None:
        partial = accumulator.final()
        assert partial.output_text == accumulator.content
        assert partial.tool_calls == accumulator.tool_calls
        taken.append((partial, repr(partial)))

    looked = read(cut(data, 3, count=40), each=look)
    assert all(repr(partial) == before for partial, before in taken)
    assert looked.accumulator.final() == read([data]).accumulator.final()
    if looked.error is None:
        assert_told(looked, looked.accumulator.final())


def samples() -> list[dict[str, Any]]:
    """The samples of the protocol reference, where it is at hand."""
    path = at_hand("reference", "wire_samples.json")
    found = [] if path is None else json.loads(path.read_bytes())["samples"]
    return [sample for sample in found if sample["protocol"] == "responses"]


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample["name"])
@pytest.mark.parametrize("bytewise", [False, True])
def test_samples(sample, bytewise):
    """The samples of the protocol reference read as they say, whole and byte by byte."""
    wire, expect = sample["wire"].encode(), sample["expect"]
    reading = read([bytes([byte]) for byte in wire] if bytewise else [wire])
    response = reading.accumulator.final()
    if "raises" in expect:
        assert reading.error is not None
        assert reading.error.code == expect["error"]["code"]
        assert reading.error.message == expect["error"]["message"]
        return
    assert reading.error is None
    assert response.output_text == expect["text"]
    assert response.status == expect.get("status", "completed")
    assert reading.text == expect["text"]
    if "usage" in expect:
        assert reading.accumulator.usage.total_tokens == expect["usage"]["total"]
    if "reason" in expect:
        assert reading.accumulator.finish_reason == expect["reason"]
    calls = [[call.id, call.name, call.arguments] for call in response.tool_calls]
    assert calls == expect.get("tool_calls", [])
    unknown = [event.type for event in reading.events if isinstance(event, UnknownEvent)]
    assert unknown == expect.get("unknown_events", [])
