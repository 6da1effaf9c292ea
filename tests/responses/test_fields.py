"""No field is lost: text around any other event, both arrive, in every way of reading.

Driven by the fields of the event structs. A field either says where something stands (``PLACES``), or it has
an entry that says where it is to be found, or that it goes nowhere; a new field or event without one fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import APIStatusError
from gravitex_async.responses import MessageItem, Response, ResponsesEvent
from gravitex_async.responses import _events as e
from gravitex_async.responses import _tool_events as te
from gravitex_async.responses._decode import EVENT_TYPES
from gravitex_async.responses._open import wire_form

from ..fields import value_of
from ..ways import Reading, Wire, cuttings, read_all, serving, told
from .wire import USAGE, Event, added, frame, message, text

pytestmark = pytest.mark.asyncio(loop_scope="module")

Field = msgspec.structs.FieldInfo
Kind = type[ResponsesEvent]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire() -> AsyncIterator[Wire]:
    async with serving() as wire:
        yield wire


class Case(NamedTuple):
    """A value for a field, and what is to be found of it in the answer; ``...`` is the value itself."""

    value: Any
    found: Callable[[Response], Any]
    wanted: Any = ...


# These say where something stands, and which event it is.
PLACES = {
    "item_id": "odd", "output_index": 1, "content_index": 0, "summary_index": 0, "command_index": 0,
    "annotation_index": 0, "partial_image_index": 0, "sequence_number": 99, "response_id": "resp_1",
}  # fmt: skip

# These say nothing that belongs into an answer.
NOWHERE: set[tuple[Kind, str]] = {
    *((kind, "obfuscation") for kind in EVENT_TYPES.values() if "obfuscation" in kind.__struct_fields__),
    (e.OutputTextDeltaEvent, "logprobs"),  # of the one piece; the "done" event has those of the text
    (e.ReasoningSummaryPartDoneEvent, "status"),
    (te.AudioDeltaEvent, "delta"),  # an answer has no place for audio: it is only handed out
    (te.AudioTranscriptDeltaEvent, "delta"),
    # These end the stream, see ``test_the_events_that_raise``.
    *((e.ErrorEvent, name) for name in ("code", "message", "param", "error", "response")),
    (e.FailedEvent, "response"),
}

PART = {"type": "output_text", "text": "odd", "annotations": []}
SUMMARY = {"type": "summary_text", "text": "hm"}
NOTE = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
CALL = {"type": "function_call", "id": "odd", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
OUTPUT = [{"stdout": "out", "stderr": "err", "outcome": {"type": "exit", "exit_code": 0}}]
RESPONSE = {"id": "resp_1", "status": "in_progress", "metadata": {"a": "b"}}
IMAGE = ("background", "output_format", "quality", "size")


def item(answer: Response) -> Any:
    """The item at the odd event's place."""
    return answer.output[1]


def part(answer: Response) -> Any:
    return item(answer).content[0]


def summary(answer: Response) -> Any:
    return item(answer).summary[0]


def metadata(answer: Response) -> Any:
    return answer.metadata


