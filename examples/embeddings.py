"""Vectors of texts, and which two texts are closest; over /v1/embeddings and over native Gemini."""

from __future__ import annotations

from itertools import combinations

from _offline import run

from gravitex_async import AsyncGravitex

TEXTS = ["a cat on the mat", "a kitten on the rug", "interest rates rise"]


def dot(left: list[float], right: list[float]) -> float:
    return sum(x * y for x, y in zip(left, right, strict=True))


def closest(vectors: list[list[float]]) -> tuple[int, int]:
    return max(combinations(range(len(vectors)), 2), key=lambda pair: dot(vectors[pair[0]], vectors[pair[1]]))


async def main() -> None:
    async with AsyncGravitex() as client:
        answer = await client.embeddings.create(
            model="text-embedding-004", input=TEXTS, encoding_format="base64"
        )
        batch = await client.gemini.batch_embed_contents(
            model="text-embedding-004", requests=TEXTS, task_type="SEMANTIC_SIMILARITY"
        )
    for vectors in (answer.vectors, batch.vectors):
        left, right = closest(vectors)
        print(f"{len(vectors[0])} numbers each; closest: {TEXTS[left]!r} and {TEXTS[right]!r}")
    print(f"{answer.usage.input_tokens} tokens in")


if __name__ == "__main__":
    run(main)
