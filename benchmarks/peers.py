"""Other libraries, in an environment of their own: never a dependency of the project.

``GRAVITEX_BENCH_PEERS`` names the folder (default ``benchmarks/.peers``, which git ignores). A virtual
environment with the pinned packages is made in it when there is none, and openai-node is installed beside
it when there is npm. ``python -m benchmarks.peers`` does just that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.harness import Contestant

__all__ = ["PACKAGES", "node_peer", "python_peers"]

PACKAGES = ("openai==3.54.0", "google-genai==3.4.0", "aiohttp>=3.14", "orjson", "msgspec")
NODE_PACKAGES = ("openai@7.57.0",)

_HERE = Path(__file__).resolve().parent
_NAMES = {
    "chat": ("openai-python", "openai-python-aiohttp", "openai-python-stream"),
    "responses": ("openai-python", "openai-python-aiohttp", "openai-python-stream"),
    "gemini": ("google-genai",),
    "plain": ("openai-python-plain",),
}


def folder() -> Path:
    """Where the peers live."""
    return Path(os.environ.get("GRAVITEX_BENCH_PEERS") or _HERE / ".peers")


def python_peers(dialect: str) -> list[Contestant]:
    """The Python libraries that speak *dialect*; none, with a printed reason, when there are none."""
    python = _python()
    return [] if python is None else [Contestant.ours(name, str(python)) for name in _NAMES[dialect]]


def node_peer() -> list[Contestant]:
    """openai-node, when there is a node."""
    script = _node()
    return [] if script is None else [Contestant("openai-node", ("node", "--expose-gc", str(script)))]


def _python() -> Path | None:
    python = folder() / "bin" / "python"
    if _has(python):
        return python
    print(f"setting up {folder()} with {', '.join(PACKAGES)}")
    if not python.exists():
        venv.create(folder(), with_pip=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=False)
    if done.returncode:
        _tell("the Python peers: pip failed")
        return None
    return python


def _has(python: Path) -> bool:
    probe = "import importlib.metadata as m; print(m.version('openai'), m.version('google-genai'))"
    if not python.exists():
        return False
    found = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    return found.stdout.split() == [package.partition("==")[2] for package in PACKAGES[:2]]


def _node() -> Path | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        _tell("openai-node: there is no node or no npm")
        return None
    home = folder() / "node"
    home.mkdir(parents=True, exist_ok=True)
    script = home / "peer_node.mjs"
    script.write_text((_HERE / "peer_node.mjs").read_text())
    if not (home / "node_modules" / "openai").exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home)]
        if subprocess.run([*install, *NODE_PACKAGES], check=False).returncode:
            _tell("openai-node: npm failed")
            return None
    return script


def _tell(reason: str) -> None:
    print(f"left out: {reason}", file=sys.stderr)


if __name__ == "__main__":
    print(f"Python peers: {_python()}\nnode peer: {_node()}")
