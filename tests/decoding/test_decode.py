"""Reads in, structs out: the fast way gives what the slow way gives; odd events are read or reported."""

from __future__ import annotations

import copy
import itertools
import json
import tracemalloc
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gravitex_async.decoding._cut import CRLF, LF, Cut, Cutter, cut_events
from gravitex_async.decoding._events import MAX_TAIL, EventDecoder
from gravitex_async.decoding._tolerant import TolerantDecoder
from gravitex_async.errors import (
    APIError,
    AuthenticationError,
    DecodeError,
    EventTooLargeError,
    RateLimitError,
    ServerError,
)


class Inner(msgspec.Struct, omit_defaults=True):
    """What stands in a list of an item."""

    index: int = 0
    text: str | None = None
    arguments: str | None = None


class Item(msgspec.Struct, omit_defaults=True):
    """An item of no dialect, with every kind of field a dialect has."""

    id: str = ""
    n: int | None = None
    ratio: float | None = None
    on: bool | None = None
    text: str = ""
    inner: list[Inner] = []
    labels: dict[str, Inner] = {}
    type: str | None = None
    free: Any = None


ITEMS = msgspec.json.Decoder(Item)

Seen = tuple[list[Item], list[bytes], bool, str, str, int]


def never(tail: bytes, data: bytes, newline: bytes = LF) -> None:
    """A cutter that finds no simple read: everything goes through the parser."""


def decoded(pieces: Iterable[bytes], cut: Cutter = cut_events) -> Seen:
    """All that can be seen of a decoder: items, payloads, end mark, failure, number of events."""
    decoder = EventDecoder(ITEMS, cut=cut)
    items, payloads = [], []
    for piece in pieces:
        found = decoder.feed(piece)
        payloads += [decoder.payload(i) for i in range(len(found))]
        items += found
    found = decoder.close()
    payloads += [decoder.payload(i) for i in range(len(found))]
    failure = decoder.failure
    return items + found, payloads, decoder.done, type(failure).__name__, str(failure), decoder.events


def fast(*pieces: bytes) -> Seen:
    return decoded(pieces)


def slow(*pieces: bytes) -> Seen:
    return decoded(pieces, never)


FRAGMENTS = [
    b'data: {"id":"a"}\n\n', b'data: {"id":"b","text":"x\\n\\ndata: y"}\n\n', b"data: [DONE]\n\n",
    b"data:[DONE]\n\n", b"data: [DONE] \n\n", b": ping\n\n", b"\n", b"\r\n", b"\r", b'data: {"id":\n\n',
    b'data: "c"}\n\n', b'data: {"id":\ndata: "d"}\n\n', b'data: {"id":"e"}\r\n\r\n',
    b'data: {"id":"f"}\r\r', b'data:{"id":"g"}\n\n', b'data:  {"id":"h"}\n\n',
    b'data: {"id":"i"} {"id":"j"}\n\n', b'event: ping\ndata: {"id":"k"}\n\n',
    b'event: t\ndata: {"id":"l"}\n\n', b'id: 1\ndata: {"id":"m"}\n\n', b"data: {}\n\n", b"data:\n\n",
    b"data: \n\n", b'data: {"n":"7"}\n\n', b'data: {"text":null}\n\n', b'data: {"text":"\\ud83d"}\n\n',
    b'data: {"text":"\\ude00!"}\n\n', b'data: {"text":"\xff"}\n\n', b"\xef\xbb\xbf",
    b'data: {"error":{"code":429}}\n\n', b'event: error\ndata: {"message":"m"}\n\n',
    b'error: {"message":"m"}\n\n', b'{"error":{"message":"raw"}}',
    b'data: {"id":"' + b"p" * 2000 + b'"}\n\n', b'data: {"id":"' + b"q" * (MAX_TAIL + 10) + b'"}\n\n',
    b"data: nonsense\n\n", b'data: {"id":"r"}\n', b'data: {"id":"s"}', b'data: {"id":"t"', b"data: [1]\n\n",
    b'data: {"a":1}\n{"b":2}\n\n', b'data: {"n":1e400}\n\n', b"data: " + b"[" * 3000 + b"\n\n", b"dat",
    b"a: {}\n\n",
]  # fmt: skip

