"""Responses: names or none, texts that only "done" events bring, reasoning, calls, ends, errors."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ._made import Made, lines

__all__ = ["MADE"]

Event = dict[str, Any]
USAGE = {
    "input_tokens": 7,
    "output_tokens": 15,
    "total_tokens": 22,
    "input_tokens_details": {"cached_tokens": 2},
    "output_tokens_details": {"reasoning_tokens": 4},
}
HEAD = {"id": "resp_made", "object": "response", "model": "made"}
CREATED = {"type": "response.created", "response": {**HEAD, "status": "in_progress", "output": []}}


def message(text: str = "", **more: Any) -> Event:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": [part] if text else [], **more}


def thinking(text: str = "") -> Event:
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"type": "reasoning", "id": "rs_1", "summary": summary}


def call(arguments: str = "") -> Event:
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "look_up",
        "arguments": arguments,
    }


def event(kind: str, **fields: Any) -> Event:
    return {"type": f"response.{kind}", **fields}


def text(delta: str, index: int = 0, **more: Any) -> Event:
    return event(
        "output_text.delta", item_id="msg_1", output_index=index, content_index=0, delta=delta, **more
    )


def ended(*output: Event, status: str = "completed", **more: Any) -> Event:
    response = {**HEAD, "status": status, "output": list(output), "usage": USAGE, **more}
    return event(status, response=response)


def added(item: Event, index: int = 0) -> Event:
    return event("output_item.added", item=item, output_index=index)


def done(item: Event, index: int = 0) -> Event:
    return event("output_item.done", item=item, output_index=index)


def final(*output: Event, status: str = "completed", **more: Any) -> dict[str, Any]:
    """What a manifest says of the response that these items are."""
    texts = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    thoughts = [part["text"] for item in output if item["type"] == "reasoning" for part in item["summary"]]
    calls = [item for item in output if item["type"] == "function_call"]
    found = {
        "text": "".join(texts),
        "reasoning_summary": "".join(thoughts),
        "reasoning_text": "",
        "refusal": "",
        "function_calls": calls,
        "custom_tool_calls": [],
        "annotations": 0,
    }
    return {
        "final": found,
        "output_types": [item["type"] for item in output],
        "status": status,
        "model": "made",
        "usage": USAGE,
        **more,
    }


def stream(
    name: str, events: tuple[Event, ...], *output: Event, names: bool = True, end: str = "\n", **more: Any
) -> Made:
    """A stream of *events*, which is to read as *output*."""
    texts: dict[str, dict[str, str]] = {
        "text": {},
        "reasoning_summary": {},
        "reasoning_text": {},
        "refusal": {},
    }
    families = {"output_text": "text", "reasoning_summary_text": "reasoning_summary"}
    arguments: dict[str, str] = {}
    for each in events:
        family, _, kind = each["type"].removeprefix("response.").rpartition(".")
        if kind == "delta" and family in families:
            place = f"{each['output_index']}.{each.get('content_index', each.get('summary_index'))}"
            texts[families[family]][place] = texts[families[family]].get(place, "") + each["delta"]
        elif kind == "delta":
            place = f"{each['output_index']}"
            arguments[place] = arguments.get(place, "") + each["delta"]
    expect = {
        "event_types": dict(Counter(each["type"] for each in events)),
        **texts,
        "custom_tool_input": {},
        "function_call_arguments": {place: {"arguments": whole} for place, whole in arguments.items()},
        **final(*output),
        **more,
    }
    return Made(f"responses/authored-{name}.sse", lines(*events, end=end, names=names), expect)


TEXT = "Good morning, traveller."
HI, YOU = text("Good morning, "), text("traveller.")
SAID = message(TEXT)
ASKED = call('{"where":"Köln"}')
PIECES = tuple(
    event("function_call_arguments.delta", item_id="fc_1", output_index=0, delta=piece)
    for piece in ('{"where":', '"Köln"}')
)
THOUGHT = event("reasoning_summary_text.delta", item_id="rs_1", output_index=0, summary_index=0, delta="Hm.")
FAILURE = {"type": "error", "code": "server_error", "message": "fell over", "param": None}

STREAMS = (
    stream("named", (CREATED, added(message()), HI, YOU, done(SAID), ended(SAID)), SAID),
    stream("no-names", (CREATED, added(message()), HI, YOU, done(SAID), ended(SAID)), SAID, names=False),
    stream("crlf", (CREATED, added(message()), HI, YOU, done(SAID), ended(SAID)), SAID, end="\r\n"),
    stream("no-items", (CREATED, HI, YOU, ended()), SAID),
    stream("whole-only-at-the-end", (CREATED, ended(SAID)), SAID),
    stream("whole-only-in-the-item", (CREATED, added(message()), done(SAID), ended()), SAID),
    stream(
        "whole-only-in-the-text",
        (
            CREATED,
            event("output_text.done", item_id="msg_1", output_index=0, content_index=0, text=TEXT),
            ended(),
        ),
        SAID,
    ),
    stream(
        "obfuscation",
        (
            CREATED,
            text("Good morning, ", obfuscation="q8Z", logprobs=[]),
            text("traveller.", obfuscation="m"),
            ended(SAID),
        ),
        SAID,
    ),
    stream(
        "numbered",
        tuple(
            {**each, "sequence_number": 3 * number}
            for number, each in enumerate((CREATED, HI, YOU, ended(SAID)))
        ),
        SAID,
    ),
    stream(
        "reasoning",
        (
            CREATED,
            added(thinking()),
            THOUGHT,
            done(thinking("Hm.")),
            added(message(), 1),
            text("Yes.", 1),
            ended(thinking("Hm."), message("Yes.")),
        ),
        thinking("Hm."),
        message("Yes."),
    ),
    stream("function-call", (CREATED, added(call()), *PIECES, done(ASKED), ended(ASKED)), ASKED),
    stream("function-call-in-one", (CREATED, done(ASKED), ended(ASKED)), ASKED),
    stream(
        "unknown-events",
        (CREATED, event("weather.changed", wind=3), HI, YOU, event("tea.ready"), ended(SAID)),
        SAID,
    ),
    stream(
        "incomplete",
        (
            CREATED,
            HI,
            ended(
                message("Good morning, "),
                status="incomplete",
                incomplete_details={"reason": "max_output_tokens"},
            ),
        ),
        message("Good morning, "),
        status="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    ),
    stream(
        "error",
        (CREATED, HI, FAILURE),
        message("Good morning, "),
        errors=[{"message": "fell over", "code": "server_error"}],
    ),
)


def answer(name: str, *output: Event) -> Made:
    body = {**HEAD, "status": "completed", "output": list(output), "usage": USAGE, "tool_choice": "auto"}
    return Made(f"responses/authored-{name}.json", json.dumps(body).encode(), final(*output))


ANSWERS = (
    answer("plain", SAID),
    answer("reasoning", thinking("Hm."), message("Yes.")),
    answer("function-call", ASKED),
)

MADE = (*STREAMS, *ANSWERS)
