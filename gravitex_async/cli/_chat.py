"""``gravitex chat``: one question, its answer as it comes.

Only the answer itself goes to stdout, so ``gravitex chat ... > file`` holds nothing else.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import msgspec
from rich.console import Console

from .. import AsyncGravitex
from ..chat import ChatStream
from ..thinking import ChatThinking, enable_thinking_for
from ._run import CommandFailed
from ._screen import line, timings_line, usage_line, write

__all__ = ["Question", "chat", "client_from_env"]


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, and whether thinking is asked for; the text "-" stands for stdin."""

    text: str
    model: str
    system: str | None = None
    thinking: bool = False

    def messages(self) -> list[dict[str, str]]:
        """The conversation to send.

        Raises:
            CommandFailed: There is nothing to ask.
        """
        text = sys.stdin.read() if self.text == "-" else self.text
        if not text.strip():
            raise CommandFailed("the question is empty", 2)
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": text}]

    def params(self) -> ChatThinking:
        """The parameters that ask for thinking, where it was asked for."""
        return enable_thinking_for(self.model) if self.thinking else {}


async def chat(question: Question, *, as_json: bool, base_url: str | None) -> None:
    """Asks *question* and prints the answer.

    Raises:
        CommandFailed: No key, or nothing to ask.
        APIError: What the gateway or the network did wrong; what had arrived is printed before.
    """
    async with client_from_env(base_url) as client:
        messages = question.messages()
        async with client.chat.completions.stream(
            model=question.model, messages=messages, **question.params()
        ) as stream:
            if as_json:
                print(msgspec.json.encode(await stream.final()).decode())
            else:
                await _print(stream, question.model)


def client_from_env(base_url: str | None) -> AsyncGravitex:
    """A client with the key of the environment; a key on a command line would end in the shell's history.

    Raises:
        CommandFailed: There is none.
    """
    if not os.environ.get("GRAVITEX_API_KEY", "").strip():
        raise CommandFailed(
            "GRAVITEX_API_KEY is not set: export GRAVITEX_API_KEY=sk-..., or try `gravitex demo`, "
            "which needs no key",
            2,
        )
    return AsyncGravitex(base_url=base_url)


async def _print(stream: ChatStream, model: str) -> None:
    aside = Console(stderr=True, highlight=False)
    try:
        await _print_deltas(stream, aside)
    finally:
        # Also after an error: the shell's prompt is not to stand behind half an answer.
        if stream.content:
            print(flush=True)
        elif stream.reasoning_content:
            line(aside)
    for call in stream.tool_calls:
        print(f"{call.name}({call.arguments})")
    summary: list[Any] = [model, stream.end.state, usage_line(stream.usage), timings_line(stream.timings)]
    line(aside, " | ".join(summary), "dim")


async def _print_deltas(stream: ChatStream, aside: Console) -> None:
    thinking = False
    async for delta in stream.deltas():
        if delta.reasoning_content:
            write(aside, delta.reasoning_content, "dim italic")
            thinking = True
        text = delta.content or delta.refusal
        if text:
            if thinking:
                write(aside, "\n\n")
                thinking = False
            print(text, end="", flush=True)
