"""Function calls put together from their fragments; see "Tool calls" in decoding/README.md.

A call comes whole in one part, or in fragments of two kinds. Google's own: a name first, then pieces of
arguments by path, each with ``willContinue``, and at last one without it. Those of models the gateway
converts: a name first, then nameless parts whose arguments are ``{"arguments": "<next piece of text>"}``.

A fragment belongs to the call of its ``id``; without one, to the last call. A name opens a new call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .._json import dumps
from ..deltas import ToolCall, ToolCallDelta
from ._partial import PartialArguments
from ._parts import FunctionCall, Part, PartialArg
from ._wire import as_arguments, replaced

__all__ = ["CallAssembly", "OpenCall"]


class OpenCall:
    """One call under assembly."""

    __slots__ = ("_partial", "_pieces", "part", "position", "signature", "unfinished")

    def __init__(self, position: int, part: Part, call: FunctionCall) -> None:
        self.position = position
        self.part = part
        """The part that opened the call: the whole call, unless fragments follow."""
        self.signature = part.thought_signature
        self.unfinished = bool(call.will_continue)
        self._partial: PartialArguments | None = None
        self._pieces: list[str] = []
        if call.partial_args:
            self._take_partial(call.partial_args)

    @property
    def call(self) -> FunctionCall:
        return self.part.function_call or FunctionCall()

    def go_on(self, part: Part, call: FunctionCall) -> str:
        """Takes the next fragment; returns the arguments' text it brings, if it can be said yet."""
        self.signature = self.signature or part.thought_signature
        if call.args and not self.unfinished and self._partial is None:
            return self._go_on_with_text(call)
        if call.partial_args:
            self._take_partial(call.partial_args)
        if call.will_continue or not self.unfinished:
            return ""
        # Arguments by path make a JSON text only when they are all there.
        self.unfinished = False
        return self.text()

    def _go_on_with_text(self, call: FunctionCall) -> str:
        if not self._pieces:
            self._pieces.append(_piece(self.call))
        piece = _piece(call)
        self._pieces.append(piece)
        return piece

    def text(self) -> str:
        """The arguments as JSON text, as far as they have come; "" for none."""
        if self._pieces:
            return "".join(self._pieces)
        return _text(self._partial.value()) if self._partial else _piece(self.call)

    def whole(self) -> Part:
        """The part to send back: as it came where it came whole."""
        call = self.call
        if self._partial is None and not self._pieces and not call.will_continue:
            return self.part
        args = self._partial.value() if self._partial else as_arguments(self.text() or "{}")
        assembled = replaced(call, args=args, partial_args=None, will_continue=None)
        if self._pieces:
            assembled._arguments = self.text()
        return replaced(self.part, function_call=assembled, thought_signature=self.signature)

    def neutral(self) -> ToolCall:
        """The call in the form all dialects share."""
        call = self.call
        extra: dict[str, Any] = {"thoughtSignature": self.signature} if self.signature else {}
        return ToolCall(call.id or "", call.name or "", self.text(), self.position, extra)

    def _take_partial(self, pieces: Sequence[PartialArg]) -> None:
        for piece in pieces:
            if self._partial is None:
                self._partial = PartialArguments()
            self._partial.add(piece)


class CallAssembly:
    """All calls of one candidate. Linear in the fragments."""

    __slots__ = ("_by_id", "_calls", "_unfinished")

    def __init__(self) -> None:
        self._calls: list[OpenCall] = []
        self._unfinished: list[OpenCall] = []  # as they were opened; some may have finished since
        self._by_id: dict[str, OpenCall] = {}

    def add(self, part: Part, fragment: FunctionCall) -> tuple[OpenCall | None, ToolCallDelta]:
        """Takes the next functionCall part; returns the call if it opened here, and what the part adds."""
        call = self._call_of(fragment)
        if call is not None:
            return None, ToolCallDelta(call.position, arguments=call.go_on(part, fragment))
        call = OpenCall(len(self._calls), part, fragment)
        self._calls.append(call)
        if fragment.id:
            self._by_id[fragment.id] = call
        if call.unfinished:
            self._unfinished.append(call)
        text = "" if call.unfinished else _piece(fragment) if not fragment.partial_args else call.text()
        return call, ToolCallDelta(call.position, fragment.id or None, fragment.name or None, text)

    def close(self) -> tuple[ToolCallDelta, ...]:
        """What calls still hold back when their candidate ends without having finished them."""
        late = []
        for call in self._unfinished:
            if call.unfinished:
                call.unfinished = False
                late.append(ToolCallDelta(call.position, arguments=call.text()))
        self._unfinished.clear()
        return tuple(late)

    def neutral(self) -> list[ToolCall]:
        """The calls as far as they have come, in order."""
        return [call.neutral() for call in self._calls]

    def _call_of(self, fragment: FunctionCall) -> OpenCall | None:
        """The call that *fragment* goes on with; None when it opens one."""
        if fragment.id:
            return self._by_id.get(fragment.id)
        return None if fragment.name or not self._calls else self._calls[-1]


def _text(args: dict[str, Any] | None) -> str:
    return dumps(args).decode() if args else ""


def _piece(call: FunctionCall) -> str:
    """The text of a converted model's fragment. A whole object says itself."""
    sent: str | None = getattr(call, "_arguments", None)
    if sent is not None:
        return sent
    args = call.args
    if args is not None and len(args) == 1 and "arguments" in args:
        piece = args["arguments"]
        if isinstance(piece, str) and (not call.name or _is_opening(piece)):
            return piece
    return _text(args)


def _is_opening(piece: str) -> bool:
    """Whether ``arguments`` beside a name opens a JSON text: it may as well be a parameter of that name."""
    if not piece.lstrip().startswith("{"):
        return False
    try:
        msgspec.json.decode(piece)
    except (ValueError, RecursionError):
        return True
    return False
