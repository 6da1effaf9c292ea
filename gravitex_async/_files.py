"""Gravitex's limits on files: 50 MB each, and 50 MB together in one request.

Counted are the bytes of the files, not of their base64, and 50 MiB are allowed: base64 adds a third, which
still fits the 128 MB that the gateway takes in a body. Files given by URL or id are left to the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .errors import MisuseError

__all__ = ["MAX_FILE_BYTES", "check_files", "check_size"]

MAX_FILE_BYTES: Final = 50 * 1024 * 1024


def check_size(size: int, name: str) -> None:
    """Refuses one file that is too large.

    Raises:
        MisuseError: It has more than 50 MiB.
    """
    if size > MAX_FILE_BYTES:
        raise MisuseError(
            f"expected a file of at most {MAX_FILE_BYTES:,} bytes (50 MiB), got {size:,} in {name}; "
            f"a file at a URL has no such limit here"
        )


def check_files(turns: Any) -> None:
    """Refuses files that are too large together, in the input of a Responses request.

    Raises:
        MisuseError: They have more than 50 MiB.
    """
    total = sum(_raw_size(data) for data in _inline_files(turns))
    if total > MAX_FILE_BYTES:
        raise MisuseError(
            f"expected files of at most {MAX_FILE_BYTES:,} bytes (50 MiB) in one request, got {total:,}; "
            f"files at a URL do not count"
        )


def _inline_files(value: Any) -> Iterator[str]:
    """The ``file_data`` of all file parts in messages, results of tools, or a bare list of parts."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _inline_files(item)
    elif _get(value, "type") == "input_file":
        data = _get(value, "file_data")
        if isinstance(data, str):
            yield data
    elif value is not None and not isinstance(value, str):
        for name in ("content", "output"):
            inner = _get(value, name)
            if isinstance(inner, (list, tuple)):
                yield from _inline_files(inner)


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _raw_size(data: str) -> int:
    """How many bytes a base64 text or data URL encodes."""
    start = data.find(",") + 1 if data.startswith("data:") else 0
    end = len(data)
    while end > start and data[end - 1] == "=":
        end -= 1
    return (end - start) * 3 // 4
