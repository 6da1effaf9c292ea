"""What the headers of an answer say of the request."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["request_id_of"]

_ID_HEADERS = ("x-oneapi-request-id", "x-request-id", "x-upstream-request-id")
_REQUEST_ID = r"\(request id: ([^)\s]+)\)"


def request_id_of(headers: Mapping[str, str], message: str = "") -> str | None:
    """The gateway's request id: its header, an upstream's, or the suffix of an error message."""
    for name in _ID_HEADERS:
        if headers.get(name):
            return headers[name]
    found = re.search(_REQUEST_ID, message)
    return found.group(1) if found else None
