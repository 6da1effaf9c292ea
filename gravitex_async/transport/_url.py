"""One base URL, whatever form it was given in.

``https://host``, ``https://host/v1``, ``https://host/v1/``, ``https://host/v1/responses?api-version=…`` and
``https://host/prefix/v1beta`` all name the same place: an origin, a prefix, and a query kept on every
request. Gateways are named in all of these forms, in their own documents and in those of their clients.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from .._checks import shown
from ..errors import MisuseError

__all__ = ["BaseURL", "model_path"]

_ENDPOINTS = (
    "/chat/completions",
    "/responses/compact",
    "/responses",
    "/embeddings",
    "/completions",
    "/models",
    "/messages",
    "/rerank",
)


class BaseURL(msgspec.Struct, frozen=True):
    """Where the gateway is; ``url(path)`` is the address of one endpoint."""

    origin: str
    prefix: str
    query: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> BaseURL:
        """Reads any of the forms above.

        Raises:
            MisuseError: It is no http(s) URL, or holds a user name or a control character.
        """
        text = text.strip()
        if (
            "@" in re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]
        ):  # not quoted: it may be a secret
            raise MisuseError("expected base_url without a user name or password; pass api_key instead")
        try:
            parts = urlsplit(text)
            whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # an open bracket, a port that is none
            whole = False
        if not whole or any(character <= " " or character == "\x7f" for character in text):
            # Without a query, which may hold a key.
            raise MisuseError(
                f"expected base_url like 'https://api.gravitex.ai', got {shown(text.partition('?')[0])}"
            )
        return cls(
            f"{parts.scheme}://{parts.netloc}",
            _prefix(parts.path),
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
        )

    def url(self, path: str, query: Mapping[str, str]) -> str:
        """The address of *path* (``/v1/…``, already encoded) with the base's query and *query* over it."""
        merged = {**dict(self.query), **query}
        address = self.place(path)
        return f"{address}?{urlencode(merged, quote_via=quote)}" if merged else address

    def place(self, path: str) -> str:
        """The same without any query, which may hold a secret."""
        return f"{self.origin}{self.prefix}{path}"


def _prefix(path: str) -> str:
    path = path.rstrip("/")
    head, mark, _ = path.partition("/v1beta/")
    if mark:
        path = head
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            path = path.removesuffix(endpoint)
            break
    return path.rstrip("/").removesuffix("/v1beta").removesuffix("/v1").rstrip("/")


def model_path(model: str) -> str:
    """A model name as part of a path: ``models/`` removed, all but ``/ . - _ ~`` and letters encoded.

    Raises:
        MisuseError: The name is empty or would leave its place in the path.
    """
    name = model.removeprefix("models/")
    if not name or any(part in ("", ".", "..") for part in name.split("/")):
        raise MisuseError(f"expected a model name, got {model!r}")
    return quote(name, safe="/")
