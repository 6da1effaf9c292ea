"""Events read in brief leave what the full way leaves: the same deltas, the same answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from benchmarks.corpus import corpus
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse
from gravitex_async.gemini._decode import event_decoder, strict_decoder
from gravitex_async.gemini._metadata import ModalityTokenCount, UsageMetadata
from gravitex_async.gemini._parts import Content, Part
from gravitex_async.gemini._structs import Candidate

from ..captured import Capture, captures
from ..mistakes import Agreed, agree, agree_on_mistakes, encoded, payloads_of

STREAMS = captures("gemini", ".sse")
NAMES = [
    field.encode_name
    for struct in (GenerateContentResponse, Candidate, Content, Part, UsageMetadata, ModalityTokenCount)
    for field in msgspec.structs.fields(struct)
] + ["zzz"]


def make() -> tuple[EventDecoder[GenerateContentResponse], GeminiAccumulator]:
    return event_decoder(GenerateContentResponse), GeminiAccumulator()


def read(payloads: list[bytes], seed: object, longest: int = 40) -> Agreed:
    return agree(make, strict_decoder.decode, payloads, seed, longest)


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_captures(capture: Capture) -> None:
    """Every recorded stream, in runs of random length."""
    payloads = payloads_of(capture.tape().body)
    for longest in (1, 6, 60):
        for seed in range(10):
            read(payloads, seed, longest)


def test_corpus() -> None:
    """The stream of the benchmarks is read in brief but for its ends."""
    taken = read(payloads_of(corpus("gemini", 2_000).body), "corpus", 10)
    assert taken.brief > 0.8 * taken.all > 1_000


def event(part: dict[str, Any], usage: Any = None, **candidate: Any) -> dict[str, Any]:
    content = {"parts": [part], "role": "model"}
    return {
        "candidates": [{"content": content, "index": 0, **candidate}],
        "usageMetadata": usage,
        "modelVersion": "m",
        "responseId": "r",
    }


def counts(total: int | None, **more: Any) -> dict[str, Any]:
    return {"promptTokenCount": 8, "totalTokenCount": total, **more}


PLAIN = event({"text": "a"}, counts(10, candidatesTokenCount=2))
DETAILS = [{"modality": "TEXT", "tokenCount": 8}]

USAGES = [
    None,
    counts(10),
    counts(10, candidatesTokenCount=2),
    counts(10, candidatesTokenCount=2, thoughtsTokenCount=0, promptTokensDetails=DETAILS),
    counts(10, promptTokensDetails=[], cacheTokensDetails=None),
    counts(10, thoughtsTokenCount=5, cachedContentTokenCount=3, toolUsePromptTokenCount=1),
    counts(10, thoughtsTokenCount=None, cachedContentTokenCount=None, promptTokensDetails=DETAILS * 2),
    counts(10, serviceTier="t", trafficType="x"),
    {"totalTokenCount": 9},
    {"trafficType": "x"},
    {"trafficType": None, "totalTokenCount": None},
    {},
]

PIECES = [
    event({"text": "a"}),
    event({"text": "é\n", "thought": None}, finishReason=None, safetyRatings=None),
    event({"text": "a", "thought": False}),
    event({"text": "b", "thought": True}),
]


@pytest.mark.parametrize("usage", USAGES, ids=json.dumps)
@pytest.mark.parametrize("piece", PIECES, ids=json.dumps)
def test_what_is_read_in_brief(piece: dict[str, Any], usage: Any) -> None:
    """A piece of text or thought in the forms in which servers send one, with any usage before it."""
    some = {**piece, "usageMetadata": usage}
    taken = 0
    for before in USAGES:
        head = {**PLAIN, "usageMetadata": before}
        taken += read(
            encoded(*[head] * 2, *[some] * 9, *[head] * 3, *[some] * 4), json.dumps(before), 3
        ).brief
    assert taken > 5 * len(USAGES) or piece["candidates"][0]["content"]["parts"][0].get("thought") is False


def test_the_last_usage_counts() -> None:
    """As the folding has it: each piece tells its own, the last one's stays."""
    _, folded = make()
    folded.fold([strict_decoder.decode(encoded(PLAIN)[0])], 0)
    run = [event({"text": "a"}, counts(10 + n, thoughtsTokenCount=n)) for n in range(3)]
    deltas = folded.brief(encoded(*run))
    assert deltas is not None
    assert [delta.usage and delta.usage.total_tokens for delta in deltas] == [10, 11, 12]
    assert folded.final().usage_metadata == UsageMetadata(
        prompt_token_count=8, candidates_token_count=2, thoughts_token_count=2, total_token_count=12
    )


