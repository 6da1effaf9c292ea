"""Texts that come a second time, as a whole: what is told of them, and what is said where they differ.

Over real sockets, in both ways in which deltas are read: one event a read, and many.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async import AsyncGravitex
from gravitex_async.responses import MessageItem, ReasoningItem, ResponsesAccumulator, ResponsesStream
from gravitex_async.responses._slots import MAX_PARTS
from gravitex_async.testing import LocalGateway, Tape

from .wire import COMPLETED, CREATED, Event, added, call, done, event, frame, message, read, read_events, text

ASK: dict[str, Any] = {"model": "gpt-5.2", "input": "hi"}
CUTS = {"an event a read": {"pace": 0.001}, "one read": {"cuts": ()}, "many": {"seed": 3}}


def at(**index: int) -> Event:
    return {"item_id": "i", "output_index": 0, **index}


CONTENT, SUMMARY = at(content_index=0), at(summary_index=0)
PADDED = {**CONTENT, "obfuscation": "xYz9"}
THINKING: Event = {"type": "reasoning", "id": "i", "summary": []}
CUSTOM = {"type": "custom_tool_call", "id": "i", "call_id": "call_i", "name": "f_i", "input": ""}


def part(kind: str, whole: str) -> Event:
    return event("content_part.done", part={"type": kind, kind.rpartition("_")[2]: whole}, **CONTENT)


def last(item: Event) -> Event:
    return event("completed", response={"status": "completed", "output": [item]})


# For each kind of text: what opens it, its delta, and all events that may bring it as a whole.
KINDS: dict[str, tuple[list[Event], Any, list[Any]]] = {
    "content": (
        [added(message("i"), 0)],
        lambda piece: text(piece, **CONTENT),
        [
            lambda whole: event("output_text.done", text=whole, **CONTENT),
            lambda whole: part("output_text", whole),
            lambda whole: done(message("i", whole), 0),
            lambda whole: last(message("i", whole)),
        ],
    ),
    "padded content": (
        [added(message("i"), 0)],
        lambda piece: text(piece, **PADDED),
        [lambda whole: event("output_text.done", text=whole, **CONTENT)],
    ),
    "content without a place": (
        [],
        text,
        [lambda whole: event("output_text.done", text=whole), lambda whole: done(message("i", whole))],
    ),
    "refusal": (
        [added(message("i"), 0)],
        lambda piece: event("refusal.delta", delta=piece, **CONTENT),
        [
            lambda whole: event("refusal.done", refusal=whole, **CONTENT),
            lambda whole: part("refusal", whole),
        ],
    ),
    "reasoning": (
        [added(THINKING, 0)],
        lambda piece: event("reasoning_text.delta", delta=piece, **CONTENT),
        [
            lambda whole: event("reasoning_text.done", text=whole, **CONTENT),
            lambda whole: part("reasoning_text", whole),
        ],
    ),
    "summary": (
        [added(THINKING, 0)],
        lambda piece: event("reasoning_summary_text.delta", delta=piece, **SUMMARY),
        [
            lambda whole: event("reasoning_summary_text.done", text=whole, **SUMMARY),
            lambda whole: event(
                "reasoning_summary_part.done", part={"type": "summary_text", "text": whole}, **SUMMARY
            ),
            lambda whole: done({**THINKING, "summary": [{"type": "summary_text", "text": whole}]}, 0),
        ],
    ),
    "arguments": (
        [added(call("i"), 0)],
        lambda piece: event("function_call_arguments.delta", delta=piece, **at()),
        [
            lambda whole: event("function_call_arguments.done", arguments=whole, **at()),
            lambda whole: done(call("i", whole), 0),
            lambda whole: last(call("i", whole)),
        ],
    ),
    "input": (
        [added(CUSTOM, 0)],
        lambda piece: event("custom_tool_call_input.delta", delta=piece, **at()),
        [
            lambda whole: event("custom_tool_call_input.done", input=whole, **at()),
            lambda whole: done({**CUSTOM, "input": whole}, 0),
        ],
    ),
}  # fmt: skip
CASES = [
    pytest.param(start, delta, whole, id=f"{name}-{number}")
    for name, (start, delta, wholes) in KINDS.items()
    for number, whole in enumerate(wholes)
]


async def told(stream: ResponsesStream) -> list[str]:
    """The joined deltas of the four texts, arguments as those of call 0."""
    pieces = [delta async for delta in stream.deltas()]
    return [
        "".join(delta.content for delta in pieces),
        "".join(delta.reasoning_content for delta in pieces),
        "".join(delta.refusal for delta in pieces),
        "".join(part.arguments for delta in pieces for part in delta.tool_calls if part.index == 0),
    ]


def said(stream: ResponsesStream) -> list[str]:
    """What the accumulators say of them."""
    arguments = "".join(found.arguments for found in stream.tool_calls[:1])
    return [stream.content, stream.reasoning_content, stream.refusal, arguments]


def ended(*events: Event) -> bytes:
    end = [] if events[-1]["type"] == "response.completed" else [COMPLETED]
    return frame(CREATED, *events, *end)


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("start", "delta", "whole"), CASES)
async def test_what_a_whole_text_adds_is_told(
    gateway: LocalGateway, client: AsyncGravitex, start: Any, delta: Any, whole: Any, cuts: Any
) -> None:
    """The end that the deltas left out comes as a delta of its own: joined pieces are the text."""
    gateway.play(Tape(ended(*start, delta("Hel"), delta("lo"), whole("Hello world")), **cuts))
    stream = client.responses.stream(**ASK)
    pieces = await told(stream)
    assert pieces == said(stream)
    assert "Hello world" in pieces
    assert stream.end.revised == ()


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("start", "delta", "whole"), CASES)
async def test_another_whole_text_wins_and_that_is_said(
    gateway: LocalGateway, client: AsyncGravitex, start: Any, delta: Any, whole: Any, cuts: Any
) -> None:
    """Where the whole does not begin with what was given, it is the text, and the end names it."""
    gateway.play(Tape(ended(*start, delta("Hallo"), whole("Hello")), **cuts))
    stream = client.responses.stream(**ASK)
    pieces = await told(stream)
    assert "Hallo" in pieces
    assert "Hello" in said(stream)
    differ = [one != other for one, other in zip(pieces, said(stream), strict=True)]
    names = ("content", "reasoning_content", "refusal", "tool_calls")
    assert stream.end.revised == tuple(name for name, one in zip(names, differ, strict=True) if one) != ()


async def test_text_brings_the_tail(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """``text()`` too, and the items read one by one lead to the same response."""
    body = ended(text("Hello", **PADDED), event("output_text.done", text="Hello world", **CONTENT))
    gateway.play(Tape(body), times=2)
    stream = client.responses.stream(**ASK)
    assert [piece async for piece in stream.text()] == ["Hello", " world"]
    assert stream.content == "Hello world"
    by_item = client.responses.stream(**ASK)
    assert [item async for item in by_item]
    assert await by_item.final() == await stream.final()


# What is emitted, in the accumulator alone


def test_wholes_in_turn() -> None:
    """Each whole text is compared with all that was given of it, also by the wholes before it."""
    reading = read_events(
        text("a", **CONTENT),
        event("output_text.done", text="ab", **CONTENT),
        event("content_part.done", part={"type": "output_text", "text": "abc"}, **CONTENT),
        done(message("i", "abcd"), 0),
        event("completed", response={"status": "completed", "output": [message("i", "abcde")]}),
    )
    assert [delta.content for delta in reading.deltas] == ["a", "b", "c", "d", "e", ""]
    assert reading.accumulator.content == "abcde"
    assert reading.accumulator.revised == ()


def test_a_text_that_was_cut_and_comes_back() -> None:
    """A whole that is too short wins for as long as nothing better comes; nothing is told twice."""
    cut = [text("Hello", **CONTENT), event("output_text.done", text="Hel", **CONTENT)]
    reading = read_events(*cut)
    assert (reading.text, reading.accumulator.content, reading.accumulator.revised) == (
        "Hello",
        "Hel",
        ("content",),
    )
    reading = read_events(*cut, text("p", **CONTENT), done(message("i", "Hellops"), 0), COMPLETED)
    assert reading.text == reading.accumulator.content == "Hellops"
    assert reading.accumulator.revised == ()


def test_a_delta_that_hides_a_revision() -> None:
    """What was given is compared with its last piece: a text that reads like all but that is another one."""
    events = [
        text("Hello", **CONTENT),
        event("output_text.done", text="Hel", **CONTENT),
        text("lo", **CONTENT),
    ]
    reading = read_events(*events, COMPLETED)
    assert (reading.text, reading.accumulator.revised) == ("Hellolo", ("content",))
    assert reading.accumulator.content == "Hello"


@pytest.mark.parametrize("looks", [False, True])
def test_deltas_behind_a_revision(looks: bool) -> None:
    """What follows belongs to both, to the text and to what was given, however often it is looked at."""
    events = [
        text("Hallo", **CONTENT),
        event("output_text.done", text="Hello", **CONTENT),
        text(" wor", **CONTENT),
        text("ld", **CONTENT),
    ]
    accumulator = ResponsesAccumulator()
    seen = []
    for one in read_events(*events).events:
        assert len(accumulator.fold([one])) == 1
        seen.append(accumulator.content if looks else "")
    assert accumulator.content == "Hello world"
    assert accumulator.revised == ("content",)
    assert seen == (["Hallo", "Hello", "Hello wor", "Hello world"] if looks else [""] * 4)


def test_parts_of_which_only_the_last_had_deltas() -> None:
    """A whole item tells the parts that were hidden, and nothing twice; the other order is said."""
    parts = [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]
    reading = read_events(
        text("b", **at(content_index=1)), done({**message("i"), "content": parts}, 0), COMPLETED
    )
    assert [delta.content for delta in reading.deltas] == ["b", "a", ""]
    assert reading.accumulator.content == "ab"
    assert reading.accumulator.revised == ("content",)


def test_parts_that_count_from_one() -> None:
    """Parts are the same whether the deltas count them from 0, from 1, or with gaps."""
    parts = [{"type": "output_text", "text": one} for one in ("aa", "bb", "cc")]
    for numbers in ((0, 1), (1, 2), (3, 7)):
        pieces = [text(one, **at(content_index=number)) for one, number in zip("ab", numbers, strict=True)]
        reading = read_events(*pieces, done({**message("i"), "content": parts}, 0), COMPLETED)
        assert sorted(reading.text) == list("aabbcc")
        assert reading.accumulator.content == "aabbcc"


def test_texts_in_another_order() -> None:
    """Parts that are written at the same time, or in another order, join otherwise: the end says so."""
    first, second = text("a", **at(content_index=0)), text("b", **at(content_index=1))
    for events, revised in (
        ((first, second), ()),
        ((second, first), ("content",)),
        ((first, second, first), ("content",)),
    ):
        reading = read_events(*events, COMPLETED)
        assert reading.accumulator.revised == revised
        assert (reading.text == reading.accumulator.content) is not revised


def test_what_the_last_output_leaves_out() -> None:
    """A message or a call that was told and is no part of the answer after all."""
    end = event("completed", response={"status": "completed", "output": [message("n", "b")]})
    reading = read_events(
        text("a", item_id="m", output_index=0), added(message("n"), 1), added(call("c", "{}"), 2), end
    )
    assert reading.text != reading.accumulator.content == "b"
    assert reading.accumulator.revised == ("content", "tool_calls")
    parts = [{"type": "refusal", "refusal": "no"}]
    reading = read_events(text("a", **CONTENT), done({**message("i"), "content": parts}, 0), COMPLETED)
    assert (reading.text, reading.accumulator.content, reading.accumulator.refusal) == ("a", "", "no")
    assert reading.accumulator.revised == ("content",)


def test_an_unknown_part_takes_no_text_away() -> None:
    """A part of a new kind under a number in use stands beside the text that is there."""
    part = {"type": "output_hologram", "data": "x"}
    reading = read_events(text("a", **CONTENT), event("content_part.added", part=part, **CONTENT), COMPLETED)
    assert reading.text == reading.accumulator.content == "a"
    (item,) = reading.accumulator.final().output
    assert isinstance(item, MessageItem)
    assert [one.type for one in item.content] == ["output_text", "output_hologram"]


def test_a_text_that_is_empty_in_its_item() -> None:
    """A whole item that leaves one of its texts empty takes nothing away either."""
    parts = [{"type": "output_text", "text": one} for one in ("", "b")]
    reading = read_events(text("a", **CONTENT), done({**message("i"), "content": parts}, 0), COMPLETED)
    assert reading.text == reading.accumulator.content == "ab"
    assert reading.accumulator.revised == ()


# Anything, in any order

WORDS = ("Hel", "lo", "Hello", "Hello world", "x", "")
PLACES: list[Event] = [
    {"output_index": 0}, {"output_index": 1}, {"item_id": "a"}, {"item_id": "b", "output_index": 0}, {},
]  # fmt: skip
PARTS = [
    *({"type": "output_text", "text": word} for word in WORDS),
    {"type": "refusal", "refusal": "Hel"},
    {"type": "hologram", "x": 1},
]
INDEXED = [
    *(("output_text.delta", "content_index", {"delta": word}) for word in WORDS),
    *(("output_text.done", "content_index", {"text": word}) for word in WORDS),
    *(("content_part.added", "content_index", {"part": one}) for one in PARTS),
    *(("content_part.done", "content_index", {"part": one}) for one in PARTS),
    *(("refusal.delta", "content_index", {"delta": word}) for word in WORDS),
    *(("reasoning_text.delta", "content_index", {"delta": word}) for word in WORDS),
    *(("reasoning_summary_text.delta", "summary_index", {"delta": word}) for word in WORDS),
    *(("reasoning_summary_text.done", "summary_index", {"text": word}) for word in WORDS),
    *(("function_call_arguments.delta", "", {"delta": word}) for word in WORDS),
    *(("function_call_arguments.done", "", {"arguments": word}) for word in WORDS),
]
ITEMS = [
    *(message("a", word) for word in WORDS),
    {**message("b"), "content": PARTS[2:5]},
    {**message("b"), "content": PARTS[3:]},
    *({**THINKING, "summary": [{"type": "summary_text", "text": word}]} for word in WORDS),
    *(call("a", word) for word in WORDS),
]


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    """An event that may bring text, as any gateway might address it."""
    index = draw(st.sampled_from([0, 0, 1, 2, 5, None]))
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([added, done]))(draw(st.sampled_from(ITEMS)), index)
    name, number, fields = draw(st.sampled_from(INDEXED))
    return event(name, **fields, **draw(st.sampled_from(PLACES)), **({number: index} if number else {}))


@given(
    events=st.lists(any_event(), max_size=14), output=st.none() | st.lists(st.sampled_from(ITEMS), max_size=3)
)
@settings(max_examples=400, deadline=None)
def test_joined_deltas_are_the_text_or_the_end_says_so(events: list[Event], output: Any) -> None:
    """Whatever comes; and it makes no difference how it was cut, or whether somebody looked in between."""
    end = event("completed", response={"status": "completed", "output": output})
    reading = read_events(*events, end)
    accumulator, revised = reading.accumulator, reading.accumulator.revised
    refusal = "".join(delta.refusal for delta in reading.deltas)
    assert "content" in revised or reading.text == accumulator.content
    assert "reasoning_content" in revised or reading.reasoning == accumulator.reasoning_content
    assert "refusal" in revised or refusal == accumulator.refusal
    given_calls = sorted(arguments for _, _, arguments in reading.calls if arguments)
    kept = sorted(one.arguments for one in accumulator.tool_calls if one.arguments)
    assert "tool_calls" in revised or given_calls == kept
    looked = read([frame(one) for one in (*events, end)], each=lambda arrived: arrived.final())
    assert looked.deltas == reading.deltas
    assert (looked.accumulator.final(), looked.accumulator.revised) == (accumulator.final(), revised)


# What it costs


def parts_of_a_message(count: int) -> list[Event]:
    """Content parts one by one, each with all its events."""
    events = []
    for number in range(count):
        place = at(content_index=number)
        blank, whole = {"type": "output_text", "text": ""}, {"type": "output_text", "text": "ab"}
        events += [
            event("content_part.added", part=blank, **place),
            text("a", **place),
            event("output_text.done", text="ab", **place),
            event("content_part.done", part=whole, **place),
        ]
    return [added(message("i"), 0), *events]


def parts_without_a_place(count: int) -> list[Event]:
    """The same where no number says which part is meant."""
    part = {"type": "output_text", "text": "ab"}
    return [added(message("i"), 0), *[event("content_part.added", part=part)] * count]


def two_kinds_by_turns(count: int) -> list[Event]:
    """Refusals and texts under the same numbers."""
    return [
        one
        for number in range(count)
        for place in [at(content_index=number)]
        for one in (text("a", **place), event("refusal.delta", delta="no", **place))
    ]


def summaries(count: int) -> list[Event]:
    """Summary parts, with all their events."""
    events = []
    for number in range(count):
        place = at(summary_index=number)
        part = {"type": "summary_text", "text": "a"}
        events += [
            event("reasoning_summary_text.delta", delta="a", **place),
            event("reasoning_summary_part.done", part=part, **place),
        ]
    return events


def late_texts(count: int) -> list[Event]:
    """Whole texts for an item that is finished, each under a number of its own."""
    late = [
        event("output_text.done", text=f"a{number}", **at(content_index=number)) for number in range(count)
    ]
    return [done(message("i", "x"), 0), *late]


def items_by_turns(count: int) -> list[Event]:
    """The item again and again between deltas of its parts."""
    parts = [text("a", **at(content_index=number)) for number in range(count)]
    return [one for piece in parts for one in (piece, added(message("i"), 0))]


def items(count: int) -> list[Event]:
    """Calls, each an item."""
    return [
        one
        for number in range(count)
        for one in (added(call(str(number)), number), done(call(str(number), "{}"), number))
    ]


def lifecycles(count: int) -> list[Event]:
    """Items, and the whole response again and again."""
    start = event("in_progress", response={"status": "in_progress", "output": [message("x", "a")]})
    return [one for number in range(count) for one in (added(call(str(number)), number), start)]


def annotations(count: int) -> list[Event]:
    """Citations of one text, and its part again and again."""
    part = event("content_part.added", part={"type": "output_text", "text": ""}, **CONTENT)
    return [
        one
        for number in range(count)
        for one in (
            event(
                "output_text.annotation.added",
                annotation={"type": "url_citation", "url": f"u{number}"},
                annotation_index=number,
                **CONTENT,
            ),
            part,
        )
    ]


def commands(count: int) -> list[Event]:
    """Commands of one shell call, and what they print."""
    return [
        one
        for number in range(count)
        for one in (
            event("shell_call_command.delta", delta="ls", output_index=0, command_index=number),
            event(
                "shell_call_output_content.delta", delta={"stdout": "a"}, output_index=1, command_index=number
            ),
        )
    ]


def revisions(count: int) -> list[Event]:
    """One long text, and wholes of it that are short, between deltas."""
    short = event("output_text.done", text="x", **CONTENT)
    return [
        text("a" * 20_000, **CONTENT),
        *[one for _ in range(count) for one in (short, text("a", **CONTENT))],
    ]


SHAPES = [
    parts_of_a_message, parts_without_a_place, two_kinds_by_turns, summaries, late_texts, items_by_turns,
    items, lifecycles, annotations, commands, revisions,
]  # fmt: skip


def seconds(events: list[Any]) -> float:
    """The least CPU time of three runs."""
    times = []
    for _ in range(3):
        accumulator = ResponsesAccumulator()
        start = time.process_time()
        assert len(accumulator.fold(events)) == len(events)
        accumulator.final()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("shape", SHAPES)
def test_many_parts_cost_what_few_do(shape: Any) -> None:
    """Eight times the parts cost about eight times as much, whatever they are (quadratic: 64 times)."""
    few, many = (read_events(*shape(count)).events for count in (500, 4_000))
    assert seconds(many) < 20 * seconds(few)


async def test_16000_parts_over_a_socket(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The loop is not held up by one answer of many parts."""
    body = ended(*parts_of_a_message(16_000))
    gateway.play(Tape(body, every=65_536))
    stream = client.responses.stream(**ASK)
    start = time.process_time()
    assert "".join([piece async for piece in stream.text()]) == stream.content == "ab" * 16_000
    assert time.process_time() - start < 60  # twenty times what it takes; it was minutes


