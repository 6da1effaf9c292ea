"""AsyncGravitex: settings, a transport and the dialects.

Making a client opens nothing and imports no HTTP library; the first request does, in a thread. A dialect is
loaded when it is first named (``client.chat``), which takes some ten milliseconds, once in a process, of
whoever names it. Most programs speak one dialect. A server that makes its client at startup names it there
too, and no request pays for it: ``completions = client.chat.completions``.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypedDict, TypeVar, overload

import msgspec

from ._arguments import CallParams, shows, unexpected
from ._checks import check_kind, check_session, check_ssl, expected, is_number, kind_of, shown
from ._json import is_absent
from .config import Limits, RateLimits, RetryPolicy, Timeout
from .sse import MAX_EVENT_BYTES
from .transport import (
    APIKey,
    Auth,
    BaseURL,
    Pool,
    Transport,
    checked_headers,
    checked_key,
    checked_query,
)

if TYPE_CHECKING:
    import ssl as ssl_module

    from aiohttp import ClientSession
    from typing_extensions import Unpack

    from .chat import Chat
    from .embeddings import Embeddings
    from .endpoints import Endpoints, EventStream, PlainAnswer
    from .gemini import Gemini
    from .models import Models
    from .responses import Responses
    from .sse import SSEEvent

__all__ = ["DEFAULT_BASE_URL", "AsyncGravitex"]

DEFAULT_BASE_URL = "https://api.gravitex.ai"

SelfT = TypeVar("SelfT", bound="AsyncGravitex")
T = TypeVar("T")

_SETTINGS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "limits": Limits,
    "rate_limits": RateLimits,
    "max_retries": RetryPolicy,
}
_POOL_SETTINGS = frozenset({"limits", "rate_limits", "session", "ssl", "trust_env"})


class Overrides(TypedDict, total=False):
    """What ``with_options`` takes: the settings of a client that do not belong to its pool.

    Args:
        api_key: The key, or an async function that gives it.
        base_url: An origin, with or without ``/v1``, an endpoint or a query.
        timeout: A ``Timeout``, or seconds: the deadline of plain calls, and every other clock of streams.
        max_retries: Tries after the first one, or a ``RetryPolicy``.
        max_event_bytes: The largest single event of a stream.
        auth: "bearer", or Google's "x-goog-api-key" or "query".
        default_headers: Sent with every request.
        default_query: Added to the query of every request.
    """

    api_key: APIKey | None
    base_url: str | None
    timeout: Timeout | float | None
    max_retries: int | RetryPolicy
    max_event_bytes: int
    auth: Auth
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, str] | None


class AsyncGravitex:
    """A client of the Gravitex gateway. Cheap to make, safe to share between tasks, threads and loops.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     messages = [{"role": "user", "content": "Why is the sky blue?"}]
    ...     async with client.chat.completions.stream(model="gpt-4o-mini", messages=messages) as stream:
    ...         async for text in stream.text():
    ...             print(text, end="")
    You said: Why is the sky blue?

    Args:
        api_key: The key, or an async function that gives it and is asked again for every try; default:
            the environment variable GRAVITEX_API_KEY.
        base_url: An origin, with or without ``/v1``, an endpoint or a query; default: GRAVITEX_BASE_URL,
            else https://api.gravitex.ai.
        timeout: A ``Timeout``, or seconds: the deadline of plain calls, and every other clock of streams.
        max_retries: Tries after the first one, or a ``RetryPolicy``.
        limits: The size of the pool.
        rate_limits: Limits the client keeps by itself; default: none.
        max_event_bytes: The largest single event of a stream; a larger one is an ``EventTooLargeError``.
        auth: "bearer", or Google's "x-goog-api-key" or "query"; the last two on the Gemini paths only.
        default_headers: Sent with every request.
        default_query: Added to the query of every request.
        session: An ``aiohttp.ClientSession`` of your own, used as it is and never closed here.
        ssl: An ``ssl.SSLContext``, or False to accept any certificate.
        trust_env: Whether proxy variables of the environment count.

    Raises:
        MisuseError: No key, or an invalid setting; the message says what is expected.
        TypeError: An unknown setting.
    """

    def __init__(
        self,
        *,
        api_key: APIKey | None = None,
        base_url: str | None = None,
        timeout: Timeout | float | None = None,
        max_retries: int | RetryPolicy = 2,
        limits: Limits | None = None,
        rate_limits: RateLimits | None = None,
        max_event_bytes: int = MAX_EVENT_BYTES,
        auth: Auth = "bearer",
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, str] | None = None,
        session: ClientSession | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        trust_env: bool = True,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            known = AsyncGravitex.__init__.__kwdefaults__ or {}
            raise _unexpected(type(self).__name__, unknown, known)
        check_kind("limits", limits, Limits, _limits_advice(limits))
        check_kind("rate_limits", rate_limits, RateLimits, _rate_limits_advice(rate_limits))
        check_session(session)
        check_ssl(ssl)
        if not isinstance(trust_env, bool):
            raise expected("trust_env", "True or False", shown(trust_env))
        pool = Pool(
            limits or Limits(), rate_limits=rate_limits, ssl=ssl, trust_env=trust_env, session=session
        )
        self._set(
            pool,
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_event_bytes=max_event_bytes,
            auth=auth,
            default_headers=default_headers,
            default_query=default_query,
        )

    def _set(self, pool: Pool, **given: Any) -> None:
        defaults = AsyncGravitex.__init__.__kwdefaults__ or {}
        settings = {name: defaults[name] if is_absent(value) else value for name, value in given.items()}
        self._settings = settings
        # Kept as given, for a number means one thing to streams and another to plain calls; checked here.
        self._timeout: Timeout | float | None = settings["timeout"]
        Timeout.of(self._timeout)
        self._retry = RetryPolicy.of(settings["max_retries"])
        self._max_event_bytes: int = settings["max_event_bytes"]
        if not is_number(self._max_event_bytes, whole=True):
            raise expected("max_event_bytes", "a whole number from 1", shown(self._max_event_bytes))
        if settings["auth"] not in ("bearer", "x-goog-api-key", "query"):
            raise expected("auth", "'bearer', 'x-goog-api-key' or 'query'", shown(settings["auth"]))
        # Ours alone: another vendor's key in the environment must never be sent here.
        api_key = settings["api_key"]
        if api_key is None:
            api_key = os.environ.get("GRAVITEX_API_KEY", "")
        self._transport = Transport(
            pool=pool,
            base=_base(settings["base_url"]),
            api_key=api_key if callable(api_key) else checked_key(api_key),
            auth=settings["auth"],
            headers=checked_headers("default_headers", settings["default_headers"]),
            query=checked_query("default_query", settings["default_query"]),
        )

    def __repr__(self) -> str:
        return f"<AsyncGravitex {self._transport.host} {self.pool!r}>"

    @property
    def pool(self) -> Pool:
        """The connections; ``pool.statistics()`` tells how many are leased, idle, waited for."""
        return self._transport.pool

    @property
    def _shared(self) -> tuple[Transport, Timeout | float | None, RetryPolicy, int]:
        """What every resource is made of."""
        return self._transport, self._timeout, self._retry, self._max_event_bytes

    @property
    def chat(self) -> Chat:
        """``chat.completions``: POST /v1/chat/completions."""
        from .chat import Chat

        return Chat(*self._shared)

    @property
    def responses(self) -> Responses:
        """``responses.create`` and its kin: POST /v1/responses."""
        from .responses import Responses

        return Responses(*self._shared)

    @property
    def gemini(self) -> Gemini:
        """Gemini's own format: POST /v1beta/models/{model}:generateContent and its kin."""
        from .gemini import Gemini

        return Gemini(*self._shared)

    @property
    def embeddings(self) -> Embeddings:
        """``embeddings.create``: POST /v1/embeddings."""
        from .embeddings import Embeddings

        return Embeddings(*self._shared)

    @property
    def models(self) -> Models:
        """``models.list`` and ``models.retrieve``: GET /v1/models."""
        from .models import Models

        return Models(*self._shared)

    @overload
    def post(
        self, path: str, body: object = None, *, type: None = None, **options: Unpack[CallParams]
    ) -> Coroutine[Any, Any, PlainAnswer[Any]]: ...
    @overload
    def post(
        self, path: str, body: object = None, *, type: type[T], **options: Unpack[CallParams]
    ) -> Coroutine[Any, Any, PlainAnswer[T]]: ...
    @shows(CallParams)
    def post(
        self,
        path: str,
        body: object = None,
        *,
        type: type[Any] | None = None,
        **options: Unpack[CallParams],
    ) -> Coroutine[Any, Any, PlainAnswer[Any]]:
        """The answer of any endpoint, under the clocks, retries, limits and errors of every call.

        >>> from gravitex_async import AsyncGravitex
        >>> async with AsyncGravitex() as client:
        ...     body = {"model": "text-embedding-004", "input": "a cat"}
        ...     answer = await client.post("/v1/embeddings", body)
        >>> len(answer.data["data"]), answer.request_id is not None
        (1, True)

        Args:
            path: As the gateway has it, its version included: ``/v1/rerank``. A query in it is kept.
            body: Something JSON-like, sent as it is; None sends none.
            type: What the answer is decoded into: a struct, dataclass, TypedDict, pydantic model, list or
                union; ``bytes`` for one that is no JSON, as a sound. Without it: plain values.

        Raises:
            MisuseError: A path that does not stay below ``base_url``, or a body that is no JSON.
            APIConnectionError, APIStatusError: An error under a good status too.
            DecodeError: The answer is no value of the type, or no JSON.
        """
        return self._endpoints("post", options).answer("POST", path, body, type, options)

    @overload
    def get(
        self, path: str, *, type: None = None, **options: Unpack[CallParams]
    ) -> Coroutine[Any, Any, PlainAnswer[Any]]: ...
    @overload
    def get(
        self, path: str, *, type: type[T], **options: Unpack[CallParams]
    ) -> Coroutine[Any, Any, PlainAnswer[T]]: ...
    @shows(CallParams)
    def get(
        self, path: str, *, type: type[Any] | None = None, **options: Unpack[CallParams]
    ) -> Coroutine[Any, Any, PlainAnswer[Any]]:
        """The same as ``post`` for what is read with GET.

        Args:
            path: As of ``post``.
            type: As of ``post``.
        """
        return self._endpoints("get", options).answer("GET", path, None, type, options)

    @overload
    def stream_events(
        self, path: str, body: object = None, *, type: None = None, **options: Unpack[CallParams]
    ) -> EventStream[SSEEvent]: ...
    @overload
    def stream_events(
        self, path: str, body: object = None, *, type: type[T], **options: Unpack[CallParams]
    ) -> EventStream[T]: ...
    @shows(CallParams)
    def stream_events(
        self,
        path: str,
        body: object = None,
        *,
        type: type[Any] | None = None,
        **options: Unpack[CallParams],
    ) -> EventStream[Any]:
        """The events of any endpoint as they come: a POST, or a GET where there is no body.

        Awaited, entered or iterated; sent at the first of these. Nothing is added to the body: most want
        ``"stream": True`` in it. The stream ends at ``[DONE]`` or at the end of its body; one that is
        cut off raises.

        Args:
            path: As of ``post``.
            body: As of ``post``; None makes it a GET.
            type: What the data of each event is decoded into. Without it: ``SSEEvent`` (event, data, id).
        """
        return self._endpoints("stream_events", options).events(path, body, type, options)

    def _endpoints(self, call: str, options: Mapping[str, object]) -> Endpoints:
        from .endpoints import Endpoints

        unknown = sorted(options.keys() - CallParams.__annotations__.keys())
        if unknown:
            raise unexpected(call, unknown, [*CallParams.__annotations__, "type"])
        return Endpoints(*self._shared)

    @property
    def base_url(self) -> str:
        """Where requests go, without the version and without a query: paths begin with ``/v1`` here."""
        return self._transport.place

    @property
    def timeout(self) -> Timeout | float:
        """The limits of a call that names none: the number that was given, else all of the clocks."""
        return Timeout() if self._timeout is None else self._timeout

    @property
    def max_retries(self) -> int | RetryPolicy:
        """The retries of a call that names none, as they were given."""
        retries: int | RetryPolicy = self._settings["max_retries"]
        return retries

    @shows(Overrides)
    def with_options(self: SelfT, **overrides: Unpack[Overrides]) -> SelfT:
        """A client with other settings over the same pool; as cheap as a dict. Closing it closes the pool.

        >>> from gravitex_async import AsyncGravitex
        >>> client = AsyncGravitex()
        >>> patient = client.with_options(timeout=600, max_retries=5)
        >>> patient.pool is client.pool
        True

        Raises:
            MisuseError: An invalid setting.
            TypeError: An unknown setting, or one that belongs to the pool.
        """
        fixed = sorted(_POOL_SETTINGS & overrides.keys())
        if fixed:
            raise TypeError(f"{fixed[0]} belongs to the pool and is set when the client is made")
        unknown = sorted(overrides.keys() - self._settings.keys())
        if unknown:
            raise _unexpected("with_options", unknown, self._settings)
        # Not by the constructor, which would make a pool.
        view = type(self).__new__(type(self))
        changed = {name: value for name, value in overrides.items() if not is_absent(value)}
        view._set(self.pool, **{**self._settings, **changed})
        return view

    copy = with_options
    """The same, under the name that users of openai-python know; ``client.copy()`` changes nothing."""

    async def close(self) -> None:
        """Closes the pool; streams being read get an APIConnectionError. Idempotent."""
        await self.pool.close()

    async def __aenter__(self: SelfT) -> SelfT:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _base(given: object) -> BaseURL:
    if given is not None and not isinstance(given, str):
        advice = "write base_url=str(...)" if hasattr(given, "host") else ""
        raise expected("base_url", "a string like 'https://api.gravitex.ai'", kind_of(given), advice)
    return BaseURL.parse(given or os.environ.get("GRAVITEX_BASE_URL") or DEFAULT_BASE_URL)


def _unexpected(call: str, unknown: Iterable[str], known: Collection[str]) -> TypeError:
    """The error for unknown settings; for one that is a field of a setting it shows where that goes."""
    first = min(unknown)
    for setting, kind in _SETTINGS.items():
        if setting in known and first in kind.__struct_fields__:
            place = f"{setting}={kind.__name__}({first}=...)"
            return TypeError(f"{call}() got an unexpected keyword argument {first!r}; write {place}")
    return unexpected(call, sorted(unknown), known)


def _limits_advice(limits: object) -> str:
    if isinstance(limits, type):
        return "write Limits(max_connections=...)"
    if is_number(limits, whole=True):
        return f"write Limits(max_connections={limits})"
    size, kept = getattr(limits, "max_connections", None), getattr(limits, "keepalive_expiry", None)
    return f"write gravitex_async.Limits(max_connections={size}, keepalive={kept})" if size or kept else ""


def _rate_limits_advice(limits: object) -> str:
    name = "requests_per_minute" if is_number(limits) else "max_concurrency"
    return f"write RateLimits({name}={limits!r})" if is_number(limits) or limits == "adaptive" else ""
