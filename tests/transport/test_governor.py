"""What a governor counts and shows, step by step; how it fares with gateways stands in the laws."""

from __future__ import annotations

import asyncio

import pytest

from gravitex_async import APIConnectionError, RateLimitError, RateLimits, Usage
from gravitex_async.transport._governor import MAX_KEPT, Governor, Governors, LimitStatistics

from ..virtual import run_virtually as run


def governor(**limits: object) -> Governor:
    return Governor(RateLimits(**limits), asyncio.get_running_loop())  # type: ignore[arg-type]


def test_a_model_at_rest_shows_nothing() -> None:
    """All that can be counted is nothing, all that can be limited is not."""
    shown = LimitStatistics(host="h", model="m")
    assert (shown.active, shown.waiting, shown.paused_for, shown.refused) == (0, 0, 0.0, 0)
    assert (shown.limit, shown.requests_per_minute) == (None, None)


def test_output_of_unknown_length_is_a_guess_until_one_has_ended() -> None:
    """256 tokens, then what answers have."""

    async def main() -> None:
        gate = governor(tokens_per_minute=60_000)
        first = gate.admit_nowait("m", 44.0, None)
        assert first is not None
        assert first._tokens is not None
        assert first._tokens.amount == 300.0
        first.used(Usage(output_tokens=10))
        second = gate.admit_nowait("m", 44.0, None)
        assert second is not None
        assert second._tokens is not None
        assert second._tokens.amount == 54.0

    run(main())


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        (Usage(output_tokens=10), 10.0),
        (Usage(input_tokens=5, output_tokens=10), 15.0),
        (Usage(input_tokens=5, output_tokens=10, total_tokens=20), 20.0),
        (Usage(total_tokens=20), 20.0),
        (Usage(input_tokens=5), 100.0),
        (Usage(), 100.0),
    ],
)
def test_what_an_answer_used_takes_the_place_of_the_guess(usage: Usage, amount: float) -> None:
    """Its total, or the sum of what it says; without its output it says too little."""

    async def main() -> None:
        permit = governor(tokens_per_minute=60_000).admit_nowait("m", 100.0)
        assert permit is not None
        assert permit._tokens is not None
        permit.used(usage)
        assert permit._tokens.amount == amount

    run(main())


def test_a_governor_at_rest() -> None:
    """Nobody is under way, nobody waits, and no pause would be forgotten."""

    async def main() -> None:
        gate = governor(max_concurrency=1)
        assert gate.at_rest
        permit = gate.admit_nowait("m", 1.0)
        assert permit is not None
        assert not gate.at_rest
        assert gate.admit_nowait("m", 1.0) is None
        waits = asyncio.ensure_future(gate.admit("m", 1.0))
        await asyncio.sleep(0)
        assert (gate.active, gate.waiting, repr(gate)) == (1, 1, "<Governor 1 active, 1 waiting>")
        permit.release(None)
        (await waits).release(RateLimitError("slow down", retry_after=5.0, retryable=True))
        assert (gate.active, gate.waiting) == (0, 0)
        assert not gate.at_rest
        await asyncio.sleep(5.0)
        assert gate.at_rest

    run(main())


def test_governors_at_rest_are_forgotten_beyond_so_many() -> None:
    """Those at work are kept."""

    async def main() -> None:
        governors = Governors(RateLimits(max_concurrency=1), asyncio.get_running_loop())
        busy = governors.of("h", "busy")
        assert busy is not None
        assert busy.admit_nowait("m", 1.0) is not None
        for number in range(MAX_KEPT - 1):
            governors.of("h", number)
        assert repr(governors) == f"<Governors {MAX_KEPT}>"
        governors.of("h", "one more")
        assert repr(governors) == "<Governors 2>"
        assert governors.of("h", "busy") is busy
        assert [shown.active for shown in governors.statistics()] == [1]

    run(main())


def test_scopes_at_rest_are_forgotten_beyond_so_many() -> None:
    """Those at work are kept."""

    async def main() -> None:
        gate = governor(max_concurrency=10)
        assert gate.admit_nowait("busy", 1.0) is not None
        for number in range(MAX_KEPT):
            permit = gate.admit_nowait(f"{number}", 1.0)
            assert permit is not None
            permit.release(None)
        assert [shown.model for shown in gate.statistics("h")] == ["busy", f"{MAX_KEPT - 1}"]

    run(main())


def test_nobody_overtakes_one_that_waits_for_what_all_share() -> None:
    """A call of another model that would fit waits behind it."""

    async def main() -> None:
        gate = governor(tokens_per_minute=6000, burst=1.0)
        assert gate.admit_nowait("a", 60.0) is not None
        large = asyncio.ensure_future(gate.admit("b", 100.0))
        await asyncio.sleep(0)
        assert gate.admit_nowait("c", 10.0) is None
        (await large).release(None)

    run(main())


def test_the_reasons_of_a_wait() -> None:
    """What holds a call up, in words."""

    async def main() -> None:
        gate = governor(requests_per_minute=60, max_concurrency=2, burst=1.0)
        permit = gate.admit_nowait("m", 1.0)
        assert permit is not None
        assert gate.why("m") == (
            "1 of 2 under way, 0 other calls waiting, the requests per minute used up for 1.0 s more"
        )
        permit.release(RateLimitError("slow down", retry_after=20.0, retryable=True))
        await asyncio.sleep(5.0)
        assert gate.why("m") == (
            "0 of 2 under way, 0 other calls waiting, paused for 15.0 s more after 1 refusals"
        )
        gate.close(APIConnectionError("closed"))

    run(main())
