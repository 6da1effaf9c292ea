"""``client.models``: what the gateway serves.

The gateway reports failures here with status 200: an unknown id as an error body, a failed list as
``{"success": false, "message": ...}`` (see "Embeddings" in decoding/README.md). Both raise like other errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from ._arguments import checked_model
from ._resource import Resource
from .config import RetryPolicy, Timeout
from .decoding import error_of, find_flat, parse_body
from .errors import APIError
from .stream import AnswerForm, fetch
from .transport import model_path

if TYPE_CHECKING:
    from .transport import Response

__all__ = ["Model", "ModelList", "Models"]

PATH = "/v1/models"


class Model(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """One model."""

    id: str = ""
    object: str = "model"
    created: int | float | str | None = None
    owned_by: str | None = None
    supported_endpoint_types: list[str] | None = None
    """``openai``, ``anthropic``, ``gemini`` and the like; None where the gateway does not say."""


class ModelList(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """All models of a key; iterable."""

    data: list[Model] = []
    object: str = "list"

    def __iter__(self) -> Iterator[Model]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class _SentList(msgspec.Struct, gc=False):
    data: list[Model] | msgspec.UnsetType | None = msgspec.UNSET  # null where there are none, in some
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

    async def list(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        max_retries: int | RetryPolicy | None = None,
    ) -> ModelList:
        """All models of this key.

        Raises:
            APIError: The gateway could not list them, whatever its status said.
        """
        options = _options(extra_headers, extra_query, timeout, max_retries)
        sent = await fetch(self.call(PATH, None, options, method="GET"), _list.read)
        return ModelList(data=sent.data or [], object=sent.object)

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


def _found(body: bytes, response: Response, *, model: str) -> Model | APIError:
    """The model; an error body without a status of its own, or with 400, means here that there is none."""
    found = _one.read(body, response)
    info = find_flat(parse_body(body)) if isinstance(found, APIError) else None
    if info is None:
        return found
    status = 404 if info.status in (None, 400, 404) else None
    return error_of(info, status=status, headers=response.headers, model=model)
