"""No field is lost: text and any other field in one event, both arrive, in every way of reading.

Driven by the fields of the structs. A field without an entry here gets a value made from its type, and is
looked for under its own name in the answer: in the answer itself, its candidate, its content, the part with
the event's text. One that belongs elsewhere, or nowhere, needs an entry that says so; a new field that has
neither fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import APIStatusError
from gravitex_async.deltas import Delta
from gravitex_async.gemini import Candidate, Content, GenerateContentResponse, Part, UsageMetadata
from gravitex_async.gemini._wire import UNNAMED

from ..fields import empty_of, value_of
from ..ways import Reading, Wire, cuttings, read_all, serving, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

Struct = type[msgspec.Struct]
Field = msgspec.structs.FieldInfo
Tree = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire() -> AsyncIterator[Wire]:
    async with serving() as wire:
        yield wire


class Case(NamedTuple):
    """A value for a field, and what is to be found of it in the answer; ``...`` is the value itself."""

    value: Any
    found: Callable[[GenerateContentResponse], Any]
    wanted: Any = ...


def fields_of(*structs: Struct) -> list[tuple[Struct, Field]]:
    """All fields of the wire."""
    return [
        (each, field)
        for each in structs
        for field in msgspec.structs.fields(each)
        if field.encode_name != UNNAMED
    ]


def names(fields: list[tuple[Struct, Field]]) -> list[str]:
    return [f"{struct.__name__}.{field.name}" for struct, field in fields]


def _in(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


# Where the fields of a struct stand in an event, be it plain values or structs.
IN_EVENT: dict[Struct, Callable[[Any], Any]] = {
    GenerateContentResponse: lambda event: event,
    Candidate: lambda event: _in(event, "candidates")[0],
    Content: lambda event: _in(_in(event, "candidates")[0], "content"),
    Part: lambda event: _in(_in(_in(event, "candidates")[0], "content"), "parts")[0],
}
FIELDS = fields_of(*IN_EVENT)

# What holds the text: its cases are those of the fields inside, and of the usage below.
HOLDERS = {(GenerateContentResponse, "candidates"), (Candidate, "content"), (Content, "parts")}
LEAVES = [(struct, field) for struct, field in FIELDS if (struct, field.name) not in HOLDERS]

# What an answer has once: the first event that has it says it, and the others may repeat it or not.
HEAD = {"model_version", "create_time", "response_id", "model_status"}

CITATION = {"startIndex": 1, "endIndex": 5, "uri": "https://a.example", "title": "A", "license": "mit"}

CASES: dict[tuple[Struct, str], Case] = {
    (Candidate, "wire_index"): Case(2, lambda answer: [each.index for each in answer.candidates], [0, 2]),
    (Candidate, "finish_reason"): Case("MAX_TOKENS", lambda answer: answer.finish_reason),
    (Candidate, "citation_metadata"): Case(
        {"citationSources": [CITATION], "citations": [{**CITATION, "uri": "https://b.example"}]},
        lambda answer: answer.candidates[0].citation_metadata,
    ),
    (Content, "role"): Case("model", lambda answer: answer.candidates[0].content.role),  # type: ignore[union-attr]
    # What the texts have to be, ``said`` knows.
    (Part, "text"): Case("more ", lambda _: "more "),
    (Part, "thought"): Case(True, lambda _: True),
    (Part, "function_call"): Case(
        {"name": "f", "args": {"a": 1}, "id": "c1"}, lambda answer: answer.function_calls[0]
    ),
}


def case_of(struct: Struct, field: Field) -> Case:
    """The entry of the table, or the value that the type gives."""
    value = value_of(field.type, field.name)
    return CASES.get((struct, field.name)) or Case(value, FINDERS[struct](field.name))


def _part_with(name: str) -> Callable[[GenerateContentResponse], Any]:
    def find(answer: GenerateContentResponse) -> Any:
        (part,) = [part for part in answer.parts if getattr(part, name) is not None]
        assert part.text == ODD
        return getattr(part, name)

    return find


FINDERS: dict[Struct, Callable[[str], Callable[[GenerateContentResponse], Any]]] = {
    GenerateContentResponse: lambda name: lambda answer: getattr(answer, name),
    Candidate: lambda name: lambda answer: getattr(answer.candidates[0], name),
    Content: lambda name: lambda answer: getattr(answer.candidates[0].content, name),
    Part: _part_with,
}


# The stream: two dozen plain events, so that a read of all of them is a busy one, and an odd one among them

ODD = "odd one "
PLACES = {"first": 0, "middle": 14, "last": 29}
OF_USAGE = {"first": 0, "second": 1, "middle": 14, "last but one": 28, "last": 29}  # of a busy read, too
KINDS = [(thought, counted) for thought in (False, True) for counted in (False, True)]


def event(number: int, *, thought: bool, counted: bool) -> Tree:
    part: Tree = {
        "text": f"This is piece number {number} of an answer that is long enough to be read in one go. ",
        **({"thought": True} if thought else {}),
    }
    candidate = {"content": {"parts": [part], "role": "model"}, "index": 0}
    usage = {"promptTokenCount": 8, "candidatesTokenCount": 1 + number, "totalTokenCount": 9 + number}
    return {
        "candidates": [candidate], **({"usageMetadata": usage} if counted else {}),
        "modelVersion": "m", "responseId": "r",
    }  # fmt: skip


def stream_of(
    kind: tuple[bool, bool], place: str, change: Callable[[Tree], None], *, closes: bool = True
) -> list[Tree]:
    """The events of a stream with the event at *place* changed."""
    events = [event(number, thought=kind[0], counted=kind[1]) for number in range(30)]
    if closes:
        events[-1]["candidates"][0]["finishReason"] = "STOP"
    odd = events[OF_USAGE[place]]
    IN_EVENT[Part](odd)["text"] = ODD
    change(odd)
    return events


def encoded(events: list[Tree]) -> list[bytes]:
    return [b"data: %b\n\n" % msgspec.json.encode(event) for event in events]


def said(events: list[Tree]) -> dict[int, tuple[str, str]]:
    """Content and thoughts of each candidate, by a reading of the test's own."""
    found: dict[int, tuple[str, str]] = {}
    for candidate in (candidate for event in events for candidate in event["candidates"] or ()):
        content, thoughts = found.get(candidate["index"] or 0, ("", ""))
        for part in (candidate.get("content") or {}).get("parts") or ():
            if part.get("thought"):
                thoughts += part["text"] or ""
            else:
                content += part["text"] or ""
        found[candidate["index"] or 0] = (content, thoughts)
    return found


