"""The small words all layers share: settings, usage, deltas, timings, limits, JSON, argument checks."""

from __future__ import annotations

import math
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gravitex_async import Delta, Limits, MisuseError, RetryPolicy, Timeout, ToolCall, Usage
from gravitex_async._arguments import check_range, known_only, merged
from gravitex_async._json import dumps, loads_tolerant, to_builtins
from gravitex_async.deltas import end_state, neutral_reason
from gravitex_async.ratelimit import RateLimit
from gravitex_async.timings import Gaps, Timings

# Settings


def test_settings_are_values() -> None:
    """They compare, they do not change, they take keywords only, and they travel."""
    assert Timeout(idle=3) == Timeout(idle=3)
    with pytest.raises(AttributeError):
        Timeout().idle = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        Timeout(3)  # type: ignore[call-arg,misc]
    for value in (Timeout(), Limits(max_connections=3), RetryPolicy()):
        assert pickle.loads(pickle.dumps(value)) == value


def test_every_clock_but_the_deadline_is_finite_by_default() -> None:
    """Nothing waits for ever."""
    limits = msgspec.to_builtins(Timeout())
    assert limits.pop("deadline") is None
    assert all(0 < limit < 3600 for limit in limits.values())


def test_a_number_as_timeout() -> None:
    """The deadline of a plain call; the silence a stream may keep."""
    own = Timeout(idle=1)
    assert Timeout.of(own) is own
    assert Timeout.of(None) == Timeout()
    assert Timeout.of(5) == Timeout(deadline=5)
    streamed = Timeout.of(5, stream=True)
    assert (streamed.deadline, streamed.idle, streamed.content_idle, streamed.first_content) == (
        None,
        5,
        5,
        5,
    )


def test_back_off() -> None:
    """Doubles, with full jitter, up to its limit; no try more than allowed."""
    policy = RetryPolicy(max_retries=9, initial_delay=1, max_delay=5)
    assert [policy.delay(attempt, rand=lambda: 1.0) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 5]
    assert policy.delay(3, rand=lambda: 0.0) == 0
    assert policy.delay(10) is None
    assert RetryPolicy(max_retries=0).delay(1) is None
    assert RetryPolicy(max_retries=10**9).delay(10**6, rand=lambda: 1.0) == 8


@given(st.floats(0, 119), st.integers(1, 2))
def test_a_retry_after_is_waited_for_in_full(seconds: float, attempt: int) -> None:
    """Never less than was asked, and not much more."""
    delay = RetryPolicy().delay(attempt, retry_after=seconds)
    assert delay is not None
    assert seconds <= delay <= seconds + 0.5
    assert RetryPolicy().delay(attempt, retry_after=121) is None


# Usage


def test_usages_add_up() -> None:
    """Over several answers; unknown is not zero, and one estimate makes the sum an estimate."""
    one, two = Usage(1, 2, 3, 1, 0, "server"), Usage(10, 20, 30, None, 5, "server")
    assert sum([one, two], Usage()) == Usage(11, 22, 33, 1, 5, "server")
    assert one + Usage() == one
    assert (one + Usage(1, 1, 2, source="estimated")).source == "estimated"
    assert (Usage() + Usage()).source == "none"


def test_visible_tokens() -> None:
    """Output without thinking, never below zero, unknown where the output is."""
    assert Usage(output_tokens=500, reasoning_tokens=300).visible_tokens == 200
    assert Usage(output_tokens=5, reasoning_tokens=300).visible_tokens == 0
    assert Usage(output_tokens=5).visible_tokens is None
    assert Usage(reasoning_tokens=5).visible_tokens is None


# Deltas and ends


def test_an_empty_delta_has_text_all_the_same() -> None:
    """Text fields are never None."""
    assert (Delta().content, Delta().reasoning_content, Delta().refusal, Delta().tool_calls) == (
        "",
        "",
        "",
        (),
    )


