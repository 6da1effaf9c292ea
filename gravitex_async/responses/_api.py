"""``client.responses``: arguments in, a response or its events out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from .._arguments import BodyParams, CallParams, known_only, shows
from .._resource import Resource
from ..decoding import EventDecoder
from ..errors import APIError, MisuseError
from ..sse import MAX_EVENT_BYTES
from ..stream import AnswerForm, Stream, fetch_answer
from ._accumulate import ResponsesAccumulator, is_answer
from ._decode import answer_of, answers, event_decoder
from ._params import ParseParams, ResponsesParams
from ._parsed import ParsedResponse, parsed_response
from ._request import response_path, responses_body, retrieve_query
from ._structs import Response
from ._union import ResponsesStreamEvent

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from ..transport import Call
    from ._inputs import Input

__all__ = ["Responses", "ResponsesStream", "answer_from_json"]

OutputT = TypeVar("OutputT")

PATH = "/v1/responses"

Make = Callable[[], "tuple[EventDecoder[ResponsesStreamEvent], ResponsesAccumulator]"]

_answer = AnswerForm("a response", answers, is_answer, answer_of)


def answer_from_json(text: str | bytes) -> Response:
    """An answer that was stored with ``to_json()``, or a body recorded elsewhere: all its words and fields.

    How it came (headers, request id, timings) is not in it; a pickle of an answer keeps that too.

    Raises:
        DecodeError: It is no such answer.
    """
    return _answer.of_json(text)


class ResponsesStream(Stream[ResponsesStreamEvent, Response]):
    """The events of one response: ask ``event.type``. See ``Stream`` for its views and its contract."""

    __slots__ = ()

    dialect = "responses"

    @property
    def response_id(self) -> str | None:
        """The id of the response, from its first event on: for ``retrieve`` and ``previous_response_id``."""
        return cast(ResponsesAccumulator, self._engine.reading.accumulator).response_id

    @property
    def sequence_number(self) -> int | None:
        """The number of the last event that arrived, for ``starting_after``; None where they have none."""
        return cast(ResponsesAccumulator, self._engine.reading.accumulator).sequence_number


def _parts(
    max_event_bytes: int = MAX_EVENT_BYTES, start: Response | None = None
) -> tuple[EventDecoder[ResponsesStreamEvent], ResponsesAccumulator]:
    return event_decoder(max_event_bytes=max_event_bytes), ResponsesAccumulator(start)


class Responses(Resource, frozen=True):
    """POST /v1/responses, and GET /v1/responses/{id} where the gateway keeps responses."""

    @overload
    def create(
        self,
        *,
        model: str,
        input: Input,
        stream: Literal[False] | None = None,
        **params: Unpack[ResponsesParams],
    ) -> Coroutine[Any, Any, Response]: ...
    @overload
    def create(
        self, *, model: str, input: Input, stream: Literal[True], **params: Unpack[ResponsesParams]
    ) -> ResponsesStream: ...
    @overload
    def create(
        self, *, model: str, input: Input, stream: bool | None, **params: Unpack[ResponsesParams]
    ) -> Coroutine[Any, Any, Response] | ResponsesStream: ...
    @shows(ResponsesParams, ParseParams, BodyParams, CallParams)
    def create(
        self, *, model: str, input: Input, stream: bool | None = None, **params: Unpack[ResponsesParams]
    ) -> Coroutine[Any, Any, Response] | ResponsesStream:
        """Asks for a response; with ``stream=True``, for its events as they come.

        The plain form is awaited. The stream is awaited, entered or iterated, and the request is sent at
        the first of these.

        Args:
            model: The model's name; sent as it is.
            input: A text, or messages, parts and items: dicts, structs, dataclasses, pydantic models. A
                response, or a stream that ended, stands for what it adds to the conversation.
            stream: Whether the answer comes as events.

        Raises:
            TypeError: A keyword nobody knows; what is to be sent all the same goes in ``extra_body``.
            MisuseError: No model, no input, or a number outside its documented range; nothing was sent.
            APIConnectionError, APIStatusError, DecodeError: See ``gravitex_async.errors``. A response that
                failed raises too, and is the error's ``partial``.
        """
        if stream:
            return ResponsesStream(self._creation("create", model, input, params, stream=True), self._parts)
        call = self._creation("create", model, input, params, stream=False)
        return fetch_answer(call, _answer, self._parts)

    @shows(ResponsesParams, ParseParams, BodyParams, CallParams)
    def stream(self, *, model: str, input: Input, **params: Unpack[ResponsesParams]) -> ResponsesStream:
        """The same stream as ``create(..., stream=True)``.

        Args:
            model: The model's name.
            input: The conversation, as for ``create``.
        """
        return ResponsesStream(self._creation("stream", model, input, params, stream=True), self._parts)

    @shows(ParseParams, BodyParams, CallParams)
    async def parse(
        self, *, model: str, input: Input, text_format: TypeForm[OutputT], **params: Unpack[ParseParams]
    ) -> ParsedResponse[OutputT]:
        """Asks for an answer of a type; ``response.parsed()`` is the value.

        The type becomes a strict ``json_schema`` format where strict mode can say it (no free-form objects).

        Args:
            model: The model's name.
            input: The conversation, as for ``create``.
            text_format: A struct, dataclass, TypedDict, pydantic model, or a list or union of such.

        Raises:
            RefusalError: The model refused; ``text`` is its refusal.
            TruncatedOutputError: The answer was cut before its JSON was whole.
            InvalidOutputError: The answer is whole, and no value of the type.
            MisuseError: The type has no JSON form; nothing was sent.
        """
        given: ResponsesParams = {**params, "text_format": text_format}
        call = self._creation("parse", model, input, given, stream=False)
        return parsed_response(await fetch_answer(call, _answer, self._parts), text_format)

    @overload
    def retrieve(
        self, response_id: str, *, stream: Literal[False] | None = None, **params: Unpack[CallParams]
    ) -> Coroutine[Any, Any, Response]: ...
    @overload
    def retrieve(
        self,
        response_id: str,
        *,
        stream: Literal[True],
        starting_after: int | None = None,
        **params: Unpack[CallParams],
    ) -> ResponsesStream: ...
    @shows(CallParams)
    def retrieve(
        self,
        response_id: str,
        *,
        stream: bool | None = None,
        starting_after: int | None = None,
        **params: Unpack[CallParams],
    ) -> Coroutine[Any, Any, Response] | ResponsesStream:
        """A stored response, whatever became of it; with ``stream=True``, its events once more.

        Not every gateway keeps responses: those that do not answer 404 or 501.

        Args:
            response_id: The ``id`` of the response.
            stream: Whether its events come once more.
            starting_after: Only the events behind the one with this ``sequence_number``.

        Raises:
            MisuseError: No id, or ``starting_after`` without ``stream=True``; nothing was sent.
        """
        call = self._retrieval("retrieve", response_id, params, stream=bool(stream), after=starting_after)
        return ResponsesStream(call, self._parts) if stream else _retrieved(call, self._parts)

    @shows(CallParams)
    def resume(self, broken: ResponsesStream, **params: Unpack[CallParams]) -> ResponsesStream:
        """The rest of a stream that broke off: the events behind the last one that arrived.

        What had arrived stands in the accumulations of the new stream, so ``final()`` is the whole response;
        its views bring what is new.

        Args:
            broken: The stream, as it broke off.

        Raises:
            MisuseError: The stream ended well, or its gateway gave no id or no numbers to go on from.
        """
        start, number = broken.arrived, broken.sequence_number
        if broken.end.state in ("completed", "incomplete") or start.id is None or number is None:
            raise MisuseError(
                f"expected a stream that broke off behind a numbered event, got one that is "
                f"{broken.end.state} (response {start.id}, event {number})"
            )
        call = self._retrieval("resume", start.id, params, stream=True, after=number)
        return ResponsesStream(call, partial(_parts, self.max_event_bytes, start))

    def _creation(
        self, name: str, model: str, input: Input, params: ResponsesParams, *, stream: bool
    ) -> Call:
        body = responses_body(name, model, input, params, stream=stream)
        most = body.get("max_output_tokens")
        return self.call(PATH, body, params, model=model, stream=stream, output_tokens=most)

    def _retrieval(
        self, name: str, response_id: str, params: CallParams, *, stream: bool, after: int | None
    ) -> Call:
        known_only(name, params, CallParams.__annotations__)
        path, query = response_path(response_id), retrieve_query(stream=stream, starting_after=after)
        return self.call(path, None, params, method="GET", query=query, stream=stream)

    def _parts(self) -> tuple[EventDecoder[ResponsesStreamEvent], ResponsesAccumulator]:
        return _parts(self.max_event_bytes)


async def _retrieved(call: Call, make: Make) -> Response:
    try:
        return await fetch_answer(call, _answer, make)
    except APIError as error:
        # A response that failed is what was asked for.
        if isinstance(error.partial, Response) and _is_stored(error):
            return error.partial
        raise


def _is_stored(error: APIError) -> bool:
    return isinstance(error.body, dict) and error.body.get("object") == "response"
