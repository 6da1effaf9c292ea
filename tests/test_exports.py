"""What the package offers is what it says it offers."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gravitex_async
import gravitex_async.testing

# Public modules are those without an underscore anywhere in their dotted name.
OPTIONAL = ("gravitex_async.cli", "gravitex_async.contrib")


def public_modules() -> list[str]:
    found = pkgutil.walk_packages(gravitex_async.__path__, "gravitex_async.")
    names = ["gravitex_async", *(module.name for module in found)]
    return [
        name
        for name in names
        if not any(part.startswith("_") for part in name.split("."))
        and not name.startswith(OPTIONAL)
        and not name.endswith("pytest_plugin")
    ]


def wanted_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order ruff keeps."""
    if name.isupper():
        return 0, name
    return (1 if name.lstrip("_")[:1].isupper() else 2), name


def written_out(module: types.ModuleType) -> bool:
    """Whether ``__all__`` is a plain list of names; a package may also join those of its modules."""
    assert module.__file__
    body = ast.parse(Path(module.__file__).read_text("utf-8")).body
    assigned = (node for node in body if isinstance(node, (ast.Assign, ast.AugAssign)))
    values = [ast.unparse(node.value) for node in assigned if "__all__" in ast.unparse(node)]
    return values == [str(list(module.__all__))]


def exported(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for name in module.__all__:
        yield name, getattr(module, name)


@pytest.mark.parametrize("name", public_modules())
def test_all_is_sorted_and_resolves(name: str) -> None:
    """Every name of ``__all__`` exists, once; where it is written out, in order."""
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    if written_out(module):
        assert sorted(module.__all__, key=wanted_order) == list(module.__all__)
    assert dict(exported(module)).keys() == set(module.__all__)


@pytest.mark.parametrize("name", public_modules())
def test_what_a_module_defines_in_public_it_exports(name: str) -> None:
    """A class or function without an underscore that was made here stands in ``__all__``."""
    module = importlib.import_module(name)
    for attribute, value in vars(module).items():
        made_here = getattr(value, "__module__", None) == name and isinstance(
            value, (type, types.FunctionType)
        )
        if made_here and not attribute.startswith("_"):
            assert attribute in module.__all__, f"{name}.{attribute} is public and not exported"


def test_the_door_resolves_every_name_and_refuses_others() -> None:
    """Names load late, and a wrong one is an ordinary AttributeError."""
    for name in gravitex_async.__all__:
        assert getattr(gravitex_async, name) is not None
    assert set(gravitex_async.__all__) <= set(dir(gravitex_async))
    with pytest.raises(AttributeError, match="no attribute 'AsyncGravitax'"):
        _ = gravitex_async.AsyncGravitax


def test_the_door_is_small() -> None:
    """Under forty names at the top; the structs live under their dialects."""
    assert len(gravitex_async.__all__) < 40


def test_the_door_loads_each_name_from_the_home_it_declares() -> None:
    """The lazy table and the declared types cannot drift apart: each home defines what it gives."""
    for module, names in gravitex_async._HOMES.items():
        home = importlib.import_module(f"gravitex_async.{module}")
        for name in names:
            assert name in home.__all__
            assert getattr(gravitex_async, name) is getattr(home, name)
    flat = [name for names in gravitex_async._HOMES.values() for name in names]
    assert sorted([*flat, "__version__"]) == sorted(gravitex_async.__all__)


def test_the_gateway_takes_no_name_from_the_client() -> None:
    """What a test imports of ``testing`` stands beside what it imports of the rest, under names of their own.

    ``transport`` is left out: what it exports is for the dialects, and nobody imports it beside a gateway.
    """
    gateway = set(gravitex_async.testing.__all__)
    for name in public_modules():
        if name not in ("gravitex_async.testing", "gravitex_async.transport"):
            assert not gateway & set(importlib.import_module(name).__all__), name


def members(cls: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        if isinstance(value, property):
            value = value.fget
        if isinstance(value, types.FunctionType):
            yield name, value


def public_callables() -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for module_name in public_modules():
        for name, value in exported(importlib.import_module(module_name)):
            if id(value) in seen or not str(getattr(value, "__module__", "")).startswith("gravitex_async"):
                continue
            seen.add(id(value))
            if isinstance(value, types.FunctionType):
                yield f"{module_name}.{name}", value
            elif isinstance(value, type):
                for member, function in members(value):
                    yield f"{module_name}.{name}.{member}", function


@pytest.mark.parametrize("name", public_modules())
def test_everything_public_is_documented(name: str) -> None:
    """Modules, classes and functions say what they promise; accumulators' plain accessors may inherit."""
    module = importlib.import_module(name)
    assert module.__doc__
    assert module.__doc__.strip()
    for attribute, value in exported(module):
        if isinstance(value, (type, types.FunctionType)) and value.__module__.startswith("gravitex_async"):
            own = value.__doc__ or ""
            assert own.strip(), f"{name}.{attribute} has no docstring"
            assert not own.startswith(f"{attribute}("), f"{name}.{attribute} has only a generated docstring"


# Values of no fixed shape: JSON trees, a caller's own types, and what ``raise`` and ``with`` hand over.
FREE = {
    "gravitex_async.errors",  # details are the fields of the class
    "gravitex_async.schema",  # a schema is a JSON tree
}


def test_public_signatures_are_typed() -> None:
    """Every parameter and every result has an annotation, and none of them is a bare Any."""
    gaps = []
    for name, function in public_callables():
        if any(name.startswith(module) for module in FREE):
            continue
        signature = inspect.signature(inspect.unwrap(function), follow_wrapped=False)
        for parameter in signature.parameters.values():
            untyped = parameter.annotation is inspect.Parameter.empty
            if untyped and parameter.name not in ("self", "cls"):
                gaps.append(f"{name}({parameter.name})")
        if signature.return_annotation is inspect.Signature.empty:
            gaps.append(f"{name} -> ?")
        elif signature.return_annotation in ("Any", Any) and not name.endswith((".parsed", ".json")):
            gaps.append(f"{name} -> Any")
    assert gaps == []
