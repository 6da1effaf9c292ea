"""From a recorded request to a reply: keys, limits, routes, authored answers, faults, in this order.

A refused key or a rate limit uses up no script, tape or fault. Fault comes last and applies to whatever
the answer is, an error included.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from . import _chat, _content_faults
from ._answers import Answer, Question, Usage, author, usage_of
from ._auth import RateLimit, check_key
from ._errors import Refused
from ._faults import Fault
from ._models import Catalogue
from ._records import RecordedRequest
from ._reply import Reply
from ._script import Queue, Script
from ._tape import Tape


@dataclass
class Service:
    """The gateway without its sockets: settings, and what is queued."""

    keys: tuple[str, ...]
    catalogue: Catalogue
    rate_limit: RateLimit | None
    pace: float
    latency: float
    authored: Queue[Script | Tape] = field(default_factory=Queue)
    faults: Queue[Fault] = field(default_factory=Queue)
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

    def _admitted(self, request: RecordedRequest, serial: int, headers: dict[str, str]) -> Reply:
        check_key(request, self.keys)
        if self.rate_limit:
            headers.update(self.rate_limit.check(asyncio.get_running_loop().time()))
        try:
            reply = self._answered(request, serial)
        except Refused as refused:
            reply = refused.reply(headers["X-Oneapi-Request-Id"])
        reply = replace(reply, head_pause=max(self.latency, reply.head_pause))
        fault = self.faults.take(request)
        return reply if fault is None else _content_faults.apply(fault, reply)

    def _answered(self, request: RecordedRequest, serial: int) -> Reply:
        authored = self.authored.take(request)
        if isinstance(authored, Tape):
            return authored.reply()
        return _route(self, request, serial, authored)

    def answers(self, question: Question, serial: int, script: Script | None) -> tuple[list[Answer], Usage]:
        """What is said, and what it costs."""
        self.catalogue.check(question.model)
        answers = script.answers(question, serial) if script else author(question, serial)
        return answers, (script and script.usage) or usage_of(question, answers)

    def pace_of(self, script: Script | None) -> float:
        """Seconds between two events."""
        return self.pace if script is None or script.pace is None else script.pace


def _route(service: Service, request: RecordedRequest, serial: int, script: Script | None) -> Reply:
    endpoint = _ENDPOINTS.get((request.method, request.path))
    if endpoint:
        return endpoint(service, request, serial, script)
    if request.method == "GET" and request.path.startswith("/v1/models/"):
        return service.catalogue.retrieve(request.path.removeprefix("/v1/models/"))
    raise Refused(404, f"Invalid URL ({request.method} {request.path})", "", "invalid_request_error")


def body_of(request: RecordedRequest) -> Mapping[str, object]:
    """The JSON object of the body, or the gateway's 400."""
    try:
        body = request.json
    except ValueError as error:
        raise Refused(400, f"invalid JSON: {error}", "bad_request_body") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body is no JSON object", "bad_request_body")
    return body


def _answer_chat(service: Service, request: RecordedRequest, serial: int, script: Script | None) -> Reply:
    body = body_of(request)
    question = _chat.read(body)
    answers, usage = service.answers(question, serial, script)
    head = _chat.envelope(body, question, serial, usage)
    head = replace(head, pace=service.pace_of(script), model=(script and script.model) or head.model)
    return _chat.write(question, answers, head)


_Endpoint = Callable[[Service, RecordedRequest, int, Script | None], Reply]
_ENDPOINTS: dict[tuple[str, str], _Endpoint] = {
    ("POST", "/v1/chat/completions"): _answer_chat,
    ("GET", "/v1/models"): lambda service, *_: service.catalogue.list(),
}
