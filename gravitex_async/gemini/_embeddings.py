"""Vectors: the two embedding methods of Gemini; see "Embeddings" in decoding/README.md.

Google takes at most 100 requests in one batch; longer lists are split, a few batches are under way at a time,
and the vectors come in the order of the requests.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .._arguments import (
    BodyParams,
    given_only,
    known_only,
    merged,
)
from .._checks import expected, kind_of
from .._jsonable import Jsonable
from ..answers import Answer, tell_origin
from ..errors import DecodeError
from ..stream import AnswerForm, fetch
from ..usage import Usage
from ._contents import content_of
from ._metadata import UsageMetadata
from ._params import EmbedParams
from ._wire import outgoing, plain, shape_of

if TYPE_CHECKING:
    import numpy

    from ..transport import Call
    from ._inputs import SomeContent

__all__ = [
    "MAX_BATCH",
    "BatchEmbedContentsResponse",
    "ContentEmbedding",
    "EmbedContentResponse",
    "batch_bodies",
    "embed_body",
    "fetch_batches",
    "fetch_embedding",
]

MAX_BATCH: Final = 100

# Batches under way at once: enough to hide the way there and back, few enough not to meet a rate limit.
PARALLEL: Final = 4

_OPTIONS = frozenset(BodyParams.__annotations__) | {"model_in_body"}


class ContentEmbedding(Jsonable, msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """One vector."""

    values: list[float] = []
    shape: list[int] | None = None

    def numpy(self) -> numpy.ndarray[Any, Any]:
        """The vector as an array of float32; needs numpy."""
        import numpy as np

        return np.asarray(self.values, dtype=np.float32)


class EmbedContentResponse(Answer, msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """The answer of ``embedContent``."""

    embedding: ContentEmbedding = msgspec.field(default_factory=ContentEmbedding)
    usage_metadata: UsageMetadata | None = None

    @property
    def usage(self) -> UsageMetadata:
        """The counts, in the words of ``Usage`` too; an empty one where none were sent."""
        return self.usage_metadata or UsageMetadata()


class BatchEmbedContentsResponse(Answer, msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """The answer of ``batchEmbedContents``, of all batches together; in the order of the requests.

    Of several batches ``headers``, ``request_id``, ``rate_limit``, ``attempts`` and ``timings`` are those of
    the one that came last, ``raw`` is None, and ``to_dict()`` is one answer with all vectors.
    """

    embeddings: list[ContentEmbedding] = []
    usage_metadata: UsageMetadata | None = None
    """The counts of several batches are added up."""

    @property
    def usage(self) -> UsageMetadata:
        """The counts, in the words of ``Usage`` too; an empty one where none were sent."""
        return self.usage_metadata or UsageMetadata()

    @property
    def vectors(self) -> list[list[float]]:
        """The bare vectors."""
        return [embedding.values for embedding in self.embeddings]

    def numpy(self) -> numpy.ndarray[Any, Any]:
        """All vectors as the rows of an array of float32; needs numpy."""
        import numpy as np

        return np.asarray(self.vectors, dtype=np.float32)


class _Request(msgspec.Struct, rename="camel"):
    """The table of an embedding request's names."""

    model: str
    content: Any
    task_type: str
    title: str
    output_dimensionality: int


@functools.cache
def _decoder() -> msgspec.json.Decoder[EmbedContentResponse]:
    return msgspec.json.Decoder(EmbedContentResponse, strict=False)


@functools.cache
def _batch_decoder() -> msgspec.json.Decoder[BatchEmbedContentsResponse]:
    return msgspec.json.Decoder(BatchEmbedContentsResponse, strict=False)


_one = AnswerForm("a vector", _decoder, lambda answer: bool(answer.embedding.values))
_many = AnswerForm("vectors", _batch_decoder, lambda answer: bool(answer.embeddings))


def embed_body(call: str, model: str, content: SomeContent, params: EmbedParams) -> dict[str, Any]:
    """The body of ``embedContent``, or one request of a batch."""
    known_only(call, params, EmbedParams.__annotations__)
    params = given_only(params)
    body: dict[str, Any] = {"model": model} if params.get("model_in_body") else {}
    body["content"] = content_of(content)
    given = {name: value for name, value in params.items() if name not in _OPTIONS}
    return {**body, **outgoing(given, shape_of(_Request))}


def batch_bodies(call: str, model: str, requests: Sequence[Any], params: EmbedParams) -> list[dict[str, Any]]:
    """The bodies of as many batches as *requests* need.

    Raises:
        MisuseError: There are none.
    """
    if isinstance(requests, (str, bytes, Mapping)) or not isinstance(requests, Sequence) or not requests:
        raise expected("requests", "a non-empty list of texts", kind_of(requests))
    items = [_batched(call, model, request, params) for request in requests]
    bodies = [{"requests": items[start : start + MAX_BATCH]} for start in range(0, len(items), MAX_BATCH)]
    return [merged(body, params.get("extra_body")) for body in bodies]


def _batched(call: str, model: str, request: Any, params: EmbedParams) -> dict[str, Any]:
    tree = plain(request)
    if not isinstance(tree, Mapping) or "content" not in tree:
        return embed_body(call, model, request, params)
    own: dict[str, Any] = outgoing(tree, shape_of(_Request))
    return {**embed_body(call, model, tree["content"], params), **own, "content": content_of(tree["content"])}


async def fetch_embedding(call: Call) -> EmbedContentResponse:
    """The answer of ``embedContent``.

    Raises:
        DecodeError: There is no vector in it.
    """
    return await fetch(call, _one.read)


async def fetch_batches(calls: Sequence[Call], sizes: Sequence[int]) -> BatchEmbedContentsResponse:
    """The answers of all batches as one. When one fails, the others are given up.

    Raises:
        DecodeError: A batch has not as many vectors as it had requests.
    """
    answers: dict[int, BatchEmbedContentsResponse] = {}
    queue = iter(range(len(calls)))
    workers = [
        asyncio.ensure_future(_work(queue, calls, sizes, answers)) for _ in range(min(PARALLEL, len(calls)))
    ]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return _together(answers)


async def _work(
    queue: Iterator[int],
    calls: Sequence[Call],
    sizes: Sequence[int],
    answers: dict[int, BatchEmbedContentsResponse],
) -> None:
    for position in queue:
        answers[position] = await _batch(calls[position], sizes[position])


async def _batch(call: Call, size: int) -> BatchEmbedContentsResponse:
    answer = await fetch(call, _many.read)
    if len(answer.embeddings) != size:
        raise DecodeError(f"expected {size} vectors, one for each request, got {len(answer.embeddings)}")
    return answer


def _together(answers: dict[int, BatchEmbedContentsResponse]) -> BatchEmbedContentsResponse:
    """All batches, by their position, as one answer; what came last stands last."""
    if len(answers) == 1:
        return answers[0]
    usage = sum((answer.usage for answer in answers.values()), Usage())
    whole = BatchEmbedContentsResponse(
        [embedding for position in sorted(answers) for embedding in answers[position].embeddings],
        UsageMetadata(prompt_token_count=usage.input_tokens, total_token_count=usage.total_tokens),
    )
    last = list(answers.values())[-1]
    tell_origin(whole, headers=last.headers, attempts=last.attempts, timings=last.timings)
    return whole
