"""Text on a terminal and in a pipe, and the summary of an answer.

Everything is written once, in order, and never redrawn: what a person sees streaming is what a file holds.
rich decides about colours, and leaves them out where the output is no terminal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from ..stream import Stream
    from ..timings import Timings
    from ..usage import Usage

__all__ = ["Paragraph", "end_line", "line", "timings_line", "usage_line", "write"]

_TOKEN = re.compile(r"\n|[^\S\n]+|\S+")
MAX_WIDTH = 100


def write(console: Console, text: str, style: str = "") -> None:
    """Writes *text* as it is: no markup, no wrapping, no line end."""
    console.print(Text(text), style=style, end="", soft_wrap=True)


def line(console: Console, text: str = "", style: str = "") -> None:
    """Writes *text* and ends the line."""
    write(console, f"{text}\n", style)


class Paragraph:
    """Text that comes in pieces, under a label, wrapped between words with a hanging indent."""

    def __init__(self, console: Console, label: str, indent: int) -> None:
        self._console = console
        self._indent = indent
        self._column = indent
        self._width = min(console.width, MAX_WIDTH)
        self._blank = ""
        write(console, label.ljust(indent), "bold")

    def add(self, piece: str, style: str = "") -> None:
        """Writes the next piece; a piece may be part of a word."""
        for token in _TOKEN.findall(piece):
            if token == "\n":
                self._next_line()
            elif token.isspace():
                self._blank = " "
            else:
                self._word(token, style)

    def end(self) -> None:
        """Ends the line."""
        line(self._console)

    def _word(self, word: str, style: str) -> None:
        if self._blank and self._column + 1 + len(word) > self._width:
            self._next_line()
        write(self._console, self._blank + word, style)
        self._column += len(self._blank) + len(word)
        self._blank = ""

    def _next_line(self) -> None:
        write(self._console, "\n" + " " * self._indent)
        self._column = self._indent
        self._blank = ""


def end_line(stream: Stream[object, object]) -> str:
    """How the answer ended: the state, the neutral reason, and the word of the wire where it is another."""
    end, word = stream.end, stream.finish_reason
    sent = f" ({word} on the wire)" if word and word != end.reason else ""
    return f"{end.state}, {end.reason}{sent}"


def usage_line(usage: Usage) -> str:
    """Token counts; says so when the gateway sent none."""
    if usage.source == "none":
        return "no token counts sent"
    thinking = f", {usage.reasoning_tokens} of them thinking" if usage.reasoning_tokens else ""
    read, written = ("?" if count is None else count for count in (usage.input_tokens, usage.output_tokens))
    return f"{read} tokens in, {written} out{thinking}"


def timings_line(timings: Timings) -> str:
    """The milestones that were reached, counted from the start of the request."""
    parts = [
        ("headers", timings.headers),
        ("first thinking", timings.first_reasoning),
        ("first content", timings.first_content),
        ("end", timings.last),
    ]
    shown = [f"{name} {_seconds(value)}" for name, value in parts if value is not None]
    if timings.between.count:
        shown.append(f"{_seconds(timings.between.mean)} between deltas")
    return ", ".join(shown)


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f}ms" if value < 1 else f"{value:.2f}s"
