"""A body read with public means, step by step, without a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from unittest import mock

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol

from gravitex_async.transport._body import PlainBody, lost
from gravitex_async.transport._watch import Watch


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def reader_on(loop: asyncio.AbstractEventLoop) -> aiohttp.StreamReader:
    protocol = BaseProtocol(loop)
    protocol.connection_made(mock.Mock(spec=asyncio.Transport))
    return aiohttp.StreamReader(protocol, 2**16, loop=loop)


@pytest.fixture
def content(loop: asyncio.AbstractEventLoop) -> aiohttp.StreamReader:
    return reader_on(loop)


def watch() -> Watch:
    return Watch(mock.Mock(spec=asyncio.Protocol), mock.Mock(spec=asyncio.Transport))


def ended(content: aiohttp.StreamReader, *pieces: bytes) -> None:
    for piece in pieces:
        content.feed_data(piece)
    content.feed_eof()


def test_what_a_wait_brings_is_taken_once(
    loop: asyncio.AbstractEventLoop, content: aiohttp.StreamReader
) -> None:
    """Then there is nothing until the next one."""
    body = PlainBody(content)
    assert body.take() is None
    content.feed_data(b"one")
    loop.run_until_complete(body.wait())
    assert not body.at_eof
    assert (body.take(), body.take()) == (b"one", None)


def test_behind_its_end_there_is_the_rest_and_then_nothing(
    loop: asyncio.AbstractEventLoop, content: aiohttp.StreamReader
) -> None:
    """The rest needs no wait; the end is reached when it was taken."""
    body = PlainBody(content)
    content.feed_data(b"one")
    loop.run_until_complete(body.wait())
    ended(content)
    assert not body.at_eof, "what the wait brought was not taken yet"
    assert body.take() == b"one"
    assert body.at_eof
    assert body.take() == b""
    another = reader_on(loop)
    body = PlainBody(another)
    ended(another, b"one", b"two")
    assert not body.at_eof
    assert body.take() == b"onetwo"
    assert body.at_eof


def test_an_error_of_the_wait_is_raised_by_who_takes(
    loop: asyncio.AbstractEventLoop, content: aiohttp.StreamReader
) -> None:
    """Each time, and is no clean end."""
    body = PlainBody(content)
    broken = aiohttp.ClientPayloadError("broken")
    content.feed_data(b"one")
    with mock.patch.object(aiohttp.StreamReader, "readany", side_effect=broken):
        loop.run_until_complete(body.wait())
    ended(content)
    assert body.error is broken
    content.read_nowait()
    assert content.at_eof()
    assert not body.at_eof
    for _ in range(2):
        with pytest.raises(aiohttp.ClientPayloadError):
            body.take()


def test_an_error_of_the_reader_is_one_without_a_wait(content: aiohttp.StreamReader) -> None:
    """What aiohttp has found out meanwhile."""
    body = PlainBody(content)
    broken = aiohttp.ClientPayloadError("broken")
    content.set_exception(broken)
    assert body.error is broken
    assert not body.at_eof
    with pytest.raises(aiohttp.ClientPayloadError):
        body.take()


def test_an_interruption_keeps_what_had_arrived(content: aiohttp.StreamReader) -> None:
    """It ends the wait; the rest is there for who asks."""
    body = PlainBody(content)
    content.feed_data(b"so far")
    body.interrupt()
    assert isinstance(body.error, TimeoutError)
    assert (body.rest(), body.rest()) == (b"so far", b"")


def test_a_body_that_has_ended_is_interrupted_no_more(content: aiohttp.StreamReader) -> None:
    """Nor lost with its connection."""
    body = PlainBody(content)
    ended(content, b"all")
    body.interrupt()
    body.lost()
    assert body.error is None
    assert body.take() == b"all"


def test_the_rest_is_what_was_kept_and_what_is_buffered(content: aiohttp.StreamReader) -> None:
    """In this order, where a way to what is buffered is known."""
    body = PlainBody(content, None, lambda reader: b" buffered" if reader is content else b"?")
    content.feed_data(b"kept")
    body.losing(broken=False)
    assert body.rest() == b"kept buffered"


@pytest.mark.parametrize("broken", [True, False])
def test_a_connection_that_is_lost_ends_the_body(content: aiohttp.StreamReader, broken: bool) -> None:
    """In mid-word before aiohttp makes an end of it; else when it had nothing to say."""
    body = PlainBody(content)
    content.feed_data(b"so far")
    body.losing(broken=broken)
    assert (body.error is not None) is broken
    body.lost()
    assert isinstance(body.error, ConnectionResetError)
    assert str(body.error) == str(lost()) == "the connection was lost"
    assert body.rest() == b"so far"


def test_what_aiohttp_says_of_the_loss_stands(content: aiohttp.StreamReader) -> None:
    """Its error is nearer."""
    body = PlainBody(content)
    broken = aiohttp.ClientPayloadError("broken")
    body.losing(broken=False)
    content.set_exception(broken)
    body.lost()
    assert body.error is broken


def test_what_somebody_waits_for_is_not_kept(
    loop: asyncio.AbstractEventLoop, content: aiohttp.StreamReader
) -> None:
    """There is nothing then, and aiohttp allows one reader."""

    async def main() -> None:
        body = PlainBody(content)
        wait = asyncio.ensure_future(body.wait())
        await asyncio.sleep(0)
        body.losing(broken=True)
        await wait
        assert isinstance(body.error, ConnectionResetError)

    loop.run_until_complete(main())


def test_a_body_is_watched_until_it_is_stopped(content: aiohttp.StreamReader) -> None:
    """Which it tells when it has ended; without a watch there is nothing to leave."""
    seen = watch()
    body = PlainBody(content, seen)
    assert seen._watcher is body
    assert body.received(3)
    content.feed_eof()
    assert not body.received(3)
    body.stop()
    assert seen._watcher is None
    PlainBody(content).stop()
