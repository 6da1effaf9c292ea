"""One answer, from its headers to the end of its body; the only owner of its connection.

Strategy
    ``read`` hands on what the network brought, as it came. Whatever goes wrong in the body is translated
    here, once, into an error of this package, and the bytes that had arrived before it are delivered first.

    Three ways to let go, all synchronous, all idempotent, all safe from any thread: the end of the body
    gives the connection back; ``release`` gives it back if the body has ended and closes it otherwise;
    ``abort`` closes it at once.

    A wait is ended from outside, by the clocks and by the loss of the connection (``_watch``), never by the
    HTTP library's timers. Where nobody waits when the deadline passes, the connection is closed all the same:
    the model must not run on until somebody comes to read. What had arrived is kept for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from .._frames import forget_frames
from ..config import MAX_BODY_BYTES
from ..errors import APIConnectionError, APIError, DecodeError, MisuseError, StreamInterrupted
from ..usage import Usage
from ._body import Body
from ._clocks import Clocks

if TYPE_CHECKING:
    from aiohttp import StreamReader
    from aiohttp.connector import Connection

__all__ = ["Answer", "Response", "check_loop"]

# How long a finished answer may take to reach the end of its body before its connection is given up.
DRAIN_SECONDS: Final = 0.05
DRAIN_BYTES: Final = 64 * 1024


class Answer(Protocol):
    """What an answer is made of: one of aiohttp's, or of a double's, or of a request we sent ourselves."""

    status: int

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> StreamReader: ...
    @property
    def connection(self) -> Connection | None: ...

    def release(self) -> object:
        """Gives the connection back."""
        ...

    def close(self) -> object:
        """Closes it."""
        ...


class Lease(Protocol):
    """What an answer has of the pool."""

    def end(self, error: APIError | None, size: int, ended: bool) -> None:
        """Gives it back, once: what was wrong with the answer, its bytes, whether its body had ended."""
        ...

    def used(self, usage: Usage) -> None:
        """Takes note of what the answer used, before or after its end."""
        ...


def check_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Sees to it that *loop*, on which a request was sent, is the one that waits for its answer.

    Raises:
        MisuseError: It is another one.
    """
    if asyncio.get_running_loop() is not loop:
        ended = ", which has ended" if loop.is_closed() else ""
        raise MisuseError(
            f"this stream belongs to another event loop{ended}: read it where it was opened, or open one here"
        )


