"""The Responses dialect: POST /v1/responses and GET /v1/responses/{id}, read and written.

An answer is a list of items (reasoning, message, images, function calls). A plain answer lists them; a stream
opens, fills and closes one after the other (``_responses_events``). Answers are kept, so that they can be
retrieved, and their events replayed, after a stream broke off.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gravitex_async._json import dumps

from ._answers import Answer, Question, TokenCounts, Tool
from ._chat import CREATED, model_thinks
from ._errors import Refused, missing
from ._fields import array, integer, mapping, object_of, string, text_of
from ._reply import Reply, document, events, plain
from ._requests import check_responses
from ._responses_events import Item, items_of, official

# How many answers can still be retrieved.
KEPT = 100
# The fields of the request that a response repeats, and their defaults.
_ECHO: Mapping[str, object] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(frozen=True)
class Envelope:
    """What all parts of one answer share."""

    serial: int
    model: str
    usage: TokenCounts
    echo: Mapping[str, object]
    style: str = "official"
    pace: float = 0.0

    @property
    def id(self) -> str:
        """The id of the response."""
        return f"resp_local_{self.serial:06d}"


@dataclass
class Library:
    """The last answers: the response of each, and its events as they went over the wire."""

    _kept: OrderedDict[str, tuple[bytes, list[bytes]]] = field(default_factory=OrderedDict)

    def keep(self, id: str, whole: bytes, frames: list[bytes]) -> None:
        """Remember an answer; the oldest one is forgotten."""
        self._kept[id] = (whole, frames)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def retrieve(self, id: str, *, stream: bool, starting_after: int, pace: float) -> Reply:
        """The response as JSON, or its events behind number *starting_after*; raises a 404."""
        if id not in self._kept:
            raise Refused(404, f"Response with id '{id}' not found.", None, "invalid_request_error")
        whole, frames = self._kept[id]
        if stream:
            return events(frames[starting_after + 1 :], "responses", pace, lambda: whole)
        return replace(plain(whole), dialect="responses")


def read(body: Mapping[str, object]) -> Question:
    """Read a request body; raises ``Refused`` (400) with the gateway's words."""
    if not string(body, "model"):
        raise missing("model is required")
    if not body.get("input"):
        raise missing("input is required")
    check_responses(body)
    turns = list(_turns(body["input"]))
    last_user = max((i for i, (kind, _) in enumerate(turns) if kind == "user"), default=-1)
    return Question(
        model=string(body, "model"),
        text=turns[last_user][1] if last_user >= 0 else "",
        prompt=string(body, "instructions") + "".join(text for _, text in turns),
        tools=tuple(_tools(body)),
        force_tool=_forced(body.get("tool_choice")),
        tool_results=tuple(text for kind, text in turns[last_user + 1 :] if kind == "result"),
        thinking=_thinks(body),
        schema=_schema(mapping(mapping(body, "text"), "format")),
        max_tokens=integer(body, "max_output_tokens"),
        stream=body.get("stream") is True,
    )


def envelope(body: Mapping[str, object], question: Question, serial: int, usage: TokenCounts) -> Envelope:
    """How the answer to *body* is to be sent."""
    echo = {name: body.get(name, default) for name, default in _ECHO.items()}
    return Envelope(serial, question.model, usage, echo)


def write(question: Question, answers: Sequence[Answer], head: Envelope, library: Library) -> Reply:
    """The reply, whole or as events; kept in *library* either way."""
    items = list(items_of(answers[0], head.id))
    whole = response(head, *_status(answers[0]), [item.done for item in items])
    opening = response(head, "in_progress", None, [])
    frames = list(_frames(official(items, opening, whole)))
    library.keep(head.id, dumps(whole), frames)
    if not question.stream:
        return replace(document(whole), dialect="responses")
    if head.style == "documents":
        frames = list(_frames(_bare(items, answers[0], head, whole)))
    return events(frames, "responses", head.pace, lambda: dumps(whole))


def response(head: Envelope, status: str, details: object, output: Sequence[object]) -> dict[str, object]:
    """The response object in one of its states; usage is null until the end."""
    running = status == "in_progress"
    return {
        "id": head.id,
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": {"code": "server_error", "message": "The model failed"} if status == "failed" else None,
        "incomplete_details": details,
        "model": head.model,
        "output": output,
        **head.echo,
        "usage": None if running else usage_json(head.usage),
    }


def usage_json(usage: TokenCounts) -> dict[str, object]:
    """Usage in the names of this dialect."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def _turns(source: object) -> Iterator[tuple[str, str]]:
    """The input as (kind, text) in order; bare parts at the top level are the user's."""
    if isinstance(source, str):
        yield "user", source
    for item in array({"input": source}, "input"):
        fields = object_of(item)
        if fields.get("type") == "function_call_output":
            yield "result", text_of(fields.get("output"))
        elif str(fields.get("type", "")).startswith("input_"):
            yield "user", text_of(fields)
        else:
            yield string(fields, "role"), text_of(fields.get("content"))


def _tools(body: Mapping[str, object]) -> Iterator[Tool]:
    """Function tools, in OpenAI's flat form and in the nested form that Gravitex documents."""
    if body.get("tool_choice") == "none":
        return
    for tool in array(body, "tools"):
        function = mapping(object_of(tool), "function") or object_of(tool)
        if string(function, "name"):
            yield Tool(string(function, "name"), mapping(function, "parameters"))


def _forced(choice: object) -> bool | str:
    if isinstance(choice, dict):
        return string(choice, "name") or string(mapping(choice, "function"), "name")
    return choice == "required"


def _thinks(body: Mapping[str, object]) -> bool:
    reasoning = mapping(body, "reasoning")
    asked = reasoning or mapping(body, "thinking").get("type") == "enabled" or body.get("enable_thinking")
    return reasoning.get("effort") != "none" and (bool(asked) or model_thinks(string(body, "model")))


def _schema(form: Mapping[str, object]) -> Mapping[str, object] | None:
    if form.get("type") == "json_schema":
        return mapping(form, "schema")
    return {"type": "object"} if form.get("type") == "json_object" else None


def _status(answer: Answer) -> tuple[str, object]:
    reason = _INCOMPLETE.get(answer.finish_reason)
    if reason:
        return "incomplete", {"reason": reason}
    return "failed" if answer.finish_reason in ("error", "failed") else "completed", None


def _frames(stream: Iterator[Mapping[str, object]]) -> Iterator[bytes]:
    for event in stream:
        yield b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), dumps(event))


def _bare(
    items: Sequence[Item], answer: Answer, head: Envelope, whole: Mapping[str, object]
) -> Iterator[Mapping[str, object]]:
    """The short form that Gravitex documents: no items, no indices, no output at the end."""
    yield {"type": "response.created", "response": {"id": head.id, "status": "in_progress"}}
    for number, text in enumerate(answer.text, 1):
        yield {"type": "response.output_text.delta", "delta": text, "sequence_number": number}
    for item in items:
        if item.done["type"] == "function_call":
            yield {"type": "response.output_item.done", "item": item.done}
    end = {"id": head.id, "status": whole["status"], "usage": whole["usage"]}
    yield {"type": f"response.{whole['status']}", "response": end}
