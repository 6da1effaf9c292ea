"""``reasoning_details``: which pieces are one entry, what of them is joined, and what comes out."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async.chat._details import Details


def merged(*events: list[Any]) -> list[Any]:
    details = Details()
    for event in events:
        details.add(event)
    return details.merged()


def test_before_the_first_event() -> None:
    """There are no entries."""
    assert merged() == []


@pytest.mark.parametrize("name", ["text", "summary", "data"])
def test_texts_are_joined(name: str) -> None:
    """Piece by piece, in order; of every other field the last value counts."""
    pieces: list[Any] = [{"type": "t", name: piece, "format": piece} for piece in "abc"]
    assert (
        merged(*([piece] for piece in pieces))
        == merged(pieces)
        == [{"type": "t", name: "abc", "format": "c"}]
    )


@pytest.mark.parametrize("field", ["type", "index", "id"])
def test_what_tells_entries_apart(field: str) -> None:
    """Type, index and id: entries that differ in one of them are two, in the order of their beginnings."""
    same = {"type": "t", "index": 0, "id": "i"}
    other = {**same, field: 7}
    assert merged([{**same, "text": "a"}], [{**other, "text": "b"}], [{**same, "text": "c"}]) == [
        {**same, "text": "ac"}, {**other, "text": "b"},
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [None, "words", 7, [{"text": "x"}]])
def test_what_is_no_object_is_no_entry(odd: Any) -> None:
    """Those beside it count."""
    assert merged([{"text": "a"}, odd, {"text": "b"}], [odd]) == [{"text": "ab"}]


@pytest.mark.parametrize("odd", [None, 7, ["x"], {"x": 1}])
def test_a_text_that_is_none_is_left_out(odd: Any) -> None:
    """There is nothing to be joined; the rest of its entry counts."""
    assert merged([{"text": "a", "format": "f"}, {"text": odd, "signature": "s"}, {"text": "b"}]) == [
        {"text": "ab", "format": "f", "signature": "s"}
    ]
    assert merged([{"text": odd, "signature": "s"}]) == [{"signature": "s"}]


def test_an_index_that_is_an_object() -> None:
    """Nobody means it, and it is no reason to fail: its entry is as good as any."""
    found = merged([{"index": [1], "text": "a"}], [{"index": [1], "text": "b"}, {"index": {}, "text": "c"}])
    assert found == [{"index": [1], "text": "ab"}, {"index": {}, "text": "c"}]
