"""Seeded streams, each named after the path it stresses. Needs the standard library only.

Strategy
    A corpus is a tuple of wire events (bytes, separator included) and what a reader must make of them, so a
    benchmark can check that a contestant did the work and a test can check that it did it right. The same
    name and size always give the same bytes.

    Events look as their providers write them: the nulls, the service tier and the padding (``obfuscation``,
    which hides the lengths of tokens) of OpenAI, 330 bytes a chunk of chat and 240 a delta of Responses;
    the CRLF, the blanks and the usage in every event of Gemini, 350 bytes each. ``recordings.py`` has the
    real ones, of more providers.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["CORPORA", "Corpus", "corpus"]

_MEGABYTE = 1024 * 1024
_SEED = 20_26
_SYLLABLES = ("ka", "lo", "mi", "ter", "san", "vi", "dor", "en", "ra", "qu", "sel", "po", "th", "ing")
_CJK = "流式传输的每一个字符都可能在网络中被切开東京大阪한국어テスト"
_EMOJI = ("😀", "👩‍💻", "🇯🇵", "🏳️‍🌈")


@dataclass(frozen=True)
class Corpus:
    """One stream: its events as sent, and what they add up to."""

    name: str
    dialect: str
    events: tuple[bytes, ...]
    """Wire events in order, comments and ``[DONE]`` included."""
    count: int
    """Events that a typed reader hands out: without comments and ``[DONE]``."""
    content: str = ""
    arguments: str = ""

    @property
    def body(self) -> bytes:
        """The whole stream."""
        return b"".join(self.events)


def corpus(name: str, size: int) -> Corpus:
    """The corpus *name*; *size* counts events, or bytes for ``huge-line`` and the JSON ones."""
    return _built(name, size)


@lru_cache(maxsize=8)
def _built(name: str, size: int) -> Corpus:
    return CORPORA[name](size)


def _words(count: int) -> list[str]:
    """Pieces of text as a model would send them: words with their blank, sometimes a line break."""
    source = random.Random(_SEED)
    lengths = source.choices((1, 2, 2, 3), k=2000)
    vocabulary = [" " + "".join(source.choices(_SYLLABLES, k=length)) for length in lengths]
    vocabulary += [",", ".", ".", '"', "\n", "\n\n"] * 10
    return source.choices(vocabulary, k=count)


def _multibyte(count: int) -> list[str]:
    source = random.Random(_SEED)
    return [source.choice(_EMOJI) if source.random() < 0.05 else source.choice(_CJK) for _ in range(count)]


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _event(payload: bytes, kind: str = "") -> bytes:
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"data: " + payload + b"\n\n"


def _chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": more.pop("finish", None)}
    return {
        "id": "chatcmpl-CoDWyp2E1BNuDrOa4ZTIteBKS3LkS",
        "object": "chat.completion.chunk",
        "created": 1766084448,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_deacdd5f6f",
        "choices": [choice],
        "usage": None,
        **more,
    }


def _padded(chunk: dict[str, Any], piece: str = "") -> bytes:
    """The chunk as an event, padded so that the length of *piece* cannot be told from its own."""
    return _event(_compact({**chunk, "obfuscation": "x7Qm2TzLr9pW4kNv"[: 16 - len(piece) % 16]}))


def _chat_end(count: int, finish: str = "stop") -> list[bytes]:
    usage = {
        "prompt_tokens": 12, "completion_tokens": count, "total_tokens": count + 12,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    }  # fmt: skip
    return [
        _padded(_chunk({}, finish=finish)),
        _padded({**_chunk({}), "choices": [], "usage": usage}),
        _event(b"[DONE]"),
    ]


def _chat(name: str, pieces: list[str]) -> Corpus:
    events = [_padded(_chunk({"role": "assistant", "content": "", "refusal": None}))]
    events += [_padded(_chunk({"content": piece}), piece) for piece in pieces]
    events += _chat_end(len(pieces))
    return Corpus(name, "chat", tuple(events), len(events) - 1, content="".join(pieces))


def small_chunk(events: int) -> Corpus:
    """Chat: a word per event."""
    return _chat("small-chunk", _words(events - 3))


def multibyte(events: int) -> Corpus:
    """Chat: one CJK character or emoji per event, unescaped UTF-8."""
    return _chat("multibyte", _multibyte(events - 3))


def crlf(events: int) -> Corpus:
    """Chat with CRLF line ends: no simple split at LF LF."""
    plain = small_chunk(events)
    lines = tuple(event.replace(b"\n", b"\r\n") for event in plain.events)
    return Corpus("crlf", "chat", lines, plain.count, content=plain.content)


def heartbeat(events: int) -> Corpus:
    """Chat with a keep-alive comment before every event, as the gateway writes it."""
    plain = small_chunk(events)
    return Corpus("heartbeat", "chat", tuple(_with_pings(plain.events)), plain.count, content=plain.content)


def _with_pings(events: tuple[bytes, ...]) -> Iterator[bytes]:
    for event in events:
        yield b": PING\n\n"
        yield event


def huge_line(size: int) -> Corpus:
    """Chat: one event of *size* bytes, an image in base64 as the gateway sends it; then the end."""
    head = '{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"'
    image = base64.b64encode(random.Random(_SEED).randbytes(3072)).decode()
    content = "![image](data:image/png;base64," + image
    content = (content * (size // len(content) + 1))[: size - 120]
    events = [_event((head + content + '"},"finish_reason":null}]}').encode()), *_chat_end(1)]
    return Corpus("huge-line", "chat", tuple(events), 3, content=content)


def tool_arguments(size: int) -> Corpus:
    """Chat: one tool call whose arguments are *size* bytes of JSON, in fragments of 64 characters."""
    arguments = _document(size)
    call = {"index": 0, "id": "call_7h3k", "type": "function", "function": {"name": "save", "arguments": ""}}
    events = [_padded(_chunk({"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}))]
    for piece in _pieces(arguments, 64):
        fragment = {"index": 0, "function": {"arguments": piece}}
        events.append(_padded(_chunk({"tool_calls": [fragment]}), piece))
    events += _chat_end(len(events), "tool_calls")
    return Corpus("tool-arguments", "chat", tuple(events), len(events) - 1, arguments=arguments)


def structured(size: int) -> Corpus:
    """Chat: an answer that is *size* bytes of JSON (``json_schema``), 16 characters per event."""
    return _chat("structured", _pieces(_document(size), 16))


def _document(size: int) -> str:
    """A JSON object of about *size* bytes: a title and rows of mixed values, escapes included."""
    words = iter(_words(size // 4 + 100))
    row = '{{"id":{},"name":"{}","note":{},"score":{:.3f},"tags":["a","b"]}}'
    rows: list[str] = []
    length = 0
    while length < size:
        note = json.dumps("".join(next(words) for _ in range(8)))
        rows.append(row.format(len(rows), next(words).strip(' \n"') or "x", note, len(rows) / 7))
        length += len(rows[-1]) + 1
    return '{"title":"benchmark","rows":[' + ",".join(rows) + "]}"


def responses(events: int) -> Corpus:
    """Responses: typed events with ``event:`` lines, closed by the four events that repeat the text."""
    pieces = _words(events - 8)
    text = "".join(pieces)
    payloads = [*_responses_start(), *(_text_delta(piece) for piece in pieces), *_responses_end(text)]
    wire = []
    for number, payload in enumerate(payloads):
        numbered = {"type": payload.pop("type"), "sequence_number": number, **payload}
        wire.append(_event(_compact(numbered), str(numbered["type"])))
    return Corpus("responses", "responses", tuple(wire), len(wire), content=text)


def many_parts(parts: int) -> Corpus:
    """Responses: one message of so many content parts, each with the four events of a part."""
    payloads = _responses_start()[:3]
    for number, piece in enumerate(_words(parts)):
        place = {**_PLACE, "content_index": number}
        payloads += [
            {"type": "response.content_part.added", **place, "part": _part("")},
            {**_text_delta(piece), **place},
            {"type": "response.output_text.done", **place, "text": piece, "logprobs": []},
            {"type": "response.content_part.done", **place, "part": _part(piece)},
        ]
    item = {**_message("completed"), "content": [_part(piece) for piece in _words(parts)]}
    payloads += [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": _response("completed", [item])},
    ]
    wire = tuple(_event(_compact(payload), payload["type"]) for payload in payloads)
    return Corpus("many-parts", "responses", wire, len(wire), content="".join(_words(parts)))


_ITEM = "msg_02ce8deeb6197db200698c5198ca0c81"
_PLACE = {"item_id": _ITEM, "output_index": 0, "content_index": 0}


def _text_delta(piece: str) -> dict[str, Any]:
    delta = {"delta": piece, "logprobs": [], "obfuscation": "VLMdSoPx7Qm2TzLr"[: 16 - len(piece) % 16]}
    return {"type": "response.output_text.delta", **_PLACE, **delta}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _message(status: str) -> dict[str, Any]:
    return {"id": _ITEM, "type": "message", "status": status, "content": [], "role": "assistant"}


def _response(status: str, output: list[Any], usage: Any = None) -> dict[str, Any]:
    return {
        "id": "resp_02ce8deeb6197db200698c5196e95881", "object": "response", "created_at": 1770803606,
        "status": status, "background": False, "completed_at": None, "error": None, "frequency_penalty": 0.0,
        "incomplete_details": None, "instructions": None, "max_output_tokens": None, "max_tool_calls": None,
        "model": "gpt-5.1", "output": output, "parallel_tool_calls": True, "presence_penalty": 0.0,
        "previous_response_id": None, "prompt_cache_key": None, "prompt_cache_retention": None,
        "reasoning": {"effort": "none", "summary": None}, "safety_identifier": None, "service_tier": "auto",
        "store": True, "temperature": 1.0, "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto", "tools": [], "top_logprobs": 0, "top_p": 0.98, "truncation": "disabled",
        "usage": usage, "user": None, "metadata": {},
    }  # fmt: skip


def _responses_start() -> list[dict[str, Any]]:
    item = _message("in_progress")
    return [
        {"type": "response.created", "response": _response("in_progress", [])},
        {"type": "response.in_progress", "response": _response("in_progress", [])},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **_PLACE, "part": _part("")},
    ]


def _responses_end(text: str) -> list[dict[str, Any]]:
    item = {**_message("completed"), "content": [_part(text)]}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": 12, "output_tokens": 900, "total_tokens": 912, **details}
    return [
        {"type": "response.output_text.done", **_PLACE, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **_PLACE, "part": _part(text)},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": _response("completed", [item], usage)},
    ]


def gemini(events: int) -> Corpus:
    """Gemini: a candidate with one text part and running usage in every event; no end mark but STOP."""
    pieces = _words(events)
    wire = [_google_event(_candidate(piece, number, events)) for number, piece in enumerate(pieces, 1)]
    return Corpus("gemini", "gemini", tuple(wire), events, content="".join(pieces))


def _google_event(payload: dict[str, Any]) -> bytes:
    """Lines end with CRLF, a blank stands behind each colon, characters of HTML are escaped."""
    text = json.dumps(payload, separators=(",", ": "), ensure_ascii=False)
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return b"data: " + text.encode() + b"\r\n\r\n"


def _candidate(piece: str, number: int, last: int) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": piece}], "role": "model"}}
    if number == last:
        candidate["finishReason"] = "STOP"
    candidate["index"] = 0
    details = [{"modality": "TEXT", "tokenCount": 8}]
    usage = {"promptTokenCount": 8, "candidatesTokenCount": number, "totalTokenCount": 8 + number}
    return {
        "candidates": [candidate],
        "usageMetadata": {**usage, "promptTokensDetails": details, "serviceTier": "standard"},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "_6TiaLjOJ7yBn9kPy5aNyQg",
    }


CORPORA: dict[str, Callable[[int], Corpus]] = {
    "small-chunk": small_chunk,
    "responses": responses,
    "many-parts": many_parts,
    "gemini": gemini,
    "crlf": crlf,
    "multibyte": multibyte,
    "heartbeat": heartbeat,
    "huge-line": huge_line,
    "tool-arguments": tool_arguments,
    "structured": structured,
}
