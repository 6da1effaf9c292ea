"""One item and its parts while they are written: which part is meant, and what a whole brings."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async.responses import (
    FunctionCallItem,
    MessageItem,
    OutputTextPart,
    ReasoningItem,
    RefusalPart,
    ShellCallItem,
    SummaryTextPart,
)
from gravitex_async.responses import _slots as slots
from gravitex_async.responses._slots import MAX_PARTS, Parts, Slot
from gravitex_async.responses._texts import ARGUMENTS, COMMAND, REFUSAL, SUMMARY, TEXT


def parts() -> Parts:
    return Parts(MessageItem, "content", -1)


def texts(found: Parts) -> list[str]:
    return [getattr(part, "text", None) or getattr(part, "refusal", "") for part in found.built()]


def write(found: Parts, kind: type[Any], index: int | None, piece: str) -> None:
    place = TEXT if kind is OutputTextPart else REFUSAL
    found.part(kind, index).text(place).pieces.append(piece)


def test_parts_by_index() -> None:
    """The order is that of the indices, whatever came first, and gaps are closed."""
    found = parts()
    for index, piece in ((7, "c"), (2, "a"), (3, "b"), (2, "A")):
        write(found, OutputTextPart, index, piece)
    assert texts(found) == ["aA", "b", "c"]
    assert len(found) == 3
    assert found.part(OutputTextPart, 7) is found.part(OutputTextPart, 7)


def test_parts_without_an_index() -> None:
    """They go on with the last part of their kind; the first is at the front."""
    found = parts()
    write(found, OutputTextPart, None, "a")
    write(found, OutputTextPart, 4, "b")
    write(found, OutputTextPart, 1, "c")
    write(found, OutputTextPart, None, "d")
    assert texts(found) == ["a", "c", "bd"]
    write(found, RefusalPart, 9, "no")
    write(found, OutputTextPart, None, "e")
    assert texts(found) == ["a", "c", "bde", "no"]


def test_another_kind_at_an_index() -> None:
    """It takes the place of a text that has not begun, and stands behind all where one has."""
    found = parts()
    found.part(OutputTextPart, 0)
    write(found, RefusalPart, 0, "no")
    assert (texts(found), len(found)) == (["no"], 1)
    write(found, OutputTextPart, 0, "a")
    write(found, OutputTextPart, 0, "b")
    write(found, RefusalPart, 0, "!")
    assert texts(found) == ["no!", "ab"]
    write(found, OutputTextPart, 2, "c")
    assert texts(found) == ["no!", "ab", "c"]


def test_wild_indices() -> None:
    """They are no reason to allocate: those that are too large are one part, and so are those below zero."""
    found = parts()
    for index in (10**12, MAX_PARTS, MAX_PARTS + 1):
        write(found, OutputTextPart, index, "x")
    write(found, OutputTextPart, -5, "a")
    write(found, OutputTextPart, 0, "b")
    assert texts(found) == ["ab", "xxx"]
    write(found, RefusalPart, MAX_PARTS, "no")
    assert len(found) == 2, "the place behind the last is the last"


def test_new_parts_go_last() -> None:
    """A whole part without an index is another one where it is new, else the last of its kind."""
    found = parts()
    found.take(OutputTextPart(text="a"), None, new=True)
    found.take(OutputTextPart(text="b"), None, new=True)
    found.take(OutputTextPart(text="bc"), None, new=False)
    found.take(OutputTextPart(text="A"), 0, new=True)
    write(found, OutputTextPart, 1, "d")
    assert texts(found) == ["A", "bcd"]


@pytest.mark.parametrize(
    ("before", "whole", "additions"),
    [
        ({0: "a", 1: "b"}, ["a!", "b!"], ["!", "!"]),  # by number
        ({1: "a", 2: "b"}, ["a!", "b!"], ["!", "!"]),  # in order: numbered from 1
        ({0: "a", 5: "b"}, ["a", "b", "c"], ["c"]),
        ({1: "a"}, ["", "a!"], ["!"]),
        ({0: "a", 1: "b"}, ["x", "b"], []),
    ],
)
def test_all_parts_of_an_item(before: dict[int, str], whole: list[str], additions: list[str]) -> None:
    """They take the place of those here, each of the one it goes on with, and add what is new."""
    found = parts()
    for index, piece in before.items():
        write(found, OutputTextPart, index, piece)
    news = found.take_all([OutputTextPart(text=each) for each in whole])
    assert [each.end for each in news] == additions
    assert texts(found) == whole
    numbers = sorted(before) if len(before) == len(whole) else list(range(len(whole)))
    write(found, OutputTextPart, numbers[-1], "+")
    assert texts(found) == [*whole[:-1], whole[-1] + "+"]
    write(found, OutputTextPart, None, "+")
    assert texts(found) == [*whole[:-1], whole[-1] + "++"]


def test_parts_of_two_kinds_are_not_mixed_up() -> None:
    """A refusal is no text, whichever number it has."""
    found = parts()
    write(found, OutputTextPart, 0, "a")
    write(found, RefusalPart, 1, "no")
    news = found.take_all([RefusalPart(refusal="no!"), OutputTextPart(text="a?")])
    assert sorted(each.end for each in news) == ["!", "?"]
    assert texts(found) == ["no!", "a?"]


def test_an_item_is_built_once() -> None:
    """Until it changes it is the same object; what was handed out does not change."""
    slot = Slot(MessageItem, 0, -1)
    slot.text(TEXT, 0).pieces.append("a")
    first = slot.built()
    assert slot.built() is first
    for change in (
        lambda: slot.text(TEXT, 0).pieces.append("b"),
        lambda: slot.change(status="completed"),
        lambda: slot.take(MessageItem(id="m", content=[OutputTextPart(text="abc")])),
        lambda: slot.take_part(TEXT, 0, OutputTextPart(text="abcd"), new=False),
        lambda: slot.take_text(TEXT, 0, "abcde"),
    ):
        before = slot.built()
        change()
        assert slot.built() is not before
    assert (first.text, slot.built().text) == ("a", "abcde")
    assert (slot.id, slot.kind, slot.field("status")) == ("m", MessageItem, None)
    assert Slot(MessageItem, 0, -1).id == ""


def test_a_whole_item_keeps_what_it_leaves_empty() -> None:
    """Empty lists and texts do not wipe out what was written."""
    slot = Slot(ReasoningItem, 0, -1)
    slot.text(SUMMARY, 0).pieces.append("a")
    assert slot.take(ReasoningItem(id="r")) == []
    assert slot.take(ReasoningItem(id="r", summary=[SummaryTextPart(text="")])) == []
    assert slot.built().summary == [SummaryTextPart(text="a")]
    (news,) = slot.take(ReasoningItem(id="r", summary=[SummaryTextPart(text="ab")]))
    assert (news.end, news.begins) == ("b", False)
    empty = Slot(MessageItem, 0, -1)
    assert empty.take(MessageItem(content=[OutputTextPart(text="")])) == []
    assert len(empty.built().content) == 1


def test_a_finished_item_has_its_texts_already() -> None:
    """A late whole is not taken again where the item holds it, under whatever number; another one is."""
    slot = Slot(MessageItem, 0, -1)
    slot.take(MessageItem(content=[OutputTextPart(text="a")]))
    assert [each.end for each in slot.take_text(TEXT, 1, "a")] == ["a"]
    slot.finished = True
    assert slot.take_text(TEXT, 2, "a") == []
    assert [each.end for each in slot.take_text(TEXT, 2, "b")] == ["b"]
    assert [each.end for each in slot.take_text(REFUSAL, 3, "a")] == ["a"]


def test_commands_stand_one_level_deeper() -> None:
    """They are part of the action, whose other fields stay."""
    slot = Slot(ShellCallItem, 0, -1)
    slot.text(COMMAND, 1).pieces.append("pwd")
    slot.text(COMMAND, 0).pieces.append("ls")
    assert slot.built().action.commands == ["ls", "pwd"]
    item = ShellCallItem(action=slots.ShellAction(commands=["ls -l", "pwd"], timeout_ms=5))
    slot.take(item)
    slot.text(COMMAND, 1).pieces.append(" -P")
    built = slot.built()
    assert (built.action.commands, built.action.timeout_ms) == (["ls -l", "pwd -P"], 5)
    assert item.action is not None
    assert item.action.commands == ["ls -l", "pwd"]
    assert slot.take(ShellCallItem()) == []
    assert slot.built().action.commands == ["ls -l", "pwd -P"]


def test_all_texts_of_an_item() -> None:
    """In order: its own, and those of its parts."""
    slot = Slot(MessageItem, 0, -1)
    for index in (1, 0):
        slot.text(TEXT, index).pieces.append(f"{index}")
    assert [text.value() for text in slot.texts()] == ["0", "1"]
    call = Slot(FunctionCallItem, 0, 3)
    text = call.text(ARGUMENTS, None)
    assert (list(call.texts()), text.position) == ([text], 3)
    assert (call.finished, call.opened, call.position, call.index) == (False, False, 3, 0)