STREAMS = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join)


@settings(max_examples=600, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=6))
@example(b'data: {"id":"a"}\n\n\xef\xbb\xbfdata: {"id":"b"}\n\n', [18])
@example(b'\xef\xbb\xbfdata: {"id":"a"}\n\n', [])
@example(b'\xef\xbb\xbfdata: {"id":"a"}\n\n', [0, 1, 2])
@example(b'data: {"id":"a"}\n\ndata: [DONE]\n\ndata: {"id":"b"}\n\n', [])
@example(b'data: [DONE]\n\ndata: {"id":"b"}\n\n', [3])
@example(b': ping\n\ndata: {"id":"a"}\r\n\r\n', [])
@example(b': ping\rdata: {"id":"a"}\r\n\r\n', [])
@example(b'data: {"id":"a"}\n\ndata: {"error":{"code":429}}\n\ndata: {"id":"b"}\n\n', [2])
def test_the_fast_way_is_the_slow_way(body: bytes, cuts: list[int]) -> None:
    """Any stream in any cut: same items, same payloads, same end, same failure, fast, slow and bytewise."""
    bounds = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(bounds)]
    wanted = slow(body)
    assert fast(*pieces) == wanted
    assert slow(*pieces) == wanted
    if len(body) < 3000:
        assert fast(*(body[i : i + 1] for i in range(len(body)))) == wanted


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_noise_is_never_a_crash(body: bytes, size: int) -> None:
    """Whatever comes, a decoder ends with items and at most one failure of this package."""
    result = fast(*(body[i : i + size] for i in range(0, len(body), size)))
    assert result == slow(body)


@pytest.mark.parametrize("cut", range(12))
def test_a_byte_order_mark_may_stand_first(cut: int) -> None:
    """It is no part of the first event, however the stream is cut; later it is not a mark any more."""
    body = b'\xef\xbb\xbfdata: {"id":"a"}\n\ndata: {"id":"b"}\n\n\xef\xbb\xbfdata: {"id":"c"}\n\n'
    items, *_ = fast(body[:cut], body[cut:])
    assert [item.id for item in items] == ["a", "b"]


@settings(max_examples=300, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=6))
def test_the_fast_way_is_the_slow_way_for_the_other_line_end(body: bytes, cuts: list[int]) -> None:
    """The same with CR LF for LF (Google), and with events of either kind in one stream."""
    body = body.replace(CRLF, LF).replace(LF, CRLF)
    for stream in (body, body + body.replace(CRLF, LF), body.replace(CRLF, LF) + body):
        bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
        pieces = [stream[a:b] for a, b in itertools.pairwise(bounds)]
        wanted = slow(stream)
        assert fast(*pieces) == wanted
        assert slow(*pieces) == wanted


class Counting:
    """A cutter that remembers how many events it found in each read that it could cut."""

    def __init__(self) -> None:
        self.found: list[int] = []

    def __call__(self, tail: bytes, data: bytes, newline: bytes = LF, /) -> Cut | None:
        cut = cut_events(tail, data, newline)
        if cut is not None:
            self.found.append(len(cut[0]))
        return cut


@pytest.mark.parametrize("newline", [LF, CRLF])
@pytest.mark.parametrize("head", [b"data: ", b"data:"])
def test_wherever_a_read_ends_the_fast_way_goes_on(head: bytes, newline: bytes) -> None:
    """Inside an event, inside the blank line, between CR and LF: no event of such a stream is parsed."""
    event = head + b'{"id":"a"}' + newline * 2
    for end in range(6, 2 * len(event)):
        counting = Counting()
        body = event * 4
        items, *_ = decoded([body[:end], body[end:]], counting)
        assert (len(items), sum(counting.found)) == (4, 4)


