"""One authored body, and the small change of writing one."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["Made", "lines"]


class Made(NamedTuple):
    """A body under a name like a capture's, and what a reader should find in it."""

    name: str
    body: bytes
    expect: dict[str, Any]
    status: int = 200


def lines(*payloads: Any, end: str = "\n", names: bool = False) -> bytes:
    """Events with these payloads: text as it is, anything else as JSON; *names* are their types."""
    found = []
    for payload in payloads:
        text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        named = names and isinstance(payload, dict)
        found += [*([f"event: {payload['type']}"] if named else []), f"data: {text}", ""]
    return "".join(line + end for line in found).encode()
