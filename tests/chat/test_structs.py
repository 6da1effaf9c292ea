"""The wire structs of chat: what is sent back looks as it came, and unknown fields stay within reach."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest

from gravitex_async import chat
from gravitex_async._json import dumps
from gravitex_async.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    CompletionUsage,
    ContentPart,
    MessageToolCall,
)

# The documents' own answer (000 and 001, "Response Format").
DOCUMENTED = b"""{
"id": "chatcmpl-xxx",
"object": "chat.completion",
"created": 1234567890,
"model": "glm-5",
"choices": [
{"index": 0, "message": {"role": "assistant", "content": "Response content..."}, "finish_reason": "stop"}
],
"usage": {"prompt_tokens": 25, "completion_tokens": 100, "total_tokens": 125}
}"""


def test_the_documented_answer_survives_a_round_trip() -> None:
    """Encoded and decoded again it is the same answer, and no field is invented."""
    completion = msgspec.json.decode(DOCUMENTED, type=ChatCompletion)
    encoded = dumps(completion)
    assert msgspec.json.decode(encoded, type=ChatCompletion) == completion
    assert msgspec.json.decode(encoded).keys() == msgspec.json.decode(DOCUMENTED).keys()


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": "x"},
        {"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "assistant", "content": "x", "reasoning_content": "r"},
        {"role": "assistant", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "refusal": "no"},
        {"role": "assistant", "content": "x", "reasoning_details": [{"type": "t", "data": "d", "odd": [1]}]},
    ],
    ids="+".join,
)  # fmt: skip
def test_a_message_goes_back_as_it_came(message: dict[str, object]) -> None:
    """An assistant message may stand in the next request: same keys, nothing added."""
    decoded = msgspec.json.decode(msgspec.json.encode(message), type=ChatCompletionMessage)
    assert msgspec.json.decode(dumps(decoded)) == message


def test_a_message_always_says_whose_it_is() -> None:
    """An answer without a role is an assistant's, and says so when it is sent back."""
    decoded = msgspec.json.decode(b'{"content":"x"}', type=ChatCompletionMessage)
    assert msgspec.json.decode(dumps(decoded)) == {"role": "assistant", "content": "x"}


@pytest.mark.parametrize(
    ("payload", "content", "reasoning"),
    [
        (b'{"choices":[{"delta":{"content":"x"}}]}', "x", ""),
        (b'{"choices":[{"delta":{"content":[{"type":"text","text":"x"}]}}]}', "x", ""),
        (b'{"choices":[{"delta":{"content":[{"type":"image_url","image_url":{}}]}}]}', "", ""),
        (b'{"choices":[{"delta":{"reasoning":"r"}}]}', "", "r"),
        (b'{"choices":[{"index":1,"delta":{"content":"x"}}]}', "", ""),
        (b'{"choices":[{}]}', "", ""),
        (b'{"choices":[]}', "", ""),
        (b"{}", "", ""),
    ],
)
def test_the_accessors_of_a_chunk_never_raise(payload: bytes, content: str, reasoning: str) -> None:
    """They speak of choice 0 and are "" where there is nothing (the documents' own loop breaks there)."""
    chunk = msgspec.json.decode(payload, type=ChatCompletionChunk)
    assert (chunk.content, chunk.reasoning_content, chunk.finish_reason) == (content, reasoning, None)


def test_structs_can_be_copied_and_pickled() -> None:
    """Answers travel between processes, in batches and in errors."""
    completion = msgspec.json.decode(DOCUMENTED, type=ChatCompletion)
    assert pickle.loads(pickle.dumps(completion)) == completion
    assert copy.deepcopy(completion) == completion


def test_every_struct_can_be_made_of_nothing() -> None:
    """Every field has a default: no provider sends all of them."""
    for name in chat.__all__:
        value = getattr(chat, name)
        if (
            isinstance(value, type)
            and issubclass(value, msgspec.Struct)
            and name not in ("Chat", "Completions")
        ):
            assert value() == msgspec.json.decode(b"{}", type=value)


def test_the_lists_of_one_struct_are_not_those_of_another() -> None:
    """A default list is fresh each time: appending to one answer leaves the next alone."""
    ChatCompletion().choices.append(chat.Choice())
    assert ChatCompletion().choices == []


def test_usage_in_the_form_all_dialects_share() -> None:
    """300 of 500 tokens were thinking, so 200 are visible: Gravitex's own sample of Grok."""
    usage = msgspec.json.decode(
        b'{"prompt_tokens":100,"completion_tokens":500,"total_tokens":600,'
        b'"completion_tokens_details":{"reasoning_tokens":300}}',
        type=CompletionUsage,
    ).neutral()
    assert (usage.reasoning_tokens, usage.visible_tokens, usage.total_tokens) == (300, 200, 600)


def test_large_images_survive_in_full() -> None:
    """An image in a content part or as Markdown is not cut, copied or reformatted."""
    data = "data:image/png;base64," + "QUJD" * 100_000
    part = msgspec.json.encode({"type": "image_url", "image_url": {"url": data}})
    assert msgspec.json.decode(part, type=ContentPart).image_url["url"] == data


def test_parts_and_calls_keep_what_they_do_not_know_out_of_the_way() -> None:
    """Unknown keys of parts and calls are ignored by the structs, and no error."""
    assert msgspec.json.decode(b'{"id":"a","surprise":1}', type=MessageToolCall).id == "a"
