"""Let the model call a function: read the call, run it, send the result back."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.chat import tool_result

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city now",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Shanghai", "Beijing"]}},
            "required": ["city"],
        },
    },
}


def get_weather(city: str) -> dict[str, object]:
    return {"city": city, "celsius": 22, "sky": "cloudy"}


async def main() -> None:
    messages: list[object] = [{"role": "user", "content": "What is the weather in Shanghai?"}]
    async with AsyncGravitex() as client:
        answer = await client.chat.completions.create(model="glm-5", messages=messages, tools=[WEATHER])
        messages.append(answer)  # an answer stands for its turn
        for call in answer.tool_calls:
            print(f"the model calls {call.name}({call.arguments})")
            messages.append(tool_result(call, get_weather(**call.parsed())))
        async for text in client.chat.completions.stream(model="glm-5", messages=messages).text():
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    run(main)
