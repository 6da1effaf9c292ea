"""Checks on what callers pass, shared by the dialects.

What is sent is exactly what was asked: an argument that is None counts as not given, the order is kept, and
only ranges that Gravitex documents are checked. ``extra_body`` sends anything, unchecked.

Code that was written for openai-python passes ``NOT_GIVEN`` or ``omit`` for what it does not set; both mean
the same as None here. They stand for a whole argument: a key inside of one is left out by whoever makes it.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypedDict, TypeVar

from ._checks import expected, kind_of, shown
from ._json import is_absent
from .config import RetryPolicy, Timeout
from .errors import MisuseError

__all__ = [
    "BodyParams",
    "CallParams",
    "check_range",
    "check_tools",
    "checked_model",
    "given_only",
    "is_given",
    "known_only",
    "merged",
    "shows",
    "unexpected",
]

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P", bound=Mapping[str, Any])

# How similar a misspelling is to the name that was meant. Parameters need a high bar, because gateways have
# names of their own: "min_tokens" (0.80 similar to "max_tokens") and "top_n" are no misspellings. Settings
# are all known here.
SLIP: Final = 0.85
SLIP_OF_A_SETTING: Final = 0.6

_HUMP = r"(?<=[a-z0-9])[A-Z]"


def is_given(value: object) -> bool:
    """Whether an argument says anything: it is not None, and no mark of another client's for "not given"."""
    return value is not None and not is_absent(value)


def given_only(params: P) -> P:
    """The arguments that were given, in their order: a TypedDict stays of its type."""
    given: Any = {name: value for name, value in params.items() if is_given(value)}
    return given  # type: ignore[no-any-return]  # the same keys, or fewer: no key is required in these types


class CallParams(TypedDict, total=False):
    """What is about the call itself, and no part of a body.

    Args:
        extra_headers: Headers of this call, over those of the client.
        extra_query: What is added to the URL's query.
        timeout: Seconds: the deadline of a plain call, the content-idle limit of a stream; or a ``Timeout``.
        max_retries: Tries after the first one, or a ``RetryPolicy``.
    """

    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    timeout: Timeout | float | None
    max_retries: int | RetryPolicy | None


class BodyParams(CallParams, total=False):
    """The same of a call that has a body.

    Args:
        extra_body: Keys merged into the body last, over everything else, unchecked.
    """

    extra_body: Mapping[str, Any] | None


def known_only(call: str, given: Iterable[str], known: Iterable[str], *, more: Iterable[str] = ()) -> None:
    """Refuses unknown keywords.

    Args:
        more: Other names to suggest: the parameters in the signature of the call.

    Raises:
        TypeError: It suggests the keyword that was probably meant, else ``extra_body`` as the way to send an
            unknown one.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise unexpected(call, unknown, {*known, *more}, extra_body=True)


def unexpected(
    call: str, unknown: Iterable[str], known: Collection[str], *, extra_body: bool = False
) -> TypeError:
    """The error for unknown keywords, with a suggestion for the first of them."""
    meant = {name: _meant(name, known, SLIP if extra_body else SLIP_OF_A_SETTING) for name in unknown}
    first = next(iter(meant))
    sentence = f"{call}() got an unexpected keyword argument {first!r}"
    if meant[first] is not None:
        return TypeError(f"{sentence}; did you mean {meant[first]}?")
    if not extra_body:
        return TypeError(f"{sentence}; it takes {', '.join(sorted(known))}")
    hint = ", ".join(f"{name!r}: ..." for name, near in meant.items() if near is None)
    return TypeError(f"{sentence}; send what this client does not know with extra_body={{{hint}}}")


def _meant(name: str, known: Collection[str], near: float) -> str | None:
    """The known name that *name* stands for: in camelCase, a word short, or with a slip of the pen."""
    snake = re.sub(_HUMP, lambda found: f"_{found[0]}", name).lower()
    if snake in known:
        return snake
    words = set(snake.split("_"))
    longer = [whole for whole in known if words <= set(whole.split("_"))]
    if len(longer) == 1:
        return longer[0]
    from difflib import get_close_matches  # imported late: only mistakes need it

    return next(iter(get_close_matches(snake, sorted(known), 1, near)), None)


def check_range(name: str, value: Any, low: float, high: float | None = None) -> None:
    """Refuses a number outside the documented range; the gateway judges what is no number.

    Raises:
        MisuseError: It gives the value, the range, and how to send the value anyway.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    if value < low or (high is not None and value > high):
        upper = f" to {high:g}" if high is not None else " or more"
        raise MisuseError(
            f"expected {name} from {low:g}{upper}, got {value!r}; "
            f"extra_body={{{name!r}: {value!r}}} sends it all the same"
        )