@pytest.mark.parametrize("newline", [LF, CRLF])
def test_the_way_back_to_the_fast_way_is_the_blank_line_of_the_stream(newline: bytes) -> None:
    """Behind a large event, which the parser takes, the rest of the read is cut; else the next read."""
    plain = b'data: {"id":"a"}' + newline * 2
    large = b'data: {"id":"' + b"b" * (MAX_TAIL + 10) + b'"}' + newline * 2
    for odd in (large, b": words" + newline * 2, b'id: 7%bdata: {"id":"b"}%b' % (newline, newline * 2)):
        for end in range(len(odd) - 3 * len(newline), len(odd) + 1):
            counting = Counting()
            items, *_ = decoded([plain + odd[:end], odd[end:] + plain * 5, plain * 5], counting)
            assert [item.id[:1] for item in items].count("a") == 11
            assert sum(counting.found) >= (11 if odd is large else 6)


def test_large_events_are_cut_as_long_as_reads_are_larger() -> None:
    """Events of 40 KB (search results) in reads of 72 KB; in small reads the parser joins them."""
    body = b"".join(b'data: {"id":"%d","text":"%b"}\n\n' % (i, b"x" * 40_000) for i in range(20))
    for size, cut in ((72 * 1024, True), (4 * 1024, False)):
        counting = Counting()
        items, *_ = decoded([body[at : at + size] for at in range(0, len(body), size)], counting)
        assert [item.id for item in items] == [str(i) for i in range(20)]
        assert (sum(counting.found) == 20) is cut


def test_the_fast_way_is_taken() -> None:
    """Plain events never meet the parser."""
    counting = Counting()
    block = b'data: {"id":"a"}\n\n' * 10
    items, *_ = decoded([block, block, block[:-9], block[-9:]], counting)
    assert len(items) == 30
    assert counting.found == [10, 10, 9, 1]


def test_a_large_event_in_two_large_reads_is_cut() -> None:
    """What is left of a read is put before the next one if it is no larger than the read it came in."""
    event = b'data: {"id":"' + b"b" * (3 * MAX_TAIL) + b'"}\n\n'
    counting = Counting()
    items, *_ = decoded([event[: 2 * MAX_TAIL], event[2 * MAX_TAIL :]], counting)
    assert (len(items), counting.found) == (1, [0, 1])


def test_an_odd_event_costs_itself_alone() -> None:
    """It is read tolerantly, and the reads behind it are cut as before, unless half a character waits."""
    block = b'data: {"id":"a"}\n\n' * 3
    for odd, found in (
        (b'data: {"n":"7"}\n\n', [3, 4, 3]),
        (b'data: {"text":"\\ud83d"}\n\ndata: {"text":"\\ude00"}\n\n', [3, 5, 3]),
        (b'data: {"text":"\\ud83d"}\n\n', [3, 4]),
    ):
        counting = Counting()
        items, *_, events = decoded([block, block + odd, block], counting)
        assert counting.found == found
        assert [item.id for item in items].count("a") == 9
        assert len(items) == events


@pytest.mark.parametrize("newline", [LF, CRLF])
def test_a_read_that_ends_as_a_whole_event_may_go_on_with_another(newline: bytes) -> None:
    """What is left of the read before stands in front of it, whatever it looks like by itself."""
    whole = b"data: {}" + newline * 2
    assert cut_events(b"data: ", whole, newline) == ([b"data: {}"], b"")
    assert cut_events(b'data: {"id":"', whole, newline) == ([b'{"id":"data: {}'], b"")
    assert cut_events(b": c", whole, newline) == ([], b"")


