"""The Gemini dialect: generateContent and streamGenerateContent, read into a question and written.

Every chunk of a stream has the shape of the whole answer, with new parts only; the last chunk of a
candidate holds its ``finishReason``. With ``alt=sse`` the chunks are events (LF, no end mark), without it
the elements of one JSON array. Field names are read in camelCase and in snake_case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from gravitex_async._json import dumps, loads

from ._answers import Answer, Question, TokenCounts, Tool, ToolCall, base64_text, prompt_tokens
from ._chat import model_thinks
from ._errors import missing
from ._fields import array, integer, mapping, object_of, string, strings, text_of
from ._reply import JSON, Reply, document, events
from ._requests import check_count_tokens, check_gemini

_REASONS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
# Opaque to clients, who must send it back: https://ai.google.dev/gemini-api/docs/thought-signatures
_SIGNATURE = base64_text(b"signature of the local gateway")
_MODALITIES = ("responseModalities", "response_modalities")
_THINKING = ("thinkingConfig", "thinking_config")


@dataclass(frozen=True)
class Envelope:
    """What all parts of one answer share."""

    serial: int
    model: str
    usage: TokenCounts
    sse: bool
    pace: float = 0.0


def read(body: Mapping[str, object], model: str, stream: bool) -> Question:
    """Read a request body; raises ``Refused`` (400) with the words of the reference."""
    if not body.get("contents"):
        raise missing("Invalid request: contents is required")
    check_gemini(body)
    contents = [object_of(content) for content in array(body, "contents")]
    config = mapping(body, "generationConfig", "generation_config")
    spoken = [i for i, c in enumerate(contents) if c.get("role") != "model" and text_of(c.get("parts"))]
    last = spoken[-1] if spoken else -1
    return Question(
        model=model,
        text=text_of(contents[last].get("parts")) if spoken else "",
        prompt="".join(text_of(content.get("parts")) for content in contents),
        tools=tuple(_tools(body)),
        force_tool=_forced(_calling(body)),
        tool_results=tuple(_results(contents[last + 1 :])),
        thinking=_thinks(config, model),
        schema=_schema(config),
        image="IMAGE" in array(config, *_MODALITIES),
        n=max(1, integer(config, "candidateCount", "candidate_count") or 1),
        max_tokens=integer(config, "maxOutputTokens", "max_output_tokens"),
        stop=strings(array(config, "stopSequences", "stop_sequences")),
        stream=stream,
    )


def write(question: Question, answers: Sequence[Answer], head: Envelope) -> Reply:
    """The reply: one answer, events, or a JSON array."""
    if not question.stream:
        return replace(document(_whole(answers, head)), dialect="gemini")
    chunks = [dumps(chunk) for chunk in _chunks(answers, head)]
    frames = [b"data: %b\n\n" % chunk for chunk in chunks] if head.sse else list(_array(chunks))
    reply = events(frames, "gemini", head.pace, lambda: dumps(_whole(answers, head)))
    return reply if head.sse else replace(reply, headers={"Content-Type": JSON})


def count_tokens(body: Mapping[str, object]) -> Reply:
    """Answer ``:countTokens``: what the prompt of a request with these contents would be counted as."""
    check_count_tokens(body)
    asked = mapping(body, "generateContentRequest", "generate_content_request") or body
    text = "".join(text_of(object_of(content).get("parts")) for content in array(asked, "contents"))
    count = prompt_tokens(text)
    details = [{"modality": "TEXT", "tokenCount": count}]
    return document({"totalTokens": count, "promptTokensDetails": details})


def usage_json(usage: TokenCounts) -> dict[str, object]:
    """Usage in the names of this dialect: thoughts are counted beside the candidates."""
    return {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.total_tokens,
        "thoughtsTokenCount": usage.reasoning_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
    }


def _calling(body: Mapping[str, object]) -> Mapping[str, object]:
    config = mapping(body, "toolConfig", "tool_config")
    return mapping(config, "functionCallingConfig", "function_calling_config")


def _tools(body: Mapping[str, object]) -> Iterator[Tool]:
    if _calling(body).get("mode") == "NONE":
        return
    for tool in array(body, "tools"):
        for function in array(tool, "functionDeclarations", "function_declarations"):
            schemas = ("parameters", "parametersJsonSchema", "parameters_json_schema")
            yield Tool(string(function, "name"), mapping(function, *schemas))


def _forced(calling: Mapping[str, object]) -> bool | str:
    names = array(calling, "allowedFunctionNames", "allowed_function_names")
    return calling.get("mode") == "ANY" and (" ".join(map(str, names)) or True)


def _results(contents: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for content in contents:
        for part in array(content, "parts"):
            found = mapping(part, "functionResponse", "function_response")
            if found:
                yield dumps(found.get("response")).decode()


def _thinks(config: Mapping[str, object], model: str) -> bool:
    thinking = mapping(config, *_THINKING)
    budget = integer(thinking, "thinkingBudget", "thinking_budget")
    include = thinking.get("includeThoughts", thinking.get("include_thoughts"))
    if include is False or budget == 0:
        return False
    return bool(thinking) or model_thinks(model)


def _schema(config: Mapping[str, object]) -> Mapping[str, object] | None:
    names = ("responseSchema", "response_schema", "responseJsonSchema", "response_json_schema")
    if schema := mapping(config, *names):
        return schema
    mime = string(config, "responseMimeType", "response_mime_type")
    return {"type": "object"} if mime == JSON else None


def _array(chunks: Sequence[bytes]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        opening, closing = b",\n" if number else b"[", b"]" if number == len(chunks) - 1 else b""
        yield opening + chunk + closing


def _whole(answers: Sequence[Answer], head: Envelope) -> dict[str, object]:
    candidates = [_candidate(i, list(_joined(a)), _reason(a)) for i, a in enumerate(answers)]
    return _response(head, candidates, usage_json(head.usage))


def _chunks(answers: Sequence[Answer], head: Envelope) -> Iterator[dict[str, object]]:
    """One part per chunk, candidates alternating; early chunks count the prompt only."""
    early = {"promptTokenCount": head.usage.input_tokens, "totalTokenCount": head.usage.input_tokens}
    for row in zip_longest(*(_parts(answer) for answer in answers)):
        for index, part in enumerate(row):
            if part is not None:
                yield _response(head, [_candidate(index, [part], None)], early)
    for index, answer in enumerate(answers):
        yield _response(head, [_candidate(index, [{"text": ""}], _reason(answer))], usage_json(head.usage))


def _response(head: Envelope, candidates: Sequence[object], usage: object) -> dict[str, object]:
    named = {"modelVersion": head.model, "responseId": f"local-{head.serial:06d}"}
    return {"candidates": candidates, "usageMetadata": usage, **named}


def _candidate(index: int, parts: Sequence[object], reason: str | None) -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"role": "model", "parts": parts}, "index": index}
    return candidate if reason is None else {**candidate, "finishReason": reason, "safetyRatings": []}


def _reason(answer: Answer) -> str:
    return _REASONS.get(answer.finish_reason, answer.finish_reason.upper())


def _parts(answer: Answer) -> Iterator[Mapping[str, object]]:
    yield from ({"text": text, "thought": True} for text in answer.reasoning)
    yield from ({"text": text} for text in (*answer.text, *answer.refusal))
    yield from _media_and_calls(answer)


def _joined(answer: Answer) -> Iterator[dict[str, object]]:
    if answer.reasoning:
        yield {"text": "".join(answer.reasoning), "thought": True}
    if answer.text or answer.refusal:
        yield {"text": "".join((*answer.text, *answer.refusal))}
    yield from _media_and_calls(answer)


def _media_and_calls(answer: Answer) -> Iterator[dict[str, object]]:
    for image in answer.images:
        yield {"inlineData": {"mimeType": "image/png", "data": base64_text(image)}}
    for number, call in enumerate(answer.tool_calls):
        # As with Google, only the first of parallel calls carries the signature.
        signed = {} if number else {"thoughtSignature": _SIGNATURE}
        yield {"functionCall": {"id": call.id, "name": call.name, "args": _arguments(call)}, **signed}


def _arguments(call: ToolCall) -> object:
    """An object, always; other arguments are wrapped as ``arguments``, as those of converted models are."""
    text = "".join(call.arguments)
    try:
        arguments = loads(text or "{}")
    except ValueError:
        return {"arguments": text}
    return arguments if isinstance(arguments, dict) else {"arguments": text}
