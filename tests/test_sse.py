"""Bytes to events: the vectors of the standard, in every cut, and what the parser promises about cost."""

from __future__ import annotations

import contextlib
import itertools
import tracemalloc
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async.errors import EventTooLargeError
from gravitex_async.sse import MAX_EVENT_BYTES, VIEW_BYTES, SSEEvent, SSEParser

Seen = tuple[str, bytes, str]


class Result(NamedTuple):
    """All that a parser shows of one stream."""

    events: list[Seen]
    last_id: str
    retry: int | None
    unparsed: bytes | None


def parse(pieces: Iterable[bytes], *, strict: bool, limit: int = MAX_EVENT_BYTES) -> Result:
    parser = SSEParser(strict=strict, max_event_bytes=limit)
    events = [event for piece in pieces for event in parser.feed(piece)]
    events += parser.close()
    seen = [(event.event, bytes(event.data), event.id) for event in events]
    return Result(seen, parser.last_event_id, parser.retry, parser.unparsed)


def bytewise(body: bytes) -> Sequence[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


def message(data: str, id: str = "") -> Seen:
    return ("message", data.encode(), id)


# Input, events. Both modes agree on all of these.
BOTH: dict[str, tuple[bytes, list[Seen]]] = {
    "one": (b"data: a\n\n", [message("a")]),
    "no-space": (b"data:a\n\n", [message("a")]),
    "data-alone": (b"data\n\n", [message("")]),
    "data-colon": (b"data:\n\n", [message("")]),
    "data-twice-alone": (b"data\ndata\n\n", [message("\n")]),
    "two-lines": (b"data: a\ndata: b\n\n", [message("a\nb")]),
    "three-lines-middle-empty": (b"data: a\ndata\ndata: b\n\n", [message("a\n\nb")]),
    "one-space-removed": (b"data:  x\n\n", [message(" x")]),
    "tab-kept": (b"data:\tx\n\n", [message("\tx")]),
    "leading-blank-is-no-field": (b" data: x\n\n", []),
    "upper-case-is-no-field": (b"DATA: x\n\nData:x\n\n", []),
    "event-without-data": (b"event: ping\n\ndata: x\n\n", [message("x")]),
    "comment": (b": PING\n\n", []),
    "comment-between": (b"data: a\n: c\ndata: b\n\n", [message("a\nb")]),
    "bare-colon": (b":\n\ndata: a\n\n", [message("a")]),
    "event-name": (b"event: t\ndata: x\n\n", [("t", b"x", "")]),
    "event-last-wins": (b"event: a\nevent: b\ndata: x\n\n", [("b", b"x", "")]),
    "event-emptied": (b"event: a\nevent\ndata: x\n\n", [message("x")]),
    "event-emptied-with-colon": (b"event: a\nevent:\ndata: x\n\n", [message("x")]),
    "event-after-data": (b"data: x\nevent: t\n\n", [("t", b"x", "")]),
    "event-does-not-leak": (b"event: t\ndata: x\n\ndata: y\n\n", [("t", b"x", ""), message("y")]),
    "colon-in-value": (b"data: a:b: c\n\n", [message("a:b: c")]),
    "id": (b"id: 7\ndata: x\n\ndata: y\n\n", [message("x", "7"), message("y", "7")]),
    "id-emptied": (b"id: 7\ndata: x\n\nid\ndata: y\n\n", [message("x", "7"), message("y")]),
    "id-with-nul": (b"id: 1\ndata: x\n\nid: a\0b\ndata: y\n\n", [message("x", "1"), message("y", "1")]),
    "unknown-field": (b"foo: 1\nfoo\ndata: x\n\n", [message("x")]),
    "dashscope": (b'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"a":1}\n\n', [("result", b'{"a":1}', "1")]),
    "crlf": (b"data: a\r\ndata: b\r\n\r\n", [message("a\nb")]),
    "cr": (b"data: a\r\rdata: b\r\r", [message("a"), message("b")]),
    "mixed-lf-crlf": (b"data: a\n\r\n", [message("a")]),
    "mixed-crlf-lf": (b"data: a\r\n\n", [message("a")]),
    "mixed-cr-lf-is-one-end": (b"data: a\r\ndata: b\r\r", [message("a\nb")]),
    "lf-cr": (b"data: a\n\rdata: b\n\r", [message("a"), message("b")]),
    "blank-lines-before": (b"\n\r\n\r\ndata: a\n\n", [message("a")]),
    "many-blank-lines": (b"data: a\n\n\n\n\ndata: b\n\n\n", [message("a"), message("b")]),
    "bom": (b"\xef\xbb\xbfdata: a\n\n", [message("a")]),
    "bom-once": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [message("b")]),
    "bom-later-is-content": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [message("a")]),
    "bom-in-data": (b"data: \xef\xbb\xbfa\n\n", [("message", b"\xef\xbb\xbfa", "")]),
    "half-bom-alone": (b"\xef\xbb", []),
    "half-bom": (b"\xef\xbbdata: a\n\ndata: b\n\n", [message("b")]),
    "other-separators-kept": (
        "data: a\u2028b\u0085c\u2029d\x0be\x0cf\x1cg\n\n".encode(),
        [message("a\u2028b\u0085c\u2029d\x0be\x0cf\x1cg")],
    ),
    "nul-in-data": (b"data: a\0b\n\n", [message("a\0b")]),
    "multibyte": ("data: 你好 🎉\n\n".encode(), [message("你好 🎉")]),
    "empty": (b"", []),
    "only-blank-lines": (b"\n\n\r\n\r", []),
    "done": (b"data: [DONE]\n\n", [message("[DONE]")]),
}

