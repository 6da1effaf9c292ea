"""Structured output on its own, without a client: a type as a format, a text as a value of the type.

``client.chat.completions.parse`` and its siblings do all of this by themselves. Here are the parts:
``output_type(T)`` gives the formats of the three dialects and decodes answers; ``Growth`` shows a value while
its JSON arrives, from whichever source.
"""

from __future__ import annotations

from ._structured._growth import Growth
from ._structured._read import OutputType, output_type

__all__ = ["Growth", "OutputType", "output_type"]
