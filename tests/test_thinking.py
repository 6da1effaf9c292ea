"""Switches of thinking, by family and by suffix; thinking taken out of the content wherever it was cut."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async.testing import LocalGateway
from gravitex_async.thinking import (
    Split,
    ThinkSplitter,
    disable_thinking_for,
    enable_thinking_for,
    split_thinking,
    with_thinking,
    without_thinking,
)

from .documents import sample

WHOLE = [
    ("<think>\nwhy\n</think>\nanswer", Split("why", "answer")),
    ("  \n<think>\nwhy\n\n</think>\n\nanswer\n", Split("why\n", "\nanswer\n")),
    ("<think>why</think>answer", Split("why", "answer")),
    ("<thinking>\na </think> b\n</thinking>\nanswer", Split("a </think> b", "answer")),
    ("<think></think>", Split("", "")),
    ("<think>\n\n</think>\n", Split("", "")),
    ("<think>\nnever closed\n", Split("never closed\n", "")),
    ("<think>\ncut in the tag\n</thi", Split("cut in the tag\n</thi", "")),
    ("<think>\na < b\n</ think>\n</think>\nc", Split("a < b\n</ think>", "c")),
    ("answer <think>not thinking</think>", Split("", "answer <think>not thinking</think>")),
    ("  <thin", Split("", "  <thin")),
    (" \n plain", Split("", " \n plain")),
    ("", Split("", "")),
    ("<think>\na\n</think>\nb <think>\nc\n</think>\n", Split("a", "b <think>\nc\n</think>\n")),
]


def joined(pieces: list[str], *, inside: bool = False) -> Split:
    """What a splitter makes of *pieces*, put together."""
    splitter = ThinkSplitter(inside=inside)
    found = [*(splitter.feed(piece) for piece in pieces), splitter.close()]
    return Split("".join(part.reasoning for part in found), "".join(part.content for part in found))


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_a_whole_text_is_taken_apart(text: str, expected: Split) -> None:
    """Only a tag at the start opens; one newline inside and after each tag is no text."""
    assert split_thinking(text) == expected


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_cuts_do_not_matter(text: str, expected: Split) -> None:
    """However the text is cut, in two, in three or in characters, the channels are the same."""
    assert joined(list(text)) == expected
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            assert joined([text[:first], text[first:second], text[second:]]) == expected


def test_text_that_starts_inside_the_thinking() -> None:
    """A model may open its thinking in the prompt: its answer has the closing tag only."""
    for cut in range(len(text := "why\n</think>\nanswer") + 1):
        assert joined([text[:cut], text[cut:]], inside=True) == Split("why", "answer")


def test_text_is_not_held_back() -> None:
    """What cannot be part of a tag is handed out at once."""
    splitter = ThinkSplitter()
    assert splitter.feed("<think>\nbecause") == Split("because", "")
    assert splitter.feed(" of") == Split(" of", "")
    assert splitter.feed(" it\n</th") == Split(" it", "")
    assert splitter.feed("ink>\nso") == Split("", "so")
    assert splitter.feed(" <think>") == Split("", " <think>")


@pytest.mark.parametrize(
    ("how", "name"),
    [(None, "g-thinking"), (8192, "g-thinking-8192"), ("low", "g-thinking-low"), ("high", "g-thinking-high")],
)
def test_suffixes(how: None, name: str) -> None:
    """Each documented suffix can be built, on a bare name and in place of another suffix."""
    for model in ("g", "g-thinking", "g-thinking-128", "g-nothinking", "g-thinking-high"):
        assert with_thinking(model, how) == name
        assert without_thinking(model) == "g-nothinking"


@pytest.mark.parametrize("how", [0, -1, True, "medium", 1.5])
def test_suffixes_that_are_not_documented(how: object) -> None:
    """A budget below 1 and an unknown level are the caller's mistake."""
    with pytest.raises(MisuseError, match="budget"):
        with_thinking("g", how)


