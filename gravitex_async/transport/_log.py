"""One line per try, for those who look for what went wrong: logger ``gravitex_async``, level DEBUG.

``GRAVITEX_LOG=debug`` shows the lines on standard error without any set-up. They hold the method, the path
without its query, the status, the request id, the try, seconds and bytes; never a header or a body.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .._headers import request_id_of
from .._lines import one_line
from ..errors import APIError

if TYPE_CHECKING:
    from ._clocks import Clocks
    from ._request import Request
    from ._response import Response

__all__ = ["attempt", "body", "pause", "paused", "stale"]

logger: Final = logging.getLogger("gravitex_async")
logger.addHandler(logging.NullHandler())


def attempt(request: Request, clocks: Clocks, outcome: Response | APIError) -> None:
    """A try has ended: with headers, or with an error."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    if isinstance(outcome, APIError):
        result, request_id = f"{type(outcome).__name__}: {outcome}", outcome.request_id
    else:
        result, request_id = str(outcome.status), request_id_of(outcome.headers)
    logger.debug(
        "%s %s -> %s (try %d, %.3f s, request %s)",
        request.method,
        request.path,
        result,
        clocks.attempts,
        clocks.now() - clocks.started,
        one_line(str(request_id)),
    )


def pause(request: Request, seconds: float) -> None:
    """Another try follows."""
    logger.debug("%s %s again in %.3f s", request.method, request.path, seconds)


def stale(method: str, url: str) -> None:
    """The server had closed a connection it had promised to keep; the request goes out again at once."""
    logger.debug("%s %s again at once: the connection had been closed", method, urlsplit(url).path)


def paused(model: str, seconds: float) -> None:
    """Calls of *model* wait: logged once per pause, at level INFO."""
    logger.info("calls of %r wait for %.1f s: the gateway refuses them (429)", model, seconds)


def body(method: str, path: str, clocks: Clocks, size: int, ended: bool) -> None:
    """An answer was let go of after *size* bytes."""
    if logger.isEnabledFor(logging.DEBUG):
        how = "ended" if ended else "left"
        seconds = clocks.now() - clocks.started
        logger.debug("%s %s %s after %d bytes (%.3f s)", method, path, how, size, seconds)


def _show(level: str) -> None:
    """Writes to standard error what *level* and above says; an unknown level says nothing."""
    number = logging.getLevelName(level.upper())
    if isinstance(number, int):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(number)


_show(os.environ.get("GRAVITEX_LOG", ""))