def test_arguments_of_a_call() -> None:
    """Text as sent; parsed on request; none is an empty object."""
    assert ToolCall("", "f", "").parsed() == {}
    assert ToolCall("", "f", '{"a":[1]}').parsed() == {"a": [1]}
    with pytest.raises(ValueError, match="truncated"):
        ToolCall("", "f", '{"a"').parsed()
    for deep in ("[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            ToolCall("", "f", deep).parsed()


@pytest.mark.parametrize(
    ("word", "reason", "state"),
    [("stop", "stop", "completed"), ("end_turn", "stop", "completed"), ("length", "length", "incomplete"),
     ("max_tokens", "length", "incomplete"), ("tool_calls", "tool_calls", "completed"),
     ("function_call", "tool_calls", "completed"), ("FUNCTION_CALL", "tool_calls", "completed"),
     ("content_filter", "filtered", "incomplete"),
     ("insufficient_system_resource", "error", "incomplete"), ("pause_turn", "other", "completed"),
     ("a new word", "unknown", "completed"), (None, "unknown", "completed")],
)  # fmt: skip
def test_finish_reasons(word: str | None, reason: str, state: str) -> None:
    """Words of all makes have one neutral class; a word nobody knows is unknown, not an error."""
    assert neutral_reason(word) == reason
    assert end_state(neutral_reason(word)) == state


# Timings


def test_timings_note_the_first_and_the_last() -> None:
    """Milestones are set once; reads without content move only ``last``."""
    times = Timings(opened=100.0)
    times.read(101.0, content=False, reasoning=False)
    times.read(102.0, content=False, reasoning=True)
    times.read(103.5, content=True, reasoning=False)
    times.read(104.0, content=True, reasoning=True)
    times.read(109.0, content=False, reasoning=False)
    assert (times.first_reasoning, times.first_content, times.last) == (2.0, 3.5, 9.0)
    between = times.between
    assert (between.count, between.shortest, between.longest, between.mean) == (2, 0.5, 1.5, 1.0)
    assert Gaps().mean == 0.0


# Rate limits


def test_rate_limit_headers() -> None:
    """Counts and resets in the spellings in use; what is not said is None."""
    found = RateLimit.of({
        "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s", "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6m0s",
    })  # fmt: skip
    assert found == RateLimit(60, 59, 1.0, 150000, 149984, 360.0)
    assert RateLimit.of({}) == RateLimit()
    assert (
        RateLimit.of({"x-ratelimit-limit-requests": "many", "x-ratelimit-reset-tokens": "?"}) == RateLimit()
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120ms", 0.12), ("1m30s", 90), ("1h2m3s", 3723), ("2d", 172800), ("7.66s", 7.66), ("12", 12), ("0", 0)],
)
def test_reset_times(text: str, seconds: float) -> None:
    """Go durations and plain seconds."""
    found = RateLimit.of({"x-ratelimit-reset-requests": text}).reset_requests
    assert found is not None
    assert math.isclose(found, seconds)


# JSON


@pytest.mark.parametrize(
    ("data", "value"),
    [(b'{"a":1}', {"a": 1}), (b'"\\ud83d"', "\ud83d"), (b"[1.0,NaN]", None), (b'"a\tb"', "a\tb"),
     (b"\xef\xbb\xbf[]", []), (b'"\xff"', "\ufffd"), (b"123456789012345678901234567890", None)],
)  # fmt: skip
def test_json_that_strict_readers_refuse(data: bytes, value: Any) -> None:
    """Lone surrogates, NaN, raw control characters, a BOM and bad UTF-8 are read."""
    found = loads_tolerant(data)
    assert found == value or value is None
    assert loads_tolerant(memoryview(data)) == found or value is None


@pytest.mark.parametrize("data", [b"", b"{", b"nonsense", b"{} {}", b"[1,]"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    """Tolerance has an end."""
    with pytest.raises(ValueError, match=r".+"):
        loads_tolerant(data)


def test_what_can_be_written() -> None:
    """Structs, nested in plain values; an object of no shape is refused by its type's name."""
    assert dumps({"u": [Usage(1)]}).startswith(b'{"u":[{"input_tokens":1')
    assert to_builtins([Limits()])[0]["keepalive"] == 30.0
    with pytest.raises(NotImplementedError, match="got object"):
        dumps({"x": object()})


# Arguments


def test_unknown_keywords_are_named() -> None:
    """All of them, with the way to send them."""
    with pytest.raises(
        TypeError, match=r"f\(\) got an unexpected keyword argument 'b'.*'b': \.\.\., 'c': \.\.\."
    ):
        known_only("f", ["c", "a", "b"], ["a"])
    known_only("f", [], [])


@pytest.mark.parametrize("value", [0, 2, 1.5, True, None, "9", [5], float("nan")])
def test_values_in_range_or_of_no_number(value: Any) -> None:
    """Only numbers are checked, and only against what the documents say."""
    check_range("x", value, 0, 2)


@pytest.mark.parametrize(
    ("value", "high", "words"), [(-0.1, 2, "from 0 to 2"), (2.5, 2, "from 0 to 2"), (-1, None, "0 or more")]
)
def test_values_out_of_range(value: float, high: float | None, words: str) -> None:
    """The message has the range, the value and the way round it."""
    with pytest.raises(MisuseError, match=f"{words}, got {value}.*extra_body"):
        check_range("x", value, 0, high)


def test_extra_keys_win() -> None:
    """The caller's own keys go over ours."""
    assert merged({"a": 1, "b": 2}, {"b": 3, "c": None}) == {"a": 1, "b": 3, "c": None}
    assert merged({"a": 1}, None) == {"a": 1}