CASES: dict[tuple[Kind, str], Case] = {
    **{
        (kind, "response"): Case(RESPONSE, metadata, {"a": "b"})
        for kind in (e.CreatedEvent, e.QueuedEvent, e.InProgressEvent, e.CompletedEvent, e.IncompleteEvent)
    },
    **{
        (kind, "item"): Case(CALL, lambda answer: wire_form(item(answer)))
        for kind in (e.OutputItemAddedEvent, e.OutputItemDoneEvent)
    },
    **{
        (kind, "part"): Case(PART, lambda answer: wire_form(part(answer)))
        for kind in (e.ContentPartAddedEvent, e.ContentPartDoneEvent)
    },
    **{
        (kind, "part"): Case(SUMMARY, lambda answer: wire_form(summary(answer)))
        for kind in (e.ReasoningSummaryPartAddedEvent, e.ReasoningSummaryPartDoneEvent)
    },
    (e.OutputTextDeltaEvent, "delta"): Case("odd", lambda answer: part(answer).text),
    (e.OutputTextDoneEvent, "text"): Case("odd", lambda answer: part(answer).text),
    (e.OutputTextDoneEvent, "logprobs"): Case([{"token": "odd"}], lambda answer: part(answer).logprobs),
    (e.OutputTextAnnotationAddedEvent, "annotation"): Case(
        NOTE, lambda answer: wire_form(part(answer).annotations[0])
    ),
    (e.RefusalDeltaEvent, "delta"): Case("no", lambda answer: part(answer).refusal),
    (e.RefusalDoneEvent, "refusal"): Case("no", lambda answer: part(answer).refusal),
    (e.ReasoningTextDeltaEvent, "delta"): Case("hm", lambda answer: part(answer).text),
    (e.ReasoningTextDoneEvent, "text"): Case("hm", lambda answer: part(answer).text),
    (e.ReasoningSummaryTextDeltaEvent, "delta"): Case("hm", lambda answer: summary(answer).text),
    (e.ReasoningSummaryTextDoneEvent, "text"): Case("hm", lambda answer: summary(answer).text),
    (e.FunctionCallArgumentsDeltaEvent, "delta"): Case("{}", lambda answer: item(answer).arguments),
    (e.FunctionCallArgumentsDoneEvent, "arguments"): Case("{}", lambda answer: item(answer).arguments),
    (e.FunctionCallArgumentsDoneEvent, "name"): Case("f", lambda answer: item(answer).name),
    (e.CustomToolCallInputDeltaEvent, "delta"): Case("go", lambda answer: item(answer).input),
    (e.CustomToolCallInputDoneEvent, "input"): Case("go", lambda answer: item(answer).input),
    (te.CodeInterpreterCallCodeDeltaEvent, "delta"): Case("1+1", lambda answer: item(answer).code),
    (te.CodeInterpreterCallCodeDoneEvent, "code"): Case("1+1", lambda answer: item(answer).code),
    (te.McpCallArgumentsDeltaEvent, "delta"): Case("{}", lambda answer: item(answer).arguments),
    (te.McpCallArgumentsDoneEvent, "arguments"): Case("{}", lambda answer: item(answer).arguments),
    (te.ImageGenerationCallPartialImageEvent, "partial_image_b64"): Case(
        "aGk=", lambda answer: item(answer).result
    ),
    **{
        (te.ImageGenerationCallPartialImageEvent, name): Case(
            f"the {name}", lambda answer, name=name: getattr(item(answer), name)
        )
        for name in IMAGE
    },
    (te.ShellCallCommandAddedEvent, "command"): Case("ls", lambda answer: item(answer).action.commands[0]),
    (te.ShellCallCommandDeltaEvent, "delta"): Case("ls", lambda answer: item(answer).action.commands[0]),
    (te.ShellCallCommandDoneEvent, "command"): Case("ls", lambda answer: item(answer).action.commands[0]),
    (te.ShellCallOutputContentDeltaEvent, "delta"): Case(
        {"stdout": "out", "stderr": "err"},
        lambda answer: {name: getattr(item(answer).output[0], name) for name in ("stdout", "stderr")},
    ),
    (te.ShellCallOutputContentDoneEvent, "output"): Case(
        OUTPUT, lambda answer: msgspec.to_builtins(item(answer).output)
    ),
}

FIELDS = [(kind, field) for kind in EVENT_TYPES.values() for field in msgspec.structs.fields(kind)]


def values_of(kind: Kind) -> Event:
    """An event of *kind* with a value in every field."""
    found: Event = {"type": str(kind.__struct_config__.tag)}
    for field in msgspec.structs.fields(kind):
        if field.name == "error":
            continue  # raises, in whichever event it comes: see ``test_text_and_an_error_in_one_event``
        if (kind, field.name) in CASES:
            found[field.name] = CASES[kind, field.name].value
        elif field.name in PLACES:
            found[field.name] = PLACES[field.name]
        elif (kind, field.name) in NOWHERE:
            found[field.name] = value_of(field.type, field.name)
        else:
            pytest.fail(f"{kind.__name__}.{field.name}: say where it is to be found, or that it goes nowhere")
    return found


# The stream: two dozen pieces of text, so that a read of them is a busy one, and an odd event among them

TEXTS = [f"piece number {number} " for number in range(28)]
ODD_AT = 16


def piece(number: int) -> Event:
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    return text(TEXTS[number], **place, sequence_number=number, obfuscation="x" * 9)


def stream_of(*odd: Event) -> list[Event]:
    """The head, the pieces with *odd* among them, and an end that repeats no text."""
    head = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "model": "m"}},
        added(message("m"), 0),
    ]
    pieces = [piece(number) for number in range(len(TEXTS))]
    end = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "usage": USAGE}}
    return [*head, *pieces[: ODD_AT - 2], *odd, *pieces[ODD_AT - 2 :], end]


def opened(wire: Wire) -> Any:
    return wire.client.responses.stream(model="m", input="hi")


