"""Tell the thinking of a model from its answer, and count both."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex

MODEL = "deepseek-v3-1-250821"


async def main() -> None:
    messages = [{"role": "user", "content": "Is 1001 a prime number?"}]
    async with AsyncGravitex() as client:
        async with client.chat.completions.stream(
            model=MODEL, messages=messages, thinking={"type": "enabled"}
        ) as stream:
            async for delta in stream.deltas():
                if delta.reasoning_content:
                    print(f"[{delta.reasoning_content}]", end="", flush=True)
                if delta.content:
                    print(delta.content, end="", flush=True)
        print(f"\nthought {len(stream.reasoning_content)} characters, said {len(stream.content)}")
        print(f"{stream.usage.reasoning_tokens} tokens of thinking, {stream.usage.visible_tokens} of answer")


if __name__ == "__main__":
    run(main)
