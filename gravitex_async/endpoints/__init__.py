"""Endpoints that this package has no words for: ``client.post``, ``client.get``, ``client.stream_events``.

They go the way of every other call: the same pool, clocks, retries, limits and errors. What comes back is
JSON as it is, or a value of the caller's own type; a stream is one of events.

_api      arguments in, an answer or a stream out
_path     a path, and where it must not lead
_form     bytes to a value, or to the error in its place
_answer   a whole answer
_events   a stream of events
"""

from ._answer import PlainAnswer
from ._api import Endpoints
from ._events import EventStream

__all__ = ["Endpoints", "EventStream", "PlainAnswer"]
