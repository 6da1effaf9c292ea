"""One answer over a body that is fed by hand: what it hands out, what it counts, and how it lets go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
import pytest

from gravitex_async import APIConnectionError, APITimeoutError, DecodeError, StreamInterrupted, Timeout, Usage
from gravitex_async.errors import APIError, MisuseError
from gravitex_async.transport import Clocks
from gravitex_async.transport._body import PlainBody
from gravitex_async.transport._response import DRAIN_BYTES, Response, check_loop

from .test_plain_body import ended, reader_on

pytestmark = pytest.mark.virtual

OFF = dict.fromkeys(("pool", "connect", "headers", "first_content", "idle", "content_idle", "deadline"))


class Fed:
    """An answer, and what became of it; it is its own lease."""

    connection = None

    def __init__(self, headers: Mapping[str, str] | None = None, **limits: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.content = reader_on(self.loop)
        self.status, self.headers = 200, headers or {}
        self.ends: list[tuple[str, APIError | None, int, bool]] = []
        self.counted: list[Usage] = []
        self.how = ""
        self.clocks = Clocks(self.loop, Timeout(**{**OFF, **limits}), stream=True)
        self.body = PlainBody(self.content)
        self.response = Response(self, self.body, self.clocks, self.loop, self)

    def release(self) -> None:
        self.how += "released"

    def close(self) -> None:
        self.how += "closed"

    def end(self, error: APIError | None, size: int, ended: bool) -> None:
        self.ends.append((self.how, error, size, ended))

    def used(self, usage: Usage) -> None:
        self.counted.append(usage)


async def test_a_body_from_its_first_byte_to_the_last() -> None:
    """Its end gives the connection back, with all that was counted."""
    fed = Fed()
    assert fed.response.take() is None
    fed.loop.call_later(1.0, fed.content.feed_data, b"one")
    assert await fed.response.read() == b"one"
    assert fed.clocks.at == fed.clocks.started + 1.0
    ended(fed.content, b"two")
    assert not fed.response.at_eof
    assert fed.response.take() == b"two"
    assert (fed.response.at_eof, fed.response.closed) == (True, False)
    assert (fed.response.take(), fed.response.take(), await fed.response.read()) == (b"", b"", b"")
    assert (fed.response.at_eof, fed.response.closed) == (True, True)
    assert fed.ends == [("released", None, 6, True)]
    fed.response.release()
    fed.response.abort()
    assert fed.ends == [("released", None, 6, True)]


async def test_what_was_used_goes_to_the_lease() -> None:
    """Before its end or after it."""
    fed = Fed()
    fed.response.used(Usage(total_tokens=3))
    assert fed.counted == [Usage(total_tokens=3)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("Text/Event-Stream ; charset=utf-8", "text/event-stream"), ("application/json", "application/json")],
)
async def test_the_media_type_is_told_without_parameters(value: str, kind: str) -> None:
    """In lower case; nothing where there is none."""
    assert Fed({"Content-Type": value}).response.content_type == kind
    assert Fed().response.content_type == ""


async def test_a_body_of_the_largest_size_is_read_and_no_larger_one() -> None:
    """Whole, in one piece or in several."""
    for pieces in ([b"abcdef"], [b"abc", b"def"]):
        fed = Fed()
        reading = asyncio.ensure_future(fed.response.read_all(6))
        for piece in pieces:
            await asyncio.sleep(0.1)
            fed.content.feed_data(piece)
        await asyncio.sleep(0.1)
        fed.content.feed_eof()
        assert await reading == b"abcdef"
        assert fed.ends == [("released", None, 6, True)]
    fed = Fed()
    fed.content.feed_data(b"abcdefg")
    with pytest.raises(DecodeError, match="at most 6 bytes"):
        await fed.response.read_all(6)
    assert fed.how == "closed"
    fed = Fed()
    fed.content.feed_data(b"abcdefg")
    assert await fed.response.read_all(6, cut=True) == b"abcdefg"
    assert fed.how == "closed"


async def test_an_answer_is_drained_to_its_end_for_a_moment() -> None:
    """Whatever it still says; an end that does not come is not waited for."""
    fed = Fed()
    fed.loop.call_later(0.01, ended, fed.content, b"more")
    assert await fed.response.drain()
    assert fed.how == "released"
    assert not await fed.response.drain(), "it is over"
    fed = Fed()
    began = fed.loop.time()
    assert not await fed.response.drain()
    assert fed.loop.time() == pytest.approx(began + 0.05)
    assert fed.how == "closed"


async def test_no_more_than_so_much_is_drained() -> None:
    """Then the connection is not worth it."""
    fed = Fed()
    fed.content.feed_data(b"x" * DRAIN_BYTES)
    fed.loop.call_later(0.01, fed.content.feed_eof)
    began = fed.loop.time()
    assert not await fed.response.drain()
    assert (fed.loop.time(), fed.how) == (began, "closed")


async def test_what_had_arrived_comes_before_what_broke_it() -> None:
    """And the error each time it is asked for again, in another copy."""
    fed = Fed()
    fed.content.feed_data(b"so far")
    fed.body.losing(broken=True)
    assert fed.response.take() == b"so far"
    assert not fed.response.at_eof
    caught = []
    for _ in range(2):
        with pytest.raises(StreamInterrupted, match="ConnectionResetError: the connection was lost") as error:
            fed.response.take()
        caught.append(error.value)
    assert caught[0] is not caught[1]
    (end,) = fed.ends
    assert (end[0], type(end[1]), end[3]) == ("closed", StreamInterrupted, False)


async def test_the_words_of_the_http_library_are_not_shown() -> None:
    """They can quote headers; its class says enough."""
    fed = Fed()
    fed.content.set_exception(aiohttp.ClientPayloadError("secret"))
    with pytest.raises(StreamInterrupted, match=r"\(ClientPayloadError\)") as caught:
        fed.response.take()
    assert "secret" not in str(caught.value)


async def test_a_clock_ends_the_wait_of_the_reader() -> None:
    """With its own error."""
    fed = Fed(idle=3.0)
    with pytest.raises(APITimeoutError) as caught:
        await fed.response.read()
    assert (caught.value.clock, fed.how) == ("idle", "closed")


async def test_the_deadline_closes_what_nobody_reads() -> None:
    """What had arrived is kept, and its error behind it."""
    fed = Fed(deadline=3.0)
    fed.content.feed_data(b"so far")
    await asyncio.sleep(2.9)
    assert not fed.response.closed
    await asyncio.sleep(0.2)
    assert (fed.response.closed, fed.response.at_eof, fed.how) == (True, False, "closed")
    assert fed.response.take() == b"so far"
    with pytest.raises(APITimeoutError) as caught:
        fed.response.take()
    assert caught.value.clock == "deadline"


async def test_a_pool_that_closes_says_so_to_the_reader() -> None:
    """Its error stands, whatever comes after it."""
    fed = Fed()
    closing = APIConnectionError("the client was closed")
    fed.response.fail(closing)
    fed.response.fail(APIConnectionError("another"))
    with pytest.raises(APIConnectionError, match="the client was closed"):
        fed.response.take()
    assert fed.ends == [("closed", closing, 0, False)]


async def test_a_wait_that_was_given_up_is_none() -> None:
    """A cancelled read loses nothing."""
    fed = Fed()
    reading = asyncio.ensure_future(fed.response.read())
    await asyncio.sleep(0.1)
    assert fed.clocks.reader_waits
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not fed.clocks.reader_waits
    fed.content.feed_data(b"one")
    assert await fed.response.read() == b"one"


async def test_an_answer_is_waited_for_on_its_own_loop() -> None:
    """Whether that has ended stands in the error."""
    check_loop(asyncio.get_running_loop())
    another = asyncio.new_event_loop()
    with pytest.raises(MisuseError, match="belongs to another event loop: read"):
        check_loop(another)
    another.close()
    with pytest.raises(MisuseError, match="another event loop, which has ended: read"):
        check_loop(another)
