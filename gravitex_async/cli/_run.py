"""Running a command to its exit code.

An error of this package is one readable message, not a traceback: 1 when the gateway or the network failed,
2 when the command was misused. Ctrl-C cancels what runs, which closes its connections at once, and is 130.
Anything else is a bug, and its traceback is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import typer

__all__ = ["CommandFailed", "exit_codes", "run"]

INTERRUPTED = 130  # 128 + SIGINT, as shells count


class CommandFailed(Exception):
    """A command cannot do its work; the message tells the user why and what to do."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def exit_codes() -> Iterator[None]:
    """Ends the process with the status and the message that an exception means."""
    # Not at the top: --help must be quick, and needs none of it.
    from ..errors import GravitexError, MisuseError

    _print_anything()
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except CommandFailed as error:
        _fail(str(error), error.status)
    except MisuseError as error:
        _fail(str(error), 2)
    except GravitexError as error:
        _fail(f"{type(error).__name__}: {str(error).removeprefix('Error: ')}", 1)


def run(command: Coroutine[Any, Any, None]) -> None:
    """Runs *command* on a loop of its own: uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        import asyncio

        asyncio.run(command)
    else:
        uvloop.run(command)


def _fail(message: str, status: int) -> None:
    print(f"gravitex: {message}", file=sys.stderr)
    raise typer.Exit(status)


def _print_anything() -> None:
    """A pipe may have a narrow encoding; an answer with an emoji must not kill the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
