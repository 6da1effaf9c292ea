"""One request as a value, and its body as bytes.

Encoding a body of megabytes takes milliseconds; it is done in a thread then, so that the event loop goes on
(``BIG_BODY``). Below that a thread costs more than it saves. The encoder keeps the interpreter's lock while
it works: a buffer that is large enough from the start shortens that to a third (24 MB: 6 ms instead of 18).
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from .._checks import expected, kind_of, shown
from .._json import dumps, dumps_into
from ..config import RetryPolicy, Timeout
from ..errors import MisuseError

__all__ = [
    "BIG_BODY", "Request", "checked_headers", "checked_query", "encode", "encode_big", "joined_headers",
    "weight",
]  # fmt: skip

BIG_BODY: Final = 256 * 1024

# What frames the body is the HTTP library's affair: another value would be a second request in the first.
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})


class Request(msgspec.Struct, kw_only=True):
    """What is to be sent; the transport adds the origin, the credentials and the query of the base URL."""

    method: str
    path: str
    body: Any = None
    """JSON-like, or None for no body."""
    query: Mapping[str, str] = msgspec.field(default_factory=dict)
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    stream: bool = False
    native_gemini: bool = False
    """Whether the credential may take Google's forms."""
    timeout: Timeout
    retry: RetryPolicy
    model: str = ""
    """For messages, and for what refusals teach of it."""
    output_tokens: float | None = None
    """How many tokens the answer may have; None: nobody has said."""
    idempotency_key: str = ""
    """The same over all tries; "" sends none."""

    @property
    def repeatable(self) -> bool:
        """Whether a server that gets it twice has to do it once."""
        return self.method == "GET" or bool(self.idempotency_key)

    def __repr__(self) -> str:
        # Extra headers and queries may hold credentials, bodies hold prompts.
        return f"<Request {self.method} {self.path}>"


def encode(body: Any) -> bytes:
    """The body as JSON bytes.

    Raises:
        MisuseError: Something in it is not JSON-like.
    """
    try:
        return dumps(body)
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError) as error:
        raise MisuseError(f"the request cannot be written as JSON: {error}") from None


def encode_big(body: Any) -> bytearray:
    """The same for a body of megabytes; to be called in a thread."""
    text = weight(body, sys.maxsize)
    buffer = bytearray(text + text // 8 + 1024)
    try:
        dumps_into(body, buffer)
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError) as error:
        raise MisuseError(f"the request cannot be written as JSON: {error}") from None
    return buffer


def weight(body: Any, limit: int = BIG_BODY) -> int:
    """Characters of text in *body*, counted until there are more than *limit*: a cheap guess of its size."""
    total = 0
    stack = [body]
    while stack and total <= limit:
        value = stack.pop()
        if isinstance(value, (str, bytes)):
            total += len(value)
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, (list, tuple)):
            stack.extend(itertools.islice(value, limit))
            total += len(value)
        elif isinstance(value, msgspec.Struct):
            stack.extend(getattr(value, name) for name in value.__struct_fields__)
    return total


def checked_headers(name: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers in the setting *name*, refused where they could write a header line of their own.

    Raises:
        MisuseError: It is no mapping, a name or value is no string, or one holds a line break or another
            control character. Values are not quoted.
    """
    for header, value in _items(name, headers):
        if not isinstance(header, str):
            raise expected(f"the names in {name}", "strings", shown(header))
        if not isinstance(value, str):
            raise expected(f"{name}[{header!r}]", "a string", kind_of(value))
        if not header or any(not 32 < ord(c) < 127 or c in '":,;()<>@[]{}\\/?=' for c in header):
            raise MisuseError(f"{header!r} in {name} is not a header name")
        if header.lower() in _FRAMING:
            raise MisuseError(f"header {header!r} is set by the client alone; leave it out of {name}")
        if any((ord(c) < 32 and c != "\t") or ord(c) == 127 or "\ud800" <= c <= "\udfff" for c in value):
            raise MisuseError(f"the value of header {header!r} in {name} holds a control character")
    return dict(headers or {})


def checked_query(name: str, query: Mapping[str, str] | None) -> dict[str, str]:
    """The query in the setting *name*; numbers become text.

    Raises:
        MisuseError: It is no mapping of names to text. Values are not quoted.
    """
    checked: dict[str, str] = {}
    for key, value in _items(name, query):
        if not isinstance(key, str):
            raise expected(f"the names in {name}", "strings", shown(key))
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise expected(f"{name}[{key!r}]", "a string", kind_of(value))
        checked[key] = str(value)
    return checked


def _items(name: str, value: object) -> Iterable[tuple[object, object]]:
    if value is not None and not isinstance(value, Mapping):
        advice = f"write {name}=dict(...)" if isinstance(value, (list, tuple)) else ""
        raise expected(name, "a mapping like {'X-Team': 'red'}", kind_of(value), advice)
    return () if value is None else value.items()


def joined_headers(*layers: Mapping[str, str]) -> dict[str, str]:
    """One set of headers out of several; a later one replaces an earlier one, whatever its letter case."""
    joined: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.items():
            joined[name.lower()] = (name, value)
    return dict(joined.values())
