"""What is imported when: the package is cheap, a client is cheap, and the loop is never blocked by either.

Each check runs in an interpreter of its own, because this one has loaded everything already.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"aiohttp", "yarl", "multidict", "ssl", "http", "email", "pydantic", "typer", "rich", "uvloop"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules in ``sys.modules`` once *code* has run."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_next_to_nothing() -> None:
    """Neither the HTTP library nor asyncio nor even msgspec: names are loaded when they are used."""
    found = loaded_by("import gravitex_async")
    assert not found & (HEAVY | {"asyncio", "msgspec", "orjson"})


def test_the_parser_needs_neither_asyncio_nor_the_http_library() -> None:
    """Whoever only wants to parse an event stream pays for nothing else."""
    found = loaded_by("from gravitex_async import SSEParser; SSEParser().feed(b'data: 1\\n\\n')")
    assert not found & (HEAVY | {"asyncio"})


DIALECTS = ("chat", "responses", "gemini")


@pytest.mark.parametrize("named", DIALECTS)
def test_a_dialect_is_loaded_when_it_is_named(named: str) -> None:
    """Nobody pays for the others, nor for schemas, embeddings and lists of models before their time."""
    code = f"""
import sys
from gravitex_async import AsyncGravitex
client = AsyncGravitex(api_key="k")
def loaded(name):
    return f"gravitex_async.{{name}}" in sys.modules
later = {{*{DIALECTS!r}, "schema", "embeddings", "models"}}
assert not any(map(loaded, later)), sorted(filter(loaded, later))
client.{named}
assert sorted(filter(loaded, later)) == [{named!r}], sorted(filter(loaded, later))
"""
    loaded_by(code)


def test_making_a_client_loads_no_http_library() -> None:
    """A client that is never used costs a class and some settings."""
    code = "from gravitex_async import AsyncGravitex as C; c = C(api_key='k'); c.chat.completions; repr(c)"
    assert not loaded_by(code) & {"aiohttp", "yarl", "multidict"}


def test_the_optional_parts_are_not_dragged_in() -> None:
    """A plain call loads no command line, no pydantic, no test server."""
    code = """
import asyncio, sys
from gravitex_async import APIConnectionError, AsyncGravitex
async def main():
    async with AsyncGravitex(api_key="k", base_url="http://127.0.0.1:9", max_retries=0) as client:
        try:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        except APIConnectionError:
            pass
asyncio.run(main())
assert not any(name.startswith(("gravitex_async.testing", "gravitex_async.cli.")) for name in sys.modules)
"""
    found = loaded_by(code)
    assert "aiohttp" in found
    assert not found & {"pydantic", "typer", "rich", "openai", "ray", "opentelemetry"}


def test_the_first_request_loads_the_http_library_off_the_loop() -> None:
    """The import takes longer than a loop may stand still, so it happens in a thread."""
    code = """
import asyncio, builtins, sys, threading
from gravitex_async import APIConnectionError, AsyncGravitex
threads, real = [], builtins.__import__
def watched(name, *args, **kwargs):
    if name == "aiohttp" and "aiohttp" not in sys.modules:
        threads.append(threading.current_thread())
    return real(name, *args, **kwargs)
builtins.__import__ = watched
async def main():
    async with AsyncGravitex(api_key="k", base_url="http://127.0.0.1:9", max_retries=0) as client:
        try:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        except APIConnectionError:
            pass
asyncio.run(main())
assert threads and all(thread is not threading.main_thread() for thread in threads), threads
"""
    loaded_by(code)


def test_the_openai_library_is_not_needed() -> None:
    """Gravitex's own samples use it; this package works where it is not installed."""
    code = "import sys; sys.modules['openai'] = None; import gravitex_async; gravitex_async.AsyncGravitex"
    loaded_by(code)
