"""Chat: reasoning under its several names, usage in odd places, nulls, tool calls in pieces, ends, errors."""

from __future__ import annotations

import json
from typing import Any

from ._made import Made, lines

__all__ = ["MADE"]

DONE = "[DONE]"
USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


def chunk(delta: Any = None, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "made-1", "object": "chat.completion.chunk", "model": "made", "choices": [choice], **more}


def stream(
    name: str,
    body: bytes,
    events: int,
    text: str | dict[str, str] = "",
    reasoning: str = "",
    done: bool = True,
    **more: Any,
) -> Made:
    texts = text if isinstance(text, dict) else {"0": text} if text else {}
    expect = {
        "text": texts,
        "reasoning": {"0": reasoning} if reasoning else {},
        "refusal": {},
        "tool_calls": {},
        "finish_reasons": {"0": ["stop"]},
        "usage": None,
        "done": done,
        "data_events": events,
        "malformed": 0,
        **more,
    }
    return Made(f"chat/authored-{name}.sse", body, expect)


STOP = chunk(finish="stop")
HI = chunk({"content": "Good morning, "})
YOU = chunk({"content": "traveller."})
TEXT = "Good morning, traveller."
REFUSED = {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}
CALL = {"id": "call_1", "type": "function", "name": "look_up", "arguments": '{"where":"Köln"}'}


def call(**fragment: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [fragment]})


def named(name: str, arguments: str | None) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


STREAMS = (
    stream("plain", lines(chunk({"role": "assistant", "content": ""}), HI, YOU, STOP, DONE), 4, TEXT),
    stream("crlf", lines(HI, YOU, STOP, DONE, end="\r\n"), 3, TEXT),
    stream("lone-cr", lines(HI, YOU, STOP, DONE, end="\r"), 3, TEXT),
    stream("byte-order-mark", b"\xef\xbb\xbf" + lines(HI, YOU, STOP, DONE), 3, TEXT),
    stream("no-space-after-the-colon", lines(HI, YOU, STOP, DONE).replace(b"data: ", b"data:"), 3, TEXT),
    stream("no-done", lines(HI, YOU, STOP), 3, TEXT, done=False),
    stream("no-last-blank-line", lines(HI, YOU, STOP, DONE).rstrip(b"\n"), 3, TEXT),
    stream("done-twice", lines(HI, YOU, STOP, DONE, DONE), 3, TEXT),
    stream("pings", b": ping\n\nevent: ping\ndata: {}\n\n" + lines(HI, YOU, STOP, DONE), 3, TEXT),
    stream(
        "ids-and-retry", b"id: 1\nretry: 3000\n" + lines(HI) + b"id: 2\n" + lines(YOU, STOP, DONE), 3, TEXT
    ),
    stream(
        "every-field-null",
        lines(
            chunk(
                {
                    "role": None,
                    "content": "Good morning, ",
                    "tool_calls": None,
                    "refusal": None,
                    "reasoning_content": None,
                    "function_call": None,
                },
                usage=None,
                system_fingerprint=None,
            ),
            YOU,
            chunk({"content": None}),
            STOP,
            DONE,
        ),
        4,
        TEXT,
    ),
    stream(
        "obfuscation", lines(*({**each, "obfuscation": "xK3v9"} for each in (HI, YOU, STOP)), DONE), 3, TEXT
    ),
    stream(
        "empty-choices-first",
        lines(
            {
                "id": "",
                "object": "",
                "model": "",
                "choices": [],
                "prompt_filter_results": [{"prompt_index": 0}],
            },
            HI,
            YOU,
            STOP,
            DONE,
        ),
        4,
        TEXT,
    ),
    stream(
        "characters-cut-in-halves",
        lines(
            json.dumps(chunk({"content": "\ud83c"})), json.dumps(chunk({"content": "\udf0d!"})), STOP, DONE
        ),
        3,
        "🌍!",
    ),
    # Usage
    stream(
        "usage-in-a-chunk-of-its-own",
        lines(HI, YOU, STOP, {**STOP, "choices": [], "usage": USAGE}, DONE),
        4,
        TEXT,
        usage=USAGE,
    ),
    stream("usage-with-the-finish", lines(HI, YOU, {**STOP, "usage": USAGE}, DONE), 3, TEXT, usage=USAGE),
    stream(
        "usage-in-every-chunk",
        lines(
            {**HI, "usage": {**USAGE, "completion_tokens": 4, "total_tokens": 13}},
            {**YOU, "usage": USAGE},
            {**STOP, "usage": None},
            DONE,
        ),
        3,
        TEXT,
        usage=USAGE,
    ),
    stream(
        "usage-in-the-choice",
        lines(HI, YOU, {**STOP, "choices": [{**STOP["choices"][0], "usage": USAGE}]}, DONE),
        3,
        TEXT,
        usage=USAGE,
    ),
    stream(
        "usage-with-thinking",
        lines(
            HI,
            YOU,
            STOP,
            {**STOP, "choices": [], "usage": {**USAGE, "completion_tokens_details": {"reasoning_tokens": 5}}},
            DONE,
        ),
        4,
        TEXT,
        usage={**USAGE, "completion_tokens_details": {"reasoning_tokens": 5}},
    ),
    # Reasoning
    *(
        stream(
            f"reasoning-as-{name}",
            lines(chunk(delta), chunk({"content": "Yes."}), STOP, DONE),
            3,
            "Yes.",
            "Hm. ",
        )
        for name, delta in {
            "reasoning_content": {"reasoning_content": "Hm. ", "content": None},
            "reasoning": {"reasoning": "Hm. ", "content": ""},
            "both": {"reasoning": "Hm. ", "reasoning_content": "Hm. "},
            "parts": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm. "}]}]},
        }.items()
    ),
    # Tool calls
    *(
        stream(
            f"tool-call-{name}",
            lines(*events, chunk(finish="tool_calls"), DONE),
            len(events) + 1,
            tool_calls={"0": [CALL]},
            finish_reasons={"0": ["tool_calls"]},
        )
        for name, events in {
            "in-pieces": [
                call(index=0, id="call_1", type="function", function=named("look_up", "")),
                call(index=0, function={"arguments": '{"where":'}),
                call(index=0, function={"arguments": '"Köln"}'}),
            ],
            "in-one": [
                call(index=0, id="call_1", type="function", function=named("look_up", '{"where":"Köln"}'))
            ],
            "from-index-1": [
                call(index=1, id="call_1", type="function", function=named("look_up", None)),
                call(index=1, id="", function=named("", '{"where":"Köln"}')),
            ],
            "without-index": [
                call(id="call_1", type="function", function=named("look_up", '{"where":')),
                call(function={"arguments": '"Köln"}'}),
            ],
            "id-repeated": [
                call(index=0, id="call_1", type="function", function=named("look_up", '{"where":')),
                call(index=0, id="call_1", function={"name": "look_up", "arguments": '"Köln"}'}),
            ],
        }.items()
    ),
    stream(
        "two-choices",
        lines(
            chunk({"content": "Good "}),
            chunk({"content": "Bad"}, index=1),
            chunk({"content": "morning"}),
            chunk(finish="length", index=1),
            STOP,
            DONE,
        ),
        5,
        {"0": "Good morning", "1": "Bad"},
        finish_reasons={"0": ["stop"], "1": ["length"]},
    ),
    # Errors
    *(
        stream(
            f"error-{name}",
            lines(HI) + body,
            1,
            "Good morning, ",
            errors=[{"message": "too long", "code": code}],
        )
        for name, code, body in (
            ("in-an-event", "context_length_exceeded", lines({"error": REFUSED}, DONE)),
            ("by-its-name", "context_length_exceeded", b"event: error\n" + lines({"error": REFUSED}, DONE)),
            ("behind-the-events", "context_length_exceeded", json.dumps({"error": REFUSED}).encode()),
        )
    ),
)


