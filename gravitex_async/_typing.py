"""What the shapes of requests are made of, in all dialects: words, and what may stand for a JSON object.

Strategy
    Closed is what is small and written in place: words providers agree on (``Effort``), and option objects
    (``thinking={"type": "enabled"}``). A slip of the pen is an error of types there, and an editor offers
    what there is. A provider's new word is a ``Word``, or goes in ``extra_body``: nothing is checked at run
    time.

    Open is what a program keeps in variables: conversations, tools, Gemini's settings. To a type checker
    ``messages = [{"role": "user", "content": "hi"}]`` is a ``list[dict[str, str]]``, which is no list of
    TypedDicts; and what a variable may be, a dict written in place may be too, for types do not tell the two
    apart. So the unions name the TypedDicts first, from which editors complete keys and words, and any
    ``JSONLike`` last. A closed union stands beside them (``MessageDict``) for variables that are to be
    checked.

Loaded by who names one of these at run time: no request needs them, and each TypedDict takes 50 µs to make.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NewType, Protocol

import msgspec

if sys.version_info >= (3, 11):
    from typing import Required
else:
    from typing_extensions import Required  # comes with aiohttp

if TYPE_CHECKING:
    from typing_extensions import TypeForm
else:
    TypeForm = type  # nearly, for those who read annotations at run time

__all__ = [
    "CacheRetention",
    "DataclassLike",
    "Detail",
    "Effort",
    "JSONLike",
    "MixedList",
    "PydanticLike",
    "Required",
    "SearchContextSize",
    "ServiceTier",
    "Structured",
    "TypeForm",
    "Verbosity",
    "Word",
]

Word = NewType("Word", str)
"""A word of a provider that is not among those known here: ``reasoning_effort=Word("ultra")``. At run time it
is the text itself."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | Word
"""How much a model thinks before it answers."""
Verbosity = Literal["low", "medium", "high"] | Word
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast", "standard"] | Word
CacheRetention = Literal["in_memory", "in-memory", "24h"] | Word
"""How long what requests have in common is kept."""
SearchContextSize = Literal["low", "medium", "high"] | Word
Detail = Literal["low", "high", "auto", "original"] | Word
"""How closely an image is looked at."""


class DataclassLike(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class PydanticLike(Protocol):
    """A pydantic model."""

    def model_dump(self) -> dict[str, Any]:
        """The model as a dict."""


class MixedList(Protocol):
    """A ``list[object]``: what mypy makes of a list whose dicts differ in the types of their values, such as
    messages of which one has text and another has parts."""

    def append(self, item: object, /) -> None:
        """Takes anything, which is how such a list is told from one of numbers."""


Structured = msgspec.Struct | DataclassLike | PydanticLike
"""An object with fields: a struct of this package or of the caller, a dataclass, a pydantic model."""

JSONLike = Mapping[str, object] | Structured
"""What stands for a JSON object: a dict, a struct, a dataclass, a pydantic model."""
