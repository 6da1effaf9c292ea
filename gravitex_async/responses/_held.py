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
from typing import Any, NamedTuple

from ._parts import OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart
from ._texts import Addition, Place, Text, places_in

__all__ = ["Held", "form_of", "is_empty"]

_BLANK = (OutputTextPart, ReasoningTextPart, RefusalPart, SummaryTextPart)


class Form(NamedTuple):
    """What the structs of one class have in one place: texts, and the other fields that are filled up."""

    places: tuple[Place, ...]
    fields: tuple[str, ...]


_FORMS: dict[tuple[type[Any], str, type[Any] | None], Form] = {}


def form_of(
    item: type[Any], list_: str = "", part: type[Any] | None = None, apart: Sequence[str] = ()
) -> Form:
    """The form of an item, or of the parts in one of its lists; its fields *apart* are somebody else's."""
    form = _FORMS.get((item, list_, part))
    if form is None:
        places = places_in(item, list_, part)
        known = {"status", *apart, *(place.name for place in places)}
        names: Sequence[str] = (part or item).__struct_fields__
        form = Form(places, tuple(name for name in names if name not in known))
        _FORMS[item, list_, part] = form
    return form


class Held:
    """A struct as it came last, and what has changed of it since."""

    __slots__ = ("_annotations", "_built", "_changes", "_form", "struct", "texts")

    def __init__(self, struct: Any, form: Form, position: int) -> None:
        self.struct = struct
        self._form = form
        self.texts = tuple([Text(place, position) for place in form.places])
        self._changes: dict[str, Any] = {}
        self._annotations: list[Any] | None = None  # those among the changes that are ours
        self._built: Any = None

    @property
    def begun(self) -> bool:
        """Whether any text of it has come."""
        return any(text.pieces for text in self.texts)

    def field(self, name: str) -> Any:
        """A field that is no text, as it stands."""
        return self._changes.get(name, getattr(self.struct, name, None))

    def text(self, place: Place) -> Text:
        """The text at *place*, which is about to grow."""
        self._built = None
        return self.texts[self._form.places.index(place)]

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

    def take(self, struct: Any) -> list[Addition]:
        """Puts *struct* in the place of what was written, but for fields that it leaves empty."""
        self._built = None
        self._changes = {
            name: value
            for name in self._form.fields
            if is_empty(getattr(struct, name)) and not is_empty(value := self.field(name))
        }
        if self._changes.get("annotations") is not self._annotations:
            self._annotations = None
        self.struct = struct
        texts = [(text, whole) for text in self.texts if (whole := getattr(struct, text.place.name))]
        return [addition for text, whole in texts for addition in text.take(whole)]

    def goes_on_as(self, struct: Any) -> bool:
        """Whether the texts of *struct* begin with what was emitted of those here."""
        return all(text.goes_on_as(getattr(struct, text.place.name) or "") for text in self.texts)

    def built(self, **lists: Any) -> Any:
        """The struct as far as it has come, with *lists* in place of its own. It is not touched any more."""
        if self._built is None or lists:
            values = self._changes | lists
            values |= {text.place.name: text.value() for text in self.texts if text.begun}
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
