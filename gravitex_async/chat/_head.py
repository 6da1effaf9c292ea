"""What the chunks of an answer say of the answer itself: its id, its model, its service tier and the like.

Of each the first value that is not empty counts, whichever chunk brings it. Recorded streams decide so. What
changes within an answer is right at first: ``created`` ticks with the clock (xAI, Ollama, Azure), ids go on
to those of later steps (Groq's compound models), the last chunk of a gateway names an alias of the model.
What comes late never changes: a service tier or fingerprint with the last chunk (Groq, OpenRouter, vLLM).

So a chunk matters while it brings what is still missing, and for nothing else: ``lacks`` says what that is.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final, NamedTuple

from ._structs import ChatCompletionChunk

__all__ = ["Head", "Lacks"]


class Lacks(NamedTuple):
    """Which fields of the head no chunk has brought yet."""

    id: bool = True
    created: bool = True
    model: bool = True
    service_tier: bool = True
    system_fingerprint: bool = True
    provider: bool = True
    prompt_filter_results: bool = True


_values: Final = attrgetter(*Lacks._fields)


class Head:
    """The first value of each field, under its name in ``fields``.

    For the hot loop, ``lacks`` is there in two more forms: ``nameless`` says whether an id, a model or a time
    is missing, ``rare`` has the other flags.
    """

    __slots__ = ("fields", "lacks", "nameless", "rare")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self._lack(Lacks())

    def take(self, chunk: ChatCompletionChunk) -> None:
        """Takes what is still missing."""
        for name, lacking, value in zip(Lacks._fields, self.lacks, _values(chunk), strict=True):
            if lacking and value:
                self.fields[name] = value
                self._lack(self.lacks._replace(**{name: False}))

    def named_by(self, chunk: ChatCompletionChunk) -> bool:
        """Whether *chunk* brings an id, a model or a time that is still missing."""
        lacks = self.lacks
        return bool(
            (lacks.id and chunk.id) or (lacks.created and chunk.created) or (lacks.model and chunk.model)
        )

    def _lack(self, lacks: Lacks) -> None:
        self.lacks = lacks
        self.nameless = lacks.id or lacks.created or lacks.model
        self.rare = (
            lacks.service_tier,
            lacks.system_fingerprint,
            lacks.provider,
            lacks.prompt_filter_results,
        )
