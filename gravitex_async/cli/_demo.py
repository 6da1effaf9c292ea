"""``gravitex demo``: the whole pipeline against a gateway in this process, in a few seconds.

Each section reads one answer with the same few lines of code; only the call differs. The answers are
authored and paced, everything else is real: HTTP over a loopback socket, fragments, clocks, token counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rich.console import Console

from .. import AsyncGravitex, StreamInterrupted, __version__
from ..deltas import Delta, ToolCall
from ..stream import Stream
from ..testing import LocalGateway, Script
from ._screen import Paragraph, end_line, line, timings_line, usage_line

__all__ = ["demo"]

MARGIN = "   "
INDENT = 13  # margin and the longest label
QUESTION = "Can I go without an umbrella in Shanghai today?"
MESSAGES = [{"role": "user", "content": QUESTION}]
PACE = 0.03  # about as fast as a person can follow; all of it takes less than five seconds


# One answer for all sections: whatever the call, it arrives as the same deltas.
SCRIPT = Script(
    reasoning="The user asks about today. I do not know the weather, but I have a tool.",
    text="Let me look at the forecast.",
    tool_calls=[("get_weather", {"city": "Shanghai", "unit": "celsius"})],
    pace=PACE,
)


class Section(NamedTuple):
    """A dialect: its call as one would write it, and that call."""

    code: str
    call: Callable[[AsyncGravitex], Stream[Any, Any]]


SECTIONS = (
    Section(
        'client.chat.completions.stream(model="deepseek-r1", messages=[...])',
        lambda client: client.chat.completions.stream(model="deepseek-r1", messages=MESSAGES),
    ),
    Section(
        'client.responses.stream(model="gpt-5.2", input="...")',
        lambda client: client.responses.stream(model="gpt-5.2", input=QUESTION),
    ),
    Section(
        'client.gemini.generate_content_stream(model="gemini-2.5-flash", contents="...")',
        lambda client: client.gemini.generate_content_stream(model="gemini-2.5-flash", contents=QUESTION),
    ),
)


async def demo() -> None:
    """Shows every section, then an answer that breaks off, and ends."""
    console = Console(highlight=False)
    async with LocalGateway() as gateway, _client(gateway) as client:
        line(console, f"gravitex_async {__version__}, against a local gateway at {gateway.url}", "bold")
        line(console, f"question: {QUESTION}")
        for section in SECTIONS:
            gateway.script(SCRIPT)
            await _show(console, section.code, section.call(client))
        await _show_break(console, gateway, client)
    line(console)
    line(console, "With a key of your own: export GRAVITEX_API_KEY=sk-..., then gravitex chat 'Hello'")
    line(console, "To write programs without one: gravitex serve")


def _client(gateway: LocalGateway) -> AsyncGravitex:
    # Without trust_env: a proxy of the environment need not reach this process.
    return AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, trust_env=False)


async def _show(console: Console, code: str, opened: Stream[Any, Any]) -> None:
    _heading(console, code)
    async with opened as stream:
        await _Reader(console).read(stream)
    for call in stream.tool_calls:
        _fact(console, "call", _as_code(call))
    _fact(console, "end", end_line(stream))
    _fact(console, "usage", usage_line(stream.usage))
    _fact(console, "times", timings_line(stream.timings))


async def _show_break(console: Console, gateway: LocalGateway, client: AsyncGravitex) -> None:
    _heading(console, "the connection breaks in mid-answer: that is an error, and it holds what had arrived")
    gateway.script("Take an umbrella, and also a coat.", pace=PACE)
    gateway.fault("truncate", after_events=6)
    stream = client.chat.completions.stream(model="deepseek-r1", messages=MESSAGES)
    try:
        await _Reader(console).read(stream)
    except StreamInterrupted as error:
        line(console)
        _fact(console, "raised", type(error).__name__)
        _fact(console, "partial", repr(error.partial.content))


class _Reader:
    """Prints the deltas of one answer, each kind in a paragraph of its own."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._kind = ""
        self._paragraph: Paragraph | None = None

    async def read(self, stream: Stream[Any, Any]) -> None:
        """Reads *stream* to its end."""
        async for delta in stream.deltas():
            self._show(delta)
        if self._paragraph is not None:
            self._paragraph.end()

    def _show(self, delta: Delta) -> None:
        if delta.reasoning_content:
            self._add("thinking", delta.reasoning_content, "dim italic")
        if delta.content:
            self._add("answer", delta.content, "")
        for fragment in delta.tool_calls:
            if fragment.name:
                self._add("fragments", f"{fragment.name} ", "cyan")
            if fragment.arguments:
                self._add("fragments", f"{fragment.arguments}|", "cyan")

    def _add(self, kind: str, text: str, style: str) -> None:
        if kind != self._kind:
            if self._paragraph is not None:
                self._paragraph.end()
            self._kind = kind
            self._paragraph = Paragraph(self._console, MARGIN + kind, INDENT)
        if self._paragraph is not None:
            self._paragraph.add(text, style)


def _heading(console: Console, text: str) -> None:
    line(console)
    line(console, text, "bold green")


def _fact(console: Console, label: str, text: str) -> None:
    paragraph = Paragraph(console, MARGIN + label, INDENT)
    paragraph.add(text)
    paragraph.end()


def _as_code(call: ToolCall) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.parsed().items())
    return f"{call.name}({arguments})"
