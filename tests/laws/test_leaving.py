"""Stop means stop: leaving a stream in any way closes its connection, which stops the model.

The sockets are real and the time is not (``tests/virtual.py``): what happens "at once" takes no time at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from gravitex_async import APIConnectionError, APIError, AsyncGravitex, MisuseError
from gravitex_async.testing import LocalGateway, Tape

from .conftest import RawServer, ask, chunked, client_of, head, open_stream

pytestmark = pytest.mark.virtual

# The server sends for two seconds; everybody leaves after three chunks.
EVENTS = 200
PACE = 0.01


@pytest.fixture
def long(gateway: LocalGateway) -> LocalGateway:
    gateway.script(text=["word "] * EVENTS, pace=PACE, times=None)
    return gateway


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def _three(stream: Any) -> None:
    for _ in range(3):
        await stream.__anext__()


async def _break_and_drop(client: AsyncGravitex) -> None:
    count = 0
    async for _ in open_stream(client):
        count += 1
        if count == 3:
            break


async def _break_a_view(client: AsyncGravitex, view: str) -> None:
    count = 0
    async for _ in getattr(open_stream(client), view)():
        count += 1
        if count == 3:
            break


async def _exception(client: AsyncGravitex) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with open_stream(client) as stream:
            await _three(stream)
            raise ZeroDivisionError


async def _exception_without_block(client: AsyncGravitex) -> None:
    async def reader() -> None:
        async for _ in open_stream(client):
            if client.pool.statistics().leased:
                raise ZeroDivisionError

    with contextlib.suppress(ZeroDivisionError):
        await reader()


async def _cancel(client: AsyncGravitex) -> None:
    async def reader() -> None:
        async for _ in open_stream(client):
            pass

    task = asyncio.create_task(reader())
    await asyncio.sleep(5 * PACE)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _aclose(client: AsyncGravitex) -> None:
    stream = open_stream(client)
    await _three(stream)
    await stream.aclose()


async def _abort(client: AsyncGravitex) -> None:
    stream = open_stream(client)
    await _three(stream)
    stream.abort()
    stream.abort()


async def _abort_from_a_thread(client: AsyncGravitex) -> None:
    stream = open_stream(client)
    await _three(stream)
    thread = threading.Thread(target=stream.abort)
    thread.start()
    thread.join()


async def _drop_in_a_thread(client: AsyncGravitex) -> None:
    streams = [open_stream(client)]
    await _three(streams[0])
    thread = threading.Thread(target=streams.clear)
    thread.start()
    thread.join()


async def _client_closed(client: AsyncGravitex) -> None:
    stream = open_stream(client)
    await _three(stream)
    await client.close()


WAYS: list[Callable[[AsyncGravitex], Awaitable[None]]] = [
    _break_and_drop,
    _exception,
    _exception_without_block,
    _cancel,
    _aclose,
    _abort,
    _abort_from_a_thread,
    _drop_in_a_thread,
    _client_closed,
]


async def _assert_server_saw_it(gateway: LocalGateway, client: AsyncGravitex) -> None:
    loop = asyncio.get_running_loop()
    left, sent = loop.time(), gateway.streams[-1].events_sent
    record = await gateway.wait_closed(timeout=1)
    assert record.state == "closed_by_peer"
    assert record.ended == left
    assert record.events_sent == sent
    assert client.pool.statistics().leased == 0


@pytest.mark.parametrize("way", WAYS)
async def test_pain_2_every_way_out_stops_the_server(
    long: LocalGateway,
    client: AsyncGravitex,
    no_collector: None,
    way: Callable[[AsyncGravitex], Awaitable[None]],
) -> None:
    """At once, before the next event, the server knows, with the garbage collector off."""
    await way(client)
    await _assert_server_saw_it(long, client)


async def test_pain_2_leaving_before_the_answer(
    gateway: LocalGateway, client: AsyncGravitex, no_collector: None
) -> None:
    """The same while nothing has come yet."""
    gateway.fault("stall", where="headers")
    task = asyncio.create_task(open_stream(client).__anext__())
    await gateway.until(lambda: bool(gateway.streams))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    await _assert_server_saw_it(gateway, client)


@pytest.mark.parametrize("view", ["deltas", "text", "batches"])
async def test_pain_2_breaking_out_of_a_view(
    long: LocalGateway, client: AsyncGravitex, no_collector: None, view: str
) -> None:
    """A view that is dropped takes its stream with it."""
    await _break_a_view(client, view)
    await _assert_server_saw_it(long, client)


async def test_pain_27_every_form_of_closing(long: LocalGateway, client: AsyncGravitex) -> None:
    """close, aclose and abort are the same, and may be called twice."""
    for leave in ("close", "aclose", "abort"):
        stream = open_stream(client)
        await _three(stream)
        for _ in range(2):
            if (result := getattr(stream, leave)()) is not None:
                await result
        assert stream.end.state == "closed"
        assert stream.content == "word word "
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()


async def test_pain_26_a_stream_may_change_tasks(long: LocalGateway, client: AsyncGravitex) -> None:
    """Read in one task, read on in a second, close in a third."""
    stream = open_stream(client)
    await asyncio.create_task(_three(stream))
    await asyncio.create_task(_three(stream))
    await asyncio.create_task(stream.aclose())
    await _assert_server_saw_it(long, client)


async def test_one_reader_at_a_time(long: LocalGateway, client: AsyncGravitex) -> None:
    """A second reader is told so, the first one reads on."""
    async with open_stream(client) as stream:
        await _three(stream)
        first = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(MisuseError, match="one reader"):
            await stream.__anext__()
        assert (await first).content == "word "


@pytest.mark.parametrize("before", [0, 3])
async def test_abort_wakes_the_reader(gateway: LocalGateway, client: AsyncGravitex, before: int) -> None:
    """A stop button: a reader that waits in another task comes to the end, and nothing is sent again."""
    gateway.script(text=["word "] * EVENTS, times=None)
    gateway.fault("stall", after_events=before)
    eager = client.with_options(max_retries=2)
    stream = open_stream(eager)
    for _ in range(before):
        await stream.__anext__()
    reader = asyncio.ensure_future(stream.__anext__())
    await asyncio.sleep(0.02)
    stream.abort()
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(reader, 5)
    assert stream.end.state == "closed"
    assert len(gateway.requests) == 1


async def test_closing_the_client_ends_its_readers(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A reader that waits while the pool closes gets a connection error, not silence; nothing is retried."""
    gateway.script(text=["word "] * 3)
    gateway.fault("stall", after_events=2)
    stream = open_stream(client.with_options(max_retries=2))
    await stream.__anext__()
    await stream.__anext__()
    reader = asyncio.ensure_future(stream.__anext__())
    await asyncio.sleep(0.02)
    await client.close()
    with pytest.raises(APIConnectionError, match="client was closed") as caught:
        await asyncio.wait_for(reader, 1)
    assert caught.value.partial.choices[0].message.content == "word "
    with pytest.raises(MisuseError, match="client is closed"):
        await ask(client)


