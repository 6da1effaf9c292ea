"""Tests for structs that hold nothing but a few fields, made from the fields that the structs have.

A short way for plain events must never take one that brings more. Whoever lists the fields that would be more
forgets one some day; so the fields that may stand in a plain event are listed, and every other field of the
struct, one that is added tomorrow included, has to be empty.

Such a test is compiled: a chain of ``is None`` is what the interpreter does fastest (25 fields in 0.12 µs;
``attrgetter`` over them 0.5, a comparison with an empty struct 0.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

__all__ = ["quiet_test"]


def quiet_test(**parts: tuple[type[msgspec.Struct], Iterable[str]]) -> Callable[..., bool]:
    """A function of structs, one for each of *parts*, that tells whether they hold nothing else.

    Args:
        parts: By the name of the argument, what type of struct it is and which fields it may hold.

    >>> from gravitex_async.chat import ChoiceDelta
    >>> is_plain = quiet_test(delta=(ChoiceDelta, {"role", "content"}))
    >>> is_plain(ChoiceDelta(content="Hi")), is_plain(ChoiceDelta(content="Hi", refusal="no"))
    (True, False)
    """
    tests = [
        f"({name}.{field.name} is None or not {name}.{field.name})"
        for name, (struct, quiet) in parts.items()
        for field in msgspec.structs.fields(struct)
        if field.name not in set(quiet)
    ]
    # What is evaluated consists of the names of arguments and fields alone, which are identifiers.
    test: Callable[..., bool] = eval(f"lambda {', '.join(parts)}: {' and '.join(tests) or True}")
    return test
