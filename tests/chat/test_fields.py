"""No field is lost: text and any other field in one event, both arrive, in every way of reading.

Driven by the fields of the structs. A field without an entry here gets a value made from its type, and is
looked for under its own name in the answer: in the answer itself, its choice, its message. One that belongs
elsewhere, or nowhere, needs an entry that says so; a new field that has neither fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import APIStatusError
from gravitex_async.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
)
from gravitex_async.chat._head import HEAD_FIELDS

from ..fields import empty_of, value_of
from ..ways import Reading, Wire, cuttings, read_all, serving, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

Struct = type[msgspec.Struct]
Tree = dict[str, Any]
MESSAGES = [{"role": "user", "content": "hi"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire() -> AsyncIterator[Wire]:
    async with serving() as wire:
        yield wire


def message(answer: ChatCompletion) -> ChatCompletionMessage:
    return answer.choices[0].message


class Case(NamedTuple):
    """A value for a field, and what is to be found of it in the answer; ``...`` is the value itself."""

    value: Any
    found: Callable[[ChatCompletion], Any]
    wanted: Any = ...
    raises: type[Exception] | None = None


# Where the fields of a struct stand in an event, and the fields of the same name in an answer.
IN_EVENT: dict[Struct, Callable[[Any], Any]] = {
    ChatCompletionChunk: lambda chunk: chunk,
    ChunkChoice: lambda chunk: _in(chunk, "choices")[0],
    ChoiceDelta: lambda chunk: _in(_in(chunk, "choices")[0], "delta"),
}
IN_ANSWER: dict[Struct, Callable[[ChatCompletion], Any]] = {
    ChatCompletionChunk: lambda answer: answer,
    ChunkChoice: lambda answer: answer.choices[0],
    ChoiceDelta: message,
}
FIELDS = [(struct, field) for struct in IN_EVENT for field in msgspec.structs.fields(struct)]

# What holds the text: its cases are those of the fields inside.
HOLDERS = {(ChatCompletionChunk, "choices"), (ChunkChoice, "delta")}
LEAVES = [(struct, field) for struct, field in FIELDS if (struct, field.name) not in HOLDERS]

# These say nothing that belongs into an answer.
NOWHERE = {
    (ChatCompletionChunk, "object"),  # an answer names its own kind
    (ChatCompletionChunk, "obfuscation"),  # padding
    (ChatCompletionChunk, "p"),
    (ChunkChoice, "token_ids"),
    (ChoiceDelta, "channel"),
    (ChoiceDelta, "token_id"),
    (ChoiceDelta, "token_ids"),
}

# What an answer has once: the first event that has it says it, and the others may repeat it or not.
HEAD = HEAD_FIELDS

USAGE = value_of(CompletionUsage, "usage")
CALL = {
    "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'},
    "extra_content": {"signed": "x"},
}  # fmt: skip
CUSTOM = {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "go"}}
DETAILS = [{"type": "reasoning.text", "text": "hm", "index": 0, "signature": "x"}]
PARTS = [
    {"type": "text", "text": "more "},
    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
]

CASES: dict[tuple[Struct, str], Case] = {
    (ChatCompletionChunk, "error"): Case(
        {"message": "out of tokens", "code": 402}, lambda _: None, None, raises=APIStatusError
    ),
    (ChatCompletionChunk, "usage"): Case(USAGE, lambda answer: answer.wire_usage),
    (ChatCompletionChunk, "citations"): Case(["https://a.test"], lambda answer: answer.wire_citations),
    (ChunkChoice, "index"): Case(2, lambda answer: [choice.index for choice in answer.choices], [0, 2]),
    (ChunkChoice, "usage"): Case(USAGE, lambda answer: answer.wire_usage),
    (ChoiceDelta, "name"): Case("Ada", lambda answer: message(answer).name),
    (ChoiceDelta, "role"): Case("assistant", lambda answer: message(answer).role),
    # What the texts have to be, ``said`` knows.
    (ChoiceDelta, "content"): Case(PARTS, lambda _: PARTS),
    (ChoiceDelta, "reasoning_content"): Case("hm", lambda _: "hm"),
    (ChoiceDelta, "reasoning"): Case("hm", lambda _: "hm"),
    (ChoiceDelta, "reasoning_details"): Case(DETAILS, lambda answer: message(answer).reasoning_details),
    (ChoiceDelta, "tool_calls"): Case(
        [{"index": 0, **CALL}, {"index": 1, **CUSTOM}],
        lambda answer: message(answer).tool_calls,
        [CALL, CUSTOM],
    ),
}


def case_of(struct: Struct, field: msgspec.structs.FieldInfo) -> Case:
    known = CASES.get((struct, field.name))
    if known is not None:
        return known
    value = value_of(field.type, field.name)
    if (struct, field.name) in NOWHERE:
        return Case(value, lambda _: None, None)
    return Case(value, lambda answer: getattr(IN_ANSWER[struct](answer), field.name))


def _in(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


# The stream: two dozen plain events, so that a read of all of them is a busy one, and an odd one among them


def event(kind: str, text: str, finish: str | None = None) -> Tree:
    choice: Tree = {"index": 0, "delta": {kind: text}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m", "choices": [choice]}


PLACES = {"first": 0, "middle": 14, "last": 29}


def stream_of(kind: str, place: str, change: Callable[[Tree], None], *, closes: bool = True) -> list[Tree]:
    """The events of a stream with the event at *place* changed."""
    events = [event(kind, f"This is piece number {number} of an answer. ") for number in range(30)]
    if closes:
        events[-1]["choices"][0]["finish_reason"] = "stop"
    change(events[PLACES[place]])
    return events


def encoded(events: list[Tree]) -> list[bytes]:
    payloads = [msgspec.json.encode(event) for event in events]
    return [*(b"data: %b\n\n" % payload for payload in payloads[:-1]),
            b"data: %b\n\ndata: [DONE]\n\n" % payloads[-1]]  # fmt: skip


def said(events: list[Tree]) -> dict[int, tuple[str, str]]:
    """Content and reasoning of each choice, by a reading of the test's own."""
    found: dict[int, tuple[str, str]] = {}
    for choice in (choice for event in events for choice in event["choices"] or ()):
        content, reasoning = found.get(choice["index"] or 0, ("", ""))
        delta = choice["delta"] or {}
        parts = delta.get("content") or ""
        details = "".join(detail["text"] for detail in delta.get("reasoning_details") or ())
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(parts, list):
            thought = thought or "".join(each["text"] for part in parts for each in part.get("thinking", ()))
            parts = "".join(part.get("text", "") for part in parts)
        found[choice["index"] or 0] = (content + parts, reasoning + (thought or details))
    return found