def counted(events: list[Tree]) -> Tree:
    """The last usage, and of those before it what it lacks; one that counts nothing is passed over."""
    found: Tree = {}
    for usage in (event.get("usageMetadata") or {} for event in events):
        if any(usage.get(name) for name in ("totalTokenCount", "promptTokenCount", "candidatesTokenCount")):
            found.update({name: value for name, value in usage.items() if value is not None})
    return found


def check(readings: list[Reading], events: list[Tree]) -> None:
    """Texts and counts are those of *events*; deltas and text join to what the accumulators hold."""
    wanted = said(events)
    for reading in readings:
        stream, answer = reading.stream, reading.answer
        assert {
            each.index: tuple(
                "".join(part.text or "" for part in each.parts if bool(part.thought) is thought)
                for thought in (False, True)
            )
            for each in answer.candidates
        } == wanted, reading.way
        assert (stream.content, stream.reasoning_content) == wanted.get(0, ("", ""))
        assert (msgspec.to_builtins(answer.usage_metadata) or {}) == counted(events)
        if reading.text is not None:
            assert reading.text == stream.content
        if reading.deltas is not None:
            for index, texts in wanted.items():
                joined = told(reading.deltas, index)
                assert (joined["content"], joined["reasoning"]) == texts
            mine = told(reading.deltas)
            assert mine["arguments"] == [call.arguments for call in stream.tool_calls]
            assert mine["finish_reason"] == stream.finish_reason
            usages = [delta.usage for delta in reading.deltas if delta.usage]
            assert len(usages) == sum(bool(event.get("usageMetadata")) for event in events)