AUTOMATIC = {"google": {"thinking_config": {"thinking_budget": -1, "include_thoughts": True}}}
SWITCH: dict[str, Any] = {"thinking": {"type": "enabled"}}
OFF: dict[str, Any] = {"thinking": {"type": "disabled"}}


def google(**config: Any) -> dict[str, Any]:
    return {"google": {"thinking_config": {**config, "include_thoughts": True}}}


def level(word: str) -> dict[str, Any]:
    return {"generation_config": {"thinking_config": {"thinking_level": word, "include_thoughts": True}}}


def effort(word: str) -> dict[str, Any]:
    return {"reasoning_effort": word}


def claude(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


def qwen(tokens: int) -> dict[str, Any]:
    return {"enable_thinking": True, "parameters": {"thinking_budget": tokens}}


# A model; what it gets without a budget, for 1024 tokens, for 9000, for "high"; what keeps it from thinking.
FAMILIES: list[tuple[str, Any, Any, Any, Any, Any]] = [
    ("gpt-5.4", effort("medium"), effort("low"), effort("high"), effort("high"), effort("none")),
    ("o4-mini", effort("medium"), effort("low"), effort("high"), effort("high"), effort("none")),
    ("claude-sonnet-4-5-20250929", claude(4096), claude(1024), claude(9000), claude(24576), OFF),
    ("deepseek-v3-1-250821", SWITCH, SWITCH, SWITCH, SWITCH, OFF),
    ("grok-4", {}, {}, {}, {}, {}),
    ("grok-3-mini", {}, effort("low"), effort("high"), effort("high"), effort("low")),
    (
        "gemini-2.5-flash", AUTOMATIC, google(thinking_budget=1024), google(thinking_budget=9000),
        google(thinking_budget=24576), {"google": {"thinking_config": {"thinking_budget": 0}}},
    ),
    (
        "gemini-3-pro-preview", AUTOMATIC, google(thinking_budget=1024), google(thinking_budget=9000),
        level("HIGH"), {"generation_config": {"thinking_config": {"thinking_level": "LOW"}}},
    ),
    (
        "qwen3-omni-flash", {"enable_thinking": True}, qwen(1024), qwen(9000), qwen(24576),
        {"enable_thinking": False},
    ),
    ("doubao-seed-1-8-251228", SWITCH, SWITCH, SWITCH, SWITCH, OFF),
    ("glm-5", SWITCH, SWITCH, SWITCH, SWITCH, OFF),
    ("kimi-k2.5", SWITCH, SWITCH, SWITCH, SWITCH, OFF),
    ("nobody-knows-it", SWITCH, SWITCH, SWITCH, SWITCH, OFF),
]  # fmt: skip


@pytest.mark.parametrize(("model", "alone", "little", "much", "high", "off"), FAMILIES)
def test_every_family_has_its_switch(
    model: str, alone: Any, little: Any, much: Any, high: Any, off: Any
) -> None:
    """Under any path and in any case."""
    for name in (model, f"vendor/{model}", f"A/B/{model.upper()}"):
        assert enable_thinking_for(name) == alone
        assert enable_thinking_for(name, 1024) == little
        assert enable_thinking_for(name, 9000) == much
        assert enable_thinking_for(name, "high") == high
        assert disable_thinking_for(name) == off


def test_what_a_budget_becomes() -> None:
    """The effort that allows for it, and the least that a family takes."""
    tokens = (1, 1024, 1025, 8192, 8193, 10**6)
    found = [enable_thinking_for("gpt-5.2", budget)["reasoning_effort"] for budget in tokens]
    assert found == ["low", "low", "medium", "medium", "high", "high"]
    assert enable_thinking_for("claude-x", 1) == claude(1024)
    assert enable_thinking_for("gemini-3-pro-preview", "medium") == level("HIGH")
    assert enable_thinking_for("gemini-3-pro-preview", "low") == level("LOW")


@pytest.mark.parametrize(
    ("model", "budget", "dialect", "expected"),
    [
        ("gpt-5.2", None, "responses", {"reasoning": {"effort": "medium", "summary": "auto"}}),
        ("claude-x", 9000, "responses", {"reasoning": {"effort": "high", "summary": "auto"}}),
        ("gemini-2.5-pro", None, "gemini", {"thinking_budget": -1, "include_thoughts": True}),
        ("gemini-2.5-pro", "low", "gemini", {"thinking_budget": 1024, "include_thoughts": True}),
        ("gemini-3-pro-preview", None, "gemini", {"include_thoughts": True}),
        ("gemini-3-pro-preview", 9000, "gemini", {"thinking_level": "HIGH", "include_thoughts": True}),
        ("gemini-3-pro-preview", "low", "gemini", {"thinking_level": "LOW", "include_thoughts": True}),
    ],
)
def test_the_other_dialects_have_one_switch(model: str, budget: Any, dialect: Any, expected: Any) -> None:
    """Whatever the family."""
    wanted = expected if dialect == "responses" else {"thinking_config": expected}
    assert enable_thinking_for(model, budget, dialect=dialect) == wanted


def test_the_other_dialects_can_be_told_to_keep_from_it() -> None:
    """By the least effort or level there is."""
    assert disable_thinking_for("gpt-5.2", dialect="responses") == {"reasoning": {"effort": "none"}}
    for model, config in (
        ("gemini-2.5-pro", {"thinking_budget": 0}),
        ("gemini-3-pro-preview", {"thinking_level": "LOW"}),
    ):
        assert disable_thinking_for(model, dialect="gemini") == {"thinking_config": config}


# The documents' samples, and the budget that each asks for.
DOCUMENTED = [
    (("geometry problem and solve",), "thinking", None),
    (("Tower of Hanoi", '"enable_thinking"', '"system"'), "enable_thinking", None),
    (("thinking_budget",), "extra_body", 6000),
    (("thinkingLevel",), "generationConfig", "low"),
]


@pytest.mark.parametrize(("words", "field", "budget"), DOCUMENTED)
async def test_what_goes_out_is_what_is_documented(
    client: AsyncGravitex, gateway: LocalGateway, words: tuple[str, ...], field: str, budget: Any
) -> None:
    """The field of the sample, with the model of the sample."""
    wanted = sample("004", *words)
    arguments = enable_thinking_for(wanted["model"], budget)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await client.chat.completions.stream(
            model=wanted["model"], messages=wanted["messages"], **arguments
        ).final()
    sent: Any = gateway.requests[-1].json
    asked = sent[field]
    if field == "generationConfig":
        assert asked["thinkingConfig"].pop("includeThoughts") is True
    assert asked == wanted[field]


async def test_the_arguments_are_those_of_the_calls(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """All of them are taken, in each dialect."""
    for model, *_ in FAMILIES:
        for budget in (None, 2000, "high"):
            ask: Any = {"model": model, "messages": [{"role": "user", "content": "?"}]}
            await client.chat.completions.stream(**ask, **enable_thinking_for(model, budget)).final()
            await client.chat.completions.stream(**ask, **disable_thinking_for(model)).final()
            more = enable_thinking_for(model, budget, dialect="responses")
            await client.responses.create(model=model, input="?", **more)
            more = enable_thinking_for(model, budget, dialect="gemini")
            await client.gemini.generate_content(model=model, contents="?", **more)


@pytest.mark.parametrize("budget", [0, -1, True, 1.5, "much", "minimal"])
def test_budgets_that_are_none(budget: Any) -> None:
    """The message says what is one."""
    with pytest.raises(
        MisuseError, match="expected budget as tokens from 1, 'low', 'medium', 'high' or None"
    ):
        enable_thinking_for("gpt-5.2", budget)
    with pytest.raises(
        MisuseError, match="expected dialect as 'chat', 'responses' or 'gemini', got 'native'"
    ):
        disable_thinking_for("gpt-5.2", dialect="native")  # type: ignore[arg-type]  # the mistake
