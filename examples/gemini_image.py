"""Ask Gemini for a picture, and save it."""

from __future__ import annotations

import tempfile
from mimetypes import guess_extension
from pathlib import Path

from _offline import run

from gravitex_async import AsyncGravitex


async def main() -> None:
    async with AsyncGravitex() as client:
        answer = await client.gemini.generate_content(
            model="gemini-2.5-flash-image",
            contents="Draw a fox in the snow.",
            response_modalities=["TEXT", "IMAGE"],
            image_config={"aspect_ratio": "16:9", "image_size": "1K"},
        )
    print(answer.content)
    if not answer.images:  # it may refuse, or only talk
        print(f"no picture: {answer.end.reason}")
    folder = Path(tempfile.mkdtemp())
    for number, image in enumerate(answer.images):
        path = folder / f"fox-{number}{guess_extension(image.mime_type or '') or '.png'}"
        path.write_bytes(image.data)
        print(f"{path}: {image.mime_type}, {len(image.data)} bytes")


if __name__ == "__main__":
    run(main)
