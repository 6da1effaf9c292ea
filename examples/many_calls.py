"""Many calls at once over one pool, a few connections wide; some may fail, and token counts are added up."""

from __future__ import annotations

import asyncio

from _offline import run

from gravitex_async import APIError, AsyncGravitex, Limits, RateLimits, Usage
from gravitex_async.chat import ChatCompletion

QUESTIONS = [f"What is {number} times {number}?" for number in range(20)]


async def ask(client: AsyncGravitex, question: str) -> ChatCompletion | APIError:
    messages = [{"role": "user", "content": question}]
    try:
        return await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    except APIError as error:  # after all tries; the other calls go on
        return error


async def main() -> None:
    async with AsyncGravitex(
        limits=Limits(max_connections=5),
        rate_limits=RateLimits(requests_per_minute=6000, max_concurrency="adaptive"),
    ) as client:
        results = await asyncio.gather(*(ask(client, question) for question in QUESTIONS))
        pool = client.pool.statistics()
    answers = [result for result in results if isinstance(result, ChatCompletion)]
    total = sum((answer.usage for answer in answers), Usage())
    print(
        f"{len(answers)} of {len(results)} answered, the last: {answers[-1].content if answers else None!r}"
    )
    print(f"{total.input_tokens} tokens in, {total.output_tokens} out")
    print(f"{pool.opened} connections opened, used again {pool.reused} times")


if __name__ == "__main__":
    run(main)
