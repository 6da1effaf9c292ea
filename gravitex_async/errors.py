"""Every exception of this package, in one tree.

* GravitexError
  x APIError                      something went wrong while talking to the gateway
    + APIConnectionError          no answer, or not a whole one
      - APITimeoutError           one of the seven clocks ran out: ``.clock``, ``.limit``, ``.readings``
      - PoolTimeoutError          no turn, or no free connection, in time
      - StreamInterrupted         the answer broke off: ``.partial`` is what had arrived
    + APIStatusError              the gateway said no: ``.status``, ``.code``, ``.type``, ``.param``
      - BadRequestError 400, AuthenticationError 401 (> PermissionDeniedError 403), NotFoundError 404,
        ConflictError 409, UnprocessableEntityError 422, RateLimitError 429, ServerError 5xx
    + DecodeError                 the gateway said something that cannot be read
      - EventTooLargeError        one event is larger than the limit
      - OutputError               structured output that is no value of the type asked for
        (RefusalError, TruncatedOutputError, InvalidOutputError)
  x ToolRoundsError               the model still called tools in the last round allowed
  x MisuseError                   the caller made a mistake, and nothing was sent

Gravitex documents four of these names (AuthenticationError, NotFoundError, APIConnectionError, APIError) and
what each stands for. Code written for those keeps working: 403 is therefore a kind of AuthenticationError.

No error holds a key, a request header or an object of the HTTP library; all of them pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._lines import one_line
from .usage import Usage

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "DecodeError",
    "EventTooLargeError",
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
]


def _restore(cls: type[GravitexError], args: tuple[object, ...], state: dict[str, Any]) -> GravitexError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class GravitexError(Exception):
    """The base of all: ``except GravitexError`` catches everything that this package raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls cls(*args), which fails for keyword-only arguments. Worker processes send errors
        # to each other, and a stream raises a copy of its failure to each reader.
        return _restore, (type(self), self.args, self.__dict__.copy())


class MisuseError(GravitexError, RuntimeError):
    """The caller made a mistake: a bad argument, two readers on one stream, a closed client."""


class ToolRoundsError(GravitexError):
    """The model still called tools in the last round that a run was allowed.

    Attributes:
        messages: The conversation in the dialect's form, up to the last results that were sent; it can go
            into another request.
        partial: The answer of the last round, whose calls did not run.
        usage: The usage of all rounds.
    """

    messages: list[Any]
    partial: Any
    usage: Usage

    def __init__(self, sentence: str, /, *, messages: list[Any], partial: Any, usage: Usage) -> None:
        super().__init__(sentence)
        self.messages = messages
        self.partial = partial
        self.usage = usage


class APIError(GravitexError):
    """Something went wrong while talking to the gateway.

    What other clients keep in ``error.response`` stands here itself: ``status``, ``headers``, ``body``.

    >>> from gravitex_async import APIStatusError, AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     try:
    ...         await client.models.retrieve("unknown-model")
    ...     except APIStatusError as error:
    ...         print(type(error).__name__, error.status, error.code, error.retryable)
    NotFoundError 404 model_not_found False

    Attributes:
        message: What went wrong, in the gateway's words where it sent any.
        status: The HTTP status, or None when there was no answer.
        code: The error code of the body, as sent; None when it has none.
        type: The error type of the body (for Google's form: its status name).
        param: The parameter the gateway complains of.
        request_id: The gateway's id of the request; quote it when asking for help.
        retry_after: Seconds the gateway asked to wait, or None.
        attempts: How many tries were made, this one included.
        partial: What had arrived, an answer of the dialect with all its words (``content``, ...); None when
            nothing had.
        body: The error body as parsed JSON, or its first text; None when it was empty.
        headers: The answer's headers, names in lower case.
    """

    message: str
    status: int | None = None
    code: str | int | None = None
    type: str | None = None
    param: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    attempts: int = 1
    partial: Any = None
    body: Any = None
    headers: Mapping[str, str] | None = None
    retryable: bool = False
    """Whether the same request may succeed later. Decided by status and code: see "Retries and rate limits"
    in decoding/README.md."""

    def __init__(self, sentence: str, /, **details: Any) -> None:
        super().__init__(sentence)
        self.message = sentence
        # Absent details keep the defaults of the class: a timeout is retryable without saying so.
        self.__dict__.update({name: value for name, value in details.items() if value is not None})

    def __str__(self) -> str:
        shown = {
            "status": self.status,
            "code": self.code,
            "request": self.request_id,
            "attempts": self.attempts if self.attempts > 1 else None,
        }
        details = ", ".join(f"{name} {value}" for name, value in shown.items() if value not in (None, ""))
        return one_line(f"{self.args[0]} ({details})" if details else str(self.args[0]))

    @property
    def status_code(self) -> int | None:
        """``status`` under the name users of openai-python know."""
        return self.status


