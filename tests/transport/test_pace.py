"""The calls a minute that a model bears, step by step, with moments that are given."""

from __future__ import annotations

import math

import pytest

from gravitex_async.transport._pace import (
    CALM_SECONDS,
    CUT,
    FAST_A_SECOND,
    NEAR,
    RAMP_SECONDS,
    SLOW,
    SLOW_CONFIGURED,
    Pace,
)

LONG = 1000.0


def needed(pace: Pace, now: float) -> None:
    """A call had to wait for its turn, and was answered."""
    while pace.wait(now) == 0.0:
        pace.take(now)
    pace.answered(now)


def test_it_begins_with_nothing_left() -> None:
    """Calls go evenly from the first on."""
    pace = Pace(10.0, 0.0)
    assert 0.0 < pace.wait(0.0) <= 0.2
    assert pace.wait(0.15) == 0.0
    pace.take(0.15)
    went = sum(1 for tick in range(1000) if pace.wait(tick / 100) == 0.0 and pace.take(tick / 100))
    assert 90 <= went <= 100


def test_a_refusal_slows_it_a_little() -> None:
    """And from nothing again; those of one burst say one thing."""
    pace = Pace(10.0, 0.0)
    pace.refused(5.0, 6.0)
    assert pace.meter.rate == 10.0 * CUT
    assert pace.wait(6.0) > 0.0
    for entered in (0.0, 5.0, 5.999):
        pace.refused(entered, 7.0)
    assert pace.meter.rate == 10.0 * CUT
    pace.refused(6.0, 7.0)
    assert pace.meter.rate == pytest.approx(10.0 * CUT * CUT)


def test_answers_that_had_to_wait_make_it_faster() -> None:
    """Quickly while it knows no refusal; not those that went at once."""
    pace = Pace(10.0, 0.0)
    pace.answered(1.0)
    assert pace.meter.rate == 10.0
    needed(pace, LONG)
    rate = pace.meter.rate
    assert rate > 10.0
    pace.answered(LONG)
    assert pace.meter.rate == rate, "one wait counts once"


def test_it_grows_quickly_far_below_what_was_refused() -> None:
    """And slowly near it."""
    pace = Pace(10.0, 0.0)
    needed(pace, 1.0)
    assert pace.meter.rate == pytest.approx(10.0 + FAST_A_SECOND)
    pace.refused(2.0, 2.0)
    near = pace.meter.rate
    needed(pace, 3.0)
    assert pace.meter.rate == pytest.approx(near * (1 + SLOW))
    pace.meter.rate = NEAR * (10.0 + FAST_A_SECOND)
    needed(pace, 5.0)
    assert pace.meter.rate == pytest.approx(NEAR * (10.0 + FAST_A_SECOND) * (1 + SLOW)), "just near"
    pace.meter.rate = 5.0
    needed(pace, 7.0)
    assert pace.meter.rate == pytest.approx(5.0 + FAST_A_SECOND)


@pytest.mark.parametrize(("calm", "part"), [(0.0, 0.0), (CALM_SECONDS, 0.0), (CALM_SECONDS + 30, 0.5),
                                            (CALM_SECONDS + RAMP_SECONDS, 1.0), (10_000.0, 1.0)])  # fmt: skip
def test_it_grows_ever_more_quickly_when_all_is_calm(calm: float, part: float) -> None:
    """Four minutes after the last refusal, over one minute."""
    pace = Pace(10.0, 0.0)
    pace.refused(LONG, LONG)
    rate = pace.meter.rate
    needed(pace, LONG + calm)
    assert pace.meter.rate == pytest.approx(rate * (1 + SLOW) + part * FAST_A_SECOND)


def test_a_slow_one_grows_no_faster_than_it_is() -> None:
    """Twice as many at most."""
    pace = Pace(0.01, 0.0)
    pace.refused(LONG, LONG)
    rate = pace.meter.rate
    needed(pace, 2 * LONG)
    assert pace.meter.rate == pytest.approx(rate * (1 + SLOW) + rate)


def test_a_configured_rate_is_believed() -> None:
    """It is gone back to with every answer, and never gone above."""
    pace = Pace(10.0, 0.0, configured=10.0)
    for now in (1.0, 2.0):
        pace.refused(now, now)
    rate = pace.meter.rate
    assert rate == pytest.approx(10.0 * CUT * CUT)
    pace.answered(3.0)
    assert pace.meter.rate == pytest.approx(rate * (1 + SLOW_CONFIGURED))
    rate = pace.meter.rate
    pace.answered(2.0 + CALM_SECONDS + RAMP_SECONDS / 2)
    assert pace.meter.rate == pytest.approx(rate * (1 + SLOW_CONFIGURED) + FAST_A_SECOND / 2)
    for _ in range(10):
        pace.answered(LONG)
    assert pace.meter.rate == 10.0


def test_a_pause_shows_what_is_let_through() -> None:
    """The rate begins with the least of it, and grows quickly to the middle."""
    pace = Pace(100.0, 0.0)
    pace.learn(60.0, 90.0, LONG)
    assert pace.meter.rate == 60.0
    assert pace.wait(LONG) > 0.0
    middle = math.sqrt(60.0 * 90.0)
    needed(pace, LONG + 1)
    assert pace.meter.rate == pytest.approx(60.0 + FAST_A_SECOND)
    pace.meter.rate = middle
    needed(pace, LONG + 3)
    assert pace.meter.rate == pytest.approx(middle * (1 + SLOW))
    pace.refused(LONG - 1, LONG + 4)
    assert pace.meter.rate == pytest.approx(middle * (1 + SLOW)), "that one was of the time before"


def test_what_a_pause_shows_halves_it_at_most() -> None:
    """And never makes it faster."""
    pace = Pace(100.0, 0.0)
    pace.learn(10.0, 12.0, LONG)
    assert pace.meter.rate == 50.0
    pace.learn(80.0, 90.0, 2 * LONG)
    assert pace.meter.rate == 50.0
    pace.meter.rate = 9.0
    needed(pace, 2 * LONG + 1)
    assert pace.meter.rate == pytest.approx(9.0 + FAST_A_SECOND), "the lowest middle counts"
    pace.meter.rate = 11.0
    needed(pace, 2 * LONG + 3)
    assert pace.meter.rate == pytest.approx(11.0 * (1 + SLOW))


@pytest.mark.parametrize(("configured", "answers"), [(math.inf, 99), (1000.0, 49)])
def test_random_refusals_do_not_slow_it_down(configured: float, answers: int) -> None:
    """One in a hundred is made up for, or one in fifty where the rate was told, and no more than that."""
    pace = Pace(10.0, 0.0, configured=configured)
    pace.refused(1.0, 1.0)
    rate = pace.meter.rate
    for _ in range(answers):
        needed(pace, LONG / 10)
        assert pace.meter.rate < 1.1 * rate
    pace.refused(LONG / 10, LONG / 10)
    assert pace.meter.rate == pytest.approx(rate, rel=0.001)


def test_four_minutes_without_a_refusal_are_calm() -> None:
    """No gateway counts for longer than a minute: after four without a refusal it was no limit."""
    assert (CALM_SECONDS, RAMP_SECONDS) == (4 * 60.0, 60.0)
