"""One text while it grows: what it reads, what was emitted of it, and whether the two are the same."""

from __future__ import annotations

import pytest

from gravitex_async.responses import FunctionCallItem, MessageItem, OutputTextPart
from gravitex_async.responses._held import Held, form_of, is_empty
from gravitex_async.responses._parts import RefusalPart
from gravitex_async.responses._texts import (
    ARGUMENTS,
    CODE,
    REFUSAL,
    SUMMARY,
    TEXT,
    THOUGHT,
    Emitted,
    Text,
    places_in,
)


def grown(*pieces: str) -> Text:
    text = Text(TEXT, -1)
    text.pieces += pieces
    return text


def ends(text: Text, whole: str) -> list[str]:
    return [each.end for each in text.take(whole)]


def test_pieces_are_joined_when_they_are_read() -> None:
    """And stay one piece then."""
    text = grown("a", "b")
    assert (text.value(), text.pieces, text.begun) == ("ab", ["ab"], True)
    text.pieces.append("c")
    assert text.value() == "abc"
    assert (grown().value(), grown().begun) == ("", False)


def test_a_whole_adds_its_end() -> None:
    """What goes on as what was emitted adds the rest of it; the first says that it begins."""
    (first,) = grown().take("ab")
    assert (first.end, first.begins) == ("ab", True)
    (more,) = grown("a", "b").take("abc")
    assert (more.end, more.begins) == ("c", False)
    text = grown("a", "b")
    assert text.take("ab") == []
    assert text.pieces == ["ab"]
    assert not text.revised


def test_another_whole_is_believed() -> None:
    """It adds nothing, for pieces cannot be taken back, until the text goes on as what was emitted."""
    text = grown("ha", "llo")
    assert ends(text, "hello") == []
    assert (text.value(), text.revised) == ("hello", True)
    text.pieces.append("!")
    assert (text.value(), text.revised) == ("hello!", True)
    assert text.goes_on_as("hallo!?")
    assert not text.goes_on_as("hallo")
    assert not text.goes_on_as("hello!")
    assert ends(text, "hallo") == []
    assert text.value() == "hallo"
    assert ends(text, "hallo!?") == ["?"]
    assert (text.value(), text.revised) == ("hallo!?", False)
    assert ends(text, "hallo!??") == ["?"]


def test_a_revised_text_that_comes_back_as_it_was() -> None:
    """What was emitted is the text again."""
    text = grown("ab")
    assert ends(text, "xy") == []
    assert text.revised
    assert ends(text, "ab") == []
    assert not text.revised
    shorter = grown("abc")
    assert ends(shorter, "ab") == []
    assert (shorter.value(), shorter.revised) == ("ab", True)


def test_what_goes_on() -> None:
    """A whole goes on as a text when it begins with what was emitted."""
    assert grown("a", "b").goes_on_as("abc")
    assert grown("a").goes_on_as("a")
    assert not grown("a", "b").goes_on_as("a")
    assert grown().goes_on_as("")


def text_at(place: object, *pieces: str) -> Text:
    text = Text(place, -1)  # type: ignore[arg-type]
    text.pieces += pieces
    return text


def test_texts_in_their_order() -> None:
    """The answer is what was emitted as long as its texts stand in the order in which they came."""
    emitted = Emitted()
    first, second = grown("a"), grown("b")
    emitted.note(first)
    emitted.note(first)
    emitted.note(second)
    assert emitted.revised([first, second]) == ()
    assert emitted.revised([second, first]) == ("content",)
    assert emitted.revised([first]) == ("content",)
    assert emitted.revised([first, grown(), second]) == ()
    emitted.note(first)
    assert emitted.revised([first, second]) == ("content",)


def test_calls_may_come_by_turns() -> None:
    """They are told apart by their position; one that is no part of the answer is missed."""
    emitted = Emitted()
    first, second = text_at(ARGUMENTS, "1"), text_at(ARGUMENTS, "2")
    for text in (first, second, first):
        emitted.note(text)
    assert emitted.revised([second, first]) == ()
    assert emitted.revised([second]) == ("tool_calls",)
    emitted.take_back("tool_calls")
    assert emitted.revised([first, second]) == ("tool_calls",)


