"""Every recorded answer speaks the words of all dialects: plain, streamed, put together, cut short.

What they have to say is read from the manifest, and from the recordings with ``json`` alone.
"""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, StreamInterrupted
from gravitex_async.gemini import Choice, GenerateContentResponse, UsageMetadata
from gravitex_async.testing import LocalGateway
from gravitex_async.usage import Usage

from ..captured import Capture, captures, same_text
from .test_accumulate import event, folded
from .test_captures import check_parts, in_words, words

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "gemini-2.5-flash"
STREAMS = captures("gemini", ".sse")
BODIES = [each for each in captures("gemini", ".json") if "embed" not in each.name]
WHOLE = [each for each in BODIES if "array" not in each.name]
FILTERED = {"SAFETY", "RECITATION", "MODEL_ARMOR"}


def name_of(capture: Capture) -> str:
    return capture.name.partition("/")[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
        yield client


def expected_usage(sent: dict[str, Any]) -> tuple[Any, ...]:
    """The neutral counts, by a reading of the test's own."""
    read, total = sent.get("promptTokenCount"), sent.get("totalTokenCount")
    visible, thoughts = sent.get("candidatesTokenCount"), sent.get("thoughtsTokenCount")
    written = None if visible is None and thoughts is None else (visible or 0) + (thoughts or 0)
    if total is None and read is None and written is None:
        return None, None, None, None, None, "none"
    total = read + written if not total and None not in (read, written) else total
    return read, written, total, thoughts, sent.get("cachedContentTokenCount"), "server"


def counts_of(usage: Any) -> tuple[Any, ...]:
    return (
        usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.reasoning_tokens,
        usage.cached_tokens, usage.source,
    )  # fmt: skip


def check(
    answer: GenerateContentResponse, expect: dict[str, Any], usage: dict[str, Any] | None = None
) -> None:
    """The words of *answer*, of each of its choices, are those of the manifest."""
    reasons = words(expect["finish_reasons"])
    for choice in answer.choices:
        assert same_text(choice.content, expect["text"].get(str(choice.index)))
        assert same_text(choice.reasoning_content, expect["thoughts"].get(str(choice.index)))
        assert (choice.finish_reason, choice.refusal) == (reasons.get(choice.index), "")
    assert same_text(answer.content, expect["text"].get("0"))
    assert same_text(answer.reasoning_content, expect["thoughts"].get("0"))
    assert (answer.content, answer.reasoning_content) == (answer.text, answer.thoughts)
    blocked = (expect.get("promptFeedback") or {}).get("blockReason")
    assert answer.finish_reason == (blocked if not answer.candidates else reasons.get(0))
    assert counts_of(answer.usage) == expected_usage(usage or expect["usage"] or {})
    assert in_words(expect["usage"] or {}).items() <= answer.usage.to_dict().items()
    check_parts(answer, expect)
    check_calls(answer, expect)
    check_end(answer, blocked)
    if answer.choices and answer.choices[0].index == 0:
        check_choice(answer.choices[0], answer)
    mine = [mime for mime, _ in expect.get("inline_mime", []) if mime.startswith("image/")]
    assert [image.mime_type for image in answer.images if not image.url] == mine


def check_calls(answer: GenerateContentResponse, expect: dict[str, Any]) -> None:
    named = [call for call in expect["function_calls"] if call["name"]]
    calls = answer.tool_calls
    assert [(call.name, call.index) for call in calls] == [(e["name"], i) for i, e in enumerate(named)]
    for call, part in zip(calls, answer.function_calls, strict=True):
        assert (call.id, call.parsed()) == (part.id or "", part.args or {})
    signed = [part.thought_signature for part in answer.parts if part.function_call is not None]
    assert [call.extra.get("thoughtSignature") for call in calls] == signed


def check_end(answer: GenerateContentResponse, blocked: str | None) -> None:
    word, end = answer.finish_reason, answer.end
    if blocked or word in FILTERED:
        assert (end.state, end.reason) == ("incomplete", "filtered")
    elif word == "STOP":
        assert (end.state, end.reason) == ("completed", "tool_calls" if answer.tool_calls else "stop")
    elif word == "MAX_TOKENS":
        assert (end.state, end.reason) == ("incomplete", "length")
    else:
        assert word is None or end.reason == "error"


def check_choice(choice: Choice, answer: GenerateContentResponse) -> None:
    """The first choice says what the answer says."""
    for word in (
        "content", "reasoning_content", "refusal", "tool_calls", "finish_reason", "citations", "images",
    ):  # fmt: skip
        assert getattr(choice, word) == getattr(answer, word), word
    assert choice.to_input() == answer.to_input()
    assert (choice.end.state, choice.end.reason) == (answer.end.state, answer.end.reason)
    assert choice.to_dict() == choice.candidate.to_dict() == json.loads(choice.to_json())


def speaking(value: Any) -> Any:
    """Without what says nothing: null, and a list with nothing in it."""
    if isinstance(value, dict):
        return {name: speaking(item) for name, item in value.items() if item is not None and item != []}
    return [speaking(item) for item in value] if isinstance(value, list) else value


def joined_events(body: bytes) -> list[dict[str, Any]]:
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    return [json.loads(line[5:]) for line in lines if line.startswith(b"data:")]


@pytest.mark.parametrize("capture", WHOLE, ids=name_of)
async def test_plain_answers(gateway: LocalGateway, client: AsyncGravitex, capture: Capture) -> None:
    """And they know how they came, and are on the wire what they were."""
    gateway.play(capture.tape())
    answer = await client.gemini.generate_content(model=MODEL, contents="hi")
    check(answer, capture.expect)
    assert answer.raw == capture.body
    assert answer.to_dict() == dict(answer) == json.loads(answer.to_json()) == json.loads(capture.body)
    assert (answer.attempts, answer.extra) == (1, {})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.timings.headers is not None
    # The struct alone says the same, but for numbers that are words there.
    assert in_words(msgspec.json.decode(msgspec.json.encode(answer))) == as_read(json.loads(capture.body))


def as_read(value: Any, field: str = "") -> Any:
    """Enums as words, and those without a word as text."""
    if isinstance(value, dict):
        return {name: as_read(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return str(in_words(value, field)) if field == "category" else in_words(value, field)


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
async def test_streamed_answers(gateway: LocalGateway, client: AsyncGravitex, capture: Capture) -> None:
    """The stream, what had arrived, ``final()`` or the partial answer of its error: all say the same."""
    gateway.play(capture.tape())
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    try:
        answer = await stream.final()
    except StreamInterrupted as error:
        answer = error.partial
        assert capture.name == "gemini/vertex-prompt-feedback.sse"
        assert answer.end.state == "interrupted"
    # What the last usage lacks was said by those before it.
    usages = [each["usageMetadata"] for each in joined_events(capture.body) if each.get("usageMetadata")]
    check(answer, capture.expect, dict(ChainMap(*reversed(usages))) if usages else None)
    for word in (
        "content", "reasoning_content", "refusal", "tool_calls", "finish_reason", "citations", "images",
        "request_id", "attempts",
    ):  # fmt: skip
        assert getattr(stream, word) == getattr(answer, word) == getattr(stream.arrived, word), word
    assert counts_of(stream.usage) == counts_of(answer.usage) == counts_of(stream.arrived.usage)
    assert (stream.end.state, stream.end.reason) == (answer.end.state, answer.end.reason)
    assert stream.to_input() == answer.to_input()
    assert answer.raw is None
    assert not answer.extra


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
async def test_events_are_on_the_wire_what_they_were(
    gateway: LocalGateway, client: AsyncGravitex, capture: Capture
) -> None:
    """Each event, ``index: 0`` where it was sent and nowhere else; its words are what it adds."""
    gateway.play(capture.tape())
    sent, content, thoughts = joined_events(capture.body), "", ""
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    count = 0
    try:
        async for chunk in stream:
            tree = chunk.to_dict()
            assert tree == json.loads(chunk.to_json()) == dict(chunk)
            assert speaking(tree) == speaking(sent[count])
            if chunk.raw is None:
                assert msgspec.json.decode(msgspec.json.encode(chunk)) == tree
            content += chunk.content
            thoughts += chunk.reasoning_content
            count += 1
    except StreamInterrupted:
        pass
    assert (content, thoughts, count) == (stream.content, stream.reasoning_content, len(sent))


async def test_usage_adds_up_and_is_never_none() -> None:
    """With or without a start, with usage of any kind."""
    some = folded(event({"text": "a"}, usageMetadata={"promptTokenCount": 3, "totalTokenCount": 5})).final()
    none = folded(event({"text": "a"})).final()
    assert none.usage_metadata is None
    assert (none.usage, none.usage.source) == (UsageMetadata(), "none")
    total = sum(answer.usage for answer in (some, none, some))
    assert total == sum((answer.usage for answer in (some, none, some)), Usage())
    assert (total.input_tokens, total.total_tokens, total.output_tokens) == (6, 10, None)


async def test_each_candidate_is_a_choice() -> None:
    """With its own text, calls, end and turn; the answer speaks of the first."""
    call = {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c"}, "thoughtSignature": "c2ln"}
    answer = folded(
        event({"text": "one"}, index=0), event({"text": "two"}, call, finish="STOP", index=1)
    ).final()
    first, second = answer.choices
    assert (first.content, first.end.state, first.end.reason) == ("one", "completed", "unknown")
    assert (second.content, second.index, second.end.reason) == ("two", 1, "tool_calls")
    (made,) = second.tool_calls
    assert (made.id, made.name, made.parsed(), made.extra) == (
        "c",
        "f",
        {"a": 1},
        {"thoughtSignature": "c2ln"},
    )
    assert answer.tool_calls == []
    assert second.to_input() == [{"role": "model", "parts": [{"text": "two"}, call]}]
    assert answer.to_dict()["candidates"][0]["index"] == 0
    assert "index" not in folded(event({"text": "one"})).final().to_dict()["candidates"][0]
    assert repr(second).startswith("<Choice 1: Candidate(")


async def test_a_choice_is_read_as_a_value() -> None:
    """Of each candidate its own."""
    answer = folded(
        event({"text": "[1]"}, finish="STOP", index=0), event({"text": "[2]"}, finish="STOP", index=1)
    ).final()
    assert [choice.parsed(list[int]) for choice in answer.choices] == [[1], [2]]
    assert answer.parsed(list[int]) == [1]


async def test_the_text_of_arguments_is_the_same_streamed_and_put_together() -> None:
    """Pieces of JSON text of a converted model, white space included, whole or cut."""
    pieces = ['{"city": ', '"Oslo"', " }"]
    events = [
        event({"functionCall": {"name": name, "args": {"arguments": piece}}})
        for name, piece in zip(["get_weather", None, None], pieces, strict=True)
    ]
    for count in (1, 2, 3):
        state = folded(*events[:count])
        (call,) = state.tool_calls
        assert call.arguments == "".join(pieces[:count])
        assert state.final().tool_calls == state.tool_calls
        assert (
            msgspec.convert(state.final().to_dict(), GenerateContentResponse).tool_calls[0].name == call.name
        )
    assert state.final().function_calls[0].args == {"city": "Oslo"}


@pytest.mark.parametrize("word", ["SAFETY", "OTHER", "NEW_WORD"])
async def test_the_block_of_a_prompt_is_filtered(word: str) -> None:
    """Whatever its word means as a finishReason; and there is no choice."""
    sent = {"promptFeedback": {"blockReason": word}}
    for answer in (folded(sent).final(), msgspec.convert(sent, GenerateContentResponse)):
        assert (answer.finish_reason, answer.end.reason, answer.end.state) == (word, "filtered", "incomplete")
        assert (answer.choices, answer.content) == ([], "")


async def test_images_by_address_and_in_markdown() -> None:
    """``fileData``, and what converted models write into their text; drafts of thoughts are none."""
    answer = folded(
        event(
            {"fileData": {"mimeType": "image/png", "fileUri": "https://e.example/a.png"}},
            {"fileData": {"mimeType": "video/mp4", "fileUri": "https://e.example/a.mp4"}},
            {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
            {"text": "see ![a](data:image/gif;base64,R0lG) and ![b](https://e.example/b.png)"},
            {"text": "![draft](https://e.example/c.png)", "thought": True},
        )
    ).final()
    found = [(image.mime_type, image.url, image.base64) for image in answer.images]
    assert found == [
        ("image/png", "https://e.example/a.png", ""),
        ("image/webp", None, "AAAA"),
        ("image/gif", None, "R0lG"),
        (None, "https://e.example/b.png", ""),
    ]


async def test_an_answer_that_somebody_made() -> None:
    """All words work on one that no server sent."""
    answer = GenerateContentResponse()
    assert (answer.content, answer.reasoning_content, answer.refusal, answer.tool_calls) == ("", "", "", [])
    assert (answer.finish_reason, answer.choices, answer.citations, answer.images) == (None, [], [], [])
    assert (answer.raw, answer.request_id, answer.attempts, answer.extra) == (None, None, 1, {})
    assert (answer.to_dict(), answer.to_json(), answer.to_input()) == ({}, "{}", [])
    assert not hasattr(answer, "__dict__")
