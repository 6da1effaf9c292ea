"""From the arguments of a Gemini call to the body of its request.

Names are spelled in camelCase wherever the protocol defines them; schemas, arguments, labels and responses of
functions are the caller's own and stay as they are. The body holds what was asked, in the order it was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._arguments import (
    BodyParams,
    check_tools,
    given_only,
    known_only,
    merged,
)
from ..errors import MisuseError
from ._contents import content_of, contents_of
from ._params import GeminiParams
from ._settings import Body, GenerationConfig
from ._wire import outgoing, plain, shape_of

if TYPE_CHECKING:
    from ._inputs import Contents

__all__ = ["generate_body"]

_GENERATION = frozenset(GenerationConfig.__struct_fields__)
_OPTIONS = frozenset(BodyParams.__annotations__)
_KNOWN = frozenset(GeminiParams.__annotations__)
# camelCase, as structs and pydantic models give it, to the names of the parameters.
_PARAMETER_OF: Mapping[str, str] = {
    name: field
    for struct in (Body, GenerationConfig)
    for field, name in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
}


def generate_body(call: str, contents: Contents, params: GeminiParams) -> dict[str, Any]:
    """The request body.

    Raises:
        TypeError: A keyword nobody knows, also one inside ``config``.
        MisuseError: No contents, or a thinking budget below -1.
    """
    known_only(call, params, _KNOWN)
    params = given_only(params)
    config = params.get("config")
    for source in (params, config):
        tools = source.get("tools") if isinstance(source, Mapping) else getattr(source, "tools", None)
        check_tools(tools, "client.gemini")
    given = {**_config(call, config), **params}
    body: dict[str, Any] = {"contents": contents_of(contents)}
    generation: dict[str, Any] = {}
    for name, value in given.items():
        if name in _GENERATION:
            generation[name] = value
        elif name == "generation_config":
            body[name] = value
        elif name not in _OPTIONS and name != "config":
            body[name] = _prepared(name, value)
    _merge_generation(body, generation)
    written: dict[str, Any] = {"contents": body.pop("contents"), **outgoing(body, shape_of(Body))}
    if "generationConfig" in written:
        _check_thinking(written["generationConfig"])
        written["generationConfig"] = _with_schema(written["generationConfig"])
    return merged(written, params.get("extra_body"))


def _config(call: str, config: Any) -> dict[str, Any]:
    """``config`` by the names of the parameters."""
    if config is None:
        return {}
    tree = plain(config)
    if not isinstance(tree, Mapping):
        raise MisuseError(f"expected config as a dict or a struct, got {type(config).__name__}")
    named = {_PARAMETER_OF.get(name, name): value for name, value in tree.items()}
    known_only(call, named, _KNOWN - _OPTIONS - {"config"})
    return given_only(named)


def _prepared(name: str, value: Any) -> Any:
    if name == "system_instruction":
        return content_of(value)
    if name == "tools" and not isinstance(value, (list, tuple)):
        return [value]
    return value


def _merge_generation(body: dict[str, Any], generation: dict[str, Any]) -> None:
    """Puts the single parameters over those of ``generation_config``."""
    base = body.get("generation_config")
    if base is None and not generation:
        return
    shape = shape_of(Body).inner["generationConfig"]
    settings = outgoing({} if base is None else base, shape)
    if not isinstance(settings, dict):
        raise MisuseError(f"expected generation_config as a dict or a struct, got {type(base).__name__}")
    body["generation_config"] = {**settings, **outgoing(generation, shape)}


def _with_schema(generation: dict[str, Any]) -> dict[str, Any]:
    """The settings with a type in place of a schema written as one."""
    for name in ("responseSchema", "responseJsonSchema"):
        type_: Any = generation.get(name)
        if type_ is None:
            continue
        from ..schema import is_output_type, output_type  # imported late: most calls ask for no type

        if not is_output_type(type_):
            continue
        wanted = output_type(type_)
        form = wanted.generation_config
        if name == "responseJsonSchema":
            form = {"responseMimeType": form["responseMimeType"], name: wanted.json_schema}
        rest = {key: value for key, value in generation.items() if key != name}
        return {**form, **rest}
    return generation


def _check_thinking(generation: dict[str, Any]) -> None:
    thinking = generation.get("thinkingConfig")
    budget = thinking.get("thinkingBudget") if isinstance(thinking, Mapping) else None
    if isinstance(budget, (int, float)) and budget < -1:
        raise MisuseError(
            f"expected thinking_budget of -1 (automatic), 0 (off) or a number of tokens, got {budget!r}"
        )
