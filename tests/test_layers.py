"""The tree is the architecture: imports point down, and this proves it."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "gravitex_async"
NAME = PACKAGE.name

# Lowest first. A module may import from its own line and from the lines before it; a dialect only from the
# lines before it. Every file of the package stands in one line, under its first name below the package.
LAYERS: list[set[str]] = [
    {"errors", "config", "usage", "deltas", "timings", "ratelimit", "_checks", "_lines", "_json", "_version",
     "_counts", "_arguments", "_results", "_files", "_typing", "_late",
     "_headers", "_jsonable", "answers", "images", "thinking"},
    {"sse", "decoding", "schema"},
    {"_frames", "transport"},
    {"stream", "_resource"},
    {"chat", "responses", "gemini", "embeddings", "endpoints", "models"},
    {"client"},
    {"tools", "batch", "relay", "bench", "testing", "inputs"},
    {"cli", "contrib", "otel"},
    {"__init__", "__main__"},
]  # fmt: skip
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
DIALECTS = {"chat", "responses", "gemini"}
HTTP = {"aiohttp", "yarl", "multidict"}
OPTIONAL = {"typer", "rich", "opentelemetry", "ray", "uvloop", "pydantic", "pytest", "pytest_asyncio"}

# Works without a network and without an event loop.
SANS_IO = LAYERS[0] | LAYERS[1]


class Import(NamedTuple):
    """One import statement's target; ``typing_only`` under ``if TYPE_CHECKING``."""

    target: str
    line: int
    typing_only: bool


def modules() -> list[str]:
    """The dotted name of every module, as found on disk."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [".".join((NAME, *path.relative_to(PACKAGE).with_suffix("").parts)) for path in paths]


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")


def top(module: str) -> str:
    """The name that stands in ``LAYERS``; the door for the package itself."""
    return (module.removeprefix(f"{NAME}.").partition(".")[0] or "__init__") if module != NAME else "__init__"


def imports_of(module: str) -> Iterator[Import]:
    """All imports, inside functions and under TYPE_CHECKING too."""
    yield from _walk(ast.parse(path_of(module).read_text("utf-8")), module, False)


def _walk(node: ast.AST, module: str, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only)
        elif isinstance(child, ast.ImportFrom):
            for target in _targets(child, module):
                yield Import(target, child.lineno, typing_only)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for part in child.body:
                yield from _walk(ast.Module([part], []), module, True)
            for part in child.orelse:
                yield from _walk(ast.Module([part], []), module, typing_only)
        else:
            yield from _walk(child, module, typing_only)


def _targets(node: ast.ImportFrom, module: str) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        package = module.split(".")[: -node.level]
        base = ".".join([*package, *([node.module] if node.module else [])])
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        yield inner if base.startswith(NAME) and _exists(inner) else base


def _exists(module: str) -> bool:
    path = path_of(module)
    return path.exists() or (path.with_suffix("") / "__init__.py").exists()


def own_imports(module: str) -> Iterator[Import]:
    return (found for found in imports_of(module) if found.target.split(".")[0] == NAME)


@pytest.mark.parametrize("module", modules())
def test_every_module_has_its_layer(module: str) -> None:
    """A new file fails here until somebody says where it stands."""
    assert top(module) in LAYER_OF, f"{module}: put {top(module)!r} into LAYERS"


@pytest.mark.parametrize("module", modules())
def test_imports_point_down(module: str) -> None:
    """No module knows of a layer above it, and dialects do not know each other."""
    here = top(module)
    for found in own_imports(module):
        there = top(found.target)
        if there == here:
            continue
        where = f"{module}:{found.line} imports {found.target}"
        if there == "__init__":
            # The door holds nothing but its docstring and __version__; only what stands on it may use it.
            assert here in {*LAYERS[-3], *LAYERS[-2], *LAYERS[-1]}, where
            continue
        assert LAYER_OF[there] <= LAYER_OF[here], where
        assert not {here, there} <= DIALECTS, f"{where}: dialects are blind to each other"


@pytest.mark.parametrize("module", modules())
def test_a_package_is_entered_by_its_door(module: str) -> None:
    """What another package keeps in a private module is none of anybody's business."""
    for found in own_imports(module):
        package, _, inner = found.target.removeprefix(f"{NAME}.").partition(".")
        if package == top(module):
            continue
        assert not inner.startswith("_"), f"{module}:{found.line} reaches into {found.target}"


SAME_FILES = {
    "_accumulate.py", "_api.py", "_decode.py", "_deltas.py", "_history.py", "_inputs.py", "_options.py",
    "_params.py", "_request.py", "_structs.py",
}  # fmt: skip


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_dialects_have_the_same_files(dialect: str) -> None:
    """Who knows one dialect finds everything in the next; what only one of them needs stands beside."""
    assert {path.name for path in (PACKAGE / dialect).glob("*.py")} >= SAME_FILES


