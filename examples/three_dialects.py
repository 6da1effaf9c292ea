"""Another call, the same stream: chat completions, Responses and native Gemini read by one function."""

from __future__ import annotations

from typing import Any

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.chat import ChatStream
from gravitex_async.gemini import GeminiStream
from gravitex_async.responses import ResponsesStream

QUESTION = "Why is the sky blue?"


async def show(stream: ChatStream | ResponsesStream | GeminiStream) -> None:
    async for delta in stream.deltas():
        print(delta.reasoning_content or delta.content, end="", flush=True)
    print(f"\n  {type(stream).__name__}: {stream.end.reason}, {stream.usage.output_tokens} tokens")


async def main() -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    async with AsyncGravitex() as client:
        await show(client.chat.completions.stream(model="deepseek-r1", messages=messages))
        await show(client.responses.stream(model="gpt-5.2", input=QUESTION))
        await show(client.gemini.generate_content_stream(model="gemini-2.5-flash", contents=QUESTION))


if __name__ == "__main__":
    run(main)