@pytest.mark.parametrize(
    ("block", "payloads"),
    [
        (b"data: {}\n\n", [b"{}"]),
        (b"data: {}\n\ndata: [DONE]\n\n", [b"{}", b"[DONE]"]),
        (b"data: {\n}\n\n", None),
        (b"data: {}\n\n\n\n", [b"{}"]),
        (b"data: {}\r\n\n", None),
        (b"data:{}\n\n", [b"{}"]),
        (b"data:{}\n\ndata:[DONE]\n\n", [b"{}", b"[DONE]"]),
        (b"data:{}\n\ndata: {}\n\n", None),
        (b"data: {\r}\n\n", None),
        (b"data: {}\n\ndata: {\r}\n\n", None),
        (b": c\n\ndata: {}\n\n", [b"{}"]),
        (b"data: {}\n\n: c\n\n", [b"{}"]),
        (b"\n\n: c\n: d\n\n\ndata: {1}\n: e\n\n\n: f\n\n\ndata: {2}\n\n\n\n", [b"{1}", b"{2}"]),
        (b": c\n\n", []),
        (b"\n", []),
        (b": c\n\n{}\n\n", None),
        (b": c\n\nevent: t\ndata: {}\n\n", None),
        (b"data: {}\n\n: c\nid: 1\n\n", None),
        (b": c\rdata: {}\n\n", None),
        (b"data: {}\n\nevent: t\ndata: {}\n\n", None),
        (b"data: {}\n\ndata: {}\nid: 1\n\n", None),
    ],
)
def test_only_the_simple_form_is_cut(block: bytes, payloads: list[bytes] | None) -> None:
    """One ``data:`` line per event and nothing else; every other form is the parser's."""
    assert cut_events(b"", block) == (None if payloads is None else (payloads, b""))


@pytest.mark.parametrize(
    "block",
    [b"data: {}\n\n", b"data: {\n}\r\n\r\n", b"data: {\r}\r\n\r\n", b"data: {}\r\n\r\ndata: {}\n\n",
     b"data: {}\r\n\ndata: {}\r\n\r\n", b"data: {}\r\n\r\ndata: {\r}\r\n\r\n"],
)  # fmt: skip
def test_only_the_simple_form_is_cut_where_lines_end_with_two_bytes(block: bytes) -> None:
    """One of them alone is no end of a line there."""
    assert not (cut_events(b"", block, CRLF) or ([], b""))[0]


def test_what_no_event_is_yet_is_kept() -> None:
    """Wherever a read ends, whole events are handed out at once, and the rest begins the next."""
    body = b'data: {"id":"a"}\n\ndata: {"id":"b"}\n\n'
    for end in range(len(body)):
        first = cut_events(b"", body[:end])
        assert (first is None) == (0 < end < 5)
        payloads, tail = first or ([], body[:end])
        assert len(payloads) == (end >= 18)
        rest = cut_events(tail, body[end:])
        if rest is None:  # inside the separator: the parser's
            assert body[end - 1 : end + 1] == b"\n\n"
        else:
            assert [*payloads, *rest[0]] == [b'{"id":"a"}', b'{"id":"b"}']
            assert rest[1] == b""


# Ends


@pytest.mark.parametrize(
    "mark", [b"data: [DONE]\n\n", b"data:[DONE]\r\n\r\n", b"data:  [DONE]  \n\n", b"data: [DONE]"]
)
def test_done_ends_the_stream(mark: bytes) -> None:
    """Nothing behind the end mark is read, in the same read or in a later one."""
    items, _, done, failure, *_ = fast(b'data: {"id":"a"}\n\n' + mark)
    assert ([item.id for item in items], done, failure) == (["a"], True, "NoneType")
    items, _, done, failure, *_ = fast(
        b'data: {"id":"a"}\n\n' + mark.rstrip() + b"\n\n" + b'data: {"id":"z"}\n\nnonsense', b"data: {\n\n"
    )
    assert ([item.id for item in items], done, failure) == (["a"], True, "NoneType")


def test_nothing_is_read_behind_a_mark_that_the_parser_held() -> None:
    """Its end and another event may come in one read, which would be cut again from there on."""
    for start, end in ((b"id: 1\ndata: [DO", b"NE]\n\n"), (b"id: 1\ndata: {nonsense", b"\n\n")):
        for rest in (b'data: {"id":"z"}\n\n', b'event: x\ndata: {"id":"z"}\n\n'):
            items, *_, events = fast(b'data: {"id":"a"}\n\n', start, end + rest)
            assert ([item.id for item in items], events) == (["a"], 1)


