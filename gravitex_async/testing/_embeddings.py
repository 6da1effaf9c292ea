"""Vectors for /v1/embeddings and the two embedding methods of Gemini: reproducible, of length one.

The same text gives the same vector; fewer ``dimensions`` give its beginning, scaled to length one. Numbers
are 32 bit floats, so that the float and the base64 form agree.
"""

from __future__ import annotations

import math
import random
import sys
from array import array as numbers
from collections.abc import Mapping

from ._answers import base64_text, tokens
from ._errors import missing
from ._fields import array, integer, mapping, object_of, string, text_of
from ._reply import Reply, document
from ._requests import check_embeddings

DIMENSIONS = 64


def embed(body: Mapping[str, object]) -> Reply:
    """Answer POST /v1/embeddings."""
    model, inputs = string(body, "model"), _inputs(body.get("input"))
    if not model or not inputs:
        raise missing("model is required" if not model else "input is required")
    check_embeddings(body)
    size = integer(body, "dimensions") or DIMENSIONS
    packed = body.get("encoding_format") == "base64"
    count = sum(tokens(text) for text in inputs)
    data = [
        {
            "object": "embedding",
            "index": i,
            "embedding": _packed(text, size) if packed else vector(text, size),
        }
        for i, text in enumerate(inputs)
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return document({"object": "list", "data": data, "model": model, "usage": usage})


def embed_content(body: Mapping[str, object]) -> Reply:
    """Answer ``:embedContent``."""
    return document({"embedding": _embedding(body)})


def batch_embed_contents(body: Mapping[str, object]) -> Reply:
    """Answer ``:batchEmbedContents``, in the order of the requests."""
    requests = array(body, "requests")
    if not requests:
        raise missing("Invalid request: requests is required")
    return document({"embeddings": [_embedding(object_of(request)) for request in requests]})


def vector(text: str, size: int) -> list[float]:
    """The vector of *text*: *size* numbers, together of length one."""
    dice = random.Random(text)
    raw = [dice.gauss(0.0, 1.0) for _ in range(size)]
    length = math.sqrt(sum(number * number for number in raw))
    return numbers("f", (number / length for number in raw)).tolist()


def _embedding(body: Mapping[str, object]) -> dict[str, object]:
    content = mapping(body, "content")
    if not content:
        raise missing("Invalid request: content is required")
    size = integer(body, "outputDimensionality", "output_dimensionality") or DIMENSIONS
    return {"values": vector(text_of(content.get("parts")), size)}


def _packed(text: str, size: int) -> str:
    values = numbers("f", vector(text, size))
    if sys.byteorder == "big":
        values.byteswap()
    return base64_text(values.tobytes())


def _inputs(source: object) -> list[str]:
    """A string, strings, one list of token numbers, or several."""
    if isinstance(source, str):
        return [source]
    items = source if isinstance(source, list) else []
    if items and all(isinstance(item, int) for item in items):
        return [str(items)]
    return [item if isinstance(item, str) else str(item) for item in items]
