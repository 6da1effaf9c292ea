"""Paragraphs on a screen of a known width."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from gravitex_async import Usage
from gravitex_async.cli._screen import Paragraph, timings_line, usage_line, write
from gravitex_async.timings import Timings


def _paragraph(*pieces: str, width: int = 20) -> str:
    out = StringIO()
    paragraph = Paragraph(Console(file=out, width=width), "say", 5)
    for piece in pieces:
        paragraph.add(piece)
    paragraph.end()
    return out.getvalue()


def test_lines_break_between_words():
    """Under the text, not under the label, however the text was cut."""
    assert _paragraph("one two", " three", " fo", "ur") == "say  one two three\n     four\n"


def test_line_ends_of_the_text_are_kept():
    """Each begins a new line of the paragraph."""
    assert _paragraph("one\ntwo") == "say  one\n     two\n"


def test_a_long_word_is_not_cut():
    """A word wider than the screen stands as it is."""
    assert _paragraph("x" * 30) == f"say  {'x' * 30}\n"


@pytest.mark.parametrize("text", ["[bold]x[/]", "a :smile: b", "[/]"])
def test_text_is_not_markup(text: str):
    """What a model says is shown as it is, whatever it looks like to rich."""
    out = StringIO()
    write(Console(file=out), text)
    assert out.getvalue() == text


def test_absent_usage_is_not_zero():
    """A gateway that sent no counts is said to have sent none."""
    assert usage_line(Usage()) == "no token counts sent"
    assert usage_line(Usage(3, 5, 8, 2, source="server")) == "3 tokens in, 5 out, 2 of them thinking"


def test_only_reached_milestones_are_shown():
    """Below a second in milliseconds."""
    assert timings_line(Timings(opened=5.0, headers=0.0123, last=1.5)) == "headers 12ms, end 1.50s"
