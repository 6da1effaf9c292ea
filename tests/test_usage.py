"""Counts of all dialects speak one language, and add up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async import Usage
from gravitex_async.chat import CompletionUsage
from gravitex_async.usage import Counts

CHAT = CompletionUsage(prompt_tokens=10, completion_tokens=5)
OWN = Usage(1, 2, 3, 1, None, "server")


def test_a_sum_of_any_mixture() -> None:
    """With a start and without; a count that none of them has stays None."""
    for found in (sum([CHAT, OWN, CHAT], Usage()), sum([CHAT, OWN, CHAT])):
        assert found == Usage(21, 12, 33, 1, None, "server")
    assert sum([], Usage()).source == "none"
    assert Usage(20, 10, 30, None, None, "server") == CHAT + CHAT
    assert OWN + CHAT == CHAT + OWN == Usage(11, 7, 18, 1, None, "server")


@pytest.mark.parametrize("other", [3, None, "usage"])
def test_only_counts_add_up(other: Any) -> None:
    """Anything else is a TypeError, also as the start of a sum."""
    for usage in (CHAT, OWN):
        with pytest.raises(TypeError):
            usage + other
        with pytest.raises(TypeError):
            other + usage


def test_an_estimate_stays_one() -> None:
    """A sum is what the server counted only if all of it is."""
    assert (OWN + Usage(1, 1, 2, source="estimated")).source == "estimated"
    assert (Usage() + OWN).source == "server"


@pytest.mark.parametrize(
    ("sent", "neutral"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 9}, Usage(3, 4, 9, source="server")),
        ({"input_tokens": 3, "output_tokens": 4}, Usage(3, 4, 7, source="server")),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0, 0, source="server")),
        ({"cost": 1}, Usage()),
        (
            {"prompt_tokens": 3, "completion_tokens": 4, "cached_tokens": 2, "reasoning_tokens": 1},
            Usage(3, 4, 7, 1, 2, "server"),
        ),
        (
            {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 1},
             "completion_tokens_details": {"reasoning_tokens": 2}},
            Usage(3, 4, 7, 2, 1, "server"),
        ),
    ],
)  # fmt: skip
def test_the_words_beside_those_of_the_wire(sent: dict[str, Any], neutral: Usage) -> None:
    """Each word is that of the neutral form, and what was sent is written as it was sent."""
    usage = msgspec.convert(sent, CompletionUsage)
    assert usage.neutral() == neutral
    for name in ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens",
                 "visible_tokens", "source"):  # fmt: skip
        assert getattr(usage, name) == getattr(neutral, name)
    assert usage.to_dict() == sent


def test_visible_tokens() -> None:
    """Output without reasoning, where both are known; never negative."""
    assert Usage(output_tokens=5, reasoning_tokens=7).visible_tokens == 0
    assert Usage(output_tokens=5).visible_tokens is None
    assert Usage(reasoning_tokens=5).visible_tokens is None


def test_a_dialect_has_to_say_what_it_counts() -> None:
    """The mixin knows none of the wire's names."""
    with pytest.raises(NotImplementedError):
        Counts().neutral()
