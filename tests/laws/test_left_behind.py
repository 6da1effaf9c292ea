"""Nothing stays behind: whatever is left, however it is stopped, its connection and its frames go.

The garbage collector is off in all of these. A server that answers as it is told sees who leaves; a local
variable of the function that reads must be gone as well, because what keeps it would keep a stream too.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import importlib.util
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest

from gravitex_async import APIError, AsyncGravitex

from .conftest import MESSAGES, Tls
from .upstream import EVENTS, FIRST, MOMENTS, TURNS, Upstream, open_stream, silence, whole, words


@pytest.fixture(autouse=True, scope="module")
def no_collector() -> Iterator[None]:
    """Only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


LOOPS = [
    "asyncio",
    pytest.param("uvloop", marks=pytest.mark.skipif(not importlib.util.find_spec("uvloop"), reason="none")),
]


def run(loop: str, case: Callable[[], Awaitable[None]]) -> None:
    """Runs *case* on a loop of that kind."""
    made = importlib.import_module(loop).new_event_loop()
    try:
        made.run_until_complete(case())
        made.run_until_complete(made.shutdown_asyncgens())
        made.run_until_complete(made.shutdown_default_executor())
    finally:
        made.close()


# Every way of leaving, after every kind of first try


async def _three(view: Any) -> None:
    for _ in range(3):
        await view.__anext__()


async def _drop(stream: Any) -> None:
    await _three(stream)


async def _break(stream: Any) -> None:
    count = 0
    async for _ in stream:
        count += 1
        if count == 3:
            break


async def _break_a_view(stream: Any) -> None:
    count = 0
    async for _ in stream.text():
        count += 1
        if count == 3:
            break


async def _leave_the_block(stream: Any) -> None:
    async with stream:
        await _three(stream.deltas())


async def _raise_in_the_block(stream: Any) -> None:
    async with stream:
        await _three(stream)
        raise ZeroDivisionError


async def _raise(stream: Any) -> None:
    async for _ in stream.batches():
        raise ZeroDivisionError


async def _aclose(stream: Any) -> None:
    await _three(stream)
    await stream.aclose()


async def _abort(stream: Any) -> None:
    await _three(stream.text())
    stream.abort()


async def _cancel_the_reader(stream: Any) -> None:
    reader, arrived = _reading(stream)
    await arrived.wait()
    reader.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reader


async def _abort_under_a_reader(stream: Any) -> None:
    reader, arrived = _reading(stream)
    await arrived.wait()
    stream.abort()
    await reader


def _reading(stream: Any) -> tuple[asyncio.Task[None], asyncio.Event]:
    """A task that reads, and the event that it waits for what comes behind the three words."""
    arrived = asyncio.Event()

    async def read() -> None:
        async for _ in stream.text():
            if stream.content == "word " * 3:
                arrived.set()

    return asyncio.ensure_future(read()), arrived


LEAVING = [
    _drop, _break, _break_a_view, _leave_the_block, _raise_in_the_block, _raise, _aclose, _abort,
    _cancel_the_reader, _abort_under_a_reader,
]  # fmt: skip


async def _left(
    dialect: str, first: str, leave: Callable[[Any], Awaitable[None]], tls: Tls | None = None
) -> None:
    async def reader(upstream: Upstream) -> int:
        local = upstream.mark()
        stream = open_stream(upstream.client, dialect)
        with contextlib.suppress(ZeroDivisionError):
            await leave(stream)
        assert local is not None
        attempts: int = stream.attempts
        return attempts

    async with Upstream(*FIRST[first], words(dialect), tls=tls) as upstream:
        assert await reader(upstream) == 1 + len(FIRST[first])
        await upstream.is_left()


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("leave", LEAVING)
def test_leaving_after_a_first_try(leave: Callable[[Any], Awaitable[None]], first: str, loop: str) -> None:
    """A try that failed leaves nothing that could keep the stream of the next one."""
    run(loop, lambda: _left("chat", first, leave))


