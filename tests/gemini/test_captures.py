"""Every recorded answer of Gemini is read as the manifest expects, however the network cut it."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse
from gravitex_async.gemini._decode import event_decoder
from gravitex_async.gemini._enums import word_of

from ..captured import Capture, captures, same_text
from ..conftest import shared
from .test_accumulate import listed

STREAMS = captures("gemini", ".sse")
BODIES = [capture for capture in captures("gemini", ".json") if "embed" not in capture.name]


def name_of(capture: Capture) -> str:
    return capture.name.partition("/")[2]


def read(pieces: Iterable[bytes]) -> GeminiAccumulator:
    decoder, folded = event_decoder(GenerateContentResponse), GeminiAccumulator()
    for piece in pieces:
        items = decoder.feed(piece)
        assert len(folded.fold(items)) == len(items)
    items = decoder.close()
    assert len(folded.fold(items)) == len(items)
    assert decoder.failure is None
    return folded


def read_whole(data: bytes) -> GeminiAccumulator:
    folded = GeminiAccumulator()
    items = folded.whole(data)
    assert len(folded.fold(items)) == len(items)
    return folded


def cuts(data: bytes, seed: int) -> list[bytes]:
    """*data* in pieces of 1 byte to a quarter of it."""
    dice = random.Random(seed)
    pieces = []
    while data:
        size = min(dice.randint(1, 64) ** 2, max(1, len(data) // 4))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def words(reasons: dict[str, list[Any]]) -> dict[int, str]:
    """The last finish reason of each candidate, as a word."""
    last = {int(index): values[-1] for index, values in reasons.items()}
    return {index: word_of("finishReason", r) if isinstance(r, int) else r for index, r in last.items()}


def in_words(value: Any, field: str = "") -> Any:
    if isinstance(value, dict):
        return {name: in_words(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [in_words(item) for item in value]
    return word_of(field, value) if type(value) is int else value


def check(folded: GeminiAccumulator, expect: dict[str, Any]) -> None:
    answer = folded.final()
    texts = {candidate.index: candidate for candidate in answer.candidates}
    for field, thought in (("text", False), ("thoughts", True)):
        for index, expected in expect[field].items():
            parts = texts[int(index)].parts
            assert same_text("".join(p.text or "" for p in parts if bool(p.thought) is thought), expected)
    assert same_text(folded.content, expect["text"].get("0"))
    assert same_text(folded.reasoning_content, expect["thoughts"].get("0"))
    reasons = words(expect["finish_reasons"])
    assert {each.index: each.finish_reason for each in answer.candidates if each.finish_reason} == reasons
    blocked = bool((expect.get("promptFeedback") or {}).get("blockReason"))
    assert folded.complete == (bool(reasons) or blocked)
    if expect["usage"] is not None:
        usage = msgspec.to_builtins(answer.usage_metadata)
        assert in_words(expect["usage"]).items() <= usage.items()
    assert answer.model_version == expect["model"]
    if expect.get("promptFeedback"):
        assert msgspec.to_builtins(answer.prompt_feedback) == expect["promptFeedback"]
    check_parts(answer, expect)


def check_parts(answer: GenerateContentResponse, expect: dict[str, Any]) -> None:
    calls = answer.function_calls
    whole = [call for call in expect["function_calls"] if call["name"]]
    assert [call.name for call in calls] == [call["name"] for call in whole]
    for call, expected in zip(calls, whole, strict=True):
        if expected["args"] is not None:
            assert call.args == expected["args"]
    parts = [part for candidate in answer.candidates for part in candidate.parts]
    counts = {
        "thought_signatures": [part for part in parts if part.thought_signature],
        "inlineData": [part for part in parts if part.inline_data],
        "executableCode": [part for part in parts if part.executable_code],
        "codeExecutionResult": [part for part in parts if part.code_execution_result],
        "toolCall": [part for part in parts if part.tool_call],
        "toolResponse": [part for part in parts if part.tool_response],
    }
    assert {name: len(found) for name, found in counts.items() if found} == {
        name: expect[name] for name in counts if expect.get(name)
    }
    media = [[p.inline_data.mime_type, len(p.inline_data.data or "")] for p in parts if p.inline_data]
    assert media == expect.get("inline_mime", [])


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
@pytest.mark.parametrize("seed", range(3))
def test_streams_are_read_as_expected_however_they_are_cut(capture, seed):
    """Text, thoughts, calls, parts, finish reasons and usage are those of the manifest."""
    data = capture.body
    check(read([data] if not seed else cuts(data, seed)), capture.expect)


@pytest.mark.parametrize("capture", BODIES, ids=name_of)
def test_bodies_are_read_as_expected(capture):
    """Plain answers, and streams that came as one JSON array."""
    check(read_whole(capture.body), capture.expect)


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
def test_deltas_add_up_to_the_accumulation(capture):
    """The deltas of all events joined are what the accumulator holds, tool arguments included."""
    decoder, folded = event_decoder(GenerateContentResponse), GeminiAccumulator()
    content, reasoning, arguments = "", "", {}
    items = decoder.feed(capture.body) + decoder.close()
    found = itertools.chain.from_iterable(map(listed, folded.fold(items)))
    for delta in (delta for delta in found if not delta.index):
        content += delta.content
        reasoning += delta.reasoning_content
        for call in delta.tool_calls:
            arguments[call.index] = arguments.get(call.index, "") + call.arguments
    assert (content, reasoning) == (folded.content, folded.reasoning_content)
    assert arguments == {call.index: call.arguments for call in folded.tool_calls}


def test_arguments_by_path_make_an_object():
    """Two calls whose arguments came in pieces (Vertex, streamFunctionCallArguments)."""
    name = "gemini/google-gemini-3.1-pro-partial-args-multi-function-call-thought-signature.sse"
    folded = read([shared("captures", name).read_bytes()])
    places = [{"location": "Boston"}, {"location": "San Francisco"}]
    assert [call.parsed() for call in folded.tool_calls] == places
    assert [call.args for call in folded.final().function_calls] == places
    assert folded.final().parts[0].thought_signature


def test_nested_arguments_by_path_make_an_object():
    """Objects in lists in objects, told path by path."""
    name = "gemini/vertex-gemini-3.1-pro-partial-args-multi-function-call-thought-signature.sse"
    folded = read([shared("captures", name).read_bytes()])
    first = folded.final().function_calls[0].args
    assert first is not None
    assert first["recipe"]["ingredients"][0] == {"amount": "16 oz", "name": "Lasagna noodles"}
    assert all(set(each) == {"amount", "name"} for each in first["recipe"]["ingredients"])


@pytest.mark.parametrize("capture", [each for each in BODIES if "array" not in each.name], ids=name_of)
def test_what_is_sent_back_is_what_came(capture):
    """``to_input`` gives every part of a plain answer as it was on the wire."""
    sent = json.loads(capture.body)
    candidates = sent.get("candidates") or [{}]
    parts = candidates[0].get("content", {}).get("parts", [])
    turn = read_whole(capture.body).whole(capture.body)[0].to_input()
    assert turn == ([{"role": "model", "parts": parts}] if parts else [])
