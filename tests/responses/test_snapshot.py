"""A response is put together from whatever part of its events a gateway sends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async.responses import (
    FunctionCallItem,
    MessageItem,
    OutputTextPart,
    ReasoningItem,
    UrlCitation,
    _snapshot,
)
from gravitex_async.responses._snapshot import Snapshot
from gravitex_async.responses._texts import ARGUMENTS, SUMMARY, TEXT, Text

from .wire import (
    COMPLETED,
    CREATED,
    Event,
    Reading,
    added,
    call,
    done,
    event,
    final,
    message,
    read_events,
    text,
)

# Any part of the events


def at(item: str, output: int, **index: int) -> Event:
    return {"item_id": item, "output_index": output, **index}


STRUCTURAL: list[Event] = [
    CREATED,
    event("in_progress", response={"id": "resp_1", "status": "in_progress"}),
    added({"type": "reasoning", "id": "r", "summary": []}, 0),
    event(
        "reasoning_summary_part.added",
        part={"type": "summary_text", "text": ""},
        **at("r", 0, summary_index=0),
    ),
    event("reasoning_summary_text.delta", delta="thi", **at("r", 0, summary_index=0)),
    event("reasoning_summary_text.delta", delta="nk", **at("r", 0, summary_index=0)),
    event("reasoning_summary_text.done", text="think", **at("r", 0, summary_index=0)),
    event(
        "reasoning_summary_part.done",
        part={"type": "summary_text", "text": "think"},
        **at("r", 0, summary_index=0),
    ),
    done({"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "think"}]}, 0),
    added(message("m"), 1),
    event(
        "content_part.added",
        part={"type": "output_text", "text": "", "annotations": []},
        **at("m", 1, content_index=0),
    ),
    text("Hel", **at("m", 1, content_index=0)),
    text("lo", **at("m", 1, content_index=0)),
    event("output_text.done", text="Hello", **at("m", 1, content_index=0)),
    event(
        "content_part.done",
        part={"type": "output_text", "text": "Hello", "annotations": []},
        **at("m", 1, content_index=0),
    ),
    done(message("m", "Hello", status="completed"), 1),
    added(call("c"), 2),
    event("function_call_arguments.delta", delta='{"a"', **at("c", 2)),
    event("function_call_arguments.delta", delta=":1}", **at("c", 2)),
    event("function_call_arguments.done", arguments='{"a":1}', **at("c", 2)),
    done(call("c", '{"a":1}'), 2),
    COMPLETED,
]

TELLS = (".delta", "response.completed")
DROPPABLE = [i for i, e in enumerate(STRUCTURAL) if not e["type"].endswith(TELLS)]

# Which fields say where an event belongs: the gateways differ.
ADDRESSES: dict[str, frozenset[str]] = {
    "all": frozenset(),
    "no ids": frozenset({"item_id"}),
    "no indices": frozenset({"output_index", "content_index", "summary_index"}),
    "nothing": frozenset({"item_id", "output_index", "content_index", "summary_index"}),
}


def some(dropped: set[int], without: frozenset[str]) -> Reading:
    kept = [e for i, e in enumerate(STRUCTURAL) if i not in dropped]
    return read_events(*({k: v for k, v in e.items() if k not in without} for e in kept))


@pytest.mark.parametrize("without", ADDRESSES.values(), ids=ADDRESSES)
@given(dropped=st.sets(st.sampled_from(DROPPABLE)))
@settings(max_examples=150, deadline=None)
def test_text_survives_any_missing_events(without, dropped):
    """Whichever structural events are left out, and whatever is said of their place, nothing is lost."""
    reading = some(dropped, without)
    assert reading.error is None
    assert reading.text == reading.accumulator.content == "Hello"
    assert reading.reasoning == reading.accumulator.reasoning_content == "think"
    assert [c.arguments for c in reading.accumulator.tool_calls] == ['{"a":1}']
    assert [arguments for _, _, arguments in reading.calls] == ['{"a":1}']
    response = reading.accumulator.final()
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.status == "completed"


DELTAS = [i for i, e in enumerate(STRUCTURAL) if e["type"].endswith(".delta")]
WHOLES = {4: (6, 7, 8), 11: (13, 14, 15), 17: (19, 20)}


@pytest.mark.parametrize("without", ADDRESSES.values(), ids=ADDRESSES)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_text_survives_without_deltas(without, data):
    """One event that holds a text as a whole is enough, and it is told once."""
    kept = {data.draw(st.sampled_from(choices)) for choices in WHOLES.values()}
    kept |= data.draw(st.sets(st.sampled_from(DROPPABLE)))
    reading = some(set(DELTAS) | set(DROPPABLE) - kept, without)
    assert reading.text == reading.accumulator.content == "Hello"
    assert reading.reasoning == reading.accumulator.reasoning_content == "think"
    assert [arguments for _, _, arguments in reading.calls] == ['{"a":1}']
    assert reading.accumulator.content == "Hello"


@pytest.mark.parametrize("twice", range(len(STRUCTURAL) - 1))
def test_repeated_structural_events(twice):
    """An event that comes again, or for an item that is finished, changes nothing."""
    events = list(STRUCTURAL)
    if events[twice]["type"].endswith(".delta"):
        return
    for place in (twice + 1, len(events) - 1):
        reading = read_events(*events[:place], events[twice], *events[place:])
        assert reading.text == reading.accumulator.content == "Hello"
        assert reading.reasoning == reading.accumulator.reasoning_content == "think"
        assert reading.calls == [("call_c", "f_c", '{"a":1}')]
        assert len(reading.accumulator.final().output) == 3


# Odd gateways


def test_ids_alone_tell_items_apart():
    """Without indices the ids say which text is whose, also when nothing else was announced."""
    reading = read_events(
        CREATED,
        text("a", item_id="m"),
        text("x", item_id="n"),
        text("b", item_id="m"),
        text("y", item_id="n"),
        event("function_call_arguments.delta", delta="1", item_id="c"),
        event("function_call_arguments.delta", delta="2", item_id="d"),
        COMPLETED,
    )
    response = reading.accumulator.final()
    assert [item.text for item in response.output if isinstance(item, MessageItem)] == ["ab", "xy"]
    assert [(c.id, c.arguments) for c in response.tool_calls] == [("c", "1"), ("d", "2")]


def test_a_finished_item_is_not_gone_on_with():
    """A text that says nothing of its place belongs to no item that is finished."""
    response = final(
        text("a"), done(message("", "a")), text("b"), done(message("", "b")), text("c"), text("d")
    )
    assert [item.text for item in response.output if isinstance(item, MessageItem)] == ["a", "b", "cd"]


def test_a_late_text_of_another_number():
    """A text that a finished item holds already is no second part, whatever its number."""
    late = event("output_text.done", text="a", output_index=0, content_index=1)
    assert final(done(message("m", "a"), 0), late).output_text == "a"


def test_a_done_item_has_its_own_status():
    """An item that does not say how far it is when it is done is not said to be in progress."""
    (item,) = final(added(message("m", status="in_progress"), 0), done(message("m", "a"), 0)).output
    assert item.status is None


def test_text_missing_from_the_last_output():
    """A last output that has lost the message altogether does not lose the text."""
    end = event("completed", response={"status": "completed", "output": [call("c", "{}")]})
    reading = read_events(text("a", item_id="m", output_index=0), end)
    assert reading.text == reading.accumulator.content == "a"


def test_deltas_for_a_finished_item_are_applied():
    """An event for an item that is finished is applied; it does not fail."""
    response = final(
        text("a", item_id="m", output_index=0),
        done(message("m", "a"), 0),
        text("b", item_id="m", output_index=0),
    )
    assert response.output_text == "ab"


def test_null_items_and_parts_are_ignored():
    """A null item or part is no item."""
    response = final(
        event("output_item.added", output_index=0, item=None),
        event("content_part.added", part=None),
        text("x", output_index=0),
        event("content_part.done", part=None),
        event("reasoning_summary_part.added", part=None),
        event("output_item.done", output_index=0, item=None),
        event("output_text.annotation.added", annotation=None),
    )
    assert [item.type for item in response.output] == ["message"]
    assert response.output_text == "x"


def test_null_responses_are_ignored():
    """A lifecycle event without a response is one all the same."""
    reading = read_events(event("created", response=None), text("x"), event("completed"))
    assert reading.accumulator.final().status == "completed"
    assert reading.accumulator.content == "x"


def test_gaps_are_dropped():
    """Indices that skip places leave no empty items or parts, and none is large enough to matter."""
    response = final(
        text("b", output_index=10**9, content_index=10**9),
        text("a", output_index=7, content_index=3),
        text("a", output_index=7, content_index=1),
    )
    assert [item.text for item in response.output if isinstance(item, MessageItem)] == ["aa", "b"]
    first = response.output[0]
    assert isinstance(first, MessageItem)
    assert len(first.content) == 2


def test_items_that_overlap():
    """Items are told apart by their index when their events come mixed."""
    response = final(
        added(call("a"), 0),
        added(call("b"), 1),
        event("function_call_arguments.delta", delta="[1", output_index=0),
        event("function_call_arguments.delta", delta="[2", output_index=1),
        event("function_call_arguments.delta", delta="]", output_index=0),
        event("function_call_arguments.delta", delta="]", output_index=1),
    )
    assert [c.arguments for c in response.tool_calls] == ["[1]", "[2]"]


def test_everything_at_index_0():
    """A gateway that numbers all items 0: the kind and the id of an item tell them apart."""
    reading = read_events(
        added({"type": "reasoning", "id": "r", "summary": []}, 0),
        event("reasoning_summary_text.delta", delta="t", output_index=0),
        added(message("m"), 0),
        text("x", output_index=0),
        done(message("m", "x"), 0),
        added(message("n"), 0),
        text("y", output_index=0),
        done(message("n", "y"), 0),
        added(call("c", "{}"), 0),
        done(call("c", "{}"), 0),
        COMPLETED,
    )
    assert [item.type for item in reading.accumulator.final().output] == [
        "reasoning",
        "message",
        "message",
        "function_call",
    ]
    assert (reading.text, reading.reasoning) == ("xy", "t")
    assert reading.calls == [("call_c", "f_c", "{}")]


def test_another_id_in_every_event():
    """A gateway that gives an item a new id in each event: the index tells."""
    reading = read_events(
        added(message("a"), 0),
        text("x", item_id="b", output_index=0),
        text("y", item_id="c", output_index=0),
        event("output_text.done", text="xy", item_id="d", output_index=0),
        done(message("e", "xy"), 0),
        event("completed", response={"status": "completed", "output": [message("f", "xy")]}),
    )
    assert reading.text == reading.accumulator.content == "xy"
    assert len(reading.accumulator.final().output) == 1


def test_empty_done_values_wipe_nothing():
    """Converting gateways send empty texts, arguments and items when they are done."""
    reading = read_events(
        added(message("m"), 0),
        text("x", output_index=0),
        event("output_text.done", text="", output_index=0),
        event("content_part.done", part={"type": "output_text", "text": ""}, output_index=0),
        done(message("m", status="completed"), 0),
        added(call("c"), 1),
        event("function_call_arguments.delta", delta="{}", output_index=1),
        event("function_call_arguments.done", arguments="", output_index=1),
        done(call("c"), 1),
        COMPLETED,
    )
    assert reading.text == reading.accumulator.content == "x"
    assert reading.calls == [("call_c", "f_c", "{}")]
    item = reading.accumulator.final().output[0]
    assert item.status == "completed"


def test_refusal_and_text_in_one_message():
    """A refusal takes the place of an empty text, and a place beside one that is not."""
    reading = read_events(
        event(
            "content_part.added", part={"type": "output_text", "text": ""}, output_index=0, content_index=0
        ),
        event("refusal.delta", delta="No", output_index=0, content_index=0),
        event("refusal.delta", delta=".", output_index=0, content_index=0),
        event("refusal.done", refusal="No.", output_index=0, content_index=0),
        text("But", output_index=0, content_index=0),
        COMPLETED,
    )
    assert "".join(delta.refusal for delta in reading.deltas) == reading.accumulator.refusal == "No."
    assert reading.text == reading.accumulator.content == "But"
    (item,) = reading.accumulator.final().output
    assert isinstance(item, MessageItem)
    assert [part.type for part in item.content] == ["refusal", "output_text"]


def test_refusal_and_text_with_one_number():
    """A refusal numbered like the text before it stands beside it, and the text goes on."""
    piece = text("a", **at("m", 0, content_index=0))
    refusal = event("refusal.delta", delta="no", **at("m", 0, content_index=0))
    response = final(piece, refusal, piece, refusal)
    assert (response.output_text, response.refusal) == ("aa", "nono")


def test_annotations_keep_their_place():
    """Annotations stand at their index; a repeat is ignored; the text is not disturbed."""

    def note(index: int | None, url: str) -> Event:
        citation = {"type": "url_citation", "url": url}
        return event(
            "output_text.annotation.added", annotation=citation, annotation_index=index, output_index=0
        )

    response = final(
        text("a", output_index=0),
        note(0, "u"),
        text("b", output_index=0),
        note(0, "u"),
        note(2, "w"),
        note(1, "v"),
        note(None, "x"),
    )
    (item,) = response.output
    assert isinstance(item, MessageItem)
    (part,) = item.content
    assert isinstance(part, OutputTextPart)
    assert part.text == "ab"
    assert [note.url for note in part.annotations if isinstance(note, UrlCitation)] == ["u", "v", "w", "x"]


def test_arguments_done_brings_the_name():
    """The name of a call may come last, with its arguments."""
    response = final(
        event("function_call_arguments.delta", delta="{}", item_id="c"),
        event("function_call_arguments.done", name="f", arguments="{}", item_id="c"),
    )
    assert [(c.id, c.name, c.arguments) for c in response.tool_calls] == [("c", "f", "{}")]


def test_logprobs_of_the_done_event():
    """The logprobs of a whole text stand in its part."""
    (item,) = final(text("a"), event("output_text.done", text="a", logprobs=[{"token": "a"}])).output
    assert isinstance(item, MessageItem)
    (part,) = item.content
    assert isinstance(part, OutputTextPart)
    assert part.logprobs == [{"token": "a"}]


# Which item is meant


def where(snapshot: Snapshot, text: Text) -> int:
    """The number of the item that *text* is of."""
    (found,) = [at for at, slot in enumerate(snapshot.finish()) if text in list(slot.texts())]
    return found


def test_a_run_of_deltas_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of the last delta is remembered until anything says another place, or looks."""
    snapshot = Snapshot()
    looked: list[int | None] = []
    slot = Snapshot.slot

    def count(self: Snapshot, kind: type, item_id: str | None, output_index: int | None) -> object:
        looked.append(output_index)
        return slot(self, kind, item_id, output_index)

    monkeypatch.setattr(Snapshot, "slot", count)
    first = snapshot.text(TEXT, "m", 0, 0)
    assert snapshot.text(TEXT, "another", 0, 0) is first
    assert looked == [0], "where the index tells, the id does not matter"
    assert snapshot.text(TEXT, "m", 0, 1) is not first
    assert snapshot.text(TEXT, "m", 1, 1) is not first
    assert snapshot.text(SUMMARY, "m", 1, 1).place is SUMMARY
    assert looked == [0, 0, 1, 1]
    named = snapshot.text(TEXT, "x", None, 0)
    assert snapshot.text(TEXT, "x", None, 0) is named
    assert snapshot.text(TEXT, "y", None, 0) is not named
    assert looked == [0, 0, 1, 1, None, None]
    for look in (snapshot.items, snapshot.calls, lambda: snapshot.take_text(TEXT, "y", None, 0, "a")):
        look()
        before = len(looked)
        snapshot.text(TEXT, "y", None, 0)
        assert len(looked) > before


