"""``client.gemini``: arguments in, an answer, a stream or vectors out."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._arguments import BodyParams, CallParams, checked_model, merged, shows
from .._resource import Resource
from ..decoding import EventDecoder
from ..errors import MisuseError
from ..sse import MAX_EVENT_BYTES
from ..stream import AnswerForm, Stream, fetch_answer
from ..transport import Call, model_path
from ._accumulate import GeminiAccumulator
from ._decode import answer_of, event_decoder, is_answer, strict_decoder
from ._embeddings import (
    BatchEmbedContentsResponse,
    EmbedContentResponse,
    batch_bodies,
    embed_body,
    fetch_batches,
    fetch_embedding,
)
from ._params import EmbedParams, GeminiParams
from ._request import generate_body
from ._structs import GenerateContentResponse

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._typing import JSONLike
    from ._inputs import Contents, SomeContent

__all__ = ["Gemini", "GeminiStream", "answer_from_json"]

EventT = TypeVar("EventT", bound=GenerateContentResponse)

_answer = AnswerForm("an answer with candidates", strict_decoder, is_answer, answer_of)


def answer_from_json(text: str | bytes) -> GenerateContentResponse:
    """An answer that was stored with ``to_json()``, or a body recorded elsewhere: all its words and fields.

    How it came (headers, request id, timings) is not in it; a pickle of an answer keeps that too.

    Raises:
        DecodeError: It is no such answer.
    """
    return _answer.of_json(text)


class GeminiStream(Stream[GenerateContentResponse, GenerateContentResponse]):
    """The events of one answer; see ``Stream`` for its views and its contract."""

    __slots__ = ()

    dialect = "gemini"


def _parts(
    max_event_bytes: int = MAX_EVENT_BYTES, event_type: type[GenerateContentResponse] | None = None
) -> tuple[EventDecoder[Any], GeminiAccumulator]:
    kind = event_type or GenerateContentResponse
    return event_decoder(kind, max_event_bytes=max_event_bytes), GeminiAccumulator()


def _checked_type(chunk_type: type[EventT]) -> type[EventT]:
    if not (isinstance(chunk_type, type) and issubclass(chunk_type, GenerateContentResponse)):
        raise MisuseError(f"expected chunk_type as a subclass of GenerateContentResponse, got {chunk_type!r}")
    return chunk_type


class Gemini(Resource, frozen=True):
    """The native endpoints of Gemini. Model names are sent verbatim, suffixes like ``-thinking`` included."""

    @shows(GeminiParams, BodyParams, CallParams)
    def generate_content(
        self, *, model: str, contents: Contents, **params: Unpack[GeminiParams]
    ) -> Coroutine[Any, Any, GenerateContentResponse]:
        """Asks for an answer.

        Args:
            model: The model's name, suffixes like ``-thinking`` included; sent as it is.
            contents: A text, which is a turn of the user; parts; or turns, as dicts, structs, dataclasses or
                pydantic models. An answer, or a stream that ended, stands for its own turn.

        Raises:
            TypeError: A keyword nobody knows; what is to be sent all the same goes in ``extra_body``.
            MisuseError: No contents, or an argument that cannot be; nothing was sent.
            APIConnectionError, APIStatusError, DecodeError: See ``gravitex_async.errors``.
        """
        call = self._generation("generate_content", model, contents, params, stream=False)
        return fetch_answer(call, _answer, partial(_parts, self.max_event_bytes))

    @overload
    def generate_content_stream(
        self, *, model: str, contents: Contents, chunk_type: None = None, **params: Unpack[GeminiParams]
    ) -> GeminiStream: ...
    @overload
    def generate_content_stream(
        self, *, model: str, contents: Contents, chunk_type: type[EventT], **params: Unpack[GeminiParams]
    ) -> Stream[EventT, GenerateContentResponse]: ...
    @shows(GeminiParams, BodyParams, CallParams)
    def generate_content_stream(
        self,
        *,
        model: str,
        contents: Contents,
        chunk_type: type[Any] | None = None,
        **params: Unpack[GeminiParams],
    ) -> GeminiStream | Stream[Any, GenerateContentResponse]:
        """The answer as it comes; awaited, entered or iterated, and sent at the first of these.

        Args:
            model: The model's name.
            contents: The conversation, as for ``generate_content``.
            chunk_type: A subclass of ``GenerateContentResponse`` with fields that you want beside its own.
        """
        call = self._generation("generate_content_stream", model, contents, params, stream=True)
        event_type = None if chunk_type is None else _checked_type(chunk_type)
        return GeminiStream(call, partial(_parts, self.max_event_bytes, event_type))

    @shows(EmbedParams, BodyParams, CallParams)
    def embed_content(
        self, *, model: str, content: SomeContent, **params: Unpack[EmbedParams]
    ) -> Coroutine[Any, Any, EmbedContentResponse]:
        """The vector of one content: ``(await ...).embedding.values``.

        Args:
            model: The model's name.
            content: A text, a part, parts or a content.
        """
        body = merged(embed_body("embed_content", model, content, params), params.get("extra_body"))
        return fetch_embedding(self._call(model, "embedContent", body, params))

    @shows(EmbedParams, BodyParams, CallParams)
    def batch_embed_contents(
        self, *, model: str, requests: Sequence[SomeContent | JSONLike], **params: Unpack[EmbedParams]
    ) -> Coroutine[Any, Any, BatchEmbedContentsResponse]:
        """The vectors of many contents, in their order; 100 in one request, a few requests at a time.

        Args:
            model: The model's name.
            requests: Texts or contents; or requests as dicts with a ``content`` and settings of their own,
                which go over the parameters.

        Raises:
            DecodeError: There are not as many vectors as requests.
        """
        bodies = batch_bodies("batch_embed_contents", model, requests, params)
        calls = [self._call(model, "batchEmbedContents", body, params) for body in bodies]
        return fetch_batches(calls, [len(body["requests"]) for body in bodies])

    def _generation(
        self, name: str, model: str, contents: Contents, params: GeminiParams, *, stream: bool
    ) -> Call:
        body = generate_body(name, contents, params)
        settings = body.get("generationConfig")
        most = settings.get("maxOutputTokens") if isinstance(settings, dict) else None
        method = "streamGenerateContent" if stream else "generateContent"
        return self._call(model, method, body, params, stream=stream, output_tokens=most)

    def _call(
        self,
        model: str,
        method: str,
        body: Mapping[str, object],
        params: Mapping[str, object],
        *,
        stream: bool = False,
        output_tokens: object = 0,
    ) -> Call:
        return self.call(
            f"/v1beta/models/{model_path(checked_model(model))}:{method}",
            body,
            params,
            model=model,
            stream=stream,
            native_gemini=True,
            query={"alt": "sse"} if stream else None,  # without it Google answers with one JSON array
            output_tokens=output_tokens,
        )
