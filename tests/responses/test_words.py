"""What an answer says, in the words all dialects share: plain, streamed, and as far as it came."""

from __future__ import annotations

import base64
import copy
import pickle
from typing import Any

import msgspec
import pytest

from gravitex_async import APIError, AsyncGravitex
from gravitex_async._json import dumps, loads
from gravitex_async.answers import Citation, origin_of
from gravitex_async.errors import StreamInterrupted
from gravitex_async.images import Image
from gravitex_async.responses import Response, ResponseUsage
from gravitex_async.responses._decode import answers
from gravitex_async.testing import Call, LocalGateway, Tape
from gravitex_async.usage import Usage

from ..captured import Capture, captures
from .wire import COMPLETED, CREATED, USAGE, Event, final, frame, message, read, read_events, text

ASK: dict[str, Any] = {"model": "gpt-5.2", "input": "Hello there"}
STREAMS = captures("responses", ".sse")
BODIES = captures("responses", ".json")

PAGE = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 2, "end_index": 4}
FILE = {"type": "file_citation", "file_id": "f", "filename": "b.pdf", "index": 3}
CHART = {
    "type": "container_file_citation", "container_id": "k", "file_id": "c", "filename": "c.png",
    "start_index": 0, "end_index": 2,
}  # fmt: skip


def part(said: str, *notes: Event) -> Event:
    return {"type": "output_text", "text": said, "annotations": list(notes)}


def answer(*items: Event, **fields: Any) -> Response:
    return answers().decode(dumps({"id": "resp_1", "status": "completed", "output": list(items), **fields}))


def speech(*parts: Event) -> Event:
    return {"type": "message", "id": "m", "role": "assistant", "content": list(parts)}


