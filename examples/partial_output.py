"""A value of your own type that grows while the answer arrives: show a form that fills itself."""

from __future__ import annotations

from dataclasses import dataclass

from _offline import run

from gravitex_async import AsyncGravitex


@dataclass
class Recipe:
    title: str
    ingredients: list[str]
    minutes: int


async def main() -> None:
    messages = [{"role": "user", "content": "A recipe for pancakes"}]
    async with AsyncGravitex() as client:
        stream = client.chat.completions.stream(model="gpt-5.4", messages=messages, response_format=Recipe)
        async for recipe in stream.partial(Recipe):  # one object; what has not come yet is None
            print(recipe)


if __name__ == "__main__":
    run(main)
