"""Faults of the content, not of its delivery: wrong bodies, wrong events, wrong statuses.

Each is a function from a reply and a ``Fault`` to a reply; the table of all faults is in ``_faults``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gravitex_async._json import dumps, loads

from ._compression import bomb, compress
from ._errors import error_body, google_error_body
from ._faults import DELIVERY, Fault, after, before
from ._reply import JSON, Reply, Step, plain

DONE = Step(b"data: [DONE]\n\n", 1)
PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n"
# The text of an event in each dialect: chat and Gemini, then Responses.
_TEXT = re.compile(rb'("(?:content|text|delta)":")([^"\\]+)')


def apply(fault: Fault, reply: Reply) -> Reply:
    """*reply* as *fault* leaves it."""
    return _FAULTS[fault.kind](reply, fault)


def _is_done(step: Step) -> bool:
    return step.data.strip() == b"data: [DONE]"


def _no_done(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, steps=[step for step in reply.steps if not _is_done(step)])


def _after_done(reply: Reply, fault: Fault) -> Reply:
    steps = list(_no_done(reply, fault).steps)
    extra = DONE if fault.kind == "double-done" else steps[min(1, len(steps) - 1)]
    return replace(reply, steps=[*steps, DONE, extra])


def _error_event(reply: Reply, fault: Fault) -> Reply:
    steps = [*before(reply, fault), Step(_ERROR_FORMS[fault.form](fault), 1)]
    ended = fault.form == "data" and reply.dialect == "chat"
    return replace(reply, steps=[*steps, DONE] if ended else steps)


def _error(fault: Fault) -> dict[str, object]:
    return error_body(*fault.said)


def _frame(event: str, data: Mapping[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event.encode(), dumps(data))


def _flat(fault: Fault) -> bytes:
    message, code = fault.said
    error = {"type": "error", "code": code, "message": message, "param": None}
    return _frame("error", {**error, "sequence_number": fault.events})


def _google(fault: Fault) -> bytes:
    error = google_error_body(fault.said[0], fault.status or 503, "UNAVAILABLE")
    return b"data: %b\r\n\r\n" % dumps(error)


def _failed(fault: Fault) -> bytes:
    message, code = fault.said
    error = {"code": code, "message": message}
    response = {"id": "resp_local_failed", "object": "response", "status": "failed", "output": []}
    event = {"type": "response.failed", "sequence_number": fault.events}
    return _frame("response.failed", {**event, "response": {**response, "error": error}})


_ERROR_FORMS: dict[str, Callable[[Fault], bytes]] = {
    "data": lambda fault: b"data: %b\n\n" % dumps(_error(fault)),
    "event-flat": _flat,
    "event-nested": lambda fault: _frame("error", {"type": "error", **_error(fault)}),
    "raw-tail": lambda fault: dumps(_error(fault)),
    "field-line": lambda fault: b"error: %b\n\n" % dumps(_error(fault)),
    "google": _google,
    "responses-error": _flat,
    "responses-failed": _failed,
}


def _html(reply: Reply, fault: Fault) -> Reply:
    return plain(PAGE, "text/html; charset=utf-8", fault.status or 200)


def _json_error(reply: Reply, fault: Fault) -> Reply:
    return plain(dumps(_error(fault)))


def _json_whole(reply: Reply, fault: Fault) -> Reply:
    return plain(reply.whole()) if reply.whole else reply


def _empty(reply: Reply, fault: Fault) -> Reply:
    return replace(reply, steps=[], streamed=False)


def _status(reply: Reply, fault: Fault) -> Reply:
    headers = {"Content-Type": JSON, **fault.headers}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    body = dumps(_error(fault)) if fault.body is None else fault.body
    return Reply([Step(body, 1)], fault.status or 500, headers)


def _redirect(reply: Reply, fault: Fault) -> Reply:
    return Reply([], fault.status or 307, {"Location": fault.location})


def _insert(reply: Reply, fault: Fault, *steps: Step) -> Reply:
    return replace(reply, steps=[*before(reply, fault), *steps, *after(reply, fault)])


def _invalid_json(reply: Reply, fault: Fault) -> Reply:
    if not reply.streamed:
        return plain(b'{"id": "x", "choices": [{')
    return _insert(reply, fault, Step(b'data: {"id": "x", "choices": [{"delta"\n\n', 1))


def _rewritten(reply: Reply, fault: Fault, change: Callable[[bytes], bytes]) -> Reply:
    """Apply *change* to every step behind event k (to a body that is no stream: always)."""
    start = fault.events if reply.streamed else 0
    steps = [s._replace(data=change(s.data)) if i >= start else s for i, s in enumerate(reply.steps)]
    return replace(reply, steps=steps)


def _invalid_utf8(reply: Reply, fault: Fault) -> Reply:
    return _rewritten(reply, fault, lambda data: _TEXT.sub(rb"\1" + b"\xff\xc3(" + rb"\2", data, count=1))


def _huge_event(reply: Reply, fault: Fault) -> Reply:
    size = fault.size or 1 << 20
    for number, step in enumerate(steps := list(reply.steps)):
        if (number >= fault.events or not reply.streamed) and (match := _TEXT.search(step.data)):
            text = step.data[: match.start(2)] + b"x" * size + step.data[match.end(2) :]
            steps[number] = step._replace(data=text)
            break
    return replace(reply, steps=steps)


def _wrong_types(reply: Reply, fault: Fault) -> Reply:
    change = _shapes if fault.form == "shapes" else _numbers
    return _rewritten(reply, fault, lambda data: _with_json(data, change))


def _with_json(frame: bytes, change: Callable[[object], object]) -> bytes:
    start, end = frame.find(b"{"), frame.rfind(b"}") + 1
    if start < 0 or end <= start:
        return frame
    return frame[:start] + dumps(change(loads(frame[start:end]))) + frame[end:]


def _numbers(value: object) -> object:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _shapes(value: object) -> object:
    if isinstance(value, dict):
        return {k: {"is": v} if k in ("content", "text", "delta") and isinstance(v, str) else _shapes(v)
                for k, v in value.items()}  # fmt: skip
    return [_shapes(item) for item in value] if isinstance(value, list) else value


_FAULTS: dict[str, Callable[[Reply, Fault], Reply]] = {
    **DELIVERY,
    "no-done": _no_done,
    "double-done": _after_done,
    "data-after-done": _after_done,
    "error-event": _error_event,
    "html": _html,
    "json-error": _json_error,
    "json-whole": _json_whole,
    "empty": _empty,
    "status": _status,
    "redirect": _redirect,
    "invalid-json": _invalid_json,
    "invalid-utf8": _invalid_utf8,
    "huge-event": _huge_event,
    "wrong-types": _wrong_types,
    "compress": compress,
    "bomb": bomb,
}
