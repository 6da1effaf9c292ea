"""Other settings for some calls, over the same pool: another timeout, more retries, a header."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex, RetryPolicy


async def main() -> None:
    messages = [{"role": "user", "content": "Summarise the report."}]
    async with AsyncGravitex() as client:
        patient = client.with_options(
            timeout=600,
            max_retries=RetryPolicy(max_retries=5, max_delay=30),
            default_headers={"X-Job": "nightly"},
        )
        for view in (client, patient):
            answer = await view.chat.completions.create(model="gpt-4o-mini", messages=messages)
            print(answer.content)
        print(f"one pool: {patient.pool is client.pool}, {client.pool.statistics().opened} connection(s)")


if __name__ == "__main__":
    run(main)
