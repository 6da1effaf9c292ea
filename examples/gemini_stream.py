"""Native Gemini: thoughts and text as they come, then a second turn with what was said."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex


async def main() -> None:
    question = {"role": "user", "parts": [{"text": "Why do leaves fall?"}]}
    async with AsyncGravitex() as client:
        async with client.gemini.generate_content_stream(
            model="gemini-2.5-flash",
            contents=[question],
            system_instruction="Answer a child.",
            thinking_config={"thinking_budget": -1, "include_thoughts": True},
        ) as stream:
            async for delta in stream.deltas():
                print(delta.reasoning_content or delta.content, end="", flush=True)
        print(f"\n{stream.usage.reasoning_tokens} tokens of thoughts, {stream.usage.visible_tokens} of text")

        # What was said goes back as it came, its thought signatures included.
        second = {"role": "user", "parts": [{"text": "And why do they grow again?"}]}
        answer = await client.gemini.generate_content(
            model="gemini-2.5-flash", contents=[question, stream, second]
        )
        print(answer.content)


if __name__ == "__main__":
    run(main)
