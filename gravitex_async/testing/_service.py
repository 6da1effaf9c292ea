"""From a recorded request to a reply: keys, limits, routes, authored answers, faults, in this order.

A refused key or a rate limit uses up no script, tape or fault. A fault comes last, and changes errors, too.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from . import _chat, _content_faults, _embeddings, _gemini, _responses
from ._answers import Answer, Question, TokenCounts, author, stopped, usage_of
from ._auth import RequestLimit, check_key
from ._errors import Refused
from ._faults import Fault
from ._models import Catalogue
from ._records import RecordedRequest, StreamRecord
from ._reply import Reply
from ._script import Queue, Script
from ._tape import Tape


@dataclass
class Service:
    """The gateway without its sockets: settings, and what is queued."""

    keys: tuple[str, ...]
    catalogue: Catalogue
    rate_limit: RequestLimit | None
    max_concurrency: int | None
    pace: float
    latency: float
    style: str
    authored: Queue[Script | Tape] = field(default_factory=Queue)
    faults: Queue[Fault] = field(default_factory=Queue)
    library: _responses.Library = field(default_factory=_responses.Library)
    _answering: set[int] = field(default_factory=set)
    _serials: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def reply(self, request: RecordedRequest) -> Reply:
        """The reply to *request*, its faults applied, with the gateway's own headers."""
        serial = next(self._serials)
        request_id = f"local-{serial:06d}"
        headers = {"X-Oneapi-Request-Id": request_id}
        try:
            reply = self._admitted(request, serial, headers)
        except Refused as refused:
            reply = refused.reply(request_id)
        return replace(reply, headers={**headers, **reply.headers})

    def answered(self, record: StreamRecord) -> None:
        """An answer is over, however it ended."""
        self._answering.discard(id(record))

    def _admitted(self, request: RecordedRequest, serial: int, headers: dict[str, str]) -> Reply:
        check_key(request, self.keys)
        if self.max_concurrency is not None and len(self._answering) >= self.max_concurrency:
            raise Refused(429, "Too many concurrent requests", "rate_limit_exceeded")
        if self.rate_limit:
            headers.update(self.rate_limit.check(asyncio.get_running_loop().time()))
        self._answering.add(id(request.answer))
        try:
            reply = self._answered(request, serial)
        except Refused as refused:
            # Keys and limits are refused in the gateway's own form, a bad Gemini request in Google's.
            google = request.path.startswith("/v1beta/") or ":" in request.path
            reply = refused.reply(headers["X-Oneapi-Request-Id"], google)
        reply = replace(reply, head_pause=max(self.latency, reply.head_pause))
        fault = self.faults.take(request)
        return reply if fault is None else _content_faults.apply(fault, reply)

    def _answered(self, request: RecordedRequest, serial: int) -> Reply:
        authored = self.authored.take(request)
        if isinstance(authored, Tape):
            return authored.reply()
        return _route(self, request, serial, authored)


def body_of(request: RecordedRequest) -> Mapping[str, object]:
    """The JSON object of the body, or the gateway's 400."""
    try:
        body = request.json
    except ValueError as error:
        raise Refused(400, f"invalid JSON: {error}", "bad_request_body") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body is no JSON object", "bad_request_body")
    return body


def _route(service: Service, request: RecordedRequest, serial: int, script: Script | None) -> Reply:
    for method, pattern, endpoint in _ENDPOINTS:
        if method == request.method and (match := re.fullmatch(pattern, request.path)):
            return endpoint(_Call(service, request, serial, script, match.groups()))
    raise Refused(404, f"Invalid URL ({request.method} {request.path})", "", "invalid_request_error")


@dataclass(frozen=True)
class _Call:
    """What an endpoint needs: the request, where it came in, and what the path says."""

    service: Service
    request: RecordedRequest
    serial: int
    script: Script | None
    names: tuple[str, ...]

    @property
    def pace(self) -> float:
        """Seconds between two events."""
        return self.service.pace if self.script is None or self.script.pace is None else self.script.pace

    @property
    def model(self) -> str | None:
        """The model the script wants to be."""
        return self.script.model if self.script else None

    @property
    def style(self) -> str:
        """The form of Responses events."""
        return (self.script and self.script.style) or self.service.style

    def answers(self, question: Question) -> tuple[list[Answer], TokenCounts]:
        """What is said, and what it costs; raises the gateway's 404 for an unknown model."""
        self.service.catalogue.check(question.model)
        script = self.script
        answers = script.answers(question, self.serial) if script else author(question, self.serial)
        answers = [stopped(answer, question.stop) for answer in answers]
        return answers, (script and script.usage) or usage_of(question, answers)


def _chat_completion(call: _Call) -> Reply:
    body = body_of(call.request)
    question = _chat.read(body)
    answers, usage = call.answers(question)
    head = _chat.envelope(body, question, call.serial, usage)
    return _chat.write(question, answers, replace(head, pace=call.pace, model=call.model or head.model))


def _create_response(call: _Call) -> Reply:
    body = body_of(call.request)
    question = _responses.read(body)
    answers, usage = call.answers(question)
    head = _responses.envelope(body, question, call.serial, usage)
    head = replace(head, pace=call.pace, model=call.model or head.model, style=call.style)
    return _responses.write(question, answers, head, call.service.library)


def _retrieve_response(call: _Call) -> Reply:
    query = call.request.query
    after = query.get("starting_after", "")
    return call.service.library.retrieve(
        unquote(call.names[0]),
        stream=query.get("stream") == "true",
        starting_after=int(after) if after.isdigit() else -1,
        pace=call.pace,
    )


def _generate_content(call: _Call) -> Reply:
    model, method = unquote(call.names[0]).removeprefix("models/"), call.names[1]
    question = _gemini.read(body_of(call.request), model, method.startswith("stream"))
    answers, usage = call.answers(question)
    sse = call.request.query.get("alt") == "sse"
    return _gemini.write(
        question, answers, _gemini.Envelope(call.serial, call.model or model, usage, sse, call.pace)
    )


def _answered_by(answer: Callable[[Mapping[str, object]], Reply]) -> Callable[[_Call], Reply]:
    def endpoint(call: _Call) -> Reply:
        body = body_of(call.request)
        call.service.catalogue.check(call.request.model or "")
        return answer(body)

    return endpoint


# The real gateway serves Gemini's methods under /v1, too.
_ENDPOINTS: tuple[tuple[str, str, Callable[[_Call], Reply]], ...] = (
    ("POST", "/v1/chat/completions", _chat_completion),
    ("POST", "/v1/responses", _create_response),
    ("GET", "/v1/responses/([^/]+)", _retrieve_response),
    ("POST", "/v1/embeddings", _answered_by(_embeddings.embed)),
    ("GET", "/v1/models", lambda call: call.service.catalogue.listed_for(call.request)),
    ("GET", "/v1/models/(.+)", lambda call: call.service.catalogue.retrieve(unquote(call.names[0]))),
    ("GET", "/v1beta/models", lambda call: call.service.catalogue.google_list()),
    ("POST", "/v1(?:beta)?/models/(.+):((?:stream)?[gG]enerateContent)", _generate_content),
    ("POST", "/v1(?:beta)?/models/(.+):countTokens", _answered_by(_gemini.count_tokens)),
    ("POST", "/v1(?:beta)?/models/(.+):embedContent", _answered_by(_embeddings.embed_content)),
    ("POST", "/v1(?:beta)?/models/(.+):batchEmbedContents", _answered_by(_embeddings.batch_embed_contents)),
)
