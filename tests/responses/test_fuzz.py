"""Whatever a gateway sends, reading it ends in an answer or in an error of this package, never otherwise."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async._json import dumps
from gravitex_async.responses._decode import EVENT_TYPES

from .test_events import EVENTS, event
from .test_items import ITEMS
from .wire import CREATED, Event, frame, read, text

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(sorted(EVENTS))
items = st.sampled_from(ITEMS)
indices = st.none() | st.integers(-2, 3) | st.integers(-(2**40), 2**40)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event with some of its fields replaced, dropped, or in another's place."""
    tree = copy.deepcopy(event(draw(names)))
    if "item" in tree:
        tree["item"] = copy.deepcopy(draw(items))
    if tree.get("response"):
        tree["response"]["output"] = copy.deepcopy(draw(st.lists(items, max_size=3)))
    for name in list(tree):
        if name.endswith("_index"):
            tree[name] = draw(indices)
    _damage(draw, tree)
    return tree


def _damage(draw: st.DrawFn, tree: Any) -> None:
    """Replaces one value, at any depth."""
    place: Any = tree
    while isinstance(place, (dict, list)) and place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or draw(st.booleans()):
            if key != "type" or draw(st.booleans()):
                place[key] = draw(odd)
            return
        place = place[key]


@given(body=st.lists(events(), max_size=8))
@settings(max_examples=400, deadline=None)
def test_odd_events_raise_nothing(body: list[Event]) -> None:
    """Events with odd values, in any order, are taken, or end the stream with an error."""
    data = frame(CREATED) + b"".join(b"data: %b\n\n" % dumps(tree) for tree in body) + frame(text("x"))
    reading = read([data])
    response = reading.accumulator.final()
    assert isinstance(response.output_text + response.reasoning_content + response.refusal, str)
    assert isinstance(response.to_input(), list)
    assert isinstance(reading.accumulator.tool_calls, list)
    assert reading.accumulator.usage.source in ("server", "none")
    if reading.error is None and not reading.accumulator.closed:
        assert reading.accumulator.content.endswith("x") or "x" in reading.accumulator.content


@given(body=st.lists(events(), max_size=6), cut=st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_cuts_do_not_matter(body: list[Event], cut: int) -> None:
    """Events and errors do not depend on where the body was cut."""
    data = b"".join(b"data: %b\n\n" % dumps(tree) for tree in [CREATED, *body])
    whole, parted = read([data]), read([data[:cut], data[cut:]])
    assert whole.events == parted.events
    assert str(whole.error) == str(parted.error)
    assert repr(whole.accumulator.final()) == repr(parted.accumulator.final())


def test_deeply_nested_items() -> None:
    """Nesting that no reader can follow is an error like any other."""
    for depth in (100, 400, 900, 5000):
        deep = b"[" * depth + b"]" * depth
        for kind in (b'"file_search_call","results":%b,"queries":null', b'"function_call","arguments":%b'):
            payload = b'{"type":"response.output_item.done","item":{"type":' + kind % deep + b"}}"
            reading = read([frame(CREATED) + b"data: " + payload + b"\n\n" + frame(text("x"))])
            assert reading.error is not None or reading.accumulator.content == "x"


def test_every_event_alone() -> None:
    """Every event may be the only one, whole or bare."""
    for name in EVENT_TYPES:
        for tree in (event(name), {"type": name}):
            read([b"data: %b\n\n" % dumps(tree)]).accumulator.final()


def test_a_wrong_sequence_is_no_matter() -> None:
    """Gaps and repeats in the numbers of events change nothing."""
    numbers = (5, 5, 3, 900, -1)
    reading = read([frame(*(text("a", sequence_number=number) for number in numbers))])
    assert reading.accumulator.content == "aaaaa"
    assert reading.accumulator.sequence_number == -1