def check_tools(tools: Any, run: str) -> None:
    """Refuses functions among the tools of a call that would send their definitions and nothing more.

    Args:
        run: What ``run_tools`` is to be given, for the message.

    Raises:
        MisuseError: It names the function and ``run_tools``.
    """
    for tool in tools if isinstance(tools, (list, tuple)) else [tools]:
        function = tool if callable(tool) else getattr(tool, "function", None)  # of a ``Tool``
        if callable(function):
            name = getattr(function, "__name__", type(function).__name__)
            raise MisuseError(
                f"expected tools as definitions, got the function {name}; run_tools({run}, tools=[{name}]) "
                f"describes it to the model, and answers its calls"
            )


def checked_model(model: object) -> str:
    """The model's name.

    Raises:
        MisuseError: It is no text, or empty.
    """
    if not isinstance(model, str) or not model:
        raise expected("model", "a non-empty string", shown(model))
    return model


def merged(body: dict[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body with the caller's own keys (``extra_body``) at its end; they replace keys of the same name.

    Raises:
        MisuseError: *extra* is no mapping.
    """
    if extra is None or not is_given(extra):
        return body
    if not isinstance(extra, Mapping):
        raise expected("extra_body", "a dict of fields of the body", kind_of(extra))
    body.update(extra)
    return body


class _Written(str):
    """An annotation that ``help`` shows as it is written, where it would show a text in quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def shows(*parameters: type) -> Callable[[F], F]:
    """Makes ``help`` and ``inspect`` show the keys of a TypedDict as the keyword parameters they are.

    Args:
        parameters: The TypedDict, and its bases: their docstrings say under ``Args`` what each key means, and
            are added to that of the function. (A TypedDict does not know its bases before Python 3.12.)
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [
            parameter.replace(annotation=_written(parameter.annotation))
            for parameter in signature.parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        more = [
            inspect.Parameter(name, own[0].KEYWORD_ONLY, default=None, annotation=_written(kind))
            for name, kind in parameters[0].__annotations__.items()
        ]
        shown = inspect.Signature(own + more, return_annotation=_written(signature.return_annotation))
        function.__signature__ = shown  # type: ignore[attr-defined]  # what inspect.signature looks for
        function.__doc__ = _explained(function.__doc__, parameters)
        return function

    return decorate


def _written(annotation: Any) -> Any:
    """A forward reference or a text as itself; what else there is (``inspect.Parameter.empty``), as it is."""
    text = getattr(annotation, "__forward_arg__", annotation)
    return _Written(text) if isinstance(text, str) else annotation


def _explained(doc: str | None, parameters: Iterable[type]) -> str | None:
    """The docstring with all that *parameters* say under ``Args``; None where Python keeps no docstrings."""
    if doc is None:
        return None
    head, own, rest = _around_args(doc)
    more = [_around_args(kind.__doc__ or "")[1] for kind in parameters]
    args = "\n".join(lines for lines in (own, *more) if lines)
    return "\n\n".join(part for part in (head, f"Args:\n{args}", rest) if part)


@functools.cache  # two or three calls of a dialect share their arguments
def _around_args(doc: str) -> tuple[str, str, str]:
    """What a docstring says before its ``Args``, the lines of those, and what it says behind them."""
    head, found, rest = inspect.cleandoc(doc).partition("\n\nArgs:\n")
    if found:
        args, _, rest = rest.partition("\n\n")
        return head, args, rest
    before, found, rest = head.partition("\n\nRaises")
    return before, "", f"Raises{rest}" if found else ""
