"""Events become an answer: what is joined, what is kept as it came, and which of two values counts."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
import pytest

from gravitex_async.deltas import Delta
from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse
from gravitex_async.gemini._decode import answers_of, event_decoder
from gravitex_async.gemini._metadata import UsageMetadata


def event(*parts: dict, finish: str | None = None, index: int | None = None, **more: object) -> dict:
    candidate: dict[str, object] = {"content": {"role": "model", "parts": list(parts)}}
    if finish is not None:
        candidate["finishReason"] = finish
    if index is not None:
        candidate["index"] = index
    return {"candidates": [candidate | (more.pop("beside", None) or {})], **more}  # type: ignore[operator]


def items_of(*events: dict) -> list[GenerateContentResponse]:
    decoder = event_decoder(GenerateContentResponse)
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)
    items = decoder.feed(body) + decoder.close()
    assert decoder.failure is None
    return items


def folded(*events: dict) -> GeminiAccumulator:
    state = GeminiAccumulator()
    items = items_of(*events)
    assert len(state.fold(items)) == len(items)
    return state


def deltas_of(*events: dict) -> list[list[Delta]]:
    """What each event adds."""
    return [listed(found) for found in GeminiAccumulator().fold(items_of(*events))]


def listed(found: Delta | Sequence[Delta]) -> list[Delta]:
    return [found] if isinstance(found, Delta) else [*found]


def parts_of(*events: dict) -> list:
    return folded(*events).final().to_input()[0]["parts"]


def test_text_is_joined_by_thought_flag():
    """A change of the flag starts a new part."""
    assert parts_of(
        event({"text": "a", "thought": True}),
        event({"text": "b", "thought": True}, {"text": "c"}),
        event({"text": "d"}),
        event({"text": "e", "thought": True}),
    ) == [{"text": "ab", "thought": True}, {"text": "cd"}, {"text": "e", "thought": True}]


def test_a_signature_stays_with_its_part():
    """Also with an empty text, as the last event of a stream has it."""
    state = folded(
        event({"text": "a"}), event({"text": "b", "thoughtSignature": "s1"}), event({"text": "c"}),
        event({"text": "", "thoughtSignature": "s2"}, finish="STOP"),
    )  # fmt: skip
    assert state.final().to_input()[0]["parts"] == [
        {"text": "a"},
        {"text": "b", "thoughtSignature": "s1"},
        {"text": "c"},
        {"text": "", "thoughtSignature": "s2"},
    ]
    assert state.content == state.final().text == "abc"


def test_other_parts_are_kept_as_they_came():
    """Media, code and unknown kinds, in their places between text."""
    kept = [
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"newKind": {"x": 1}},
    ]
    assert parts_of(event({"text": "a"}), event(*kept), event({"text": "b"})) == [
        {"text": "a"},
        *kept,
        {"text": "b"},
    ]


def test_candidates_are_told_apart():
    """Several may alternate; the answer is whole when all have their finish reason."""
    state = GeminiAccumulator()
    items = items_of(
        event({"text": "a"}, index=0), event({"text": "x"}, index=1), event({"text": "b"}, finish="STOP"),
        event({"text": "y"}, index=1, finish="MAX_TOKENS"),
    )  # fmt: skip
    state.fold(items[:3])
    assert not state.complete
    state.fold(items[3:])
    assert state.complete
    assert [each.parts[0].text for each in state.final().candidates] == ["ab", "xy"]
    assert (state.content, state.finish_reason, state.reason) == ("ab", "STOP", "stop")


def test_metadata_the_last_that_says_something():
    """Grounding comes whole; citations come one by one and are kept once each."""
    source = {"startIndex": 1, "endIndex": 2, "uri": "u"}
    grounding = {"webSearchQueries": ["q"]}
    final = folded(
        event(beside={"groundingMetadata": grounding, "citationMetadata": {"citationSources": [source]}}),
        event(beside={"citationMetadata": {"citationSources": [source, {"uri": "v"}]}, "safetyRatings": []}),
        event(finish="STOP", beside={"finishMessage": "m", "tokenCount": 3, "avgLogprobs": -0.5}),
    ).final()
    candidate = final.candidates[0]
    assert candidate.grounding_metadata is not None
    assert candidate.grounding_metadata.web_search_queries == ["q"]
    assert candidate.citation_metadata is not None
    assert [each.uri for each in candidate.citation_metadata.citation_sources] == ["u", "v"]
    assert (candidate.finish_message, candidate.token_count, candidate.avg_logprobs) == ("m", 3, -0.5)


def test_usage_the_last_wins_field_by_field():
    """A missing field keeps its former value; zeros do not wipe counts; nothing is added up."""
    state = folded(
        {"usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9, "cachedContentTokenCount": 4}},
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12}},
        {"usageMetadata": {"promptTokenCount": 10, "thoughtsTokenCount": 5, "totalTokenCount": 18}},
        {"usageMetadata": {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}},
    )
    usage = state.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (10, 8, 18)
    assert (usage.reasoning_tokens, usage.cached_tokens, usage.source) == (5, 4, "server")


def test_usage_of_zeros_alone_is_usage():
    """It was sent; an object that says nothing was not."""
    state = folded(event({"text": "a"}, usageMetadata={"totalTokenCount": 0}))
    assert state.final().usage_metadata == UsageMetadata(total_token_count=0)
    assert (state.usage.total_tokens, state.usage.source) == (0, "server")
    assert folded(event({"text": "a"}, usageMetadata={})).final().usage_metadata is None


def test_a_blocked_prompt_is_a_whole_answer():
    """No candidates, and nothing is missing; the word on the wire is the reason of the block."""
    state = folded({"promptFeedback": {"blockReason": "OTHER"}})
    assert state.complete
    assert (state.reason, state.finish_reason, state.final().text) == ("filtered", "OTHER", "")
    assert state.final().finish_reason == "OTHER"
    assert not folded({"promptFeedback": {"blockReason": ""}}).complete


@pytest.mark.parametrize("name", [field.encode_name for field in msgspec.structs.fields(UsageMetadata)])
def test_usage_of_pieces_of_text(name):
    """What one of a run of pieces does not say stays as it was, whatever it is; what it says replaces it."""
    value: object = [{"modality": "TEXT"}] if name.endswith("Details") else "x"
    value = 5 if name.endswith("Count") else value
    some = {"promptTokenCount": 8, "candidatesTokenCount": 2, "totalTokenCount": 10, "trafficType": "t"}
    some.pop(name, None)
    usages = [some, some, {**some, name: value}, some, {"totalTokenCount": 0}, some]
    state = folded(*(event({"text": "a"}, usageMetadata=usage) for usage in usages))
    assert msgspec.to_builtins(state.final().usage_metadata) == {**some, name: value}


@pytest.mark.parametrize("events", [[], [event({"text": "a"})], [{"usageMetadata": {"totalTokenCount": 1}}]])
def test_without_a_finish_reason_it_is_not_whole(events):
    """A stream that ends here was cut."""
    assert not folded(*events).complete


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, 503, "overloaded"),
        ({"candidates": [], "error": {"code": 429, "message": "slow down"}}, 429, "slow down"),
        ({"error": {"message": "bad key", "type": "x", "code": "invalid_api_key"}}, 401, "bad key"),
    ],
)
def test_an_error_in_the_stream_is_an_error(error, status, words):
    """Google's shape and openai's, beside candidates or in their place: ``fold`` stops at it."""
    decoder, state = event_decoder(GenerateContentResponse), GeminiAccumulator()
    items = decoder.feed(b"data: " + json.dumps(error).encode() + b"\n\n")
    assert len(state.fold([*items, *items])) == 1
    assert state.suspect
    info = state.error_in(error)
    assert info is not None
    assert (info.status, info.message) == (status, words)


def test_an_error_in_an_array_is_no_event():
    """Google's form where nobody asked for events: the decoder itself sees it."""
    decoder = event_decoder(GenerateContentResponse)
    decoder.feed(b'data: [{"error":{"code":503,"message":"overloaded"}}]\n\n')
    assert decoder.failure is not None
    assert (decoder.failure.status, decoder.failure.message) == (503, "overloaded")


