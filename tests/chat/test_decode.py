"""From JSON to the structs of a chat answer, and a whole completion as the one chunk that brings it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.chat import ChatCompletion, ChatCompletionChunk
from gravitex_async.chat._decode import answer_decoder, chunk_decoder, chunk_of, completion_of
from gravitex_async.errors import DecodeError, MisuseError

from .folding import chunk


class Chunk(ChatCompletionChunk):
    """A caller's own type."""

    x_mine: str = ""


def test_decoders_are_made_once() -> None:
    """Those of the package's own types; a caller's type is read as what it is."""
    assert answer_decoder() is answer_decoder()
    assert answer_decoder().type is ChatCompletion
    assert chunk_decoder(None) is chunk_decoder(None)
    assert chunk_decoder(None).type is ChatCompletionChunk
    assert chunk_decoder(Chunk).decode(b'{"id":"a","x_mine":"b"}') == Chunk(id="a", x_mine="b")


@pytest.mark.parametrize("odd", [ChatCompletion, dict, "chunk", Chunk(), 7])
def test_what_is_no_type_of_chunk_is_refused(odd: Any) -> None:
    """Before anything is sent, and by what came."""
    with pytest.raises(MisuseError, match="expected chunk_type as a subclass of ChatCompletionChunk, got "):
        chunk_decoder(odd)


@pytest.mark.parametrize("body", [b"{}", b'{"choices":[]}', b'{"object":"list","choices":[]}', b"7", b"{"])
def test_what_is_no_completion(body: bytes) -> None:
    """An answer has choices."""
    with pytest.raises((ValueError, DecodeError), match="expected"):
        completion_of(body)


@pytest.mark.parametrize("index", [b'"3"', b"3.0", b'"3.0"'])
def test_odd_completions_are_read(index: bytes) -> None:
    """Numbers as text the quick way, what is stranger than that the tolerant way."""
    body = b'{"choices":[{"index":%b,"message":{"content":null}}]}' % index
    found = completion_of(body)
    assert found.choices[0].index == 3
    assert found.raw == body


def chunk_from(message: dict[str, Any], **choice: Any) -> dict[str, Any]:
    """What is sent of the chunk that a completion with this message becomes."""
    body = {"id": "c1", "model": "m", "choices": [{"index": 0, "message": message, **choice}]}
    made: dict[str, Any] = msgspec.to_builtins(chunk_of(completion_of(msgspec.json.encode(body))))
    return made


def test_the_chunk_of_a_completion_without_anything() -> None:
    """Fields that bring nothing are absent, and the answer is finished whether it says so or not."""
    (choice,) = chunk_from({})["choices"]
    assert choice["delta"] == {"role": "assistant"}
    assert choice["finish_reason"] == "stop"


def test_the_chunk_of_a_completion_with_everything() -> None:
    """It is what a stream would have sent at once."""
    call = {
        "id": "a",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"x": 1},
    }
    custom = {"id": "b", "type": "custom", "custom": {"name": "g", "input": "i"}}
    rest = {
        "role": "assistant", "content": "t", "refusal": "no", "annotations": [{"type": "url_citation"}],
        "function_call": {"name": "h", "arguments": "1"}, "audio": {"id": "s"},
    }  # fmt: skip
    found = chunk_from({**rest, "reasoning": "r", "tool_calls": [call, custom]}, finish_reason="length")
    assert {name: found[name] for name in ("id", "object", "model")} == {
        name: value for name, value in chunk().items() if name != "choices"
    }
    (choice,) = found["choices"]
    assert choice["finish_reason"] == "length"
    calls = [{"index": 0, **call}, {"index": 1, **custom}]
    assert choice["delta"] == {**rest, "reasoning_content": "r", "tool_calls": calls}


def test_each_choice_is_a_choice_of_the_chunk() -> None:
    """With its own index; counts, time and sources belong to the answer."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    body = {
        "created": 7,
        "usage": usage,
        "citations": ["u"],
        "choices": [{"index": i, "message": {}} for i in (0, 3)],
    }
    found = chunk_of(completion_of(msgspec.json.encode(body)))
    assert [choice.index for choice in found.choices] == [0, 3]
    assert (found.created, found.citations) == (7, ["u"])
    assert found.usage is not None
    assert found.usage.total_tokens == 3
