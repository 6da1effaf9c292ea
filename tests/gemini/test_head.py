"""Of what events say of the answer itself the first value counts that is not empty."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse, PromptFeedback
from gravitex_async.gemini._head import HEAD, take_head

from .test_accumulate import event, folded

EMPTY: tuple[Any, ...] = (None, "", {}, [])


def test_every_field_without_a_rule_of_its_own_is_taken():
    """Candidates and usage are put together, feedback is the last, unknown fields are all kept."""
    assert set(HEAD) == {"model_version", "create_time", "response_id", "model_status"}
    fields = set(GenerateContentResponse.__struct_fields__)
    assert set(HEAD) == fields - {"candidates", "prompt_feedback", "usage_metadata", "_more"}


@pytest.mark.parametrize("empty", EMPTY, ids=str)
@pytest.mark.parametrize("name", HEAD)
def test_the_first_value_counts(name, empty):
    """What is empty is not taken, what is there stays, and the others are not touched."""
    head = GenerateContentResponse()
    for value, wanted in ((empty, None), ("a", "a"), ("b", "a"), (empty, "a")):
        take_head(head, GenerateContentResponse(**{name: value}))
        assert head == GenerateContentResponse(**{name: wanted})


@pytest.mark.parametrize("name", HEAD)
def test_what_is_there_stays_beside_what_is_brought(name):
    """An event may repeat one field with another value and bring the rest."""
    head = GenerateContentResponse(**{name: "a"})
    take_head(head, GenerateContentResponse(**dict.fromkeys(HEAD, "b")))
    assert head == GenerateContentResponse(**{**dict.fromkeys(HEAD, "b"), name: "a"})


@pytest.mark.parametrize("text", [{"text": "a"}, {"text": ""}], ids=str)
@pytest.mark.parametrize("name", ["modelVersion", "createTime", "responseId"])
def test_whichever_event_brings_it(name, text):
    """The first, a later one with a piece of text, or one without."""
    for place in range(4):
        events = [event({"text": "x"}), *(event(text) for _ in range(3))]
        for number, each in enumerate(events[place:]):
            each[name] = f"{number}"
        final = folded(*events).final()
        found = {"modelVersion": final.model_version, "createTime": final.create_time,
                 "responseId": final.response_id}  # fmt: skip
        assert found == {**dict.fromkeys(found), name: "0"}


def test_the_last_feedback_that_says_anything_counts():
    """Beside text as well."""
    some, other = {"blockReason": "SAFETY"}, {"blockReason": "OTHER"}
    events = [event({"text": "a"}, promptFeedback=each) for each in (some, other, {}, None)]
    assert folded(*events).final().prompt_feedback == PromptFeedback(block_reason="OTHER")
    assert folded(*events[:1]).final().prompt_feedback == PromptFeedback(block_reason="SAFETY")


def test_a_block_counts_where_there_are_no_candidates():
    """A prompt that is answered was not blocked, whatever the feedback says."""
    blocked = folded({"promptFeedback": {"blockReason": "SAFETY"}})
    assert (blocked.complete, blocked.finish_reason, blocked.reason) == (True, "SAFETY", "filtered")
    answered = folded({"promptFeedback": {"blockReason": "SAFETY"}}, event({"text": "a"}))
    assert (answered.complete, answered.finish_reason, answered.reason) == (False, None, "unknown")
    answered = folded(event({"text": "a"}, finish="STOP", promptFeedback={"blockReason": "SAFETY"}))
    assert (answered.complete, answered.finish_reason, answered.reason) == (True, "STOP", "stop")


def test_an_answer_without_candidate_0():
    """Accumulators speak of candidate 0: there is none, so they say nothing; the answer has the other."""
    state = folded(event({"text": "a"}, index=1, finish="STOP"))
    assert (state.content, state.reasoning_content, state.tool_calls, state.finish_reason) == (
        "",
        "",
        [],
        None,
    )
    assert state.complete
    assert state.final().candidates[0].parts[0].text == "a"


def test_an_accumulator_that_took_nothing():
    """Says so."""
    state = GeminiAccumulator()
    assert state.fold([]) == []
    assert (state.content, state.reasoning_content, state.refusal, state.tool_calls) == ("", "", "", [])
    assert (state.finish_reason, state.reason, state.usage.source) == (None, "unknown", "none")
    assert (state.complete, state.closed, state.suspect, state.ends_by) == (False, False, False, "itself")
    assert (state.progress, state.revised) == ((0, 0), ())
    assert state.final() == GenerateContentResponse()
