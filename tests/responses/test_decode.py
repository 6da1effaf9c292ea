"""The payloads of named events are cut out of a read, exactly, whatever its form."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async._json import dumps, loads
from gravitex_async.decoding import CRLF, LF, Cut, EventDecoder
from gravitex_async.responses import CreatedEvent, OutputTextDeltaEvent, ResponsesEvent, UnknownEvent
from gravitex_async.responses._decode import EVENT_TYPES, cut_named_events, event_decoder

from .test_events import EVENTS, event
from .wire import COMPLETED, CREATED, Event, cut, frame, read, text

# One read


BLOCK = frame(*(event(name) for name in EVENTS if name.startswith("response.")))


def test_the_simple_form_is_cut():
    """A block of names and payloads gives its payloads, with or without names."""
    payloads, rest = cut_named_events(b"", BLOCK) or ([], BLOCK)
    assert rest == b""
    assert [loads(payload)["type"] for payload in payloads] == [
        n for n in EVENTS if n.startswith("response.")
    ]
    plain = frame(event("error"), event("keepalive"), names=False)
    assert cut_named_events(b"", plain) == ([dumps(event("error")), dumps(event("keepalive"))], b"")


@pytest.mark.parametrize(
    "odd",
    [
        frame(event("error")),
        frame(event("keepalive")),
        b"event: ping\ndata: {}\n\n",
        b"id: 1\nevent: response.x\ndata: {}\n\n",
        b"event: response.x\nid: 1\ndata: {}\n\n",
        b"event: response.x\ndata: {}\nid: 1\n\n",
        b"event: response.x\ndata: {\ndata: }\n\n",
        b"event: response.x\ndata:{}\n\n",
        b"event: response.x\n\n",
        b"event:response.x\ndata: {}\n\n",
        b"event: response.x\r\ndata: {}\r\n\r\n",
        b"event: response.x\ndata: {}\n\n\n",
        b'event: response.x\ndata: {"a":\r1}\n\n',
        b"event: response.x\rid: 1\ndata: {}\n\n",
        b"data: {}\n\n",
        b"data: [DONE]\n\n",
    ],
)
def test_other_forms_are_left_alone(odd):
    """Anything else in a block, at any place, is for the slow way."""
    event_ = frame(event("response.created"))
    assert cut_named_events(b"", event_ + odd) is None
    assert cut_named_events(b"", event_ + odd + event_) is None
    if not odd.startswith(b"data: "):
        assert cut_named_events(b"", odd + event_) is None


TEXT = text("a", item_id="m")


@pytest.mark.parametrize("newline", [LF, CRLF])
@pytest.mark.parametrize("names", [True, False])
def test_line_ends(newline: bytes, names: bool) -> None:
    """A stream ends its lines with LF or with CR LF; both are cut, and neither is cut as the other."""
    body = frame(CREATED, TEXT, TEXT, names=names).replace(LF, newline)
    payloads = [dumps(CREATED), dumps(TEXT), dumps(TEXT)]
    other = CRLF if newline is LF else LF
    assert cut_named_events(b"", body, newline) == (payloads, b"")
    assert (cut_named_events(b"", body, other) or ([], b""))[0] == []
    for end in range(len(frame(CREATED, names=names).replace(LF, newline)) + 40, len(body) - 4):
        found = cut_named_events(b"", body[:end], newline)
        if found is not None:  # a read that ends within a line end may go the slow way
            assert b"".join(found[0]) == b"".join(payloads[: len(found[0])])
            assert body[:end].endswith(found[1])
            assert len(found[0]) == body[:end].count(newline * 2)
        else:
            assert body[:end].endswith(b"\r")


@pytest.mark.parametrize("newline", [LF, CRLF])
def test_a_read_goes_on_where_the_last_one_ended(newline: bytes) -> None:
    """What is left of a read stands before the next, however long or short it is."""
    body = frame(CREATED, TEXT, TEXT).replace(LF, newline)
    first = frame(CREATED).replace(LF, newline)
    whole = len(frame(CREATED, TEXT).replace(LF, newline))
    for at in range(len(first), whole):
        _, rest = cut_named_events(b"", first, newline) or ([], b"?")
        assert rest == b""
        held, more = first[:0] + body[len(first) : at], body[at:]
        found = cut_named_events(held, more, newline)
        if not held.endswith(b"\r") and not more.startswith((b"\r", b"\n")):
            assert found == ([dumps(TEXT), dumps(TEXT)], b"")


@pytest.mark.parametrize("newline", [LF, CRLF])
def test_one_event_a_read(newline: bytes) -> None:
    """Reads of one event each, alike or not, are cut one by one."""
    for tree in [CREATED, TEXT, TEXT, CREATED, TEXT]:
        assert cut_named_events(b"", frame(tree).replace(LF, newline), newline) == ([dumps(tree)], b"")
    assert cut_named_events(b"", b": ping\n\n".replace(LF, newline), newline) == ([], b"")
    assert cut_named_events(b"", frame(TEXT, names=False).replace(LF, newline), newline) == (
        [dumps(TEXT)],
        b"",
    )
    for odd in (b"event: response.output_text.delta", b"event: response.x\ny: z\ndata: {}\n\n"):
        assert cut_named_events(b"", odd.replace(LF, newline), newline) is None


@pytest.mark.parametrize("odd", [b"\n", b"\r", b"\r\n", b"\n\r"])
@pytest.mark.parametrize("newline", [LF, CRLF])
def test_a_line_end_of_another_kind(odd: bytes, newline: bytes) -> None:
    """Anywhere in a read it is no part of the form: the read is not cut, or that end is left over."""
    body = frame(CREATED, TEXT, TEXT).replace(LF, newline)
    simple = cut_named_events(b"", body, newline)
    for at in range(len(body)):
        mixed = body[:at] + odd + body[at:]
        found = cut_named_events(b"", mixed, newline)
        if found is not None:
            assert found != simple
            assert all(b"\n" not in payload and b"\r" not in payload for payload in found[0])
            assert events_of([mixed]) == slowly([mixed])


# Whole streams: the fast way and the slow one


def refuse(tail: bytes, data: bytes, newline: bytes = LF) -> Cut | None:
    """A cutter that cuts nothing."""
    return None


def events_of(reads: Sequence[bytes], decoder: EventDecoder[ResponsesEvent] | None = None) -> list[object]:
    """The events of *reads*, and the error behind them."""
    decoder = decoder or event_decoder()
    events = [event for data in reads for event in decoder.feed(data)]
    return [*events, *decoder.close(), str(decoder.failure)]


def slowly(reads: Sequence[bytes]) -> list[object]:
    decoder = event_decoder()
    decoder._cutter = refuse
    return events_of(reads, decoder)


FORMS = [
    frame(CREATED), frame(TEXT), frame(TEXT), frame(TEXT, names=False), frame(COMPLETED),
    frame({"type": "response.odd", "sequence_number": 1}), b"event: response.x\ndata: {}\n\n",
    b'event: response.output_text.delta\ndata: {"delta":"b"}\n\n', b": ping\n\n", b"\n",
    b"event: ping\ndata: {}\n\n", b"data:\ndata: {}\n\n", b"data: [DONE]\n\n", b"event: response.x\n\n",
]  # fmt: skip


@given(
    forms=st.lists(st.sampled_from(FORMS), min_size=1, max_size=8),
    newlines=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"]), min_size=1, max_size=3),
    one=st.booleans(),
    data=st.data(),
)
@settings(max_examples=400, deadline=None)
def test_both_ways_give_the_same(
    forms: list[bytes], newlines: list[bytes], one: bool, data: st.DataObject
) -> None:
    """Whatever the events, their line ends and their cutting, the fast way is exact."""
    ends = newlines[:1] if one else newlines
    lines = b"".join(forms).split(b"\n")
    body = b"".join(line + ends[at % len(ends)] for at, line in enumerate(lines[:-1]))
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4)))
    reads = [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]
    assert events_of(reads) == slowly([body])


@pytest.mark.parametrize("newline", [LF, CRLF])
def test_a_name_in_place_of_a_type(newline: bytes) -> None:
    """Where only its name says what an event is, that is its type, in a read of one event or of many."""
    piece = b'event: response.output_text.delta\ndata: {"delta":"b"}\n\n'
    body = (frame(CREATED, TEXT) + piece * 3 + frame(TEXT)).replace(LF, newline)
    for reads in ([body], [body[at : at + 1] for at in range(len(body))], cut(body, 3)):
        assert [type(event) for event in read(reads).events] == [CreatedEvent] + [OutputTextDeltaEvent] * 5
    assert read([piece.replace(LF, newline)]).text == "b"


def test_an_event_nobody_knows_costs_its_neighbours_nothing() -> None:
    """It is handed out as it came, among events that are read the fast way."""
    odd: Event = {"type": "response.brand_new.delta", "delta": "x", "sequence_number": 7}
    reading = read([frame(CREATED, TEXT, odd, TEXT, odd)])
    assert [type(event) for event in reading.events] == [
        CreatedEvent, OutputTextDeltaEvent, UnknownEvent, OutputTextDeltaEvent, UnknownEvent,
    ]  # fmt: skip
    unknown = reading.events[2]
    assert isinstance(unknown, UnknownEvent)
    assert (unknown.type, unknown.sequence_number, loads(unknown.raw)) == (odd["type"], 7, odd)


def test_deltas_are_small() -> None:
    """Events that make up nearly all of a stream are kept out of the garbage collector."""
    for tag, kind in EVENT_TYPES.items():
        if tag.endswith(".delta"):
            assert not kind.__struct_config__.gc, tag
        assert not getattr(kind, "__dictoffset__", 0), tag


def test_max_event_bytes() -> None:
    """The largest event is a matter of the caller."""
    decoder = event_decoder(max_event_bytes=64)
    decoder.feed(frame(text("x" * 100)))
    assert decoder.failure is not None
    assert msgspec.json.decode(frame(TEXT, names=False)[6:])["delta"] == "a"


@pytest.mark.parametrize(
    ("delta", "wanted"),
    [
        ({"text": "a"}, "a"),
        ({"content": "b"}, "b"),
        ({"delta": "c"}, "c"),
        ({"content": "b", "text": "a"}, "a"),
        ({"text": 1, "delta": "c"}, "c"),
        ({"city": "Oslo"}, '{"city":"Oslo"}'),
    ],
)
def test_a_text_in_an_object(delta: Event, wanted: str) -> None:
    """Some gateways wrap the text of a delta, or send arguments as the object they are."""
    assert read([frame(CREATED, text(delta))]).text == wanted  # type: ignore[arg-type]


def test_the_output_of_a_shell_is_an_object() -> None:
    """The one delta that is no text stays what it is, even where it is read tolerantly."""
    odd = {"type": "response.shell_call_output_content.delta", "delta": {"stdout": "a"}, "command_index": "0"}
    (item,) = read([frame(odd)]).accumulator.final().output
    assert item.output[0].stdout == "a"


@pytest.mark.parametrize(
    ("tree", "raises"),
    [
        ({"type": "odd", "code": "server_error", "message": "no"}, True),
        ({"code": "server_error", "message": "no"}, True),
        ({"type": "response.odd", "code": "server_error", "message": "no"}, False),
        ({"type": "response.odd", "error": {"message": "no"}}, True),
        ({"type": "odd", "value": 1}, False),
        ({"type": 5, "value": 1}, False),
        ({"type": "odd", "sequence_number": "7"}, False),
    ],
)
def test_events_nobody_knows(tree: Event, raises: bool) -> None:
    """One that is an error in any form raises; of a response's own events only one that says so."""
    reading = read([frame(CREATED), b"data: %b\n\n" % dumps(tree), frame(TEXT)])
    assert (reading.error is not None) is raises
    if not raises:
        unknown = reading.events[1]
        assert isinstance(unknown, UnknownEvent)
        assert unknown.type == (tree["type"] if isinstance(tree["type"], str) else "")
        assert unknown.sequence_number is None
        assert reading.text == "a"


def test_a_line_end_in_two_halves_behind_an_odd_event() -> None:
    """A read that ends in half a line end gives its last event once, with the other half."""
    body = frame({"type": "response.odd"}, TEXT).replace(LF, CRLF)
    assert events_of([body[:-1], body[-1:]]) == slowly([body])
