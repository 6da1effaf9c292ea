"""The three dialects side by side: how each opens a call, and how its events say the same things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gravitex_async import AsyncGravitex
from gravitex_async._json import dumps

Tree = dict[str, Any]

COUNTS = {"input": 3, "output": 5, "total": 8}


class Dialect(NamedTuple):
    """One dialect.

    ``text`` is an event that brings a piece of text; ``usage`` are the fields of an event that count
    ``COUNTS`` and no more; ``end`` are the events that end an answer; ``plain`` is a whole answer.
    """

    name: str
    stream: Callable[[AsyncGravitex], Any]
    create: Callable[[AsyncGravitex], Any]
    text: Callable[[str], Tree]
    usage: Tree
    end: list[Tree]
    plain: Callable[[str], Tree]
    done: bytes = b""

    def __repr__(self) -> str:
        return self.name

    def body(self, *events: Tree, end: bool = True) -> bytes:
        """Events as a stream, with those that end it."""
        trees = [*events, *(self.end if end else ())]
        return b"".join(b"data: %b\n\n" % dumps(tree) for tree in trees) + self.done


def _chat_text(text: str) -> Tree:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}


def _chat_plain(text: str) -> Tree:
    message = {"role": "assistant", "content": text}
    return {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def _responses_text(text: str) -> Tree:
    return {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}


def _responses_plain(text: str) -> Tree:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "i", "role": "assistant", "content": [part]}
    return {"id": "r", "object": "response", "status": "completed", "output": [item]}


def _gemini_text(text: str) -> Tree:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"index": 0, "content": content}], "responseId": "g", "modelVersion": "m"}


def _gemini_plain(text: str) -> Tree:
    tree = _gemini_text(text)
    tree["candidates"][0]["finishReason"] = "STOP"
    return tree


MESSAGES = [{"role": "user", "content": "Hello"}]

CHAT = Dialect(
    "chat",
    lambda client: client.chat.completions.stream(model="m", messages=MESSAGES),
    lambda client: client.chat.completions.create(model="m", messages=MESSAGES),
    _chat_text,
    {"usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}},
    [{"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}],
    _chat_plain,
    b"data: [DONE]\n\n",
)
RESPONSES = Dialect(
    "responses",
    lambda client: client.responses.stream(model="m", input="Hello"),
    lambda client: client.responses.create(model="m", input="Hello"),
    _responses_text,
    {"response": {"usage": {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}}},
    [{"type": "response.completed", "response": {"id": "r", "status": "completed"}}],
    _responses_plain,
)
GEMINI = Dialect(
    "gemini",
    lambda client: client.gemini.generate_content_stream(model="m", contents="Hello"),
    lambda client: client.gemini.generate_content(model="m", contents="Hello"),
    _gemini_text,
    {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}},
    [{"candidates": [{"index": 0, "finishReason": "STOP"}]}],
    _gemini_plain,
)
DIALECTS = [CHAT, RESPONSES, GEMINI]
