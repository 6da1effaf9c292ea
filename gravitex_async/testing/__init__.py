"""A local Gravitex gateway for tests, demos and machines without a key: ``LocalGateway``.

It is a real server on a loopback port; any client can talk to it. It shares no
protocol code with the client, so that a mistake of one is not repeated by the other.

    _gateway     LocalGateway: the public door
    _server      aiohttp: connections, requests, who left
    _service     keys, limits, routes; which answer a request gets
    _answers     what is said, in no dialect yet; _script: what a test wrote
    _chat, _responses, _gemini, _embeddings, _models: reading and writing each format
    _requests    what a request must look like; _complaints: what is said of one that does not
    _tape        recorded bodies
    _faults      the table of faults, delivery; _content_faults, _compression: the others
    _reply       one answer as a value; _wire: sending it
    _records     requests, streams, connections, and waiting for them

The names are loaded on first use: the pytest plugin lives in this package and must cost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._answers import TokenCounts
    from ._auth import RequestLimit
    from ._faults import Fault
    from ._gateway import LocalGateway
    from ._records import Connection, RecordedRequest, StreamRecord
    from ._script import Call, Script
    from ._tape import Tape

__all__ = [
    "Call",
    "Connection",
    "Fault",
    "LocalGateway",
    "RecordedRequest",
    "RequestLimit",
    "Script",
    "StreamRecord",
    "Tape",
    "TokenCounts",
]

_HOMES = {
    "Call": "_script",
    "Connection": "_records",
    "Fault": "_faults",
    "LocalGateway": "_gateway",
    "RequestLimit": "_auth",
    "RecordedRequest": "_records",
    "Script": "_script",
    "StreamRecord": "_records",
    "Tape": "_tape",
    "TokenCounts": "_answers",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
