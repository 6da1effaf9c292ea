"""One function that reads any answer: of any dialect, awaited, streamed, or broken off."""

from __future__ import annotations

import asyncio
from typing import Any

from gravitex_async import AsyncGravitex, StreamInterrupted, Usage
from gravitex_async.chat import ChatCompletion, ChatStream
from gravitex_async.gemini import GeminiStream, GenerateContentResponse
from gravitex_async.responses import Response, ResponsesStream
from gravitex_async.testing import Call, LocalGateway, Script

Answer = ChatCompletion | Response | GenerateContentResponse
Stream = ChatStream | ResponsesStream | GeminiStream

QUESTION = "Draw a cat, and tell me the weather where it lives"
PICTURE = b"\x89PNG\r\n\x1a\n..."


def read(answer: Answer | Stream) -> None:
    """No text is "", no list is empty by being None, and what was not counted is None."""
    print(f"  thought: {answer.reasoning_content!r}")
    print(f"  said: {len(answer.content)} characters" + (", refused" if answer.refusal else ""))
    for call in answer.tool_calls:
        print(f"  calls: {call.name}({call.arguments})")  # call.parsed() for Python values, once it is whole
    for image in answer.images:
        print(f"  shows: {image.mime_type or 'an image'}, {image.url or f'{len(image.data)} bytes'}")
    for source in answer.citations:
        print(f"  names: {source.title or source.url}")
    print(f"  {answer.end.state} ({answer.end.reason}), {answer.usage.output_tokens} tokens out")
    print(f"  {answer.request_id}, attempt {answer.attempts}, {answer.timings.last or 0.0:.0f} s")


async def ask_all(client: AsyncGravitex) -> list[Answer]:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    return [
        await client.chat.completions.create(model="glm-5", messages=messages),
        await client.responses.create(model="gpt-5.2", input=QUESTION),
        await client.gemini.generate_content(model="gemini-2.5-flash", contents=QUESTION),
    ]


def open_all(client: AsyncGravitex) -> list[Stream]:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    return [
        client.chat.completions.stream(model="glm-5", messages=messages),
        client.responses.stream(model="gpt-5.2", input=QUESTION),
        client.gemini.generate_content_stream(model="gemini-2.5-flash", contents=QUESTION),
    ]


async def main() -> None:
    # Always the local gateway: it says all of this, and breaks off on demand.
    async with LocalGateway() as gateway:
        say = Script(
            text="Here it is.",
            reasoning="A cat lives in Oslo.",
            images=[PICTURE],
            tool_calls=[Call("weather", {"city": "Oslo"})],
        )
        gateway.script(say, times=None)
        async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
            answers = await ask_all(client)
            for answer in answers:
                print(type(answer).__name__)
                read(answer)
            total = sum((answer.usage for answer in answers), Usage())
            print(f"{total.total_tokens} tokens in all dialects together")

            for stream in open_all(client):
                print(type(stream).__name__)
                await stream.final()  # the whole, as the plain answer is; the stream says the same
                read(stream)

            gateway.fault("truncate", after_events=4, count=None)
            for stream in open_all(client):
                try:
                    await stream.final()
                except StreamInterrupted as error:
                    print(f"{type(stream).__name__}, broken off: {error}")
                    read(stream)  # error.partial says the same, and is None where nothing had arrived


if __name__ == "__main__":
    asyncio.run(main())
