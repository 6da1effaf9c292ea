"""Python functions as tools: the model calls them until it can answer."""

from __future__ import annotations

from typing import Literal

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.tools import run_tools


async def get_weather(city: Literal["Shanghai", "Tokyo"]) -> dict[str, object]:
    """The weather of a city now."""
    return {"city": city, "celsius": 22, "sky": "cloudy"}


async def main() -> None:
    question = "What is the weather in Shanghai?"
    async with AsyncGravitex() as client:
        # client.responses and client.gemini in the first place do the same in their dialect.
        async with run_tools(
            client.chat.completions, model="glm-5", input=question, tools=[get_weather]
        ) as rounds:
            async for delta in rounds:
                print(delta.content, end="", flush=True)
        print(f"\n{len(rounds.rounds)} rounds, {rounds.usage.total_tokens} tokens")


if __name__ == "__main__":
    run(main)
