"""Tests compiled from the fields of structs know every field that is not named."""

from __future__ import annotations

import msgspec
import pytest

from gravitex_async.chat import ChoiceDelta, ChunkChoice
from gravitex_async.decoding import any_of, fields_but, made_of, more_than


class Pair(msgspec.Struct):
    left: int | None = None
    right: int | None = None


def test_the_fields_that_are_not_named():
    """In their order; a name that is no field would speak for none, so it is refused."""
    assert fields_but(Pair, ()) == ["left", "right"]
    assert fields_but(Pair, {"left"}) == ["right"]
    with pytest.raises(ValueError, match=r"fields of Pair, got \['middle'\]"):
        fields_but(Pair, {"left", "middle"})


def test_any_of_many_conditions():
    """Each of them alone is enough, those behind the first that holds are not asked, and none is False."""
    test = any_of("pair, other", ["pair.left is not None", "pair.right is other", "1 / 0"])
    assert test(Pair(left=1), 5) is True
    assert test(Pair(right=5), 5) is True
    with pytest.raises(ZeroDivisionError):
        test(Pair(right=5), 6)
    assert any_of("pair", ["pair.left is not None"])(Pair(right=1)) is False


def test_a_struct_of_expressions():
    """One for each field."""
    assert made_of(Pair, "pair, other", {"left": "pair.right", "right": "other"})(Pair(1, 2), 3) == Pair(2, 3)


def test_a_field_that_is_added_later_is_more() -> None:
    """The test is made from the fields that a struct has."""

    class Tomorrow(ChoiceDelta):
        surprise: str | None = None
        surprises: list[int] = msgspec.field(default_factory=list)

    is_more = more_than(delta=(Tomorrow, {"role", "content"}))
    assert not is_more(Tomorrow(role="assistant", content="a"))
    assert not is_more(Tomorrow(content="a", refusal="", tool_calls=[]))
    assert is_more(Tomorrow(content="a", surprise="!"))
    assert is_more(Tomorrow(content="a", surprises=[1]))
    assert not more_than(choice=(ChunkChoice, ChunkChoice.__struct_fields__))(
        ChunkChoice(finish_reason="stop")
    )


def test_one_test_looks_at_several_structs() -> None:
    """By the names of its arguments, all of them; and its answer is a bool."""
    is_more = more_than(choice=(ChunkChoice, {"delta"}), delta=(ChoiceDelta, {"content"}))
    assert is_more(ChunkChoice(), ChoiceDelta(content="a")) is False
    assert is_more(ChunkChoice(index=1), ChoiceDelta(content="a")) is True
    assert is_more(ChunkChoice(), ChoiceDelta(content="a", name="b")) is True
