"""The arguments of a Responses call, named, typed and explained once for create, stream and parse.

Each is the field of the request body of the same name and goes out as it is given. None means "not given".
What the docstrings say of an argument is what ``help`` shows (see ``shows``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._arguments import BodyParams

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from .._typing import CacheRetention, JSONLike, ServiceTier
    from ._inputs import Input, Tools
    from ._options import (
        Conversation,
        Include,
        Prompt,
        Reasoning,
        StreamOptions,
        TextSettings,
        ToolChoice,
        Truncation,
    )

__all__ = ["ParseParams", "ResponsesParams"]


class ParseParams(BodyParams, total=False):
    """Everything ``client.responses.parse`` takes beside ``model``, ``input`` and the type.

    Args:
        instructions: System text; not carried over by ``previous_response_id``.
        max_output_tokens: The most tokens of the answer, reasoning included.
        temperature: Randomness, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        reasoning: How much the model thinks (``effort``) and what it tells of that (``summary``): o-series
            and some GPT-5 models only. ``Word("...")`` for new words.
        tools: Functions in the nested form of the documents or the flat one of OpenAI,
            ``web_search_preview``, ``file_search`` and others; each goes out as it is written (see
            ``flat_tool``, ``nested_tool``). ``run_tools`` takes Python functions.
        tool_choice: "auto", "none", "required", or the tool that has to be called.
        parallel_tool_calls: Whether several may be called at once.
        max_tool_calls: How many calls of built-in tools there may be.
        previous_response_id: The id of the response to go on from; ``input`` holds the new turn only. Where
            the gateway cannot find it (another channel, ``store=False``), send ``response.to_input()``
            instead.
        truncation: "auto" drops from the middle of a conversation that is too long, "disabled" refuses it.
        metadata: Notes kept with it: 16 at most, 64 characters a key, 512 a value.
        user: Who asks; for the provider's own records.
        include: What comes with the answer beside the usual.
        text: ``{"format": {"type": "json_schema", "name", "schema", "strict"}, "verbosity"}``: flat, unlike
            chat. A type in place of the format becomes one.
        stream_options: ``{"include_obfuscation": False}`` saves the padding of deltas.
        store: Whether the provider keeps the response.
        background: Answers later; needs ``retrieve``, which the gateway does not serve for every model.
        conversation: The conversation it belongs to, or its id.
        prompt: A prompt the provider keeps, and what to put into it.
        context_management: How the provider shortens long conversations.
        moderation: The provider's settings of its filter.
        prompt_cache_key: What requests that begin alike have in common.
        prompt_cache_options: The provider's settings of its cache.
        prompt_cache_retention: How long their beginning is kept.
        safety_identifier: Who asks, hashed; OpenAI's word for it.
        service_tier: How fast, at which price.
        top_logprobs: For how many tokens probabilities come, 0 to 20.
    """

    instructions: Input | None
    max_output_tokens: int | None
    temperature: float | None
    top_p: float | None
    reasoning: Reasoning | None
    tools: Tools | None
    tool_choice: ToolChoice | None
    parallel_tool_calls: bool | None
    max_tool_calls: int | None
    previous_response_id: str | None
    truncation: Truncation | None
    metadata: Mapping[str, str] | None
    user: str | None
    include: Sequence[Include] | None
    text: TextSettings | None
    stream_options: StreamOptions | None
    store: bool | None
    background: bool | None
    conversation: str | Conversation | None
    prompt: Prompt | None
    context_management: Sequence[JSONLike] | JSONLike | None
    moderation: JSONLike | None
    prompt_cache_key: str | None
    prompt_cache_options: JSONLike | None
    prompt_cache_retention: CacheRetention | None
    safety_identifier: str | None
    service_tier: ServiceTier | None
    top_logprobs: int | None


class ResponsesParams(ParseParams, total=False):
    """Everything ``client.responses.create`` takes beside ``model``, ``input`` and ``stream``.

    Args:
        text_format: A type (struct, dataclass, TypedDict, pydantic model, list, union), sent as
            ``text.format``.
    """

    text_format: TypeForm[Any] | None
