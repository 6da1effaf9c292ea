"""The chat dialect: POST /v1/chat/completions, read into a question and written from answers.

Streams have the usual order (see "Chat chunks" in decoding/README.md): a role chunk for each choice,
reasoning, text, refusal, tool calls with their arguments in fragments, a finish chunk for each choice, usage,
``[DONE]``. Chunks of several choices alternate.

Like the real gateway it sends usage unless the client said ``include_usage: false``; a client that asked for
usage gets ``usage: null`` in the other chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from gravitex_async._json import dumps

from . import _answers
from ._answers import Answer, Question, TokenCounts, Tool
from ._errors import missing
from ._fields import array, integer, mapping, object_of, string, strings, text_of
from ._reply import Reply, document, events
from ._requests import check_chat

# A fixed moment (2026-01-01), so that the same question gives the same bytes.
CREATED = 1767225600
DONE = b"data: [DONE]\n\n"
_THINKERS = re.compile(r"deepseek-r1|reasoner|-thinking|(?<!non-)reasoning")


@dataclass(frozen=True)
class Envelope:
    """What all parts of one answer share."""

    serial: int
    model: str
    usage: TokenCounts
    include_usage: bool
    null_usage: bool
    inline_thinking: bool
    pace: float = 0.0

    @property
    def id(self) -> str:
        """The id of the completion."""
        return f"chatcmpl-local-{self.serial:06d}"


def read(body: Mapping[str, object]) -> Question:
    """Read a request body; raises ``Refused`` (400) with the gateway's words."""
    if not string(body, "model"):
        raise missing("model is required")
    if not body.get("messages"):
        raise missing("field messages is required")
    check_chat(body)
    messages = [object_of(message) for message in array(body, "messages")]
    last_user = max((i for i, m in enumerate(messages) if m.get("role") == "user"), default=-1)
    results = [text_of(m.get("content")) for m in messages[last_user + 1 :] if m.get("role") == "tool"]
    return Question(
        model=string(body, "model"),
        text=text_of(messages[last_user].get("content")) if last_user >= 0 else "",
        prompt="".join(text_of(m.get("content")) for m in messages),
        tools=tuple(_tools(body)),
        force_tool=_forced(body.get("tool_choice")),
        tool_results=tuple(results),
        thinking=_thinks(body),
        schema=_schema(mapping(body, "response_format")),
        n=max(1, integer(body, "n") or 1),
        max_tokens=integer(body, "max_completion_tokens") or integer(body, "max_tokens"),
        stop=strings(body.get("stop")),
        stream=body.get("stream") is True,
    )


def envelope(body: Mapping[str, object], question: Question, serial: int, usage: TokenCounts) -> Envelope:
    """How the answer to *body* is to be sent."""
    wanted = mapping(body, "stream_options").get("include_usage")
    inline = body.get("gravitex_thinking_to_content") or body.get("nebula_thinking_to_content")
    return Envelope(serial, question.model, usage, wanted is not False, wanted is True, bool(inline))


def write(question: Question, answers: Sequence[Answer], head: Envelope) -> Reply:
    """The reply: chunks when the client asked for a stream, else one completion."""
    if not question.stream:
        return replace(document(_whole(answers, head)), dialect="chat")
    frames = [b"data: %b\n\n" % dumps(chunk) for chunk in _chunks(answers, head)]
    return events([*frames, DONE], "chat", head.pace, lambda: dumps(_whole(answers, head)))


