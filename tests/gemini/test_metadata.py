"""Usage is what was sent last, and of each count that it lacks what was sent before; absent is never zero."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.gemini import CitationMetadata, GroundingMetadata, UsageMetadata
from gravitex_async.gemini._wire import is_empty
from gravitex_async.usage import Usage

from ..fields import value_of

FIELDS = msgspec.structs.fields(UsageMetadata)
COUNTED = ("prompt_token_count", "candidates_token_count", "thoughts_token_count", "total_token_count")


def usage(**fields: Any) -> UsageMetadata:
    return UsageMetadata(**fields)


def value(field: msgspec.structs.FieldInfo) -> Any:
    return msgspec.convert(value_of(field.type, field.name), field.type)


# Counts of the prompt, of candidates, of thoughts, the total; and the input, output and total they make.
SUMS = [
    ((8, None, None, None), (8, None, None)),
    ((None, 2, None, None), (None, 2, None)),
    ((None, None, 5, None), (None, 5, None)),
    ((None, None, None, 9), (None, None, 9)),
    ((None, None, None, 0), (None, None, 0)),
    ((8, 2, None, None), (8, 2, 10)),
    ((8, 2, None, 0), (8, 2, 10)),
    ((8, 2, None, 9), (8, 2, 9)),
    ((8, 2, 5, None), (8, 7, 15)),
    ((8, None, 5, 13), (8, 5, 13)),
    ((0, None, 0, None), (0, 0, 0)),
]


@pytest.mark.parametrize("cached", [None, 3])
@pytest.mark.parametrize(("sent", "wanted"), SUMS, ids=str)
def test_the_counts_in_the_form_all_dialects_share(sent, wanted, cached):
    """Thoughts are part of the output; a total that counts nothing is summed up."""
    counts = usage(**dict(zip(COUNTED, sent, strict=True)), cached_content_token_count=cached)
    assert counts.counted() == counts.neutral() == Usage(*wanted, sent[2], cached, "server")


@pytest.mark.parametrize(
    "sent", [{}, {"traffic_type": "ON_DEMAND"}, {"cached_content_token_count": 3}], ids=str
)
def test_an_object_without_counts(sent):
    """Is no usage: Vertex sends one with every event."""
    assert usage(**sent).counted() is None
    assert usage(**sent).neutral() == Usage()


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_is_kept_until_it_is_sent_again(field):
    """Whatever it is, and whatever else is sent."""
    former = usage(**{"prompt_token_count": 8, "total_token_count": 8, field.name: value(field)})
    now = usage(prompt_token_count=9, candidates_token_count=1, total_token_count=10)
    setattr(now, field.name, None)
    after = now.after(former)
    assert getattr(after, field.name) == value(field)
    for name in {"prompt_token_count", "candidates_token_count", "total_token_count"} - {field.name}:
        assert getattr(after, name) == getattr(now, name)
    # What was handed out as sent stays as sent.
    assert (getattr(now, field.name), getattr(former, field.name)) == (None, value(field))


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_is_replaced_by_what_is_sent_later(field):
    """The new object counts as it is when it has all that the former one had."""
    former = usage(total_token_count=8)
    setattr(former, field.name, value(field))
    full = {each.name: value(each) for each in FIELDS}
    now = usage(**full)
    assert now.after(former) is now
    assert former.after(former) is former


@pytest.mark.parametrize("zeros", [{}, {"total_token_count": 0}, dict.fromkeys(COUNTED, 0)], ids=str)
@pytest.mark.parametrize("name", COUNTED)
def test_zeros_take_the_place_of_nothing_that_was_counted(name, zeros):
    """Some servers send them last; where nothing was counted before, they are what is known."""
    former = usage(**{name: 5})
    assert usage(**zeros).after(former) == former
    assert usage(**zeros).after(usage(traffic_type="t")) == usage(**zeros, traffic_type="t")
    assert usage(**zeros).after(usage()) == usage(**zeros)


@pytest.mark.parametrize(
    ("value", "empty"),
    [
        (None, True), ("", True), ([], True), ({}, True),
        (GroundingMetadata(), True), (CitationMetadata(), True),
        (0, False), (0.0, False), (False, False), ("x", False), ([None], False), ({"a": None}, False),
        (GroundingMetadata(web_search_queries=["q"]), False), (UsageMetadata(total_token_count=0), False),
    ],
    ids=repr,
)  # fmt: skip
def test_what_says_nothing(value, empty):
    """Empty lists and objects, never a number."""
    assert is_empty(value) is empty