@pytest.mark.parametrize("module", modules())
def test_only_the_transport_and_the_gateway_know_the_http_library(module: str) -> None:
    """Everywhere else its names may stand in annotations alone."""
    if top(module) in ("transport", "testing"):
        return
    found = [f for f in imports_of(module) if f.target.split(".")[0] in HTTP and not f.typing_only]
    assert not found, f"{module}:{found[0].line} imports {found[0].target}"


def test_the_http_library_is_loaded_by_one_file_of_the_client() -> None:
    """Within transport/ one module imports it when loaded, with its private part: one place decides when."""
    loaders = {
        module
        for module in modules()
        if top(module) == "transport"
        and any(f.target.split(".")[0] in HTTP and not f.typing_only for f in imports_of(module))
    }
    session, *parts = (f"{NAME}.transport._{name}" for name in ("session", "connector", "selfcheck", "tap"))
    assert loaders == {session, *parts}
    knowing = {m for m in modules() if {f.target for f in own_imports(m)} & loaders}
    assert knowing - loaders == {f"{NAME}.transport._pool"}, "the pool for its types"


def _private_names() -> set[str]:
    """The private attributes of aiohttp's objects."""
    import aiohttp

    sources = [path.read_text("utf-8") for path in Path(aiohttp.__file__).parent.glob("*.py")]
    return {name for source in sources for name in re.findall(r"\b(?:self|cls)\.(_[a-z]\w*)", source)}


def _touched(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Attributes of other objects; of the object itself where a class of somebody else's is its base."""
    inherited: set[ast.AST] = set()
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        if any(ast.unparse(base).startswith("aiohttp.") for base in cls.bases):
            attributes = {node for node in ast.walk(cls) if isinstance(node, ast.Attribute)}
            own = {node.attr for node in attributes if isinstance(node.ctx, ast.Store)}
            inherited |= {node for node in attributes if node.attr not in own}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node in inherited or ast.unparse(node.value) not in ("self", "cls"):
                yield node.attr, node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr", "hasattr"):
            yield ast.unparse(node.args[1]).strip("'"), node.lineno


def test_what_is_private_of_the_http_library_is_touched_in_one_file() -> None:
    """Where it can be proved, and done without."""
    private, found = _private_names(), {}
    for module in modules():
        knows = any(f.target.split(".")[0] == "aiohttp" for f in imports_of(module))
        if knows or top(module) == "transport":
            touched = _touched(ast.parse(path_of(module).read_text("utf-8")))
            found[module] = [f"{module}:{line} {name}" for name, line in touched if name in private]
    tap = f"{NAME}.transport._tap"
    assert found.pop(tap), "this test sees nothing"
    assert [place for places in found.values() for place in places] == []


@pytest.mark.parametrize("module", [module for module in modules() if top(module) in SANS_IO])
def test_the_lower_layers_do_without_asyncio(module: str) -> None:
    """Bytes to structs needs neither a network nor an event loop."""
    for found in imports_of(module):
        assert found.target.split(".")[0] not in {"asyncio", "socket", "selectors"}, found


def test_there_is_no_import_cycle() -> None:
    """Not even one that is hidden in a function, or that only types need."""
    graph = {module: {f.target for f in own_imports(module) if f.target != NAME} for module in modules()}
    package_of = {m.removesuffix(".__init__"): m for m in graph if m.endswith(".__init__")}
    edges = {m: {package_of.get(t, t) for t in targets} - {m} for m, targets in graph.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for target in sorted(edges.get(module, ())):
                visit(target, (*trail, module))
            done.add(module)

    for module in sorted(edges):
        visit(module, ())


ALONE = """
import importlib, json, sys
name, optional = sys.argv[1], set(json.loads(sys.argv[3]))
failed = {}
for module in json.loads(sys.argv[2]):
    for loaded in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
        del sys.modules[loaded]
    try:
        importlib.import_module(module)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in optional:
            failed[module] = repr(error)
    except Exception as error:
        failed[module] = repr(error)
print(json.dumps(failed))
"""


def test_each_module_can_be_imported_alone() -> None:
    """No module counts on another having been imported before it."""
    names = [m.removesuffix(".__init__") for m in modules() if not m.endswith("__main__")]
    command = [sys.executable, "-W", "error", "-c", ALONE, NAME, json.dumps(names), json.dumps([*OPTIONAL])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


def test_the_door_is_the_map() -> None:
    """The package's docstring names the files of the pipeline, and they exist."""
    door = importlib.import_module(NAME)
    assert door.__doc__ is not None
    for name in ("decoding", "schema", "stream", "client.py", "sse.py", "transport"):
        assert name in door.__doc__
        assert (PACKAGE / name).exists()
