"""How many calls may be under way, found out from refusals: step by step, with moments that are given."""

from __future__ import annotations

import math

import pytest

from gravitex_async.transport._places import (
    AT_LEAST,
    FIRST_LIMIT,
    LONGEST_MOMENT,
    LONGEST_PAUSE,
    SHORTEST_MOMENT,
    UNLIMITED,
    Mean,
    Places,
    Ticket,
)

MOMENT = SHORTEST_MOMENT


def entered(places: Places, number: int, now: float = 0.0) -> list[Ticket]:
    return [places.enter(now) for _ in range(number)]


def open_places(active: int = 0, now: float = 0.0) -> tuple[Places, list[Ticket]]:
    places = Places(adaptive=False)
    return places, entered(places, active, now)


def suspecting(ceiling: int, now: float = 0.0) -> tuple[Places, list[Ticket]]:
    """As many under way as the ceiling, behind one refusal at *now*."""
    places, tickets = open_places(ceiling + 1, now)
    places.refused(tickets.pop(), now, None)
    assert places.ceiling == ceiling
    return places, tickets


# Without a suspicion


def test_a_mean_weighs_the_last_values_most() -> None:
    """The first counts whole; each one after it an eighth."""
    mean = Mean()
    assert mean.value is None
    mean.add(8.0)
    assert mean.value == 8.0
    mean.add(16.0)
    assert mean.value == 9.0
    mean.add(1.0)
    assert mean.value == 8.0


def test_any_number_may_go_where_none_was_told() -> None:
    """And all is counted."""
    places, tickets = open_places(1000)
    assert places.wait(0.0) == 0.0
    assert (places.limit, places.active, places.undecided, places.refusals) == (math.inf, 1000, 1000, 0)
    places.answered(tickets[0], 1.0)
    assert (places.active, places.undecided) == (1000, 999)
    places.leave(tickets[0])
    assert (places.active, places.undecided) == (999, 999)
    places.leave(tickets[1])
    assert (places.active, places.undecided) == (998, 998)
    assert not places.paused


def test_an_adaptive_number_begins_small_and_grows_with_what_needs_it() -> None:
    """One answer, one place more; but for answers that left places free."""
    places = Places(adaptive=True)
    tickets = entered(places, int(FIRST_LIMIT) - 1)
    assert places.wait(0.0) == 0.0
    tickets += entered(places, 1)
    assert places.wait(0.0) is None
    places.answered(tickets[0], 0.1)
    assert places.limit == FIRST_LIMIT + 1
    assert places.wait(0.1) == 0.0
    places.answered(tickets[1], 0.1)
    assert places.limit == FIRST_LIMIT + 2
    places.answered(tickets[2], 0.1)
    assert places.limit == FIRST_LIMIT + 2


# A suspicion


def test_a_refusal_makes_a_suspicion() -> None:
    """No more than were under way beside it."""
    places, tickets = suspecting(4)
    assert (places.active, places.refusals, places.undecided) == (4, 1, 4)
    assert places.opens == MOMENT
    assert places.wait(0.0) == MOMENT
    places.leave(tickets.pop())
    assert places.wait(0.0) == 0.0
    entered(places, 1)
    assert places.wait(0.03) == pytest.approx(MOMENT - 0.03)
    assert places.wait(MOMENT) == 0.0
    assert places.wait(MOMENT + 1) == 0.0


def test_refusals_of_the_same_burst_lower_it() -> None:
    """They were let in before it."""
    places, tickets = open_places(10)
    for left in (9, 8, 7):
        places.refused(tickets.pop(), 0.01, None)
        assert places.ceiling == left
    places.leave(tickets.pop())
    places.leave(tickets.pop())
    places.refused(tickets.pop(), 0.01, None)
    assert places.ceiling == 4


