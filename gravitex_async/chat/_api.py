"""``client.chat.completions``: arguments in, an answer or a stream out."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import msgspec

from .._arguments import BodyParams, CallParams, shows
from .._resource import Resource
from ..decoding import EventDecoder
from ..sse import MAX_EVENT_BYTES
from ..stream import AnswerForm, Stream, fetch_answer
from ..transport import Call
from ._accumulate import ChatAccumulator
from ._chunks import ChatCompletionChunk
from ._decode import answer_decoder, chunk_decoder, event_decoder
from ._params import ChatParams, ParseParams
from ._parsed import ParsedChatCompletion, parsed_completion
from ._request import asks_by_itself, chat_body
from ._structs import ChatCompletion, is_answer

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from ._inputs import Messages

__all__ = ["Chat", "ChatStream", "Completions", "answer_from_json"]

ChunkT = TypeVar("ChunkT", bound=ChatCompletionChunk)
OutputT = TypeVar("OutputT")

PATH = "/v1/chat/completions"

_answer = AnswerForm("a chat completion", answer_decoder, is_answer)


def answer_from_json(text: str | bytes) -> ChatCompletion:
    """An answer that was stored with ``to_json()``, or a body recorded elsewhere: all its words and fields.

    How it came (headers, request id, timings) is not in it; a pickle of an answer keeps that too.

    Raises:
        DecodeError: It is no such answer.
    """
    return _answer.of_json(text)


class ChatStream(Stream[ChatCompletionChunk, ChatCompletion]):
    """The chunks of one chat completion; see ``Stream`` for its views and its contract."""

    __slots__ = ()

    dialect = "chat"


def _parts(
    max_event_bytes: int = MAX_EVENT_BYTES,
    decoder: msgspec.json.Decoder[Any] | None = None,
    asked_for_usage: bool = False,
) -> tuple[EventDecoder[Any], ChatAccumulator]:
    decoder = decoder or chunk_decoder(None)
    accumulator = ChatAccumulator(decoder.type, asked_for_usage=asked_for_usage)
    return event_decoder(accumulator.unknown, decoder, max_event_bytes=max_event_bytes), accumulator


class Completions(Resource, frozen=True):
    """POST /v1/chat/completions."""

    @overload
    def create(
        self,
        *,
        model: str,
        messages: Messages,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> Coroutine[Any, Any, ChatCompletion]: ...
    @overload
    def create(
        self,
        *,
        model: str,
        messages: Messages,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ChatStream: ...
    @overload
    def create(
        self,
        *,
        model: str,
        messages: Messages,
        stream: bool | None,
        **params: Unpack[ChatParams],
    ) -> Coroutine[Any, Any, ChatCompletion] | ChatStream: ...
    @shows(ChatParams, ParseParams, BodyParams, CallParams)
    def create(
        self,
        *,
        model: str,
        messages: Messages,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> Coroutine[Any, Any, ChatCompletion] | ChatStream:
        """Asks for a completion; with ``stream=True``, for its chunks as they come.

        The plain form is awaited. The stream is awaited, entered or iterated, and the request is sent at
        the first of these.

        Args:
            model: The model's name, suffixes like ``-thinking`` included; sent as it is.
            messages: The conversation: dicts, structs, dataclasses, pydantic models. An answer, or a stream
                that ended, stands for what it adds to it.
            stream: Whether the answer comes in chunks.

        Raises:
            TypeError: A keyword nobody knows; what is to be sent all the same goes in ``extra_body``.
            MisuseError: An argument outside its documented range; nothing was sent.
            APIConnectionError, APIStatusError, DecodeError: See ``gravitex_async.errors``.
        """
        if stream:
            call = self._call("create", model, messages, params, stream=True)
            return ChatStream(call, partial(_parts, self.max_event_bytes, None, asks_by_itself(params)))
        call = self._call("create", model, messages, params, stream=False)
        return fetch_answer(call, _answer, self._parts)

    @overload
    def stream(
        self,
        *,
        model: str,
        messages: Messages,
        chunk_type: None = None,
        **params: Unpack[ChatParams],
    ) -> ChatStream: ...
    @overload
    def stream(
        self,
        *,
        model: str,
        messages: Messages,
        chunk_type: type[ChunkT],
        **params: Unpack[ChatParams],
    ) -> Stream[ChunkT, ChatCompletion]: ...
    @shows(ChatParams, ParseParams, BodyParams, CallParams)
    def stream(
        self,
        *,
        model: str,
        messages: Messages,
        chunk_type: type[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatStream | Stream[Any, ChatCompletion]:
        """The same stream as ``create(..., stream=True)``.

        Args:
            model: The model's name.
            messages: The conversation, as for ``create``.
            chunk_type: A subclass of ``ChatCompletionChunk`` with the fields that you want beside its own.
        """
        call = self._call("stream", model, messages, params, stream=True)
        decoder = chunk_decoder(chunk_type)
        return ChatStream(call, partial(_parts, self.max_event_bytes, decoder, asks_by_itself(params)))

    @shows(ParseParams, BodyParams, CallParams)
    async def parse(
        self,
        *,
        model: str,
        messages: Messages,
        response_format: TypeForm[OutputT],
        **params: Unpack[ParseParams],
    ) -> ParsedChatCompletion[OutputT]:
        """Asks for an answer of a type; ``answer.parsed()`` is the value.

        The type becomes a strict ``json_schema`` format where strict mode can say it (no free-form objects).
        The documents advise a temperature of 0.1 to 0.3 and a sufficient ``max_tokens``.

        Args:
            model: The model's name.
            messages: The conversation, as for ``create``.
            response_format: A struct, dataclass, TypedDict, pydantic model, or a list or union of such.

        Raises:
            RefusalError: The model refused; ``text`` is its refusal.
            TruncatedOutputError: The answer was cut before its JSON was whole.
            InvalidOutputError: The answer is whole, and no value of the type.
            MisuseError: The type has no JSON form; nothing was sent.
        """
        given: ChatParams = {**params, "response_format": response_format}
        call = self._call("parse", model, messages, given, stream=False)
        return parsed_completion(await fetch_answer(call, _answer, self._parts), response_format)

    def _parts(self) -> tuple[EventDecoder[ChatCompletionChunk], ChatAccumulator]:
        return _parts(self.max_event_bytes)

    def _call(self, name: str, model: str, messages: Messages, params: ChatParams, *, stream: bool) -> Call:
        host = self.transport.host
        body = chat_body(name, model, messages, params, stream=stream, host=host)
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        return self.call(PATH, body, params, model=model, stream=stream, output_tokens=most)


class Chat(Resource, frozen=True):
    """``client.chat``."""

    @property
    def completions(self) -> Completions:
        """POST /v1/chat/completions."""
        return Completions(*msgspec.structs.astuple(self))
