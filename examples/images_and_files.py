"""Ask about a picture and a file: from a path, bytes or a URL, each in the form its dialect wants."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from pathlib import Path

from _offline import run

from gravitex_async import AsyncGravitex
from gravitex_async.inputs import chat_part, gemini_part, responses_part

# A picture of one grey pixel.
PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


async def main() -> None:
    path = Path(tempfile.mkdtemp()) / "notes.txt"
    path.write_text("Buy milk.", encoding="utf-8")
    async with AsyncGravitex() as client:
        seen = [{"type": "text", "text": "What is in this picture?"}, await chat_part(PIXEL, detail="low")]
        completion = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": seen}]
        )
        print(completion.content)

        # Files go to Responses: 50 MiB each, and all of a request together.
        given = [{"type": "input_text", "text": "What must I not forget?"}, await responses_part(path)]
        response = await client.responses.create(model="gpt-4o", input=[{"role": "user", "content": given}])
        print(response.content)

        answer = await client.gemini.generate_content(
            model="gemini-2.5-flash", contents=["And in this one?", await gemini_part(PIXEL)]
        )
        print(answer.content)


if __name__ == "__main__":
    run(main)