def check(readings: list[Reading], events: list[Tree]) -> None:
    """Texts are those of *events*; deltas and text join to what the accumulators hold."""
    wanted = said(events)
    for reading in readings:
        stream, answer = reading.stream, reading.answer
        assert {
            choice.index: (choice.message.text, choice.reasoning_content) for choice in answer.choices
        } == wanted, reading.way
        assert (stream.content, stream.reasoning_content) == wanted.get(0, ("", ""))
        if reading.text is not None:
            assert reading.text == stream.content
        if reading.deltas is not None:
            for index, texts in wanted.items():
                joined = told(reading.deltas, index)
                assert (joined["content"], joined["reasoning"]) == texts
            mine = told(reading.deltas)
            assert mine["refusal"] == stream.refusal
            assert mine["arguments"] == [call.arguments for call in stream.tool_calls]
            assert mine["finish_reason"] == stream.finish_reason
            usages = [delta.usage for delta in reading.deltas if delta.usage]
            assert usages[-1:] == ([stream.usage] if stream.usage.source == "server" else [])


def opened(wire: Wire) -> Any:
    return wire.client.chat.completions.stream(model="m", messages=MESSAGES)


def names(fields: list[tuple[Struct, msgspec.structs.FieldInfo]]) -> list[str]:
    return [f"{struct.__name__}.{field.name}" for struct, field in fields]