def test_an_error_inside_an_array_is_found():
    """A stream that came as one JSON array, and failed on the way."""
    body = json.dumps([event({"text": "a"}), {"error": {"code": 500, "message": "no"}}]).encode()
    state = GeminiAccumulator()
    items = state.whole(body)
    assert len(state.fold(items)) == 2
    assert state.suspect
    info = state.error_in(json.loads(body))
    assert info is not None
    assert (info.status, info.message) == (500, "no")


def test_an_array_is_a_stream():
    """Without ``alt=sse`` Google sends the events as elements of one array."""
    body = json.dumps([event({"text": "a"}), event({"text": "b"}, finish="STOP")]).encode()
    assert [each.text for each in answers_of(body)] == ["a", "b"]


def test_progress_counts_what_can_be_seen():
    """Pieces of content and of thoughts; empty events count nothing."""
    state = folded(
        event({"text": ""}), event({"text": "t", "thought": True}), event({"text": "a"}),
        event({"functionCall": {"name": "f"}}), event({"text": "", "thoughtSignature": "s"}), event(),
    )  # fmt: skip
    assert state.progress == (2, 1)


def test_deltas_say_what_an_event_adds():
    """Text, thoughts and finish reason per candidate; usage once."""
    first, second, third = deltas_of(
        event({"text": "t", "thought": True}, {"text": "a"}, finish="STOP",
              usageMetadata={"promptTokenCount": 1, "totalTokenCount": 1}),
        {"usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 2}},
        event({"text": "x"}, index=1),
    )  # fmt: skip
    assert [(d.content, d.reasoning_content, d.finish_reason) for d in first] == [("a", "t", "STOP")]
    assert first[0].usage is not None
    assert [(d.content, d.usage.total_tokens) for d in second if d.usage] == [("", 2)]
    assert [(d.content, d.index) for d in third] == [("x", 1)]


def test_the_cost_of_an_event_does_not_depend_on_its_place():
    """50,000 events and as many reads of the length are linear: no text is joined while folding."""
    state = GeminiAccumulator()
    items = items_of(event({"text": "a"})) * 50_000
    state.fold(items)
    assert state.progress == (50_000, 0)
    assert len(state.content) == 50_000
