"""The structs of all dialects: what is there when nothing was said, and the neutral words."""

from __future__ import annotations

import pytest

from gravitex_async.deltas import (
    Delta,
    Evidence,
    StreamEnd,
    ToolCall,
    ToolCallDelta,
    end_state,
    neutral_reason,
)
from gravitex_async.usage import Usage


def test_what_was_not_said() -> None:
    """Text is "", a place is the first, and nothing was seen."""
    assert Delta() == Delta("", "", "", (), None, None, 0)
    assert ToolCallDelta(3) == ToolCallDelta(3, None, None, "")
    assert ToolCall("a", "f", "") == ToolCall("a", "f", "", 0, {})
    assert Evidence() == Evidence(False, False, False, 0, 0)
    assert StreamEnd() == StreamEnd("open", "unknown", (), Evidence())
    assert Delta(usage=Usage()) != Delta()


def test_arguments_are_read_when_asked_for() -> None:
    """None at all are an empty object; what is no JSON is an error of one class."""
    assert ToolCall("a", "f", "").parsed() == {}
    assert ToolCall("a", "f", '{"x":[1]}').parsed() == {"x": [1]}
    with pytest.raises(ValueError, match="truncated"):
        ToolCall("a", "f", '{"x"').parsed()
    with pytest.raises(ValueError, match="nested too deeply"):
        ToolCall("a", "f", "[" * 100_000).parsed()


@pytest.mark.parametrize(
    ("word", "reason", "state"),
    [
        ("stop", "stop", "completed"),
        ("tool_use", "tool_calls", "completed"),
        ("pause_turn", "other", "completed"),
        ("length", "length", "incomplete"),
        ("content_filter", "filtered", "incomplete"),
        ("network_error", "error", "incomplete"),
        ("a word of tomorrow", "unknown", "completed"),
        ("", "unknown", "completed"),
        (None, "unknown", "completed"),
    ],
)
def test_finish_reasons_have_a_neutral_class(word: str | None, reason: str, state: str) -> None:
    """An unknown word is no failure; a limit, a filter or an error makes an answer incomplete."""
    found = neutral_reason(word)
    assert (found, end_state(found)) == (reason, state)
