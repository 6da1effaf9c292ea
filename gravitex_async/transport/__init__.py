"""From a request to the bytes of its answer: the only package that knows aiohttp.

_url        one base URL from its many forms
_request    a request as a value, its body as bytes; _envelope: what many requests have in common
_clocks     the seven time limits of a call
_credential the key: where it goes, and where it does not
_slots      who may have a connection, who waits
_governor   whose turn it is under limits, by _scope (one model), _places (how many at once), _pace and _meter
            (how many a minute)
_session    aiohttp, loaded late; _connector: its connections; _tap: all that is private of it;
            _selfcheck: whether that works
_idle       whether a connection may be used again
_proxy      a proxy, and its refusals; _environment: which one there is
_pool       one set of connections per event loop
_watch      what a connection brings; _body: what has arrived of a body, and a wait for more
_response   the bytes of one answer; _refusal: the error it stands for
_sending    one call on its way; _begun: a try that went out at once
_transport  queue, send, try again
_opening    a request and its transport: opened once, however often a wait for it is cancelled
_log        a line per try

``GRAVITEX_PRIVATE_AIOHTTP=off`` in the environment has all of it done by what aiohttp promises, at up to
twice the cost of a call: for a new version of it that does what the self-check does not see.
"""

from ._clocks import Clocks
from ._credential import APIKey, Auth, checked_key, without_secret
from ._governor import LimitStatistics
from ._opening import Call, Opening
from ._pool import Pool, PoolStatistics
from ._request import Request, checked_headers, checked_query
from ._response import Response, check_loop
from ._transport import Transport
from ._url import BaseURL, model_path

__all__ = [
    "APIKey",
    "Auth",
    "BaseURL",
    "Call",
    "Clocks",
    "LimitStatistics",
    "Opening",
    "Pool",
    "PoolStatistics",
    "Request",
    "Response",
    "Transport",
    "check_loop",
    "checked_headers",
    "checked_key",
    "checked_query",
    "model_path",
    "without_secret",
]