# Where the two modes part: input, strict events, lenient events, lenient unparsed.
APART: dict[str, tuple[bytes, list[Seen], list[Seen], bytes | None]] = {
    "open-block": (b"data: a\n\ndata: b\n", [message("a")], [message("a"), message("b")], None),
    "open-line": (b"data: a\n\ndata: b", [message("a")], [message("a"), message("b")], None),
    "open-line-after-cr": (b"data: a\r", [], [message("a")], None),
    "open-event-line-without-data": (b"event: x", [], [], None),
    "error-field": (b'error: {"m":1}\n\n', [], [("error", b'{"m":1}', "")], None),
    "raw-json": (b'{"error":{"message":"m"}}', [], [], b'{"error":{"message":"m"}}'),
    "raw-json-after-ping": (b': PING\n\n{"error":1}', [], [], b'{"error":1}'),
    "raw-json-pretty": (
        b'data: a\n\n{\n "error": {\n  "code": 503\n }\n}\n',
        [message("a")],
        [message("a")],
        b'{\n "error": {\n  "code": 503\n }\n}\n',
    ),
    "raw-array": (b'[{"error":1},\r\n{"b":2}]', [], [], b'[{"error":1},\r\n{"b":2}]'),
    "raw-json-swallows-the-rest": (
        b'{"a":1}\n\ndata: b\n\n', [message("b")], [], b'{"a":1}\n\ndata: b\n\n',
    ),
    "brace-below-an-event-name-is-a-field": (
        b"event: a\n{x\ndata: b\n\n", [("a", b"b", "")], [("a", b"b", "")], None,
    ),
    "brace-inside-a-block-is-a-field": (b"data: a\n{x\n\n", [message("a")], [message("a")], None),
}  # fmt: skip


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize("name", BOTH)
def test_the_vectors_of_the_standard(name: str, strict: bool) -> None:
    """Each input of the standard gives its events."""
    body, events = BOTH[name]
    result = parse([body], strict=strict)
    assert result.events == events
    assert result.unparsed is None


@pytest.mark.parametrize("name", APART)
def test_where_strict_and_lenient_differ(name: str) -> None:
    """Lenient delivers an open block, knows ``error:`` lines and keeps raw JSON; strict is WHATWG's."""
    body, strict, lenient, unparsed = APART[name]
    assert parse([body], strict=True).events == strict
    assert parse([body], strict=True).unparsed is None
    found = parse([body], strict=False)
    assert (found.events, found.unparsed) == (lenient, unparsed)


VECTORS = {**{k: v[0] for k, v in BOTH.items()}, **{k: v[0] for k, v in APART.items()}}


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize("name", VECTORS)
def test_cuts_do_not_matter(name: str, strict: bool) -> None:
    """Every cut in two, every byte alone, and empty reads in between: the same result."""
    body = VECTORS[name]
    whole = parse([body], strict=strict)
    assert parse(bytewise(body), strict=strict) == whole
    for cut in range(len(body) + 1):
        assert parse([body[:cut], b"", body[cut:]], strict=strict) == whole, cut


