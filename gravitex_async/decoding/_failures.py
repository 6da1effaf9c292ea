"""From the body of a failure to an exception of ``errors``.

Strategy
    ``ErrorInfo`` is what can be read out of the forms that are in use (see "Error bodies" in
    decoding/README.md). Its status is the HTTP status if there is one, else the status that a code, type or
    name in the body stands for: an error inside a 200 stream is then of the same class as with that status.

    How sure one must be depends on what else an object holds. ``find_error`` finds errors that are marked as
    such, beside an answer too. ``find_flat`` is for an object that is no answer: there a message is an error,
    or a code that does not mean success. ``flat_error`` reads what is known to be an error.

    The message begins with the sentence that Gravitex documents for the error, then come the body's words.

Not here: reading bytes off the network, retrying.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .. import errors
from .._headers import request_id_of
from .._json import loads_tolerant
from ._status_words import status_meant

__all__ = [
    "ErrorInfo",
    "error_of",
    "find_error",
    "find_flat",
    "flat_error",
    "parse_body",
    "retry_after_of",
]

EXCERPT = 512
"""Characters of an unreadable body that an error quotes."""

_CLASSES: Mapping[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}

_RETRY_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})

# Codes for which another try is useless though their status alone would allow one.
_NEVER_RETRY = frozenset(
    {
        "model_not_found",
        "insufficient_quota",
        "insufficient_user_quota",
        "pre_consume_token_quota_failed",
        "billing_hard_limit_reached",
        "billing_not_active",
        "quota_exceeded",
        "channel:param_override_invalid",
        "channel:header_override_invalid",
        "channel:model_mapped_error",
        "channel:invalid_key",
        "convert_request_failed",
        "api_not_implemented",
        "invalid_request",
        "bad_request_body",
        "sensitive_words_detected",
        "prompt_blocked",
        "violation_fee.grok.csam",
        "model_price_error",
        "invalid_api_type",
    }
)

# The names of an error's parts, in the order in which they are believed.
_MESSAGES = (
    "message", "detail", "msg", "status_msg", "err", "error_msg", "error_message", "errmsg", "errorMessage",
    "errors",
)  # fmt: skip
_CODES = ("code", "error_code", "status_code", "errcode", "errorCode", "statusCode", "http_code")
_TYPES = ("type", "error_type", "errorType")
_STATUSES = ("status", *_CODES[2:], *_CODES[:2])

# Values of a code, status or message that report no error: success, or progress.
_FINE = frozenset(
    {"", "ok", "okay", "success", "successful", "succeeded", "true", "none", "null", "completed", "done",
     "finished", "healthy", "up", "alive", "ready", "pending", "queued", "running", "processing",
     "in_progress", "waiting", "loading", "starting", "started", "connected", "ping", "pong", "heartbeat",
     "keepalive", "keep-alive"}
)  # fmt: skip

_FAILED = frozenset({"error", "fail", "failed", "failure"})

# Patterns as text: re compiles them when they are first needed, and keeps them. Most programs need none.
_STATUS_FIRST = r"\s*([45][0-9][0-9])(?:\.0+)?\b"
# What float() takes beyond this (1e9, 1_0, +5, inf, digits of other scripts) no server means.
_SECONDS = r"[ \t]*[0-9]+(?:\.[0-9]+)?[ \t]*"


class ErrorInfo(msgspec.Struct, kw_only=True):
    """What an error body says."""

    message: str = ""
    code: str | int | None = None
    type: str | None = None
    param: str | None = None
    status: int | None = None
    body: Any = None


def parse_body(data: bytes) -> object:
    """The body of an error answer: JSON where it is JSON, else its first text."""
    if not data.strip():
        return None
    try:
        return loads_tolerant(data)
    except ValueError:
        return data[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]


def find_error(body: Any) -> ErrorInfo | None:
    """The error that is marked as such in a parsed body, whatever stands beside it; else None.

    ``"error": null`` marks none.
    """
    if isinstance(body, list):
        return find_error(body[0]) if body else None
    if not isinstance(body, dict):
        return None
    error = body.get("error") or _error_of_choice(body)
    if isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, dict):
        return None if _says_nothing(error) else _info(error, body)
    if error:  # a bare text: code and type stand beside it
        info = _info({**body, "message": body.get("message") or error}, body)
        info.status = info.status or _status_of({"code": error})
        return info
    if body.get("type") == "error" or body.get("success") is False:
        return _info(body, body)
    base = body.get("base_resp")
    if isinstance(base, dict) and not _is_fine(base.get("status_code") or 0):
        return _info({"message": base.get("status_msg"), "code": base["status_code"]}, body)
    return None


def _error_of_choice(body: dict[str, Any]) -> Any:
    """The error inside a choice: OpenRouter's, when a provider fails in mid-answer."""
    choices = body.get("choices")
    if not isinstance(choices, list):
        return None
    return next((c["error"] for c in choices if isinstance(c, dict) and c.get("error")), None)


