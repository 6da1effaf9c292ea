"""The clocks of one call, moment by moment, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import Timeout
from gravitex_async.transport import Clocks

# Time passes by timers alone, so every moment can be compared exactly.
pytestmark = pytest.mark.virtual

OFF = dict.fromkeys(("pool", "connect", "headers", "first_content", "idle", "content_idle", "deadline"))


class Watched:
    """Clocks, and when they ran out."""

    def __init__(self, stream: bool = True, **limits: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.clocks = Clocks(self.loop, Timeout(**{**OFF, **limits}), stream=stream)
        self.rang: list[tuple[str | None, float]] = []

    def ring(self) -> None:
        self.rang.append((self.clocks.expired, round(self.loop.time() - self.began, 6)))

    def body(self) -> Watched:
        """Its headers have come."""
        self.clocks.enter("headers")
        self.clocks.watch(self.ring)
        return self

    def read(self, content: bool | None) -> None:
        """What was read held content, or items without any, or (None) nothing for anybody."""
        self.clocks.took()
        if content is not None:
            self.clocks.handed(content)


async def wait(seconds: float, watched: Watched, content: bool | None = None) -> None:
    """A wait of the reader, and what it brought."""
    watched.clocks.wait()
    await asyncio.sleep(seconds)
    watched.read(content)


# Before the headers

PHASES = ["pool", "connect", "headers"]


@pytest.mark.parametrize("phase", PHASES)
async def test_a_phase_has_its_own_limit(phase: Any) -> None:
    """Which begins when it does."""
    watched = Watched(pool=1, connect=2, headers=3)
    limit = PHASES.index(phase) + 1.0
    await asyncio.sleep(10)
    watched.clocks.enter(phase)
    assert watched.clocks.due() == watched.began + 10 + limit
    assert watched.clocks.ran_out() is None
    await asyncio.sleep(limit - 0.01)
    assert watched.clocks.ran_out() is None
    await asyncio.sleep(0.01)
    assert watched.clocks.ran_out() == phase


async def test_a_call_begins_with_the_wait_for_its_turn() -> None:
    """Before it is said so."""
    watched = Watched(pool=3, headers=1)
    assert watched.clocks.due() == watched.began + 3
    assert watched.clocks.waits_for == "its turn"


async def test_timers_may_fire_a_little_early() -> None:
    """By the resolution of the loop's clock, and then it was their clock all the same."""
    watched = Watched(headers=3)
    watched.clocks.enter("headers")
    await asyncio.sleep(2.9992)
    assert watched.clocks.ran_out() == "headers"


@pytest.mark.parametrize(("stream", "due"), [(True, 2.0), (False, 3.0)])
async def test_the_first_content_counts_from_the_request(stream: bool, due: float) -> None:
    """Of a stream, from the moment it is sent; a plain answer has none."""
    watched = Watched(stream, headers=3, first_content=2)
    for phase in ("pool", "connect"):
        watched.clocks.enter(phase)  # type: ignore[arg-type]
        assert watched.clocks.due() is None
        assert watched.clocks.ran_out() is None
    watched.clocks.enter("headers")
    assert watched.clocks.due() == watched.began + due


async def test_the_deadline_counts_from_the_beginning() -> None:
    """Through all phases, and the pause before another try."""
    watched = Watched(deadline=5, headers=3)
    assert watched.clocks.deadline() == watched.began + 5
    assert watched.clocks.left() == 5
    await asyncio.sleep(4)
    watched.clocks.enter("headers")
    assert watched.clocks.due() == watched.began + 5
    assert watched.clocks.left() == 1
    await asyncio.sleep(1)
    assert watched.clocks.ran_out() == "deadline"
    watched.clocks.enter("body")
    assert watched.clocks.due() == watched.began + 5


async def test_without_limits_nothing_is_due() -> None:
    """None is no limit."""
    watched = Watched()
    assert (watched.clocks.deadline(), watched.clocks.left()) == (None, None)
    watched.clocks.enter("headers")
    assert (watched.clocks.due(), watched.clocks.ran_out()) == (None, None)
    watched.clocks.attend(watched.ring)
    await asyncio.sleep(10_000)
    assert watched.rang == []


@pytest.mark.parametrize(("limits", "clock"), [({"headers": 3}, "headers"), ({"deadline": 3}, "deadline")])
async def test_a_phase_that_is_attended_ends_by_itself(limits: dict[str, float], clock: str) -> None:
    """Once, at its moment."""
    watched = Watched(**limits)
    watched.clocks.expired = "another"
    watched.clocks.enter("headers")
    watched.clocks.attend(watched.ring)
    assert watched.clocks.expired is None
    await asyncio.sleep(100)
    assert watched.rang == [(clock, 3.0)]


