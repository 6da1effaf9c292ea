"""The whole answer of an endpoint that this package does not know."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from .._headers import request_id_of
from .._json import dumps, loads_tolerant, to_builtins, whole
from ..answers import Answer, keep_payload, origin_of
from ..decoding import error_of, parse_body
from ..errors import APIError, APIStatusError, DecodeError, MisuseError
from ..stream import fetch
from ..usage import Usage
from ._form import Form, usage_in

if TYPE_CHECKING:
    from ..transport import Call, Response

__all__ = ["PlainAnswer", "fetch_plain"]

T = TypeVar("T")

# Statuses that have no body by definition. Any other endpoint owes one, so elsewhere they are failures.
_NO_CONTENT: Final = (204, 205)


class PlainAnswer(Answer, msgspec.Struct, Generic[T]):
    """What ``client.post`` and ``client.get`` give: the value, and how it came.

    ``to_dict``, ``to_json`` and ``dict(answer)`` are the body as it was sent; ``raw`` has its bytes.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     answer = await client.post("/v1/embeddings", {"model": "text-embedding-004", "input": "a cat"})
    >>> answer.data["object"], answer.usage.source, answer.attempts
    ('list', 'server', 1)
    """

    data: T
    """Plain values, or a value of the ``type`` that was asked for; None where the gateway sent no content."""

    @property
    def usage(self) -> Usage:
        """What it cost, where the body says so in one of the usual ways; else ``source == "none"``."""
        raw = self.raw or b""
        return usage_in(parse_body(raw)) if b'"usage"' in raw else Usage()

    @property
    def extra(self) -> dict[str, Any]:
        """Nothing: no field of an unknown endpoint is known."""
        return {}

    def to_json(self) -> str:
        """The body as JSON text, whatever kind of JSON it is."""
        return dumps(self._tree()).decode()

    def _wire(self) -> dict[str, Any]:
        tree = self._tree()
        if isinstance(tree, dict):
            return tree
        raise MisuseError(f"expected the answer to be a JSON object, got {type(tree).__name__}; read data")

    def _tree(self) -> Any:
        if self.raw is None:
            return to_builtins(self.data)
        try:
            return whole(loads_tolerant(self.raw))
        except (ValueError, RecursionError):
            raise MisuseError("the answer is no JSON; read data or raw") from None


async def fetch_plain(call: Call, form: Form[T]) -> PlainAnswer[T]:
    """The answer; its value is None (or b"") where the gateway had nothing to say.

    Raises:
        APIError: After all tries.
    """
    try:
        return await fetch(call, partial(_read, form=form))
    except APIStatusError as error:
        if error.status not in _NO_CONTENT:
            raise
        nothing: Any = b"" if form.binary else None
        answer = PlainAnswer(nothing)
        origin = origin_of(answer)
        origin.body, origin.headers, origin.attempts = b"", error.headers or {}, error.attempts
    return answer


def _read(body: bytes, response: Response, form: Form[T]) -> PlainAnswer[T] | APIError:
    """The answer, or the error in its place; an answer beside an error is the error's partial."""
    if form.binary and body.lstrip()[:1] != b"{":
        return _answer(form.read(body), body)
    answer = failure = None
    try:
        answer = _answer(form.read(body), body)
    except DecodeError as error:
        failure = error
    info = form.error_in(parse_body(body), readable=answer is not None)
    if info is not None:
        return error_of(info, headers=response.headers, partial=answer)
    if answer is None:
        assert failure is not None
        return DecodeError(
            f"{failure.args[0]}; check the path and base_url",
            body=failure.body,
            request_id=request_id_of(response.headers),
        )
    return answer


def _answer(value: T, body: bytes) -> PlainAnswer[T]:
    answer = PlainAnswer(value)
    keep_payload(answer, body)
    return answer
