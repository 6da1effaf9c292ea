"""The content of answers, before a dialect decides how it is written.

Strategy
    A dialect reads its request into a ``Question``; ``author`` makes the ``Answer`` to it; the
    dialect writes that answer in its own form. The default answers depend on the question alone,
    so two runs of a test read the same bytes:

    ====================================================  ============================================
    the question                                          the answer
    ====================================================  ============================================
    has a tool result after the last user message         a text about that result
    offers tools, and forces one or speaks of one         a call of each tool it names, else of the first
    asks for JSON                                         JSON that fits the schema
    asks for an image                                     a PNG of one pixel
    says "count to N"                                     the numbers, one delta each
    anything else                                         the words of the user
    ====================================================  ============================================

    Each ends at ``max_tokens`` or a stop text; stop texts apply to scripted answers, too.

    Text is a tuple of deltas: a stream sends them one by one, a plain answer joins them.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gravitex_async._json import dumps

Dialect = Literal["chat", "responses", "gemini"]

# What people ask in a test to get a tool called; "weather" is the usual example.
_SPEAKS_OF_TOOLS = re.compile(r"weather|tool|function|\bcall\b", re.IGNORECASE)
_COUNT = re.compile(r"count to (\d{1,6})", re.IGNORECASE)
MAX_DEPTH = 10
_DELTA = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True)
class Tool:
    """A function the request offers: its name and the JSON Schema of its parameters."""

    name: str
    schema: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a request asks for, whatever its dialect.

    ``schema`` is None when free text will do, and empty for "any JSON". ``prompt`` is all text of the
    request: only its length counts (for the usage).
    """

    model: str
    text: str = ""
    prompt: str = ""
    tools: tuple[Tool, ...] = ()
    force_tool: bool | str = False
    tool_results: tuple[str, ...] = ()
    thinking: bool = False
    schema: Mapping[str, object] | None = None
    image: bool = False
    n: int = 1
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = False


@dataclass(frozen=True)
class ToolCall:
    """One call; ``arguments`` are the fragments a stream sends, together one JSON text."""

    name: str
    arguments: tuple[str, ...]
    id: str


