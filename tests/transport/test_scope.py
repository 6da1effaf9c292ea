"""What is known of one model under one key, step by step, with moments that are given."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gravitex_async import RateLimits
from gravitex_async.ratelimit import RateLimit
from gravitex_async.transport._places import Ticket
from gravitex_async.transport._scope import ENOUGH, HORIZON, Scope, Waiter, _used_up

QUIET = RateLimit()


def scope(**limits: Any) -> Scope:
    return Scope("m", RateLimits(**limits), 0.0)


def answer(scope: Scope, now: float, number: int = 1, said: RateLimit = QUIET) -> None:
    """So many come, are answered and go."""
    for _ in range(number):
        ticket = scope.enter(now)
        scope.answered(ticket, now, said)
        scope.places.leave(ticket)


def crowd(scope: Scope, number: int = 1) -> list[Waiter]:
    """So many wait."""
    loop = asyncio.new_event_loop()
    try:
        made = [Waiter(order, 0.0, loop) for order in range(number)]
    finally:
        loop.close()
    scope.fresh.update({one.order: one for one in made})
    return made


def test_calls_that_had_their_turn_go_first() -> None:
    """Whoever came when."""
    model = scope()
    first, second, third = crowd(model, 3)
    assert (model.waiting, model.first) == (3, first)
    model.again[third.order] = model.fresh.pop(third.order)
    assert (model.waiting, model.first) == (3, third)
    del model.again[third.order]
    assert (model.waiting, model.first) == (2, first)
    del model.fresh[first.order]
    assert model.first is second


def test_a_model_that_was_not_refused_holds_nothing_up() -> None:
    """It has no pace."""
    model = scope()
    answer(model, 1.0, 100)
    assert (model.wait(1.0), model.pace) == (0.0, None)


def test_a_configured_rate_is_paced_by_the_first_refusal() -> None:
    """Until then the key's meter is all there is."""
    model = scope(requests_per_minute=600)
    answer(model, 1.0, 100)
    assert model.pace is None
    model.refused(model.enter(1.0), 1.1, None)
    assert model.pace is not None
    assert model.pace.meter.rate == 10.0
    assert model.wait(1.1) > 0.0
    model.refused(model.enter(5.0), 5.0, None)
    assert model.pace.meter.rate < 10.0


def test_without_a_rate_a_refusal_makes_no_pace() -> None:
    """It says nothing of minutes."""
    model = scope()
    tickets = [model.enter(1.0) for _ in range(5)]
    model.refused(tickets[0], 1.1, None)
    assert model.pace is None


def used(count: int, *, crowded: bool = True, adaptive: Any = "adaptive") -> Scope:
    """So many let through in 10 s of calls that never rest, then a pause of 10 s that has just ended."""
    model = scope(max_concurrency=adaptive)
    if crowded:
        crowd(model)
    tickets = [model.enter(0.0)]
    for number in range(count - 1):
        tickets.append(model.enter(10.0 * number / count))
    for ticket in tickets[1:]:
        model.answered(ticket, 10.0, QUIET)
        model.places.leave(ticket)
    model.refused(tickets[0], 10.0, 10.0)
    assert model.places.paused
    model.wait(20.0)
    trial = model.enter(20.0)
    model.answered(trial, 20.0, QUIET)
    assert not model.places.paused
    return model


def test_a_pause_shows_the_rate() -> None:
    """What was let through, over the time that it was."""
    model = used(101)
    assert model.pace is not None
    assert model.pace.meter.rate == pytest.approx(101 / 20)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"crowded": False}, "nobody waited, so what went is what was asked for"),
        ({"adaptive": 50}, "nothing is to be found out"),
    ],
)
def test_a_pause_shows_no_rate(options: dict[str, Any], why: str) -> None:
    """Where it would not be the gateway's."""
    assert used(101, **options).pace is None, why


@pytest.mark.parametrize(("count", "learnt"), [(ENOUGH, True), (ENOUGH - 1, False)])
def test_a_rate_is_read_off_enough_calls(count: int, learnt: bool) -> None:
    """The one that ended the pause among them, the one that was refused not."""
    assert (used(count).pace is not None) is learnt


def test_a_configured_rate_goes_on_behind_a_pause() -> None:
    """From nothing, and as it was configured."""
    model = scope(requests_per_minute=600, max_concurrency=50)
    ticket = model.enter(0.0)
    answer(model, 0.0, 1, RateLimit(remaining_requests=0, reset_requests=10.0))
    assert model.places.paused
    assert model.pace is None
    trial = model.enter(1.0 + 10.0)
    model.answered(trial, 12.0, QUIET)
    assert not model.places.paused
    assert model.pace is not None
    assert (model.pace.meter.rate, model.pace.wait(12.0) > 0) == (10.0, True)
    model.places.leave(ticket)


