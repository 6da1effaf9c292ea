"""What real gateways refuse is refused here, in their words; what they take passes."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async import AsyncGravitex, AuthenticationError, BadRequestError
from gravitex_async._json import loads
from gravitex_async.testing import Call

from .conftest import Reader, content

USER = {"role": "user", "content": "hi"}
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
GEMINI = "/v1beta/models/gemini-2.5-flash"
TURN = {"role": "user", "parts": [{"text": "hi"}]}


async def refusal(reader: Reader, path: str, body: Any) -> dict[str, Any]:
    """The error that answers *body*."""
    async with reader.post(path, body) as response:
        assert response.status == 400, await response.text()
        return loads(await response.read())["error"]


Words = tuple[str, str, str]


def wrong(path: str, wanted: str, got: str) -> Words:
    return f"Invalid type for '{path}': expected {wanted}, but got {got} instead.", "invalid_type", path


def missing(path: str) -> Words:
    return f"Missing required parameter: '{path}'.", "missing_required_parameter", path


def beyond(path: str, kind: str, side: str, limit: str, got: str) -> Words:
    message = f"Invalid '{path}': {kind} {side}imum value. Expected a value {limit}, but got {got} instead."
    return message, f"{kind}_{side.replace(' ', '_')}_value", path


EITHER = "one of a string or an array"
EMPTY = "Expected an array with minimum length 1, but got an empty array instead."
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"


def turn(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", **fields}]}


CHAT_REFUSALS: list[tuple[dict[str, Any], Words]] = [
    ({"temperature": "hot"}, wrong("temperature", "a decimal", "a string")),
    ({"temperature": True}, wrong("temperature", "a decimal", "a boolean")),
    ({"temperature": 2.5}, beyond("temperature", "decimal", "above max", "<= 2", "2.5")),
    ({"max_tokens": 0}, beyond("max_tokens", "integer", "below min", ">= 1", "0")),
    ({"max_tokens": 1.5}, wrong("max_tokens", "an integer", "a decimal")),
    ({"stream": "yes"}, wrong("stream", "a boolean", "a string")),
    ({"stop": 5}, wrong("stop", EITHER, "an integer")),
    ({"stop": ["a", 5]}, wrong("stop[1]", "a string", "an integer")),
    ({"tools": ["f"]}, wrong("tools[0]", "an object", "a string")),
    ({"tools": [{"type": "function", "function": {}}]}, missing("tools[0].function.name")),
    ({"logit_bias": {"5": "x"}}, wrong("logit_bias[...]", "a decimal", "a string")),
    ({"messages": ["hello"]}, wrong("messages[0]", "an object", "a string")),
    ({"messages": "hello"}, wrong("messages", "an array", "a string")),
    ({"messages": [USER, {"role": "user"}]}, missing("messages[1].content")),
    ({"messages": [{"role": "assistant"}]}, missing("messages[0].content")),
    ({"messages": [{"content": "hi"}]}, missing("messages[0].role")),
    ({"messages": [USER, {"role": "tool", "content": "x"}]}, missing("messages[1].tool_call_id")),
    (turn(content=None), wrong("messages[0].content", EITHER, "null")),
    (turn(content=[{"text": "hi"}]), missing("messages[0].content[0].type")),
    (turn(content=[{"type": "text"}]), missing("messages[0].content[0].text")),
    (turn(content=[]),
     (f"Invalid 'messages[0].content': empty array. {EMPTY}", "empty_array", "messages[0].content")),
    (turn(content="hi", role="robot"),
     (f"Invalid value: 'robot'. Supported values are: {ROLES}.", "invalid_value", "messages[0].role")),
]  # fmt: skip

RESPONSES_REFUSALS: list[tuple[dict[str, Any], Words]] = [
    ({"temperature": "hot"}, wrong("temperature", "a decimal", "a string")),
    ({"input": ["hello"]}, wrong("input[0]", "an object", "a string")),
    ({"input": 5}, wrong("input", EITHER, "an integer")),
    ({"input": [{"role": "user"}]}, missing("input[0].content")),
    ({"input": [{"content": "hi"}]}, missing("input[0].role")),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, missing("input[0].call_id")),
    ({"truncation": "maybe"}, ("Invalid value: 'maybe'.", "invalid_value", "truncation")),
    ({"max_output_tokens": "9"}, wrong("max_output_tokens", "an integer", "a string")),
]

OPENAI = [
    *((CHAT, {"model": "m", "messages": [USER], **changes}, *words) for changes, words in CHAT_REFUSALS),
    *((RESPONSES, {"model": "m", "input": "x", **changes}, *words) for changes, words in RESPONSES_REFUSALS),
    (
        "/v1/embeddings",
        {"model": "m", "input": "hi", "dimensions": "many"},
        *wrong("dimensions", "an integer", "a string"),
    ),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "body", "message", "code", "param"), OPENAI)
async def test_openai_words(
    reader: Reader, path: str, body: Any, message: str, code: str, param: str, stream: bool
) -> None:
    """A body that does not fit is a 400 that names the field and what was expected there."""
    error = await refusal(reader, path, {"stream": stream, **body})
    assert error["message"].startswith(f"{message} (request id: ")
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)


def invalid(path: str, kind: str, value: str) -> str:
    if not kind.startswith("TYPE_"):
        kind = f"type.googleapis.com/google.ai.generativelanguage.v1beta.{kind}"
    return f"Invalid value at '{path}' ({kind}), {value}"


CONFIG = "generation_config"
EMPTY_PARTS = "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n"
NO_DATA = (
    "* GenerateContentRequest.contents[1].parts[0].data: "
    "required oneof field 'data' must have one initialized field\n"
)
UNSURE = {"thinkingConfig": {"includeThoughts": "maybe"}}

GOOGLE: list[tuple[dict[str, Any], str]] = [
    ({"generationConfig": {"temperature": "hot"}}, invalid(f"{CONFIG}.temperature", "TYPE_FLOAT", '"hot"')),
    ({CONFIG: {"max_output_tokens": []}}, invalid(f"{CONFIG}.max_output_tokens", "TYPE_INT32", "[]")),
    ({CONFIG: {"stopSequences": [5]}}, invalid(f"{CONFIG}.stop_sequences[0]", "TYPE_STRING", "5")),
    ({CONFIG: UNSURE}, invalid(f"{CONFIG}.thinking_config.include_thoughts", "TYPE_BOOL", '"maybe"')),
    ({"generationConfig": "x"}, invalid(CONFIG, "GenerationConfig", '"x"')),
    ({"contents": ["hello"]}, invalid("contents[0]", "Content", '"hello"')),
    ({"contents": [{"parts": ["hello"]}]}, invalid("contents[0].parts[0]", "Part", '"hello"')),
    ({"contents": [{"parts": [{"text": 5}]}]}, invalid("contents[0].parts[0].text", "TYPE_STRING", "5")),
    ({"contents": [{"role": "user"}]}, EMPTY_PARTS),
    ({"contents": [{"parts": []}]}, EMPTY_PARTS),
    ({"contents": [TURN, {"parts": [{}]}]}, NO_DATA),
    ({"contents": [{**TURN, "role": "robot"}]}, "Please use a valid role: user, model."),
]


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent", "countTokens"])
@pytest.mark.parametrize(("changes", "message"), GOOGLE)
async def test_google_words(reader: Reader, changes: dict[str, Any], message: str, method: str) -> None:
    """The same in Google's form for its methods, in both spellings of names."""
    body = {"contents": [TURN], **changes}
    if method == "countTokens" and "contents" not in changes:
        body = {"generateContentRequest": body}
        message = message.replace("at '", "at 'generate_content_request.")
    error = await refusal(reader, f"{GEMINI}:{method}", body)
    assert error == {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}


