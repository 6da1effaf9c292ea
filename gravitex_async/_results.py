"""The result of a tool, as a model reads it; the dialects wrap it in their own shapes."""

from __future__ import annotations

from typing import Any

from ._json import dumps, to_builtins

__all__ = ["failure_text", "result_object", "result_text"]


def failure_text(error: BaseException) -> str:
    """A failure in words a model can act on."""
    return f"Error: {type(error).__name__}: {error}" if str(error) else f"Error: {type(error).__name__}"


def result_text(result: object) -> str:
    """The result as text: text as it is, exceptions in words, anything else as JSON.

    Raises:
        TypeError, NotImplementedError: It has no JSON form.
    """
    if isinstance(result, str):
        return result
    if isinstance(result, BaseException):
        return failure_text(result)
    return dumps(result).decode()


def result_object(result: object) -> dict[str, Any]:
    """The result as a JSON object, which Gemini requires: any other value becomes ``{"result": value}``.

    Raises:
        TypeError, NotImplementedError: It has no JSON form.
    """
    if isinstance(result, BaseException):
        return {"error": failure_text(result)}
    value = to_builtins(result)
    return value if isinstance(value, dict) else {"result": value}
