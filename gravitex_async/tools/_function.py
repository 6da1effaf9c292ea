"""A Python function as a tool: its schema from its signature, its arguments from JSON.

Strategy
    The parameters become the fields of a generated struct, so whatever msgspec can describe and read can be a
    parameter: structs, enums, lists, unions, constraints; pydantic models too. Defaults are left to the
    function: a parameter that has one may be absent, and is then not passed.

    Descriptions come from ``Annotated[str, "..."]`` or ``Meta(description=...)``, else from the docstring.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import typing
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, cast

import msgspec

from .._checks import check_seconds
from .._json import to_builtins
from ..errors import MisuseError
from ..schema import Schema, gemini_schema, joined, plain_schema, reader
from ._docstrings import described

__all__ = ["Function", "Tool"]

Function = Callable[..., Any]
"""A function or an async function; what it gives must have a JSON form."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EMPTY: Final = inspect.Parameter.empty
_UNION: Any = typing.Union  # of types that are values here
_REFUSED: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Tool:
    """A function that a model may call.

    A plain function runs in a thread, so that it does not block the loop; a thread cannot be stopped, so it
    runs on after a timeout or a cancellation. An async function is cancelled.

    >>> def get_weather(city: str, days: int = 1) -> str:
    ...     "The weather of a city."
    ...     return f"sunny in {city}"
    >>> tool = Tool(get_weather, timeout=10)
    >>> tool.json_schema["required"], tool.description
    (['city'], 'The weather of a city.')
    >>> await tool.call(tool.read('{"city": "Oslo"}'))
    'sunny in Oslo'

    Args:
        function: Its parameters need annotations with a JSON form; ``*args`` and ``**kwargs`` are refused.
        name: Letters, digits, _ and -, at most 64; default: the function's name.
        description: Default: its docstring.
        timeout: Seconds a call may take; None leaves it to the run.

    Raises:
        MisuseError: A parameter cannot be described, or the name is not allowed.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", "") or type(function).__name__
        check_seconds("the timeout of a tool", timeout)
        self.timeout = timeout
        if not _NAME.fullmatch(self.name):
            raise MisuseError(f"expected a tool's name of letters, digits, _ and -, got {self.name!r}")
        documented, texts = described(getattr(function, "__doc__", None))
        self.description = documented if description is None else description
        self._parameters = _parameters(function, self.name)
        self._arguments = _struct(self.name, self._parameters, texts)
        self._reader = reader(self._arguments)
        self._root, self._definitions = _with_defaults(plain_schema(self._arguments), self._parameters)

    @property
    def json_schema(self) -> Schema:
        """The parameters as JSON Schema."""
        return joined(self._root, self._definitions)

    @property
    def gemini_schema(self) -> Schema | None:
        """The parameters in Gemini's subset of schemas; None where that cannot say them."""
        return gemini_schema(self._root, self._definitions)

    def read(self, arguments: str) -> object:
        """The arguments of a call, checked; for ``call``.

        Raises:
            ValueError: The text is no JSON, or does not fit the parameters.
        """
        try:
            return cast(object, self._reader.read(arguments if arguments.strip() else "{}"))
        except (ValueError, RecursionError) as error:
            problem = str(error)
        raise ValueError(f"bad arguments for {self.name}: {problem}")

    async def call(self, arguments: object) -> object:
        """Calls the function with what ``read`` gave."""
        positional = []
        named = {}
        for parameter in self._parameters:
            value = getattr(arguments, parameter.name)
            if value is msgspec.UNSET:
                continue
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                named[parameter.name] = value
        if _is_async(self.function):
            return await self.function(*positional, **named)
        result = await asyncio.to_thread(self.function, *positional, **named)
        return await result if isinstance(result, Awaitable) else result


def _is_async(function: Function) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # not whether it can be called, but how
    )


def _parameters(function: Function, name: str) -> list[inspect.Parameter]:
    """The parameters, their annotations resolved."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
        hints = _hints(function)
    except (TypeError, ValueError, NameError) as error:
        raise MisuseError(
            f"expected a function with readable annotations as tool {name!r}: {error}"
        ) from None
    for parameter in parameters:
        if parameter.kind in _REFUSED:
            raise MisuseError(f"expected tool {name!r} without *args and **kwargs, got {parameter}")
    return [parameter.replace(annotation=hints.get(parameter.name, Any)) for parameter in parameters]


def _hints(function: Any) -> dict[str, Any]:
    while hasattr(function, "func"):  # functools.partial
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    return typing.get_type_hints(function, include_extras=True)


def _struct(name: str, parameters: list[inspect.Parameter], texts: dict[str, str]) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for parameter in parameters:
        type_ = _field_type(parameter, texts.get(parameter.name, ""))
        absent = () if parameter.default is _EMPTY else (msgspec.UNSET,)
        fields.append((parameter.name, type_, *absent))
    try:
        return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)
    except (TypeError, ValueError) as error:
        raise MisuseError(f"expected tool {name!r} with parameters of a JSON form: {error}") from None


def _field_type(parameter: inspect.Parameter, text: str) -> Any:
    """The type of a parameter with its description, and with "absent" where it has a default."""
    metadata = getattr(parameter.annotation, "__metadata__", ())
    said = [entry if isinstance(entry, str) else getattr(entry, "description", None) for entry in metadata]
    type_ = parameter.annotation.__origin__ if metadata else parameter.annotation
    for entry in metadata:
        type_ = type_ if isinstance(entry, str) else Annotated[type_, entry]
    if parameter.default is not _EMPTY:
        type_ = _UNION[type_, msgspec.UnsetType]
    # Constraints belong to the type itself, the description to the whole.
    description = " ".join(filter(None, said)) or text
    return Annotated[type_, msgspec.Meta(description=description)] if description else type_


def _with_defaults(
    schema: tuple[Schema, Schema], parameters: list[inspect.Parameter]
) -> tuple[Schema, Schema]:
    """The schema with the defaults a model should know of, without the name and text that stand beside it."""
    root, definitions = schema
    properties = {name: dict(value) for name, value in root["properties"].items()}
    for parameter in parameters:
        if parameter.default is not _EMPTY and parameter.default is not None:
            try:
                properties[parameter.name]["default"] = to_builtins(parameter.default)
            except (TypeError, NotImplementedError):
                continue  # a default that has no JSON form is the function's own business
    kept = {key: value for key, value in root.items() if key not in ("title", "description")}
    return {**kept, "properties": properties}, definitions