async def test_the_tables_speak_of_fields_that_are_there() -> None:
    """An entry for a field that was renamed or removed would speak for no case."""
    known = {(struct, field.name) for struct, field in FIELDS}
    assert NOWHERE | HOLDERS | set(CASES) <= known
    assert {name for _, name in known} >= HEAD


@pytest.mark.parametrize(("struct", "field"), LEAVES, ids=names(LEAVES))
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
async def test_text_and_a_field_in_one_event(
    wire: Wire, kind: str, place: str, struct: Struct, field: msgspec.structs.FieldInfo
) -> None:
    """Both reach the answer, the accumulators and the deltas, and the event is handed out as it was sent."""
    case = case_of(struct, field)
    where = IN_EVENT[struct]

    def change(event: Tree) -> None:
        where(event)[field.name] = case.value

    events = stream_of(kind, place, change, closes=field.name != "finish_reason")
    if field.name in HEAD:
        for each in events[: PLACES[place]]:
            each.pop(field.name, None)
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    if case.raises:
        assert all(isinstance(reading.error, case.raises) for reading in readings)
        check(readings, events[: PLACES[place] + 1])
        return
    assert readings[0].error is None, readings[0].error
    check(readings, events)
    for reading in readings:
        if reading.items is not None:
            sent = getattr(where(reading.items[PLACES[place]]), field.name)
            assert msgspec.to_builtins(sent) == case.value, reading.way
        found = msgspec.to_builtins(case.found(reading.answer))
        assert found == (case.value if case.wanted is ... else case.wanted), reading.way


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=names(FIELDS))
@pytest.mark.parametrize("empty", [None, empty_of], ids=["null", "empty"])
@pytest.mark.parametrize("place", ["first", "middle"])
@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
async def test_a_field_that_says_nothing(
    wire: Wire, kind: str, place: str, struct: Struct, field: msgspec.structs.FieldInfo, empty: Any
) -> None:
    """Costs nothing but what it would have said."""
    value = empty and empty(field.type)
    events = stream_of(kind, place, lambda event: IN_EVENT[struct](event).update({field.name: value}))
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    assert readings[0].error is None, readings[0].error
    check(readings, events)
    assert readings[0].answer.choices[0].finish_reason == "stop"


LATE = {name: value_of(field.type, name) for struct, field in FIELDS if (name := field.name) in HEAD}


@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("place", ["middle", "last"])
@pytest.mark.parametrize("before", ["absent", "null", "empty"])
async def test_a_head_that_comes_late(wire: Wire, kind: str, place: str, before: str) -> None:
    """Its fields are taken from whichever event has them first, text beside them or not."""
    events = stream_of(kind, place, lambda event: event.update(LATE))
    empty = dict.fromkeys(LATE) if before == "null" else {**dict.fromkeys(LATE, ""), "created": 0}
    for each in events[: PLACES[place]]:
        del each["id"], each["created"], each["model"]
        each.update({} if before == "absent" else empty)
    for reading in await read_all(wire, lambda: opened(wire), cuttings(encoded(events))):
        check([reading], events)
        found = msgspec.to_builtins(reading.answer)
        assert {name: found[name] for name in LATE} == LATE, reading.way


@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("name", LATE)
async def test_a_head_that_changes(wire: Wire, kind: str, name: str) -> None:
    """What came first stays: clocks tick, and gateways name another id or an alias at the end."""
    events = stream_of(kind, "middle", lambda _: None)
    for number, each in enumerate(events):
        if number < 5:
            each.pop(name, None)
        else:
            each[name] = number if name == "created" else f"{number}"
    for reading in await read_all(wire, lambda: opened(wire), cuttings(encoded(events))):
        check([reading], events)
        assert getattr(reading.answer, name) == (5 if name == "created" else "5"), reading.way


SAFE = {"filtered": False, "severity": "safe"}
FOUND: dict[str, list[Tree]] = {
    "the gravest": [{"hate": {"filtered": False, "severity": "medium"}}, {"hate": SAFE}],
    "what was filtered": [{"hate": {"filtered": True, "severity": "low"}}, {"hate": SAFE}, {}],
    "what was detected": [
        {"protected_material_text": {"detected": True, "filtered": False}},
        {"protected_material_text": {"detected": False, "filtered": False}},
    ],
    "other categories": [{"hate": SAFE}, {"violence": {"filtered": False, "severity": "high"}}],
}


