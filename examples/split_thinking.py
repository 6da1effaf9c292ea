"""Thinking that comes inside the content, between <think> and </think>, is taken out of it again."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.thinking import split_thinking


async def main() -> None:
    messages = [{"role": "user", "content": "Is 1001 a prime number?"}]
    async with AsyncGravitex() as client:
        # Asked for here; some models do it unasked.
        stream = client.chat.completions.stream(
            model="qwen3-omni-flash", messages=messages, enable_thinking=True, thinking_to_content=True
        )
        async for delta in stream.deltas(split_thinking=True):
            if delta.reasoning_content:
                print(f"[{delta.reasoning_content}]", end="", flush=True)
            if delta.content:
                print(delta.content, end="", flush=True)
    # The stream keeps the content as sent; a whole text is split like this:
    thinking, answer = split_thinking(stream.content)
    print(f"\nthought {len(thinking)} characters, said {answer!r}")


if __name__ == "__main__":
    run(main)
