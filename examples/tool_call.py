"""Let the model call a function: read the call, run it, send the result back."""

from __future__ import annotations

import json

from _offline import run

from gravitex_async import AsyncGravitex

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city now",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def get_weather(city: str) -> dict[str, object]:
    return {"city": city, "celsius": 22, "sky": "cloudy"}


async def main() -> None:
    messages: list[object] = [{"role": "user", "content": "What is the weather in Shanghai?"}]
    async with AsyncGravitex() as client:
        stream = client.chat.completions.stream(model="glm-5", messages=messages, tools=[WEATHER])
        answer = await stream.final()
        messages.append(answer.choices[0].message)  # structs go back as they came
        for call in stream.tool_calls:
            print(f"the model calls {call.name}({call.arguments})")
            result = get_weather(**call.parsed())
            messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
        async for text in client.chat.completions.stream(model="glm-5", messages=messages).text():
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    run(main)
