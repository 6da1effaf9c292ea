"""The command ``gravitex``: try the SDK, talk to the gateway, run a local one.

    _app      the commands, their options and their help; imports nothing heavy
    _run      running a command to its exit code: 0 done, 1 failed, 2 misused, 130 interrupted
    _screen   text on a terminal and in a pipe; the summary of an answer
    _demo, _chat, _models, _serve    one command each, imported when it is run

What a program may read goes to stdout, what only a person wants to see goes to stderr.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> int:
    """Runs the command line of this process; exits with the status of the command."""
    missing = [name for name in ("typer", "rich") if find_spec(name) is None]
    if missing:
        install = "pip install 'gravitex-async[cli]'"
        print(f"gravitex needs {' and '.join(missing)}; this installs it: {install}", file=sys.stderr)
        return 2
    from ._app import app

    app(prog_name="gravitex")
    return 0