@pytest.mark.parametrize("event", ["ping", "keepalive", "heartbeat"])
def test_keep_alives_are_no_items(event: str) -> None:
    """Events by these names are skipped, whatever their data; so is data of nothing but blanks."""
    items, *_, events = fast(f"event: {event}\ndata: nonsense\n\ndata:   \n\ndata\n\n".encode())
    assert (items, events) == ([], 0)


@pytest.mark.parametrize(
    ("tail", "ids"),
    [
        (b'data: {"id":"b"}\n', ["a", "b"]),
        (b'data: {"id":"b"}', ["a", "b"]),
        (b'data: {"id":"b"', ["a"]),
        (b"data: ", ["a"]),
        (b"event: x\n", ["a"]),
        (b'data: {"id":\ndata: "b"}', ["a", "b"]),
        (b": PI", ["a"]),
    ],
)
def test_the_end_of_input_completes_what_is_whole(tail: bytes, ids: list[str]) -> None:
    """A last block without its blank line counts when its JSON is whole; a cut one is no malformed event."""
    items, _, _, failure, *_ = fast(b'data: {"id":"a"}\n\n' + tail)
    assert ([item.id for item in items], failure) == (ids, "NoneType")


# Failures


def failing(body: bytes) -> APIError:
    decoder = EventDecoder(ITEMS)
    decoder.feed(body)
    decoder.close()
    assert decoder.failure is not None
    return decoder.failure


@pytest.mark.parametrize(
    ("body", "cls", "message"),
    [
        (b'event: error\ndata: {"message":"m","code":"rate_limit_exceeded"}\n\n', RateLimitError, "m"),
        (b'event: error\ndata: {"error":{"message":"m","type":"server_error"}}\n\n', ServerError, "m"),
        (b"event: error\ndata: plain words\n\n", APIError, "plain words"),
        (b'error: {"error":{"message":"m","code":401}}\n\n', AuthenticationError, "m"),
        (b': PING\n\n{"error":{"message":"m","code":503}}', ServerError, "m"),
        (b'{\n "error": {\n  "code": 429,\n  "message": "m"\n }\n}\n', RateLimitError, "m"),
        (b'[{"error":{"code":429,"message":"m"}}]', RateLimitError, "m"),
        (b'data: {"n":[],"error":{"code":500,"message":"m"}}\n\n', ServerError, "m"),
    ],
)
def test_errors_inside_a_stream(body: bytes, cls: type[APIError], message: str) -> None:
    """An error is the class its HTTP status would give, whichever of the forms in use it comes in."""
    error = failing(b'data: {"id":"a"}\n\n' + body)
    assert type(error) is cls
    assert message in error.message


@pytest.mark.parametrize(
    "payload",
    [b"nonsense", b"{", b"[1]", b'"text"', b"17", b"null", b'{"inner":7}', b'{"inner":{"0":1}}',
     b'{"n":"seven"}',
     b'{"text":{"is":"x"}}', b'{"id":"a"} {"id":"b"}', b'{"ratio":"x"}', b'{"inner":[{"index":"x"}]}',
     b'{"labels":{"k":{"index":"x"}}}', b"[" * 100_000, b"\xff\xfe"],
    ids=lambda payload: repr(payload[:24]),
)  # fmt: skip
def test_a_malformed_event_is_reported(payload: bytes) -> None:
    """It is never skipped in silence, what came before it is kept, and what comes after it is not read."""
    items, _, done, failure, words, events = fast(
        b'data: {"id":"a"}\n\ndata: ' + payload + b'\n\ndata: {"id":"z"}\n\ndata: [DONE]\n\n'
    )
    assert ([item.id for item in items], done, failure, events) == (["a"], False, "DecodeError", 1)
    assert words.startswith("expected")


