"""Words and numbers of Gemini's enums.

Enums are plain text everywhere: an unknown word is kept as it is. Some backends send the numbers of the
protocol (``$alt=json;enum-encoding=int``). Google's two protocols number some enums differently (a
finishReason of 6 is LANGUAGE in one and BLOCKLIST in the other), so only numbers on which both agree become
words; any other number stays, as text.

See "Finish reasons" in decoding/README.md; the numbers are those of Google's public definitions,
https://github.com/googleapis/googleapis/tree/master/google/ai/generativelanguage and .../cloud/aiplatform.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..deltas import EndReason

__all__ = ["reason_of", "word_of"]

_PROBABILITY: Final = ("HARM_PROBABILITY_UNSPECIFIED", "NEGLIGIBLE", "LOW", "MEDIUM", "HIGH")
_MODALITY: Final = ("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT")

# By field name; a number is a position. The safety categories of the two protocols share no number but 0.
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "finishReason": (
        "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER",
    ),
    "blockReason": ("BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT"),
    "category": ("HARM_CATEGORY_UNSPECIFIED",),
    "probability": _PROBABILITY,
    "severity": (
        "HARM_SEVERITY_UNSPECIFIED", "HARM_SEVERITY_NEGLIGIBLE", "HARM_SEVERITY_LOW", "HARM_SEVERITY_MEDIUM",
        "HARM_SEVERITY_HIGH",
    ),
    "modality": _MODALITY,
    "trafficType": ("TRAFFIC_TYPE_UNSPECIFIED", "ON_DEMAND", "PROVISIONED_THROUGHPUT"),
    "language": ("LANGUAGE_UNSPECIFIED", "PYTHON"),
    "outcome": ("OUTCOME_UNSPECIFIED", "OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"),
    "urlRetrievalStatus": (
        "URL_RETRIEVAL_STATUS_UNSPECIFIED", "URL_RETRIEVAL_STATUS_SUCCESS", "URL_RETRIEVAL_STATUS_ERROR",
        "URL_RETRIEVAL_STATUS_PAYWALL", "URL_RETRIEVAL_STATUS_UNSAFE",
    ),
}  # fmt: skip

_REASONS: Final[Mapping[str, EndReason]] = {
    "STOP": "stop",
    "FUNCTION_CALL": "tool_calls",
    "MAX_TOKENS": "length",
    "SAFETY": "filtered",
    "RECITATION": "filtered",
    "BLOCKLIST": "filtered",
    "PROHIBITED_CONTENT": "filtered",
    "SPII": "filtered",
    "IMAGE_SAFETY": "filtered",
    "IMAGE_PROHIBITED_CONTENT": "filtered",
    "IMAGE_RECITATION": "filtered",
    "MODEL_ARMOR": "filtered",
    "LANGUAGE": "error",
    "OTHER": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "IMAGE_OTHER": "error",
    "NO_IMAGE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
    "ESCALATION": "other",
    "PUP_LIMITED_DISABLED": "other",
    "CONTINUATION": "other",
}


def word_of(field: str, number: int) -> str | int:
    """The enum word that *number* stands for in *field*; the number itself where *field* is no enum."""
    words = _WORDS.get(field)
    if words is None:
        return number
    return words[number] if 0 <= number < len(words) else str(number)


def reason_of(finish_reason: str | None) -> EndReason:
    """The neutral class of a finishReason; an unknown one is "unknown"."""
    return _REASONS.get(finish_reason or "", "unknown")