@pytest.mark.parametrize("stream", [True, False])
async def test_closing_the_client_ends_calls_that_wait(
    gateway: LocalGateway, client: AsyncGravitex, stream: bool
) -> None:
    """A call that has no answer yet ends too, and is not tried again."""
    gateway.fault("stall", where="headers", count=None)
    eager = client.with_options(max_retries=2)
    call = asyncio.ensure_future(open_stream(eager).__anext__() if stream else ask(eager))
    await gateway.wait_requests(1)
    await client.close()
    with pytest.raises(APIConnectionError):
        await asyncio.wait_for(call, 1)
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    "way",
    ["finished", "broken off", "failed", "refused", "plain", "plain failed", "plain refused", "plain cut"],
)
async def test_nothing_is_left_for_the_collector(
    gateway: LocalGateway, client: AsyncGravitex, no_collector: None, way: str
) -> None:
    """Streams, responses and errors hold no reference cycle: dropping them frees them."""
    if way == "refused" and sys.version_info < (3, 11):
        pytest.skip("the frames of a task stay in a cycle of the interpreter's own")
    gateway.script(text=["One", " two"], times=None)
    await open_stream(client).final()
    gc.collect()
    references = []

    async def use() -> None:
        stream = open_stream(client)
        references.append(weakref.ref(stream))
        if way == "finished":
            await stream.final()
        elif way == "broken off":
            await stream.__anext__()
        elif way == "plain":
            await ask(client)
        else:
            _fail_next(gateway, way.rpartition(" ")[2], stream="plain" not in way)
            with contextlib.suppress(APIError):
                await (ask(client) if "plain" in way else stream.final())

    await use()
    await asyncio.sleep(0.01)  # what the loop itself still has to do
    assert references[0]() is None
    assert [o for o in _garbage() if _is_ours(o)] == []


