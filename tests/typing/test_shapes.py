"""The shapes of requests as dicts: complete, named by their dialect's door, at no cost to who names none."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import typing
from typing import Any

import pytest

import gravitex_async
from gravitex_async import Word
from gravitex_async.chat import ChatParams
from gravitex_async.gemini import ConfigDict, GeminiParams, GenerationConfigDict, PartDict
from gravitex_async.gemini._settings import Body, GenerationConfig
from gravitex_async.responses import ResponsesParams

DIALECTS = ("chat", "responses", "gemini")
MODULES = [f"gravitex_async.{dialect}._{name}" for dialect in DIALECTS for name in ("inputs", "options")]


@pytest.mark.parametrize("name", MODULES)
def test_the_door_has_every_shape(name: str) -> None:
    """Each is had from the dialect, is the one meant, and shadows no other name of it."""
    module, door = importlib.import_module(name), importlib.import_module(name.rpartition(".")[0])
    assert module.__all__
    for shape in module.__all__:
        assert getattr(door, shape) is getattr(module, shape)
        assert shape not in vars(door), f"{shape} is two things"


@pytest.mark.parametrize("name", MODULES)
def test_every_shape_says_what_it_is(name: str) -> None:
    """A TypedDict has a docstring, and annotations that can be read at run time."""
    module = importlib.import_module(name)
    kinds = [kind for kind in map(module.__dict__.get, module.__all__) if typing.is_typeddict(kind)]
    for kind in kinds:
        assert isinstance(kind, type)
        assert inspect.getdoc(kind)
        assert typing.get_type_hints(kind).keys() == kind.__annotations__.keys()


def test_a_request_loads_none_of_them() -> None:
    """They are for type checkers: a program that names none does not pay for fifty classes."""
    code = (
        "import sys, gravitex_async.chat, gravitex_async.responses, gravitex_async.gemini\n"
        "print([name for name in sys.modules if name.endswith(('._inputs', '._options', 'async._typing'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_name_that_is_nowhere_is_an_ordinary_error(dialect: str) -> None:
    """And does not look for it where it cannot be."""
    door = importlib.import_module(f"gravitex_async.{dialect}")
    with pytest.raises(AttributeError, match=f"'gravitex_async.{dialect}' has no attribute 'UserMesage'"):
        door.UserMesage  # noqa: B018
    assert not hasattr(door, "__wrapped__")


def test_a_word_is_a_text() -> None:
    """A new word of a provider goes out as it is written."""
    assert Word("ultra") == "ultra"
    assert type(Word("ultra")) is str
    assert gravitex_async.Word is Word


def test_settings_have_one_vocabulary() -> None:
    """As keywords, as a dict and as a struct, Gemini's settings have the same names."""
    assert GenerationConfigDict.__annotations__.keys() == set(GenerationConfig.__struct_fields__)
    keywords = GeminiParams.__annotations__.keys() - {"config", "generation_config"}
    assert ConfigDict.__annotations__.keys() == keywords & {
        *GenerationConfig.__struct_fields__, *Body.__struct_fields__,
    }  # fmt: skip
    assert {"inline_data", "inlineData", "thought_signature"} <= PartDict.__annotations__.keys()


@pytest.mark.parametrize("params", [ChatParams, ResponsesParams, GeminiParams])
def test_no_parameter_is_of_any_type(params: Any) -> None:
    """``Any`` stands where a value is anybody's: inside ``extra_body``, and for a type to answer with."""
    kinds = {name: getattr(kind, "__forward_arg__", kind) for name, kind in params.__annotations__.items()}
    loose = {name for name, kind in kinds.items() if "Any" in kind.replace("TypeForm[Any]", "")}
    assert loose == {"extra_body"}