class Response:
    """What the gateway answered. Reading is cancellable and loses nothing; one reader at a time."""

    __slots__ = (
        "__weakref__",
        "_answer",
        "_body",
        "_failure",
        "_lease",
        "_loop",
        "_rest",
        "bytes",
        "clocks",
        "headers",
        "secret",
        "status",
    )

    def __init__(
        self,
        answer: Answer,
        body: Body,
        clocks: Clocks,
        loop: asyncio.AbstractEventLoop,
        lease: Lease,
        *,
        secret: str = "",
    ) -> None:
        self._answer: Answer | None = answer
        self._body = body
        self.clocks = clocks
        self._loop = loop
        self._lease = lease
        self._failure: APIError | None = None
        self._rest = b""  # what had arrived when it was closed, and is still to be taken
        self.secret = secret  # the key, for striking it out of errors
        self.bytes = 0
        self.status: int = answer.status
        self.headers: Mapping[str, str] = answer.headers
        clocks.watch(_Expiry(self))

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; "" when there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def closed(self) -> bool:
        """Whether the connection has been let go."""
        return self._answer is None

    @property
    def at_eof(self) -> bool:
        """Whether the body has come to a clean end and all of it was read."""
        if self._failure is not None:
            return False  # it broke off behind what ``take`` gave last
        return self._answer is None or self._body.at_eof

    def __del__(self) -> None:
        self.release(collected=True)

    def take(self) -> bytes | None:
        """What has arrived of the body; b"" at its end, None when there is nothing yet.

        Raises:
            APITimeoutError: A clock ran out while waiting.
            StreamInterrupted: The connection broke, or the body is not what its headers say.
        """
        if self._answer is None:
            return self._take_behind()
        try:
            data = self._body.take()
        except Exception as error:
            return self._broken(error)
        if data is None:
            return None
        self.clocks.took()
        if not data:
            self.release()
        self.bytes += len(data)
        return data

    def _take_behind(self) -> bytes:
        """What there is to take when the connection was let go."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        if self._failure is not None:
            check_loop(self._loop)  # its loop may have ended, and that was the failure
            raise copy.copy(self._failure)
        return b""

    def wait(self) -> Awaitable[object]:
        """What to await, at once, until ``take`` has more to say: an error of the body is raised there.

        Cancelling it loses nothing, and is to be reported with ``gave_up``.

        Raises:
            MisuseError: The answer belongs to another event loop.
        """
        check_loop(self._loop)
        self.clocks.wait()
        return self._body.wait()

    def gave_up(self) -> None:
        """A wait was cancelled: until the next one the reader is elsewhere."""
        self.clocks.gave_up()

    async def read(self) -> bytes:
        """The next bytes of the body, at least one; b"" at its end.

        Raises:
            APIError: As for ``take``.
        """
        try:
            while (data := self.take()) is None:
                await self.wait()
        except asyncio.CancelledError:
            self.gave_up()
            raise
        return data

    async def read_all(self, limit: int = MAX_BODY_BYTES, *, cut: bool = False) -> bytes:
        """The rest of the body, and lets go; with *cut*, about the first *limit* bytes of it.

        Raises:
            DecodeError: It is larger than *limit* bytes.
        """
        pieces: list[bytes] = []
        size = 0
        try:
            while data := self.take() or await self.read():
                pieces.append(data)
                size += len(data)
                if size > limit and cut:
                    break
                if size > limit:
                    raise DecodeError(f"expected an answer of at most {limit} bytes, got a larger one")
        finally:
            self.release()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def drain(self) -> bool:
        """Reads on to the end of a finished answer, for a moment only; True when it was reached.

        What was read is of no interest: the dialect's end mark has been seen.
        """
        answer = self._answer
        if answer is None or asyncio.get_running_loop() is not self._loop:
            self.release()
            return False
        # The clocks are for who waits for an answer; here it is there, and a server that does not come to an
        # end, which many do not, must not hold the reader up.
        timer = self._loop.call_later(DRAIN_SECONDS, self._body.interrupt)
        left = DRAIN_BYTES
        try:
            while left > 0:
                data = self._body.take()
                if data == b"":
                    return True
                if data is None:
                    await self._body.wait()
                else:
                    left -= len(data)
        except Exception as error:  # whatever it is, the answer is complete and its connection is not kept
            forget_frames(error)
            self.abort()
        finally:
            timer.cancel()
            self.release()
        return False

    def release(self, *, collected: bool = False) -> None:
        """Lets go: the connection is kept when the body has ended, and closed otherwise.

        Args:
            collected: Nobody refers to the answer any more. The collector runs anywhere, in the midst of the
                queues' own work too: so what the answer has of the pool is given back a moment later.
        """
        answer = self._answer
        if answer is not None:
            ended = self.at_eof
            self._let_go(answer.release if ended else answer.close, None, ended, collected=collected)

    def abort(self, error: APIError | None = None) -> None:
        """Closes the connection at once; a waiting reader gets an error. *error* is what is wrong with it."""
        answer = self._answer
        if answer is not None:
            self._let_go(answer.close, error, False)

    def used(self, usage: Usage) -> None:
        """The answer, or what has arrived of it, says what it used."""
        self._lease.used(usage)

    def fail(self, error: APIError) -> None:
        """Ends the answer with *error*: the pool is closing under it."""
        self._failure = self._failure or error
        self.abort(error)

    def expire(self) -> None:
        """A clock has run out: ends the wait of the reader, or closes the connection where nobody waits."""
        answer = self._answer
        if answer is None:
            return
        self._body.interrupt()
        error = None if self.clocks.reader_waits else self._body.error
        if isinstance(error, Exception):
            with contextlib.suppress(APIError):  # it is raised to whoever comes to read
                self._rest = self._broken(error)

    def _let_go(
        self, how: Callable[[], object], error: APIError | None, ended: bool, *, collected: bool = False
    ) -> None:
        self._answer = None
        if self._loop.is_closed():
            return
        loop, clocks, body, size, lease = self._loop, self.clocks, self._body, self.bytes, self._lease

        def finish() -> None:
            clocks.stop()
            body.stop()
            how()
            if collected:
                loop.call_soon(lease.end, error, size, ended)
            else:
                lease.end(error, size, ended)

        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            finish()
        else:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(finish)

    def _broken(self, error: Exception) -> bytes:
        """What had arrived before *error*; raises when that was nothing."""
        forget_frames(error)  # aiohttp's reader keeps it
        failure: APIError = self._failure or self._translated(error)
        self._failure = failure
        rest = self._body.rest()
        self.abort(failure)
        if rest:
            self.clocks.took()  # a read like any other: its time is that of what it holds
            return rest
        raise copy.copy(failure)

    def _translated(self, error: Exception) -> APIError:
        if self.clocks.expired is not None:
            return self.clocks.error(self.clocks.expired)
        if self._answer is None:
            return APIConnectionError("the answer was closed while it was being read", retryable=False)
        # The library's words can quote headers or the URL; its class name and the system's error cannot.
        reason = f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__
        return StreamInterrupted(f"the answer broke off ({reason}); what had arrived is in error.partial")


class _Expiry:
    """What the clocks call. Refers weakly to the answer, which owns them and must be free to go."""

    __slots__ = ("_response",)

    def __init__(self, response: Response) -> None:
        self._response = weakref.ref(response)

    def __call__(self) -> None:
        response = self._response()
        if response is not None:
            response.expire()