def check_delta(deltas: list[Delta], name: str, value: Any, event: Tree) -> None:
    """One Delta has the text of *event*, and what the dialects share of the field beside it."""
    text = IN_EVENT[Part](event)["text"]
    (delta,) = [delta for delta in deltas if text in (delta.content, delta.reasoning_content)]
    thought = bool(IN_EVENT[Part](event).get("thought"))
    assert (delta.reasoning_content if thought else delta.content) == text
    assert (delta.content if thought else delta.reasoning_content) == ""
    assert delta.finish_reason == IN_EVENT[Candidate](event).get("finishReason")
    assert delta.index == (value if name == "wire_index" else 0)
    assert [call.name for call in delta.tool_calls] == (["f"] if name == "function_call" else [])
    usage = event.get("usageMetadata")
    assert delta.usage == (usage and msgspec.convert(usage, UsageMetadata).neutral())


def opened(wire: Wire) -> Any:
    return wire.client.gemini.generate_content_stream(model="gemini-2.5-flash", contents="hi")


async def test_the_tables_speak_of_fields_that_are_there() -> None:
    """An entry for a field that was renamed or removed would speak for no case."""
    known = {(struct, field.name) for struct, field in FIELDS}
    assert HOLDERS | set(CASES) <= known
    assert {name for _, name in known} >= HEAD


@pytest.mark.parametrize(("struct", "field"), LEAVES, ids=names(LEAVES))
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_text_and_a_field_in_one_event(
    wire: Wire, kind: tuple[bool, bool], place: str, struct: Struct, field: Field
) -> None:
    """Both reach the answer, the accumulators and the deltas, and the event is handed out as it was sent."""
    case = case_of(struct, field)
    events = stream_of(
        kind,
        place,
        lambda event: IN_EVENT[struct](event).update({field.encode_name: case.value}),
        closes=field.name != "finish_reason",
    )
    if field.name in HEAD:
        for each in events[: PLACES[place]]:
            each.pop(field.encode_name, None)
    if field.name == "wire_index":  # each candidate has to be finished
        other = 0 if place == "last" else case.value
        events[-1]["candidates"].append({"index": other, "finishReason": "STOP"})
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    assert readings[0].error is None, readings[0].error
    check(readings, events)
    for reading in readings:
        if reading.items is not None:
            sent = getattr(IN_EVENT[struct](reading.items[PLACES[place]]), field.name)
            assert msgspec.to_builtins(sent) == case.value, reading.way
        if reading.deltas is not None:
            check_delta(reading.deltas, field.name, case.value, events[PLACES[place]])
        # What is to be found of the usage, ``counted`` knows.
        if field.name != "usage_metadata":
            found = msgspec.to_builtins(case.found(reading.answer))
            assert found == (case.value if case.wanted is ... else case.wanted), reading.way


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=names(FIELDS))
@pytest.mark.parametrize("empty", [None, empty_of], ids=["null", "empty"])
@pytest.mark.parametrize("place", ["first", "middle"])
@pytest.mark.parametrize("kind", [(False, True), (True, False)], ids=str)
async def test_a_field_that_says_nothing(
    wire: Wire, kind: tuple[bool, bool], place: str, struct: Struct, field: Field, empty: Any
) -> None:
    """Costs nothing but what it would have said."""
    value = empty and empty(field.type)
    events = stream_of(kind, place, lambda event: IN_EVENT[struct](event).update({field.encode_name: value}))
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    assert readings[0].error is None, readings[0].error
    check(readings, events)
    assert readings[0].answer.finish_reason == "STOP"


