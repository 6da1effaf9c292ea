"""What callers pass as contents, as the wire wants it: a list of turns, each a list of parts.

A text is a turn of the user. Texts and parts that follow each other make one turn, of the model when they are
function calls (as google-genai has it). Contents stay as they are, and an answer, one of its candidates or a
stream that ended stands for its own turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._checks import expected, kind_of
from ..answers import turn_of
from ..errors import MisuseError
from ._parts import Blob, Content, FileData, FunctionCall, FunctionResponse, Part
from ._wire import outgoing, plain, shape_of

__all__ = ["content_of", "contents_of"]

# Structs that are no part but what a part holds.
_KINDS: Mapping[type[Any], str] = {
    Blob: "inlineData",
    FileData: "fileData",
    FunctionCall: "functionCall",
    FunctionResponse: "functionResponse",
}

Tree = dict[str, Any]


def contents_of(value: Any) -> list[Tree]:
    """The turns of a request.

    Raises:
        MisuseError: There are none, or something in them is neither text nor a part nor a content.
    """
    if isinstance(value, (str, Sequence)) and not value:
        raise expected("contents", "text, parts or turns, not empty", kind_of(value))
    turns: list[Tree] = []
    open_turn: Tree | None = None
    for item in value if _is_list(value) else [value]:
        answered = turn_of(item, "gemini")
        if answered is not None:
            turns += answered
            open_turn = None
            continue
        turn = _turn(item)
        if turn is not None:
            turns.append(turn)
            open_turn = None
            continue
        part = _part(item)
        role = "model" if "functionCall" in part else "user"
        if open_turn is None or open_turn["role"] != role:
            open_turn = {"role": role, "parts": []}
            turns.append(open_turn)
        open_turn["parts"].append(part)
    if not turns:
        raise MisuseError("expected contents with at least one turn, like 'Hello', got none")
    return turns


def content_of(value: Any) -> Tree:
    """One content, without a role where none is given: system instructions, texts to embed.

    Raises:
        MisuseError: Something in it is neither text nor a part, or there is nothing in it.
    """
    answered = turn_of(value, "gemini")
    turn = answered[0] if answered else None if _is_list(value) else _turn(value)
    if turn is not None:
        return turn
    parts = [_part(item) for item in (value if _is_list(value) else [value])]
    if not parts:
        raise MisuseError("expected a text, a part or parts, got an empty list")
    return {"parts": parts}


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def _turn(item: Any) -> Tree | None:
    """*item* as a turn; None when it is a part."""
    if _is_list(item):
        return {"role": "user", "parts": [_part(part) for part in item]}
    tree = plain(item)
    if isinstance(tree, Mapping) and (isinstance(item, Content) or "parts" in tree):
        parts = tree.get("parts", [])
        turn: Tree = outgoing({**tree, "parts": None}, shape_of(Content))
        turn["parts"] = [_part(part) for part in (parts if _is_list(parts) else [parts])]
        return turn
    return None


def _part(item: Any) -> Tree:
    if isinstance(item, str):
        return {"text": item}
    if isinstance(item, (bytes, bytearray, memoryview)):
        raise MisuseError("expected a MIME type with the bytes: Part.from_bytes(data, 'image/png')")
    if hasattr(item, "dialect"):
        raise MisuseError(f"expected a part, got {type(item).__name__}: an answer is a turn of its own")
    tree = plain(item)
    if not isinstance(tree, Mapping):
        raise MisuseError(f"expected a text, a part or a content, got {type(item).__name__}")
    kind = _KINDS.get(type(item))
    part: Tree = outgoing(tree if kind is None else {kind: tree}, shape_of(Part))
    return part