async def test_one_vocabulary(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The plain answer, the final one and the stream say the same in the same words."""
    tool = {"type": "function", "name": "f", "parameters": {}}
    for _ in range(2):
        gateway.script(text="Hi", reasoning="Hm", tool_calls=[Call("f", "{}", "call_1")])
    plain = await client.responses.create(**ASK, tools=[tool])
    stream = client.responses.stream(**ASK, tools=[tool])
    whole = await stream.final()
    for each in (plain, whole, plain.choices[0], stream):
        assert (each.content, each.reasoning_content, each.refusal) == ("Hi", "Hm", "")
        (called,) = each.tool_calls
        assert (called.name, called.id, called.arguments) == ("f", "call_1", "{}")
        assert (each.finish_reason, each.end.state, each.end.reason) == (
            "completed",
            "completed",
            "tool_calls",
        )
        assert (each.citations, each.images) == ([], [])
        assert each.usage.source == "server"
        assert each.usage.total_tokens == plain.usage.total_tokens
    for each in (plain, whole):
        assert (each.choices, each.choices[0].index, each.output_text) == ([each], 0, "Hi")
        assert each.request_id in each.headers.values()
        assert (each.attempts, each.timings.headers is not None) == (1, True)
    assert (plain.raw, plain.to_dict()) == (plain.raw, loads(plain.raw or b""))
    assert (whole.raw, whole.end) == (None, stream.end)


@pytest.mark.parametrize(
    ("fields", "word", "reason", "state"),
    [
        ({"status": "completed"}, "completed", "stop", "completed"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
         "max_output_tokens", "length", "incomplete"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
         "content_filter", "filtered", "incomplete"),
        ({"status": "incomplete", "incomplete_details": {"reason": "brand_new"}},
         "brand_new", "length", "incomplete"),
        ({"status": "incomplete"}, "incomplete", "length", "incomplete"),
        ({"status": "failed"}, "failed", "error", "incomplete"),
        ({"status": "in_progress"}, None, "unknown", "open"),
    ],
)  # fmt: skip
def test_how_it_ended(fields: dict[str, Any], word: str | None, reason: str, state: str) -> None:
    """A plain answer says how it ended as its stream would have."""
    found = answer(**fields)
    assert (found.finish_reason, found.end.reason, found.end.state) == (word, reason, state)
    if word is not None:
        kind = {"failed": "failed", "incomplete": "incomplete"}.get(fields["status"], "completed")
        events = read_events(CREATED, {"type": f"response.{kind}", "response": fields})
        assert (events.accumulator.finish_reason, events.accumulator.reason) == (word, reason)


def test_sources() -> None:
    """They are where ``content`` has them, although servers count within one part; files are sources too."""
    strange = {"type": "brand_new", "url": "https://d.example", "start_index": 1, "end_index": 99}
    made = {"type": "file_path", "file_id": "f", "index": 0}
    found = answer(
        speech(part("0123", PAGE), part("4567", FILE)),
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "long thought"}]},
        speech(part("89", CHART, strange, made)),
    )
    assert found.content == "0123456789"
    assert found.citations == [
        Citation(title="A", url="https://a.example", where=(2, 4), extra=PAGE),
        Citation(title="b.pdf", where=(7, 7), extra=FILE),
        Citation(title="c.png", where=(8, 10), extra=CHART),
        Citation(url="https://d.example", extra=strange),
    ]
    assert [found.content[slice(*each.where)] for each in found.citations if each.where] == ["23", "", "89"]


def test_sources_arrive_one_by_one() -> None:
    """A stream knows them as soon as they are told, before its text is whole."""
    told = {"type": "response.output_text.annotation.added", "annotation": PAGE, "annotation_index": 0}
    reading = read([frame(CREATED, text("0123"), told)])
    (source,) = reading.accumulator.final().citations
    assert (source.url, source.where) == ("https://a.example", (2, 4))


def test_images() -> None:
    """Those that were made, with their MIME type; those code has drawn; those the text shows."""
    pixel = base64.b64encode(b"\x89PNG").decode()
    made = {"type": "image_generation_call", "id": "i", "result": pixel}
    drawn = {"type": "code_interpreter_call", "id": "k", "code": "x", "outputs": [
        {"type": "image", "url": "https://a.example/a.png"}, {"type": "logs", "logs": "x"}]}  # fmt: skip
    found = answer(
        {**made, "output_format": "webp"}, made, drawn, speech(part("![b](https://a.example/b.png)"))
    )
    assert found.images == [
        Image("image/webp", pixel), Image(None, pixel),
        Image(url="https://a.example/a.png"), Image(url="https://a.example/b.png"),
    ]  # fmt: skip
    assert found.images[0].data == b"\x89PNG"
    assert answer({**made, "result": None}).images == []


def test_an_image_so_far() -> None:
    """While an image is made there is its last draft."""
    draft = {"type": "response.image_generation_call.partial_image", "output_index": 0, "item_id": "i"}
    begun = {"type": "response.output_item.added", "output_index": 0}
    item = {"type": "image_generation_call", "id": "i", "status": "in_progress", "result": None}
    reading = read_events(
        CREATED, {**begun, "item": item}, {**draft, "partial_image_b64": "aGk=", "output_format": "png"}
    )
    assert reading.accumulator.final().images == [Image("image/png", "aGk=")]


def test_usage_is_never_none() -> None:
    """It speaks the words of all dialects, and adds up with anything."""
    none = answer()
    assert none.wire_usage is None
    assert (none.usage.source, none.usage.input_tokens, none.usage.neutral()) == ("none", None, Usage())
    some = answer(usage=USAGE)
    assert (some.usage.input_tokens, some.usage.output_tokens, some.usage.total_tokens) == (25, 150, 175)
    assert (some.usage.reasoning_tokens, some.usage.cached_tokens, some.usage.visible_tokens) == (50, 0, 100)
    assert some.usage.wire_input_tokens == 25
    converted = answer(usage={"prompt_tokens": 3, "completion_tokens": 4}).usage
    assert (converted.input_tokens, converted.total_tokens, converted.wire_input_tokens) == (3, 7, None)
    total = sum(each.usage for each in (some, none, some))
    assert isinstance(total, Usage)
    assert (total.output_tokens, total.source) == (300, "server")


@pytest.mark.parametrize("usage", [USAGE, {**USAGE, "cost_in_usd_ticks": 5, "cost": None}, {}])
def test_usage_as_it_came(usage: dict[str, Any]) -> None:
    """Fields nobody knows are in it, in plain answers and streamed ones."""
    assert answer(usage=usage).usage.to_dict() == usage
    closing = {**COMPLETED, "response": {"id": "resp_1", "status": "completed", "usage": usage}}
    (event,) = read_events(closing).events
    assert event.to_dict() == closing
    assert read_events(CREATED, closing).accumulator.final().to_dict()["usage"] == usage
    assert ResponseUsage(wire_input_tokens=1).to_dict() == {"input_tokens": 1}


def test_a_value() -> None:
    """The content of any answer can be read as a value."""
    assert answer(speech(part("[1, 2]"))).parsed(list[int]) == [1, 2]


@pytest.mark.parametrize("capture", BODIES, ids=lambda capture: capture.name)
def test_recorded_bodies(capture: Capture) -> None:
    """What a recorded body says is what its words say; as JSON it is itself."""
    found = answers().decode(capture.body)
    origin_of(found).body = capture.body
    assert found.to_dict() == loads(capture.body)
    assert (dict(found), loads(found.to_json())) == (found.to_dict(), found.to_dict())
    assert found.extra == {}
    notes = capture.expect["final"]["annotations"]
    assert len(found.citations) == notes
    assert all(found.content[slice(*each.where)] is not None for each in found.citations if each.where)
    again = pickle.loads(pickle.dumps(found))
    assert (again, again.raw, again.to_dict()) == (found, capture.body, found.to_dict())
    assert not hasattr(found, "__dict__")


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_recorded_streams(capture: Capture) -> None:
    """Every event is, as JSON, what was sent, but for nulls; so is the final answer."""
    reading = read([capture.body])
    sent = [loads(line[5:].strip()) for line in capture.body.splitlines() if line.startswith(b"data:")
            and line[5:].strip().startswith(b"{")]  # fmt: skip
    if len(sent) == len(reading.events):
        for event, tree in zip(reading.events, sent, strict=True):
            assert without_nulls(event.to_dict()) == without_nulls({"type": event.type, **tree})
            assert not hasattr(event, "__dict__")
        closing = sent[-1].get("response") or {}
        found = reading.accumulator.final()
        if closing.get("output") and not reading.accumulator.revised:
            assert without_nulls(found.to_dict()) == without_nulls(closing)
    else:
        assert reading.error is not None or not capture.expect["data_events"]


def without_nulls(tree: Any) -> Any:
    """The same without fields that are null."""
    if isinstance(tree, dict):
        return {name: without_nulls(value) for name, value in tree.items() if value is not None}
    return [without_nulls(item) for item in tree] if isinstance(tree, list) else tree


async def test_what_arrived_of_a_broken_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An answer that breaks off is an answer too, and knows how it came."""
    gateway.play(Tape(frame(CREATED, text("Hel"), text("lo"))))
    with pytest.raises(StreamInterrupted) as caught:
        await client.responses.stream(**ASK).final()
    partial = caught.value.partial
    assert isinstance(partial, Response)
    assert (partial.content, partial.finish_reason, partial.usage.source) == ("Hello", None, "none")
    assert partial.end.state == "interrupted"
    assert partial.headers["content-type"].startswith("text/event-stream")
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, APIError)
    assert isinstance(again.partial, Response)
    assert again.partial.end.state == "interrupted"