async def test_what_is_stopped_rings_no_more() -> None:
    """And may begin again."""
    watched = Watched(headers=3, idle=7)
    watched.clocks.enter("headers")
    watched.clocks.attend(watched.ring)
    watched.clocks.stop()
    await asyncio.sleep(10)
    assert watched.rang == []
    watched.body().clocks.wait()
    assert watched.clocks.reader_waits
    watched.clocks.stop()
    assert not watched.clocks.reader_waits
    await asyncio.sleep(10)
    assert watched.rang == []
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [], "nobody listens"


@pytest.mark.parametrize(
    ("phase", "words"),
    [("pool", "its turn"), ("connect", "a connection"), ("headers", "an answer"), ("body", "another try")],
)
async def test_what_a_call_waits_for_has_words(phase: Any, words: str) -> None:
    """For those who look at an open stream."""
    watched = Watched()
    watched.clocks.enter(phase)
    assert watched.clocks.waits_for == words


# The body


async def test_idle_is_one_wait() -> None:
    """Whatever comes begins another; comments too."""
    watched = Watched(idle=3).body()
    for content in (None, False, True):
        await wait(2.9, watched, content)
    assert watched.rang == []
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("idle", pytest.approx(3 * 2.9 + 3))]


@pytest.mark.parametrize("content", [None, False])
async def test_content_idle_is_all_waits_without_content(content: bool | None) -> None:
    """Together."""
    watched = Watched(content_idle=5, first_content=100).body()
    await wait(4, watched, True)
    for _ in range(2):
        await wait(2, watched, content)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("content_idle", 9.0)]


async def test_first_content_goes_on_from_the_request() -> None:
    """Headers and comments end it not."""
    watched = Watched(first_content=5)
    watched.clocks.enter("headers")
    await asyncio.sleep(2)
    watched.clocks.watch(watched.ring)
    await wait(2, watched, None)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("first_content", 5.0)]


@pytest.mark.parametrize("pause", ["before the first wait", "behind items", "behind content", "given up"])
async def test_what_the_caller_does_does_not_count(pause: str) -> None:
    """He may take an hour over anything."""
    watched = Watched(first_content=5, content_idle=5, idle=5).body()
    expected = 5.0
    if pause.startswith("behind"):
        await wait(1, watched, pause == "behind content")
        expected = 6.0 if pause == "behind content" else 5.0
    elif pause == "given up":
        watched.clocks.wait()
        await asyncio.sleep(1)
        watched.clocks.gave_up()
        assert not watched.clocks.reader_waits
        await asyncio.sleep(1)
        watched.clocks.gave_up()  # twice says no more than once
        expected = 5.0 + 1
    await asyncio.sleep(3600)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert [when for _, when in watched.rang] == [expected + 3600]


async def test_reads_without_a_wait_count_while_nobody_is_at_work() -> None:
    """Comments that come faster than they are read are no content."""
    watched = Watched(content_idle=5, first_content=5).body()
    await wait(0, watched, True)
    await wait(0, watched, None)
    for _ in range(4):
        await asyncio.sleep(1)
        watched.read(None)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("content_idle", 5.0)]


async def test_reads_without_a_wait_end_the_callers_work() -> None:
    """What he did before them does not count; what follows them does."""
    watched = Watched(content_idle=5).body()
    await wait(0, watched, True)
    await asyncio.sleep(100)
    watched.read(None)
    await asyncio.sleep(2)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("content_idle", 105.0)]


async def test_the_clock_of_the_first_content_ends_with_it() -> None:
    """A shorter one runs from then on, and is heard in time."""
    watched = Watched(first_content=50, content_idle=3).body()
    await wait(10, watched, True)
    watched.clocks.wait()
    await asyncio.sleep(100)
    assert watched.rang == [("content_idle", 13.0)]


async def test_a_plain_answer_has_no_content() -> None:
    """It is read whole."""
    watched = Watched(False, first_content=1, content_idle=1, idle=10).body()
    watched.clocks.wait()
    assert "first_content" not in watched.clocks.readings()
    await asyncio.sleep(100)
    assert watched.rang == [("idle", 10.0)]


async def test_the_deadline_rings_while_nobody_waits() -> None:
    """The others do not."""
    watched = Watched(deadline=20, idle=1, content_idle=1, first_content=1).body()
    await wait(0.5, watched, True)
    await asyncio.sleep(100)
    assert watched.rang == [("deadline", 20.0)]


