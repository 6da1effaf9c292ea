"""The one place that picks a JSON library for values of unknown shape.

Strategy
    Known shapes are decoded by msgspec where they are defined. Unknown shapes go through orjson, or through
    msgspec where orjson cannot be imported (it has no free-threaded wheel yet). What both refuse and servers
    send all the same (lone surrogates, NaN, raw control characters, a BOM, invalid UTF-8: see "Odd JSON" in
    decoding/README.md) goes to the standard library, in ``loads_tolerant``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

try:
    from orjson import loads
except ImportError:  # free-threaded builds
    from msgspec.json import decode as loads

__all__ = [
    "dumps", "dumps_into", "is_absent", "loads", "loads_tolerant", "to_builtins", "whole", "whole_text",
]  # fmt: skip

_SURROGATE = "[\ud800-\udfff]"


def is_absent(value: object) -> bool:
    """Whether it is the mark of openai-python, and of clients made like it, for an argument not given.

    Known by its name and by being false: ``NOT_GIVEN`` is a ``NotGiven``, ``omit`` an ``Omit``.
    """
    return type(value).__name__ in ("NotGiven", "Omit") and not value


def _plain(value: object) -> object:
    """Turns pydantic models (anything with ``model_dump``) into what msgspec can encode."""
    if is_absent(value):
        raise NotImplementedError(
            f"{type(value).__name__} stands for an argument that is not given; leave out its key"
        )
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", by_alias=True, exclude_unset=True)
    raise NotImplementedError(
        f"expected something JSON-like (dict, list, str, number, bool, None, msgspec.Struct, dataclass or "
        f"pydantic model), got {type(value).__name__}"
    )


def _without_nulls(value: object) -> object:
    """The same as ``_plain``, but for fields that are None; nulls in a caller's own data stay."""
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return _plain(value)


_encoder = msgspec.json.Encoder(enc_hook=_plain)

dumps = _encoder.encode
dumps_into = _encoder.encode_into


def loads_tolerant(data: bytes | bytearray | memoryview) -> Any:
    """Reads JSON that strict readers refuse; raises ``ValueError`` when it is no JSON at all."""
    try:
        return loads(data)
    except (ValueError, RecursionError):
        # Imported late: most programs never need it.
        import json

        try:
            return json.loads(bytes(data).decode("utf-8-sig", "replace"), strict=False)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def whole_text(text: str) -> str:
    """Joins surrogates that stand side by side into their character; a lone one becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def whole(tree: Any) -> Any:
    """Plain values without lone surrogates, which no encoder takes; the same object where there are none."""
    if isinstance(tree, str):
        return whole_text(tree) if re.search(_SURROGATE, tree) else tree
    if isinstance(tree, dict):
        return {whole(key): whole(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [whole(item) for item in tree]
    return tree


def to_builtins(value: object, *, nulls: bool = True) -> Any:
    """Turns structs, dataclasses and pydantic models, at any depth, into dicts and lists.

    Args:
        nulls: Whether fields of a pydantic model that were set to None are nulls, or absent: those of
            google-genai hold None for whatever is not there.
    """
    return msgspec.to_builtins(value, enc_hook=_plain if nulls else _without_nulls)
