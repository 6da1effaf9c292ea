"""``client.post``, ``client.get`` and ``client.stream_events``: arguments in, an answer or a stream out."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from .._checks import expected, kind_of
from .._resource import Resource
from ._answer import PlainAnswer, fetch_plain
from ._events import EventStream, open_events
from ._form import Form
from ._path import split_path

if TYPE_CHECKING:
    from ..transport import Call

__all__ = ["Endpoints"]

# The names under which a request says how long its answer may be.
_LENGTHS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


class Endpoints(Resource, frozen=True):
    """Any path of the gateway. The client's own methods are its face."""

    def answer(
        self, method: str, path: str, body: object, type_: type[Any] | None, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, PlainAnswer[Any]]:
        """The whole answer.

        Raises:
            MisuseError: The path leads elsewhere, the body is no JSON, or the type has no JSON form.
        """
        call = self._call(method, path, body, options, stream=False)
        return fetch_plain(call, Form(type_))

    def events(
        self, path: str, body: object, type_: type[Any] | None, options: Mapping[str, Any]
    ) -> EventStream[Any]:
        """The answer as a stream of events: of a POST, or of a GET where there is no body."""
        call = self._call("GET" if body is None else "POST", path, body, options, stream=True)
        return open_events(call, Form(type_), self.max_event_bytes)

    def _call(
        self, method: str, path: str, body: object, options: Mapping[str, Any], *, stream: bool
    ) -> Call:
        place, query = split_path(path)
        if isinstance(body, (bytes, bytearray, memoryview)):
            raise expected("body", "something JSON-like", kind_of(body))
        fields = body if isinstance(body, Mapping) else {}
        model = fields.get("model")
        return self.call(
            place,
            body,
            options,
            method=method,
            model=model if isinstance(model, str) else "",
            stream=stream,
            native_gemini=place.startswith("/v1beta/"),
            query=query,
            output_tokens=next((fields[name] for name in _LENGTHS if fields.get(name)), None),
        )
