"""What the requests of one client for one path have in common: their address and headers, joined once.

A request has little of its own: its body and its idempotency key. Joining the rest anew costs more than
writing it. It holds the credential, so it is shown nowhere, and only so many are kept.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Final

__all__ = ["Envelope", "Envelopes"]

# A program asks for few paths, but Gemini's hold the model.
MAX_KEPT: Final = 64

# Headers were checked where they were given; here they become lines, and what ends one must not get through.
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Envelope:
    """The address and the headers of a request, and both as the lines of its head."""

    __slots__ = ("has_key", "headers", "lines", "method", "url")

    def __init__(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.has_key = any(name.lower() == "idempotency-key" for name in headers)
        """Whether the caller has set a key of his own."""
        self.lines: tuple[bytes, bytes] | tuple[()] | None = None
        """Those before the idempotency key and those behind it; empty where lines do not say all, None: not
        written yet."""

    def __repr__(self) -> str:
        return f"<Envelope {self.method}>"

    def write(self, target: str, host: str, encodings: str) -> tuple[bytes, bytes] | tuple[()]:
        """Writes the lines: for *target* at *host*, in any of *encodings* if nothing else is said."""
        names = {name.lower() for name in self.headers}
        if names & {"host", "expect", "cookie"} or any(
            _UNSAFE.search(text) for pair in self.headers.items() for text in pair
        ):
            self.lines = ()
            return self.lines
        headers = dict(self.headers)
        if "accept-encoding" not in names:
            headers["Accept-Encoding"] = encodings
        opening = f"{self.method} {target} HTTP/1.1\r\nHost: {host}\r\n"
        rest = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.lines = (opening.encode(), rest.encode())
        return self.lines


class Envelopes:
    """The last ones made, by what tells them apart."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Hashable, Envelope] = {}

    def __repr__(self) -> str:
        return f"<Envelopes {len(self._kept)}>"

    def get(self, key: Hashable) -> Envelope | None:
        """The one that was kept for *key*."""
        return self._kept.get(key)

    def keep(self, key: Hashable, envelope: Envelope) -> None:
        """Keeps it for *key*."""
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[key] = envelope
