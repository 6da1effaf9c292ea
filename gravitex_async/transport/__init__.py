"""From a request to the bytes of its answer: the only package that knows aiohttp.

_url        one base URL from its many forms
_request    a request as a value, its body as bytes
_clocks     the six time limits of a call
_slots      who may have a connection, who waits
_governor   rate limits and the shared pause
_session    aiohttp, loaded late
_pool       one set of connections per event loop
_response   the bytes of one answer
_transport  queue, send, read errors, try again
"""

from ._clocks import Clocks
from ._pool import Pool, PoolStatistics
from ._request import Request, checked_headers
from ._response import MAX_BODY_BYTES, Response
from ._transport import APIKey, Auth, Call, Transport, checked_key
from ._url import BaseURL, model_path

__all__ = [
    "MAX_BODY_BYTES",
    "APIKey",
    "Auth",
    "BaseURL",
    "Call",
    "Clocks",
    "Pool",
    "PoolStatistics",
    "Request",
    "Response",
    "Transport",
    "checked_headers",
    "checked_key",
    "model_path",
]
