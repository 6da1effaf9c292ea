"""What the chunks of an answer say of the answer itself: its id, its model, its service tier and the like.

Of each the first value that is not empty counts, whichever chunk brings it. Recorded streams decide so. What
changes within an answer is right at first: ``created`` ticks with the clock (xAI, Ollama, Azure), ids go on
to those of later steps (Groq's compound models), the last chunk of a gateway names an alias of the model.
What comes late never changes: a service tier or fingerprint with the last chunk (Groq, OpenRouter, vLLM).

So a chunk matters while it brings what is still missing, and for nothing else: ``lacking`` says what that is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from ..decoding import more_than
from ._chunks import ChatCompletionChunk

__all__ = ["HEAD_FIELDS", "Head"]

HEAD_FIELDS: Final = frozenset(
    {"id", "created", "model", "service_tier", "system_fingerprint", "provider", "prompt_filter_results"}
)


class Head:
    """The first value of each field, under its name in ``fields``; ``lacking`` are those without one."""

    __slots__ = ("_adds", "fields", "lacking")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lacking = HEAD_FIELDS
        self._adds = _test(HEAD_FIELDS)

    def take(self, chunk: ChatCompletionChunk) -> bool:
        """Takes what is still missing; whether there was any of it."""
        if not self._adds(chunk):
            return False
        found = {name: value for name in self.lacking if (value := getattr(chunk, name))}
        self.fields.update(found)
        self.lacking = self.lacking.difference(found)
        self._adds = _test(self.lacking)
        return True


@functools.cache  # as many as there are sets of these fields
def _test(lacking: frozenset[str]) -> Callable[[ChatCompletionChunk], bool]:
    return more_than(chunk=(ChatCompletionChunk, set(ChatCompletionChunk.__struct_fields__) - lacking))
