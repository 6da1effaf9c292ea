"""A proxy, and what it says when it refuses.

Strategy
    What a proxy says is not what the gateway says. A tunnel that it refuses is told from an answer by the
    HTTP library; of plain http it passes answers on, and those that refuse in other words than JSON are taken
    for its own. They keep their status, and are connection errors: the gateway has not spoken.

    User name and password leave the address where it is read (``_environment``), and stand in one header of
    the request only.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..decoding import ErrorInfo, error_of
from ..errors import APIConnectionError

__all__ = ["Proxy", "refused"]

_HINTS = {
    407: "check the user name and password in {variable}",
    403: "it does not let this call pass; name the host in NO_PROXY if it can be reached directly",
}


class Proxy(msgspec.Struct, frozen=True):
    """One proxy; ``url`` holds no credential."""

    url: str
    host: str
    port: int
    variable: str
    """What named it."""
    authorization: str = ""
    """The value of the Proxy-Authorization header."""
    password: str = ""

    def __repr__(self) -> str:
        return f"<Proxy {self.url}>"

    def is_quoted_in(self, text: str) -> bool:
        """Whether *text* holds the password, plain or as it was sent."""
        return any(secret in text for secret in (self.password, self.authorization[6:]) if secret)


def refused(
    origin: str, proxy: Proxy | None, status: int, headers: Mapping[str, str], words: str = ""
) -> APIConnectionError:
    """The error of a proxy that said no, with its words but for those that quote its password.

    A proxy of a session of the caller's own has no name here.
    """
    plain = error_of(ErrorInfo(), status=status, headers=headers)
    hint = _HINTS.get(status, "these are not the gateway's words")
    if proxy is not None and proxy.is_quoted_in(words + repr(plain.headers)):
        words, plain.headers = "", None
    return APIConnectionError(
        f"Error: Cannot connect to API server {origin}: the proxy{f' {proxy.url}' if proxy else ''} answered "
        f"with status {status}{f': {words}' if words else ''}; "
        + hint.format(variable="the address of the proxy" if proxy is None else proxy.variable),
        status=status,
        retry_after=plain.retry_after,
        headers=plain.headers,
        body=words or None,
        retryable=plain.retryable,
    )