def test_one_more_is_tried_and_not_refused() -> None:
    """Then the ceiling doubles, and soon is gone."""
    places, _ = suspecting(4)
    trial = places.enter(MOMENT)
    assert places.wait(MOMENT) == pytest.approx(MOMENT)
    places.answered(trial, MOMENT + 0.05)
    assert places.ceiling == 9
    assert places.opens == MOMENT + 0.05
    entered(places, 4, MOMENT + 0.05)
    assert places.active == 9
    assert places.wait(MOMENT + 0.05) == 0.0, "another trial may go at once"


def test_a_ceiling_above_the_limit_is_none() -> None:
    """There is nothing left to suspect."""
    places = Places(adaptive=True)
    tickets = entered(places, 6)
    places.refused(tickets.pop(), 0.0, None)
    trial = places.enter(MOMENT)
    places.answered(trial, MOMENT)
    assert places.ceiling is None
    assert places.limit == FIRST_LIMIT


def test_a_trial_of_which_nothing_is_heard_has_passed() -> None:
    """A refusal comes at once, an answer may take minutes."""
    places, _ = suspecting(4)
    places.enter(MOMENT)
    patience = SHORTEST_MOMENT
    assert places.wait(MOMENT + 0.04) == pytest.approx(patience - 0.04)
    assert places.wait(MOMENT + patience) == 0.0
    assert places.ceiling == 9


def test_the_patience_is_what_refusals_take() -> None:
    """Four times as long, and five seconds at most."""
    for seconds, patience in ((0.5, 2.0), (10.0, LONGEST_MOMENT)):
        places, tickets = open_places(5)
        places.refused(tickets.pop(), seconds, None)
        places.enter(100.0)
        assert places.wait(100.0) == pytest.approx(patience)


def test_a_trial_that_is_left_says_nothing() -> None:
    """Another one is tried."""
    places, _ = suspecting(4)
    places.leave(places.enter(MOMENT))
    assert (places.ceiling, places.active, places.wait(MOMENT)) == (4, 4, 0.0)


def test_a_trial_that_is_refused_confirms_it() -> None:
    """The next comes after twice the time, and twice that; sixteen times at most."""
    places, _ = suspecting(4)
    now = MOMENT
    for doubling in (2, 4, 8, 16, 16):
        places.refused(places.enter(now), now, None)
        assert places.ceiling == 4
        assert places.wait(now) == pytest.approx(doubling * MOMENT)
        now += doubling * MOMENT
    places.answered(places.enter(now), now)
    assert places.ceiling == 9
    places, _ = suspecting(4, now)
    places.refused(places.enter(now + MOMENT), now + MOMENT, None)
    assert places.wait(now + MOMENT) == pytest.approx(2 * MOMENT)


def test_a_confirmed_ceiling_is_no_more_than_are_under_way() -> None:
    """Some have ended meanwhile."""
    places, tickets = suspecting(4)
    trial = places.enter(MOMENT)
    places.leave(tickets.pop())
    places.refused(trial, MOMENT, None)
    assert places.ceiling == 3


def test_the_moments_are_as_long_as_answers_take() -> None:
    """That is how fast places come back; five seconds at most."""
    for seconds, moment in ((0.01, SHORTEST_MOMENT), (2.0, 2.0), (60.0, LONGEST_MOMENT)):
        places, tickets = open_places(6)
        places.answered(tickets.pop(), seconds)
        places.refused(tickets.pop(), seconds, None)
        now = seconds + MOMENT
        places.refused(places.enter(now), now, None)
        assert places.wait(now) == pytest.approx(2 * moment)


# Refused under the suspicion


def test_few_refusals_under_a_suspicion_say_nothing() -> None:
    """At random, gateways refuse too."""
    places, tickets = suspecting(20)
    for number in range(AT_LEAST - 1):
        places.leave(tickets.pop())
        places.refused(places.enter(0.01), 0.02, None)
        assert places.ceiling == 20, number


