"""``python -m tests.load [--times N] [--busy N] [arguments of pytest]``

The whole suite three times on a machine that has other things to do: two endless loops run beside it. A test
that rests on how quick something was fails here first. The status is 1 where any run failed; the last lines
say which.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent

# It ends with the process that started it, however that ends.
LOOP = "import os; parent = os.getppid()\nwhile os.getppid() == parent:\n for _ in range(10**6): pass"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser("python -m tests.load", usage=__doc__)
    parser.add_argument("--times", type=int, default=3, help="runs of the suite (3)")
    parser.add_argument("--busy", type=int, default=2, help="loops beside it (2)")
    options, others = parser.parse_known_args(arguments)
    with busy(options.busy):
        runs = [run(others) for _ in range(options.times)]
    for position, (status, seconds) in enumerate(runs, 1):
        print(f"run {position}: {'failed' if status else 'passed'}, {seconds:.0f} s")
    return int(any(status for status, _ in runs))


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """*count* endless loops, each in a process of its own."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


def run(arguments: Sequence[str]) -> tuple[int, float]:
    """pytest's exit status, and how long it took."""
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return status, time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