def test_thoughts_and_text_are_two_runs() -> None:
    """A run is of one kind: one that has both is folded."""
    thought = event({"text": "b", "thought": True})
    said = event({"text": "a", "thought": False})
    _, folded = make()
    folded.fold([strict_decoder.decode(encoded(PLAIN)[0])], 0)
    assert folded.brief(encoded(thought, said)) is None
    assert folded.brief(encoded(thought, thought)) is not None
    assert (folded.content, folded.reasoning_content) == ("a", "bb")
    read(encoded(PLAIN, *[thought, thought, said] * 5), 0, 3)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in PLAIN.items() if key != name}


@pytest.mark.parametrize(
    "odd",
    [
        event({"text": ""}, PLAIN["usageMetadata"]),
        event({"text": "a", "thoughtSignature": "s"}, PLAIN["usageMetadata"]),
        event({"text": "b", "thought": True}, PLAIN["usageMetadata"]),
        event({"functionCall": {"name": "f"}}, PLAIN["usageMetadata"]),
        event({"text": "a"}, PLAIN["usageMetadata"], finishReason="STOP"),
        event({"text": "a"}, PLAIN["usageMetadata"], index=1),
        event({"text": "a"}, PLAIN["usageMetadata"], safetyRatings=[]),
        event({"text": "a"}, PLAIN["usageMetadata"], new=1),
        event({"text": "a"}, counts(0, candidatesTokenCount=0)),
        event({"text": "a"}, counts(None, candidatesTokenCount=2)),
        event({"text": "a"}, counts(10)),
        event({"text": "a"}, counts(10, candidatesTokenCount="2")),
        event({"text": "a"}, counts(10, candidatesTokenCount=2, thoughtsTokenCount=1)),
        event({"text": "a"}, counts(10, candidatesTokenCount=2, new=1)),
        event({"text": "a"}),
        {**PLAIN, "candidates": PLAIN["candidates"] * 2},
        {**PLAIN, "candidates": []},
        {**PLAIN, "modelVersion": 1},
        {**PLAIN, "error": {"message": "no"}},
        {**PLAIN, "promptFeedback": {"blockReason": "OTHER"}},
        without("candidates"),
        without("usageMetadata"),
    ],
    ids=json.dumps,
)
def test_what_is_not(odd: dict[str, Any]) -> None:
    """Anything else beside a piece sends its run the full way, and leaves the accumulator as it was."""
    _, folded = make()
    assert folded.brief(encoded(PLAIN)) is None
    folded.fold([strict_decoder.decode(encoded(PLAIN)[0])], 0)
    before = folded.final()
    assert folded.brief(encoded(PLAIN, odd)) is None
    assert folded.brief(encoded(odd, PLAIN)) is None
    assert (folded.final(), folded.progress) == (before, (1, 0))
    assert folded.brief([]) == []
    assert folded.brief(encoded(PLAIN)) is not None
    for seed in range(5):
        read(encoded(PLAIN, *[PLAIN, odd] * 5), seed, 3)


def test_not_before_the_head() -> None:
    """Until id and model have come, events are folded: they may bring them. A role may come at any time."""
    content = {"parts": [{"text": "a"}]}
    silent = {**PLAIN, "candidates": [{"content": content}]}
    for seed in range(10):
        read(encoded(*[without("responseId")] * 5, *[PLAIN] * 5), seed, 2)
        read(encoded(*[silent] * 5, *[PLAIN] * 5, *[silent] * 5), seed, 2)


def test_mistakes() -> None:
    """What the strict decoder refuses is refused in brief; what it takes leaves the same answer."""
    thoughts = [
        event({"text": "b", "thought": True}, counts(n, thoughtsTokenCount=n - 8)) for n in range(9, 400)
    ]
    payloads = payloads_of(corpus("gemini", 1_000).body)[:-1] + encoded(*thoughts)
    for seed in range(2):
        taken = agree_on_mistakes(make, strict_decoder.decode, payloads, NAMES, seed)
        assert 0.2 * taken.all < taken.brief < 0.9 * taken.all
