"""From the arguments of a chat call to the body of its request.

The body holds what was asked, in the order it was asked, and three things the documents want: ``stream``,
the request for usage in streams, and qwen's extended parameters inside ``parameters``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from .._arguments import (
    BodyParams,
    check_range,
    check_tools,
    checked_model,
    given_only,
    known_only,
    merged,
)
from .._checks import kind_of
from .._json import to_builtins
from ..answers import turns
from ..errors import MisuseError
from ._params import ChatParams

__all__ = ["CALL_OPTIONS", "asks_by_itself", "chat_body"]

CALL_OPTIONS = frozenset(BodyParams.__annotations__)
"""Arguments that are about the call and not for the body."""

# Keys that qwen models read inside ``parameters`` only.
_QWEN_ONLY = frozenset({"incremental_output", "enable_search", "search_options", "asr_options"})
_QWEN = _QWEN_ONLY | {"temperature", "top_p", "top_k"}

_WARN_LEVEL = 6  # of the caller of create or stream


def chat_body(
    call: str, model: str, messages: Any, params: ChatParams, *, stream: bool, host: str
) -> dict[str, Any]:
    """The request body.

    Raises:
        TypeError: A keyword nobody knows.
        MisuseError: No model, no messages, a number outside its documented range, or ``parameters`` that are
            no object beside keywords that belong in it.
    """
    known_only(call, params, ChatParams.__annotations__, more=["stream"] if call == "create" else [])
    params = given_only(params)
    _check(model, messages, params)
    body: dict[str, Any] = {"model": model, "messages": turns(messages, "chat")}
    for name, value in params.items():
        if name not in CALL_OPTIONS:
            _put(body, name, value, host)
    if stream:
        body["stream"] = True
        _ask_for_usage(body)
    _warn(params, stream)
    keywords = _qwen_keywords(body, model)
    return _with_parameters(merged(body, params.get("extra_body")), keywords)


def _check(model: str, messages: Any, params: ChatParams) -> None:
    checked_model(model)
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Sequence) or not messages:
        raise MisuseError(
            f"expected messages as a non-empty list like [{{'role': 'user', 'content': '...'}}], "
            f"got {kind_of(messages)}"
        )
    check_tools(params.get("tools"), "client.chat.completions")
    check_range("temperature", params.get("temperature"), 0, 2)
    check_range("top_p", params.get("top_p"), 0, 1)
    google = params.get("google") or {}
    thinking = google.get("thinking_config") if isinstance(google, Mapping) else None
    if isinstance(thinking, Mapping):
        check_range("thinking_budget", thinking.get("thinking_budget"), -1)


def _put(body: dict[str, Any], name: str, value: Any, host: str) -> None:
    if name == "thinking_to_content":
        body[f"{'nebula' if 'nebula' in host else 'gravitex'}_thinking_to_content"] = value
    elif name == "google":
        body["extra_body"] = {"google": value}
    elif name == "generation_config":
        body["generationConfig"] = _camel(value)
    elif name == "response_format":
        from ..schema import is_output_type, output_type  # imported late: most calls ask for no type

        body[name] = output_type(value).response_format if is_output_type(value) else value
    else:
        body[name] = value


def _camel(value: Any) -> Any:
    """snake_case keys in camelCase; a schema's keys are the caller's own and stay."""
    if not isinstance(value, Mapping):
        return value
    return {_camel_key(key): item if "schema" in key.lower() else _camel(item) for key, item in value.items()}


def _camel_key(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _ask_for_usage(body: dict[str, Any]) -> None:
    options = body.get("stream_options")
    if options is None:
        body["stream_options"] = {"include_usage": True}
    elif not options:
        del body["stream_options"]
    elif isinstance(options, Mapping):
        body["stream_options"] = {"include_usage": True, **options}


def asks_by_itself(params: ChatParams) -> bool:
    """Whether a stream asks for usage though its caller did not."""
    extra = params.get("extra_body")
    given = params.get("stream_options")
    over = extra.get("stream_options", given) if isinstance(extra, Mapping) else given
    if over is None or over is not given:
        return over is None
    return isinstance(over, Mapping) and bool(over) and "include_usage" not in over


def _qwen_keywords(body: dict[str, Any], model: str) -> dict[str, Any]:
    """The keywords that go inside ``parameters``, taken out of the body."""
    names = _QWEN if model.rpartition("/")[2].lower().startswith("qwen") else _QWEN_ONLY
    return {name: body.pop(name) for name in [*body] if name in names}


def _with_parameters(body: dict[str, Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The body with *keywords* among its ``parameters``; keys that the caller put there win."""
    own = body.get("parameters")
    if not keywords:
        return body
    if own is not None and not isinstance(own, Mapping):
        own = to_builtins(own)
    if own is not None and not isinstance(own, Mapping):
        raise MisuseError(
            f"expected parameters as an object that {', '.join(keywords)} can join, got {type(own).__name__}"
        )
    body["parameters"] = {**keywords, **(own or {})}
    return body


def _warn(params: ChatParams, stream: bool) -> None:
    """Says where the gateway would silently do something else than asked."""
    google = params.get("google") or {}
    if not stream and params.get("enable_thinking"):
        _say("enable_thinking needs stream=True: without it the gateway switches thinking off")
    if not stream and isinstance(google, Mapping) and google.get("thinking_config"):
        _say("google.thinking_config needs stream=True: without it no thoughts are returned")
    if not stream and params.get("thinking_to_content"):
        _say("thinking_to_content works in streams only: a plain answer keeps reasoning_content")


def _say(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=_WARN_LEVEL)
