"""Values shown while their JSON arrives: each field final once closed, wherever the text is cut."""

from __future__ import annotations

import copy
import time
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gravitex_async._json import dumps
from gravitex_async.schema._growth import Growth
from gravitex_async.schema._read import output_type

from ..costs import growth
from ..shapes import Bag, Box, Cat, City, Colour, Dog, Home, Letter, Point, Post, Recipe, Step, Tree, User

RECIPE: dict[str, Any] = {
    "title": 'Soup "of\\day" \u00e9\U0001f600\n',
    "unknown": {"a": [1, {"b": "}]"}], "c": None},
    "steps": [{"text": "cut, [then] {cook}"}, {"text": "eat\\", "minutes": 5}],
    "best": {"text": "eat", "minutes": 1},
    "colour": "blue",
    "kind": "soup",
    "made": "2026-01-02",
    "servings": 2,
}

VALUES: list[tuple[Any, Any]] = [
    (Recipe, RECIPE),
    (Tree, {"nodeName": "a", "leftSide": {"nodeName": "b"}, "rightSide": {"nodeName": "c"}}),
    (Home, {"pet": {"type": "dog", "tricks": ["sit", "roll"]}}),
    (Box[Step], {"inside": {"text": "in", "minutes": 1}}),
    (Bag, {"counts": {"a": 1, "b": 2}}),
    (Point, {"x": 1, "y": 2, "tags": ["a", "b"]}),
    (City, {"name": "Oslo", "people": 700000}),
    (User, {"name": "Ann", "e-mail": "a@b", "friends": [{"name": "Bob", "e-mail": "b@c"}]}),
    (Letter, {"to": {"name": "Ann", "e-mail": "a@b"}, "pages": 2}),
    (Post, {"letter": {"to": {"name": "Ann", "e-mail": "a@b"}}, "extra": {"k": [1, {"z": 2}]}}),
    (dict[str, Step], {"one": {"text": "a"}, "two": {"text": "b"}}),
    (list[Step], {"value": [{"text": "a"}, {"text": "b"}]}),
    (list[Step], [{"text": "a"}, {"text": "b"}]),
    (tuple[int, str], {"value": [1, "a"]}),
    (Cat | Dog, {"value": {"type": "cat", "lives": 9}}),
    (int, {"value": 3}),
]  # fmt: skip
IDS = [f"{number}-{getattr(kind, '__name__', kind)}" for number, (kind, _) in enumerate(VALUES)]


def grown(type_: Any, pieces: list[str], **options: Any) -> list[Any]:
    """A copy of the value after each piece that changed it."""
    growth = Growth(type_, **options)
    return [copy.deepcopy(growth.value) for piece in pieces if growth.feed(piece)]


@pytest.mark.parametrize(("kind", "tree"), VALUES, ids=IDS)
def test_the_last_value_is_what_a_whole_reading_gives(kind: Any, tree: Any) -> None:
    """Character by character, in any formatting, the value ends up equal to the decoded one."""
    for text in (dumps(tree).decode(), msgspec.json.format(dumps(tree), indent=2).decode()):
        whole = output_type(kind).decode(text)
        assert grown(kind, list(text))[-1] == whole
        assert grown(kind, [text]) == [whole]
        assert grown(kind, [*text], strings="growing")[-1] == whole


@pytest.mark.parametrize(("kind", "tree"), VALUES, ids=IDS)
def test_two_cuts_do_not_matter(kind: Any, tree: Any) -> None:
    """However the text is cut in two, the value is the same."""
    text = dumps(tree).decode()
    for cut in range(len(text)):
        assert grown(kind, [text[:cut], text[cut:]])[-1] == output_type(kind).decode(text)


def test_fields_appear_whole_and_stay() -> None:
    """Nothing unfinished is shown: texts and numbers come whole, lists by finished elements."""
    seen = grown(Recipe, list(dumps(RECIPE).decode()))
    final = output_type(Recipe).decode(dumps(RECIPE).decode())
    for value in seen:
        assert value.title in (None, final.title)
        assert value.servings in (4, 2)
        assert value.made in (None, final.made)
        assert value.steps is None or value.steps == final.steps[: len(value.steps)]
    assert [len(value.steps) for value in seen if value.steps is not None][:3] == [0, 1, 2]


