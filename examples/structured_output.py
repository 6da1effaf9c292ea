"""An answer as a value of your own type: the schema is sent, the JSON is read and checked."""

from __future__ import annotations

import msgspec
from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.errors import OutputError


class Step(msgspec.Struct):
    explanation: str
    result: str


class Solution(msgspec.Struct):
    steps: list[Step]
    answer: str


async def main() -> None:
    messages = [{"role": "user", "content": "Solve 8x + 7 = -23"}]
    async with AsyncGravitex() as client:
        try:
            completion = await client.chat.completions.parse(
                model="gpt-5.4", messages=messages, response_format=Solution, temperature=0.2
            )
        except OutputError as error:  # refused, cut off, or no such value; error.text is what was said
            print(f"no solution: {error}")
            return
        solution = completion.choices[0].message.parsed
        print(f"{len(solution.steps)} step(s), answer: {solution.answer}")


if __name__ == "__main__":
    run(main)
