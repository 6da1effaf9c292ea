"""The samples of Gravitex's own documentation, extracted from its text."""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec

from .conftest import shared

_FILES = {
    "000": "000_bfd910ed50386a4f.txt",
    "001": "001_248ad97f610f0366.txt",
    "002": "002_cd59e3abce3152f2.txt",
    "003": "003_9486fccbe5804354.txt",
    "004": "004_a9ecd2a5523bfb4c.txt",
}
DOCUMENTS = tuple(_FILES)
_BODY = re.compile(r"-d '(\{.*?\n\})'", re.DOTALL)


@functools.lru_cache
def text_of(document: str) -> str:
    """A document as it is; the test is skipped where the documents are not at hand."""
    return shared("reference", "gateway-docs", _FILES[document]).read_text("utf-8")


@functools.lru_cache
def _bodies(document: str) -> list[dict[str, Any]]:
    found = (match.group(1).replace("'\\''", "'") for match in _BODY.finditer(text_of(document)))
    return [msgspec.json.decode(text) for text in found]


def sample(document: str, *words: str) -> dict[str, Any]:
    """The only request body of *document* whose JSON holds all *words*."""
    found = [
        body
        for body in _bodies(document)
        if all(word in msgspec.json.encode(body).decode() for word in words)
    ]
    assert len(found) == 1, f"{len(found)} samples of {document} hold {words}"
    return found[0]
