"""The small reader reads in every recording what its manifest says: it can be trusted with a part of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .captured import Capture, same_text
from .wanted import EVERY, Said, events_of, wanted


@pytest.mark.parametrize("capture", EVERY, ids=lambda capture: capture.name)
def test_what_the_manifest_says(capture: Capture) -> None:
    """Texts of every choice, calls in their order, and the last usage."""
    found, expect = wanted(capture.name, capture.body), capture.expect
    for index, said in found.choices.items():
        assert all(same_text(text, told) for text, told in _texts(expect, str(index), said))
    calls = [call for said in found.choices.values() for call in said.calls]
    # The manifest names the ids of Gemini's calls nowhere.
    ids = "final" in expect or "tool_calls" in expect
    assert sorted((call.id if ids else "", call.name) for call in calls) == sorted(_calls(expect))
    if expect["usage"] is not None:
        assert expect["usage"].items() <= (found.wire_usage or {}).items()
    if "data_events" in expect:
        assert len(events_of(capture.body)) == expect["data_events"]


def _texts(expect: dict[str, Any], index: str, said: Said) -> Iterator[tuple[str, Any]]:
    """What was found, and what the manifest says."""
    if "final" in expect:  # Responses have one choice
        yield said.content, expect["final"]["text"]
        yield said.refusal, expect["final"]["refusal"]
        yield said.thoughts, expect["final"]["reasoning_summary"] or expect["final"]["reasoning_text"]
        return
    yield said.content, expect["text"].get(index)
    yield said.reasoning, (expect.get("reasoning") or expect.get("thoughts") or {}).get(index)
    yield said.refusal, expect.get("refusal", {}).get(index)


def _calls(expect: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "final" in expect:
        for call in [*expect["final"]["function_calls"], *expect["final"]["custom_tool_calls"]]:
            yield call["call_id"], call["name"]
    for call in expect.get("function_calls", ()):
        if call["name"]:
            yield "", call["name"]
    for call in (call for calls in expect.get("tool_calls", {}).values() for call in calls):
        yield call["id"] or "", call["name"]
    for call in expect.get("function_call", {}).values():
        yield "", call["name"]
