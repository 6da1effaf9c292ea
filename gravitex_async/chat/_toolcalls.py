"""Tool calls put together from their fragments: see "Tool calls" in decoding/README.md.

A fragment belongs to the call its ``index`` names; without one, to the call of the same ``id``; a new id
opens a new call, and so does a new id under a used index when it brings a name (some servers use index 0 for
every parallel call). Ids and names fill an empty place and are never joined; arguments are always joined.
Calls keep the order of their first appearance: indices may start above 0 and have gaps.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..decoding import more_than
from ..deltas import ToolCall, ToolCallDelta
from ._chunks import FunctionCallFragment, ToolCallFragment
from ._content import NO_FUNCTION, CustomCall, FunctionCall, MessageToolCall

__all__ = ["ToolCallAssembly"]


class _Call:
    """One call under assembly."""

    __slots__ = ("arguments", "custom", "extra_content", "id", "index", "name", "position", "type")

    def __init__(self, position: int, index: int | None) -> None:
        self.position = position
        self.index = index
        self.id = ""
        self.name = ""
        self.type: str | None = None
        self.arguments: list[str] = []
        self.custom = False
        self.extra_content: Any = None

    def add(self, fragment: ToolCallFragment) -> ToolCallDelta:
        """Takes a fragment, and gives what it adds."""
        function, custom = fragment.function, fragment.custom
        name = text = None
        if function is not None:
            name, text = function.name, function.arguments
            if text and self.arguments and fragment.id and self._sent_before(text):
                text = None
        elif custom is not None:
            self.custom = True
            name, text = custom.name, custom.input
        if text:
            self.arguments.append(text)
        self.id = self.id or fragment.id or ""
        self.name = self.name or name or ""
        self.type = self.type or fragment.type
        self.extra_content = fragment.extra_content or self.extra_content
        return ToolCallDelta(self.position, fragment.id or None, name or None, text or "")

    def _sent_before(self, arguments: str) -> bool:
        """Whether the whole call is sent a second time: one JSON object is never followed by another."""
        return (
            len(self.arguments) == 1
            and self.arguments[0] == arguments
            and arguments.startswith("{")
            and arguments.endswith("}")
            and _is_json(arguments)
        )


class ToolCallAssembly:
    """All tool calls of one choice. Linear in the fragments."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_last")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def add(self, fragment: ToolCallFragment) -> ToolCallDelta:
        """Takes the next fragment, and gives what it adds to which call of ``calls()``."""
        function, last = fragment.function, self._last
        # Nearly all fragments are one more piece of the arguments of the call before, by its index.
        if (
            last is not None
            and function is not None
            and fragment.index == last.index is not None
            and not function.name
            and function.arguments
            and not _is_more(fragment)
        ):
            last.arguments.append(function.arguments)
            return ToolCallDelta(last.position, None, None, function.arguments)
        call = self._call_for(fragment)
        added = call.add(fragment)
        if call.id and fragment.id:
            self._by_id.setdefault(call.id, call)
        self._last = call
        return added

    def add_legacy(self, function_call: FunctionCallFragment) -> ToolCallDelta:
        """Takes a piece of the deprecated ``function_call``: one call without an id."""
        return self.add(ToolCallFragment(index=0, type="function_call", function=function_call))

    def calls(self) -> list[ToolCall]:
        """The calls as far as they have come, in order of first appearance."""
        return [
            ToolCall(call.id, call.name, "".join(call.arguments), call.position, _extra(call))
            for call in self._calls
        ]

    def places(self) -> list[int]:
        """The index on the wire of each call, in their order; its own place where the server gives none."""
        return [call.position if call.index is None else call.index for call in self._calls]

    def message_calls(self) -> list[MessageToolCall]:
        """The same in the wire's shape, for a message."""
        return [_message_call(call) for call in self._calls if call.type != "function_call"]

    def legacy_call(self) -> FunctionCall | None:
        """The deprecated ``function_call``, when that is how the call came."""
        for call in self._calls:
            if call.type == "function_call":
                return FunctionCall(call.name, "".join(call.arguments))
        return None

    def _call_for(self, fragment: ToolCallFragment) -> _Call:
        index, id_ = fragment.index, fragment.id
        if index is not None:
            call = self._by_index.get(index)
            if call is None or (id_ and call.id and id_ != call.id and _named(fragment)):
                call = self._by_index[index] = self._open(index)
            return call
        if id_:
            return self._by_id.get(id_) or self._open(None)
        # Neither: a name after another call's name is a call of its own, anything else goes on with the last.
        if self._last is None or (_named(fragment) and self._last.name):
            return self._open(None)
        return self._last

    def _open(self, index: int | None) -> _Call:
        call = _Call(len(self._calls), index)
        self._calls.append(call)
        return call


# What has no more than this opens no call, and says nothing of one that its first fragment has not said.
_is_more: Final = more_than(fragment=(ToolCallFragment, {"index", "function"}))


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _named(fragment: ToolCallFragment) -> bool:
    called = fragment.function or fragment.custom
    return called is not None and bool(called.name)


def _extra(call: _Call) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if call.type not in (None, "function"):
        extra["type"] = call.type
    if call.extra_content is not None:
        extra["extra_content"] = call.extra_content
    return extra


def _message_call(call: _Call) -> MessageToolCall:
    text = "".join(call.arguments)
    return MessageToolCall(
        id=call.id,
        type=call.type or ("custom" if call.custom else "function"),
        function=NO_FUNCTION if call.custom else FunctionCall(call.name, text),
        custom=CustomCall(call.name, text) if call.custom else None,
        extra_content=call.extra_content,
    )