@pytest.mark.parametrize("first", ["503", "cut behind a comment"])
@pytest.mark.parametrize("dialect", ["responses", "gemini"])
@pytest.mark.parametrize("leave", [_drop, _break_a_view])
def test_leaving_in_every_dialect(leave: Callable[[Any], Awaitable[None]], dialect: str, first: str) -> None:
    """The same."""
    run("asyncio", lambda: _left(dialect, first, leave))


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("leave", [_drop, _break_a_view, _cancel_the_reader])
def test_leaving_a_body_that_is_read_with_public_means(
    leave: Callable[[Any], Awaitable[None]], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, where aiohttp is not built as the fast way needs it."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "off")
    run("asyncio", lambda: _left("chat", first, leave))


# Python 3.10 warns of every TLS connection that its peer has closed.
@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("first", ["no retry", "503", "reset before the head", "cut behind a comment"])
@pytest.mark.parametrize("leave", [_drop, _leave_the_block, _raise, _abort, _cancel_the_reader])
def test_leaving_over_tls(leave: Callable[[Any], Awaitable[None]], first: str, loop: str, tls: Tls) -> None:
    """The same, with one more layer that keeps what it is given."""
    run(loop, lambda: _left("chat", first, leave, tls))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("dialect", EVENTS)
def test_the_end_after_a_first_try(dialect: str, first: str, loop: str) -> None:
    """A stream that is read to its end gives everything back."""

    async def reader(upstream: Upstream) -> None:
        local = upstream.mark()
        stream = open_stream(upstream.client, dialect)
        await stream.final()
        assert local is not None
        assert (stream.end.state, stream.attempts) == ("completed", 1 + len(FIRST[first]))

    async def case() -> None:
        async with Upstream(*FIRST[first], whole(dialect)) as upstream:
            await reader(upstream)
            assert upstream.client.pool.statistics().idle == 1
            await upstream.client.close()
            await upstream.is_left()

    run(loop, case)


@pytest.mark.parametrize("first", [first for first in FIRST if first != "no retry"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_failed_call_keeps_no_frames(stream: bool, first: str) -> None:
    """Its caller may hold another stream."""

    async def caller(upstream: Upstream) -> None:
        local = upstream.mark()
        eager = upstream.client.with_options(max_retries=0)
        with pytest.raises(APIError):
            await (_final if stream else _plain)(eager)
        assert local is not None

    async def case() -> None:
        async with Upstream(*FIRST[first], silence) as upstream:
            await caller(upstream)
            await upstream.is_left()

    run("asyncio", case)


# Every way of being stopped, at every moment, by every framework


async def _iterate(client: AsyncGravitex) -> None:
    async for _ in open_stream(client):
        pass


async def _read_text(client: AsyncGravitex) -> None:
    async for _ in open_stream(client).text():
        pass


async def _final(client: AsyncGravitex) -> None:
    await open_stream(client).final()


async def _awaited(client: AsyncGravitex) -> None:
    stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
    await stream.final()


async def _entered(client: AsyncGravitex) -> None:
    async with open_stream(client) as stream:
        await stream.final()


async def _through_a_generator(client: AsyncGravitex) -> None:
    """What a web framework is given."""

    async def pieces() -> Any:
        async for piece in open_stream(client).text():
            yield piece

    async for _ in pieces():
        pass


async def _plain(client: AsyncGravitex) -> None:
    await client.chat.completions.create(model="m", messages=MESSAGES)


READING = [_iterate, _read_text, _final, _awaited, _entered, _through_a_generator, _plain]

Use = Callable[[], Awaitable[None]]


async def _cancel(use: Use, upstream: Upstream, *, times: int = 1) -> None:
    task = asyncio.ensure_future(use())
    await upstream.said_it()
    for _ in range(times):
        task.cancel()
        task.cancel()
        await asyncio.sleep(0)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _cancel_twice(use: Use, upstream: Upstream) -> None:
    await _cancel(use, upstream, times=2)


async def _cancel_and_keep(use: Use, upstream: Upstream) -> None:
    task = asyncio.ensure_future(use())
    await upstream.said_it()
    task.cancel()
    await asyncio.wait([task])
    await upstream.is_left()
    assert task.cancelled()


async def _gather(use: Use, upstream: Upstream) -> None:
    both = asyncio.gather(use(), upstream.said_it(), return_exceptions=True)
    await upstream.said_it()
    both.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await both


async def _wait_for(use: Use, upstream: Upstream) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(use(), 0.05)


async def _asyncio_timeout(use: Use, upstream: Upstream) -> None:
    async def expire() -> None:
        await upstream.said_it()
        limit.reschedule(asyncio.get_running_loop().time())

    with contextlib.suppress(asyncio.TimeoutError):
        async with asyncio.timeout(None) as limit:
            task = asyncio.ensure_future(expire())
            await use()
    await task


async def _task_group(use: Use, upstream: Upstream) -> None:
    async def fail() -> None:
        await upstream.said_it()
        raise ZeroDivisionError

    with contextlib.suppress(BaseException):  # a group of one ZeroDivisionError
        async with asyncio.TaskGroup() as group:
            group.create_task(use())
            group.create_task(fail())


async def _anyio_scope(use: Use, upstream: Upstream) -> None:
    async def expire() -> None:
        await upstream.said_it()
        scope.cancel()

    with anyio.CancelScope() as scope:
        task = asyncio.ensure_future(expire())
        await use()
    await task


async def _anyio_move_on(use: Use, upstream: Upstream) -> None:
    with anyio.move_on_after(0.05):
        await use()


async def _anyio_task_group(use: Use, upstream: Upstream) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(use)
        await upstream.said_it()
        group.cancel_scope.cancel()


async def _anyio_sibling(use: Use, upstream: Upstream) -> None:
    """How Starlette stops a response when its client has left."""

    async def leave() -> None:
        await upstream.said_it()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(use)
        await leave()


async def _anyio_with_cleaning(use: Use, upstream: Upstream) -> None:
    """The cancellation is delivered again while the reader cleans up."""

    async def clean() -> None:
        try:
            await use()
        finally:
            await asyncio.sleep(60)

    await _anyio_sibling(clean, upstream)


NEW = pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has no such thing")

STOPPING = [
    _cancel, _cancel_twice, _cancel_and_keep, _gather, _wait_for,
    pytest.param(_asyncio_timeout, marks=NEW), pytest.param(_task_group, marks=NEW),
    _anyio_scope, _anyio_move_on, _anyio_task_group, _anyio_sibling, _anyio_with_cleaning,
]  # fmt: skip


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("stop", STOPPING)
@pytest.mark.parametrize("read", READING)
def test_stopped_in_any_way_at_any_moment(
    read: Callable[[AsyncGravitex], Awaitable[None]],
    stop: Callable[[Use, Upstream], Awaitable[None]],
    moment: str,
    loop: str,
) -> None:
    """By a task, a timeout or a framework's scope: the request and all frames go."""

    async def case() -> None:
        async with Upstream(MOMENTS[moment]) as upstream:

            async def use() -> None:
                local = upstream.mark()
                await read(upstream.client)
                assert local is not None

            await stop(use, upstream)
            await upstream.is_left()

    run(loop, case)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("stop", [_cancel, _wait_for, _anyio_sibling])
def test_stopped_over_tls(
    stop: Callable[[Use, Upstream], Awaitable[None]], moment: str, loop: str, tls: Tls
) -> None:
    """The same, with one more layer that keeps what it is given."""

    async def case() -> None:
        async with Upstream(MOMENTS[moment], tls=tls) as upstream:

            async def use() -> None:
                local = upstream.mark()
                await _awaited(upstream.client)
                assert local is not None

            await stop(use, upstream)
            await upstream.is_left()

    run(loop, case)


@pytest.mark.parametrize("first", ["503", "cut behind a comment"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("read", READING)
def test_stopped_by_a_framework_after_a_first_try(
    read: Callable[[AsyncGravitex], Awaitable[None]], moment: str, first: str
) -> None:
    """The same when it is not the first request that is stopped."""

    async def case() -> None:
        async with Upstream(*FIRST[first], MOMENTS[moment]) as upstream:

            async def use() -> None:
                local = upstream.mark()
                await read(upstream.client)
                assert local is not None

            await _anyio_sibling(use, upstream)
            await upstream.is_left()

    run("asyncio", case)


@pytest.mark.parametrize("how", ["await", "enter"])
async def test_a_cancelled_opening_is_closed_though_it_is_kept(how: str) -> None:
    """Nobody was given the stream, so nobody else can close it; who kept it all the same is told."""
    async with Upstream(silence) as upstream:
        stream = open_stream(upstream.client)
        opening = asyncio.ensure_future(stream.__aenter__() if how == "enter" else _of(stream))
        await upstream.said_it()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await upstream.is_left()
        assert stream.end.state == "closed"
        for again in (stream.__anext__, stream.final, stream.__aenter__):
            with pytest.raises(RuntimeError, match="was cancelled"):
                await again()


async def _of(stream: Any) -> Any:
    return await stream


async def test_a_cancelled_read_is_taken_up_again() -> None:
    """Before the head, too, whoever reads has the stream."""
    async with Upstream(silence) as upstream:
        stream = open_stream(upstream.client)
        read = asyncio.ensure_future(stream.__anext__())
        await upstream.said_it()
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        again = asyncio.ensure_future(stream.__anext__())
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert upstream._open == 1
        stream.abort()
        with pytest.raises(StopAsyncIteration):
            await again
        await upstream.is_left()
