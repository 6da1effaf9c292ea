"""Ask for the whole answer at once."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex


async def main() -> None:
    async with AsyncGravitex() as client:
        completion = await client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Answer in one sentence."},
                {"role": "user", "content": "What is a monad?"},
            ],
            temperature=0.2,
            max_tokens=200,
        )
    print(completion.content)
    if completion.end.reason == "length":  # stop, length, tool_calls, filtered, ...: the same in all dialects
        print("(cut off at max_tokens)")
    # A count that the gateway did not send is None.
    print(f"{completion.usage.input_tokens} tokens in, {completion.usage.output_tokens} out")
    print(f"request {completion.request_id}, tries: {completion.attempts}")


if __name__ == "__main__":
    run(main)