def test_copies_are_whole() -> None:
    """Answers, items, usage and events keep what stands beside their fields."""
    found = answer(speech(part("Hi", PAGE)), usage={**USAGE, "new": 1})
    origin_of(found).headers = {"X-Request-Id": "req_1"}
    item = found.output[0]
    (event,) = read_events({**COMPLETED, "strange": 1}).events
    for copied in (copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))):
        assert copied(found).headers["x-request-id" if copied is not copy.copy else "X-Request-Id"] == "req_1"
        assert copied(item).raw == item.raw is not None
        assert copied(found.usage).to_dict() == {**USAGE, "new": 1}
        assert copied(event).raw == event.raw is not None


def test_all_is_json() -> None:
    """Parts, annotations and unknown things are as they came; what was made here is its fields."""
    odd = {"type": "brand_new", "x": None}
    found = answer(odd, speech(part("Hi", {**PAGE, "extra": 1}), odd))
    assert found.output[0].to_dict() == odd
    spoken = found.output[1]
    assert spoken.type == "message"
    assert [each.to_dict() for each in spoken.content] == [part("Hi", {**PAGE, "extra": 1}), odd]
    for each in (found.output[0], spoken, *spoken.content, found.usage):
        assert not hasattr(each, "__dict__")
    event = {"type": "response.output_text.delta", "delta": "", "output_index": 0, "logprobs": []}
    (read_back,) = read_events(event).events
    assert read_back.to_dict() == event
    assert msgspec.json.decode(read_back.to_json()) == event
    assert final(message_done("m", "Hi")).to_dict()["output"] == [message("m", "Hi")]


def message_done(id_: str, said: str) -> Event:
    return {"type": "response.output_item.done", "item": message(id_, said), "output_index": 0}