def test_index_then_id_then_kind() -> None:
    """An index tells; then an id; then the last of its kind that is not whole."""
    snapshot = Snapshot()
    first, _ = snapshot.begin(MessageItem(id="a"), None)
    assert snapshot.find(MessageItem, "a", 5) is first
    assert snapshot.find(MessageItem, "z", 5) is first, "from now on the index tells"
    assert snapshot.find(MessageItem, "b", None) is None, "an item of another id"
    assert snapshot.find(MessageItem, None, None) is first
    assert snapshot.find(ReasoningItem, "a", 5) is None, "an item of another kind"
    assert snapshot.find(MessageItem, "", 0) is first
    assert snapshot.find(MessageItem, "b", 1) is None
    bare, _ = snapshot.begin(MessageItem(), 7)
    assert snapshot.find(MessageItem, "b", None) is bare, "it may be the one without an id"
    snapshot.end(MessageItem(), 7)
    assert snapshot.find(MessageItem, None, None) is None, "it is whole"
    assert snapshot.find(MessageItem, "a", None) is first


def test_items_that_come_again() -> None:
    """The same id is the same item; another id at the same index is another, once the first is whole."""
    snapshot = Snapshot()
    first, _ = snapshot.begin(MessageItem(id="a"), 0)
    assert snapshot.begin(MessageItem(id="a"), 0)[0] is first
    assert snapshot.begin(MessageItem(), 0)[0] is first
    assert snapshot.end(MessageItem(id="b"), 0)[0] is first, "the same item under another id"
    assert first.finished
    second, _ = snapshot.end(MessageItem(id="c"), 0)
    assert second is not first
    third, _ = snapshot.begin(MessageItem(id="d"), 0)
    assert third not in (first, second)
    assert not third.finished
    assert [item.id for item in snapshot.items()] == ["b", "c", "d"]


