"""Arguments of a function call that come path by path (``partialArgs``).

See "Tool calls" in decoding/README.md.

Each piece names its place as a JSON path and brings a value there; text may come in several pieces for one
place. Text is kept in pieces and joined when read. Paths that no sane model writes (a depth or a list index
beyond the limits) are left out: they are no reason to allocate, nor to fail.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ._parts import PartialArg

__all__ = ["PartialArguments"]

MAX_DEPTH: Final = 64
MAX_LIST: Final = 10_000

# Longer paths are read each time: they are no reason to keep them.
MAX_KNOWN: Final = 256

# .name, [3], ['name'] or ["name"]
_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")

Step = str | int


class _Text(list[str]):
    """A text under assembly."""


class PartialArguments:
    """The arguments of one call, as far as they have come."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, piece: PartialArg) -> None:
        """Puts one piece in its place."""
        path = piece.json_path or ""
        steps = _known_steps(path) if len(path) <= MAX_KNOWN else _steps(path)
        if not steps or len(steps) > MAX_DEPTH:
            return
        parent = self._parent(steps)
        if parent is not None:
            _put(parent, steps[-1], piece)

    def value(self) -> dict[str, Any]:
        """The arguments as plain values."""
        plain: dict[str, Any] = _plain(self._root)
        return plain

    def _parent(self, steps: Sequence[Step]) -> Any:
        """The container that holds the last step; containers on the way are made as the path wants them."""
        node: Any = self._root
        for step, following in itertools.pairwise(steps):
            wanted = list if type(following) is int else dict
            child = _get(node, step)
            if type(child) is not wanted:
                child = wanted()
                if not _set(node, step, child):
                    return None
            node = child
        return node


def _steps(path: str) -> Sequence[Step]:
    if not path.startswith("$"):
        return ()
    return tuple(
        int(index) if index else name or _unquoted(single or double)
        for name, index, single, double in _STEP.findall(path)
    )


_known_steps = functools.lru_cache(maxsize=512)(_steps)  # many pieces come under one path


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _get(node: Any, step: Step) -> Any:
    if isinstance(node, list):
        return node[step] if isinstance(step, int) and step < len(node) else None
    return node.get(str(step))


def _set(node: Any, step: Step, value: Any) -> bool:
    if not isinstance(node, list):
        node[str(step)] = value
        return True
    if not isinstance(step, int) or step >= MAX_LIST:
        return False
    node.extend([None] * (step + 1 - len(node)))
    node[step] = value
    return True


def _put(parent: Any, step: Step, piece: PartialArg) -> None:
    if piece.string_value is not None:
        text = _get(parent, step)
        if type(text) is not _Text:
            text = _Text()
            if not _set(parent, step, text):
                return
        text.append(piece.string_value)
    elif piece.number_value is not None:
        _set(parent, step, piece.number_value)
    elif piece.bool_value is not None:
        _set(parent, step, piece.bool_value)
    elif piece.null_value is not msgspec.UNSET:
        _set(parent, step, None)


def _plain(value: Any) -> Any:
    if isinstance(value, _Text):
        return "".join(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
