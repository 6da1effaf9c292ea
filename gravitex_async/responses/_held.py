"""One struct of a response while it is written: an item, or one part of an item.

Strategy
    A struct that came with an event belongs to that event and is not touched. What has changed since stands
    beside it, texts in pieces, and ``built`` makes one struct of both when somebody looks; where nothing has
    changed, that is the struct itself. So no event pays for a copy, and a look pays once.

    Whatever is empty never replaces what is not: converting gateways send empty "done" values.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ._parts import OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart
from ._texts import News, Place, Text

__all__ = ["Held", "is_empty"]

_BLANK = (OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart)


class Held:
    """A struct as it came last, and what has changed of it since."""

    __slots__ = ("_annotations", "_apart", "_built", "_changes", "struct", "texts")

    def __init__(
        self, struct: Any, places: Sequence[Place], position: int, lists: Sequence[str] = ()
    ) -> None:
        self.struct = struct
        self.texts = {place.name: Text(place, position) for place in places}
        self._apart = {"status", *self.texts, *lists}  # what is not filled up from the struct before
        self._changes: dict[str, Any] = {}
        self._annotations: list[Any] | None = None  # those among the changes that are ours
        self._built: Any = None

    @property
    def begun(self) -> bool:
        """Whether any text of it has come."""
        return any(text.begun for text in self.texts.values())

    def field(self, name: str) -> Any:
        """A field that is no text, as it stands."""
        return self._changes.get(name, getattr(self.struct, name, None))

    def text(self, name: str) -> Text:
        """A text that is about to grow."""
        self._built = None
        return self.texts[name]

    def change(self, **values: Any) -> None:
        """Sets fields that are no texts."""
        self._built = None
        self._changes.update(values)

    def annotations(self) -> list[Any]:
        """The annotations, to be added to."""
        self._built = None
        if self._annotations is None:
            self._annotations = self._changes["annotations"] = list(self.field("annotations"))
        return self._annotations

    def take(self, struct: Any) -> list[News]:
        """Puts *struct* in the place of what was written, but for fields that it leaves empty."""
        self._built = None
        self._changes = {
            name: value
            for name in struct.__struct_fields__
            if name not in self._apart
            and is_empty(getattr(struct, name))
            and not is_empty(value := self.field(name))
        }
        if self._changes.get("annotations") is not self._annotations:
            self._annotations = None
        self.struct = struct
        texts = [(text, whole) for name, text in self.texts.items() if (whole := getattr(struct, name))]
        return [news for text, whole in texts for news in text.news(whole)]

    def goes_on_as(self, struct: Any) -> bool:
        """Whether the texts of *struct* begin with what was given of those here."""
        return all(text.goes_on_as(getattr(struct, name) or "") for name, text in self.texts.items())

    def built(self, **lists: Any) -> Any:
        """The struct as far as it has come, with *lists* in place of its own. It is not touched any more."""
        if self._built is None or lists:
            values = self._changes | lists
            values |= {name: text.value() for name, text in self.texts.items() if text.begun}
            if self._annotations is not None:
                values["annotations"] = self._annotations[:]
            self._built = _changed(self.struct, values)
        return self._built


def _changed(struct: Any, values: dict[str, Any]) -> Any:
    """*struct* with *values*; itself, where it has them already."""
    different = {name: value for name, value in values.items() if value != getattr(struct, name)}
    if different:
        struct = copy.copy(struct)
        for name, value in different.items():
            setattr(struct, name, value)
    return struct


def is_empty(value: Any) -> bool:
    """Whether a field holds nothing: no value, or parts without text."""
    return not value or (isinstance(value, list) and all(map(_is_blank, value)))


def _is_blank(part: Any) -> bool:
    return isinstance(part, _BLANK) and not (part.refusal if isinstance(part, RefusalPart) else part.text)
