"""Functions as tools: what a model is told of them, and what they are called with."""

from __future__ import annotations

import asyncio
import enum
import functools
import threading
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest

from gravitex_async import MisuseError
from gravitex_async.tools import Tool


class Unit(enum.Enum):
    C = "c"
    F = "f"


@dataclass
class Place:
    lat: float
    lon: float


class Person(pydantic.BaseModel):
    name: str


def forecast(
    city: Annotated[str, "Its name"],
    days: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3,
    unit: Unit = Unit.C,
    kind: Literal["short", "long"] = "short",
    near: Place | None = None,
    tags: list[str] | None = None,
) -> str:
    """The weather to come.

    It is often right.

    Args:
        city: Not this one, the annotation is nearer.
        days (int): How many days,
            today included.
        kind: How much to say: short or long.

    Returns:
        A text.
    """
    return f"{city} {days} {unit.value} {kind} {near} {tags}"


def test_the_schema_of_a_function() -> None:
    """Types, constraints, descriptions and defaults; what has a default need not be given."""
    tool = Tool(forecast)
    assert (tool.name, tool.description) == ("forecast", "The weather to come.\n\nIt is often right.")
    schema = tool.json_schema
    assert schema["required"] == ["city"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["city"] == {"description": "Its name", "type": "string"}
    assert schema["properties"]["days"] == {
        "description": "How many days, today included.",
        "type": "integer", "minimum": 1, "maximum": 10, "default": 3,
    }  # fmt: skip
    assert schema["properties"]["kind"] == {
        "description": "How much to say: short or long.",
        "type": "string", "enum": ["long", "short"], "default": "short",
    }  # fmt: skip
    assert schema["properties"]["unit"] == {"$ref": "#/$defs/Unit", "default": "c"}
    assert schema["$defs"]["Place"]["required"] == ["lat", "lon"]


def numpy(city: str, days: int = 1) -> None:
    """NumPy's style.

    Parameters
    ----------
    city : str
        Its name,
        in full.
    days : int, optional
        How many.

    Returns
    -------
    None
    """


def sphinx(city: str, days: int = 1) -> None:
    """Sphinx's style.

    :param city: Its name,
        in full.
    :param int days: How many.
    :returns: Nothing.
    """


@pytest.mark.parametrize("function", [numpy, sphinx])
def test_styles_of_docstrings(function: Any) -> None:
    """Descriptions of parameters are found in each of the usual styles."""
    tool = Tool(function)
    assert tool.description.endswith("style.")
    described = {name: value["description"] for name, value in tool.json_schema["properties"].items()}
    assert described == {"city": "Its name, in full.", "days": "How many."}


def test_a_function_without_a_docstring_or_parameters() -> None:
    """Nothing is made up."""

    def now() -> str:
        return "now"

    tool = Tool(now)
    assert tool.description == ""
    assert tool.json_schema["properties"] == {}


async def called(tool: Tool, arguments: str) -> Any:
    return await tool.call(tool.read(arguments))


async def test_arguments_become_values_of_the_parameters_types() -> None:
    """Enums, dataclasses; what is absent keeps the function's default."""
    text = '{"city":"Oslo","unit":"f","near":{"lat":1,"lon":2.5},"tags":["a"]}'
    assert await called(Tool(forecast), text) == "Oslo 3 f short Place(lat=1.0, lon=2.5) ['a']"
    assert await called(Tool(forecast), '{"city":"Oslo"}') == "Oslo 3 c short None None"
    assert await called(Tool(forecast), '{"city":"Oslo","days":"4"}') == "Oslo 4 c short None None"


async def test_pydantic_models_as_parameters() -> None:
    """Alone and inside other types."""

    async def greet(one: Person, others: list[Person]) -> str:
        return one.name + "".join(other.name for other in others)

    text = '{"one":{"name":"Ann"},"others":[{"name":"Bob"}]}'
    assert await called(Tool(greet), text) == "AnnBob"


async def test_no_arguments_come_in_three_forms() -> None:
    """An empty text means none."""
    tool = Tool(lambda: "now", name="now")
    for text in ("", " ", "{}"):
        assert await called(tool, text) == "now"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "truncated"),
        ("[]", "object"),
        ('{"days":3}', "city"),
        ('{"city":"a","days":99}', r"\$\.days"),
        ('{"city":"a","day":1}', "unknown field `day`"),
        ('{"city":"a","unit":"k"}', r"\$\.unit"),
    ],
)
def test_bad_arguments_are_named(text: str, problem: str) -> None:
    """The model is to read what is wrong, and where."""
    with pytest.raises(ValueError, match=f"(?s)bad arguments for forecast: .*{problem}"):
        Tool(forecast).read(text)


def test_the_time_of_a_tool_is_a_time() -> None:
    """Or None, which leaves it to the run."""
    with pytest.raises(MisuseError, match="the timeout of a tool as seconds above 0 or None, got '3'"):
        Tool(forecast, timeout="3")  # type: ignore[arg-type]
    assert Tool(forecast, timeout=3).timeout == 3


def test_arguments_nested_too_deeply_are_bad_arguments() -> None:
    """As any others: what a model says never raises anything else."""

    def keep(anything: Any) -> None:
        """Takes any value."""

    with pytest.raises(ValueError, match=r"bad arguments for keep: .*recursion"):
        Tool(keep).read('{"anything":' + "[" * 20_000 + "]" * 20_000 + "}")


async def test_plain_functions_run_in_a_thread() -> None:
    """They may block; async ones run in the loop; both may be objects, methods and partials."""
    here = threading.current_thread()

    def thread(x: int, /, y: int = 0) -> bool:
        return threading.current_thread() is here

    async def loop() -> bool:
        return threading.current_thread() is here

    class Callable:
        async def __call__(self, x: int) -> bool:
            return await loop()

        def method(self, x: int) -> bool:
            return thread(x)

    assert await called(Tool(thread), '{"x":1,"y":2}') is False
    assert await called(Tool(loop), "") is True
    assert await called(Tool(Callable()), '{"x":1}') is True
    assert await called(Tool(Callable().method), '{"x":1}') is False
    assert await called(Tool(functools.partial(thread, 1), name="part"), '{"y":1}') is False
    assert await called(Tool(lambda: asyncio.sleep(0, "later"), name="late"), "") == "later"


def anything(*args: int) -> None: ...
def keywords(**kwargs: int) -> None: ...
def opaque(x: threading.Thread) -> None: ...
def unknown(x: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821  # on purpose


@pytest.mark.parametrize("function", [anything, keywords, opaque, unknown, lambda: 1, 3])
def test_what_cannot_be_a_tool(function: Any) -> None:
    """It is said when the tool is made, before anything is sent."""
    with pytest.raises(MisuseError):
        Tool(function)


def test_name_description_and_timeout_may_be_given() -> None:
    """In place of what the function has."""
    tool = Tool(forecast, name="weather-2", description="", timeout=3)
    assert (tool.name, tool.description, tool.timeout) == ("weather-2", "", 3)


def test_gemini_s_subset_of_schemas() -> None:
    """Where it can say the parameters."""
    schema = Tool(numpy).gemini_schema
    assert schema is not None
    assert schema["propertyOrdering"] == ["city", "days"]
    assert schema["required"] == ["city"]
    assert Tool(lambda x: x, name="free").gemini_schema is None