@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("results", FOUND.values(), ids=FOUND)
async def test_a_filter_that_speaks_of_pieces(wire: Wire, kind: str, results: list[Tree]) -> None:
    """What it says of the whole is the gravest of what it said of the pieces."""
    events = stream_of(kind, "first", lambda _: None)
    for each in events[1:]:
        each["choices"][0]["content_filter_results"] = {"sexual": SAFE}
    for place, each in enumerate(results, PLACES["middle"]):
        events[place]["choices"][0]["content_filter_results"] = each
    wanted = {"sexual": SAFE, **{name: result for each in results[::-1] for name, result in each.items()}}
    for reading in await read_all(wire, lambda: opened(wire), cuttings(encoded(events))):
        check([reading], events)
        assert reading.answer.choices[0].content_filter_results == wanted, reading.way


@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("place", PLACES)
async def test_text_and_a_field_that_nobody_knows(wire: Wire, kind: str, place: str) -> None:
    """It goes back with the answer."""
    events = stream_of(kind, place, lambda event: IN_EVENT[ChoiceDelta](event).update(sealed="x"))
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    check(readings, events)
    assert all(reading.answer.to_input()[0]["sealed"] == "x" for reading in readings)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("place", PLACES)
async def test_text_in_two_choices_of_one_event(wire: Wire, kind: str, place: str, index: int) -> None:
    """Each gets its own, and both times where it is one choice twice."""

    def change(event: Tree) -> None:
        event["choices"].append({"index": index, "delta": {kind: "other"}, "finish_reason": "stop"})

    events = stream_of(kind, place, change)
    check(await read_all(wire, lambda: opened(wire), cuttings(encoded(events))), events)


# Plain answers, which may also come where a stream was asked for

IN_BODY: dict[Struct, Callable[[Any], Any]] = {
    ChatCompletion: lambda body: body,
    Choice: lambda body: _in(body, "choices")[0],
    ChatCompletionMessage: lambda body: _in(_in(body, "choices")[0], "message"),
}
PLAIN_HOLDERS = {(ChatCompletion, "choices"), (Choice, "message")}
PLAIN_LEAVES = [
    (struct, field)
    for struct in IN_BODY
    for field in msgspec.structs.fields(struct)
    if (struct, field.name) not in PLAIN_HOLDERS
]
PLAIN_VALUES: dict[tuple[Struct, str], Any] = {
    (Choice, "index"): 0,  # another one is not the choice that the accumulators speak of
    (ChatCompletionMessage, "role"): "assistant",
    (ChatCompletionMessage, "tool_calls"): [CALL, CUSTOM],
    (ChatCompletionMessage, "reasoning_details"): DETAILS,
    (ChatCompletionMessage, "content"): PARTS,
}


@pytest.mark.parametrize(("struct", "field"), PLAIN_LEAVES, ids=names(PLAIN_LEAVES))
async def test_text_and_a_field_in_a_plain_answer(
    wire: Wire, struct: Struct, field: msgspec.structs.FieldInfo
) -> None:
    """Asked for as such, or sent in place of a stream."""
    value = PLAIN_VALUES.get((struct, field.name)) or value_of(field.type, field.name)
    choice = {"index": 0, "message": {"role": "assistant", "content": "text"}, "finish_reason": "stop"}
    body: Tree = {"id": "c1", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice]}
    IN_BODY[struct](body)[field.encode_name] = value
    pieces = [msgspec.json.encode(body)]
    wire.put(pieces, "application/json")
    answer = await wire.client.chat.completions.create(model="m", messages=MESSAGES)
    assert msgspec.to_builtins(getattr(IN_BODY[struct](answer), field.name)) == value
    readings = await read_all(wire, lambda: opened(wire), [pieces])
    check(readings, [{"choices": [{"index": choice["index"], "delta": choice["message"]}]}])
    assert all(reading.answer == answer for reading in readings)