USAGES = fields_of(UsageMetadata)


@pytest.mark.parametrize(("struct", "field"), USAGES, ids=names(USAGES))
@pytest.mark.parametrize("place", OF_USAGE)
@pytest.mark.parametrize("thought", [False, True])
@pytest.mark.parametrize("others", ["absent", "null"])
async def test_a_count_that_only_one_event_has(
    wire: Wire, others: str, thought: bool, place: str, struct: Struct, field: Field
) -> None:
    """Those behind it count other things: it stays."""
    events = stream_of((thought, True), place, lambda _: None)
    for each in events:
        each["usageMetadata"].pop(field.encode_name, None)
        if others == "null":
            each["usageMetadata"][field.encode_name] = None
    value = value_of(field.type, field.name)
    events[OF_USAGE[place]]["usageMetadata"][field.encode_name] = value
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    check(readings, events)
    for reading in readings:
        assert msgspec.to_builtins(getattr(reading.answer.usage_metadata, field.name)) == value, reading.way


@pytest.mark.parametrize("place", ["second", "middle", "last but one", "last"])
@pytest.mark.parametrize("thought", [False, True])
@pytest.mark.parametrize("more", [{}, {"thoughtsTokenCount": 0}, {"trafficType": "x"}], ids=str)
async def test_zeros_among_counts(wire: Wire, more: Tree, thought: bool, place: str) -> None:
    """Some backends send them last: what was counted before stays."""
    zeros = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0, **more}
    events = stream_of((thought, True), place, lambda event: event.update(usageMetadata=zeros))
    for each in events[OF_USAGE[place] + 1 :]:
        del each["usageMetadata"]
    check(await read_all(wire, lambda: opened(wire), cuttings(encoded(events))), events)


