"""From the arguments of a Responses call to its request.

The body holds what was asked, in the order it was asked, and ``stream`` when a stream was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .._arguments import (
    BodyParams,
    check_range,
    check_tools,
    checked_model,
    given_only,
    is_given,
    known_only,
    merged,
)
from .._checks import kind_of
from .._files import check_files
from ..errors import MisuseError
from ._history import wire_input
from ._params import ResponsesParams

if TYPE_CHECKING:
    from ._inputs import Input

__all__ = ["response_path", "responses_body", "retrieve_query"]

_CALL_OPTIONS = frozenset(BodyParams.__annotations__) | {"text_format"}


def responses_body(
    call: str, model: str, input: Input, params: ResponsesParams, *, stream: bool
) -> dict[str, Any]:
    """The request body.

    Raises:
        TypeError: A keyword nobody knows.
        MisuseError: No model, no input, a number outside its documented range, a type without a JSON form, or
            files of more than 50 MiB together.
    """
    known_only(call, params, ResponsesParams.__annotations__, more=["stream"] if call == "create" else [])
    params = given_only(params)
    sent = wire_input(input)
    _check(model, sent, params)
    body: dict[str, Any] = {"model": model, "input": sent}
    for name, value in params.items():
        if name not in _CALL_OPTIONS:
            body[name] = value
    _put_format(body, params.get("text_format"))
    if stream:
        body["stream"] = True
    return merged(body, params.get("extra_body"))


def _put_format(body: dict[str, Any], type_: Any) -> None:
    """Puts the format of a type where the wire has it: ``text.format``, flat."""
    text = body.get("text") or {}
    given = text.get("format") if isinstance(text, Mapping) else None
    wanted: Any = given if type_ is None else type_
    if wanted is None:
        return
    from ..schema import is_output_type, output_type  # imported late: most calls ask for no type

    if is_output_type(wanted):
        body["text"] = {**text, "format": output_type(wanted).text_format}
    elif type_ is not None:
        raise MisuseError(
            f"expected text_format as a type, got {type_!r}; formats go in text={{'format': ...}}"
        )


def _check(model: Any, input: Any, params: ResponsesParams) -> None:
    checked_model(model)
    if isinstance(input, bytes) or not isinstance(input, (str, Sequence)) or not input:
        raise MisuseError(
            f"expected input as text or as a list like [{{'role': 'user', 'content': '...'}}], not empty, "
            f"got {kind_of(input)}"
        )
    check_tools(params.get("tools"), "client.responses")
    check_range("temperature", params.get("temperature"), 0, 2)
    check_range("top_p", params.get("top_p"), 0, 1)
    check_files(input)


def response_path(response_id: str) -> str:
    """The path of one response.

    Raises:
        MisuseError: It is no id.
    """
    if not isinstance(response_id, str) or not response_id.strip(". "):
        raise MisuseError(f"expected the id of a response, got {response_id!r}")
    return f"/v1/responses/{quote(response_id, safe='')}"


def retrieve_query(*, stream: bool, starting_after: int | None) -> dict[str, str]:
    """The query that retrieves a response.

    Raises:
        MisuseError: ``starting_after`` without ``stream``, or no number of an event.
    """
    if not is_given(starting_after):
        return {"stream": "true"} if stream else {}
    if not stream:
        raise MisuseError("starting_after is the number of an event: it needs stream=True")
    if isinstance(starting_after, bool) or not isinstance(starting_after, int) or starting_after < 0:
        raise MisuseError(f"expected starting_after as the number of an event, got {starting_after!r}")
    return {"stream": "true", "starting_after": str(starting_after)}
