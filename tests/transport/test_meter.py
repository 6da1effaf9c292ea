"""How much may go within a time: never more in any window, and no less than the rate in the long run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async.transport._meter import Meter


def times(meter: Meter, amounts: list[float], gaps: list[float] | None = None) -> list[float]:
    """When each amount goes, if it is asked for *gaps* after the one before has gone."""
    now, went = 1000.0, []
    for amount, gap in zip(amounts, gaps or [0.0] * len(amounts), strict=True):
        now += gap
        while delay := meter.wait(amount, now):
            now += delay
        meter.take(amount, now)
        went.append(now)
    return went


@settings(max_examples=200)
@given(st.floats(0.05, 200), st.floats(0.2, 60), st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_no_window_holds_more_than_the_rate_allows(rate: float, seconds: float, gaps: list[float]) -> None:
    """Whenever it is asked, and after a rest too; a window as long as the room needs at that rate."""
    meter = Meter(rate, seconds)
    went = times(meter, [1.0] * len(gaps), gaps)
    room = int(meter.room)
    for first, last in zip(went, went[room:], strict=False):
        assert last - first >= room / rate - 1e-6


def test_the_rate_is_reached() -> None:
    """Two per cent are the price of requests that do not arrive as evenly as they leave."""
    went = times(Meter(50.0, 1.0), [1.0] * 1000)
    assert 1000 / (went[-1] - went[0]) == pytest.approx(50 * 0.98, rel=0.06)
    assert went[49] == went[0]
    assert went[50] == pytest.approx(went[0] + 1.02)


def test_less_than_one_in_a_window_is_one_in_a_longer_one() -> None:
    """Six a minute are one every ten seconds."""
    went = times(Meter(0.1, 1.0), [1.0] * 3)
    assert [moment - went[0] for moment in went] == pytest.approx([0, 10.05, 20.1])


def test_what_is_larger_than_the_window_goes_alone() -> None:
    """And is made up for: 1,000 tokens at 10 a second take 100 seconds."""
    went = times(Meter(10.0, 1.0), [5.0, 1000.0, 1.0])
    assert went[1] - went[0] == pytest.approx(1.02)
    assert went[2] - went[1] == pytest.approx(100, abs=0.1)


def test_a_correction_counts_at_once() -> None:
    """What was taken and not used is there for others; what was used beyond it is not."""
    meter = Meter(10.0, 1.0)
    large = meter.take(1000.0, 0.0)
    assert meter.wait(1.0, 0.5) > 50
    meter.correct(large, 5.0, 0.5)
    assert meter.wait(5.0, 0.5) == 0.0
    meter.correct(large, 500.0, 0.6)
    assert meter.wait(1.0, 0.6) == pytest.approx(49.4, abs=0.1)


def test_a_correction_that_comes_late_counts_too() -> None:
    """An answer may take longer than the window: what it used beyond the guess is taken then."""
    meter = Meter(10.0, 1.0)
    taken = meter.take(1.0, 0.0)
    assert meter.wait(10.0, 20.0) == 0.0
    for _ in range(2):  # told twice, it counts once
        meter.correct(taken, 6.0, 20.0)
    assert meter.wait(5.0, 20.0) == 0.0
    meter.correct(taken, 101.0, 20.0)
    assert meter.wait(10.0, 20.0) == pytest.approx(10, abs=0.5)


def test_a_credit_that_comes_late_lets_more_go() -> None:
    """Guessed 1,000 and used 10: the others may have the rest."""
    meter = Meter(10.0, 60.0)
    taken = meter.take(600.0, 0.0)
    assert meter.wait(1.0, 61.0) == 0.0
    meter.correct(taken, 10.0, 61.0)
    assert meter.wait(600.0, 61.0) == 0.0
    meter.take(600.0, 61.0)
    assert meter.wait(500.0, 61.0) == 0.0


def test_exhausted_it_goes_on_evenly() -> None:
    """The server says that nothing is left: one at a time from then on, not all of them a window later."""
    meter = Meter(50.0, 1.0)
    meter.exhaust(1000.0)
    went = times(meter, [1.0] * 20)
    gaps = [after - before for before, after in zip([1000.0, *went], went, strict=False)]
    assert gaps == pytest.approx([1.02 / 50] * 20)


def test_what_waits_for_a_connection_counts_from_when_it_goes() -> None:
    """The server sees it then."""
    meter = Meter(1.0, 1.0)
    meter.sent(meter.take(1.0, 0.0), 0.9)
    assert meter.wait(1.0, 1.5) == pytest.approx(0.42)


def test_what_waited_for_a_connection_longer_than_the_window_counts_too() -> None:
    """Two that had their turns long ago go at once: the next one waits for both."""
    meter = Meter(2.0, 1.0)
    early = [meter.take(1.0, 0.0), meter.take(1.0, 0.0)]
    assert meter.wait(1.0, 30.0) == 0.0
    for taken in early:
        meter.sent(taken, 30.0)
    assert meter.wait(1.0, 30.0) == pytest.approx(1.02)


@pytest.mark.parametrize("late", [0.5, 20.0])
def test_what_many_used_beyond_the_guess_is_made_up_for_one_after_another(late: float) -> None:
    """Five of 2 tokens turn out to be of 100, at 10 a second: 50 seconds, not 10."""
    meter = Meter(10.0, 1.0)
    taken = [meter.take(2.0, 0.0) for _ in range(5)]
    meter.wait(1.0, late)
    for one in taken:
        meter.correct(one, 100.0, late)
    assert meter.wait(1.0, late) == pytest.approx(50, abs=2)


def test_the_least_beyond_the_guess_is_made_up_for_too() -> None:
    """Twenty of one token turn out to be of two, at 10 a second: what is beyond the room takes 3 seconds."""
    meter = Meter(10.0, 1.0)
    for one in [meter.take(1.0, 0.0) for _ in range(20)]:
        meter.correct(one, 2.0, 0.0)
    assert meter.wait(1.0, 0.0) > 1.5


def test_what_went_before_it_was_exhausted_gives_nothing_back() -> None:
    """It is forgotten: what leaves the window later is the server's word alone."""
    meter = Meter(50.0, 1.0)
    for _ in range(50):
        meter.take(1.0, 999.5)
    meter.exhaust(1000.0)
    went = times(meter, [1.0] * 100)
    assert went[-1] - 1000.0 == pytest.approx(100 * 1.02 / 50, rel=0.05)
