"""Many calls at once over one pool, a few connections wide; token counts are added up."""

from __future__ import annotations

import asyncio

from _offline import run

from gravitex_async import AsyncGravitex, Limits, RateLimits, Usage

QUESTIONS = [f"What is {number} times {number}?" for number in range(20)]


async def main() -> None:
    async with AsyncGravitex(
        limits=Limits(max_connections=5),
        rate_limits=RateLimits(requests_per_minute=6000, max_concurrency="adaptive"),
    ) as client:

        async def ask(question: str) -> Usage:
            messages = [{"role": "user", "content": question}]
            stream = client.chat.completions.stream(model="gpt-4o-mini", messages=messages)
            await stream.final()
            return stream.usage

        usages = await asyncio.gather(*map(ask, QUESTIONS))
        total = sum(usages, Usage())
        pool = client.pool.statistics()
    print(f"{len(usages)} answers, {total.input_tokens} tokens in, {total.output_tokens} out")
    print(f"{pool.opened} connections opened, used again {pool.reused} times")


if __name__ == "__main__":
    run(main)