@dataclass(frozen=True)
class TokenCounts:
    """Token counts; ``output_tokens`` includes ``reasoning_tokens``, ``input_tokens`` the cached ones."""

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One choice: deltas of each channel, in the order reasoning, text, refusal, images, calls.

    ``finish_reason`` is the word of the chat dialect; the other two translate it.
    """

    text: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    images: tuple[bytes, ...] = ()
    finish_reason: str = "stop"


def deltas(text: str) -> tuple[str, ...]:
    """Cut *text* into words, each with the blanks before it: joined they are the text again."""
    return tuple(_DELTA.findall(text))


def fragments(text: str, size: int = 8) -> tuple[str, ...]:
    """Cut the JSON *text* of a tool call as servers do: anywhere."""
    return tuple(text[start : start + size] for start in range(0, len(text), size))


def tokens(*pieces: str) -> int:
    """A plausible, reproducible count: four characters a token, rounded up."""
    return sum(-(-len(piece) // 4) for piece in pieces)


def prompt_tokens(text: str) -> int:
    """The same for a prompt, which counts at least one token."""
    return max(1, tokens(text))


def author(question: Question, serial: int) -> list[Answer]:
    """The default answers to *question*, one for each of the ``n`` choices asked for."""
    answer = _limited(_main(question, serial), question.max_tokens)
    return [_choice(answer, index) for index in range(question.n)]


def usage_of(question: Question, answers: Sequence[Answer]) -> TokenCounts:
    """Counts that fit what is said: all choices together, the prompt once."""
    reasoning = sum(tokens(*answer.reasoning) for answer in answers)
    spoken = sum(tokens(*answer.text, *answer.refusal) for answer in answers)
    called = sum(tokens(call.name, *call.arguments) for answer in answers for call in answer.tool_calls)
    return TokenCounts(prompt_tokens(question.prompt), max(1, reasoning + spoken + called), reasoning)


def _main(question: Question, serial: int) -> Answer:
    reasoning = deltas(f'The user says "{question.text}". I answer in kind.') if question.thinking else ()
    called = _called(question)
    if called:
        calls = tuple(_call(tool, question, f"call_{serial:06d}_{i}") for i, tool in enumerate(called))
        return Answer(reasoning=reasoning, tool_calls=calls, finish_reason="tool_calls")
    if question.image:
        return Answer(reasoning=reasoning, text=deltas("Here is the image."), images=(png(),))
    return Answer(reasoning=reasoning, text=_text(question))


def _text(question: Question) -> tuple[str, ...]:
    if question.tool_results:
        return deltas("The tool says: " + "; ".join(question.tool_results))
    if question.schema is not None:
        return fragments(dumps(example(question.schema, question.text)).decode())
    if match := _COUNT.search(question.text):
        return tuple(f"{number} " for number in range(1, int(match[1]) + 1))
    return deltas(f"You said: {question.text}") if question.text else deltas("You said nothing.")


def _called(question: Question) -> tuple[Tool, ...]:
    if not question.tools or (question.tool_results and not question.force_tool):
        return ()
    wanted = question.force_tool if isinstance(question.force_tool, str) else question.text
    named = tuple(tool for tool in question.tools if tool.name and tool.name in wanted)
    if named or question.force_tool or _SPEAKS_OF_TOOLS.search(question.text):
        return named or question.tools[:1]
    return ()


def _call(tool: Tool, question: Question, id: str) -> ToolCall:
    arguments = example(tool.schema or {"type": "object"}, question.text)
    return ToolCall(tool.name, fragments(dumps(arguments).decode()), id)


def _limited(answer: Answer, limit: int | None) -> Answer:
    if limit is None or len(answer.text) <= limit:
        return answer
    return replace(answer, text=answer.text[: max(limit, 0)], finish_reason="length")


def stopped(answer: Answer, stop: Sequence[str]) -> Answer:
    """*answer* as far as it goes before the first of the texts that are to stop it."""
    text = "".join(answer.text)
    places = [place for word in stop if word and (place := text.find(word)) >= 0]
    if not places:
        return answer
    return replace(
        answer, text=tuple(_first(answer.text, min(places))), tool_calls=(), images=(), finish_reason="stop"
    )


def _first(pieces: Sequence[str], length: int) -> Iterator[str]:
    """The pieces of the first *length* characters."""
    for piece in pieces:
        if length <= 0:
            return
        yield piece[:length]
        length -= len(piece)


def _choice(answer: Answer, index: int) -> Answer:
    """The answer as choice *index*. Choices differ, so that a test can tell them apart."""
    if not index:
        return answer
    calls = tuple(replace(call, id=f"{call.id}_{index}") for call in answer.tool_calls)
    return replace(answer, text=answer.text and (*answer.text, f" ({index})"), tool_calls=calls)


def example(
    schema: Mapping[str, object], hint: str, root: Mapping[str, object] | None = None, depth: int = 0
) -> object:
    """A small value that fits a JSON Schema; strings repeat *hint*. Lower and upper case type names pass.

    Below a depth of ten lists are empty and what may be null is null: a schema may refer to itself.
    """
    root = schema if root is None else root
    if depth > MAX_DEPTH and _nullable(schema):
        return None
    schema = _resolved(schema, root)
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[0]
    kind = schema.get("type")
    name = str(next((k for k in kind if k != "null"), "null") if isinstance(kind, list) else kind).lower()
    return _example_of(name, schema, hint, root, depth + 1)


def _nullable(schema: Mapping[str, object]) -> bool:
    branches = schema.get("anyOf") or schema.get("oneOf")
    return isinstance(branches, list) and {"type": "null"} in branches


def _example_of(
    name: str, schema: Mapping[str, object], hint: str, root: Mapping[str, object], depth: int
) -> object:
    if name == "object" or "properties" in schema:
        properties = schema.get("properties")
        fields = properties if isinstance(properties, dict) else {}
        named = {key: value for key, value in fields.items() if isinstance(value, dict)}
        return {key: example(value, hint, root, depth) for key, value in named.items()}
    if name == "array":
        items = schema.get("items")
        return [example(items, hint, root, depth)] if isinstance(items, dict) and depth <= MAX_DEPTH else []
    plain: dict[str, object] = {"integer": 1, "number": 1.5, "boolean": True, "null": None, "none": {}}
    return plain.get(name, hint or "text")


def _resolved(schema: Mapping[str, object], root: Mapping[str, object]) -> Mapping[str, object]:
    """Follow one ``$ref`` within the schema, or the first branch of a union."""
    if isinstance(ref := schema.get("$ref"), str):
        target: object = root
        for step in ref.removeprefix("#/").split("/"):
            target = target.get(step, {}) if isinstance(target, dict) else {}
        return _resolved(target, root) if isinstance(target, dict) and target != schema else {}
    for word in ("anyOf", "oneOf", "allOf"):
        if isinstance(branches := schema.get(word), list) and branches and isinstance(branches[0], dict):
            return _resolved(branches[0], root)
    return schema


def png() -> bytes:
    """A valid PNG of one grey pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def base64_text(data: bytes) -> str:
    """*data* in base64, as JSON carries it."""
    return base64.b64encode(data).decode()
