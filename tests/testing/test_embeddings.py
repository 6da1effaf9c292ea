"""POST /v1/embeddings: every form of input, both encodings, the same numbers."""

from __future__ import annotations

import base64
import struct

import pytest

PATH = "/v1/embeddings"
ASK = {"model": "text-embedding-004", "input": "Hello"}


@pytest.mark.parametrize(("source", "count"), [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1, 2], [3]], 2)])
async def test_input_forms(reader, source, count):
    """A text, texts, tokens or lists of tokens: one vector each, in order."""
    answer = await reader.json(PATH, {**ASK, "input": source})
    assert [item["index"] for item in answer["data"]] == list(range(count))
    assert answer["usage"]["total_tokens"] >= 1


async def test_base64_has_the_same_numbers(reader):
    """base64 is little-endian float32 of the same vector; the length is one, the size as asked."""
    plain = (await reader.json(PATH, {**ASK, "dimensions": 5}))["data"][0]["embedding"]
    packed = (await reader.json(PATH, {**ASK, "dimensions": 5, "encoding_format": "base64"}))["data"][0][
        "embedding"
    ]
    assert list(struct.unpack("<5f", base64.b64decode(packed))) == plain
    assert sum(number * number for number in plain) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("body", "status"), [({"model": "m"}, 400), ({"input": "x"}, 400), ({**ASK, "model": "unknown"}, 404)]
)
async def test_refusals(reader, body, status):
    """What is missing or unknown is refused."""
    async with reader.post(PATH, body) as response:
        assert response.status == status
