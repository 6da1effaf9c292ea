"""A finished turn goes back as it came."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gravitex_async import AsyncGravitex, ToolCall
from gravitex_async._json import dumps
from gravitex_async.answers import keep_payload
from gravitex_async.chat import ChatCompletion, tool_result
from gravitex_async.testing import Call, LocalGateway, Tape

ASK: dict[str, Any] = {"model": "deepseek-v4", "messages": [{"role": "user", "content": "Weather?"}]}
SIGNED = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Oslo"}', "strange": [1]},
    "extra_content": {"google": {"thought_signature": "c2ln"}},
    "vendor": {"k": None},
}


def completion(message: Any, **fields: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": "stop", **fields}
    return dumps({"id": "x", "object": "chat.completion", "choices": [choice]})


async def answered(client: AsyncGravitex, gateway: LocalGateway, message: Any) -> ChatCompletion:
    """The answer whose message is *message*."""
    gateway.play(Tape(completion(message), content_type="application/json"))
    return await client.chat.completions.create(**ASK)


async def test_a_plain_answer_goes_back_as_it_came(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Signatures, unknown fields and the order of keys included."""
    message = {
        "role": "assistant",
        "content": "Wait.",
        "vendor_state": {"a": [1, None]},
        "tool_calls": [SIGNED],
        "reasoning_details": [{"type": "reasoning.encrypted", "data": "Zm9v"}],
    }
    answer = await answered(client, gateway, message)
    assert answer.to_input() == [message]
    assert list(answer.to_input()[0]) == list(message)


@given(
    st.dictionaries(
        st.from_regex(r"x_[a-z]{1,8}", fullmatch=True),
        st.integers(-(2**63), 2**63) | st.text("abc", min_size=1),
    )
)
def test_any_unknown_field_goes_back(extra: dict[str, Any]) -> None:
    """Whatever a provider adds to the message or to a call."""
    message = {"role": "assistant", "content": "a", **extra, "tool_calls": [{**SIGNED, **extra}]}
    answer = msgspec.json.decode(completion(message), type=ChatCompletion)
    keep_payload(answer, completion(message))
    assert answer.to_input() == [message]