def test_an_event_above_the_limit_is_reported() -> None:
    """By its own class, with what came before it kept, whichever way the event came."""
    good, large = b'data: {"id":"a"}\n\n', b'data: {"id":"' + b"x" * 1000 + b'"}\n\n'
    for cut in (cut_events, never):
        for pieces in (
            [good + large],
            [good, large],
            [good + large[:500], large[500:]],
            [good + large, b"x"],
        ):
            decoder = EventDecoder(ITEMS, cut=cut, max_event_bytes=500)
            items = [item for piece in pieces for item in decoder.feed(piece)] + decoder.close()
            assert [item.id for item in items] == ["a"]
            assert isinstance(decoder.failure, EventTooLargeError)


# Repairs (the tolerant way)


@pytest.mark.parametrize(
    ("payload", "item"),
    [
        (b'{"n":"17"}', Item(n=17)),
        (b'{"n":17.0}', Item(n=17)),
        (b'{"n":"17.0"}', Item(n=17)),
        (b'{"n":1.7e9}', Item(n=1_700_000_000)),
        (b'{"n":1768271369.5}', Item(n=1_768_271_369)),
        (b'{"ratio":"0.5"}', Item(ratio=0.5)),
        (b'{"on":"true"}', Item(on=True)),
        (b'{"id":17}', Item(id="17")),
        (b'{"id":1.5}', Item(id="1.5")),
        (b'{"id":null,"text":null,"inner":null}', Item()),
        (
            b'{"inner":[{"index":null,"text":3},null,{"text":"x"}]}',
            Item(inner=[Inner(text="3"), Inner(text="x")]),
        ),
        (b'{"inner":[{"arguments":{"a":[1,2]}}]}', Item(inner=[Inner(arguments='{"a":[1,2]}')])),
        (b'{"inner":[{"arguments":[]}]}', Item(inner=[Inner(arguments="[]")])),
        (b'{"id":"a\tb"}', Item(id="a\tb")),
        (b'{"id":"a\xffb"}', Item(id="a\ufffdb")),
        (b'\xef\xbb\xbf{"id":"a"}', Item(id="a")),
        (b'{"free":NaN,"id":"a"}', None),
        (b'{"id":"a","unknown":{"deep":[1,{}]}}', Item(id="a")),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else "",
)
def test_what_providers_send_is_read(payload: bytes, item: Item | None) -> None:
    """Numbers as text, text as numbers, null for absent, objects for JSON text, bytes that JSON forbids."""
    (found,), *_ = fast(b"data: " + payload + b"\n\n")
    assert found.id == "a" if item is None else found == item


def test_a_sound_field_beside_an_odd_one_is_untouched() -> None:
    """Repairs change what is wrong and nothing else."""
    (found,), *_ = fast(b'data: {"id":"007","n":"7","free":{"n":"7"},"text":"null"}\n\n')
    assert found == Item(id="007", n=7, free={"n": "7"}, text="null")


def test_a_wrong_value_under_a_key_of_the_callers_is_reported() -> None:
    """The place of an error below a free key cannot be named, so it is not guessed at."""
    assert isinstance(failing(b'data: {"labels":{"a.b":{"index":null}}}\n\n'), DecodeError)


def test_what_was_wrong_is_said_of_what_came() -> None:
    """Not of what a repair made of it, and not of JSON that is no object as if it were one."""
    assert "expected a JSON object in the event, got '[1]'" in str(failing(b"data: [1]\n\n"))
    for payload, got in ((b'{"inner":"7"}', "str"), (b'{"labels":7}', "int"), (b'{"on":[]}', "array")):
        assert f"got `{got}`" in str(failing(b"data: " + payload + b"\n\n"))


@pytest.mark.parametrize(
    "tree",
    [
        {"labels": {"index": {"text": "a"}, "k": {"index": None}}},
        {"labels": {"arguments": {"text": "a"}, "k": {"arguments": {}}}},
    ],
)
def test_nothing_is_repaired_at_a_guess(tree: dict[str, Any]) -> None:
    """Where the place of an error has no name, what stands at a place of that name is left alone."""
    before = copy.deepcopy(tree)
    with pytest.raises(DecodeError, match=r"\[\.\.\.\]"):
        TolerantDecoder(Item).convert(tree)
    assert tree == before


# Halves of emoji


def text_of(*payloads: str) -> str:
    items, _, _, failure, *_ = fast(*(b"data: " + payload.encode() + b"\n\n" for payload in payloads))
    assert failure == "NoneType"
    return "".join(item.text for item in items)


def test_halves_of_a_character_are_joined() -> None:
    """Servers that cut text by UTF-16 units send one emoji as two events; it arrives whole, in the second."""
    assert text_of(r'{"text":"a\ud83d"}', r'{"text":"\ude00b"}') == "a😀b"
    assert text_of(r'{"text":"\ud83d"}', r'{"text":""}', r'{"text":"\ude00"}', r'{"text":"c"}') == "😀c"
    assert text_of(r'{"text":"\ud83d"}', r'{"text":"\ude00\ud83d"}', r'{"text":"\ude00"}') == "😀😀"


def test_a_half_without_its_other_half_is_replaced() -> None:
    """Text that cannot be encoded never reaches a caller."""
    assert text_of(r'{"text":"a\ud83d"}', r'{"text":"b"}') == "a\ufffdb"
    assert text_of(r'{"text":"\ude00b"}') == "\ufffdb"
    assert text_of(r'{"text":"a\ud83dc"}') == "a\ufffdc"


def test_halves_of_different_places_are_not_mixed() -> None:
    """Each choice, item or call has its own text: halves meet only where they belong."""
    first = r'{"inner":[{"index":0,"text":"\ud83d"},{"index":1,"text":"\ud83d"}]}'
    second = r'{"inner":[{"index":1,"text":"\ude80"},{"index":0,"text":"\ude00"}]}'
    items, *_ = fast(*(b"data: " + text.encode() + b"\n\n" for text in (first, second)))
    assert [(inner.index, inner.text) for inner in items[1].inner] == [(1, "🚀"), (0, "😀")]


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=30), st.data())
def test_any_text_cut_anywhere_in_utf16_survives(text: str, data: st.DataObject) -> None:
    """However a server cuts text into UTF-16 pieces, their join is the text."""
    units = text.encode("utf-16-le")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(units) // 2), max_size=5)))
    bounds = [0, *(2 * cut for cut in cuts), len(units)]
    parts = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in itertools.pairwise(bounds)]
    assert text_of(*(json.dumps({"text": part}) for part in parts)) == text


