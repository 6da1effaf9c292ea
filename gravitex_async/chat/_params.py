"""The arguments of a chat call, named, typed and explained once for create, stream and parse.

Each is a field of the request body of the same name, but for three: ``thinking_to_content``, ``google`` and
``generation_config`` (see their lines). None means "not given". What the docstrings say of an argument is
what ``help`` shows (see ``shows``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._arguments import BodyParams

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from .._typing import CacheRetention, Effort, JSONLike, ServiceTier, Verbosity
    from ._inputs import Tools
    from ._options import (
        AudioOutput,
        Google,
        Modality,
        Parameters,
        Prediction,
        Reasoning,
        ResponseFormat,
        SearchParameters,
        StreamOptions,
        Thinking,
        ToolChoice,
        WebSearchOptions,
    )

__all__ = ["ChatParams", "ParseParams"]


class ParseParams(BodyParams, total=False):
    """Everything ``client.chat.completions.parse`` takes beside ``model``, ``messages`` and the type.

    Args:
        temperature: Randomness, 0 to 2. For qwen models it is sent inside ``parameters``, as the documents
            want.
        top_p: Nucleus sampling, 0 to 1. For qwen models inside ``parameters``.
        max_tokens: The most tokens of the answer; of Gemini, thinking included.
        max_completion_tokens: The same, as reasoning models of OpenAI have it; thinking included.
        seed: For answers that can be repeated.
        n: How many answers; ``final()`` holds them all.
        stop: Text that ends the answer, or several.
        logprobs: Whether the tokens' probabilities come with them.
        top_logprobs: For how many other tokens they come, 0 to 20.
        frequency_penalty: Against tokens that came often, -2 to 2.
        presence_penalty: Against tokens that came at all, -2 to 2.
        logit_bias: By token id, -100 to 100.
        top_k: The number of tokens to draw from, where the model knows it.
        min_p: The least probability to draw from, where the model knows it.
        repetition_penalty: Against repetitions, where the model knows it.
        stream_options: ``include_usage`` is asked for in streams unless given here; ``{}`` sends none of
            them.
        tools: Definitions of what the model may call; ``run_tools`` takes Python functions.
        tool_choice: "auto", "none", "required", or the tool that has to be called.
        parallel_tool_calls: Whether several may be called at once.
        user: Who asks; for the provider's own records.
        safety_identifier: Who asks, hashed; OpenAI's word for it.
        service_tier: How fast, at which price.
        prompt_cache_key: What requests that begin alike have in common.
        prompt_cache_retention: How long their beginning is kept.
        prompt_cache_options: The provider's settings of its cache.
        store: Whether the provider keeps the answer.
        metadata: Notes kept with it: 16 at most, 64 characters a key, 512 a value.
        modalities: What the answer is made of.
        audio: The voice and format of sound.
        prediction: What the answer will mostly be.
        verbosity: How long-winded the answer is.
        reasoning_effort: How much the model thinks; ``Word("...")`` for a new word. Gemini: needs a
            ``-thinking`` model and no max_tokens (low 20 %, medium 50 %, high 80 %).
        reasoning: The same and more in OpenRouter's form.
        thinking: ``{"type": "enabled"}`` or ``"disabled"``: DeepSeek, Doubao, GLM, Kimi.
        enable_thinking: Qwen: whether it thinks; works in streams only.
        parameters: Qwen's extended parameters. What qwen models read nowhere else (``temperature``,
            ``top_p``, ``top_k``, and the next four) joins it; where both name a key, that in it wins.
        incremental_output: Qwen: each delta holds new text only.
        enable_search: Qwen: the model searches the web.
        search_options: Qwen: how it searches, such as ``region`` and ``recency_days``.
        asr_options: Qwen: how speech is recognised, such as ``language``.
        thinking_to_content: Inlines reasoning into content: ``gravitex_thinking_to_content``, ``nebula_...``
            on a Nebula host.
        google: Gemini: the literal body field ``extra_body.google`` (thinking_config, tools, image_config).
        generation_config: Gemini 3: sent as ``generationConfig``, keys in camelCase.
        web_search_options: OpenAI's search models: how much context, where the user is.
        search_parameters: Grok: ``{"mode": "off" | "auto" | "on", "return_citations": bool}``.
    """

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    max_completion_tokens: int | None
    seed: int | None
    n: int | None
    stop: str | Sequence[str] | None
    logprobs: bool | None
    top_logprobs: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    logit_bias: Mapping[str, float] | None
    top_k: float | None
    min_p: float | None
    repetition_penalty: float | None
    stream_options: StreamOptions | None
    tools: Tools | None
    tool_choice: ToolChoice | None
    parallel_tool_calls: bool | None
    user: str | None
    safety_identifier: str | None
    service_tier: ServiceTier | None
    prompt_cache_key: str | None
    prompt_cache_retention: CacheRetention | None
    prompt_cache_options: JSONLike | None
    store: bool | None
    metadata: Mapping[str, str] | None
    modalities: Sequence[Modality] | None
    audio: AudioOutput | None
    prediction: Prediction | None
    verbosity: Verbosity | None
    reasoning_effort: Effort | None
    reasoning: Reasoning | None
    thinking: Thinking | None
    enable_thinking: bool | None
    parameters: Parameters | None
    incremental_output: bool | None
    enable_search: bool | None
    search_options: Mapping[str, object] | None
    asr_options: Mapping[str, object] | None
    thinking_to_content: bool | None
    google: Google | None
    generation_config: JSONLike | None
    web_search_options: WebSearchOptions | None
    search_parameters: SearchParameters | None


class ChatParams(ParseParams, total=False):
    """Everything ``client.chat.completions.create`` takes beside ``model``, ``messages`` and ``stream``.

    Args:
        response_format: A type (struct, dataclass, TypedDict, pydantic model, list, union) or a format as the
            wire has it.
    """

    response_format: ResponseFormat | TypeForm[Any] | None