@pytest.mark.parametrize(
    ("line", "retry"),
    [(b"10", 10), (b"0", 0), (b"10x", None), (b"", None), (b"-1", None), (b"1.5", None), ("٣".encode(), None),
     (b"+3", None), (b" 7", None), (b"9" * 19, None), (b"9" * 18, 10**18 - 1)],
)  # fmt: skip
def test_retry_takes_ascii_digits_alone(line: bytes, retry: int | None) -> None:
    """The reconnection time is milliseconds, or ignored; a number nobody means costs nothing."""
    assert parse([b"retry: " + line + b"\n\n"], strict=True).retry == retry


def test_an_id_counts_when_its_block_ends() -> None:
    """``last_event_id`` moves with the blank line, event or not; an open block's id does not count."""
    parser = SSEParser(strict=True)
    parser.feed(b"id: 1\n")
    assert parser.last_event_id == ""
    parser.feed(b"\nid: 2\n")
    assert parser.last_event_id == "1"
    parser.close()
    assert parser.last_event_id == "1"


def test_an_event_is_a_value() -> None:
    """Events compare by content, have text with bad bytes replaced, and do not change."""
    assert SSEEvent(b"x") == SSEEvent(b"x", "message", "")
    assert SSEEvent(b"a\xff\xfeb").text == "a\ufffd\ufffdb"
    with pytest.raises(AttributeError):
        SSEEvent(b"x").data = b"y"  # type: ignore[misc]


PIECES = st.sampled_from(
    [b"data", b":", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"event: ", b"id: ", b"retry: ", b"error: ", b"{",
     b"}", b"[DONE]", b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xbf", b"\xe4\xbd\xa0", b"\xf0\x9f", b"\0", b"x",
     b": c\n", b"data: {}\n\n", b"\xe2\x80\xa8", b"7"]
)  # fmt: skip
BODIES = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join))


