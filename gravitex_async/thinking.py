"""Switching thinking on and off, and separating thinking from content that holds both.

Each family of models has a switch of its own; ``enable_thinking_for`` knows which, by the model's name.
Gemini can be told by the name alone, too: at its end the gateway reads ``-thinking`` (automatic budget),
``-thinking-8192`` (tokens), ``-nothinking``, ``-thinking-low`` and ``-thinking-high`` (levels).

``ThinkSplitter`` is for ``thinking_to_content``, and for models that inline their thinking by themselves (see
"Reasoning" in decoding/README.md): ``<think>``, newline, reasoning, newline, ``</think>``, newline, answer.
Only a tag at the start of the content, blanks aside, opens; without a closing tag all of it is reasoning; a
tag later in the text is text. The pieces may be cut anywhere.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple, TypedDict, get_args, overload

from ._checks import expected, is_number, shown
from .errors import MisuseError

__all__ = [
    "Budget",
    "ChatThinking",
    "DialectName",
    "GeminiThinking",
    "ResponsesThinking",
    "Split",
    "ThinkSplitter",
    "disable_thinking_for",
    "enable_thinking_for",
    "split_thinking",
    "with_thinking",
    "without_thinking",
]

Effort = Literal["low", "medium", "high"]
Budget = int | Effort
"""How much a model may think: so many tokens, or an effort."""
DialectName = Literal["chat", "responses", "gemini"]
"""Which part of a client is called."""

_SUFFIX = r"-(?:no)?thinking(?:-\w+)?$"

_TAGS: Final = {"<think>": "</think>", "<thinking>": "</thinking>"}


# What an effort is in tokens, and the reverse: https://ai.google.dev/gemini-api/docs/openai#thinking
_TOKENS: Final[dict[Effort, int]] = {"low": 1024, "medium": 8192, "high": 24576}
# Claude wants a budget, of at least so much, and below max_tokens, for which gateways put in 8192 or less.
_CLAUDE_LEAST: Final = 1024
_CLAUDE_USUAL: Final = 4096


class ChatThinking(TypedDict, total=False):
    """Arguments of ``client.chat.completions``; which of them, the family says."""

    # How each value looks is said where the calls name their parameters, which these have to fit.
    reasoning_effort: Any
    thinking: Any
    enable_thinking: Any
    parameters: Any
    google: Any
    generation_config: Any


class ResponsesThinking(TypedDict, total=False):
    """Arguments of ``client.responses``."""

    reasoning: Any


class GeminiThinking(TypedDict, total=False):
    """Arguments of ``client.gemini``."""

    thinking_config: Any


@overload
def enable_thinking_for(
    model: str, budget: Budget | None = None, *, dialect: Literal["chat"] = "chat"
) -> ChatThinking: ...
@overload
def enable_thinking_for(
    model: str, budget: Budget | None = None, *, dialect: Literal["responses"]
) -> ResponsesThinking: ...
@overload
def enable_thinking_for(
    model: str, budget: Budget | None = None, *, dialect: Literal["gemini"]
) -> GeminiThinking: ...
def enable_thinking_for(
    model: str, budget: Budget | None = None, *, dialect: DialectName = "chat"
) -> ChatThinking | ResponsesThinking | GeminiThinking:
    """The arguments that make *model* think: ``client.chat.completions.stream(..., **arguments)``.

    ====================  =========================================  ============================
    family (chat)         arguments                                  what a budget becomes
    ====================  =========================================  ============================
    GPT, o1, o3, o4       ``reasoning_effort``                       an effort; default medium
    Claude                ``thinking``, enabled, ``budget_tokens``   tokens, 1024 or more
    Gemini                ``google.thinking_config``, with thoughts  tokens; default automatic
    Gemini 3, an effort   ``generation_config.thinking_config``      a level: low or high
    Qwen                  ``enable_thinking``                        ``parameters.thinking_budget``
    Grok                  nothing: other models think, or do not     nothing
    grok-3-mini           nothing, or ``reasoning_effort``           low or high
    DeepSeek, Doubao,     ``thinking``, enabled                      nothing
    GLM, Kimi, all else
    ====================  =========================================  ============================

    ``client.responses`` has one switch for all (``reasoning`` with an effort and summaries), as has
    ``client.gemini`` (``thinking_config``). Qwen and Gemini show their thoughts in chat streams only.

    The family is told by the last part of the name (``openai/gpt-5.2``), in any case. What no family claims
    gets the form that most of them share; whether a model can think at all, the gateway says. A suffix of the
    name (``-thinking-8192``) needs no arguments, and gives way to them.

    >>> enable_thinking_for("qwen3-omni-flash", 2000)
    {'enable_thinking': True, 'parameters': {'thinking_budget': 2000}}
    >>> enable_thinking_for("gpt-5.2", 2000)
    {'reasoning_effort': 'medium'}
    >>> enable_thinking_for("gemini-3-pro-preview", "low", dialect="gemini")
    {'thinking_config': {'thinking_level': 'LOW', 'include_thoughts': True}}

    Args:
        budget: How much it may think: tokens, or "low", "medium", "high"; None leaves it to the family. Where
            a family has only efforts, up to 1024 tokens are low, up to 8192 medium, more are high; where it
            has only tokens, low is 1024, medium 8192, high 24576.
        dialect: Whose arguments they are to be.

    Raises:
        MisuseError: A budget that is none of these.
    """
    _check(budget, dialect)
    name = _bare(model)
    if dialect == "responses":
        return ResponsesThinking(reasoning={"effort": _effort(budget), "summary": "auto"})
    if dialect == "gemini":
        return GeminiThinking(thinking_config=_gemini_config(name, budget))
    return _chat(name, budget)


def _chat(name: str, budget: Budget | None) -> ChatThinking:
    if name.startswith("gemini"):
        if _has_levels(name) and isinstance(budget, str):
            return {"generation_config": {"thinking_config": _gemini_config(name, budget)}}
        return {"google": {"thinking_config": _gemini_budget(budget)}}
    if name.startswith(_EFFORT):
        return {"reasoning_effort": _effort(budget)}
    if name.startswith("grok"):
        told = budget is not None and name.startswith("grok-3-mini")
        return {"reasoning_effort": _level(budget).lower()} if told else {}
    if name.startswith(_QWEN):
        if budget is None:
            return {"enable_thinking": True}
        return {"enable_thinking": True, "parameters": {"thinking_budget": _tokens(budget)}}
    if name.startswith("claude"):
        tokens = _CLAUDE_USUAL if budget is None else max(_CLAUDE_LEAST, _tokens(budget))
        return {"thinking": {"type": "enabled", "budget_tokens": tokens}}
    return {"thinking": {"type": "enabled"}}


@overload
def disable_thinking_for(model: str, *, dialect: Literal["chat"] = "chat") -> ChatThinking: ...
@overload
def disable_thinking_for(model: str, *, dialect: Literal["responses"]) -> ResponsesThinking: ...
@overload
def disable_thinking_for(model: str, *, dialect: Literal["gemini"]) -> GeminiThinking: ...
def disable_thinking_for(
    model: str, *, dialect: DialectName = "chat"
) -> ChatThinking | ResponsesThinking | GeminiThinking:
    """The arguments that keep *model* from thinking; where nothing does (Gemini 3), it thinks little.

    >>> disable_thinking_for("deepseek-v3-1-250821"), disable_thinking_for("gemini-2.5-flash")
    ({'thinking': {'type': 'disabled'}}, {'google': {'thinking_config': {'thinking_budget': 0}}})
    """
    _check(None, dialect)
    name = _bare(model)
    little = {"thinking_level": "LOW"} if _has_levels(name) else {"thinking_budget": 0}
    if dialect == "responses":
        return ResponsesThinking(reasoning={"effort": "none"})
    if dialect == "gemini":
        return GeminiThinking(thinking_config=little)
    if name.startswith("gemini"):
        config = {"thinking_config": little}
        return {"generation_config": config} if _has_levels(name) else {"google": config}
    if name.startswith(_EFFORT):
        return {"reasoning_effort": "none"}
    if name.startswith("grok"):
        return {"reasoning_effort": "low"} if name.startswith("grok-3-mini") else {}
    return {"enable_thinking": False} if name.startswith(_QWEN) else {"thinking": {"type": "disabled"}}


_EFFORT: Final = ("gpt", "chatgpt", "o1", "o3", "o4")
_QWEN: Final = ("qwen", "qwq", "qvq")


def _check(budget: object, dialect: object) -> None:
    if budget is not None and budget not in get_args(Effort) and not is_number(budget, whole=True):
        raise expected("budget", "tokens from 1, 'low', 'medium', 'high' or None", shown(budget))
    if dialect not in get_args(DialectName):
        raise expected("dialect", "'chat', 'responses' or 'gemini'", shown(dialect))


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()


def _tokens(budget: Budget) -> int:
    return budget if isinstance(budget, int) else _TOKENS[budget]


def _effort(budget: Budget | None) -> Effort:
    if budget is None:
        return "medium"
    if not isinstance(budget, int):
        return budget
    if budget <= _TOKENS["low"]:
        return "low"
    return "medium" if budget <= _TOKENS["medium"] else "high"


def _level(budget: Budget | None) -> str:
    """Of two levels."""
    return "LOW" if _effort(budget) == "low" else "HIGH"


def _has_levels(name: str) -> bool:
    generation = re.match(r"gemini-(\d+)", name)
    return generation is not None and int(generation[1]) >= 3


def _gemini_config(name: str, budget: Budget | None) -> dict[str, Any]:
    if not _has_levels(name):
        return _gemini_budget(budget)
    level = {} if budget is None else {"thinking_level": _level(budget)}
    return {**level, "include_thoughts": True}


def _gemini_budget(budget: Budget | None) -> dict[str, Any]:
    return {"thinking_budget": -1 if budget is None else _tokens(budget), "include_thoughts": True}


def with_thinking(model: str, how: int | Literal["low", "high"] | None = None) -> str:
    """The name of *model* with thinking on; a suffix it already has is replaced.

    >>> with_thinking("gemini-2.5-flash", 8192)
    'gemini-2.5-flash-thinking-8192'

    Args:
        how: None for an automatic budget, a budget in tokens (Gemini 2.5), or a level (Gemini 3).

    Raises:
        MisuseError: A budget below 1, or a level that has no suffix.
    """
    bare = re.sub(_SUFFIX, "", model)
    if how is None:
        return f"{bare}-thinking"
    if how in ("low", "high") or (isinstance(how, int) and not isinstance(how, bool) and how > 0):
        return f"{bare}-thinking-{how}"
    raise MisuseError(f"expected a budget of 1 token or more, 'low' or 'high', got {how!r}")


def without_thinking(model: str) -> str:
    """The name of *model* with thinking off; models that cannot switch it off ignore this."""
    return re.sub(_SUFFIX, "", model) + "-nothinking"


class Split(NamedTuple):
    """What one piece of text adds to reasoning and to content."""

    reasoning: str
    content: str


class ThinkSplitter:
    """Splits a content that arrives in pieces into thinking and answer.

    Linear in the text; holds back no more than a tag and the blanks before it. ``close`` gives what is still
    held when the text has ended.

    >>> splitter = ThinkSplitter()
    >>> splitter.feed("<thi")
    Split(reasoning='', content='')
    >>> splitter.feed("nk>A prime?</think>Yes.")
    Split(reasoning='A prime?', content='Yes.')

    Args:
        inside: The text begins within the thinking: for models that send ``</think>`` only.
    """

    __slots__ = ("_blanks", "_closing", "_held", "_skip_newline", "_state")

    def __init__(self, *, inside: bool = False) -> None:
        self._state: Literal["start", "reasoning", "content"] = "reasoning" if inside else "start"
        self._closing = "</think>"
        self._blanks: list[str] = []
        self._held = ""
        self._skip_newline = False

    def feed(self, text: str) -> Split:
        """Takes the next piece; either part may be empty."""
        if self._state == "start":
            text = self._start(text)
        reasoning = ""
        if self._state == "reasoning":
            reasoning, text = self._reason(text)
        return Split(reasoning, self._content(text))

    def close(self) -> Split:
        """What was held back, once the text has ended."""
        held, self._held = "".join(self._blanks) + self._held, ""
        self._blanks = []
        return Split(held, "") if self._state == "reasoning" else Split("", held)

    def _start(self, text: str) -> str:
        """Waits until it is clear whether a tag opens the text; returns what is left for the next state."""
        if not self._held:
            # Blanks are kept aside: they belong to the content if no tag follows, and to nothing if one does.
            stripped = text.lstrip()
            self._blanks.append(text[: len(text) - len(stripped)])
            text = stripped
        text = self._held + text
        self._held = ""
        for opening, closing in _TAGS.items():
            if text.startswith(opening):
                self._state, self._closing, self._skip_newline = "reasoning", closing, True
                self._blanks = []
                return text[len(opening) :]
            if opening.startswith(text):
                self._held = text
        if self._held or not text:
            return ""
        self._state = "content"
        blanks, self._blanks = "".join(self._blanks), []
        return blanks + text

    def _reason(self, text: str) -> Split:
        text = self._held + self._without_newline(text)
        end = text.find(self._closing)
        if end < 0:
            # What may be the newline before the closing tag, and a part of the tag, waits for the next piece.
            kept = len(text) - _tail(text, self._closing)
            self._held = text[kept:]
            return Split(text[:kept], "")
        self._held = ""
        self._state, self._skip_newline = "content", True
        rest = text[end + len(self._closing) :]
        return Split(text[: end - 1 if text[end - 1 : end] == "\n" else end], rest)

    def _content(self, text: str) -> str:
        return self._without_newline(text) if self._state == "content" else ""

    def _without_newline(self, text: str) -> str:
        if not self._skip_newline or not text:
            return text
        self._skip_newline = False
        return text.removeprefix("\n")


def _tail(text: str, closing: str) -> int:
    """How much of the end of *text* may be a newline and the start of *closing*."""
    for size in range(min(len(text), len(closing)), 0, -1):
        end = text[-size:]
        if closing.startswith(end) or ("\n" + closing).startswith(end):
            return size
    return 0


def split_thinking(text: str) -> Split:
    """Splits a whole content.

    >>> split_thinking("<think>A prime?</think>Yes.")
    Split(reasoning='A prime?', content='Yes.')
    """
    splitter = ThinkSplitter()
    first, last = splitter.feed(text), splitter.close()
    return Split(first.reasoning + last.reasoning, first.content + last.content)