def test_nested_objects_grow() -> None:
    """An object inside an object is there as soon as it begins."""
    growth = Growth(Tree)
    growth.feed('{"nodeName":"a","leftSide":{')
    assert growth.value == Tree("a", Tree(None))  # type: ignore[arg-type]  # the name has not come
    growth.feed('"nodeName":"b"')
    assert growth.value == Tree("a", Tree("b"))


def test_it_is_one_value() -> None:
    """The growing object is the same all the time; a copy per piece would be quadratic."""
    growth = Growth(Recipe)
    growth.feed('{"title":"a"')
    first = growth.value
    growth.feed(',"servings":3}')
    assert growth.value is first


def test_growing_strings_show_what_can_be_read() -> None:
    """A text grows by whole characters: an escape or half an emoji waits for its rest."""
    text = '{"title":"a\\u00e9\\n\\ud83d\\ude00\\\\b"'
    seen = [value.title for value in grown(Recipe, list(text), strings="growing")]
    assert [one for one, before in zip(seen, [None, *seen], strict=False) if one != before] == [
        "", "a", "aé", "aé\n", "aé\n😀", "aé\n😀\\", "aé\n😀\\b",
    ]  # fmt: skip


def test_only_texts_grow() -> None:
    """A date or a word of an enum is never shown in part, and numbers are not."""
    seen = grown(Recipe, list('{"made":"2026-01-02","colour":"red","servings":12}'), strings="growing")
    assert {value.made for value in seen} == {None, date(2026, 1, 2)}
    assert {value.colour for value in seen} == {None, Colour.RED}
    assert {value.servings for value in seen} == {4, 12}


@pytest.mark.parametrize(
    "before", ["```json\n", "Here it is:\n\n", '<think>\nmaybe {"x": 3}\n</think>\n', "\n "]
)
def test_what_stands_before_the_json_is_left_out(before: str) -> None:
    """Fences, words and inlined thinking do not count."""
    text = before + '{"x":1,"y":2}\n```'
    assert grown(Point, list(text))[-1] == Point(1, 2)


@pytest.mark.parametrize(
    "text",
    [
        '{"x":1,}',
        '{"x" 1}',
        "{x:1}",
        "no",
        "{]",
        '{"x":}',
        '{"x":"abc","y":3}',
        "[1]",
        '{"x":1}}',
        '{"\\q":1}',
    ],
)
def test_what_is_no_json_raises_nothing(text: str) -> None:
    """The growth stops or skips; the reading of the whole answer is what raises."""
    grown(Point, list(text))
    grown(Point, [text])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.data(),
)
def test_any_json_grows_to_itself(tree: Any, data: st.DataObject) -> None:
    """Free-form values, however cut."""
    text = dumps({"root": tree}).decode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert grown(dict[str, Any], pieces)[-1] == {"root": tree}
    assert grown(dict[str, Any], pieces, strings="growing")[-1] == {"root": tree}


def seconds(kind: Any, text: str, **options: Any) -> float:
    """The CPU time of a run over the text in pieces of four characters."""
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    growth: Growth[Any] = Growth(kind, **options)
    start = time.process_time()
    for piece in pieces:
        growth.feed(piece)
    return time.process_time() - start


@pytest.mark.parametrize("strings", ["final", "growing"])
@pytest.mark.parametrize("shape", ["one text", "many elements", "many fields"])
def test_twice_the_text_is_twice_the_cost(shape: str, strings: str) -> None:
    """Half a megabyte costs twice what half of it costs, whatever it is made of."""

    def text(size: int) -> str:
        if shape == "one text":
            return dumps({"a": "word \\ " * (size // 8)}).decode()
        if shape == "many elements":
            return dumps({"a": [{"text": "step", "minutes": 3}] * (size // 29)}).decode()
        return dumps({f"field{number}": "some words" for number in range(size // 25)}).decode()

    kind = dict[str, list[Step]] if shape == "many elements" else dict[str, Any]
    texts = {size: text(size) for size in (250_000, 500_000)}
    assert growth(lambda size: seconds(kind, texts[size], strings=strings), *texts, below=2.6) < 2.6
