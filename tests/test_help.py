"""``help`` of every public call says what each of its parameters means, in words a reader can use."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, run_tools
from gravitex_async.chat import Completions
from gravitex_async.embeddings import Embeddings
from gravitex_async.gemini import Gemini
from gravitex_async.models import Models
from gravitex_async.responses import Responses

RESOURCES = (Completions, Responses, Gemini, Embeddings, Models)
CALLS: list[Callable[..., Any]] = [
    *(
        function
        for resource in RESOURCES
        for name, function in inspect.getmembers(resource, inspect.isfunction)
        if function.__qualname__.startswith(resource.__name__) and not name.startswith("_")
    ),
    run_tools,
    AsyncGravitex,
    AsyncGravitex.with_options,
    AsyncGravitex.post,
    AsyncGravitex.get,
    AsyncGravitex.stream_events,
]


def parameters_of(call: Callable[..., Any]) -> list[str]:
    """What a caller may write; a catch-all for mistakes is none of it."""
    found = inspect.signature(call).parameters.values()
    return [each.name for each in found if each.name not in ("self", "unknown")]


def meanings(call: Callable[..., Any]) -> dict[str, str]:
    """What the docstring says under ``Args``, by parameter."""
    _, _, rest = (inspect.getdoc(call) or "").partition("\n\nArgs:\n")
    lines = rest.partition("\n\n")[0]
    return {match[1]: match[2] for match in re.finditer(r"^    (\w+): (\S.*)$", lines, re.MULTILINE)}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_every_parameter_has_its_meaning(call: Callable[..., Any]) -> None:
    """One line each, and no line for a parameter that is gone."""
    names = parameters_of(call)
    assert names
    assert sorted(meanings(call)) == sorted(names)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_help_is_readable(call: Callable[..., Any]) -> None:
    """Types stand there as they are written; no machinery of the typing module."""
    shown = pydoc.plain(pydoc.render_doc(call))
    for word in ("ForwardRef", "Unpack", "typing.", "TypedDict(", "<class", "**params"):
        if word == "**params" and call is run_tools:
            continue  # whatever the dialect takes
        assert word not in shown, word


def test_the_signature_is_that_of_the_call() -> None:
    """Parameters, keyword only, in order, with their types as written and without quotes."""
    signature = inspect.signature(Completions.create)
    assert list(signature.parameters)[:4] == ["self", "model", "messages", "stream"]
    assert str(signature.parameters["temperature"]) == "temperature: float | None = None"
    assert str(signature.parameters["messages"]) == "messages: Messages"
    assert str(signature.return_annotation) == "Coroutine[Any, Any, ChatCompletion] | ChatStream"
    assert signature.parameters["timeout"].kind is inspect.Parameter.KEYWORD_ONLY


def test_what_a_call_raises_stands_behind_its_arguments() -> None:
    """The sections keep the order that docstrings have here."""
    text = inspect.getdoc(Completions.create) or ""
    assert text.index("\nArgs:\n") < text.index("    response_format: ") < text.index("\nRaises:\n")
    assert text.index("\nRaises:\n") < text.index("APIConnectionError")


def test_python_without_docstrings_still_works() -> None:
    """``python -OO`` keeps none, so there is nothing to add to."""
    code = "from gravitex_async.chat import Completions; print(Completions.create.__doc__)"
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
