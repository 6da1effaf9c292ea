"""Checks on settings: a wrong one is refused where it is made, not by the call that uses it later.

Strategy
    A struct of settings is checked by the annotations of its fields, so that a new field is checked without a
    line here. Numbers are finite and above zero, or from zero where zero means "none".

    Settings of other libraries (``httpx.Timeout``) are recognised by their shape, to give advice; nothing is
    imported for that. A value that may hold a secret is named by its type and never quoted.
"""

from __future__ import annotations

import functools
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from .errors import MisuseError

__all__ = [
    "check_fields", "check_kind", "check_seconds", "check_session", "check_ssl", "expected", "is_number",
    "kind_of", "shown", "timeout_advice",
]  # fmt: skip

# A message quotes no more of a value than this: it may end up in a line of a log.
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80

_PLAIN: Final = (str, bytes, int, float, list, tuple, dict, set, NoneType)

# The clocks of httpx and aiohttp, by their names here.
_CLOCKS: Final[Mapping[str, str]] = {
    "total": "deadline",
    "connect": "connect",
    "sock_connect": "connect",
    "read": "idle",
    "sock_read": "idle",
    "pool": "pool",
}


class _Rule(NamedTuple):
    name: str
    default: object
    wanted: str
    allows: Callable[[object], bool]


def expected(name: str, wanted: str, got: str, advice: str = "") -> MisuseError:
    """The error that says what was expected, what came, and what to do."""
    sentence = f"expected {name} as {wanted}, got {got}"
    return MisuseError(f"{sentence}; {advice}" if advice else sentence)


def shown(value: object) -> str:
    """A value as a message quotes it: plain ones in short, others by their type."""
    return _short.repr(value) if isinstance(value, _PLAIN) else kind_of(value)


def kind_of(value: object) -> str:
    """What kind of value it is, without its contents: "an empty list", "httpx.Timeout"."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value)
    if isinstance(value, (str, bytes, list, tuple, dict)) and not value:
        return f"an empty {'text' if kind is str else kind.__name__}"
    home = kind.__module__.partition(".")[0]
    return kind.__name__ if home == "builtins" else f"{home}.{kind.__name__}"


def check_fields(settings: msgspec.Struct, note: str, *, zero: bool = False) -> None:
    """Refuses a struct with a field that its annotation does not allow.

    Args:
        note: What the message says about all fields.
        zero: Whether its numbers may be zero.
    """
    kind = type(settings)
    for name, default, wanted, allows in _rules(kind, zero):
        value = getattr(settings, name)
        # Defaults are skipped: a call may make settings of its own, and most of their fields are defaults.
        if value is not default and not allows(value):
            raise expected(f"{kind.__name__}.{name}", wanted, shown(value), note)


def check_kind(name: str, value: object, kind: type, advice: str = "") -> None:
    """Refuses what is neither None nor a *kind*."""
    if value is not None and not isinstance(value, kind):
        raise expected(name, f"a gravitex_async.{kind.__name__} or None", shown(value), advice)


def check_seconds(name: str, value: object) -> None:
    """Refuses what is neither None nor a number above zero."""
    if value is not None and not is_number(value):
        raise expected(name, "seconds above 0 or None", shown(value), "None is no limit")


def check_ssl(value: object) -> None:
    """Refuses what is neither a TLS context nor a bool nor None."""
    module = sys.modules.get("ssl")  # where there is a context, the module is loaded
    context = module is not None and isinstance(value, module.SSLContext)
    if value is not None and not isinstance(value, bool) and not context:
        advice = "write ssl=ssl.create_default_context(cafile=...) for certificates of your own"
        raise expected("ssl", "an ssl.SSLContext, True, False or None", shown(value), advice)


def check_session(value: object) -> None:
    """Refuses what does not look like an aiohttp session; aiohttp is not imported to know."""
    shape = all(hasattr(value, name) for name in ("request", "closed", "connector"))
    if value is not None and (isinstance(value, type) or not shape):
        raise expected("session", "an aiohttp.ClientSession or None", kind_of(value))


def timeout_advice(value: object, clocks: Iterable[str]) -> str:
    """How to write another library's time limit with the *clocks* of ``Timeout``."""
    if isinstance(value, (int, float)):
        return "None in a Timeout switches a clock off"
    if isinstance(value, str):
        return f"write timeout={value.strip()}" if _reads_as_number(value) else "write timeout=30"
    if hasattr(value, "total_seconds"):
        return "write timeout=value.total_seconds()"
    named = _named(value)
    found = {_CLOCKS.get(name, name): seconds for name, seconds in reversed(named)}
    known = [f"{clock}={found[clock]:g}" for clock in clocks if is_number(found.get(clock))]
    return f"write gravitex_async.Timeout({', '.join(known) or 'connect=5, idle=60'})"


def _named(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, (list, tuple)):  # as requests has it: (connect, read)
        return list(zip(("connect", "read"), value, strict=False))
    return [(name, seconds) for name in _CLOCKS if (seconds := getattr(value, name, None)) is not None]


def _reads_as_number(text: str) -> bool:
    try:
        return is_number(float(text))
    except ValueError:
        return False


def is_number(value: object, *, whole: bool = False, zero: bool = False) -> bool:
    """Whether it is a finite number above zero, or from zero; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return False
    # NaN compares false with everything; inf and larger integers are no time and no count.
    return (0 if zero else sys.float_info.min) <= value <= sys.maxsize


@functools.cache
def _rules(kind: type[msgspec.Struct], zero: bool) -> tuple[_Rule, ...]:
    return tuple(_rule(field, zero) for field in msgspec.structs.fields(kind))


def _rule(field: msgspec.structs.FieldInfo, zero: bool) -> _Rule:
    union = get_origin(field.type) in (Union, UnionType)
    rules = [_member(member, zero) for member in (get_args(field.type) if union else (field.type,))]
    *first, last = [wanted for wanted, _ in rules]
    wanted = f"{', '.join(first)} or {last}" if first else last
    return _Rule(field.name, field.default, wanted, lambda value: any(allows(value) for _, allows in rules))


def _member(kind: Any, zero: bool) -> tuple[str, Callable[[object], bool]]:
    """One member of a union: how a message names it, and what it allows."""
    if kind is NoneType:
        return "None", lambda value: value is None
    if kind is float:
        return f"a number {'from' if zero else 'above'} 0", functools.partial(is_number, zero=zero)
    if kind is int:
        wanted = f"a whole number from {0 if zero else 1}"
        return wanted, functools.partial(is_number, whole=True, zero=zero)
    if get_origin(kind) is Literal:
        words = get_args(kind)
        return " or ".join(map(repr, words)), lambda value: type(value) is str and value in words
    return f"a {kind.__name__}", lambda value: isinstance(value, kind)