# The named limit


def test_parts_beyond_the_limit() -> None:
    """An endless supply of numbers makes no endless list: the last part takes what is beyond it."""
    numbers = [0, MAX_PARTS, MAX_PARTS + 1, 10**9, -1]
    reading = read_events(*(text(f"<{number}>", **at(content_index=number)) for number in numbers), COMPLETED)
    (item,) = reading.accumulator.final().output
    assert isinstance(item, MessageItem)
    assert len(item.content) == 2
    assert sorted(reading.accumulator.content) == sorted(reading.text)


def test_items_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items too: their texts go on in the last one of their kind, and none is lost."""
    monkeypatch.setattr("gravitex_async.responses._snapshot.MAX_ITEMS", 3)
    reading = read_events(*(text(f"<{number}>", output_index=number) for number in range(6)), COMPLETED)
    assert [item.type for item in reading.accumulator.final().output] == ["message"] * 3
    assert reading.text == reading.accumulator.content == "<0><1><2><3><4><5>"
    reading = read_events(*(added(call(str(number)), number) for number in range(6)), COMPLETED)
    assert len(reading.accumulator.tool_calls) == 3


def test_nothing_follows_the_last_event() -> None:
    """A second one changes nothing, and costs nothing."""
    end = event("completed", response={"status": "completed", "output": [message("n", "other")]})
    reading = read_events(text("a", item_id="m"), COMPLETED, end)
    assert (reading.accumulator.content, reading.accumulator.revised) == ("a", ())


def test_reasoning_beyond_the_limit() -> None:
    """The same for summaries, and for parts that say nothing of their place."""
    part = {"type": "summary_text", "text": "a"}
    far = event("reasoning_summary_part.added", part=part, **at(summary_index=MAX_PARTS))
    reading = read_events(far, *[event("reasoning_summary_part.added", part=part)] * 3, COMPLETED)
    (item,) = reading.accumulator.final().output
    assert isinstance(item, ReasoningItem)
    assert len(item.summary) == 1
