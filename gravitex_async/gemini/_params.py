"""The arguments of the Gemini calls, named, typed and explained once. None means "not given".

What the docstrings say of an argument is what ``help`` shows (see ``shows``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._arguments import BodyParams

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from .._typing import JSONLike
    from ._inputs import SomeContent, Tools
    from ._options import (
        Config,
        GenerationSettings,
        ImageSettings,
        MediaResolution,
        ResponseModality,
        SafetySettings,
        TaskType,
        ThinkingSettings,
        ToolSettings,
    )

__all__ = ["EmbedParams", "GeminiParams"]


class GeminiParams(BodyParams, total=False):
    """Everything ``client.gemini.generate_content`` takes beside ``model`` and ``contents``.

    Args:
        config: All other parameters at once, as users of google-genai write them; keywords go over it.
        system_instruction: How the model is to behave: a text, a part, parts or a content.
        temperature: Randomness, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        top_k: The number of tokens to draw from.
        max_output_tokens: Thoughts count: a low limit may leave no room for text.
        stop_sequences: Texts that end the answer, 5 at most.
        candidate_count: How many answers.
        response_mime_type: ``text/plain``, ``application/json`` or ``text/x.enum``.
        response_schema: A type, or Google's own form of schema, which needs
            ``response_mime_type="application/json"``.
        response_json_schema: A type, or a JSON Schema, which needs the same.
        response_modalities: ``["TEXT"]``, ``["IMAGE"]``, both, or AUDIO.
        thinking_config: ``include_thoughts`` and ``thinking_budget`` (-1 automatic, 0 off) or
            ``thinking_level``.
        image_config: ``aspect_ratio``, ``image_size``, ``image_output_options``.
        speech_config: The voices of sound.
        media_resolution: How closely media are looked at.
        seed: For answers that can be repeated.
        presence_penalty: Against tokens that came at all.
        frequency_penalty: Against tokens that came often.
        response_logprobs: Whether the tokens' probabilities come with them.
        logprobs: For how many other tokens they come, 0 to 20.
        enable_enhanced_civic_answers: Google's own handling of elections and the like.
        audio_timestamp: Whether times are understood in sound.
        generation_config: ``generationConfig`` itself, unknown keys included; the parameters above go over
            it.
        safety_settings: From where on content of a kind is held back.
        tools: Declarations of functions, and the server's own tools; ``run_tools`` takes Python functions.
        tool_config: Whether functions are called (``function_calling_config``), and how tools are used.
        cached_content: The id of a cache; send new contents only, without system_instruction, tools and
            tool_config.
        labels: Notes on the bill.
        service_tier: How fast, at which price.
        store: Whether the provider keeps the answer.
    """

    config: Config | None
    system_instruction: SomeContent | None
    temperature: float | None
    top_p: float | None
    top_k: float | None
    max_output_tokens: int | None
    stop_sequences: Sequence[str] | None
    candidate_count: int | None
    response_mime_type: str | None
    response_schema: TypeForm[Any] | JSONLike | None
    response_json_schema: TypeForm[Any] | JSONLike | None
    response_modalities: Sequence[ResponseModality] | None
    thinking_config: ThinkingSettings | None
    image_config: ImageSettings | None
    speech_config: JSONLike | None
    media_resolution: MediaResolution | None
    seed: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    response_logprobs: bool | None
    logprobs: int | None
    enable_enhanced_civic_answers: bool | None
    audio_timestamp: bool | None
    generation_config: GenerationSettings | None
    safety_settings: SafetySettings | None
    tools: Tools | None
    tool_config: ToolSettings | None
    cached_content: str | None
    labels: Mapping[str, str] | None
    service_tier: str | None
    store: bool | None


class EmbedParams(BodyParams, total=False):
    """Everything the embedding calls take beside ``model`` and what is to be embedded.

    Args:
        task_type: RETRIEVAL_QUERY, RETRIEVAL_DOCUMENT, SEMANTIC_SIMILARITY, ...: what the vectors are for;
            ``Word("...")`` for a new word.
        title: Of the document; with RETRIEVAL_DOCUMENT only.
        output_dimensionality: Shorter vectors are not of length one for every model.
        model_in_body: Sends ``model`` in the body too, as given (Google itself wants ``models/...`` in
            batches).
    """

    task_type: TaskType | None
    title: str | None
    output_dimensionality: int | None
    model_in_body: bool | None
