"""``client.models``: what the gateway serves (reference: chat.md section 12).

The gateway reports failures here with status 200: an unknown id as an error body, a failed list as
``{"success": false, "message": ...}``. Both are raised like any other error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from ._arguments import checked_model
from ._failures import error_of, find_error, parse_body
from ._resource import Resource
from .config import RetryPolicy, Timeout
from .errors import APIError, DecodeError
from .stream import decode_answer, fetch
from .transport import model_path

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
    """All models; iterable."""

    data: list[Model] = []
    object: str = "list"

    def __iter__(self) -> Iterator[Model]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


_list = msgspec.json.Decoder(ModelList)
_one = msgspec.json.Decoder(Model)


class Models(Resource, frozen=True):
    """``client.models``. Always asked with a Bearer key: another form would change the answer's format."""

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
            APIError: The gateway could not tell them, whatever its status said.
        """
        options = _options(extra_headers, extra_query, timeout, max_retries)
        body, response = await fetch(self.call(PATH, None, options, method="GET"))
        return decode_answer(body, _list, response.headers, response.content_type)

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
            MisuseError: The name is empty, or would leave its place in the path.
        """
        options = _options(extra_headers, extra_query, timeout, max_retries)
        path = f"{PATH}/{model_path(checked_model(model))}"
        call = self.call(path, None, options, method="GET", model=model)
        body, response = await fetch(call, partial(_not_found, model=model))
        found = decode_answer(body, _one, response.headers, response.content_type)
        if not found.id:
            raise DecodeError("expected a model, got an answer without id", body=parse_body(body))
        return found


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


def _not_found(body: bytes, headers: Mapping[str, str], *, model: str) -> APIError | None:
    """An error body that names no status of its own, or a bad request, means "no such model" here."""
    info = find_error(parse_body(body))
    if info is None:
        return None
    status = 404 if info.status in (None, 400, 404) else None
    return error_of(info, status=status, headers=headers, model=model)
