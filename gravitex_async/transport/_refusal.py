"""From an answer whose status is not good to the error it stands for."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..decoding import error_of, flat_error, parse_body
from ..errors import APIError, APIStatusError
from ._proxy import Proxy, refused
from ._response import Response

__all__ = ["is_good", "refusal_of"]

MAX_ERROR_BYTES = 1024 * 1024
"""What is read of an error answer, at most."""


def is_good(status: int) -> bool:
    """Whether an answer with this status has a body that answers."""
    return 200 <= status < 300 and status not in (204, 205)


async def refusal_of(response: Response, model: str, place: str, proxy: Proxy | None) -> APIError:
    """The error in *response*, which is read and let go.

    *place* is the address that was asked; *proxy* passed the answer on, or is its author.
    """
    status = response.status
    if status < 400:
        response.release()
        return APIStatusError(
            f"API request failed: expected an answer, got status {status}{_hint(response)}",
            status=status,
            headers={name.lower(): value for name, value in response.headers.items()},
        )
    try:
        body = await response.read_all(MAX_ERROR_BYTES, cut=True)
    except APIError:
        body = b""  # the status alone says enough
    parsed = parse_body(body)
    info = flat_error(parsed)
    # In a tunnel nobody but the gateway can have said it; and the gateway speaks JSON.
    aloud = proxy is not None and not place.startswith("https")
    if aloud and (status == 407 or not isinstance(parsed, (dict, list))):
        origin = urlsplit(place)._replace(path="", query="", fragment="").geturl()
        return refused(origin, proxy, status, response.headers, info.message)
    return error_of(info, status=status, headers=response.headers, model=model, place=place)


def _hint(response: Response) -> str:
    if response.status < 300:
        return " without a body"
    # Without its query, which may quote ours.
    target = urlsplit(response.headers.get("Location", ""))
    place = target._replace(query="", fragment="").geturl()
    return f" to {place!r}; redirects are not followed, set base_url"
