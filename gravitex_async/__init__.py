"""Async streaming client for the Gravitex gateway.

    bytes ───────▶ events ─────▶ structs ───────▶ deltas ─────────▶ accumulations
    transport/     sse.py        */_structs.py    */_deltas.py      */_accumulate.py

``*`` is one of the three dialects: ``chat``, ``responses``, ``gemini``. They have the same files, and never
import each other. ``decoding/`` goes from bytes to structs, ``schema/`` from types to values, ``stream/``
runs the pipeline for one answer, ``client.py`` opens it. Every step but ``transport/`` works without a
network and without asyncio. Above them: ``tools/`` (the tool loop), ``testing/`` (a local gateway), ``cli/``;
below: the words all of them use (errors, settings, deltas, usage).

Names are imported when they are first used, so that ``import gravitex_async`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._typing import Word
    from .client import AsyncGravitex
    from .config import Limits, RateLimits, RetryPolicy, Timeout
    from .deltas import Delta, StreamEnd, ToolCall, ToolCallDelta
    from .errors import (
        APIConnectionError,
        APIError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        DecodeError,
        GravitexError,
        InvalidOutputError,
        MisuseError,
        NotFoundError,
        OutputError,
        PermissionDeniedError,
        PoolTimeoutError,
        RateLimitError,
        RefusalError,
        ServerError,
        StreamInterrupted,
        ToolRoundsError,
        TruncatedOutputError,
        UnprocessableEntityError,
    )
    from .sse import SSEEvent, SSEParser
    from .stream import Stream
    from .thinking import ThinkSplitter
    from .tools import run_tools
    from .usage import Usage

_HOMES = {
    "_typing": ("Word",),
    "client": ("AsyncGravitex",),
    "config": ("Limits", "RateLimits", "RetryPolicy", "Timeout"),
    "deltas": ("Delta", "StreamEnd", "ToolCall", "ToolCallDelta"),
    "errors": (
        "APIConnectionError",
        "APIError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ConflictError",
        "DecodeError",
        "GravitexError",
        "InvalidOutputError",
        "MisuseError",
        "NotFoundError",
        "OutputError",
        "PermissionDeniedError",
        "PoolTimeoutError",
        "RateLimitError",
        "RefusalError",
        "ServerError",
        "StreamInterrupted",
        "ToolRoundsError",
        "TruncatedOutputError",
        "UnprocessableEntityError",
    ),
    "sse": ("SSEEvent", "SSEParser"),
    "stream": ("Stream",),
    "thinking": ("ThinkSplitter",),
    "tools": ("run_tools",),
    "usage": ("Usage",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncGravitex",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "DecodeError",
    "Delta",
    "GravitexError",
    "InvalidOutputError",
    "Limits",
    "MisuseError",
    "NotFoundError",
    "OutputError",
    "PermissionDeniedError",
    "PoolTimeoutError",
    "RateLimitError",
    "RateLimits",
    "RefusalError",
    "RetryPolicy",
    "SSEEvent",
    "SSEParser",
    "ServerError",
    "Stream",
    "StreamEnd",
    "StreamInterrupted",
    "ThinkSplitter",
    "Timeout",
    "ToolCall",
    "ToolCallDelta",
    "ToolRoundsError",
    "TruncatedOutputError",
    "UnprocessableEntityError",
    "Usage",
    "Word",
    "__version__",
    "run_tools",
]


if not TYPE_CHECKING:  # to a type checker it would say that there is every name

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
