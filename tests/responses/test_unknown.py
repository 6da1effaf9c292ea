"""Fields that no struct knows: they are in the event, in the answer, and in what goes out again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async import AsyncGravitex
from gravitex_async._json import dumps, loads
from gravitex_async.responses import LifecycleEvent, Response, ResponsesAccumulator, UnknownEvent
from gravitex_async.responses._decode import EVENT_TYPES, event_decoder
from gravitex_async.testing import LocalGateway, Tape

from ..captured import captures
from .test_events import EVENTS, event
from .wire import CREATED, Event, final, frame, read, read_events, text

STREAMS = captures("responses", ".sse")


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_keeps_what_it_does_not_know(name: str) -> None:
    """With a field of tomorrow an event is the same, and has its payload beside it."""
    known, strange = event(name), {**event(name), "tomorrow": {"x": [None]}}
    before, found = (event_decoder().feed(b"data: %b\n\n" % dumps(tree))[0] for tree in (known, strange))
    assert found == before
    assert (before.raw, before.to_dict()) == (None, known)
    assert (found.raw, found.to_dict(), loads(found.to_json())) == (dumps(strange), strange, strange)


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.__name__)
def test_no_event_takes_what_it_does_not_know(kind: Any) -> None:
    """The strict decoder refuses it, so nobody keeps a list of which events are to be looked at."""
    assert kind.__struct_config__.forbid_unknown_fields
    assert Response.__struct_config__.forbid_unknown_fields


def of(kind: str, **fields: Any) -> Event:
    return {"type": f"response.{kind}", "response": {"id": "resp_1", "status": kind, **fields}}


def test_a_response_keeps_what_it_does_not_know() -> None:
    """Fields of the response in an event are in the answer, as in a plain one; null takes nothing back."""
    begun = of("in_progress", copilot_usage={"n": 1}, other=1, lost=None)
    begun["response"]["metadata"] = {"a": None}
    over = of("completed", copilot_usage={"n": 2}, other=None)
    reading = read_events(CREATED, begun, text("Hi"), over)
    first, last = reading.events[1], reading.events[-1]
    assert isinstance(first, LifecycleEvent)
    assert isinstance(last, LifecycleEvent)
    assert first.response.extra == {"copilot_usage": {"n": 1}, "other": 1, "lost": None}
    assert (first.raw, first.to_dict()) == (dumps(begun), begun)
    assert last.response.to_dict() == over["response"]
    answer = reading.accumulator.final()
    assert answer.extra == {"copilot_usage": {"n": 2}, "other": 1}
    assert (answer.to_dict()["copilot_usage"], answer.content) == ({"n": 2}, "Hi")
    assert answer.to_dict().keys() == {"id", "status", "output", "metadata", "copilot_usage", "other"}
    assert ResponsesAccumulator(answer).final().extra == answer.extra


def test_odd_values_beside() -> None:
    """An odd value is repaired in the struct, and stays in the payload."""
    odd = of("completed", created_at="1700", tomorrow=1)
    odd["output_index"] = None
    (found,) = read_events(odd).events
    assert isinstance(found, LifecycleEvent)
    assert (found.response.extra, found.to_dict()) == ({"tomorrow": 1}, odd)


async def test_plain_answers(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A plain answer has them too, in whichever way it came."""
    said = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
    body = {**said, "new": 1, "new_too": None}
    ask: dict[str, Any] = {"model": "gpt-5.2", "input": "Hi"}
    for _ in range(2):
        gateway.play(Tape(dumps(body), content_type="application/json"))
    gateway.play(Tape(frame({"type": "response.completed", "response": body})))
    plain = await client.responses.create(**ask)
    streamed = await client.responses.stream(**ask).final()
    as_events = await client.responses.create(**ask)
    assert (plain.extra, plain.to_dict()) == ({"new": 1, "new_too": None}, body)
    assert streamed.extra == as_events.extra == {"new": 1}
    assert streamed.to_dict() == {**said, "new": 1}


def test_unknown_events_are_json() -> None:
    """An event nobody knows is its payload."""
    payload = b'{"type": "response.tomorrow", "x": 1}'
    (found,) = read([b"data: %b\n\n" % payload]).events
    assert isinstance(found, UnknownEvent)
    assert (found.raw, found.to_dict()) == (payload, msgspec.json.decode(payload))


def test_unknown_items_of_a_final_answer() -> None:
    """Unknown items, and unknown fields of known ones, stand in the answer as they came."""
    item = {"type": "function_call", "id": "f", "call_id": "c", "name": "f", "arguments": "{}", "tomorrow": 1}
    odd = {"type": "brand_new", "id": "x", "x": None}
    done = [
        {"type": "response.output_item.done", "item": each, "output_index": index}
        for index, each in enumerate((item, odd))
    ]
    assert final(*done).to_dict()["output"] == [item, odd]
    assert [each.to_dict() for each in read_events(*done).events] == done


def test_recorded_streams_take_the_fast_way() -> None:
    """What providers send today is known: hardly an event of the recordings has to keep its payload."""
    events = [event for capture in STREAMS if capture.made is None for event in read([capture.body]).events]
    kept = [event for event in events if event.raw is not None and not isinstance(event, UnknownEvent)]
    assert len(kept) <= len(events) / 1000
