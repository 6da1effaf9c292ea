"""Keys and rate limits: what is refused before a request is read."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from ._errors import Refused, said
from ._records import RecordedRequest

# Gemini methods are routed under /v1/models too, which is where google-genai sends them by default.
_GEMINI_PATH = re.compile(r"/v1beta/|/v1/models(?:/|$)")


def check_key(request: RecordedRequest, keys: Collection[str]) -> None:
    """Raise the gateway's 401 unless *request* brings one of *keys*.

    Bearer works everywhere; ``x-goog-api-key`` and ``?key=`` work on the Gemini paths, and come first there.
    """
    if key_of(request) not in keys:
        raise Refused(401, *said(401))


def key_of(request: RecordedRequest) -> str | None:
    """The key *request* brings, in the gateway's order of precedence."""
    if _GEMINI_PATH.match(request.path):
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if key:
            return key
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


@dataclass
class RequestLimit:
    """At most *requests* within *per* seconds; with ``per=None`` ever.

    ``retry_after`` is sent with the 429 (by default none, like the real gateway). ``headers`` decides whether
    answers report what is left of the limit, and when it is reset.

    >>> from gravitex_async import AsyncGravitex, RateLimitError
    >>> from gravitex_async.testing import LocalGateway, RequestLimit
    >>> async with LocalGateway(rate_limit=RequestLimit(1, per=60)) as gateway:
    ...     client = AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0)
    ...     models = await client.models.list()
    ...     try:
    ...         await client.models.list()
    ...     except RateLimitError as error:
    ...         print(error.status)
    ...     await client.close()
    429
    """

    requests: int
    per: float | None = 1.0
    retry_after: float | str | None = None
    headers: bool = True
    _times: deque[float] = field(default_factory=deque, repr=False)

    def check(self, now: float) -> dict[str, str]:
        """Count one request at *now*; returns the ``x-ratelimit-*`` headers, raises a 429 above the limit."""
        while self._times and self.per is not None and now - self._times[0] >= self.per:
            self._times.popleft()
        if len(self._times) >= self.requests:
            wait = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
            headers = {**self._headers(now), **wait}
            raise Refused(429, *said(429), headers=headers)
        self._times.append(now)
        return self._headers(now)

    def _headers(self, now: float) -> dict[str, str]:
        if not self.headers:
            return {}
        left = self.requests - len(self._times)
        found = {"limit": str(self.requests), "remaining": str(left)}
        if self.per is not None and self._times:
            found["reset"] = f"{max(0.0, self._times[0] + self.per - now):.3f}s"
        return {f"x-ratelimit-{name}-requests": value for name, value in found.items()}