def test_each_view_has_its_own_order() -> None:
    """A refusal between two texts is no disorder; texts of hosted tools are in no view."""
    emitted = Emitted()
    text, refusal, thought, code = (text_at(each, "x") for each in (TEXT, REFUSAL, THOUGHT, CODE))
    for each in (text, refusal, text, code, thought, code, refusal):
        emitted.note(each)
    assert emitted.revised([text, refusal, thought, code]) == ()
    assert not code.listed
    summary = text_at(SUMMARY, "s")
    emitted.note(summary)
    emitted.note(thought)
    assert emitted.revised([text, refusal, thought, summary, code]) == ("reasoning_content",)
    refusal.take("y")
    assert emitted.revised([text, refusal, thought, summary]) == ("reasoning_content", "refusal")


def test_where_texts_stand() -> None:
    """An item's own, and those of one kind of part in one of its lists."""
    assert places_in(MessageItem, "content", OutputTextPart) == (TEXT,)
    assert places_in(MessageItem, "content", RefusalPart) == (REFUSAL,)
    assert places_in(MessageItem, "", None) == ()
    assert places_in(FunctionCallItem, "", None) == (ARGUMENTS,)


# Structs that hold texts


def held() -> Held:
    return Held(OutputTextPart(), form_of(MessageItem, "content", OutputTextPart), -1)


def test_a_struct_is_built_when_somebody_looks() -> None:
    """Once; what was handed out, and what came with an event, is not touched."""
    part = held()
    part.text(TEXT).pieces.append("a")
    first = part.built()
    assert part.built() is first
    part.text(TEXT).pieces.append("b")
    assert (first.text, part.built().text) == ("a", "ab")
    part.change(logprobs=[1])
    assert part.built().logprobs == [1]
    part.annotations().append("n")
    built = part.built()
    assert (built.logprobs, built.annotations) == ([1], ["n"])
    part.annotations().append("o")
    assert (built.annotations, part.built().annotations) == (["n"], ["n", "o"])
    whole = OutputTextPart(text="abc")
    part.take(whole)
    assert (part.built().logprobs, part.built().annotations) == ([1], ["n", "o"])
    assert (whole.logprobs, whole.annotations) == (OutputTextPart().logprobs, [])
    part.annotations().append("p")
    assert part.built().annotations == ["n", "o", "p"]
    part.take(OutputTextPart(text="abc", annotations=["q"]))
    assert part.built().annotations == ["q"]
    part.annotations().append("r")
    assert part.built().annotations == ["q", "r"]


def test_a_struct_with_nothing_of_ours_is_itself() -> None:
    """No copy is made of what has not changed."""
    part, whole = held(), OutputTextPart(text="a", annotations=[])
    (addition,) = part.take(whole)
    assert (addition.end, part.begun) == ("a", True)
    assert part.built() is whole
    part.change(logprobs=whole.logprobs)
    assert part.built() is whole
    assert held().goes_on_as(OutputTextPart())
    assert part.goes_on_as(OutputTextPart(text="ab"))
    assert not part.goes_on_as(OutputTextPart(text="b"))
    assert not held().begun


def test_a_later_struct_has_its_own_status() -> None:
    """The status of an item is that of the last struct, even when it says none."""
    item = Held(FunctionCallItem(), form_of(FunctionCallItem), 0)
    item.take(FunctionCallItem(id="a", name="f", status="in_progress"))
    item.take(FunctionCallItem(arguments="{}"))
    built = item.built()
    assert (built.id, built.name, built.status, built.arguments) == ("a", "f", None, "{}")
    assert (item.field("name"), item.field("odd")) == ("f", None)


@pytest.mark.parametrize("value", [None, "", [], 0, [OutputTextPart()], [RefusalPart(), OutputTextPart()]])
def test_what_is_empty(value: object) -> None:
    """No value, or parts without text."""
    assert is_empty(value)


@pytest.mark.parametrize(
    "value", ["a", 1, [1], [OutputTextPart(text="a")], [OutputTextPart(), RefusalPart(refusal="a")]]
)
def test_what_is_not_empty(value: object) -> None:
    """Anything else, be it one text among parts."""
    assert not is_empty(value)
