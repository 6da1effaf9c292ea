"""The API key: where it stands in a request, and that it stands nowhere else.

Gateways quote keys in their errors, and proxies quote URLs in theirs, so what comes back is searched for the
key before it becomes an error. A word of a few letters is no secret, as local servers want one, and stands in
half of what is said: it is left there. Codes and types are words of the protocol, and stay what they are.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote

import msgspec

from .._checks import expected, kind_of
from ..errors import APIError, MisuseError

__all__ = ["APIKey", "Auth", "Credential", "asked", "checked_key", "without_secret"]

Auth = Literal["bearer", "x-goog-api-key", "query"]
APIKey = str | Callable[[], Awaitable[str]]
ErrorT = TypeVar("ErrorT", bound=APIError)

_HIDDEN = "***"
_FIELDS = ("message", "param", "request_id", "body", "headers")
_WORDS = frozenset({"code", "type"})

# Shorter keys ("x", "test", "EMPTY") are none that anybody has to keep.
SHORTEST_SECRET: Final = 8


class Credential(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """One key in the form that a request wants it in."""

    secret: str
    auth: Auth

    def __repr__(self) -> str:
        return f"<Credential {self.auth}>"

    @property
    def headers(self) -> dict[str, str]:
        if self.auth == "bearer":
            return {"Authorization": f"Bearer {self.secret}"}
        return {"x-goog-api-key": self.secret} if self.auth == "x-goog-api-key" else {}

    @property
    def query(self) -> dict[str, str]:
        return {"key": self.secret} if self.auth == "query" else {}


async def asked(source: Callable[[], Awaitable[str]]) -> str:
    """The key that a function of the caller's gives.

    Raises:
        MisuseError: It is no async function.
    """
    given: Any = source()
    if not inspect.isawaitable(given):
        advice = "write it with async def"
        raise expected("api_key", "a string or an async function", "one that returns at once", advice)
    return checked_key(await given)


def checked_key(key: object) -> str:
    """An API key that can stand in a header.

    Raises:
        MisuseError: It is empty, or holds blanks or control characters; the key is not quoted.
    """
    if key is not None and not isinstance(key, str):
        raise expected("api_key", "a string, or an async function that gives one", kind_of(key))
    if key is None or not key.strip():
        raise MisuseError("no API key: pass api_key=..., or set GRAVITEX_API_KEY")
    key = key.strip()
    if not key.isascii() or any(ord(c) <= 32 or ord(c) == 127 for c in key):
        raise MisuseError("the API key (not shown) holds a blank, a control or a non-ASCII character")
    return key


def without_secret(error: ErrorT, secret: str) -> ErrorT:
    """The error with *secret* struck out of whatever the gateway sent: a new one, never raised before."""
    clean = copy.copy(error)
    if len(secret) >= SHORTEST_SECRET:
        forms = {secret, quote(secret, safe="")}
        clean.args = _struck(error.args, forms)
        for name in _FIELDS:
            value = getattr(error, name)
            struck = _struck(value, forms)
            if struck != value:
                setattr(clean, name, struck)
    return clean


def _struck(value: Any, forms: set[str]) -> Any:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, _HIDDEN)
        return value
    if isinstance(value, dict):
        return {
            _struck(name, forms): item if name in _WORDS and isinstance(item, str) else _struck(item, forms)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(_struck(item, forms) for item in value)
    return value
