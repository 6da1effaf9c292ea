"""A path that a caller writes: below the base URL, and nowhere else, for the key goes with it."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote

from .._checks import expected, kind_of, shown
from ..errors import MisuseError

__all__ = ["split_path"]

# What may stand in a path as it is: https://datatracker.ietf.org/doc/html/rfc3986#section-3.3; "%", because a
# path may be encoded already.
_SAFE = "/%:@!$&'()*+,;=~"


def split_path(path: str) -> tuple[str, dict[str, str]]:
    """The path, encoded, and its query.

    Raises:
        MisuseError: It does not begin with "/", names a host, climbs out of its place, or has a fragment, a
            control character, or a name twice in its query.
    """
    place, _, query = path.partition("?") if isinstance(path, str) else ("", "", "")
    plain = unquote(place)
    if not place.startswith("/") or plain.startswith("//"):
        got = shown(place) if isinstance(path, str) else kind_of(path)
        raise expected("path", "one below base_url, like '/v1/rerank'", got)
    if any(character < " " or character in "\\#\x7f" for character in plain + query):
        raise MisuseError(f"expected a path without '#', '\\' and control characters, got {shown(place)}")
    if any(part in (".", "..") for part in plain.split("/")):
        raise MisuseError(f"expected a path that stays in its place, got {shown(place)}")
    pairs = parse_qsl(query, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        raise MisuseError("expected a query with each name once, got one twice (values are not shown)")
    return quote(place, safe=_SAFE), dict(pairs)
