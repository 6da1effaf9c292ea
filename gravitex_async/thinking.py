"""Switching thinking on by model name, and separating thinking from content that holds both.

Suffixes: at the end of a Gemini model's name the gateway reads ``-thinking`` (automatic budget),
``-thinking-8192`` (tokens), ``-nothinking``, ``-thinking-low`` and ``-thinking-high`` (levels). Other
families have other switches; no name is checked here.

``ThinkSplitter`` is for ``thinking_to_content``, and for models that inline their thinking by themselves (see
"Reasoning" in decoding/README.md): ``<think>``, newline, reasoning, newline, ``</think>``, newline, answer.
Only a tag at the start of the content, blanks aside, opens; without a closing tag all of it is reasoning; a
tag later in the text is text. The pieces may be cut anywhere.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from .errors import MisuseError

__all__ = ["Split", "ThinkSplitter", "split_thinking", "with_thinking", "without_thinking"]

_SUFFIX = r"-(?:no)?thinking(?:-\w+)?$"

_TAGS: Final = {"<think>": "</think>", "<thinking>": "</thinking>"}


def with_thinking(model: str, how: int | Literal["low", "high"] | None = None) -> str:
    """The name of *model* with thinking on; a suffix it already has is replaced.

    >>> with_thinking("gemini-2.5-flash", 8192)
    'gemini-2.5-flash-thinking-8192'

    Args:
        how: None for an automatic budget, a budget in tokens (Gemini 2.5), or a level (Gemini 3).

    Raises:
        MisuseError: A budget below 1, or a level that has no suffix.
    """
    bare = re.sub(_SUFFIX, "", model)
    if how is None:
        return f"{bare}-thinking"
    if how in ("low", "high") or (isinstance(how, int) and not isinstance(how, bool) and how > 0):
        return f"{bare}-thinking-{how}"
    raise MisuseError(f"expected a budget of 1 token or more, 'low' or 'high', got {how!r}")


def without_thinking(model: str) -> str:
    """The name of *model* with thinking off; models that cannot switch it off ignore this."""
    return re.sub(_SUFFIX, "", model) + "-nothinking"


class Split(NamedTuple):
    """What one piece of text adds to reasoning and to content."""

    reasoning: str
    content: str


class ThinkSplitter:
    """Splits a content that arrives in pieces into thinking and answer.

    Linear in the text; holds back no more than a tag and the blanks before it. ``close`` gives what is still
    held when the text has ended.

    >>> splitter = ThinkSplitter()
    >>> splitter.feed("<thi")
    Split(reasoning='', content='')
    >>> splitter.feed("nk>A prime?</think>Yes.")
    Split(reasoning='A prime?', content='Yes.')

    Args:
        inside: The text begins within the thinking: for models that send ``</think>`` only.
    """

    __slots__ = ("_blanks", "_closing", "_held", "_skip_newline", "_state")

    def __init__(self, *, inside: bool = False) -> None:
        self._state: Literal["start", "reasoning", "content"] = "reasoning" if inside else "start"
        self._closing = "</think>"
        self._blanks: list[str] = []
        self._held = ""
        self._skip_newline = False

    def feed(self, text: str) -> Split:
        """Takes the next piece; either part may be empty."""
        if self._state == "start":
            text = self._start(text)
        reasoning = ""
        if self._state == "reasoning":
            reasoning, text = self._reason(text)
        return Split(reasoning, self._content(text))

    def close(self) -> Split:
        """What was held back, once the text has ended."""
        held, self._held = "".join(self._blanks) + self._held, ""
        self._blanks = []
        return Split(held, "") if self._state == "reasoning" else Split("", held)

    def _start(self, text: str) -> str:
        """Waits until it is clear whether a tag opens the text; returns what is left for the next state."""
        if not self._held:
            # Blanks are kept aside: they belong to the content if no tag follows, and to nothing if one does.
            stripped = text.lstrip()
            self._blanks.append(text[: len(text) - len(stripped)])
            text = stripped
        text = self._held + text
        self._held = ""
        for opening, closing in _TAGS.items():
            if text.startswith(opening):
                self._state, self._closing, self._skip_newline = "reasoning", closing, True
                self._blanks = []
                return text[len(opening) :]
            if opening.startswith(text):
                self._held = text
        if self._held or not text:
            return ""
        self._state = "content"
        blanks, self._blanks = "".join(self._blanks), []
        return blanks + text

    def _reason(self, text: str) -> Split:
        text = self._held + self._without_newline(text)
        end = text.find(self._closing)
        if end < 0:
            # What may be the newline before the closing tag, and a part of the tag, waits for the next piece.
            kept = len(text) - _tail(text, self._closing)
            self._held = text[kept:]
            return Split(text[:kept], "")
        self._held = ""
        self._state, self._skip_newline = "content", True
        rest = text[end + len(self._closing) :]
        return Split(text[: end - 1 if text[end - 1 : end] == "\n" else end], rest)

    def _content(self, text: str) -> str:
        return self._without_newline(text) if self._state == "content" else ""

    def _without_newline(self, text: str) -> str:
        if not self._skip_newline or not text:
            return text
        self._skip_newline = False
        return text.removeprefix("\n")


def _tail(text: str, closing: str) -> int:
    """How much of the end of *text* may be a newline and the start of *closing*."""
    for size in range(min(len(text), len(closing)), 0, -1):
        end = text[-size:]
        if closing.startswith(end) or ("\n" + closing).startswith(end):
            return size
    return 0


def split_thinking(text: str) -> Split:
    """Splits a whole content.

    >>> split_thinking("<think>A prime?</think>Yes.")
    Split(reasoning='A prime?', content='Yes.')
    """
    splitter = ThinkSplitter()
    first, last = splitter.feed(text), splitter.close()
    return Split(first.reasoning + last.reasoning, first.content + last.content)