CALLS = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": [USER, {"role": "assistant", "tool_calls": CALLS},
                             {"role": "tool", "tool_call_id": "c", "content": ""}]}),
        (CHAT, {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": CALLS}, USER]}),
        (CHAT, {"messages": [USER, {"role": "assistant", "content": None, "refusal": "no"}, USER]}),
        (CHAT, {"messages": [{"role": "developer", "content": ""}, {"role": "user", "content": ""}]}),
        (CHAT, {"messages": [USER], "temperature": None, "stop": None, "tools": [], "unheard_of": {"of": 1}}),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": "hologram", "data": 1}], "name": "Ann"}]}),
        (RESPONSES, {"input": [{"type": "input_text", "text": "hi"}]}),
        (RESPONSES, {"input": [{"type": "reasoning", "summary": []}, {"role": "user", "content": ""}]}),
        (f"{GEMINI}:generateContent", {"contents": [{"parts": [{"text": ""}]}]}),
        (f"{GEMINI}:generateContent", {"contents": [TURN], CONFIG: {"temperature": "0.5", "topK": "3"}}),
        (f"{GEMINI}:generateContent", {"contents": [{"parts": [{"function_response": {"name": "f"}}]}]}),
    ],
)  # fmt: skip
async def test_what_they_take(reader: Reader, path: str, body: dict[str, Any]) -> None:
    """Fields that are null, unknown, or empty where that is allowed are no reason to refuse."""
    assert await reader.json(path, {"model": "m", **body})


