"""What each event adds, exactly: its deltas, its progress, and whether it may be an error."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.deltas import Delta, ToolCallDelta
from gravitex_async.responses import Response, ResponsesAccumulator, ResponsesEvent
from gravitex_async.responses._decode import EVENT_TYPES, event_decoder
from gravitex_async.usage import Usage

from .wire import COMPLETED, CREATED, USAGE, Event, added, call, done, event, frame, message, text

Entry = Delta | list[Delta]


def struct(tree: Event) -> ResponsesEvent:
    (item,) = event_decoder().feed(frame(tree, names=False))
    return item


class Folding:
    """An accumulator that is given one event after the other."""

    def __init__(self, *events: Event) -> None:
        self.accumulator = ResponsesAccumulator()
        self.entries = [self(each) for each in events]

    def __call__(self, tree: Event) -> Entry:
        (entry,) = self.accumulator.fold([struct(tree)])
        return entry if isinstance(entry, Delta) else list(entry)

    @property
    def final(self) -> Response:
        return self.accumulator.final()

    @property
    def progress(self) -> tuple[int, int]:
        return self.accumulator.progress


def arguments(position: int, piece: str, id_: str | None = None, name: str | None = None) -> Delta:
    return Delta(tool_calls=(ToolCallDelta(position, id_, name, piece),))


def item_of(kind: str, **fields: Any) -> Event:
    return {"type": kind, "id": "i", **fields}


HOSTED = {
    "mcp_call_arguments": (item_of("mcp_call"), "arguments"),
    "code_interpreter_call_code": (item_of("code_interpreter_call"), "code"),
}


# Pieces


@pytest.mark.parametrize(
    ("kind", "delta", "progress"),
    [
        ("output_text", Delta("a"), (1, 0)),
        ("refusal", Delta(refusal="a"), (1, 0)),
        ("reasoning_text", Delta(reasoning_content="a"), (0, 1)),
        ("reasoning_summary_text", Delta(reasoning_content="a"), (0, 1)),
        ("function_call_arguments", arguments(0, "a"), (1, 0)),
        ("custom_tool_call_input", arguments(0, "a"), (1, 0)),
        ("mcp_call_arguments", [], (1, 0)),
        ("code_interpreter_call_code", [], (1, 0)),
        ("shell_call_command", [], (1, 0)),
    ],
)
def test_a_piece_is_one_delta(kind: str, delta: Entry, progress: tuple[int, int]) -> None:
    """A piece of text is counted and is its Delta; an empty one is nothing at all."""
    folding = Folding()
    assert folding(event(f"{kind}.delta", delta="")) == []
    assert (folding.progress, folding.final.output) == ((0, 0), [])
    assert folding(event(f"{kind}.delta", delta="a")) == delta
    assert folding.progress == progress
    again = folding(event(f"{kind}.delta", delta="a"))
    assert again == delta, "the second piece is no paragraph of its own"
    assert folding.progress == (2 * progress[0], 2 * progress[1])
    assert len(folding.final.output) == 1
    assert not folding.accumulator.suspect


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        ("output_text", "content_index"),
        ("refusal", "content_index"),
        ("reasoning_text", "content_index"),
        ("reasoning_summary_text", "summary_index"),
        ("shell_call_command", "command_index"),
    ],
)
def test_pieces_of_two_parts_and_two_items(kind: str, index: str) -> None:
    """Each goes where its indices say, by turns too."""
    folding = Folding()
    for turn in range(2):
        for output in (0, 1):
            for part in (0, 1):
                place = {"output_index": output, index: part}
                folding(event(f"{kind}.delta", delta=f"{output}{part}{turn} ", **place))
    first, second = msgspec.to_builtins(folding.final.output)
    for number, item in enumerate((first, second)):
        parts = (
            item["action"]["commands"]
            if kind == "shell_call_command"
            else [part.get("text", part.get("refusal")) for part in item.get("content") or item["summary"]]
        )
        assert parts == [f"{number}{part}0 {number}{part}1 " for part in (0, 1)]


@pytest.mark.parametrize(("kind", "item"), HOSTED.items(), ids=HOSTED)
def test_pieces_of_two_hosted_calls(kind: str, item: tuple[Event, str]) -> None:
    """The same for texts that have no parts."""
    folding = Folding()
    for output in (0, 1, 0):
        folding(event(f"{kind}.delta", delta=f"{output}", output_index=output))
    assert [getattr(each, item[1]) for each in folding.final.output] == ["00", "1"]


def test_paragraphs_of_reasoning() -> None:
    """Each further text of reasoning begins a paragraph, however it comes."""
    folding = Folding()
    piece = event("reasoning_text.delta", delta="a", output_index=0, content_index=0)
    assert folding(piece) == Delta("", "a")
    assert folding({**piece, "content_index": 1}) == Delta("", "\n\na")
    assert folding({**piece, "content_index": 1}) == Delta("", "a")
    whole = event("reasoning_summary_text.done", text="b", output_index=1, summary_index=0)
    assert folding(whole) == [Delta("", "\n\nb")]
    assert folding(whole) == []
    assert folding({**whole, "text": "bc"}) == [Delta("", "c")]
    assert folding.progress == (0, 5)
    assert Folding(whole).entries == [[Delta("", "b")]]


def test_calls_are_told_apart_by_their_position() -> None:
    """A fragment says which call it is of; a whole item opens its call with id and name."""
    folding = Folding()
    assert folding(added(call("a"), 0)) == [arguments(0, "", "call_a", "f_a")]
    assert folding(added(call("b", "{"), 1)) == [arguments(1, "{", "call_b", "f_b")]
    assert folding.progress == (3, 0), "the second is a sign of life too"
    delta = event("function_call_arguments.delta", delta="}", output_index=1)
    assert folding(delta) == arguments(1, "}")
    assert folding({**delta, "output_index": 0}) == arguments(0, "}")
    custom = event("custom_tool_call_input.delta", delta="x", output_index=2)
    assert folding(custom) == arguments(2, "x")
    assert folding(done(call("b", "{}"), 1)) == []
    assert folding.progress == (7, 0)


def test_a_call_opens_when_its_id_is_known() -> None:
    """Without a call id an item may yet bring one; a finished one is opened with what there is."""
    bare = {"type": "function_call", "id": "a", "name": "f", "arguments": ""}
    folding = Folding()
    assert folding(added(bare, 0)) == []
    assert folding.progress == (0, 0)
    assert folding(event("function_call_arguments.delta", delta="{", output_index=0)) == arguments(0, "{")
    assert folding(done({**bare, "arguments": "{}"}, 0)) == [arguments(0, "}", "a", "f")]
    assert folding(COMPLETED) == [Delta(finish_reason="completed", usage=_usage())]
    nameless = Folding(done({"type": "function_call", "arguments": "{}"}, 0))
    assert nameless(COMPLETED) == [Delta(finish_reason="completed", usage=_usage())]
    assert nameless.entries == [[arguments(0, "{}")]]


def _usage() -> Usage:
    return Usage(25, 150, 175, 50, 0, "server")


# Whole texts


@pytest.mark.parametrize(
    ("kind", "field", "delta"),
    [
        ("output_text.done", "text", Delta("ab")),
        ("refusal.done", "refusal", Delta(refusal="ab")),
        ("reasoning_text.done", "text", Delta("", "ab")),
        ("reasoning_summary_text.done", "text", Delta("", "ab")),
        ("function_call_arguments.done", "arguments", arguments(0, "ab")),
        ("custom_tool_call_input.done", "input", arguments(0, "ab")),
        ("mcp_call_arguments.done", "arguments", None),
        ("code_interpreter_call_code.done", "code", None),
        ("shell_call_command.done", "command", None),
        ("shell_call_command.added", "command", None),
    ],
)
def test_a_whole_text(kind: str, field: str, delta: Delta | None) -> None:
    """What it adds is emitted, once; an empty one is nothing at all."""
    folding = Folding()
    assert folding(event(kind, **{field: ""})) == []
    assert folding(event(kind, **{field: None})) == []
    assert (folding.progress, folding.final.output) == ((0, 0), [])
    assert folding(event(kind, **{field: "ab"})) == ([] if delta is None else [delta])
    assert folding(event(kind, **{field: "ab"})) == []
    assert len(folding.final.output) == 1
    reasons = "reasoning" in kind
    assert folding.progress == ((0, 0) if delta is None else (int(not reasons), int(reasons)))


def test_logprobs_and_names_come_with_whole_texts() -> None:
    """Logprobs replace those there are; a name is taken where there is none."""
    place = {"output_index": 0, "content_index": 1}
    folding = Folding(text("a", **place))
    folding(event("output_text.done", text="a", logprobs=[{"token": "a"}], **place))
    folding(event("output_text.done", text="a", logprobs=[], **place))
    folding(event("output_text.done", text="a", **place))
    (item,) = folding.final.output
    assert item.content[0].logprobs == [{"token": "a"}]
    folding = Folding(added(call("a"), 0), event("function_call_arguments.delta", delta="1", output_index=1))
    for output in (0, 1):
        folding(event("function_call_arguments.done", arguments="1", name="g", output_index=output))
    assert [each.name for each in folding.accumulator.tool_calls] == ["f_a", "g"]


# Lifecycle


def test_the_first_output_is_emitted_once() -> None:
    """What a stream begins with is taken where nothing stands yet, item by item."""
    begun = {"id": "r", "status": "in_progress", "output": [message("m", "x"), call("c", "{")]}
    folding = Folding()
    assert folding(event("created")) == []
    assert folding(event("created", response=begun)) == [Delta("x"), arguments(0, "{", "call_c", "f_c")]
    assert folding(event("in_progress", response=begun)) == []
    assert folding.progress == (2, 0)
    assert folding(text("y", output_index=0)) == Delta("y")
    assert folding(event("function_call_arguments.delta", delta="}", output_index=1)) == arguments(0, "}")
    assert (folding.accumulator.content, folding.accumulator.tool_calls[0].arguments) == ("xy", "{}")


@pytest.mark.parametrize(
    ("name", "status", "wanted", "complete"),
    [
        ("completed", None, "completed", True),
        ("completed", "in_progress", "completed", True),
        ("completed", "queued", "completed", True),
        ("completed", "completed", "completed", True),
        ("completed", "incomplete", "incomplete", True),
        ("completed", "failed", "failed", False),
        ("completed", "cancelled", "cancelled", False),
        ("incomplete", "in_progress", "incomplete", True),
        ("failed", None, "failed", False),
        ("failed", "queued", "failed", False),
    ],
)
def test_the_last_event(name: str, status: str | None, wanted: str, complete: bool) -> None:
    """It says how the response ended; where it does not, its name does."""
    folding = Folding(CREATED, text("x"))
    response = {} if status is None else {"response": {"status": status}}
    assert folding(event(name, **response)) == [Delta(finish_reason=wanted)]
    accumulator = folding.accumulator
    assert (accumulator.final().status, accumulator.finish_reason) == (wanted, wanted)
    assert (accumulator.complete, accumulator.closed) == (complete, True)
    assert accumulator.suspect is not complete
    assert folding(COMPLETED) == [], "nothing follows the last event"
    assert not accumulator.suspect
    assert accumulator.final().wire_usage is None


def test_the_last_event_brings_usage_and_output() -> None:
    """What its output adds comes first, and then the reason and the usage."""
    output = [message("m", "xy"), call("c", "{}")]
    end = event("completed", response={"status": "completed", "output": output, "usage": USAGE})
    folding = Folding(text("x", item_id="m", output_index=0))
    assert folding(end) == [
        Delta("y"), arguments(0, "{}", "call_c", "f_c"), Delta(finish_reason="completed", usage=_usage()),
    ]  # fmt: skip
    assert folding.progress == (3, 0)


def test_an_error_brings_what_it_has() -> None:
    """Its response and its usage are taken, and it may be the end."""
    folding = Folding(CREATED)
    broken = {"type": "error", "message": "no", "response": {"output": [message("m", "x")]}, "usage": USAGE}
    assert folding(broken) == [Delta("x")]
    assert folding.accumulator.suspect
    assert (folding.accumulator.closed, folding.accumulator.complete) == (True, False)
    assert folding.accumulator.usage == _usage()


def test_what_is_suspect() -> None:
    """An error field with anything in it, a failure, a cancelled response; nothing else."""
    accumulator = ResponsesAccumulator()
    events = [struct(each) for each in (CREATED, text("a"), text("b"), text("c"))]
    odd = struct({**text("b", sequence_number=5), "error": {"code": "x"}})
    assert accumulator.fold([events[0], events[1], odd, events[3]]) == [(), Delta("a"), Delta("b")]
    assert accumulator.suspect
    assert accumulator.sequence_number is None
    assert accumulator.fold([events[3]]) == [Delta("c")]
    assert not accumulator.suspect
    assert accumulator.content == "abc"
    for name, suspect in (("cancelled", True), ("cancelling", False)):
        accumulator.fold([struct(event(name))])
        assert accumulator.suspect is suspect
    accumulator.fold([])
    assert not accumulator.suspect
    for nothing in (None, {}, "", 0, []):
        accumulator.fold([struct({**text("a"), "error": nothing})])
        assert not accumulator.suspect


def test_the_number_to_go_on_behind() -> None:
    """It is the last one of a read that has one, and not that of an event that failed."""
    accumulator = ResponsesAccumulator()
    fold = accumulator.fold
    fold([struct(text("a", sequence_number=0))])
    assert accumulator.sequence_number == 0
    fold([struct(text("a", sequence_number=3)), struct(text("b", sequence_number=4)), struct(text("c"))])
    assert accumulator.sequence_number == 4
    fold([struct(text("c")), struct(text("d"))])
    assert accumulator.sequence_number == 4
    broken = struct({"type": "error", "message": "no", "sequence_number": 9})
    fold([broken])
    assert accumulator.sequence_number == 4
    fold([struct(text("c", sequence_number=8)), broken])
    assert accumulator.sequence_number == 8


# Items and parts


def test_null_items_and_parts_are_no_sign_of_life() -> None:
    """They say nothing; one that is there does, once there is content."""
    folding = Folding(text("a"))
    for name in ("output_item.added", "output_item.done"):
        assert folding(event(name, item=None)) == []
    for name in ("content_part.added", "content_part.done", "reasoning_summary_part.added"):
        assert folding(event(name, part=None)) == []
    assert folding(event("output_text.annotation.added", annotation=None)) == []
    assert folding.progress == (1, 0)
    assert folding(added(message("n"), 1)) == []
    assert folding(done(message("n"), 1)) == []
    part = {"type": "output_text", "text": ""}
    assert folding(event("content_part.added", part=part, output_index=1)) == []
    assert folding(event("reasoning_summary_part.done", part={"type": "summary_text", "text": ""})) == []
    assert folding.progress == (5, 0)
    thinking = Folding(
        event("reasoning_text.delta", delta="a"), {"type": "response.brand_new"}, {"type": "x"}
    )
    assert thinking.progress == (0, 2)


@pytest.mark.parametrize(
    ("part", "delta"),
    [
        ({"type": "output_text", "text": "ab"}, Delta("b")),
        ({"type": "refusal", "refusal": "ab"}, Delta(refusal="b")),
        ({"type": "reasoning_text", "text": "ab"}, Delta("", "b")),
    ],
)
def test_whole_parts(part: Event, delta: Delta) -> None:
    """A part belongs to what its type says, and adds what is new in it."""
    kind = {"output_text": "output_text", "refusal": "refusal", "reasoning_text": "reasoning_text"}[
        part["type"]
    ]
    folding = Folding(event(f"{kind}.delta", delta="a", output_index=0, content_index=2))
    assert folding(event("content_part.done", part=part, output_index=0, content_index=2)) == [delta]
    assert len(folding.final.output) == 1


def test_new_parts_without_an_index_go_last() -> None:
    """One that is announced is another part; one that is done is the last of its kind."""
    part = {"type": "output_text", "text": "a"}
    folding = Folding()
    for piece in ("a", "b"):
        assert folding(event("content_part.added", part={**part, "text": piece})) == [Delta(piece)]
    assert folding(event("content_part.done", part={**part, "text": "bc"})) == [Delta("c")]
    assert folding(text("d", content_index=1)) == Delta("d")
    (item,) = folding.final.output
    assert [each.text for each in item.content] == ["a", "bcd"]
    summary = {"type": "summary_text", "text": "s"}
    thinking = Folding(event("reasoning_summary_part.added", part=summary, summary_index=1))
    thinking(event("reasoning_summary_part.done", part={**summary, "text": "st"}, summary_index=1))
    assert thinking.accumulator.reasoning_content == "st"


def test_every_event_has_a_handler() -> None:
    """Whatever the decoder makes can be folded, and none is an error by itself but those that say so."""
    for tag in EVENT_TYPES:
        accumulator = ResponsesAccumulator()
        assert len(accumulator.fold(event_decoder().feed(b'data: {"type":"%b"}\n\n' % tag.encode()))) == 1
        assert accumulator.suspect is (tag in ("error", "response.failed"))
