"""What an answer says, read off its wire by a reader that is as small as can be, and is not ours.

It knows the standard library's ``json`` and where each dialect keeps its words, and nothing of pieces, speed
or faults. What it reads of a whole recording is what the recording's manifest says (``test_wanted``
compares them), so that it can be trusted with what no manifest describes: a stream that broke off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .captured import captures

__all__ = [
    "EVERY",
    "Call",
    "Said",
    "Wanted",
    "composed",
    "ending",
    "events_of",
    "prefix",
    "wanted",
    "wanted_of_events",
]

Tree = dict[str, Any]


@dataclass
class Call:
    """A tool call. ``arguments`` None: pieces that this reader does not put together."""

    id: str = ""
    name: str = ""
    arguments: str | None = ""


@dataclass
class Said:
    """What one choice says."""

    content: str = ""
    reasoning: str = ""
    thoughts: str = ""
    """The reasoning of a Responses answer without what stands between its pieces."""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    finish: str | None = None
    sources: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Title and address of what it cites, each once."""
    cited: set[str] = field(default_factory=set)
    """The pieces of the content that the wire says rest on one of them."""
    pictures: list[tuple[str | None, str]] = field(default_factory=list)
    """MIME type, and base64 or address."""

    @property
    def reason(self) -> str:
        """Why it ended, in the words all dialects share."""
        found = next((reason for reason, words in _REASONS.items() if self.finish in words), "unknown")
        return "tool_calls" if found == "stop" and self.calls else found


_REASONS = {
    "stop": ("stop", "eos", "STOP", "completed"),
    "tool_calls": ("tool_calls", "function_call"),
    "length": ("length", "MAX_TOKENS", "max_output_tokens"),
    "filtered": ("content_filter", "SAFETY", "RECITATION", "MODEL_ARMOR"),
    "error": ("UNEXPECTED_TOOL_CALL",),
}
"""The words that occur in recordings."""