class APIConnectionError(APIError):
    """There was no answer, or not a whole one: name lookup, refusal, reset, a break in the body.

    One from a proxy that refused has the ``status`` that the proxy gave.
    """

    retryable = True


class APITimeoutError(APIConnectionError):
    """One of the clocks of ``Timeout`` ran out.

    Attributes:
        clock: Which one: pool, connect, headers, first_content, idle, content_idle or deadline.
        limit: Its value in seconds.
        readings: What each running clock showed at that moment, in seconds.
    """

    clock: str = ""
    limit: float = 0.0
    readings: Mapping[str, float] = {}


class PoolTimeoutError(APIConnectionError):
    """No turn under ``RateLimits``, or no free connection, for as long as ``Timeout.pool`` allows."""

    limit: float = 0.0


class StreamInterrupted(APIConnectionError):
    """The answer broke off: its body ended before the closing event, or not cleanly behind a bare ``[DONE]``.

    ``partial`` is what had arrived, an answer like any other; None when nothing had.

    >>> from gravitex_async import AsyncGravitex, StreamInterrupted
    >>> from gravitex_async.testing import LocalGateway
    >>> async with LocalGateway() as gateway:
    ...     gateway.fault("truncate", after_events=6)
    ...     async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
    ...         try:
    ...             answer = await client.responses.stream(model="gpt-5.2", input="one two").final()
    ...         except StreamInterrupted as error:
    ...             print(error.partial.content)
    You said:
    """


class APIStatusError(APIError):
    """The gateway refused or failed: a status of 400 or more, or an error inside a stream."""


class BadRequestError(APIStatusError):
    """400: the request is malformed or asks for something the model does not have."""


class AuthenticationError(APIStatusError):
    """401: the key is missing or wrong. 403 (``PermissionDeniedError``) is a subclass."""


class PermissionDeniedError(AuthenticationError):
    """403: the key is known, and has no right or no quota for this."""


class NotFoundError(APIStatusError):
    """404, or another status with the code ``model_not_found``."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another one."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well formed, and the server cannot act on it."""


class RateLimitError(APIStatusError):
    """429: too many requests or tokens. ``retry_after`` is the wait that the gateway asked for, if any."""


class ServerError(APIStatusError):
    """5xx: the gateway or the model behind it failed."""


class DecodeError(APIError):
    """The gateway sent something that cannot be read; ``body`` holds its first bytes."""


class EventTooLargeError(DecodeError):
    """One event is larger than ``max_event_bytes``, a setting of the client and of the parser."""


class OutputError(DecodeError):
    """Structured output that is no value of the type asked for; ``text`` is what the model said."""

    text: str = ""


class RefusalError(OutputError):
    """The model refused to answer; ``text`` is its refusal."""


class TruncatedOutputError(OutputError):
    """The answer was cut (length or filter) before its JSON was whole; ``text`` is what there is."""


class InvalidOutputError(OutputError):
    """The answer is whole, and no value of the type asked for."""
