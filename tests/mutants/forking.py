"""The process in which mutants are tried: it has everything loaded but the package, and forks for each.

A line of JSON comes in for each mutant, and one goes out: the status of pytest and the seconds it took. A
fork spares the second or two of loading aiohttp, pytest and hypothesis. The child leads a session of its
own, so that what it started dies with it, and may not take more memory than any test needs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

LOADED = (
    "aiohttp.web", "aioresponses", "anyio", "brotli", "hypothesis.strategies", "msgspec", "mypy.version",
    "orjson", "pydantic", "pytest", "rich.console", "starlette.applications", "typer.testing", "uvicorn",
    "uvloop",
)  # fmt: skip
FLAGS = (
    "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-o", "addopts=", "--hypothesis-seed=0",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # hypothesis and anyio are loaded already
)  # fmt: skip
MEMORY = 6 << 30
LATE = 124


def serve() -> None:
    """Tries what is asked on stdin until it ends."""
    sys.path.insert(0, str(Path.cwd()))
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_in_child(request["tests"], request["log"], request["seconds"])), flush=True)


def _in_child(tests: list[str], log: str, seconds: float) -> tuple[int, float]:
    """The status of *tests*, and how long they took; what they print goes to *log*."""
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            status = _test(tests, log)
        finally:
            os._exit(status)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        late = time.monotonic() - begun > seconds
        if done or late:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            if not done:
                os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status) if done else LATE, time.monotonic() - begun
        time.sleep(0.01)


def _test(tests: list[str], log: str) -> int:
    import pytest
    from hypothesis import Phase, settings

    # That a test fails is all there is to know: no time for a smaller example, and none of another mutant.
    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("mutants")
    with Path(log).open("w") as output, Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    return int(pytest.main([*FLAGS, *tests]))


if __name__ == "__main__":
    serve()