@dataclass
class Wanted:
    """What an answer says: its choices, and the counts in the words all dialects share."""

    choices: dict[int, Said] = field(default_factory=dict)
    usage: dict[str, int | None] | None = None
    wire_usage: Tree | None = None
    listed: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Sources that stand beside the choices."""
    blocked: str | None = None
    """Why there is no answer to the prompt."""
    pending: bool = False
    """Whether it is only promised: a response in the background."""

    @property
    def first(self) -> Said:
        return self.choices.get(0) or Said()

    @property
    def finish(self) -> str | None:
        return self.blocked or self.first.finish

    @property
    def reason(self) -> str:
        """Why it ended, in the words all dialects share."""
        return "filtered" if self.blocked else self.first.reason

    def at(self, index: int) -> Said:
        return self.choices.setdefault(index, Said())


# The manifest's reader drops an error that stands in a line of its own; ours raises it. Names in Python's
# case are beyond this reader.
_BEYOND = {
    "chat/gpustack-qwen3-error-field-line-reasoning-no-done.sse",
    "gemini/authored-names-in-snake-case.sse",
}
EVERY = [
    capture
    for folder in ("chat", "responses", "gemini")
    for suffix in (".sse", ".json")
    for capture in captures(folder, suffix)
    if "embed" not in capture.name and "errors" not in capture.expect and capture.name not in _BEYOND
]
"""The recorded and authored answers of models that ended well."""


# Events


def events_of(body: bytes) -> list[Tree]:
    """The payloads of a stream, ``[DONE]`` and what is no JSON left out."""
    return [tree for _, tree in _placed(body)]


def prefix(body: bytes, events: int) -> bytes:
    """The stream up to the end of so many events with data."""
    return body[: _placed(body)[events - 1][0]] if events else b""


def _placed(body: bytes) -> list[tuple[int, Tree]]:
    found, start = [], 0
    ends = [match.end() for match in re.finditer(rb"(?:\r\n|\n|\r(?!\n)){2,}", body)]
    for end in [*ends, len(body)]:
        lines = body[start:end].removeprefix(b"\xef\xbb\xbf").splitlines()
        data = b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))
        start = end
        try:
            tree = json.loads(data)
        except ValueError:
            continue
        if isinstance(tree, dict) and tree:
            found.append((end, tree))
    return found


# The three dialects


def wanted(name: str, body: bytes) -> Wanted:
    """What the recording *name* says."""
    dialect = name.partition("/")[0]
    if name.endswith(".sse"):
        return wanted_of_events(dialect, events_of(body))
    tree = json.loads(body)
    if dialect == "chat":
        return _chat([{**tree, "choices": [_as_delta(choice) for choice in tree.get("choices") or ()]}])
    if dialect == "responses":
        return _response(tree)
    return _gemini(tree if isinstance(tree, list) else [tree])


def wanted_of_events(dialect: str, events: Sequence[Tree]) -> Wanted:
    """What these events of a stream say together."""
    return {"chat": _chat, "responses": _responses, "gemini": _gemini}[dialect](events)


def _as_delta(choice: Tree) -> Tree:
    message = dict(choice.get("message") or {})
    calls = message.get("tool_calls") or ()
    message["tool_calls"] = [{**call, "index": place} for place, call in enumerate(calls)]
    return {**choice, "delta": message}


def _chat(events: Iterable[Tree]) -> Wanted:
    answer = Wanted()
    places: dict[tuple[int, Any], Call] = {}
    for event in events:
        for choice in event.get("choices") or ():
            index, delta = choice.get("index") or 0, choice.get("delta") or {}
            said = answer.at(index)
            content = delta.get("content")
            said.content += _text(content)
            said.reasoning += (
                delta.get("reasoning_content") or delta.get("reasoning") or _thinking(content) or ""
            )
            said.refusal += delta.get("refusal") or ""
            said.finish = choice.get("finish_reason") or said.finish
            for note in delta.get("annotations") or ():
                _cite(said, note.get("url_citation") or {})
            for fragment in delta.get("tool_calls") or ():
                _chat_call(said, places, index, fragment)
            if delta.get("function_call"):
                legacy = {"index": "legacy", "function": delta["function_call"]}
                _chat_call(said, places, index, legacy)
            _count(answer, choice.get("usage"), _chat_counts)
        _count(answer, event.get("usage"), _chat_counts)
        results = {source.get("url"): source.get("title") for source in event.get("search_results") or ()}
        results = {**dict.fromkeys(event.get("citations") or ()), **results}
        answer.listed = [(title, url or None) for url, title in results.items()] or answer.listed
    for said in answer.choices.values():  # a character that came in two halves
        said.content = said.content.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return answer


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    return content or ""


def _thinking(content: Any) -> str:
    if not isinstance(content, list):
        return ""
    parts = [part.get("thinking") for part in content if part.get("type") == "thinking"]
    pieces = [part if isinstance(part, list) else [{"text": part}] for part in parts]
    return "".join(piece.get("text") or "" for part in pieces for piece in part)


def _chat_call(said: Said, places: dict[tuple[int, Any], Call], choice: int, fragment: Tree) -> None:
    id_, index = fragment.get("id") or "", fragment.get("index")
    function = fragment.get("function") or {}
    if index is None and not id_ and said.calls:
        call = said.calls[-1]
    else:
        key = (choice, id_ if index is None else index)
        known = places.get(key)
        if known is None or (id_ and known.id and id_ != known.id):
            known = places[key] = Call()
            said.calls.append(known)
        call = known
    call.id = call.id or id_
    call.name = call.name or function.get("name") or ""
    call.arguments = (call.arguments or "") + (function.get("arguments") or "")


def _responses(events: Iterable[Tree]) -> Wanted:
    items: dict[int, Tree] = {}
    response: Tree = {}
    for event in events:
        kind = str(event.get("type")).removeprefix("response.")
        response = {**response, **(event.get("response") or {})}
        place = event.get("output_index")
        item = items.setdefault(place, {"type": "message"}) if place is not None else {}
        if kind in ("output_item.added", "output_item.done"):
            items[place] = json.loads(json.dumps(event["item"]))
        elif kind.removesuffix(".done").removesuffix(".delta") in _TEXTS:
            text, index, part = _TEXTS[kind.rpartition(".")[0]]
            parts = item.setdefault("summary" if index == "summary_index" else "content", [])
            while len(parts) <= event.get(index, 0):
                parts.append({"type": part, text: ""})
            said = parts[event.get(index, 0)]
            said[text] = event[text] if kind.endswith("done") else said[text] + event["delta"]
        elif kind == "function_call_arguments.delta":
            item["arguments"] += event["delta"]
        elif kind == "custom_tool_call_input.delta":
            item["input"] += event["delta"]
        elif kind == "output_text.annotation.added":
            item["content"][event["content_index"]].setdefault("annotations", []).append(event["annotation"])
    whole = {**response, "output": response.get("output") or [items[place] for place in sorted(items)]}
    return _response(whole)


_TEXTS = {
    "output_text": ("text", "content_index", "output_text"),
    "refusal": ("refusal", "content_index", "refusal"),
    "reasoning_text": ("text", "content_index", "reasoning_text"),
    "reasoning_summary_text": ("text", "summary_index", "summary_text"),
}
"""Events that bring text -> its name, its place, the part that it stands in."""


def _response(tree: Tree) -> Wanted:
    answer = Wanted()
    said = answer.at(0)
    thoughts = []
    for item in tree.get("output") or ():
        parts = item.get("content") or ()
        if item["type"] == "message":
            said.content += "".join(part.get("text") or "" for part in parts)
            said.refusal += "".join(part.get("refusal") or "" for part in parts)
            for note in (note for part in parts for note in part.get("annotations") or ()):
                title = note.get("title") or note.get("filename")
                _cite(said, {"title": title, "url": note.get("url")})
        elif item["type"] == "reasoning":
            thoughts += [part["text"] for part in (*(item.get("summary") or ()), *parts) if part.get("text")]
        elif item["type"] == "function_call":
            said.calls.append(Call(item.get("call_id") or "", item["name"], item["arguments"]))
        elif item["type"] == "custom_tool_call":
            said.calls.append(Call(item.get("call_id") or "", item["name"], item["input"]))
        elif item["type"] == "image_generation_call" and item.get("result"):
            said.pictures.append((f"image/{item.get('output_format') or 'png'}", item["result"]))
    said.reasoning, said.thoughts = "\n\n".join(thoughts), "".join(thoughts)
    if tree.get("status") in ("completed", "incomplete", "failed"):
        said.finish = (tree.get("incomplete_details") or {}).get("reason") or tree["status"]
    answer.pending = tree.get("status") in ("queued", "in_progress")
    _count(answer, tree.get("usage"), _responses_counts)
    return answer


def _gemini(events: Iterable[Tree]) -> Wanted:
    answer = Wanted()
    counts: Tree = {}
    for event in events:
        for candidate in event.get("candidates") or ():
            said = answer.at(candidate.get("index") or 0)
            for part in (candidate.get("content") or {}).get("parts") or ():
                _gemini_part(said, part)
            reason = candidate.get("finishReason")
            said.finish = {1: "STOP", 2: "MAX_TOKENS"}.get(reason, reason) or said.finish
            _gemini_sources(said, candidate)
        answer.blocked = answer.blocked or (event.get("promptFeedback") or {}).get("blockReason")
        counts = {**counts, **(event.get("usageMetadata") or {})}
    _count(answer, counts, _gemini_counts)
    answer.wire_usage = counts or None
    return answer


def _gemini_part(said: Said, part: Tree) -> None:
    if part.get("thought"):
        said.reasoning += part.get("text") or ""
        return
    said.content += part.get("text") or ""
    media = part.get("inlineData")
    if media and media["mimeType"].startswith("image/"):
        said.pictures.append((media["mimeType"], media["data"]))
    call = part.get("functionCall")
    if call and call.get("name"):
        partial = "willContinue" in call or "partialArgs" in call
        arguments = None if partial else json.dumps(call.get("args") or {})
        said.calls.append(Call(call.get("id") or "", call["name"], arguments))


def _gemini_sources(said: Said, candidate: Tree) -> None:
    grounds = candidate.get("groundingMetadata") or {}
    chunks = grounds.get("groundingChunks") or ()
    for chunk in chunks:
        web = chunk.get("web") or chunk.get("retrievedContext") or {}
        _cite(said, {"title": web.get("title"), "url": web.get("uri")})
    for support in grounds.get("groundingSupports") or ():
        if any(index < len(chunks) for index in support.get("groundingChunkIndices") or ()):
            said.cited.add(support["segment"]["text"])
    noted = candidate.get("citationMetadata") or {}
    for source in noted.get("citationSources") or noted.get("citations") or ():
        if source.get("uri"):  # some are empty
            _cite(said, {"title": source.get("title"), "url": source["uri"]})
    for page in (candidate.get("urlContextMetadata") or {}).get("urlMetadata") or ():
        if page.get("urlRetrievalStatus") == "URL_RETRIEVAL_STATUS_SUCCESS":
            _cite(said, {"url": page["retrievedUrl"]})
    named = [url for title, url in said.sources if title]
    said.sources = [source for source in said.sources if source[0] or source[1] not in named]


def _cite(said: Said, source: Tree) -> None:
    found = (source.get("title") or None, source.get("url") or None)
    if found not in said.sources:
        said.sources.append(found)


# The other way


def ending(dialect: str, event: Tree) -> bool:
    """Whether *event* ends a choice."""
    if dialect == "responses":
        return event.get("type") in ("response.completed", "response.incomplete", "response.failed")
    places = event.get("choices") or event.get("candidates") or ()
    blocked = (event.get("promptFeedback") or {}).get("blockReason")
    return bool(blocked) or any(each.get("finish_reason") or each.get("finishReason") for each in places)


def composed(dialect: str, answer: Wanted) -> bytes:
    """A plain answer that says what *answer* says, in the plainest form that the dialect has for it."""
    return json.dumps(_COMPOSED[dialect](answer)).encode()


def _chat_body(answer: Wanted) -> Tree:
    choices = []
    for index, said in answer.choices.items():
        functions = [{"name": call.name, "arguments": call.arguments} for call in said.calls]
        calls = [
            {"id": call.id, "type": "function", "function": function}
            for call, function in zip(said.calls, functions, strict=True)
        ]
        message = {
            "role": "assistant",
            "content": said.content or None,
            "reasoning_content": said.reasoning or None,
            "refusal": said.refusal or None,
            **({"tool_calls": calls} if calls else {}),
        }
        choices.append({"index": index, "message": message, "finish_reason": said.finish})
    return {"id": "c", "object": "chat.completion", "choices": choices, "usage": answer.wire_usage}


def _responses_body(answer: Wanted) -> Tree:
    said, output = answer.first, []
    if said.reasoning:
        summary = [{"type": "summary_text", "text": said.reasoning}]
        output.append({"type": "reasoning", "id": "rs", "summary": summary})
    parts = [
        {"type": kind, **text}
        for kind, text in (
            ("output_text", {"text": said.content, "annotations": []}),
            ("refusal", {"refusal": said.refusal}),
        )
        if text.get("text") or text.get("refusal")
    ]
    if parts:
        output.append({"type": "message", "id": "msg", "role": "assistant", "content": parts})
    for call in said.calls:
        output.append(
            {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        )
    cut = said.finish not in ("completed", "failed")
    return {
        "id": "r",
        "object": "response",
        "status": "incomplete" if cut else said.finish,
        "incomplete_details": {"reason": said.finish} if cut else None,
        "output": output,
        "usage": answer.wire_usage,
    }


def _gemini_body(answer: Wanted) -> Tree:
    candidates = []
    for index, said in answer.choices.items():
        parts: list[Tree] = [{"text": said.reasoning, "thought": True}] if said.reasoning else []
        parts += [{"text": said.content}] if said.content else []
        for call in said.calls:
            named = {"id": call.id} if call.id else {}
            parts.append(
                {"functionCall": {**named, "name": call.name, "args": json.loads(call.arguments or "{}")}}
            )
        content = {"role": "model", "parts": parts}
        candidates.append({"index": index, "content": content, "finishReason": said.finish})
    feedback = {"promptFeedback": {"blockReason": answer.blocked}} if answer.blocked else {}
    return {**feedback, "candidates": candidates, "usageMetadata": answer.wire_usage}


_COMPOSED = {"chat": _chat_body, "responses": _responses_body, "gemini": _gemini_body}


# Counts


def _count(answer: Wanted, counts: Tree | None, words: Any) -> None:
    if counts and any(isinstance(count, int) and count for count in counts.values()):
        answer.wire_usage, answer.usage = counts, words(counts)


def _chat_counts(counts: Tree) -> dict[str, int | None]:
    prompt = counts.get("prompt_tokens_details") or {}
    completion = counts.get("completion_tokens_details") or {}
    return _words(
        counts.get("prompt_tokens"),
        counts.get("completion_tokens"),
        counts.get("total_tokens"),
        _first(completion.get("reasoning_tokens"), counts.get("reasoning_tokens")),
        _first(
            prompt.get("cached_tokens"), counts.get("prompt_cache_hit_tokens"), counts.get("cached_tokens")
        ),
    )


def _responses_counts(counts: Tree) -> dict[str, int | None]:
    return _words(
        counts.get("input_tokens"),
        counts.get("output_tokens"),
        counts.get("total_tokens"),
        (counts.get("output_tokens_details") or {}).get("reasoning_tokens"),
        (counts.get("input_tokens_details") or {}).get("cached_tokens"),
    )


def _gemini_counts(counts: Tree) -> dict[str, int | None]:
    visible, thought = counts.get("candidatesTokenCount"), counts.get("thoughtsTokenCount")
    written = visible if thought is None else (visible or 0) + thought
    cached = counts.get("cachedContentTokenCount")
    return _words(counts.get("promptTokenCount"), written, counts.get("totalTokenCount"), thought, cached)


def _first(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return next((count for count in known if count), known[0] if known else None)


def _words(
    read: int | None, written: int | None, total: int | None, thought: int | None, cached: int | None
) -> dict[str, int | None]:
    both = None if read is None or written is None else read + written
    return {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": total or both,
        "reasoning_tokens": thought,
        "cached_tokens": cached,
        "visible_tokens": None if written is None or thought is None else max(0, written - thought),
    }
