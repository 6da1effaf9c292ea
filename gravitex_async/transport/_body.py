"""The body of an answer as it arrives: what is there, and a wait for more.

``PlainBody`` reads it with public means, whatever the version of aiohttp; ``_tap.TappedBody`` does the same
for a third of the cost, with private ones. Both hand out the same bytes and end the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from .._frames import forget_frames
from ._watch import Watch

if TYPE_CHECKING:
    from aiohttp import StreamReader

__all__ = ["Body", "PlainBody", "lost"]


class Body(Protocol):
    """One reader's view of a body."""

    def take(self) -> bytes | None:
        """All there is; b"" at the end of the body; None when there is nothing yet.

        Raises:
            Exception: Of aiohttp: the body broke off.
        """
        ...

    def wait(self) -> Awaitable[object]:
        """Something to await until ``take`` has more to say; it may be cancelled, and raises nothing else."""
        ...

    @property
    def at_eof(self) -> bool:
        """Whether the body has come to a clean end, and all of it was taken."""
        ...

    @property
    def error(self) -> BaseException | None:
        """What ``take`` will raise."""
        ...

    def interrupt(self) -> None:
        """Ends the wait of the reader, but not of a body that has come to its end: that is handed out."""
        ...

    def rest(self) -> bytes:
        """What had arrived before the body broke off."""
        ...

    def stop(self) -> None:
        """Is read no more; whoever waits is woken."""
        ...


def lost() -> ConnectionResetError:
    """What a body ends with whose connection is lost, where aiohttp has no error for it."""
    return ConnectionResetError("the connection was lost")


class PlainBody:
    """A body read with ``readany``: correct with any version of aiohttp, and with test doubles.

    An error hides what aiohttp had buffered before it. Where the connection is lost or a clock runs out that
    is taken out in time; for all else *buffered* may know a way to it.
    """

    __slots__ = ("_buffered", "_content", "_data", "_error", "_watch")

    def __init__(
        self,
        content: StreamReader,
        watch: Watch | None = None,
        buffered: Callable[[StreamReader], bytes] | None = None,
    ) -> None:
        self._content = content
        self._watch = watch
        self._buffered = buffered
        self._data = b""
        self._error: Exception | None = None
        if watch is not None:
            watch.enter(self)

    def take(self) -> bytes | None:
        if self.error is not None:
            raise self.error
        data, self._data = self._data, b""
        if data:
            return data
        content = self._content
        return content.read_nowait() if content.is_eof() else None

    async def wait(self) -> None:
        try:
            self._data = await self._content.readany()
        except Exception as error:
            forget_frames(error)
            self._error = error

    @property
    def at_eof(self) -> bool:
        return self._content.at_eof() and self.error is None and not self._data

    @property
    def error(self) -> BaseException | None:
        return self._error or self._content.exception()

    def interrupt(self) -> None:
        self._end_with(TimeoutError("the wait was ended"))

    def rest(self) -> bytes:
        rest, self._data = self._data, b""
        return rest if self._buffered is None else rest + self._buffered(self._content)

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.leave(self)

    # What the watch tells

    def received(self, size: int) -> bool:
        return not self._content.is_eof()

    def losing(self, broken: bool) -> None:
        self._keep()
        if broken:
            # aiohttp takes a reset for the end of a body that has no length; whatever did end, ended before.
            self._end_with(lost())

    def lost(self) -> None:
        if self._content.exception() is None:
            self._end_with(lost())

    def _keep(self) -> None:
        """Takes out what aiohttp has, while it still gives it."""
        if self._content.exception() is None:
            with contextlib.suppress(RuntimeError):  # somebody waits, so there is nothing
                self._data += self._content.read_nowait()

    def _end_with(self, error: Exception) -> None:
        if not self._content.is_eof():
            self._keep()
            self._content.set_exception(error)
