"""One call on its way, and what its answer has of the pool."""

from __future__ import annotations

import sys

from ..errors import APIError
from ..usage import Usage
from . import _log
from ._clocks import Clocks, Phase
from ._credential import Credential
from ._envelope import Envelope
from ._governor import FREE, FreePermit, Permit
from ._pool import LoopPool
from ._request import Request

if sys.version_info >= (3, 11):
    from asyncio import Timeout as Limit
else:
    from async_timeout import Timeout as Limit

__all__ = ["Lease", "Sending"]


class Sending:
    """One call on its way: what its tries share, and the limit of the wait that is going on."""

    __slots__ = ("body", "clocks", "credential", "envelope", "limit", "permit", "pool", "request")

    def __init__(self, pool: LoopPool, request: Request, clocks: Clocks) -> None:
        self.pool = pool
        self.request = request
        self.clocks = clocks
        self.body: bytes | bytearray | None = None
        self.credential: Credential | None = None
        self.envelope: Envelope | None = None
        self.limit: Limit | None = None
        self.permit: Permit | FreePermit = FREE

    def __repr__(self) -> str:
        return f"<Sending {self.request!r}>"

    @property
    def secret(self) -> str:
        """The key, for striking it out of errors."""
        return "" if self.credential is None else self.credential.secret

    def entered(self, phase: Phase) -> None:
        """Another wait begins within the one that is limited: for the headers, when the connection stands."""
        self.clocks.enter(phase)
        if phase == "headers":
            self.permit.sent()
        if self.limit is not None:
            _reschedule(self.limit, self.clocks.due())


class Lease:
    """What an answer has of the pool, and gives back when it is let go. Holds nothing of the request."""

    __slots__ = ("_clocks", "_host", "_method", "_path", "_permit", "_slots")

    def __init__(self, sending: Sending, host: str, *, good: bool) -> None:
        self._slots = sending.pool.slots
        self._host = host
        # What a refusal teaches the governor is known once its body is read.
        self._permit = sending.permit if good else None
        self._method = sending.request.method
        self._path = sending.request.path
        self._clocks = sending.clocks

    def end(self, error: APIError | None, size: int, ended: bool) -> None:
        """See ``_response.Lease``."""
        self._slots.release(self._host)
        if self._permit is not None:
            self._permit.release(error)
            _log.body(self._method, self._path, self._clocks, size, ended)

    def used(self, usage: Usage) -> None:
        """The answer has reported what it used; before or after its end."""
        if self._permit is not None:
            self._permit.used(usage)


def _reschedule(limit: Limit, moment: float | None) -> None:
    if sys.version_info >= (3, 11):
        limit.reschedule(moment)
    elif moment is None:
        limit.reject()
    else:
        limit.update(moment)