def _fail_next(gateway: LocalGateway, way: str, *, stream: bool) -> None:
    if way == "failed":
        gateway.fault("error-event" if stream else "json-error")
    elif way == "refused":
        gateway.fault("status", status=401)
    else:
        gateway.play(Tape(b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'))


def _is_ours(value: object) -> bool:
    module = type(value).__module__
    return module.startswith("gravitex_async.") and not module.startswith("gravitex_async.testing")


def _garbage() -> list[Any]:
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return list(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


async def test_pain_22_a_finished_stream_gives_its_connection_back(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Ten streams one after another need one connection."""
    for _ in range(10):
        await open_stream(client).final()
    statistics = client.pool.statistics()
    assert (statistics.opened, statistics.reused, statistics.idle) == (1, 9, 1)
    assert len(gateway.connections) == 1


async def test_pain_22_reading_to_the_end_mark_is_enough(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """A loop inside ``async with`` that ends with the stream gives the connection back as well."""
    for _ in range(3):
        async with open_stream(client) as stream:
            async for _ in stream.text():
                pass
    assert len(gateway.connections) == 1


DONE_BODY = (
    chunked(b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n')
    + chunked(b"data: [DONE]\n\n")
)  # fmt: skip


def _ending(delay: float | None) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A stream whose body ends *delay* seconds after [DONE]; None: never."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head() + DONE_BODY)
        await asyncio.sleep(60 if delay is None else delay)
        writer.write(b"0\r\n\r\n")

    return answer


@pytest.mark.parametrize(("delay", "connections"), [(0.0, 1), (0.02, 1), (None, 2)])
async def test_pain_22_the_end_of_the_body_is_waited_for_a_moment(
    delay: float | None, connections: int
) -> None:
    """A body that ends within 50 ms of [DONE] keeps its connection; one that does not costs 50 ms."""
    async with RawServer(_ending(delay)) as server, client_of(server.url) as client:
        loop = asyncio.get_running_loop()
        for _ in range(2):
            began = loop.time()
            stream = open_stream(client)
            await stream.final()
            assert stream.content == "Hi"
            assert stream.end.state == "completed"
            assert stream.end.evidence.clean_eof is (delay is not None)
            assert loop.time() - began == pytest.approx(0.05 if delay is None else delay)
        assert server.connections == connections
        assert client.pool.statistics().leased == 0


async def test_pain_22_an_endless_tail_is_not_drained() -> None:
    """A server that goes on sending behind [DONE] is left after a little."""
    sent = 0

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head() + DONE_BODY)
        while True:
            writer.write(chunked(b": more\n" * 8192))
            await writer.drain()
            sent += 1

    async with RawServer(answer) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await asyncio.wait_for(stream.final(), 1)
        assert stream.end.state == "completed"
        await asyncio.sleep(0.02)
        before = sent
        await asyncio.sleep(0.02)
        assert sent == before


async def test_a_cancelled_drain_keeps_the_answer() -> None:
    """The last wait of a stream may be cancelled like any other."""
    async with RawServer(_ending(None)) as server, client_of(server.url) as client:
        stream = open_stream(client)
        await stream.__anext__()
        last = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0.01)
        last.cancel()
        with pytest.raises(asyncio.CancelledError):
            await last
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
        assert stream.end.state == "completed"
        assert client.pool.statistics().leased == 0


async def test_cancelling_a_read_loses_nothing(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A limit around each read can be followed by the next one, before the headers too."""
    gateway.script(text=[str(n) for n in range(20)], pace=0.01)
    stream = open_stream(client)
    seen, cancelled = [], 0
    while True:
        try:
            seen.append((await asyncio.wait_for(stream.__anext__(), 0.004)).content)
        except asyncio.TimeoutError:
            cancelled += 1
        except StopAsyncIteration:
            break
    assert "".join(seen) == "".join(map(str, range(20)))
    assert cancelled >= 5
    assert len(gateway.requests) == 1


async def test_cancelling_the_read_of_a_whole_body_loses_nothing() -> None:
    """The same for a whole completion that drips in."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b'{"id":"x","choices":[{"index":0,"message":{"content":"One two"},"finish_reason":"stop"}]}'
        writer.write(head("application/json"))
        for start in range(0, len(body), 10):
            writer.write(chunked(body[start : start + 10]))
            await asyncio.sleep(0.01)
        writer.write(b"0\r\n\r\n")

    async with RawServer(answer) as server, client_of(server.url) as other:
        stream = open_stream(other)
        for _ in range(100):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.004)
                break
        assert stream.content == "One two"
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