def test_many_refusals_under_a_suspicion_are_too_much() -> None:
    """A tenth of those let in: no more than are under way."""
    places, tickets = suspecting(30)
    for _ in range(12):
        places.leave(tickets.pop())
    good = entered(places, 12, 0.01)
    for ticket in good[:AT_LEAST]:
        assert places.ceiling == 30
        places.refused(ticket, 0.02, None)
    assert places.ceiling == places.active == 27


def test_a_smaller_part_of_many_is_not() -> None:
    """Three of thirty-one."""
    places, tickets = suspecting(40)
    for _ in range(31):
        places.leave(tickets.pop())
    for ticket in entered(places, 31, 0.01)[:AT_LEAST]:
        places.refused(ticket, 0.02, None)
    assert places.ceiling == 40


def test_half_of_them_are_a_pause() -> None:
    """Calls are refused however few there are: no places are scarce, but calls a minute."""
    places, tickets = suspecting(10)
    for _ in range(6):
        places.leave(tickets.pop())
    for ticket in entered(places, 6, 0.01)[:AT_LEAST]:
        assert not places.paused
        places.refused(ticket, 0.02, None)
    assert places.paused
    assert places.opens == pytest.approx(0.02 + MOMENT)


def test_what_was_refused_long_ago_does_not_count() -> None:
    """Two moments are one count; what was let in before it is of another."""
    places, tickets = suspecting(10)
    places.leave(tickets.pop())
    places.leave(tickets.pop())
    early = entered(places, 2, 0.01)
    places.refused(early[0], 0.02, None)
    late = 0.02 + 3 * MOMENT
    places.refused(early[1], late, None)
    for _ in range(AT_LEAST - 1):
        places.refused(places.enter(late), late, None)
        assert not places.paused
    places.refused(places.enter(late), late, None)
    assert places.paused


# Pauses


def test_retry_after_is_a_pause() -> None:
    """Nobody goes but one when it ends, then two more, four, and so on."""
    places, tickets = open_places(3)
    places.refused(tickets.pop(), 1.0, 20.0)
    assert places.paused
    assert (places.ceiling, places.opens) == (0, 21.0)
    assert places.wait(1.0) == 20.0
    for ticket in tickets:
        places.leave(ticket)
    assert places.wait(20.9) == pytest.approx(0.1)
    assert places.wait(21.0) == 0.0
    trial = places.enter(21.0)
    assert places.wait(21.0) > 0
    places.answered(trial, 21.05)
    assert not places.paused
    assert places.ceiling == 1
    second = places.enter(21.05)
    places.answered(second, 21.1)
    assert places.ceiling == 3


def test_a_pause_is_a_minute_at_most() -> None:
    """Whatever the gateway says."""
    places, tickets = open_places(1)
    places.refused(tickets.pop(), 0.0, 3600.0)
    assert places.opens == LONGEST_PAUSE


def test_a_pause_is_never_shortened() -> None:
    """By another that ends earlier; one that ends later makes it longer."""
    places, tickets = open_places(3)
    places.refused(tickets.pop(), 0.0, 20.0)
    places.refused(tickets.pop(), 0.0, 5.0)
    assert places.opens == 20.0
    places.refused(tickets.pop(), 0.0, 30.0)
    assert places.opens == 30.0


def test_a_pause_takes_the_place_of_a_suspicion() -> None:
    """And of its trial."""
    places, _ = suspecting(4)
    trial = places.enter(MOMENT)
    places.pause(MOMENT, 10.0)
    assert (places.ceiling, places.opens) == (0, MOMENT + 10.0)
    places.answered(trial, MOMENT + 0.1)
    assert places.paused, "it is no trial of this"


def test_the_only_call_that_is_refused_is_a_pause() -> None:
    """There is no smaller number than one: it is calls a minute."""
    places, tickets = open_places(1)
    places.refused(tickets.pop(), 0.5, None)
    assert places.paused
    assert places.opens == pytest.approx(0.5 + MOMENT)
    places, tickets = open_places(2)
    places.answered(tickets[0], 2.0)
    places.leave(tickets[0])
    places.refused(tickets[1], 2.0, None)
    assert places.opens == pytest.approx(2.0 + 2.0), "as long as answers take"


