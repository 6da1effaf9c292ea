"""Print an answer as it comes."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex


async def main() -> None:
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    async with AsyncGravitex() as client:
        async with client.chat.completions.stream(model="gpt-4o-mini", messages=messages) as stream:
            async for text in stream.text():
                print(text, end="", flush=True)
        print(f"\n{stream.end.state}: {stream.finish_reason}")


if __name__ == "__main__":
    run(main)
