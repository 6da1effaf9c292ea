"""The limits that an answer's headers report: see "Retries and rate limits" in decoding/README.md."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ._jsonable import Jsonable

__all__ = ["RateLimit"]

_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h|d)"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class RateLimit(Jsonable, msgspec.Struct, frozen=True):
    """Limits as of one answer; None for what the headers do not say. Resets are in seconds."""

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens: float | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> RateLimit:
        """Reads ``x-ratelimit-limit-requests`` and its kin; ``x-ratelimit-requests`` too."""
        return cls(
            _count(headers, "limit-requests", "requests"),
            _count(headers, "remaining-requests"),
            _seconds(headers.get("x-ratelimit-reset-requests")),
            _count(headers, "limit-tokens", "tokens"),
            _count(headers, "remaining-tokens"),
            _seconds(headers.get("x-ratelimit-reset-tokens")),
        )


def _count(headers: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        value = headers.get(f"x-ratelimit-{name}", "").strip()
        if value.isdigit():
            return int(value)
    return None


def _seconds(value: str | None) -> float | None:
    """``6m0s``, ``120ms`` or plain seconds."""
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        parts = re.findall(_PART, value)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None
