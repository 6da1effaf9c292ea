"""Checks on what callers pass, shared by the dialects.

What is sent is exactly what was asked: an argument that is None counts as not given, order is kept, and
only ranges that the gateway's documents state are checked. ``extra_body`` sends other values all the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .errors import MisuseError

__all__ = ["check_range", "known_only", "merged", "shows"]

F = TypeVar("F", bound=Callable[..., Any])


def known_only(call: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuses keywords nobody knows.

    Raises:
        TypeError: It names the keyword, and ``extra_body`` as the way to send it all the same.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        hint = ", ".join(f"{name!r}: ..." for name in unknown)
        raise TypeError(
            f"{call}() got an unexpected keyword argument {unknown[0]!r}; send what this client does not "
            f"know with extra_body={{{hint}}}"
        )


def check_range(name: str, value: Any, low: float, high: float | None = None) -> None:
    """Refuses a number outside the documented range; what is no number is left to the gateway.

    Raises:
        MisuseError: The value, the range, and the way round it.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    if value < low or (high is not None and value > high):
        upper = f" to {high:g}" if high is not None else " or more"
        raise MisuseError(
            f"expected {name} from {low:g}{upper}, got {value!r}; "
            f"extra_body={{{name!r}: {value!r}}} sends it all the same"
        )


def merged(body: dict[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body with the caller's own keys over it, last (chat.md section 2, "Client-side merge")."""
    if extra:
        body.update(extra)
    return body


def shows(parameters: type) -> Callable[[F], F]:
    """Shows the keys of a TypedDict as the keyword parameters they are, to ``help`` and ``inspect``."""

    def decorate(function: F) -> F:
        own = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in parameters.__annotations__.items()
        ]
        shown = inspect.Signature(own + more, return_annotation=inspect.signature(function).return_annotation)
        function.__signature__ = shown  # type: ignore[attr-defined]  # what inspect.signature looks for
        return function

    return decorate
