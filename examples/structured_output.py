"""An answer as a value of your own type, in all dialects: the schema is sent, the JSON read and checked."""

from __future__ import annotations

import msgspec
from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.errors import OutputError

QUESTION = "Solve 8x + 7 = -23"


class Step(msgspec.Struct):
    explanation: str
    result: str


class Solution(msgspec.Struct):
    steps: list[Step]
    answer: str


async def by_chat(client: AsyncGravitex) -> Solution:
    messages = [{"role": "user", "content": QUESTION}]
    completion = await client.chat.completions.parse(
        model="gpt-5.4", messages=messages, response_format=Solution, temperature=0.2
    )
    return completion.parsed()


async def by_responses(client: AsyncGravitex) -> Solution:
    response = await client.responses.parse(model="gpt-5.4", input=QUESTION, text_format=Solution)
    return response.parsed()


async def by_gemini(client: AsyncGravitex) -> Solution:
    answer = await client.gemini.generate_content(
        model="gemini-2.5-flash", contents=QUESTION, response_schema=Solution
    )
    return answer.parsed(Solution)


async def main() -> None:
    async with AsyncGravitex() as client:
        for ask in (by_chat, by_responses, by_gemini):
            try:
                solution = await ask(client)
            except OutputError as error:  # refused, cut off, or no such value; error.text is what was said
                print(f"{ask.__name__}: no solution: {error}")
            else:
                print(f"{ask.__name__}: {len(solution.steps)} step(s), answer: {solution.answer}")


if __name__ == "__main__":
    run(main)
