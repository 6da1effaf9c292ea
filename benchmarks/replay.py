"""Starts the replay server on a core of its own; for TLS with a certificate made on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

__all__ = ["ROOT", "Replay", "cores"]

ROOT = Path(__file__).resolve().parent.parent


def cores() -> tuple[int | None, int | None]:
    """The core for the client and the one for the server; None where they cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


class Replay:
    """The server as a child process. ``with Replay() as server: server.url``."""

    def __init__(self, *, tls: bool = False) -> None:
        self._tls = tls
        self.ca: str | None = None
        """The certificate to trust, a file, when it serves TLS."""

    def __enter__(self) -> Replay:
        command = [sys.executable, "-m", "benchmarks.server"]
        if self._tls:
            self._folder = tempfile.TemporaryDirectory()
            self.ca = _certificate(self._folder.name)
            command += ["--tls", self._folder.name]
        core = cores()[1]
        if core is not None:
            command += ["--core", str(core)]
        self._child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout is not None
        port = int(self._child.stdout.readline())
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.communicate()
        if self._tls:
            self._folder.cleanup()


def _certificate(folder: str) -> str:
    cert = f"{folder}/cert.pem"
    key = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", f"{folder}/key.pem", "-out", cert]
    subprocess.run([*key.split(), *name, *files], check=True, capture_output=True)
    return cert
