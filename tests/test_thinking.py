"""Model suffixes, and thinking taken out of the content wherever it was cut."""

from __future__ import annotations

import pytest

from gravitex_async import MisuseError
from gravitex_async.thinking import Split, ThinkSplitter, split_thinking, with_thinking, without_thinking

WHOLE = [
    ("<think>\nwhy\n</think>\nanswer", Split("why", "answer")),
    ("  \n<think>\nwhy\n\n</think>\n\nanswer\n", Split("why\n", "\nanswer\n")),
    ("<think>why</think>answer", Split("why", "answer")),
    ("<thinking>\na </think> b\n</thinking>\nanswer", Split("a </think> b", "answer")),
    ("<think></think>", Split("", "")),
    ("<think>\n\n</think>\n", Split("", "")),
    ("<think>\nnever closed\n", Split("never closed\n", "")),
    ("<think>\ncut in the tag\n</thi", Split("cut in the tag\n</thi", "")),
    ("<think>\na < b\n</ think>\n</think>\nc", Split("a < b\n</ think>", "c")),
    ("answer <think>not thinking</think>", Split("", "answer <think>not thinking</think>")),
    ("  <thin", Split("", "  <thin")),
    (" \n plain", Split("", " \n plain")),
    ("", Split("", "")),
    ("<think>\na\n</think>\nb <think>\nc\n</think>\n", Split("a", "b <think>\nc\n</think>\n")),
]


def joined(pieces: list[str], *, inside: bool = False) -> Split:
    """What a splitter makes of *pieces*, put together."""
    splitter = ThinkSplitter(inside=inside)
    found = [*(splitter.feed(piece) for piece in pieces), splitter.close()]
    return Split("".join(part.reasoning for part in found), "".join(part.content for part in found))


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_a_whole_text_is_taken_apart(text: str, expected: Split) -> None:
    """Only a tag at the start opens; one newline inside and after each tag is no text."""
    assert split_thinking(text) == expected


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_cuts_do_not_matter(text: str, expected: Split) -> None:
    """However the text is cut, in two, in three or in characters, the channels are the same."""
    assert joined(list(text)) == expected
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            assert joined([text[:first], text[first:second], text[second:]]) == expected


def test_text_that_starts_inside_the_thinking() -> None:
    """A model may open its thinking in the prompt: its answer has the closing tag only."""
    for cut in range(len(text := "why\n</think>\nanswer") + 1):
        assert joined([text[:cut], text[cut:]], inside=True) == Split("why", "answer")


def test_text_is_not_held_back() -> None:
    """What cannot be part of a tag is handed out at once."""
    splitter = ThinkSplitter()
    assert splitter.feed("<think>\nbecause") == Split("because", "")
    assert splitter.feed(" of") == Split(" of", "")
    assert splitter.feed(" it\n</th") == Split(" it", "")
    assert splitter.feed("ink>\nso") == Split("", "so")
    assert splitter.feed(" <think>") == Split("", " <think>")


@pytest.mark.parametrize(
    ("how", "name"),
    [(None, "g-thinking"), (8192, "g-thinking-8192"), ("low", "g-thinking-low"), ("high", "g-thinking-high")],
)
def test_suffixes(how: None, name: str) -> None:
    """Each documented suffix can be built, on a bare name and in place of another suffix."""
    for model in ("g", "g-thinking", "g-thinking-128", "g-nothinking", "g-thinking-high"):
        assert with_thinking(model, how) == name
        assert without_thinking(model) == "g-nothinking"


@pytest.mark.parametrize("how", [0, -1, True, "medium", 1.5])
def test_suffixes_that_are_not_documented(how: object) -> None:
    """A budget below 1 and an unknown level are the caller's mistake."""
    with pytest.raises(MisuseError, match="budget"):
        with_thinking("g", how)