async def readings_of(wire: Wire, events: list[Event], *, names: bool = True) -> list[Reading]:
    return await read_all(
        wire, lambda: opened(wire), cuttings([frame(event, names=names) for event in events], head=2)
    )


def check(readings: list[Reading]) -> None:
    """The text is whole, and the deltas join to what the accumulators hold."""
    for reading in readings:
        stream, answer = reading.stream, reading.answer
        assert reading.error is None, reading.error
        assert isinstance(answer.output[0], MessageItem)
        assert answer.output[0].text == "".join(TEXTS), reading.way
        assert (stream.content, stream.reasoning_content) == (answer.output_text, answer.reasoning_content)
        # A second text is told when it comes, and stands behind the first.
        if reading.text is not None:
            assert sorted(reading.text) == sorted(stream.content)
        if reading.deltas is not None:
            joined = told(reading.deltas)
            assert sorted(joined["content"]) == sorted(stream.content)
            assert joined["reasoning"] == stream.reasoning_content
            assert joined["refusal"] == stream.refusal
            assert joined["arguments"] == [call.arguments for call in stream.tool_calls]
            assert joined["finish_reason"] == stream.finish_reason
            assert reading.deltas[-1].usage == stream.usage
        assert stream.usage.total_tokens == USAGE["total_tokens"]


async def test_the_tables_speak_of_fields_that_are_there() -> None:
    """An entry for a field that was renamed or removed would speak for no case."""
    known = {(kind, field.name) for kind, field in FIELDS}
    assert NOWHERE | set(CASES) <= known
    assert {name for _, name in known} >= set(PLACES)


LAST = {e.CompletedEvent, e.IncompleteEvent, e.FailedEvent, e.ErrorEvent}
AMONG = [kind for kind in EVENT_TYPES.values() if kind not in LAST]