async def test_nulls_and_empty_lists_stay_here(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Some upstreams refuse ``tool_calls: []``; a turn that calls tools has no content key."""
    nulls = {"refusal": None, "annotations": [], "audio": None, "function_call": None}
    answer = await answered(client, gateway, {"role": "assistant", "content": "a", "tool_calls": [], **nulls})
    assert answer.to_input() == [{"role": "assistant", "content": "a"}]
    answer = await answered(client, gateway, {"role": "assistant", "content": None, "tool_calls": [SIGNED]})
    assert answer.to_input() == [{"role": "assistant", "tool_calls": [SIGNED]}]
    answer = await answered(client, gateway, {"content": None})
    assert answer.to_input() == [{"role": "assistant", "content": ""}]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_thinking_goes_back_with_tool_calls(
    client: AsyncGravitex, gateway: LocalGateway, name: str
) -> None:
    """DeepSeek wants it there and refuses it elsewhere; a switch overrules that."""
    plain = await answered(client, gateway, {"role": "assistant", "content": "a", name: "why"})
    assert name not in plain.to_input()[0]
    assert plain.to_input(reasoning=True)[0][name] == "why"
    calling = await answered(client, gateway, {"role": "assistant", name: "why", "tool_calls": [SIGNED]})
    assert calling.to_input()[0][name] == "why"
    assert name not in calling.to_input(reasoning=False)[0]


async def test_audio_goes_back_by_its_id(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The sound is the server's; the request takes only its id."""
    sound = {"id": "audio_1", "data": "AAAA", "transcript": "Hi", "expires_at": 1}
    answer = await answered(client, gateway, {"role": "assistant", "content": None, "audio": sound})
    assert answer.to_input() == [{"role": "assistant", "audio": {"id": "audio_1"}}]


async def test_a_streamed_answer_goes_back_too(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Text, thinking and calls put together; what came in ``extra_content`` stays with its call."""
    gateway.script(text="Wait.", reasoning="Hm.", tool_calls=[Call("weather", '{"city":"Oslo"}', "call_1")])
    async with client.chat.completions.stream(**ASK) as stream:
        final = await stream.final()
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    }
    expected = {"role": "assistant", "content": "Wait.", "reasoning_content": "Hm.", "tool_calls": [call]}
    assert stream.to_input() == final.to_input() == [expected]


async def test_signatures_of_a_stream_go_back(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Google's place for them in the chat dialect, on the call and on the message."""
    chunk = {
        "choices": [
            {"index": 0, "delta": {"tool_calls": [{"index": 0, **SIGNED}]}, "finish_reason": "tool_calls"}
        ]
    }
    gateway.play(Tape(b"data: " + dumps(chunk) + b"\n\ndata: [DONE]\n\n"))
    stream = client.chat.completions.stream(**ASK)
    await stream.final()
    [message] = stream.to_input()
    assert message["tool_calls"][0]["extra_content"] == SIGNED["extra_content"]


async def test_a_whole_answer_to_a_stream_goes_back_as_it_came(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """Where a server does not stream, its answer is still its own."""
    message = {"role": "assistant", "content": "a", "vendor_state": [1]}
    gateway.play(Tape(completion(message), content_type="application/json"))
    stream = client.chat.completions.stream(**ASK)
    await stream.final()
    assert stream.to_input() == [message]


def test_an_answer_without_choices_has_no_turn() -> None:
    """There is nothing to send back."""
    assert ChatCompletion().to_input() == []
    assert ChatCompletion().to_input(index=3) == []


async def test_each_choice_can_be_sent_back(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """By its index."""
    answer = await client.chat.completions.create(**ASK, n=2)
    assert answer.to_input(1) == [{"role": "assistant", "content": "You said: Weather? (1)"}]


@pytest.mark.parametrize(
    ("result", "content"),
    [
        ("sunny", "sunny"),
        ({"sky": "blue", "t": 3}, '{"sky":"blue","t":3}'),
        (None, "null"),
        (ValueError("no such city"), "Error: ValueError: no such city"),
        (TimeoutError(), "Error: TimeoutError"),
    ],
)
def test_tool_results(result: object, content: str) -> None:
    """Text as it is, values as JSON, exceptions as text a model can read; the id is that of the call."""
    call = ToolCall("call_1", "weather", "{}")
    assert tool_result(call, result) == {
        "role": "tool", "tool_call_id": "call_1", "name": "weather", "content": content,
    }  # fmt: skip


def test_the_result_of_a_deprecated_function_call() -> None:
    """It is answered by name."""
    call = ToolCall("", "weather", "{}", extra={"type": "function_call"})
    assert tool_result(call, "sunny") == {"role": "function", "name": "weather", "content": "sunny"}


async def test_unknown_fields_of_a_stream_go_back(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What a delta or a fragment of a call brings beside the known fields; the last value of each counts."""
    call = {"index": 2, "id": "c1", "function": {"name": "f", "arguments": "{}"}, "seal": "s1"}
    events = [
        {
            "id": "1",
            "model": "m",
            "choices": [{"delta": {"role": "assistant", "mood": "calm", "reasoning_content": "x"}}],
        },
        {"choices": [{"index": 0, "delta": {"mood": "busy", "trace": {"id": [1]}, "tool_calls": [call]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    body = b"".join(b"data: %b\n\n" % dumps(event) for event in events) + b"data: [DONE]\n\n"
    gateway.play(Tape(body))
    stream = client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}])
    await stream.final()
    assert stream.tool_calls[0].extra == {"seal": "s1"}
    (turn,) = stream.to_input()
    assert (turn["mood"], turn["trace"], turn["reasoning_content"]) == ("busy", {"id": [1]}, "x")
    assert turn["tool_calls"][0]["seal"] == "s1"