def find_flat(body: Any, *, named: bool = False) -> ErrorInfo | None:
    """The error in a body that is no answer and no event of its dialect; None when it is harmless.

    Beside what ``find_error`` finds, a message or a code is an error, unless it reports success. A body that
    is *named* (its type says that it is something else) needs both, or a status.
    """
    found = find_error(body)
    if found is not None:
        return found
    if isinstance(body, list):
        return find_flat(body[0], named=named) if body else None
    if not isinstance(body, dict):
        return None
    info = _flat_info(body)
    if info.status is not None:
        return info
    enough = not named or (info.code is not None and info.message)
    return info if enough and _goes_wrong(info, body) else None


def _goes_wrong(info: ErrorInfo, body: Mapping[str, Any]) -> bool:
    """Whether a flat object is an error though nothing in it stands for an HTTP status."""
    codes = [body[name] for name in (*_STATUSES, "success", "ok") if body.get(name) is not None]
    if all(map(_is_fine, codes)):
        return not codes and not _is_fine(info.message)
    if info.message and _is_fine(info.message):
        # Services choose their own numbers for success (0, 1000, ...): a word of failure decides.
        return str(body.get("status")).lower() in _FAILED
    # A status alone may be a progress report; a code alone is a complaint.
    return bool(info.message) or not _is_fine(info.code or "") or str(body.get("status")).lower() in _FAILED


def _says_nothing(error: Mapping[str, Any]) -> bool:
    """Whether an error object reports none: it is empty, or all of it means success.

    An empty message alone is an error: something failed without a word.
    """
    values = [value for value in error.values() if value is not None]
    return not values or (all(map(_is_fine, values)) and any(value != "" for value in values))


def _is_fine(value: Any) -> bool:
    value = _unquoted(value)
    if isinstance(value, (int, float)):
        return value is True or (value == 0 and value is not False) or 200 <= value < 300
    return isinstance(value, str) and value.strip().rstrip(".!").lower() in _FINE


def _unquoted(value: Any) -> Any:
    """A number that came as text, as a number; anything else as it is."""
    short = isinstance(value, str) and len(value) < 20
    return int(value) if short and value.isdecimal() else value


def _info(error: Mapping[str, Any], body: Any) -> ErrorInfo:
    info = ErrorInfo(body=body)
    info.message = next((_text(_first(error[name])) for name in _MESSAGES if error.get(name)), "")
    code = next((error[name] for name in _CODES if error.get(name) is not None), None)
    info.code = code if code is None or isinstance(code, int) else _text(code)
    status = _unquoted(error.get("status"))
    named = next((error[name] for name in _TYPES if error.get(name)), None)
    kind = named or (status if isinstance(status, str) else None)
    info.type = None if kind in (None, "error") else _text(kind)
    info.param = None if error.get("param") is None else _text(error["param"])
    info.status = _status_of(error) or (_status_of(body) if isinstance(body, dict) else None)
    return info


def _flat_info(body: dict[str, Any]) -> ErrorInfo:
    """What a flat object says, or the object in place of its message (``{"detail": {"code": ...}}``)."""
    inner = next((body[name] for name in _MESSAGES if body.get(name)), None)
    if not isinstance(inner, dict):
        return _info(body, body)
    info = find_error(inner) or _info(inner, inner)
    info.message = info.message or _text(inner)
    info.status = info.status or _status_of(body)
    info.body = body
    return info


def _first(value: Any) -> Any:
    """The message of the first of several errors; any other value as it is."""
    first = value[0] if isinstance(value, list) and value else value
    return first.get("message") or value if isinstance(first, dict) else first