def test_the_tolerant_reader_remembers_nothing_when_nothing_waits() -> None:
    """Once the halves have met, the next event may take the fast way again."""
    reader = TolerantDecoder(Item)
    reader.tree(rb'{"text":"\ud83d"}')
    assert reader.waiting
    reader.tree(rb'{"text":"\ude00"}')
    assert not reader.waiting


def test_the_payload_of_each_item_is_at_hand() -> None:
    """``payload`` gives the bytes an item was read from, for fields that no struct knows."""
    decoder = EventDecoder(ITEMS)
    decoder.feed(b'data: {"id":"a","x":1}\n\ndata: {"id":"b",\ndata: "x":2}\n\n')
    assert [decoder.payload(0), decoder.payload(1)] == [b'{"id":"a","x":1}', b'{"id":"b",\n"x":2}']


def test_large_payloads_do_not_cost_more_than_their_size() -> None:
    """An event of 4 MB in 64 KB reads is put together once, not once per read."""
    body = b'data: {"id":"' + b"x" * (4 << 20) + b'"}\n\n'
    pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    decoder = EventDecoder(ITEMS)
    tracemalloc.start()
    items = [item for piece in pieces for item in decoder.feed(piece)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(items[0].id) == 4 << 20
    assert peak < 2.5 * len(body)