@pytest.mark.parametrize("kind", AMONG, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("names", [True, False])
async def test_text_around_an_event(wire: Wire, kind: Kind, names: bool) -> None:
    """The text is whole, each field of the event is found, and the event is handed out as it was sent."""
    sent = values_of(kind)
    silent = kind is e.KeepaliveEvent and names  # one that says so in its name is no item
    readings = await readings_of(wire, stream_of(sent), names=names)
    check(readings)
    for reading in readings:
        if reading.items is not None:
            event = reading.items[ODD_AT]
            for field in () if silent else msgspec.structs.fields(kind):
                assert _plain(getattr(event, field.name)) == sent.get(field.name), (reading.way, field.name)
        for (struct, name), case in CASES.items():
            if struct is kind:
                wanted = case.value if case.wanted is ... else case.wanted
                assert case.found(reading.answer) == wanted, (reading.way, name)


def _plain(value: Any) -> Any:
    if isinstance(value, Response):
        return {name: each for name, each in msgspec.to_builtins(value).items() if each != []}
    return wire_form(value)


NULLS = [(kind, field) for kind, field in FIELDS if kind not in LAST]


OWN = {"item_id": "m", "output_index": 0, "content_index": 0}
LIKE_A_PIECE = [
    *(str(kind.__struct_config__.tag) for kind, field in FIELDS
      if (field.name, field.type) == ("delta", str) and kind is not e.OutputTextDeltaEvent),
    "response.odd.delta",  # nobody knows these two
    "odd",
]  # fmt: skip


@pytest.mark.parametrize("kind", LIKE_A_PIECE)
@pytest.mark.parametrize("names", [True, False])
async def test_text_around_an_event_that_looks_like_it(wire: Wire, kind: str, names: bool) -> None:
    """Its own type alone says what it is: of another type, at the same place, it is no piece of the text."""
    sent = {"type": kind, **OWN, "delta": "<odd>", "sequence_number": 99}
    readings = await readings_of(wire, stream_of(sent), names=names)
    for reading in readings:
        assert reading.error is None, (reading.way, reading.error)
        assert reading.stream.content.replace("<odd>", "") == "".join(TEXTS), reading.way
        if kind not in EVENT_TYPES:
            assert reading.stream.content == "".join(TEXTS), reading.way
        if reading.deltas is not None:
            joined = told(reading.deltas)
            assert (joined["content"], joined["reasoning"]) == (
                reading.stream.content, reading.stream.reasoning_content,
            ), reading.way  # fmt: skip
        if reading.items is not None:
            event = reading.items[ODD_AT]
            assert event.sequence_number == 99
            if kind not in EVENT_TYPES:
                assert isinstance(event, e.UnknownEvent)
                assert (event.type, msgspec.json.decode(event.raw)) == (kind, sent)


@pytest.mark.parametrize(
    ("kind", "field"), NULLS, ids=[f"{kind.__name__}.{field.name}" for kind, field in NULLS]
)
async def test_a_field_that_is_null(wire: Wire, kind: Kind, field: Field) -> None:
    """Costs nothing but what it would have said."""
    check(await readings_of(wire, stream_of({**values_of(kind), field.name: None})))


async def test_the_last_event(wire: Wire) -> None:
    """What the response at the end says of itself, each field of it, is in the answer."""
    fields = [
        f
        for f in msgspec.structs.fields(Response)
        if f.name not in ("output", "error", "status", "wire_usage")
    ]
    said = {field.encode_name: value_of(field.type, field.name) for field in fields} | {"usage": USAGE}
    for status in ("completed", "incomplete"):
        events = stream_of()
        events[-1] = {"type": f"response.{status}", "response": {**said, "status": status}}
        for reading in await readings_of(wire, events):
            assert reading.error is None
            assert reading.answer.output_text == "".join(TEXTS)
            found = reading.answer.to_dict()
            assert {name: found[name] for name in said} == said


@pytest.mark.parametrize("kind", [e.ErrorEvent, e.FailedEvent])
@pytest.mark.parametrize("names", [True, False])
async def test_the_events_that_raise(wire: Wire, kind: Kind, names: bool) -> None:
    """What had arrived is kept, and the error says what the event says."""
    error = {"code": "server_error", "message": "upstream fell over"}
    told = {"response": {"status": "failed", "error": error}} if kind is e.FailedEvent else error
    events = stream_of({"type": str(kind.__struct_config__.tag), **told})
    for reading in await readings_of(wire, events, names=names):
        assert isinstance(reading.error, APIStatusError)
        assert (reading.error.message, reading.error.code) == ("upstream fell over", "server_error")
        assert reading.stream.content == "".join(TEXTS[: ODD_AT - 2])


@pytest.mark.parametrize("names", [True, False])
async def test_text_and_an_error_in_one_event(wire: Wire, names: bool) -> None:
    """The text is kept, then it raises."""
    error = {"code": "server_error", "message": "upstream fell over"}
    events = stream_of({**piece(0), "delta": "odd", "error": error})
    for reading in await readings_of(wire, events, names=names):
        assert isinstance(reading.error, APIStatusError)
        assert reading.error.message == "upstream fell over"
        assert reading.stream.content == "".join(TEXTS[: ODD_AT - 2]) + "odd", reading.way
        if reading.deltas is not None:
            assert told(reading.deltas)["content"] == reading.stream.content


@pytest.mark.parametrize("kind", ["odd", "response.odd"])
async def test_an_error_in_an_event_nobody_knows(wire: Wire, kind: str) -> None:
    """It raises, and what had come is kept."""
    error = {"code": "server_error", "message": "upstream fell over"}
    for reading in await readings_of(wire, stream_of({"type": kind, "error": error}), names=False):
        assert isinstance(reading.error, APIStatusError)
        assert (reading.error.message, reading.error.code) == ("upstream fell over", "server_error")
        assert reading.stream.content == "".join(TEXTS[: ODD_AT - 2])


# Deltas that differ from their neighbours in one field

PIECE = [field for field in msgspec.structs.fields(e.OutputTextDeltaEvent) if field.name != "error"]


@pytest.mark.parametrize("field", PIECE, ids=lambda field: field.name)
@pytest.mark.parametrize("form", ["value", "null", "absent"])
async def test_a_piece_of_text_with_another_field(wire: Wire, field: Field, form: str) -> None:
    """It goes to the place it names, or to that of its neighbours."""
    values = {**values_of(e.OutputTextDeltaEvent), "content_index": 1, "delta": "odd "}
    odd = {**piece(0), "delta": "odd ", field.name: values[field.name] if form == "value" else None}
    if form == "absent":
        del odd[field.name]
    if field.name == "output_index" and form == "value":
        odd["item_id"] = "odd"  # an item of its own has an id of its own
    said = odd.get("delta") or ""
    elsewhere = form == "value" and field.name in ("output_index", "content_index")
    among = "".join([*TEXTS[: ODD_AT - 2], "" if elsewhere else said, *TEXTS[ODD_AT - 2 :]])
    for reading in await readings_of(wire, stream_of(odd)):
        assert reading.error is None, reading.error
        texts = [each.text for item in reading.answer.output for each in item.content]
        assert texts == [among, said] if elsewhere else [among], reading.way
        if reading.items is not None and form == "value":
            assert getattr(reading.items[ODD_AT], field.name) == odd[field.name]
        if reading.deltas is not None:
            assert "".join(TEXTS[: ODD_AT - 2]) + said + TEXTS[ODD_AT - 2] in told(reading.deltas)["content"]


DELTAS = [kind for kind in EVENT_TYPES.values() if (kind, "delta") in CASES]
WITH_ANOTHER = [
    (kind, field) for kind, field in FIELDS if kind in DELTAS and field.name not in ("delta", "error")
]


@pytest.mark.parametrize(
    ("kind", "field"), WITH_ANOTHER, ids=[f"{kind.__name__}.{field.name}" for kind, field in WITH_ANOTHER]
)
async def test_a_delta_and_one_other_field(wire: Wire, kind: Kind, field: Field) -> None:
    """Both arrive: the piece in the answer and in the deltas, and the field on the event."""
    values = values_of(kind)
    place = {"output_index": 1, "item_id": "odd"}
    odd = {"type": values["type"], **place, "delta": values["delta"], field.name: values[field.name]}
    readings = await readings_of(wire, stream_of(odd))
    check(readings)
    case = CASES[kind, "delta"]
    for reading in readings:
        wanted = values["delta"] if case.wanted is ... else case.wanted
        assert case.found(reading.answer) == wanted, reading.way
        if reading.items is not None:
            assert _plain(getattr(reading.items[ODD_AT], field.name)) == values[field.name], reading.way
            assert _plain(reading.items[ODD_AT].delta) == values["delta"], reading.way


@pytest.mark.parametrize("kind", DELTAS, ids=lambda kind: kind.__name__)
async def test_a_delta_and_an_error_in_one_event(wire: Wire, kind: Kind) -> None:
    """Whatever the delta is of, it arrives, and then the error raises."""
    error = {"code": "server_error", "message": "upstream fell over"}
    case = CASES[kind, "delta"]
    for reading in await readings_of(wire, stream_of({**values_of(kind), "error": error})):
        assert isinstance(reading.error, APIStatusError)
        assert reading.error.message == "upstream fell over"
        assert case.found(reading.answer) == case.value, reading.way
        assert reading.stream.content.startswith("".join(TEXTS[: ODD_AT - 2])), reading.way


THOUGHTS = {
    "response.reasoning_text.delta": "content_index",
    "response.reasoning_summary_text.delta": "summary_index",
}


@pytest.mark.parametrize(("kind", "index"), THOUGHTS.items())
@pytest.mark.parametrize("odd", [None, "part", "output_index", "kind"])
async def test_a_piece_of_thinking_with_another_field(
    wire: Wire, kind: str, index: str, odd: str | None
) -> None:
    """Another part or item is a paragraph of its own; another kind of thinking has a place of its own."""

    def thought(number: int) -> Event:
        place = {"item_id": "r", "output_index": 1, index: 0}
        return {"type": kind, **place, "delta": TEXTS[number], "sequence_number": number, "obfuscation": "x"}

    changed = {**thought(0), "delta": "odd "}
    if odd == "part":
        changed[index] = 1
    elif odd == "output_index":
        changed.update(output_index=3, item_id="odd")
    elif odd == "kind":
        (changed["type"],) = THOUGHTS.keys() - {kind}
        changed[THOUGHTS[changed["type"]]] = changed.pop(index)
    thoughts = [thought(number) for number in range(len(TEXTS))]
    events = stream_of()
    events[2:-1] = [*thoughts[:14], changed, *thoughts[14:]]
    apart = odd is not None
    among = "".join([*TEXTS[:14], "" if apart else changed["delta"], *TEXTS[14:]])
    for reading in await readings_of(wire, events):
        assert reading.error is None, reading.error
        texts = [each for item in reading.answer.output[1:] for each in item.texts]
        assert sorted(texts) == sorted([among, "odd "] if apart else [among]), reading.way
        if reading.deltas is not None:
            pieces = [*TEXTS[:14], ("\n\n" if apart else "") + changed["delta"], *TEXTS[14:]]
            assert [delta.reasoning_content for delta in reading.deltas if delta.reasoning_content] == list(
                filter(None, pieces)
            )


# Events about the very text that the pieces add to

SO_FAR = "".join(TEXTS[: ODD_AT - 2])
ABOUT_THE_TEXT = {
    "its whole text": {"type": "response.output_text.done", **OWN, "text": SO_FAR},
    "its part": {"type": "response.content_part.done", **OWN, "part": {**PART, "text": SO_FAR}},
    "its part again": {"type": "response.content_part.added", **OWN, "part": {**PART, "text": ""}},
    "its item": {"type": "response.output_item.done", "output_index": 0, "item": message("m", SO_FAR)},
    "an annotation": {"type": "response.output_text.annotation.added", **OWN, "annotation": NOTE},
}


@pytest.mark.parametrize("odd", ABOUT_THE_TEXT.values(), ids=ABOUT_THE_TEXT)
async def test_text_behind_an_event_about_it(wire: Wire, odd: Event) -> None:
    """It goes on where it was."""
    check(await readings_of(wire, stream_of(odd)))


async def test_pieces_that_are_told_by_their_item_alone(wire: Wire) -> None:
    """Two messages at once, from a gateway that gives no index."""
    events = stream_of(*(added(message("n")) for _ in range(1)))
    for number, each in enumerate(events[2:-1]):
        each.pop("output_index", None)
        if number % 3 == 1 and "delta" in each:
            each["item_id"] = "n"
    for reading in await readings_of(wire, events):
        assert reading.error is None
        for item in reading.answer.output:
            mine = [each["delta"] for each in events if each.get("item_id") == item.id]
            assert item.text == "".join(mine), (reading.way, item.id)


async def test_the_number_of_the_last_event(wire: Wire) -> None:
    """It is the last one's that has a number, however the events were read."""
    events = stream_of()
    for reading in await readings_of(wire, events):
        assert reading.stream.sequence_number == len(TEXTS) - 1, reading.way


# Busy reads one after another, each of one text

SUMMARY_PIECE = {"type": "response.reasoning_summary_text.delta", "item_id": "r", "output_index": 0}
THOUGHT_PIECE = {"type": "response.reasoning_text.delta", "item_id": "r", "output_index": 0}
TEXT_PIECE = {"type": "response.output_text.delta", "item_id": "m", "output_index": 1}
CALL_PIECE = {"type": "response.function_call_arguments.delta", "item_id": "f", "output_index": 2}
FIRST = {**TEXT_PIECE, "content_index": 0}
THOUGHT = {**THOUGHT_PIECE, "content_index": 0}
SUMMED_UP = {**SUMMARY_PIECE, "summary_index": 0}
RUNS: dict[str, list[Event]] = {
    "two parts": [FIRST, {**FIRST, "content_index": 1}],
    "two messages": [FIRST, {**FIRST, "output_index": 2, "item_id": "n"}],
    "two summaries": [SUMMED_UP, {**SUMMED_UP, "summary_index": 1}],
    "thoughts and their summary": [THOUGHT, SUMMED_UP],
    "thoughts and text": [THOUGHT, FIRST],
    "text and a call": [FIRST, CALL_PIECE],
}


@pytest.mark.parametrize("places", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("again", [False, True])
async def test_a_busy_read_for_each_text(wire: Wire, places: list[Event], again: bool) -> None:
    """Each text gets its own, and each further piece of thinking is a paragraph of its own."""
    runs = [
        [{**place, "delta": f"{number}:{at} ", "obfuscation": "x" * 60} for at in range(24)]
        for number, place in enumerate(places)
    ]
    reads = [*runs, *(runs if again else [])]
    created, *_, end = stream_of()
    cut = [frame(created), *(frame(*run) for run in reads), frame(end)]
    assert min(map(len, cut[1:-1])) > 4096, "no busy read"
    whole = ["".join(each["delta"] for each in run) * (1 + again) for run in runs]
    thinks = ["reasoning" in place["type"] for place in places]
    wanted = "\n\n".join(text for text, thinking in zip(whole, thinks, strict=True) if thinking)
    for reading in await read_all(wire, lambda: opened(wire), [cut, [b"".join(cut)]]):
        stream = reading.stream
        assert reading.error is None, reading.error
        assert sorted(stream.content.split()) == sorted(
            piece for text, place in zip(whole, places, strict=True) if place["type"] == TEXT_PIECE["type"]
            for piece in text.split()
        )  # fmt: skip
        assert sorted(stream.reasoning_content.split("\n\n")) == sorted(wanted.split("\n\n")), reading.way
        if reading.deltas is not None and not again:
            assert told(reading.deltas)["reasoning"] == wanted
        assert [call.arguments for call in stream.tool_calls] == [
            text for text, place in zip(whole, places, strict=True) if "function_call" in place["type"]
        ]
