"""``client.models``: what the gateway serves.

The gateway reports failures here with status 200: an unknown id as an error body, a failed list as
``{"success": false, "message": ...}`` (see "Embeddings" in decoding/README.md). Both raise like other errors.

Gateways say more of a model than its standard fields: prices, limits, names. Each model of a list keeps what
was sent of it (``extra``, ``to_dict``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, KeysView, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from ._arguments import checked_model
from ._json import dumps
from ._resource import Resource
from .answers import Answer, keep_payload
from .config import RetryPolicy, Timeout
from .decoding import TolerantDecoder, error_of, find_flat, parse_body
from .errors import APIError
from .stream import AnswerForm, fetch
from .transport import model_path

if TYPE_CHECKING:
    from .transport import Response

__all__ = ["Model", "ModelList", "Models", "ModelsCall"]

PATH = "/v1/models"


class Model(Answer, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """One model. How it came (``headers``, ``attempts``, ...) is known of one that ``retrieve`` gave."""

    id: str = ""
    object: str = msgspec.field(default_factory=lambda: "model")  # written, though it is the default
    created: int | float | str | None = None
    owned_by: str | None = None
    supported_endpoint_types: list[str] | None = None
    """``openai``, ``anthropic``, ``gemini`` and the like; None where the gateway does not say."""


class ModelList(Answer, msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """All models of a key; iterable. ``dict(models)`` is the wire's form all the same, as of every answer."""

    data: list[Model] = []
    object: str = msgspec.field(default_factory=lambda: "list")

    def __iter__(self) -> Iterator[Model]:  # type: ignore[override]  # of a list one wants what it holds
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def keys(self) -> KeysView[str]:
        """The names of ``to_dict()``."""
        return self.to_dict().keys()

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]


class ModelsCall(Coroutine[Any, Any, ModelList]):
    """What ``models.list()`` gives: ``await`` it for the list, or iterate over its models with ``async for``.

    Sent at the first of these. It is a coroutine too, so that it can be made a task.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     print("gpt-4o-mini" in [model.id async for model in client.models.list()])
    True
    """

    __slots__ = ("_begin", "_begun")

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, ModelList]]) -> None:
        self._begin = begin
        self._begun: Coroutine[Any, Any, ModelList] | None = None

    def __await__(self) -> Generator[Any, Any, ModelList]:
        return self._begin().__await__()

    async def __aiter__(self) -> AsyncIterator[Model]:
        for model in await self:
            yield model

    def send(self, value: Any) -> object:
        """As of any coroutine: for who runs it as a task."""
        if self._begun is None:
            self._begun = self._begin()
        return self._begun.send(value)

    def throw(self, *error: Any) -> object:
        """As of any coroutine."""
        if self._begun is None:
            self._begun = self._begin()
        return self._begun.throw(*error)

    def close(self) -> None:
        """As of any coroutine."""
        if self._begun is not None:
            self._begun.close()


class _SentList(msgspec.Struct, gc=False):
    data: list[Any] | msgspec.UnsetType | None = msgspec.UNSET  # null where there are none, in some
    object: str = "list"


@cache
def _list_decoder() -> msgspec.json.Decoder[_SentList]:
    return msgspec.json.Decoder(_SentList)


@cache
def _decoder() -> msgspec.json.Decoder[Model]:
    return msgspec.json.Decoder(Model)


_list = AnswerForm("a list of models", _list_decoder, lambda sent: sent.data is not msgspec.UNSET)
_one = AnswerForm("a model", _decoder, lambda sent: sent.id != "" and sent.object != "error")


class Models(Resource, frozen=True):
    """``client.models``. The key is always sent as Bearer: Google's header would change the answer's form.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     names = [model.id for model in await client.models.list()]
    >>> "gpt-4o-mini" in names
    True
    """

    def list(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        max_retries: int | RetryPolicy | None = None,
    ) -> ModelsCall:
        """All models of this key: awaited, their list; with ``async for``, one after the other.

        Args:
            extra_headers: Headers of this call, over those of the client.
            extra_query: What is added to the URL's query.
            timeout: Seconds for the whole call, or a ``Timeout``.
            max_retries: Tries after the first one, or a ``RetryPolicy``.

        Raises:
            APIError: The gateway could not list them, whatever its status said.
        """
        options = _options(extra_headers, extra_query, timeout, max_retries)
        return ModelsCall(partial(fetch, self.call(PATH, None, options, method="GET"), _listed))

    async def retrieve(
        self,
        model: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        max_retries: int | RetryPolicy | None = None,
    ) -> Model:
        """One model.

        Args:
            model: Its id.
            extra_headers: Headers of this call, over those of the client.
            extra_query: What is added to the URL's query.
            timeout: Seconds for the whole call, or a ``Timeout``.
            max_retries: Tries after the first one, or a ``RetryPolicy``.

        Raises:
            NotFoundError: There is none of that name; the gateway says so with status 200.
            MisuseError: The name is empty, or would change the path.
        """
        options = _options(extra_headers, extra_query, timeout, max_retries)
        path = f"{PATH}/{model_path(checked_model(model))}"
        call = self.call(path, None, options, method="GET", model=model)
        return await fetch(call, partial(_found, model=model))


def _options(
    extra_headers: Mapping[str, str] | None,
    extra_query: Mapping[str, str] | None,
    timeout: Timeout | float | None,
    max_retries: int | RetryPolicy | None,
) -> Mapping[str, Any]:
    return {
        "extra_headers": extra_headers,
        "extra_query": extra_query,
        "timeout": timeout,
        "max_retries": max_retries,
    }


def _listed(body: bytes, response: Response) -> ModelList | APIError:
    sent = _list.read(body, response)
    if isinstance(sent, APIError):
        return sent
    models = ModelList(data=[_model(entry) for entry in sent.data or ()], object=sent.object)
    keep_payload(models, body)
    return models


def _model(entry: Any) -> Model:
    payload = dumps(entry)  # before the decoder repairs what it holds
    model = TolerantDecoder(Model).convert(entry)
    keep_payload(model, payload)
    return model


def _found(body: bytes, response: Response, *, model: str) -> Model | APIError:
    """The model; an error body without a status of its own, or with 400, means here that there is none."""
    found = _one.read(body, response)
    info = find_flat(parse_body(body)) if isinstance(found, APIError) else None
    if info is None:
        return found
    status = 404 if info.status in (None, 400, 404) else None
    return error_of(info, status=status, headers=response.headers, model=model)