@pytest.mark.parametrize("missing", ["head", "role", "both"])
@pytest.mark.parametrize("place", ["second", "middle", "last"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_a_head_that_comes_late(wire: Wire, kind: tuple[bool, bool], place: str, missing: str) -> None:
    """Ids, names and the role are taken from whichever event has them first, text beside them or not."""
    head = {"createTime": "now", "modelStatus": {"stage": "new"}, "modelVersion": "m2", "responseId": "r2"}
    head = {} if missing == "role" else head
    events = stream_of(kind, place, lambda event: event.update(head))
    for each in events[: OF_USAGE[place]]:
        if missing != "role":
            del each["modelVersion"], each["responseId"]
        if missing != "head":
            del IN_EVENT[Content](each)["role"]
    if place != "last":
        del IN_EVENT[Content](events[-1])["role"]
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    check(readings, events)
    for reading in readings:
        found = msgspec.to_builtins(reading.answer)
        assert {name: found[name] for name in head} == head, reading.way
        assert found["candidates"][0]["content"]["role"] == "model"


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", ["modelVersion", "responseId", "createTime", "modelStatus"])
@pytest.mark.parametrize("before", ["absent", "null", "empty"])
async def test_a_head_that_changes(wire: Wire, kind: tuple[bool, bool], name: str, before: str) -> None:
    """What came first stays, whatever stood there before."""
    events = stream_of(kind, "middle", lambda _: None)
    for number, each in enumerate(events):
        each[name] = f"{number}" if number >= 5 else None if before == "null" else ""
        if number < 5 and before == "absent":
            del each[name]
    for reading in await read_all(wire, lambda: opened(wire), cuttings(encoded(events))):
        check([reading], events)
        assert msgspec.to_builtins(reading.answer)[name] == "5", reading.way


@pytest.mark.parametrize("struct", [Candidate, Content, Part, GenerateContentResponse, UsageMetadata])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_text_and_a_field_that_nobody_knows(
    wire: Wire, kind: tuple[bool, bool], place: str, struct: Struct
) -> None:
    """It is kept where it stood, but for usage; one of a part goes back with the part."""
    where = IN_EVENT.get(struct, lambda event: event.setdefault("usageMetadata", {}))
    events = stream_of(kind, place, lambda event: where(event).update(sealed="x"))
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    where(events[PLACES[place]]).pop("sealed")
    check(readings, events)
    if struct in (Candidate, Content, GenerateContentResponse):
        kept = [IN_EVENT[struct](reading.answer).extra for reading in readings]
        assert kept == [{"sealed": "x"}] * len(readings)
    if struct is Part:
        turns = [reading.answer.to_input()[0]["parts"] for reading in readings]
        assert all([part["text"] for part in turn if part.get("sealed") == "x"] == [ODD] for turn in turns)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_text_in_two_candidates_of_one_event(
    wire: Wire, kind: tuple[bool, bool], place: str, index: int
) -> None:
    """Each gets its own, and both times where it is one candidate twice."""

    def change(event: Tree) -> None:
        event["candidates"].append(
            {"index": 1, "content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}
        )

    events = stream_of(kind, place, change)
    check(await read_all(wire, lambda: opened(wire), cuttings(encoded(events))), events)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_two_parts_in_one_event(wire: Wire, kind: tuple[bool, bool], place: str) -> None:
    """Text, and a thought."""

    def change(event: Tree) -> None:
        IN_EVENT[Content](event)["parts"] += [{"text": "hm", "thought": True}, {"text": "said"}]

    events = stream_of(kind, place, change)
    check(await read_all(wire, lambda: opened(wire), cuttings(encoded(events))), events)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_text_and_an_error_in_one_event(wire: Wire, kind: tuple[bool, bool], place: str) -> None:
    """The text is kept, then it raises."""
    error = {"message": "the model is overloaded", "code": 503, "status": "UNAVAILABLE"}
    events = stream_of(kind, place, lambda event: event.update(error=error))
    readings = await read_all(wire, lambda: opened(wire), cuttings(encoded(events)))
    assert all(isinstance(reading.error, APIStatusError) for reading in readings)
    check(readings, events[: PLACES[place] + 1])


FLAT = {"message": "the model is overloaded", "code": 503, "status": "UNAVAILABLE"}


@pytest.mark.parametrize("error", [{"error": FLAT}, FLAT], ids=["nested", "flat"])
@pytest.mark.parametrize("place", ["second", "middle"])
async def test_an_error_in_place_of_an_event(wire: Wire, place: str, error: Tree) -> None:
    """It ends the stream there, and what had come is kept."""
    events = stream_of((False, True), place, lambda _: None)
    at = OF_USAGE[place]
    readings = await read_all(
        wire, lambda: opened(wire), cuttings(encoded([*events[:at], error, *events[at:]]))
    )
    for reading in readings:
        assert isinstance(reading.error, APIStatusError)
        assert reading.error.status == 503
    check(readings, events[:at])


# Plain answers, which may also come where a stream was asked for


@pytest.mark.parametrize(("struct", "field"), LEAVES, ids=names(LEAVES))
async def test_text_and_a_field_in_a_plain_answer(wire: Wire, struct: Struct, field: Field) -> None:
    """Asked for as such, or sent in place of a stream."""
    case = case_of(struct, field)
    body = event(0, thought=False, counted=True)
    body["candidates"][0]["finishReason"] = "STOP"
    IN_EVENT[Part](body)["text"] = ODD
    IN_EVENT[struct](body)[field.encode_name] = case.value
    pieces = [msgspec.json.encode(body)]
    wire.put(pieces, "application/json")
    answer = await wire.client.gemini.generate_content(model="gemini-2.5-flash", contents="hi")
    assert msgspec.to_builtins(getattr(IN_EVENT[struct](answer), field.name)) == case.value
    readings = await read_all(wire, lambda: opened(wire), [pieces])
    check(readings, [body])
    if field.name != "wire_index":
        assert all(reading.answer == answer for reading in readings)