@settings(max_examples=300, deadline=None)
@given(BODIES, st.data(), st.booleans())
def test_any_bytes_any_cut_same_events(body: bytes, data: st.DataObject, strict: bool) -> None:
    """Whatever comes and however it is cut, the events are the same, and nothing is raised."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    bounds = [0, *cuts, len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(bounds)]
    assert (
        parse(pieces, strict=strict) == parse([body], strict=strict) == parse(bytewise(body), strict=strict)
    )


@settings(max_examples=200, deadline=None)
@given(BODIES, st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_only_one_error_is_possible(body: bytes, size: int, limit: int, strict: bool) -> None:
    """A parser raises EventTooLargeError or nothing."""
    with contextlib.suppress(EventTooLargeError):
        parse((body[i : i + size] for i in range(0, len(body), size)), strict=strict, limit=limit)


@pytest.mark.parametrize("before", [b"", b"data: a\n\n", b"\xef\xbb\xbfdata: a\r\n\r\n", b": ping\n"])
@pytest.mark.parametrize("open", [b"data", b"data: b\n", b"event: b\n", b"data: b\n\n\r", b"{"])
def test_it_is_idle_between_blocks_alone(before: bytes, open: bytes) -> None:
    """Then whoever reads on may look at the next bytes as a new block; not so while anything is held."""
    parser = SSEParser()
    assert not parser.idle  # it may begin with a byte order mark
    parser.feed(before)
    assert parser.idle is bool(before)
    parser.feed(open)
    assert not parser.idle


# Limits

ENDLESS = {
    "line": (b"data: ", b"x" * 100),
    "comment": (b": ", b"x" * 100),
    "unknown-field": (b"foo", b"x" * 100),
    "block": (b"", b"data: " + b"x" * 94 + b"\n"),
    "empty-lines-of-data": (b"", b"data\n" * 20),
    "unparsed": (b"{", b'"k": 1,' * 14),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_peer_can_make_it_hold_more_than_the_limit(name: str) -> None:
    """A line, a comment, a block or raw JSON that never ends is refused at the limit."""
    head, piece = ENDLESS[name]
    with pytest.raises(EventTooLargeError, match="at most 10000 bytes"):
        parse([head, *[piece] * 1000], strict=False, limit=10_000)


@pytest.mark.parametrize("strict", [True, False])
def test_the_limit_is_exact_for_a_value(strict: bool) -> None:
    """A value and its line end may fill the limit; one byte more is too much, cut or not."""
    fits, over = b"data:" + b"x" * 99 + b"\n\n", b"data:" + b"x" * 100 + b"\n\n"
    assert len(parse([fits], strict=strict, limit=104).events[0][1]) == 99
    with pytest.raises(EventTooLargeError):
        parse([over], strict=strict, limit=100)
    with pytest.raises(EventTooLargeError):
        parse(bytewise(over), strict=strict, limit=100)


def test_small_events_pass_for_ever() -> None:
    """The limit is for one event: a stream may be of any length, and keep-alives count for nothing."""
    parser = SSEParser(max_event_bytes=64)
    for _ in range(1000):
        assert len(parser.feed(b": ping\n\ndata: 0123456789\n\nevent: e\nid: 1\n\n")) == 1


def test_it_is_dead_after_an_error() -> None:
    """Every later call raises again, and the memory is let go."""
    parser = SSEParser(max_event_bytes=10)
    with pytest.raises(EventTooLargeError):
        parser.feed(b"data: " + b"x" * 50)
    with pytest.raises(EventTooLargeError):
        parser.feed(b"data: ok\n\n")
    with pytest.raises(EventTooLargeError):
        parser.close()


def test_events_before_a_large_one_are_returned_first() -> None:
    """What was whole before the event that is too large is delivered, in whichever read it came."""
    parser = SSEParser(max_event_bytes=50)
    assert [bytes(event.data) for event in parser.feed(b"data: a\n\ndata: " + b"x" * 100)] == [b"a"]
    with pytest.raises(EventTooLargeError):
        parser.feed(b"")
    with pytest.raises(EventTooLargeError):
        parser.close()


def test_memory_stays_flat_under_endless_comments() -> None:
    """Keep-alives by the million leave nothing behind."""
    parser = SSEParser()
    parser.feed(b": PING\n\n" * 1000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        parser.feed(b": PING\n\n" * 1000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000


# Zero-copy


def address(data: bytes | memoryview) -> tuple[bytes, int]:
    assert isinstance(data, memoryview)
    assert isinstance(data.obj, bytes)
    return data.obj, len(data)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"], ids=["lf", "crlf", "cr"])
def test_a_large_payload_is_a_view_into_what_was_fed(bom: bytes, end: bytes) -> None:
    """Nothing of a payload above the threshold is copied; below it a copy is cheaper and is made."""
    large, small = b"x" * (VIEW_BYTES + 1), b"y" * 100
    fed = bom + b"data: " + large + end + b"data: " + small + end
    first, second = SSEParser().feed(fed)
    owner, size = address(first.data)
    assert size == len(large)
    assert owner is fed if not bom else owner == fed.removeprefix(bom)
    assert type(second.data) is bytes


def test_a_large_payload_in_pieces_is_put_together_once() -> None:
    """A payload of 8 MB in 128 reads costs its pieces and one joined copy, no more."""
    piece = b"x" * 65536
    parser = SSEParser()
    parser.feed(b"data: ")
    tracemalloc.start()
    for _ in range(128):
        parser.feed(piece)
    (event,) = parser.feed(b"\n\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(event.data) == 128 * 65536
    # The pieces are views of one and the same object here, so the joined copy is all there is.
    assert peak < 1.2 * len(event.data)


# Linear cost, by counting and not by time


class Counted(bytes):
    """Bytes that count how many of them were searched for line ends."""

    searched = 0

    def find(self, sub: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        found = super().find(sub, start)
        Counted.searched += (found if found >= 0 else len(self)) - start + 1
        return found


@pytest.mark.parametrize("shape", ["one-line", "short-lines", "crlf", "cr-only"])
def test_every_byte_is_searched_a_bounded_number_of_times(shape: str) -> None:
    """Twice the input, twice the search: a line in a thousand pieces is searched once."""
    bodies = {
        "one-line": b"data: " + b"x" * 50_000 + b"\n\n",
        "short-lines": b"data: x\n\n" * 5_000,
        "crlf": b"data: x\r\n\r\n" * 4_500,
        "cr-only": b"data: x\r\r" * 5_000,
    }
    body = bodies[shape]

    def searched(data: bytes, size: int) -> int:
        Counted.searched = 0
        parser = SSEParser()
        parser.feed(b"\n")
        for start in range(0, len(data), size):
            parser.feed(Counted(data[start : start + size]))
        return Counted.searched

    for size in (7, 1024, len(body)):
        once, twice = searched(body, size), searched(body * 2, size)
        assert once <= 4 * len(body)
        assert twice <= 2.1 * once
