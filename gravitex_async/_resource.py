"""What the resources of a client share: making a request of a call's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ._arguments import given_only
from .config import RetryPolicy, Timeout
from .transport import Call, Request, Transport, checked_headers, checked_query

__all__ = ["Resource"]


class Resource(msgspec.Struct, frozen=True):
    """A part of the client's surface: a transport and the settings of the client it belongs to."""

    transport: Transport
    timeout: Timeout | float | None
    retry: RetryPolicy
    max_event_bytes: int

    def __repr__(self) -> str:
        # Not the fields: those belong to the client.
        return f"<{type(self).__name__} {self.transport.host}>"

    def call(
        self,
        path: str,
        body: Any,
        options: Mapping[str, Any],
        *,
        method: str = "POST",
        model: str = "",
        stream: bool = False,
        native_gemini: bool = False,
        query: Mapping[str, str] | None = None,
        output_tokens: object = 0,
    ) -> Call:
        """A request ready to be opened; *options* are the arguments about the call itself, as ``timeout``.

        *output_tokens* is how many tokens the answer may have at most; anything but a number means: unknown.

        Raises:
            MisuseError: A malformed header, query or timeout.
        """
        options = given_only(options)
        timeout = options.get("timeout")
        retries = options.get("max_retries")
        request = Request(
            method=method,
            path=path,
            body=body,
            query={**(query or {}), **checked_query("extra_query", options.get("extra_query"))},
            headers=checked_headers("extra_headers", options.get("extra_headers")),
            stream=stream,
            native_gemini=native_gemini,
            timeout=Timeout.of(self.timeout if timeout is None else timeout, stream=stream),
            retry=self.retry if retries is None else RetryPolicy.of(retries),
            model=model,
            output_tokens=output_tokens if isinstance(output_tokens, (int, float)) else None,
        )
        return Call(self.transport, request)