def usage_json(usage: TokenCounts) -> dict[str, object]:
    """Usage in the names of this dialect."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _tools(body: Mapping[str, object]) -> Iterator[Tool]:
    if body.get("tool_choice") == "none":
        return
    for tool in array(body, "tools"):
        function = mapping(object_of(tool), "function")
        if string(function, "name"):
            yield Tool(string(function, "name"), mapping(function, "parameters"))


def _forced(choice: object) -> bool | str:
    return string(mapping(choice, "function"), "name") if isinstance(choice, dict) else choice == "required"


def _thinks(body: Mapping[str, object]) -> bool:
    """Whether the request asks for thinking, in the way of any model family."""
    google = mapping(mapping(mapping(body, "extra_body"), "google"), "thinking_config")
    level = mapping(mapping(body, "generationConfig"), "thinkingConfig")
    kind = mapping(body, "thinking").get("type")
    if kind == "disabled" or body.get("reasoning_effort") == "none" or google.get("thinking_budget") == 0:
        return False
    # Like the real gateway: it switches Qwen's thinking off in plain calls, without a word.
    enabled = body.get("enable_thinking") in (True, "true") and body.get("stream") is True
    asked = kind or enabled or body.get("reasoning") or body.get("reasoning_effort") or google or level
    return bool(asked) or model_thinks(string(body, "model"))


def model_thinks(model: str) -> bool:
    """Whether the name alone says that a model thinks."""
    return bool(_THINKERS.search(model.lower()))


def _schema(form: Mapping[str, object]) -> Mapping[str, object] | None:
    if form.get("type") == "json_schema":
        return mapping(mapping(form, "json_schema"), "schema")
    return {"type": "object"} if form.get("type") == "json_object" else None


def _whole(answers: Sequence[Answer], head: Envelope) -> dict[str, object]:
    choices = [
        {"index": i, "message": _message(a), "logprobs": None, "finish_reason": a.finish_reason}
        for i, a in enumerate(answers)
    ]
    return {
        "id": head.id,
        "object": "chat.completion",
        "created": CREATED,
        "model": head.model,
        "choices": choices,
        "usage": usage_json(head.usage),
    }


def _message(answer: Answer) -> dict[str, object]:
    text = "".join(answer.text) + "".join(_markdown(image) for image in answer.images)
    message: dict[str, object] = {"role": "assistant", "content": text or None}
    if answer.reasoning:
        message["reasoning_content"] = "".join(answer.reasoning)
    if answer.refusal:
        message["refusal"] = "".join(answer.refusal)
    if answer.tool_calls:
        message["tool_calls"] = [_call(call) for call in answer.tool_calls]
    return message


def _call(call: _answers.ToolCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": "".join(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _markdown(image: bytes) -> str:
    return f"![image](data:image/png;base64,{_answers.base64_text(image)})"


def _chunks(answers: Sequence[Answer], head: Envelope) -> Iterator[dict[str, object]]:
    """Chunks of all choices, alternating, then the usage."""
    for row in zip_longest(*(_deltas(answer, head.inline_thinking) for answer in answers)):
        for index, delta in enumerate(row):
            if delta is not None:
                yield _chunk(head, [{"index": index, "delta": delta, "finish_reason": None}])
    for index, answer in enumerate(answers):
        yield _chunk(head, [{"index": index, "delta": {}, "finish_reason": answer.finish_reason}])
    if head.include_usage:
        yield {**_chunk(head, []), "usage": usage_json(head.usage)}


def _chunk(head: Envelope, choices: Sequence[Mapping[str, object]]) -> dict[str, object]:
    chunk: dict[str, object] = {
        "id": head.id,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": head.model,
        "choices": choices,
    }
    return {**chunk, "usage": None} if head.null_usage else chunk


def _deltas(answer: Answer, inline_thinking: bool) -> Iterator[Mapping[str, object]]:
    yield {"role": "assistant", "content": ""}
    yield from _inlined(answer) if inline_thinking else _thought(answer)
    yield from ({"content": _markdown(image)} for image in answer.images)
    yield from ({"refusal": text} for text in answer.refusal)
    for index, call in enumerate(answer.tool_calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": opening}]}
        for piece in call.arguments:
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _thought(answer: Answer) -> Iterator[Mapping[str, object]]:
    yield from ({"reasoning_content": text} for text in answer.reasoning)
    yield from ({"content": text} for text in answer.text)


def _inlined(answer: Answer) -> Iterator[Mapping[str, object]]:
    """Thinking within the content, as the gateway writes it: see "Reasoning" in decoding/README.md.

    Without content after it the tag is never closed.
    """
    for number, text in enumerate(answer.reasoning):
        yield {"content": text if number else f"<think>\n{text}"}
    if answer.reasoning and answer.text:
        yield {"content": "\n</think>\n"}
    yield from ({"content": text} for text in answer.text)
