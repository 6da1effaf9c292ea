"""A conversation: each answer goes back, as it is, with the next question."""

from __future__ import annotations

from _offline import run

from gravitex_async import AsyncGravitex


async def main() -> None:
    messages: list[object] = [{"role": "system", "content": "You are a patient teacher."}]
    async with AsyncGravitex() as client:
        for question in ("What is a loop?", "And how does one stop it?", "Thank you!"):
            messages.append({"role": "user", "content": question})
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            messages.append(answer)  # it stands for the model's turn, signatures and ids included
            print(f"> {question}\n{answer.content}")
    print(f"the history has {len(messages)} messages")


if __name__ == "__main__":
    run(main)
