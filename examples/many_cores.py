"""More than one core: a loop per process, or per thread without the GIL; limits divided among them."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from _offline import run

from gravitex_async import AsyncGravitex, RateLimits, Usage

WORKERS = 2
LIMITS = RateLimits(requests_per_minute=60_000, max_concurrency=20)
QUESTIONS = [f"What is {number} times {number}?" for number in range(40)]


def work(questions: list[str]) -> Usage:
    """One worker: a loop and a client of its own."""
    return asyncio.run(ask_all(questions))


async def ask_all(questions: list[str]) -> Usage:
    async with AsyncGravitex(rate_limits=LIMITS.share(WORKERS)) as client:

        async def ask(question: str) -> Usage:
            messages = [{"role": "user", "content": question}]
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            return answer.usage.neutral()  # a small value, that pickles on its way back

        return sum(await asyncio.gather(*map(ask, questions)), Usage())


def workers() -> Executor:
    """Threads where they run in parallel, processes elsewhere."""
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return ThreadPoolExecutor(WORKERS) if free_threaded else ProcessPoolExecutor(WORKERS)


async def main() -> None:
    loop = asyncio.get_running_loop()
    shares = [QUESTIONS[number::WORKERS] for number in range(WORKERS)]
    with workers() as pool:
        usages = await asyncio.gather(*(loop.run_in_executor(pool, work, share) for share in shares))
    total = sum(usages, Usage())
    print(f"{len(QUESTIONS)} answers from {WORKERS} workers: {total.output_tokens} tokens out")


if __name__ == "__main__":
    run(main)
