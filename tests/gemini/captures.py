"""The recorded answers of Gemini, and what their manifest expects of a reader."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(os.environ.get("GRAVITEX_CAPTURES") or Path(__file__).parents[3] / "shared" / "captures")


def manifest() -> dict[str, dict[str, Any]]:
    """The entries of this dialect by path; empty where the captures are absent."""
    path = ROOT / "MANIFEST.json"
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise FileNotFoundError(f"expected the captures at {ROOT}; set GRAVITEX_CAPTURES")
        return {}
    entries = json.loads(path.read_bytes())
    return {name: entry for name, entry in entries.items() if name.startswith("gemini/")}


ENTRIES = manifest()

needs_captures = pytest.mark.skipif(not ENTRIES, reason=f"no captures at {ROOT}; set GRAVITEX_CAPTURES")


def names(suffix: str, *, embeddings: bool = False) -> list[str]:
    """The captures of one kind."""
    return [name for name in ENTRIES if name.endswith(suffix) and ("embed" in name) is embeddings]


def body(name: str) -> bytes:
    """The recorded bytes."""
    return (ROOT / name).read_bytes()


def same_text(actual: str, expected: Any) -> bool:
    """Whether *actual* is the text the manifest gives, in full or as a digest."""
    if expected is None:
        return actual == ""
    if isinstance(expected, str):
        return actual == expected
    digest = hashlib.sha256(actual.encode()).hexdigest()
    return len(actual) == expected["chars"] and digest == expected["sha256"]
