"""Every file of examples/ runs by itself, offline, without a warning.

They run in processes of their own, a few at a time, begun together when the first result is asked for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if not path.stem.startswith("_"))
AT_ONCE = 4
SECONDS = 60.0

Finished = subprocess.CompletedProcess[str]


def _run(path: Path) -> Finished:
    unset = ("GRAVITEX_API_KEY", "GRAVITEX_BASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment["PYTHONPATH"] = str(ROOT)  # from a checkout that is not installed, too
    command = [sys.executable, "-W", "error", str(path)]
    return subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Mapping[Path, Future[Finished]]]:
    """The runs of those examples that were selected, under way."""
    selected = [item.callspec.params["path"] for item in request.session.items if "runs" in item.fixturenames]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {path: pool.submit(_run, path) for path in selected}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path: Path, runs: Mapping[Path, Future[Finished]]):
    """It ends with status 0, says something, and warns of nothing."""
    done = runs[path].result()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_says_what_it_shows(path: Path):
    """The first line of each file is its idea, and the README lists the file."""
    assert path.read_text(encoding="utf-8").startswith('"""')
    assert f"examples/{path.name}" in (ROOT / "README.md").read_text(encoding="utf-8")
