"""Streams and answers written for these tests: one for each oddity that recordings of real services taught.

The recorded captures are not part of this repository. Where they are not at hand, these keep the laws tested:
``captured`` puts both into one list, and the same tests read them. Names, texts and numbers are made up; what
each should read as is written down beside it by hand, in the words of the captures' manifest.
"""

from __future__ import annotations

from . import chat, gemini, responses
from ._made import Made

__all__ = ["AUTHORED", "Made"]

AUTHORED: tuple[Made, ...] = (*chat.MADE, *responses.MADE, *gemini.MADE)
