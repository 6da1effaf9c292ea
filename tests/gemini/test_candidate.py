"""One candidate: what is joined, what is kept apart, and which of two values of a field counts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.deltas import Delta, ToolCallDelta
from gravitex_async.gemini import Candidate, GeminiAccumulator
from gravitex_async.gemini._accumulate import MAX_CANDIDATES

from ..fields import empty_of, value_of
from .test_accumulate import deltas_of, event, folded, items_of

# Fields with a rule of their own, tested one by one.
OWN = {"content", "wire_index", "finish_reason", "citation_metadata"}
FIELDS = [field for field in msgspec.structs.fields(Candidate) if field.name not in OWN]


def first(*events: dict) -> Candidate:
    return folded(*events).final().candidates[0]


def other(value: Any) -> Any:
    """A value unlike *value*."""
    if isinstance(value, list):
        return [other(each) for each in value]
    if isinstance(value, dict):
        return {name: other(each) for name, each in value.items()}
    return f"{value}, later" if isinstance(value, str) else value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("text", [{"text": "a"}, {"text": ""}, {"functionCall": {"name": "f"}}], ids=str)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_last_value_that_is_not_empty_counts(field, text):
    """Null, an empty text, an empty list and an empty object do not take the place of what was said."""
    name, former = field.encode_name, value_of(field.type, field.name)
    later, empty = other(former), empty_of(field.type)
    is_number = isinstance(empty, int)
    events = [event({"text": "x"}), event(text, beside={name: former}), event(text, beside={name: later})]
    for nothing in (
        None,
        empty,
        {} if isinstance(former, dict) else [] if isinstance(former, list) else None,
    ):
        found = first(*events, event(text, beside={name: nothing}), event(text))
        wanted = empty if is_number and nothing is not None else later
        assert msgspec.to_builtins(getattr(found, field.name)) == wanted
    found = first(*events[:2], event(text))
    assert msgspec.to_builtins(getattr(found, field.name)) == former


@pytest.mark.parametrize("name", ["tokenCount", "avgLogprobs"])
def test_zero_is_a_value(name):
    """It takes the place of another number."""
    found = first(event({"text": "a"}, beside={name: 3}), event({"text": "a"}, beside={name: 0}))
    assert msgspec.to_builtins(found)[name] == 0


def test_the_last_finish_reason_counts_but_for_an_empty_one():
    """In place or not, with text or without."""
    assert (
        first(event({"text": "a"}, finish="STOP"), event({"text": "b"}, finish="SAFETY")).finish_reason
        == "SAFETY"
    )
    assert first(event({"text": "a"}, finish="STOP"), event({"text": "b"}, finish="")).finish_reason == "STOP"
    assert first(event(finish="STOP"), event(finish="")).finish_reason == "STOP"
    deltas = deltas_of(
        event({"text": "a"}), event({"text": "b"}, finish=""), event({"text": "c"}, finish="STOP")
    )
    assert [delta.finish_reason for found in deltas for delta in found] == [None, None, "STOP"]


def test_citations_are_told_apart_by_place_and_source():
    """Each once, in the list it came in, the first of two alike; none at all is no metadata."""
    one = {"startIndex": 1, "endIndex": 5, "uri": "u", "title": "t", "license": "mit"}
    others = [{**one, name: value} for name, value in
              {"startIndex": 2, "endIndex": 6, "uri": "v", "title": "w"}.items()]  # fmt: skip
    found = first(
        event({"text": "a"}, beside={"citationMetadata": {"citations": [one, *others[:2]]}}),
        event(
            beside={"citationMetadata": {"citations": [{**one, "license": "gpl"}], "citationSources": others}}
        ),
    ).citation_metadata
    assert msgspec.to_builtins(found) == {"citations": [one, *others[:2]], "citationSources": others[2:]}
    assert first(event({"text": "a"}, beside={"citationMetadata": {}})).citation_metadata is None
    (only,) = [first(event(beside={"citationMetadata": {"citations": [one]}})).citation_metadata]
    assert msgspec.to_builtins(only) == {"citations": [one]}


@pytest.mark.parametrize("size", [1, 9])
def test_progress_counts_pieces_by_kind(size):
    """Everything there is to see: text, media, code, calls and their fragments; no empty text."""
    events = [
        (event({"text": "a"}), (1, 0)),
        (event({"text": "b"}), (2, 0)),
        (event({"text": "t", "thought": True}), (2, 1)),
        (event({"text": "u", "thought": True}), (2, 2)),
        (event({"inlineData": {"data": "AAAA"}}), (3, 2)),
        (event({"inlineData": {"data": "AAAA"}, "thought": True}), (3, 3)),
        (event({"text": "s", "thoughtSignature": "x"}), (4, 3)),
        (event({"text": "", "thoughtSignature": "x"}), (4, 3)),
        (event({"functionCall": {"name": "f"}}), (5, 3)),
        (event({"functionCall": {"args": {"arguments": "{}"}}, "thought": True}), (5, 4)),
        (event({"functionCall": {"args": {"arguments": ""}}, "text": "beside"}), (6, 4)),
        (event({"text": "c"}, {"text": "d"}, {"text": "v", "thought": True}), (8, 5)),
        (event({"text": "x"}, index=1), (9, 5)),
        (event({"text": "e"}), (10, 5)),
        (event({"text": ""}), (10, 5)),
    ]
    state = GeminiAccumulator()
    items = items_of(*(each for each, _ in events))
    assert state.progress == (0, 0)
    for start in range(0, len(items), size):
        state.fold(items[start : start + size])
        assert state.progress == events[min(start + size, len(items)) - 1][1]


def test_text_beside_a_call_is_not_lost():
    """Beside the part that opens one, and beside a later fragment, which is no part of the answer."""
    state = folded(
        event({"functionCall": {"name": "f"}, "text": "a"}),
        event({"functionCall": {"args": {"arguments": "{}"}}, "text": "b"}),
        event({"functionCall": {"args": {"arguments": ""}}, "text": "t", "thought": True}),
        event({"text": "c"}),
    )
    assert (state.content, state.reasoning_content) == ("abc", "t")
    assert state.final().to_input()[0]["parts"] == [
        {"functionCall": {"name": "f", "args": {}}, "text": "a"},
        {"text": "b"},
        {"text": "t", "thought": True},
        {"text": "c"},
    ]


def test_text_of_signed_parts_is_text():
    """Of its own kind."""
    state = folded(
        event({"text": "a", "thoughtSignature": "x"}),
        event({"text": "t", "thought": True, "thoughtSignature": "x"}),
        event({"functionCall": {"name": "f"}, "text": "u", "thought": True}),
    )
    assert (state.content, state.reasoning_content) == ("a", "tu")


def test_the_role_is_the_first_that_is_not_empty():
    """Whichever event has it."""

    def role(*roles: str | None) -> str | None:
        events = [event({"text": "a"}) for _ in roles]
        for each, value in zip(events, roles, strict=True):
            each["candidates"][0]["content"]["role"] = value
        content = first(*events).content
        return content and content.role

    assert role("", None, "model", "user") == "model"
    assert role("model", "", "user") == "model"
    assert role(None, None) is None
    assert role("model") == "model"


def test_a_candidate_that_said_nothing_has_no_content():
    """A role is something, and so is a field that nobody knows."""
    assert first({"candidates": [{"finishReason": "SAFETY"}]}).content is None
    assert first({"candidates": [{"content": {}}]}).content is None
    assert first({"candidates": [{"content": {"role": "model"}}]}).content is not None
    assert first({"candidates": [{"content": {"new": 1}}]}).content is not None
    assert first({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}).content is not None


@pytest.mark.parametrize("struct", ["event", "candidate", "content"])
def test_fields_that_nobody_knows_are_kept(struct):
    """Of each the last value, whichever events bring them."""

    def sent(**extra: Any) -> dict:
        tree = event({"text": "a"})
        place = {
            "event": tree,
            "candidate": tree["candidates"][0],
            "content": tree["candidates"][0]["content"],
        }
        place[struct].update(extra)
        return tree

    final = folded(sent(), sent(x=1, y=1), sent(x=2), sent()).final()
    candidate = final.candidates[0]
    found = {"event": final, "candidate": candidate, "content": candidate.content}[struct]
    assert found is not None
    assert found.extra == {"x": 2, "y": 1}


def test_what_came_with_an_error_is_none_of_the_answer():
    """But for its text and its usage."""
    state = folded(event({"text": "a"}), {**event({"text": "b"}), "error": {"message": "no"}, "new": 1})
    assert state.suspect
    assert (state.content, state.final().extra) == ("ab", {})
    state.fold(items_of(event({"text": "c"})))
    assert not state.suspect


@pytest.mark.parametrize(
    ("item", "suspect"),
    [
        ({"error": {"code": 500}}, True),
        ({"message": "no"}, True),
        ({"candidates": [], "code": 500}, True),
        ({**event({"text": "a"}), "error": {"code": 500}}, True),
        ({**event({"text": "a"}), "error": None}, False),
        ({**event({"text": "a"}), "message": "no"}, False),
        ({"usageMetadata": {"totalTokenCount": 1}}, False),
        ({"promptFeedback": {"blockReason": "OTHER"}}, False),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_be_an_error(item, suspect):
    """``fold`` takes it, stops behind it and says so."""
    state = GeminiAccumulator()
    taken = state.fold(items_of(event({"text": "x"}), item, event({"text": "y"})))
    assert (len(taken), state.suspect) == ((2, True) if suspect else (3, False))


@pytest.mark.parametrize("item", [{"new": 1}, {"candidates": [], "new": 1}], ids=str)
def test_what_is_no_error_after_all(item):
    """Whoever has looked at it gives the rest."""
    state = GeminiAccumulator()
    items = items_of(event({"text": "a"}), item, event({"text": "b"}))
    assert len(state.fold(items)) == 2
    assert state.error_in(item) is None
    assert state.error_in([item, item]) is None
    assert len(state.fold(items[2:])) == 1
    assert (state.content, state.suspect) == ("ab", False)


def test_candidates_beyond_the_limit_go_to_the_last():
    """Their text is in the deltas, and no more is allocated."""

    def fill(count: int) -> tuple[GeminiAccumulator, list[Any]]:
        state = GeminiAccumulator()
        return state, state.fold(items_of(*(event({"text": "a"}, index=index) for index in range(count))))

    state, deltas = fill(MAX_CANDIDATES)
    assert len(state.final().candidates) == MAX_CANDIDATES
    state, deltas = fill(MAX_CANDIDATES + 2)
    assert len(state.final().candidates) == MAX_CANDIDATES
    assert state.final().candidates[-1].parts[0].text == "aaa"
    assert [found[0].index for found in deltas] == [*range(MAX_CANDIDATES + 2)]


def test_usage_goes_with_the_first_delta_of_its_event():
    """With one of its own where no candidate adds anything, and with the block of a prompt."""
    usage = {"totalTokenCount": 3}
    both = {"candidates": [{"index": 0}, {"index": 1, "content": {"parts": [{"text": "x"}]}},
                           {"index": 2, "content": {"parts": [{"text": "y"}]}}]}  # fmt: skip
    blocked = {"promptFeedback": {"blockReason": "OTHER"}}
    deltas = deltas_of(
        {**both, "usageMetadata": usage}, event(usageMetadata=usage), event(),
        {**blocked, "usageMetadata": usage}, blocked,
        {"usageMetadata": {"trafficType": "x"}}, event({"text": "a"}, usageMetadata=usage),
    )  # fmt: skip
    assert [
        [(d.content, d.index, d.finish_reason, d.usage and d.usage.total_tokens) for d in found]
        for found in deltas
    ] == [
        [("x", 1, None, 3), ("y", 2, None, None)],
        [("", 0, None, 3)],
        [],
        [("", 0, "OTHER", 3)],
        [("", 0, "OTHER", None)],
        [],
        [("a", 0, None, 3)],
    ]


@pytest.mark.parametrize("closing", [event(finish="STOP"), event({"text": "b"}, finish="STOP")], ids=str)
def test_a_finish_reason_closes_calls_once(closing):
    """Also one that comes with a piece of text; a call that has ended by itself is not told again."""
    calls = [
        event({"functionCall": {"name": "f", "id": "1", "willContinue": True}}),
        event({"functionCall": {"name": "g", "id": "2", "willContinue": True}}),
        event({"functionCall": {"id": "2", "partialArgs": [{"jsonPath": "$.x", "numberValue": 1}]}}),
        event({"functionCall": {"id": "1", "willContinue": True,
                                "partialArgs": [{"jsonPath": "$.y", "numberValue": 2}]}}),
        event({"text": "a"}),
    ]  # fmt: skip
    deltas = [found for (found,) in deltas_of(*calls, closing, closing)]
    assert [delta.tool_calls for delta in deltas] == [
        (ToolCallDelta(0, "1", "f", ""),),
        (ToolCallDelta(1, "2", "g", ""),),
        (ToolCallDelta(1, None, None, '{"x":1}'),),
        (ToolCallDelta(0, None, None, ""),),
        (),
        (ToolCallDelta(0, None, None, '{"y":2}'),),
        (),
    ]
    text = closing["candidates"][0]["content"]["parts"]
    assert deltas[5] == Delta(
        "b" if text else "", tool_calls=(ToolCallDelta(0, arguments='{"y":2}'),), finish_reason="STOP"
    )