async def test_the_client_raises(reader: Reader) -> None:
    """A refusal is the error of its status, with the field it complains of."""
    gateway = reader.gateway
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key) as client:
        with pytest.raises(BadRequestError, match="expected a decimal") as refused:
            await client.chat.completions.create(
                model="m", messages=[USER], extra_body={"temperature": "hot"}
            )
        assert (refused.value.param, refused.value.code) == ("temperature", "invalid_type")
        with pytest.raises(BadRequestError, match="must not be empty"):
            await client.gemini.generate_content(model="m", contents=[{"role": "user", "parts": []}])
        assert len(gateway.requests) == 2  # no second try


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (401, "Invalid or unauthorized API key", ""),
        (403, "This API key may not use this model", "access_denied"),
        (429, "Too many requests", "rate_limit_exceeded"),
        (503, "The server had an error", "server_error"),
    ],
)
async def test_a_fault_says_what_its_status_says(
    reader: Reader, status: int, message: str, code: str
) -> None:
    """A fault of a status has that status' own body, but for what is asked for."""
    reader.gateway.fault("status", status=status)
    reader.gateway.fault("status", status=status, message="mine", code=None)
    for wanted in ({"message": message, "code": code}, {"message": "mine", "code": None}):
        async with reader.post(CHAT, {"model": "m", "messages": [USER]}) as response:
            assert response.status == status
            error = loads(await response.read())["error"]
        assert {"message": error["message"], "code": error["code"]} == wanted


async def test_fault_401_reads_like_a_wrong_key(reader: Reader) -> None:
    """The fault and a wrong key are the same to a client."""
    gateway, seen = reader.gateway, []
    gateway.fault("status", status=401)
    for key in (gateway.api_key, "wrong"):
        async with AsyncGravitex(base_url=gateway.url, api_key=key) as client:
            with pytest.raises(AuthenticationError) as refused:
                await client.chat.completions.create(model="m", messages=[USER])
        error = refused.value
        seen.append((error.message.partition(" (request id")[0], error.code, error.type))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("stop", "wanted"),
    [("three", "one two "), (["zzz", "four", "three"], "one two "), (["", "o thr"], "one tw")],
)
async def test_chat_stops(reader: Reader, stop: Any, wanted: str) -> None:
    """The answer ends before the first stop text, wherever its deltas are cut."""
    reader.gateway.script(text=["one tw", "o thr", "ee four"], tool_calls=[Call("f")], times=2)
    chunks = await reader.chat(stop=stop)
    assert content(chunks) == wanted
    assert [c["finish_reason"] for chunk in chunks[:-1] for c in chunk["choices"]][-1] == "stop"
    answer = await reader.json(CHAT, {"model": "m", "messages": [USER], "stop": stop})
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": wanted}


@pytest.mark.parametrize(("stop", "wanted"), [("7", ("1 2 3 ", "length")), ("2", ("1 ", "stop"))])
async def test_stop_and_length(reader: Reader, stop: str, wanted: tuple[str, str]) -> None:
    """What comes first ends the answer; a stop text that does not come changes nothing."""
    ask = {"model": "m", "messages": [{"role": "user", "content": "count to 9"}], "max_tokens": 3}
    (choice,) = (await reader.json(CHAT, {**ask, "stop": stop}))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == wanted


async def test_gemini_stops(reader: Reader) -> None:
    """``stopSequences`` likewise, in both spellings; every candidate on its own."""
    for name in ("stopSequences", "stop_sequences"):
        body = {
            "contents": [{"parts": [{"text": "count to 9"}]}],
            "generationConfig": {name: ["4", "3 "], "candidateCount": 2},
        }
        answer = await reader.json(f"{GEMINI}:generateContent", body)
        assert [c["content"]["parts"][0]["text"] for c in answer["candidates"]] == ["1 2 ", "1 2 "]
        assert {c["finishReason"] for c in answer["candidates"]} == {"STOP"}


async def test_count_tokens(reader: Reader) -> None:
    """The count is that of the prompt in the usage of an answer; contents alone, or a whole request."""
    request = {"contents": [TURN, {"role": "model", "parts": [{"text": "hello to you"}]}, TURN]}
    counted = await reader.json(f"{GEMINI}:countTokens", request)
    answer = await reader.json(f"{GEMINI}:generateContent", request)
    assert counted["totalTokens"] == answer["usageMetadata"]["promptTokenCount"] > 1
    assert counted == await reader.json(f"{GEMINI}:countTokens", {"generateContentRequest": request})
    error = await refusal(reader, f"{GEMINI}:countTokens", {})
    assert error["status"] == "INVALID_ARGUMENT"
    async with reader.post("/v1beta/models/unknown:countTokens", request) as response:
        assert response.status == 404