def test_indices_without_a_number() -> None:
    """An item without an index stands behind those there are."""
    snapshot = Snapshot()
    snapshot.begin(MessageItem(id="a"), 4)
    snapshot.begin(MessageItem(id="b"), None)
    snapshot.begin(MessageItem(id="c"), 1)
    snapshot.begin(MessageItem(id="d"), None)
    assert [item.id for item in snapshot.items()] == ["c", "a", "b", "d"]
    assert snapshot.text(TEXT, None, 5, 0) is snapshot.text(TEXT, "b", None, 0)
    assert snapshot.text(TEXT, None, 6, 0) is snapshot.text(TEXT, "d", None, 0)


def test_calls_are_numbered_as_they_appear() -> None:
    """By themselves; other items have no number."""
    snapshot = Snapshot()
    snapshot.begin(MessageItem(id="m"), 0)
    snapshot.begin(FunctionCallItem(id="b"), 9)
    snapshot.begin(FunctionCallItem(id="a"), 1)
    assert snapshot.text(ARGUMENTS, "b", None, None).position == 0
    assert snapshot.text(ARGUMENTS, "a", None, None).position == 1
    assert snapshot.text(TEXT, "m", None, None).position == -1
    assert [item.id for item in snapshot.calls()] == ["b", "a"]
    assert [item.id for item in snapshot.items()] == ["m", "a", "b"]


