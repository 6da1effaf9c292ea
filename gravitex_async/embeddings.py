"""``client.embeddings``: POST /v1/embeddings.

Vectors are lists of float whichever form the gateway sends; base64 (little-endian float32: see "Embeddings"
in decoding/README.md) is a third of the size on the wire. ``to_dict`` has them as they were sent.
"""

from __future__ import annotations

import base64
import functools
import sys
from array import array
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ._arguments import BodyParams, CallParams, checked_model, given_only, known_only, merged, shows
from ._checks import expected, kind_of
from ._counts import first_count
from ._resource import Resource
from .answers import Answer, Piece, keep_payload, origin_of
from .errors import APIError, DecodeError
from .stream import AnswerForm, fetch
from .usage import Counts, Usage

if TYPE_CHECKING:
    import numpy
    from typing_extensions import Unpack

    from .transport import Response

__all__ = [
    "CreateEmbeddingResponse",
    "Embedding",
    "EmbeddingParams",
    "EmbeddingUsage",
    "Embeddings",
]

PATH = "/v1/embeddings"

_OPTIONS = frozenset(BodyParams.__annotations__)


class EmbeddingParams(BodyParams, total=False):
    """Everything ``client.embeddings.create`` takes beside ``model`` and ``input``. None: not given.

    Args:
        encoding_format: The form on the wire; vectors are lists of float either way.
        dimensions: The length of the vectors, where the model can shorten them.
        user: Who asks; for the provider's own records.
    """

    encoding_format: Literal["float", "base64"] | None
    dimensions: int | None
    user: str | None


class EmbeddingUsage(Counts, Piece, msgspec.Struct, omit_defaults=True, gc=False):
    """``usage`` as sent, and in the words of every usage."""

    prompt_tokens: int | None = None
    wire_total_tokens: int | None = msgspec.field(default=None, name="total_tokens")
    """As sent; ``total_tokens`` is never None where there is any count."""

    def neutral(self) -> Usage:
        """The same counts as a ``Usage``."""
        read = first_count(self.prompt_tokens, self.wire_total_tokens)
        if read is None:
            return Usage()  # an object without counts is no usage
        return Usage(read, total_tokens=self.wire_total_tokens or read, source="server")

    def _find(self, body: dict[str, Any]) -> Any:
        return body.get("usage")


class Embedding(Piece, msgspec.Struct, gc=False):
    """``data[]``: one vector."""

    embedding: list[float] = []
    index: int = 0
    object: str = "embedding"

    def numpy(self) -> numpy.ndarray[Any, Any]:
        """The vector as an array of float32; needs numpy."""
        import numpy as np

        return np.asarray(self.embedding, dtype=np.float32)

    def _find(self, body: dict[str, Any]) -> Any:
        for place, entry in enumerate(body["data"]):
            index = entry.get("index")
            if (place if index is None else index) == self.index:
                return entry
        return None


class CreateEmbeddingResponse(Answer, msgspec.Struct, omit_defaults=True, gc=False):
    """The answer: vectors in the order of the input."""

    data: list[Embedding] = []
    model: str | None = None
    wire_usage: EmbeddingUsage | None = msgspec.field(default=None, name="usage")
    """As sent; None when none came."""
    object: str = msgspec.field(default_factory=lambda: "list")  # written, though it is the default

    @property
    def usage(self) -> EmbeddingUsage:
        """What it cost; ``source == "none"`` where the gateway does not say."""
        return self.wire_usage or EmbeddingUsage()

    def _keep(self, payload: bytes) -> None:
        origin_of(self).body = payload
        for item in self.data:
            item._source = payload
        if self.wire_usage is not None:
            self.wire_usage._source = payload

    @property
    def vectors(self) -> list[list[float]]:
        """The bare vectors."""
        return [item.embedding for item in self.data]

    def numpy(self) -> numpy.ndarray[Any, Any]:
        """All vectors as the rows of an array of float32; needs numpy."""
        import numpy as np

        return np.asarray(self.vectors, dtype=np.float32)


class _SentEmbedding(msgspec.Struct, gc=False):
    embedding: list[float] | str = []
    index: int | None = None


class _SentAnswer(msgspec.Struct, gc=False):
    data: list[_SentEmbedding] = []
    model: str | None = None
    usage: EmbeddingUsage | None = None


@functools.cache
def _decoder() -> msgspec.json.Decoder[_SentAnswer]:
    return msgspec.json.Decoder(_SentAnswer)


_answer = AnswerForm("vectors", _decoder, lambda sent: bool(sent.data))


class Embeddings(Resource, frozen=True):
    """``client.embeddings``.

    >>> from gravitex_async import AsyncGravitex
    >>> async with AsyncGravitex() as client:
    ...     answer = await client.embeddings.create(model="text-embedding-3-small", input=["a cat", "a dog"])
    >>> len(answer.vectors)
    2
    """

    @shows(EmbeddingParams, BodyParams, CallParams)
    def create(
        self,
        *,
        model: str,
        input: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]],
        **params: Unpack[EmbeddingParams],
    ) -> Coroutine[Any, Any, CreateEmbeddingResponse]:
        """The vectors of one text, several texts, or token lists.

        Args:
            model: The model's name; sent as it is.
            input: A text, texts, tokens, or lists of tokens.

        Raises:
            TypeError: An unknown keyword; ``extra_body`` sends what this package does not know.
            MisuseError: No model or no input; nothing was sent.
            APIConnectionError, APIStatusError, DecodeError: See ``gravitex_async.errors``.
        """
        known_only("create", params, EmbeddingParams.__annotations__)
        checked_model(model)
        if isinstance(input, (bytes, Mapping)) or not isinstance(input, (str, Sequence)) or not input:
            raise expected("input", "a text, a list of texts or tokens, not empty", kind_of(input))
        given = {name: value for name, value in given_only(params).items() if name not in _OPTIONS}
        body = merged({"model": model, "input": input, **given}, params.get("extra_body"))
        return fetch(self.call(PATH, body, params, model=model), _read)


def _read(body: bytes, response: Response) -> CreateEmbeddingResponse | APIError:
    sent = _answer.read(body, response)
    if isinstance(sent, APIError):
        return sent
    items = [
        Embedding(_floats(item.embedding), position if item.index is None else item.index)
        for position, item in enumerate(sent.data)
    ]
    # ``index`` tells the order; that of the list is not promised.
    answer = CreateEmbeddingResponse(sorted(items, key=lambda item: item.index), sent.model, sent.usage)
    keep_payload(answer, body)
    return answer


def _floats(value: list[float] | str) -> list[float]:
    if isinstance(value, list):
        return value
    numbers = array("f")
    try:
        numbers.frombytes(base64.b64decode(value, validate=True))
    except ValueError as error:
        reason = str(error)
    else:
        if sys.byteorder == "big":  # the wire is little-endian whatever the machine is
            numbers.byteswap()
        return numbers.tolist()
    raise DecodeError(f"expected base64 of 32 bit floats, got {value[:40]!r} ({reason})")
