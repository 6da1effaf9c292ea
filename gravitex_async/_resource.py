"""What all resources of a client share: building a request out of a call's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .config import RetryPolicy, Timeout
from .transport import Call, Request, Transport, checked_headers

__all__ = ["Resource", "retry_policy"]


def retry_policy(value: int | RetryPolicy) -> RetryPolicy:
    """A number of retries as a policy."""
    return value if isinstance(value, RetryPolicy) else RetryPolicy(max_retries=value)


class Resource(msgspec.Struct, frozen=True):
    """A part of the client's surface: a transport and the settings of the client it belongs to."""

    transport: Transport
    timeout: Timeout | float | None
    retry: RetryPolicy

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
    ) -> Call:
        """A request ready to be opened; *options* are the arguments that are about the call itself.

        Raises:
            MisuseError: A header that is none.
        """
        timeout = options.get("timeout")
        retries = options.get("max_retries")
        request = Request(
            method=method,
            path=path,
            body=body,
            query={**(query or {}), **(options.get("extra_query") or {})},
            headers=checked_headers(options.get("extra_headers")),
            stream=stream,
            native_gemini=native_gemini,
            timeout=Timeout.of(self.timeout if timeout is None else timeout, stream=stream),
            retry=self.retry if retries is None else retry_policy(retries),
            model=model,
        )
        return Call(self.transport, request)
