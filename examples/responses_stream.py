"""The Responses API: typed events, and a second turn that goes on from the first."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.responses import OutputTextDeltaEvent


async def main() -> None:
    question = {"role": "user", "content": "Name three rivers."}
    async with AsyncGravitex() as client:
        async with client.responses.stream(
            model="gpt-5.2", input=[question], instructions="Be brief.", reasoning={"effort": "low"}
        ) as stream:
            async for event in stream:
                if isinstance(event, OutputTextDeltaEvent):
                    print(event.delta, end="", flush=True)
            first = await stream.final()
        print(f"\n{first.id}: {first.end.reason}, {first.usage.total_tokens} tokens")

        # Or previous_response_id=first.id, where the gateway keeps responses.
        second = {"role": "user", "content": "And three lakes."}
        answer = await client.responses.create(model="gpt-5.2", input=[question, first, second])
        print(answer.content)


if __name__ == "__main__":
    run(main)
