"""Gemini: CRLF, thoughts, function calls, usage that comes in parts, a blocked prompt, streams as arrays."""

from __future__ import annotations

import json
from typing import Any

from ._made import Made, lines

__all__ = ["MADE"]

COUNTS = {"promptTokenCount": 6, "candidatesTokenCount": 5, "totalTokenCount": 11}


def event(
    *parts: dict[str, Any], finish: str | None = None, index: int = 0, usage: Any = None, **more: Any
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": index, **more}
    if finish:
        candidate["finishReason"] = finish
    counted = {} if usage is None else {"usageMetadata": usage}
    return {"candidates": [candidate], **counted, "modelVersion": "made", "responseId": "r1"}


def found(text: str = "", thoughts: str = "", **more: Any) -> dict[str, Any]:
    return {
        "text": {"0": text} if text else {},
        "thoughts": {"0": thoughts} if thoughts else {},
        "function_calls": [],
        "finish_reasons": {"0": ["STOP"]},
        "usage": None,
        "model": "made",
        **more,
    }


def stream(name: str, body: bytes, expect: dict[str, Any]) -> Made:
    return Made(f"gemini/authored-{name}.sse", body, expect)


HI, YOU = {"text": "Good morning, "}, {"text": "traveller."}
TEXT = "Good morning, traveller."
HM = {"text": "Hm. ", "thought": True}
CALL = {"functionCall": {"name": "look_up", "args": {"where": "Köln"}, "id": "c1"}}
CALLED = [{"name": "look_up", "args": {"where": "Köln"}}]
END = event(finish="STOP", usage=COUNTS)
SAFE = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
BLOCKED = {
    "promptFeedback": {"blockReason": "SAFETY"},
    "usageMetadata": {"promptTokenCount": 6},
    "modelVersion": "made",
}

STREAMS = (
    stream("crlf", lines(event(HI), event(YOU), END, end="\r\n"), found(TEXT, usage=COUNTS)),
    stream("lf", lines(event(HI), event(YOU), END), found(TEXT, usage=COUNTS)),
    stream("finish-with-text", lines(event(HI), event(YOU, finish="STOP")), found(TEXT)),
    stream(
        "nulls",
        lines(
            {**event(HI), "promptFeedback": None, "usageMetadata": None}, event(YOU, safetyRatings=None), END
        ),
        found(TEXT, usage=COUNTS),
    ),
    stream(
        "thoughts",
        lines(event(HM), event(HI), event({**YOU, "thoughtSignature": "c2ln"}), END),
        found(TEXT, "Hm. ", usage=COUNTS, thought_signatures=1),
    ),
    stream(
        "thought-and-text-in-one", lines(event(HM, HI), event(YOU), END), found(TEXT, "Hm. ", usage=COUNTS)
    ),
    stream(
        "function-call",
        lines(event({**CALL, "thoughtSignature": "c2ln"}), END),
        found(function_calls=CALLED, usage=COUNTS, thought_signatures=1),
    ),
    stream(
        "function-call-with-the-finish",
        lines(event(HI), event(CALL, finish="STOP")),
        found("Good morning, ", function_calls=CALLED),
    ),
    stream(
        "usage-in-every-event",
        lines(
            event(HI, usage={"promptTokenCount": 6, "totalTokenCount": 6}),
            event(YOU, usage={**COUNTS, "thoughtsTokenCount": 3}),
            END,
        ),
        found(TEXT, usage={**COUNTS, "thoughtsTokenCount": 3}),
    ),
    stream(
        "usage-that-counts-nothing",
        lines(event(HI, usage={"trafficType": "ON_DEMAND"}), event(YOU), END),
        found(TEXT, usage={**COUNTS, "trafficType": "ON_DEMAND"}),
    ),
    stream(
        "safety-ratings",
        lines(event(HI, safetyRatings=SAFE), event(YOU, safetyRatings=SAFE), END),
        found(TEXT, usage=COUNTS),
    ),
    stream(
        "cut-off",
        lines(event(HI, finish="MAX_TOKENS")),
        found("Good morning, ", finish_reasons={"0": ["MAX_TOKENS"]}),
    ),
    stream(
        "two-candidates",
        lines(event(HI), event({"text": "Bad"}, index=1, finish="STOP"), event(YOU, finish="STOP")),
        {**found(), "text": {"0": TEXT, "1": "Bad"}, "finish_reasons": {"0": ["STOP"], "1": ["STOP"]}},
    ),
    stream(
        "blocked-prompt",
        lines(BLOCKED),
        found(finish_reasons={}, usage={"promptTokenCount": 6}, promptFeedback={"blockReason": "SAFETY"}),
    ),
    stream(
        "code",
        lines(
            event({"executableCode": {"language": "PYTHON", "code": "print(1)"}}),
            event({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}),
            event(YOU),
            END,
        ),
        found("traveller.", usage=COUNTS, executableCode=1, codeExecutionResult=1),
    ),
    stream(
        "image",
        lines(event(HI), event({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}), END),
        found("Good morning, ", usage=COUNTS, inlineData=1, inline_mime=[["image/png", 12]]),
    ),
    stream(
        "names-in-snake-case",
        lines(
            {
                "candidates": [{"content": {"parts": [HI]}, "finish_reason": "STOP", "index": 0}],
                "model_version": "made",
            }
        ),
        found("Good morning, "),
    ),
)


def answer(name: str, body: Any, expect: dict[str, Any]) -> Made:
    return Made(f"gemini/authored-{name}.json", json.dumps(body).encode(), expect)


ANSWERS = (
    answer("plain", event({"text": TEXT}, finish="STOP", usage=COUNTS), found(TEXT, usage=COUNTS)),
    answer("thoughts", event(HM, {"text": TEXT}, finish="STOP"), found(TEXT, "Hm. ")),
    answer(
        "function-call",
        event({**CALL, "thoughtSignature": "c2ln"}, finish="STOP"),
        found(function_calls=CALLED, thought_signatures=1),
    ),
    answer(
        "blocked-prompt",
        BLOCKED,
        found(finish_reasons={}, usage={"promptTokenCount": 6}, promptFeedback={"blockReason": "SAFETY"}),
    ),
    answer("stream-as-array", [event(HI), event(YOU), END], found(TEXT, usage=COUNTS)),
    Made(
        "gemini/authored-embed.json",
        json.dumps(
            {"embedding": {"values": [0.25, -0.5, 1]}, "usageMetadata": {"promptTokenCount": 4}}
        ).encode(),
        {"count": 1, "dims": [3], "usage": {"promptTokenCount": 4}},
    ),
    Made(
        "gemini/authored-embed-batch.json",
        b'{"embeddings":[{"values":[0.25,-0.5]},{"values":[1,2]}]}',
        {"count": 2, "dims": [2, 2]},
    ),
)

MADE = (*STREAMS, *ANSWERS)
