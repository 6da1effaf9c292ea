"""The gateway's refusals: their bodies, and the exception that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gravitex_async._json import dumps

from ._reply import JSON, Reply, Step

_STATUS_NAMES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}

# The message and the code of a status; of any other, that the server failed.
_SAID: Mapping[int, tuple[str, str]] = {
    400: ("Invalid request", "invalid_request"),
    401: ("Invalid or unauthorized API key", ""),
    402: ("Insufficient balance", "insufficient_user_quota"),
    403: ("This API key may not use this model", "access_denied"),
    404: ("The model does not exist or is not supported", "model_not_found"),
    413: ("The request body is too large", "read_request_body_failed"),
    429: ("Too many requests", "rate_limit_exceeded"),
    501: ("This endpoint is not implemented", "api_not_implemented"),
}


def said(status: int) -> tuple[str, str]:
    """The message and the code that go with *status*."""
    return _SAID.get(status, ("The server had an error", "server_error"))


@dataclass
class Refused(Exception):
    """The request is answered with an error body and this status."""

    status: int
    message: str
    code: str | int | None = "invalid_request"
    type: str = "api_error"
    param: str | None = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def reply(self, request_id: str, google: bool = False) -> Reply:
        """The answer: ``body`` as it is, or the error, in Google's shape when *google* says so."""
        body = dumps(self._error(request_id, google)) if self.body is None else self.body
        return Reply([Step(body, 1)], self.status, {"Content-Type": JSON, **self.headers})

    def _error(self, request_id: str, google: bool) -> dict[str, object]:
        if google:
            return google_error_body(self.message, self.status, _STATUS_NAMES.get(self.status, "UNKNOWN"))
        return error_body(f"{self.message} (request id: {request_id})", self.code, self.type, self.param)


def error_body(
    message: str, code: str | int | None, type: str = "api_error", param: str | None = ""
) -> dict[str, object]:
    """OpenAI's form, which the gateway uses on every path."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def google_error_body(message: str, code: int, status: str) -> dict[str, object]:
    """Google's form, which Gravitex documents for the Gemini paths."""
    return {"error": {"code": code, "message": message, "status": status}}


def unknown_model(model: str) -> Refused:
    """404, in the words that Gravitex documents."""
    return Refused(404, f"Model {model} does not exist or is not supported", "model_not_found")


def missing(message: str) -> Refused:
    """400: a required field is not there."""
    return Refused(400, message)
