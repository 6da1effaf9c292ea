"""What one event says of a candidate, as a Delta."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async import Usage
from gravitex_async.deltas import Delta, ToolCallDelta
from gravitex_async.gemini import Candidate, GenerateContentResponse, PromptFeedback
from gravitex_async.gemini._deltas import delta_of, rest_of

USAGE = Usage(total_tokens=3)
CALL = ToolCallDelta(index=0, id="i", name="f")


@pytest.mark.parametrize(
    ("said", "delta"),
    [
        (("a", "", [], "STOP"), Delta("a", "", "", (), "STOP", USAGE, 2)),
        (("a", "", [], None), Delta("a", "", "", (), None, USAGE, 2)),
        (("", "b", [], None), Delta("", "b", "", (), None, USAGE, 2)),
        (("", "", [CALL], None), Delta("", "", "", (CALL,), None, USAGE, 2)),
        (("", "", [], "STOP"), Delta("", "", "", (), "STOP", USAGE, 2)),
        (("a", "", [], ""), Delta("a", "", "", (), None, USAGE, 2)),
        (("", "", [], ""), None),
        (("", "", [], None), None),
    ],
)
def test_each_kind_of_addition_makes_a_delta(said: tuple[Any, ...], delta: Delta | None) -> None:
    """Any of them alone does; usage alone does not, and an empty reason is none."""
    content, thoughts, calls, reason = said
    assert delta_of(Candidate(finish_reason=reason, wire_index=2), content, thoughts, calls, USAGE) == delta


def test_the_rest_is_usage_and_a_block() -> None:
    """Where there is neither, there is nothing."""
    item = GenerateContentResponse()
    assert rest_of(item, None) == ()
    assert rest_of(item, USAGE) == (Delta(usage=USAGE),)
    item.prompt_feedback = PromptFeedback(block_reason="SAFETY")
    assert rest_of(item, None) == (Delta(finish_reason="SAFETY"),)
