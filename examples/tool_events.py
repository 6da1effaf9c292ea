"""Show a page what a run of tools does: events, as a web backend sends them, and a stop button."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.tools import RunEvent, ToolRun, run_tools


async def get_weather(city: Literal["Shanghai", "Tokyo"]) -> dict[str, object]:
    """The weather of a city now."""
    await asyncio.sleep(0.01)
    return {"city": city, "celsius": 22, "sky": "cloudy"}


async def sent(tools: ToolRun[object]) -> AsyncIterator[str]:
    """The body of an event stream, for any web framework."""
    async with tools:  # a browser that leaves ends the run, and the tools in it
        async for event in tools.events():
            yield f"data: {event.to_json()}\n\n"


def show(event: RunEvent) -> None:
    """What a page does with one."""
    if event.type == "tool_call":
        print(f"[{event.name} ...", end="", flush=True)
    elif event.type == "tool_result":
        print(f" {event.error or event.value}]")
    elif event.type == "text":
        print(event.text, end="", flush=True)
    elif event.type == "end":
        print(f"\n{event.state}, {event.round} rounds")


async def main() -> None:
    question = "What is the weather in Shanghai?"
    async with AsyncGravitex() as client:
        # client.responses and client.gemini in the first place do the same in their dialect.
        ask = client.chat.completions
        async for line in sent(run_tools(ask, model="glm-5", input=question, tools=[get_weather])):
            show(msgspec.json.decode(line.removeprefix("data: "), type=RunEvent))

        stopped = run_tools(ask, model="glm-5", input=question, tools=[get_weather])
        async for event in stopped.events():
            show(event)
            if event.type == "tool_call":
                stopped.abort()  # a stop button: from any task, at any moment


if __name__ == "__main__":
    run(main)
