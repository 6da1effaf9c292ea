"""Names of a package that load when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["late"]


def late(package: str, *modules: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a *package* that offers all public names of some of its modules."""

    def find(name: str) -> Any:
        if not name.startswith("_"):
            for module in modules:
                home = import_module(f"{package}.{module}")
                if name in home.__all__:
                    return getattr(home, name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