# An adaptive limit that was found


def found(limit: int = 6) -> tuple[Places, list[Ticket], float]:
    places = Places(adaptive=True)
    tickets = entered(places, limit + 1)
    places.refused(tickets.pop(), 0.0, None)
    for ticket in tickets:
        places.leave(ticket)
    tickets = entered(places, limit, MOMENT)
    assert places.ceiling == limit
    places.refused(places.enter(MOMENT), MOMENT, None)
    return places, tickets, MOMENT


def test_a_ceiling_that_is_confirmed_is_the_limit() -> None:
    """Where calls went through under it."""
    places, tickets, now = found(6)
    assert (places.limit, places.ceiling) == (6.0, None)
    assert places.wait(now) == pytest.approx(2 * MOMENT)
    for ticket in tickets[:2]:
        places.answered(ticket, now)
    assert places.limit == 6.0, "it grows by trying only"


def test_a_ceiling_without_calls_that_went_through_is_no_limit() -> None:
    """Nothing was found out yet."""
    places = Places(adaptive=True)
    tickets = entered(places, 7)
    places.refused(tickets.pop(), 0.0, None)
    places.refused(places.enter(MOMENT), MOMENT, None)
    assert (places.limit, places.ceiling) == (FIRST_LIMIT, 6)


def test_what_is_not_adaptive_finds_no_limit() -> None:
    """It was told one."""
    places, tickets = suspecting(6)
    for ticket in tickets:
        places.leave(ticket)
    entered(places, 6, MOMENT)
    places.refused(places.enter(MOMENT), MOMENT, None)
    assert (places.limit, places.ceiling) == (math.inf, 6)


def test_a_limit_grows_by_a_step_that_may_be_refused() -> None:
    """Five in a hundred, one at least; then it is what it was, and the next comes later."""
    places, _, now = found(6)
    for doubling in (2, 4, 8, 16, 16):
        assert places.wait(now) == pytest.approx(doubling * MOMENT)
        now += doubling * MOMENT
        assert places.wait(now - 0.001) == pytest.approx(0.001)
        assert places.wait(now) == 0.0
        assert (places.limit, places.ceiling) == (7.0, 6)
        trial = places.enter(now)
        places._admitted += 6  # that went through under it
        places.refused(trial, now, None)
        assert (places.limit, places.ceiling) == (6.0, None)


def test_a_step_that_is_not_refused_is_kept() -> None:
    """And the next comes soon."""
    places, _, now = found(6)
    now += 2 * MOMENT
    assert places.wait(now) == 0.0
    places.answered(places.enter(now), now)
    assert (places.limit, places.ceiling) == (7.0, None)
    assert places.wait(now) == pytest.approx(MOMENT)
    now += MOMENT
    assert places.wait(now) == 0.0
    assert places.limit == 8.0
    places._admitted += 7
    places.refused(places.enter(now), now, None)
    assert places.wait(now) == pytest.approx(2 * MOMENT), "the doubling begins anew"


def test_a_large_limit_grows_by_a_part_of_itself() -> None:
    """Five in a hundred."""
    places, _, now = found(9)
    places.limit = 100.0
    entered(places, 91, now)
    now += 2 * MOMENT
    assert places.wait(now) == 0.0
    assert places.limit == pytest.approx(105.0)
    assert places.ceiling == 100


def test_it_grows_only_where_it_is_reached() -> None:
    """A limit that nobody needs is not tried."""
    places, tickets, now = found(6)
    places.leave(tickets.pop())
    assert places.wait(now + 100) == 0.0
    assert places.limit == 6.0


def test_numbers_have_an_end() -> None:
    """Which nobody reaches."""
    places = Places(adaptive=False)
    places.active = UNLIMITED
    assert places.wait(0.0) is None
    places.active = UNLIMITED - 1
    assert places.wait(0.0) == 0.0