def test_no_end_of_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the limit goes on with the last of its kind; a kind that has none gets one."""
    monkeypatch.setattr(_snapshot, "MAX_ITEMS", 2)
    snapshot = Snapshot()
    for number in range(5):
        snapshot.text(TEXT, f"m{number}", number, 0).pieces.append(f"{number}")
        snapshot.begin(MessageItem(id=f"n{number}"), number)
    assert [item.text for item in snapshot.items()] == ["0", "1234"]
    snapshot.text(SUMMARY, "r", 9, 0).pieces.append("s")
    assert len(snapshot.items()) == 3


def test_the_output_that_ends_a_stream() -> None:
    """Its items are those with their id, or the next of their kind; what it leaves out is gone."""
    snapshot = Snapshot()
    for index, item in enumerate([MessageItem(id="a"), MessageItem(id="b"), FunctionCallItem(id="c")]):
        snapshot.begin(item, index)
    for number, piece in enumerate("xy"):
        snapshot.text(TEXT, None, number, 0).pieces.append(piece)
    snapshot.text(ARGUMENTS, None, 2, None).pieces.append("z")
    output = [
        MessageItem(id="b", content=[OutputTextPart(text="y!")]),
        MessageItem(id="q", content=[OutputTextPart(text="x!")]),
        MessageItem(id="r", content=[OutputTextPart(text="new")]),
    ]
    additions = snapshot.take_output(output)
    assert {index: [each.end for each in found] for index, found in additions.items()} == {
        0: ["!"], 1: ["!"], 2: ["new"],
    }  # fmt: skip
    assert [item.id for item in snapshot.items()] == ["b", "q", "r"]
    slots = snapshot.finish()
    assert all(slot.finished for slot in slots)
    assert [slot.index for slot in slots] == [0, 1, 2]
    assert snapshot.revised == ("content", "tool_calls")


def test_calls_that_were_opened_and_are_left_out() -> None:
    """What was emitted of them is no part of the answer; one that was not opened is no loss."""
    for opened in (True, False):
        snapshot = Snapshot()
        slot, _ = snapshot.begin(FunctionCallItem(id="c"), 0)
        slot.opened = opened
        snapshot.take_output([MessageItem(id="m")])
        assert snapshot.revised == (("tool_calls",) if opened else ())
        assert snapshot.calls() == []