def answer(name: str, message: dict[str, Any], *, finish: str = "stop", **more: Any) -> Made:
    """A plain answer, whose message says what a reader should find."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    body = {"id": "made-2", "object": "chat.completion", "model": "made", "choices": [choice], **more}
    calls = [{**call, **call["function"]} for call in message.get("tool_calls") or ()]
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    expect = {
        "text": {"0": message["content"]} if message.get("content") else {},
        "reasoning": {"0": reasoning} if reasoning else {},
        "tool_calls": {"0": calls} if calls else {},
        "refusal": {"0": message["refusal"]} if message.get("refusal") else {},
        "finish_reasons": {"0": [finish]},
        "usage": more.get("usage"),
    }
    return Made(f"chat/authored-{name}.json", json.dumps(body).encode(), expect)


WHOLE = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"where":"Köln"}'}}
ANSWERS = (
    answer("plain", {"content": TEXT}, usage=USAGE),
    answer(
        "nulls", {"content": TEXT, "refusal": None, "tool_calls": None, "reasoning_content": None}, usage=None
    ),
    answer("reasoning", {"content": "Yes.", "reasoning_content": "Hm. "}, usage=USAGE),
    answer("reasoning-other-name", {"content": "Yes.", "reasoning": "Hm. "}),
    answer("tool-call", {"content": None, "tool_calls": [WHOLE]}, finish="tool_calls", usage=USAGE),
    answer("refusal", {"content": None, "refusal": "I would rather not."}),
    answer("cut", {"content": "Good"}, finish="length", usage=USAGE),
)


def refusal(name: str, status: int, body: Any, **expect: Any) -> Made:
    text = body if isinstance(body, str) else json.dumps(body)
    return Made(
        f"errors/authored-{name}", text.encode(), {"json": not isinstance(body, str), **expect}, status
    )


PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
REFUSALS = (
    refusal("object.json", 400, {"error": REFUSED}, message="too long", code="context_length_exceeded"),
    refusal(
        "number.json",
        404,
        {"error": {"message": "no such model", "code": 404}},
        message="no such model",
        code=404,
    ),
    refusal("flat.json", 401, {"message": "no key", "code": "no_key"}, message="no key", code="no_key"),
    refusal("text.json", 403, {"error": "not for you"}, message="not for you"),
    refusal("detail.json", 422, {"detail": "what is this"}, message="what is this"),
    refusal("array.json", 400, [{"error": REFUSED}], message="too long", code="context_length_exceeded"),
    refusal("page.html", 502, PAGE),
)

MADE = (*STREAMS, *ANSWERS, *REFUSALS)