async def test_the_deadline_rings_before_anybody_has_come() -> None:
    """An answer has begun, and its reader is elsewhere."""
    watched = Watched(deadline=20, idle=1).body()
    await asyncio.sleep(100)
    assert watched.rang == [("deadline", 20.0)]


async def test_one_timer_stands_for_thousands_of_reads() -> None:
    """It is moved when it fires, never by a read."""
    watched, made = Watched(idle=10, content_idle=10, first_content=10), []
    plain = watched.loop.call_at

    def count(when: float, call: Callable[[], object], *args: Any, **options: Any) -> Any:
        if call == watched.clocks._fire:
            made.append(when)
        return plain(when, call, *args, **options)

    watched.loop.call_at = count  # type: ignore[method-assign]
    watched.body()
    for _ in range(1000):
        await wait(0.1, watched, True)
    assert 10 <= len(made) <= 25
    assert watched.rang == []


async def test_a_timer_that_stands_early_enough_is_left_standing() -> None:
    """From the headers into the body: it looks, and is set anew."""
    watched = Watched(headers=4, idle=9)
    watched.clocks.enter("headers")
    watched.clocks.attend(watched.ring)
    standing = watched.clocks._handle
    await asyncio.sleep(1)
    watched.clocks.watch(watched.ring)
    watched.clocks.wait()
    assert standing is not None
    assert watched.clocks._handle is not None
    await asyncio.sleep(100)
    assert watched.rang == [("idle", 10.0)]


async def test_a_reader_that_comes_back_is_watched_again() -> None:
    """When the deadline alone had been."""
    watched = Watched(deadline=100, idle=2).body()
    await wait(1, watched, True)
    await asyncio.sleep(50)
    watched.clocks.wait()
    await asyncio.sleep(60)
    assert watched.rang == [("idle", 53.0)]


# What they show


async def test_readings_and_the_words_of_an_error() -> None:
    """What ran out, and what the others stood at."""
    watched = Watched(first_content=7, idle=5).body()
    watched.clocks.attempts = 2
    await wait(3, watched, None)
    watched.clocks.wait()
    await asyncio.sleep(2)
    assert watched.clocks.readings() == {"deadline": 5.0, "idle": 2.0, "first_content": 5.0}
    error = watched.clocks.error("idle", "https://host")
    assert str(error) == (
        "timed out: idle is limited to 5 s; the gateway stopped sending "
        "(deadline 5.0 s, first_content 5.0 s) (attempts 2)"
    )
    assert (error.clock, error.limit, error.attempts) == ("idle", 5.0, 2)
    assert error.readings == watched.clocks.readings()
    watched.read(True)
    await asyncio.sleep(9)
    assert watched.clocks.readings() == {"deadline": 14.0, "idle": 0.0, "content_idle": 0.0}


@pytest.mark.parametrize(
    ("phase", "clock", "words"),
    [
        ("pool", "pool", "timed out: pool is limited to 3 s; all places were taken (deadline 1.0 s)"),
        ("connect", "connect", "Error: Cannot connect to API server h: timed out: connect is limited to 3 s; "
         "check base_url and the network (deadline 1.0 s)"),
        ("headers", "headers", "Error: Cannot connect to API server h: timed out: headers is limited to 3 s; "
         "no answer began: the gateway accepted the request and sent no headers (deadline 1.0 s)"),
        ("headers", "connect", "Error: Cannot connect to API server h: timed out: connect is limited to 3 s; "
         "check base_url and the network (deadline 1.0 s, headers 1.0 s)"),
    ],
)  # fmt: skip
async def test_the_words_before_the_headers(phase: Any, clock: str, words: str) -> None:
    """Who did not respond, and what to do about it."""
    watched = Watched(pool=3, connect=3, headers=3)
    watched.clocks.enter(phase)
    await asyncio.sleep(1)
    error = watched.clocks.error(clock, "h")
    assert str(error) == words
    assert error.attempts == 1, "there is always one"


async def test_the_time_of_the_last_read_is_kept() -> None:
    """For the timings of the answer."""
    watched = Watched().body()
    assert watched.clocks.at == watched.began
    await wait(3, watched)
    await asyncio.sleep(1)
    assert watched.clocks.at == watched.began + 3
    assert watched.clocks.now() == watched.began + 4


async def test_each_wait_is_known() -> None:
    """Whoever closes the answer meanwhile has to know whether somebody is there to be told."""
    watched = Watched().body()
    assert not watched.clocks.reader_waits
    watched.clocks.wait()
    assert watched.clocks.reader_waits
    watched.clocks.took()
    assert not watched.clocks.reader_waits
