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
    print(completion.choices[0].message.content)
    if completion.usage is not None:
        print(f"{completion.usage.prompt_tokens} tokens in, {completion.usage.completion_tokens} out")


if __name__ == "__main__":
    run(main)