def test_what_is_far_back_weighs_less() -> None:
    """Two minutes are one count; then half of it goes on."""
    model = scope()
    model.enter(0.0)
    for moment in range(1, 121):
        model.enter(float(moment))
    cycle = model._since_pause
    assert (cycle.began, cycle.let_in) == (0.0, 121.0)
    model.enter(HORIZON + 1)
    assert (cycle.began, cycle.let_in) == (HORIZON / 2 + 1, 61.5)


def test_a_count_that_began_late_is_as_long() -> None:
    """It is its length that counts."""
    model = scope()
    model.enter(100.0)
    model.enter(100.0 + HORIZON)
    cycle = model._since_pause
    assert (cycle.began, cycle.let_in) == (100.0, 2.0)
    model.enter(101.0 + HORIZON)
    assert (cycle.began, cycle.let_in) == (101.0 + HORIZON / 2, 2.0)


def test_a_pace_begins_with_nothing_behind_a_pause() -> None:
    """However long it had not been used."""
    model = scope(requests_per_minute=600)
    model.refused(model.enter(0.0), 0.0, None)
    first = model.enter(100.0)
    model.refused(model.enter(100.0), 100.0, 50.0)
    assert model.places.paused
    assert model.pace is not None
    assert model.pace.wait(149.0) == 0.0
    model.answered(model.enter(150.0), 150.0, QUIET)
    assert not model.places.paused
    assert model.pace.wait(150.0) > 0.0
    model.places.leave(first)


def test_a_rest_begins_a_new_count() -> None:
    """It says nothing of what would be let through."""
    model = scope()
    answer(model, 0.0, 10)
    ticket = model.enter(50.0)
    cycle = model._busy
    assert (cycle.began, cycle.let_in) == (50.0, 1.0)
    model.enter(60.0)
    assert (cycle.began, cycle.let_in) == (50.0, 2.0)
    model.refused(ticket, 60.0, None)
    assert cycle.let_in == 1.0
    assert model._since_pause.let_in == 1.0


def test_a_crowd_is_forgotten_in_a_rest() -> None:
    """Calls that came one by one were few, not limited."""
    model = scope()
    crowd(model)
    ticket = model.enter(0.0)
    assert model._crowded
    model.fresh.clear()
    model.enter(0.5)
    assert model._crowded
    model.places.leave(ticket)
    model.places.leave(Ticket(0.5))
    model.enter(1.0)
    assert not model._crowded


@pytest.mark.parametrize(
    ("said", "undecided", "seconds"),
    [
        (RateLimit(), 0, None),
        (RateLimit(remaining_requests=0), 0, None),
        (RateLimit(reset_requests=5.0), 0, None),
        (RateLimit(remaining_requests=0, reset_requests=5.0), 0, 5.0),
        (RateLimit(remaining_requests=1, reset_requests=5.0), 0, None),
        (RateLimit(remaining_requests=3, reset_requests=5.0), 3, 5.0),
        (RateLimit(remaining_requests=0, reset_requests=60.0, limit_requests=10), 0, 6.0),
        (RateLimit(remaining_requests=0, reset_requests=60.0, limit_requests=1000), 0, 1.0),
        (RateLimit(remaining_requests=0, reset_requests=0.5, limit_requests=1), 0, 0.5),
        (RateLimit(remaining_requests=0, reset_requests=30.0, limit_requests=0), 0, 30.0),
        (RateLimit(remaining_tokens=0, reset_tokens=0.5), 0, 0.5),
        (RateLimit(remaining_tokens=0, reset_tokens=50.0), 0, 1.0),
        (RateLimit(remaining_tokens=1, reset_tokens=50.0), 0, None),
        (RateLimit(remaining_tokens=0), 0, None),
    ],
)
def test_what_headers_say_of_nothing_left(said: RateLimit, undecided: int, seconds: float | None) -> None:
    """As long as a bucket needs for one more, a second at least; calls on their way have theirs already."""
    assert _used_up(said, undecided) == seconds


def test_headers_pause_a_model() -> None:
    """Before it is refused."""
    model = scope()
    answer(model, 3.0, 1, RateLimit(remaining_requests=0, reset_requests=5.0))
    assert model.places.paused
    assert model.places.opens == 8.0
