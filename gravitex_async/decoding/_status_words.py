"""The words by which servers name an error, and the HTTP status each stands for.

With them an error inside a 200 stream gets the class that its HTTP status would have given. HTTP's own names
come from the standard library; these are the services'.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

__all__ = ["status_meant"]

# In code, type or status: words of OpenAI, Google, Anthropic, DashScope and the gateway. ``status_meant``
# knows their other spellings.
_STATUS_WORDS: Mapping[str, int] = {
    "invalid_request": 400,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "invalid_argument": 400,
    "invalid_parameter": 400,
    "data_inspection_failed": 400,
    "bad_request_body": 400,
    "read_request_body_failed": 400,
    "sensitive_words_detected": 400,
    "prompt_blocked": 400,
    "violation_fee.grok.csam": 400,
    "model_price_error": 400,
    "invalid_api_type": 400,
    "failed_precondition": 400,
    "out_of_range": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "access_denied": 403,
    "insufficient_user_quota": 403,
    "pre_consume_token_quota_failed": 403,
    "model_not_found": 404,
    "already_exists": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "resource_exhausted": 429,
    "insufficient_quota": 429,
    "throttling": 429,
    "server_error": 500,
    "internal": 500,
    "unknown": 500,
    "api_error": 500,
    "api_not_implemented": 501,
    "upstream_error": 502,
    "channel:stream_timeout_no_response": 502,
    "unavailable": 503,
    "deadline_exceeded": 504,
    "overloaded_error": 529,
}

_HUMP = r"(?<=[a-z0-9])(?=[A-Z])"


def status_meant(word: str) -> int | None:
    """The HTTP status that a word stands for, however it is written: RateLimitError, Throttling.RateQuota."""
    snake = re.sub(_HUMP, "_", word).lower()
    for name in (snake, snake.removesuffix("_error"), snake.partition(".")[0]):
        status = _STATUS_WORDS.get(name) or _http_words().get(name)
        if status is not None:
            return status
    return None


@functools.cache
def _http_words() -> Mapping[str, int]:
    from http import HTTPStatus

    return {status.name.lower(): int(status) for status in HTTPStatus if status >= 400}
