"""A JSON value shown while its text arrives, at linear cost.

Strategy
    The text is scanned once. Where a value can grow (see ``_shapes.py``) the scanner goes into it; every
    other value is skipped to its end (``_Token``), with one search per string or bracket, and then read in
    one go by a real JSON reader. There is one growing value, changed in place: a new one for each piece would
    make the whole quadratic. A piece of four characters costs 1.5 µs, whether 10 KB or 1 MB came before it;
    reading all of it anew with jiter cost 18 µs after 10 KB and 190 µs after 100 KB.

    A field is put in when its JSON is closed and never changes after that. With ``strings="growing"`` texts
    are shown before they are whole. Each time one is shown it is copied, so a long text is shown when it has
    grown by a 32nd: that keeps the sum of the copies linear.

    What is no JSON ends the growth and raises nothing: whoever reads the whole answer says what is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, cast

from .._json import loads, loads_tolerant
from ..thinking import ThinkSplitter
from ._read import output_type
from ._shapes import ANYTHING, Shape, shape_of

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["Growth"]

T = TypeVar("T")

# A text up to this size is shown at every piece, a longer one when it has grown by this part of itself.
SHOWN_ALWAYS: Final = 512
GROWN_BY: Final = 32

_BLANKS = re.compile(r"[ \t\r\n]*")
_IN_STRING = re.compile(r'["\\]')
_IN_CONTAINER = re.compile(r'["{}\[\]]')
_AFTER_BARE = re.compile(r"[,\]} \t\r\n]")
_OPENING = re.compile(r"[{\[]")

Kind = Literal["", "string", "container", "bare"]
Expected = Literal["start", "first", "key", "colon", "value", "comma", "done"]


class _Token:
    """A key, or a value that is read when it is whole; its text comes in pieces."""

    __slots__ = ("_depth", "_escaped", "_in_string", "_pieces", "closed", "kind", "size")

    def __init__(self) -> None:
        self.kind: Kind = ""
        self.reset()

    def reset(self) -> None:
        self.kind = ""
        self.closed = False
        self.size = 0
        self._pieces: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def begin(self, mark: str) -> None:
        """Begins the token whose first character is *mark*; ``take`` has to be given that one too."""
        self.kind = "string" if mark == '"' else "container" if mark in "{[" else "bare"

    def take(self, text: str, at: int) -> int:
        """Takes what belongs to the token from *at* on; returns where that ends."""
        end = self._bare_end(text, at) if self.kind == "bare" else self._end(text, at)
        self._pieces.append(text[at:end])
        self.size += end - at
        return end

    def text(self) -> str:
        return "".join(self._pieces)

    def _bare_end(self, text: str, at: int) -> int:
        found = _AFTER_BARE.search(text, at)
        self.closed = found is not None
        return len(text) if found is None else found.start()

    def _end(self, text: str, at: int) -> int:
        while at < len(text):
            at = self._in(text, at) if self._in_string else self._between(text, at)
            if not self._in_string and not self._depth:
                self.closed = True
                return at
        return at

    def _in(self, text: str, at: int) -> int:
        """Goes to the end of a string, as far as it has come."""
        if self._escaped:
            self._escaped = False
            return at + 1
        found = _IN_STRING.search(text, at)
        if found is None:
            return len(text)
        self._escaped = found[0] == "\\"
        self._in_string = self._escaped
        return found.end()

    def _between(self, text: str, at: int) -> int:
        """Goes to the next string or bracket."""
        found = _IN_CONTAINER.search(text, at)
        if found is None:
            return len(text)
        if found[0] == '"':
            self._in_string = True
        else:
            self._depth += 1 if found[0] in "{[" else -1
        return found.end()


class _Frame:
    """A container that the scanner is inside of, and the place in it that is filled next."""

    __slots__ = ("attribute", "is_list", "shape", "target", "value_shape")

    def __init__(self, shape: Shape, target: Any, is_list: bool) -> None:
        self.shape = shape
        self.target = target
        self.is_list = is_list
        self.attribute: str | None = None
        self.value_shape = shape_of(shape.element) if is_list else ANYTHING

    def put(self, value: Any) -> None:
        if self.is_list:
            self.target.append(value)
        elif self.attribute is not None:
            self.shape.put(self.target, self.attribute, value)


class Growth(Generic[T]):
    """The value of *type_* in a text that arrives in pieces.

    ``feed`` returns whether the value changed; ``value`` is the growing object, always the same one, and None
    before it begins.

    >>> growth = Growth(dict[str, int])
    >>> growth.feed('{"a": 1, "b"'), growth.value
    (True, {'a': 1})
    >>> growth.feed(": 2}"), growth.value
    (True, {'a': 1, 'b': 2})

    Raises:
        MisuseError: The type has no JSON form.
    """

    def __init__(self, type_: TypeForm[T], *, strings: Literal["final", "growing"] = "final") -> None:
        self._wrapped = output_type(type_).wrapped
        self._shape = shape_of(type_)
        self._growing_text = strings == "growing"
        self._split = ThinkSplitter()
        self._token = _Token()
        self._frames: list[_Frame] = []
        self._holder: _Frame | None = None  # {"value": ...} around a value that is no object
        self._expected: Expected = "start"
        self._root: Any = None
        self._changed = False
        self._shown = 0

    @property
    def value(self) -> T | None:
        """The value as far as it has arrived."""
        return cast("T | None", self._root)

    def feed(self, piece: str) -> bool:
        """Takes the next piece of the text; True when the value shows more than before."""
        self._changed = False
        text = self._split.feed(piece).content
        at = 0
        while at < len(text) and self._expected != "done":
            if not self._token.kind:
                at = self._step(text, at)
                continue
            at = self._token.take(text, at)
            if self._token.closed:
                self._close()
        if self._growing_text and self._token.kind == "string" and self._expected == "comma":
            self._show_text()
        return self._changed

    def _step(self, text: str, at: int) -> int:
        """Takes one mark of the structure, or begins a token; returns where to go on."""
        if self._expected == "start":
            # Whatever stands before the JSON (a code fence, a sentence) is skipped.
            found = _OPENING.search(text, at)
            if found is None:
                return len(text)
            self._begin_root(found[0])
            return found.end()
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
        return at if at == len(text) else at + self._mark(text[at])

    def _mark(self, mark: str) -> int:
        """Takes *mark*; 0 when it is the first character of a token."""
        expected, frame = self._expected, self._frames[-1]
        if mark in "}]" and expected in ("first", "comma"):
            self._leave()
        elif expected == "comma" and mark == ",":
            self._expected = "value" if frame.is_list else "key"
        elif expected == "colon" and mark == ":":
            self._expected = "value"
        elif expected == "value" or (expected == "first" and frame.is_list):
            return self._begin_value(mark, frame)
        elif mark == '"' and expected in ("first", "key"):
            self._expected = "key"
            self._token.begin(mark)
            return 0
        else:
            self._expected = "done"  # no JSON: whoever reads the whole answer reports it
        return 1

    def _begin_root(self, mark: str) -> None:
        if self._wrapped and mark == "{":
            self._holder = _Frame(ANYTHING, {}, False)
            self._enter(self._holder)
        elif not self._grows(mark, self._shape):
            self._expected = "done"

    def _begin_value(self, mark: str, frame: _Frame) -> int:
        """Goes into the value or begins its token. Elements of lists are shown when they are whole."""
        named = not frame.is_list and frame.attribute is not None
        if named and self._grows(mark, frame.value_shape):
            return 1
        self._expected = "comma"
        self._shown = 0
        self._token.begin(mark)
        return 0

    def _grows(self, mark: str, shape: Shape) -> bool:
        """Goes into a value that grows, if this one does."""
        is_list = mark == "["
        target = ([] if shape.grows_as_list else None) if is_list else shape.begin() if mark == "{" else None
        if target is None:
            return False
        self._put(target)
        self._enter(_Frame(shape, target, is_list))
        return True

    def _enter(self, frame: _Frame) -> None:
        self._frames.append(frame)
        self._expected = "first"

    def _leave(self) -> None:
        self._frames.pop()
        self._expected = "comma" if self._frames else "done"

    def _close(self) -> None:
        """Takes a token that is whole: a key, or a value."""
        text, frame = self._token.text(), self._frames[-1]
        self._token.reset()
        if self._expected == "key":
            self._name(text, frame)
        elif frame.is_list or frame.attribute is not None:
            try:
                self._put(frame.value_shape.reader.read(text))
            except (ValueError, RecursionError):
                return  # the reading of the whole answer says what is wrong

    def _name(self, text: str, frame: _Frame) -> None:
        self._expected = "colon"
        try:
            found = self._field(loads_tolerant(text.encode()), frame)
        except ValueError:
            found = None
        frame.attribute, frame.value_shape = found or (None, ANYTHING)

    def _field(self, name: str, frame: _Frame) -> tuple[str, Shape] | None:
        if frame is self._holder:
            return ("value", self._shape) if name == "value" else None
        return frame.shape.field(name)

    def _put(self, value: Any) -> None:
        self._changed = True
        if not self._frames or self._frames[-1] is self._holder:
            self._root = value
        else:
            self._frames[-1].put(value)

    def _show_text(self) -> None:
        """Shows an unfinished text, if it has grown enough since it was shown last."""
        frame, size = self._frames[-1], self._token.size
        due = size <= SHOWN_ALWAYS or size - self._shown >= self._shown // GROWN_BY
        if due and not frame.is_list and frame.attribute is not None and frame.value_shape.is_text:
            text = _readable(self._token.text())
            if text is not None:
                self._put(text)
            # Also where nothing could be shown: a text that cannot be read must not be tried at every piece.
            self._shown = size


def _readable(text: str) -> str | None:
    """What can be read of an unfinished JSON string: an escape that is cut waits for its rest."""
    for _ in range(3):  # at most half a surrogate pair and a part of the other half
        try:
            found: str = loads(f'{text}"')
        except ValueError:
            text = text[: max(0, text.rfind("\\"))]
        else:
            return found
    return None