def _text(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    except (ValueError, OverflowError, RecursionError):
        text = repr(value)[:EXCERPT]
    return text.encode("utf-8", "replace").decode()  # half an emoji cannot be printed


def _status_of(error: Mapping[str, Any]) -> int | None:
    for name in _STATUSES:
        found = re.match(_STATUS_FIRST, str(error.get(name)))
        if found:
            return int(found[1])
    for name in (*_CODES, *_TYPES, "status"):
        word = error.get(name)
        status = status_meant(word) if isinstance(word, str) else None
        if status is not None:
            return status
    # The gateway names failures between it and a vendor "channel:...", and answers them with 500.
    return 500 if str(error.get("code")).startswith("channel:") else None


def flat_error(body: Any) -> ErrorInfo:
    """The error of a body that is known to be one, whatever its form."""
    found = find_error(body)
    if found is not None:
        return found
    if isinstance(body, dict):
        return _flat_info(body)
    if isinstance(body, list) and body and isinstance(body[0], dict):
        return _flat_info(body[0])
    return ErrorInfo(message=_text(_excerpt(body)) if isinstance(body, str) else "", body=body)


def _excerpt(text: str) -> str:
    """The words of an HTML page or of plain text, on one line."""
    without_tags = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(without_tags.split())[:EXCERPT]


def retry_after_of(headers: Mapping[str, str], body: Any = None, *, now: float | None = None) -> float | None:
    """Seconds to wait, from ``Retry-After-Ms``, ``Retry-After`` (seconds or a date) or Google's RetryInfo.

    Seconds are digits, with or without a fraction. Values that make no sense (other forms of a number,
    negative ones, a date in the past) count as absent.
    """
    seconds = _number(headers.get("retry-after-ms"), 0.001)
    if not seconds:
        value = headers.get("retry-after")
        seconds = _number(value) if value is not None and not value[:1].isalpha() else _date(value, now)
    if seconds is None:
        seconds = _retry_info(body)
    return seconds if seconds is not None and seconds >= 0 else None


def _number(value: str | None, unit: float = 1.0) -> float | None:
    if value is None or not re.fullmatch(_SECONDS, value):
        return None
    seconds = float(value) * unit
    return seconds if seconds != float("inf") else None  # float("9" * 400) is inf


def _date(value: str | None, now: float | None) -> float | None:
    if not value:
        return None
    # Imported late: only dates need it, and the email package takes milliseconds to import.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now)
    except (ValueError, TypeError, OverflowError):
        return None


def _retry_info(body: Any) -> float | None:
    if isinstance(body, list):
        body = body[0] if body else None
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and str(detail.get("retryDelay", "")).endswith("s"):
            return _number(detail["retryDelay"][:-1])
    return None


def error_of(
    info: ErrorInfo,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    model: str = "",
    place: str = "",
    attempts: int = 1,
    partial: Any = None,
) -> errors.APIError:
    """The exception for *info*; *status* is that of the HTTP answer, None inside a stream.

    *model* is what was asked for, and *place* the address that was asked, without a query.
    """
    meant = status if status is not None and status >= 400 else info.status
    plain = {name.lower(): value for name, value in (headers or {}).items()}
    not_found = str(info.code).lower() == "model_not_found"
    cls = errors.NotFoundError if not_found else _class_of(meant)
    return cls(
        _sentence(cls, info, model, place),
        message=info.message or None,
        status=meant if meant is not None else status,
        code=info.code,
        type=info.type,
        param=info.param,
        request_id=request_id_of(plain, info.message),
        retry_after=retry_after_of(plain, info.body),
        attempts=attempts,
        partial=partial,
        body=info.body,
        headers=plain or None,
        retryable=_retryable(meant, info),
    )


def _class_of(status: int | None) -> type[errors.APIError]:
    if status is None:
        return errors.APIError
    known = _CLASSES.get(status)
    return known or (errors.ServerError if status >= 500 else errors.APIStatusError)


def _sentence(cls: type[errors.APIError], info: ErrorInfo, model: str, place: str) -> str:
    message = info.message
    if issubclass(cls, errors.PermissionDeniedError):
        sentence = "Error: Invalid or unauthorized API key (it has no right or no quota for this)"
    elif issubclass(cls, errors.AuthenticationError):
        sentence = "Error: Invalid or unauthorized API key; check api_key or GRAVITEX_API_KEY"
    elif issubclass(cls, errors.NotFoundError):
        sentence = _not_found(info, model[:EXCERPT], place[:EXCERPT])
    else:
        return f"API request failed: {message or 'the answer says no more'}"
    return f"{sentence}: {message}" if message else sentence


def _not_found(info: ErrorInfo, model: str, place: str) -> str:
    """What does not exist: the model if the body speaks of it, else the path; both if that cannot be told."""
    path = urlsplit(place).path
    unknown = f"Error: Model {model} does not exist or is not supported"
    if _names_model(info, model, path):
        return unknown if model else "Error: Model does not exist or is not supported"
    if not place:
        return unknown if model else "Error: Model or path does not exist or is not supported"
    if model and path not in info.message and find_error(info.body) is not None:
        return f"{unknown}, or base_url is wrong (asked was {place})"
    return f"Error: {place} does not exist or is not supported; check base_url"


def _names_model(info: ErrorInfo, model: str, path: str) -> bool:
    """Whether the body says that it is the model that does not exist."""
    if "model_not_found" in f"{info.code} {info.type}".lower() or info.param == "model":
        return True
    if path and path in info.message:  # before the model's name: Gemini's paths contain it
        return False
    if model and re.search(rf"(?<![\w-]){re.escape(model)}(?![\w-])", info.message):
        return True
    # An HTML page (kept as text) may contain "model" for any reason.
    return not isinstance(info.body, str) and re.search(r"\bmodel\b", info.message, re.IGNORECASE) is not None


def _retryable(status: int | None, info: ErrorInfo) -> bool:
    words = {str(info.code).lower(), str(info.type).lower()}
    return status in _RETRY_STATUS and not words & _NEVER_RETRY
