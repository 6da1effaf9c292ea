"""``client.gemini`` over real sockets. Rows are those of the checklist."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gravitex_async import (
    APIError,
    AsyncGravitex,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    MisuseError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    StreamInterrupted,
    TruncatedOutputError,
)
from gravitex_async.gemini import GeminiStream, GenerateContentResponse, tool_result
from gravitex_async.testing import LocalGateway, Tape

from ..captured import Capture, captures

MODEL = "gemini-2.5-flash"
KEY = "sk-local"


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway([KEY]) as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(api_key=KEY, base_url=gateway.url) as client:
        yield client


def event(text: str, finish: str | None = None) -> bytes:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return json.dumps({"candidates": [candidate]}).encode()


def sse(*payloads: bytes) -> bytes:
    return b"".join(b"data: " + payload + b"\n\n" for payload in payloads)


async def test_row_140_generate_content(gateway, client):
    """The documented request and answer."""
    gateway.script(text="Response text")
    answer = await client.gemini.generate_content(
        model=MODEL, contents="Describe AI in one sentence", temperature=0.7, max_output_tokens=1024
    )
    request = gateway.requests[-1]
    assert (request.method, request.path) == ("POST", f"/v1beta/models/{MODEL}:generateContent")
    assert dict(request.query) == {}
    assert request.headers["Content-Type"] == "application/json"
    assert request.json == {
        "contents": [{"role": "user", "parts": [{"text": "Describe AI in one sentence"}]}],
        "generationConfig": {"temperature": 0.7, "maxOutputTokens": 1024},
    }
    assert (answer.text, answer.finish_reason, answer.usage.source) == ("Response text", "STOP", "server")


async def test_row_141_stream(gateway, client):
    """The same body, ``alt=sse``, one chunk per line; chunks are merged."""
    gateway.script(text=["Resp", "onse"], reasoning=["h", "m"])
    async with client.gemini.generate_content_stream(model=MODEL, contents="hi") as stream:
        chunks = [chunk async for chunk in stream]
    request = gateway.requests[-1]
    assert request.path == f"/v1beta/models/{MODEL}:streamGenerateContent"
    assert dict(request.query) == {"alt": "sse"}
    assert request.json == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    assert "".join(chunk.text for chunk in chunks) == stream.content == "Response"
    assert (stream.reasoning_content, stream.finish_reason) == ("hm", "STOP")
    assert (stream.end.state, stream.end.reason) == ("completed", "stop")
    assert stream.usage.source == "server"
    final = await stream.final()
    assert [part.text for part in final.parts] == ["hm", "Response"]


async def test_a_stream_is_awaited_entered_or_iterated(gateway, client):
    """One object, and the request is sent at the first of these."""
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    assert isinstance(stream, GeminiStream)
    assert gateway.requests == []
    assert await stream is stream
    assert (await stream.final()).text
    text = [piece async for piece in client.gemini.generate_content_stream(model=MODEL, contents="hi").text()]
    assert all(text)
    assert len(gateway.requests) == 2


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1beta", "/v1/responses"])
async def test_row_3_native_path(gateway, suffix):
    """Whatever form the base URL has, native calls go to /v1beta on the same host."""
    async with AsyncGravitex(api_key=KEY, base_url=gateway.url + suffix) as client:
        await client.gemini.generate_content(model=MODEL, contents="hi")
    assert gateway.requests[-1].path == f"/v1beta/models/{MODEL}:generateContent"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (f"{MODEL}-thinking", f"{MODEL}-thinking"),
        (f"{MODEL}-thinking-8192", f"{MODEL}-thinking-8192"),
        (f"{MODEL}-nothinking", f"{MODEL}-nothinking"),
        ("gemini-3-pro-preview-thinking-low", "gemini-3-pro-preview-thinking-low"),
        ("gemini-3-pro-preview-thinking-high", "gemini-3-pro-preview-thinking-high"),
        (f"models/{MODEL}", MODEL),
        ("google/gemini-2.5", "google/gemini-2.5"),
        ("a b:c?d", "a%20b%3Ac%3Fd"),
    ],
)
async def test_row_153_model_names_are_sent_verbatim(gateway, client, model, path):
    """Suffixes stay; what cannot stand in a path is encoded; ``models/`` is removed."""
    await client.gemini.generate_content(model=model, contents="hi")
    assert gateway.requests[-1].path in (
        f"/v1beta/models/{path}:generateContent",
        f"/v1beta/models/{model}:generateContent",
    )


@pytest.mark.parametrize("model", ["", "models/", "../x", None])
async def test_what_is_no_model(gateway, client, model):
    """Said before anything is sent."""
    with pytest.raises(MisuseError):
        client.gemini.generate_content(model=model, contents="hi")
    assert gateway.requests == []


async def test_row_6_bearer_is_the_default(gateway, client):
    """Exactly one credential."""
    await client.gemini.generate_content(model=MODEL, contents="hi")
    request = gateway.requests[-1]
    assert request.headers.getall("Authorization") == [f"Bearer {KEY}"]
    assert "x-goog-api-key" not in request.headers
    assert "key" not in request.query


async def test_row_7_google_header(gateway):
    """Google's header, and no other; the other dialects stay with Bearer."""
    async with AsyncGravitex(api_key=KEY, base_url=gateway.url, auth="x-goog-api-key") as client:
        await client.gemini.generate_content(model=MODEL, contents="hi")
        native = gateway.requests[-1]
        await client.models.list()
    assert native.headers.getall("x-goog-api-key") == [KEY]
    assert "Authorization" not in native.headers
    assert gateway.requests[-1].headers.getall("Authorization") == [f"Bearer {KEY}"]


async def test_row_8_key_in_the_query(gateway):
    """Beside ``alt=sse``; it shows in no repr and no error."""
    async with AsyncGravitex(
        api_key=KEY, base_url=gateway.url, auth="query", max_retries=0, default_headers={"X-A": "b"}
    ) as client:
        stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
        await stream.final()
        assert dict(gateway.requests[-1].query) == {"alt": "sse", "key": KEY}
        assert "Authorization" not in gateway.requests[-1].headers
        gateway.fault("reset")
        with pytest.raises(APIError) as caught:
            await client.gemini.generate_content(model=MODEL, contents="hi")
        shown = repr(client) + repr(stream) + repr(caught.value) + str(caught.value)
    assert KEY not in shown


async def test_row_149_function_round_trip(gateway, client):
    """The call comes with a signature, which goes back with the result of the function."""
    gateway.script(tool_calls=[("get_weather", {"location": "Shanghai"}), ("get_time", {})])
    tools = [{"function_declarations": [{"name": "get_weather"}, {"name": "get_time"}]}]
    stream = client.gemini.generate_content_stream(model=MODEL, contents="Shanghai?", tools=tools)
    answer = await stream.final()
    weather, time = answer.function_calls
    assert (weather.name, weather.args, time.args) == ("get_weather", {"location": "Shanghai"}, {})
    assert [call.name for call in stream.tool_calls] == ["get_weather", "get_time"]
    results = [tool_result(weather, "fine"), tool_result(stream.tool_calls[1], {"hour": 12})]
    await client.gemini.generate_content(model=MODEL, contents=["Shanghai?", answer, *results], tools=tools)
    sent: Any = gateway.requests[-1].json
    user, model, given = sent["contents"]
    assert (user["role"], model["role"], given["role"]) == ("user", "model", "user")
    assert model["parts"][0]["thoughtSignature"]
    assert "thoughtSignature" not in model["parts"][1]
    assert [part["functionResponse"]["id"] for part in given["parts"]] == [weather.id, time.id]
    responses = [part["functionResponse"]["response"] for part in given["parts"]]
    assert responses == [{"result": "fine"}, {"hour": 12}]


async def test_row_151_grounding_is_read(gateway, client):
    """From the last event of a stream."""
    last = json.loads(event("b", "STOP"))
    last["candidates"][0]["groundingMetadata"] = {
        "webSearchQueries": ["weather"],
        "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}],
        "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 2}, "groundingChunkIndices": [0]}],
    }
    gateway.play(Tape(sse(event("a"), json.dumps(last).encode())))
    final = await client.gemini.generate_content_stream(model=MODEL, contents="hi").final()
    grounding = final.candidates[0].grounding_metadata
    assert grounding is not None
    assert grounding.grounding_chunks[0].web is not None
    assert grounding.grounding_chunks[0].web.title == "A"
    assert grounding.grounding_supports[0].grounding_chunk_indices == [0]


async def test_row_157_images(gateway, client):
    """The bytes are those of the source, plain and streamed."""
    source = bytes(range(256)) * 9
    for _ in range(2):
        gateway.script(images=[source])
    plain = await client.gemini.generate_content(model=MODEL, contents="cat", response_modalities=["IMAGE"])
    streamed = await client.gemini.generate_content_stream(model=MODEL, contents="cat").final()
    assert plain.images[0].data == streamed.images[0].data == source
    assert plain.images[0].mime_type == "image/png"


async def test_row_98_text_of_errors_is_shown(gateway, client):
    """Retried with a pause before the first output, then raised in the gateway's words."""
    error = {"error": {"code": 503, "message": "the model is overloaded", "status": "UNAVAILABLE"}}
    gateway.script(error=error, status=503, times=None)
    policy = RetryPolicy(max_retries=2, initial_delay=0.001)
    with pytest.raises(ServerError, match="the model is overloaded") as caught:
        await client.gemini.generate_content(model=MODEL, contents="hi", max_retries=policy)
    assert (caught.value.attempts, len(gateway.requests)) == (3, 3)
    gateway.clear()
    gateway.script(error=error, status=503)
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi", max_retries=policy)
    assert (await stream.final()).text
    assert stream.attempts == 2


@pytest.mark.parametrize(
    ("status", "name", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", BadRequestError, False),
        (401, "UNAUTHENTICATED", AuthenticationError, False),
        (404, "NOT_FOUND", NotFoundError, False),
        (429, "RESOURCE_EXHAUSTED", RateLimitError, True),
        (500, "INTERNAL", ServerError, True),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
async def test_rows_96_97_errors(gateway, client, status, name, kind, retryable, inside):
    """Google's body gives code, message and status; the class is the same inside a stream of status 200."""
    body = {"error": {"code": status, "message": "what went wrong", "status": name}}
    if inside:
        gateway.play(Tape(sse(event("a"), json.dumps(body).encode())))
        call = client.gemini.generate_content_stream(model=MODEL, contents="hi", max_retries=0).final()
    else:
        gateway.script(error=body, status=status)
        call = client.gemini.generate_content(model=MODEL, contents="hi", max_retries=0)
    with pytest.raises(kind) as caught:
        await call
    error = caught.value
    assert (error.code, error.message, error.type, error.status) == (status, "what went wrong", name, status)
    assert error.retryable is retryable
    assert (error.partial.text if inside else error.partial) == ("a" if inside else None)


async def test_an_error_body_with_status_200(gateway, client):
    """The openai shape, Google's, and an array of one; no event stream at all."""
    for failure in (
        {"error": {"message": "no", "code": "invalid_api_key"}},
        [{"error": {"code": 401, "message": "no"}}],
    ):
        for _ in range(2):
            gateway.play(Tape(json.dumps(failure).encode(), content_type="application/json"))
        with pytest.raises(AuthenticationError):
            await client.gemini.generate_content(model=MODEL, contents="hi")
        with pytest.raises(AuthenticationError):
            await client.gemini.generate_content_stream(model=MODEL, contents="hi").final()


async def test_raw_json_in_the_middle_of_a_stream_is_an_error(gateway, client):
    """Google writes a pretty-printed error without ``data:``."""
    error = json.dumps(
        {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}, indent=2
    )
    gateway.play(Tape(sse(event("a")) + error.encode()))
    with pytest.raises(RateLimitError, match="slow down") as caught:
        await client.gemini.generate_content_stream(model=MODEL, contents="hi").final()
    assert caught.value.partial.text == "a"


async def test_a_stream_without_its_end_is_interrupted(gateway, client):
    """No finishReason, no prompt block: what had arrived is in the error."""
    gateway.play(Tape(sse(event("a"), event("b"))))
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    with pytest.raises(StreamInterrupted) as caught:
        await stream.final()
    assert caught.value.partial.text == "ab"
    assert stream.end.state == "interrupted"


CALL_EVENT = (
    b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}, "index": 0, '
    b'"finishReason": "FUNCTION_CALL"}]}'
)
BLOCKED = b'{"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {"totalTokenCount": 3}}'


async def test_a_blocked_prompt_has_a_finish_reason(gateway, client):
    """The reason of the block: of the stream, its events, its deltas and its answer, and of a plain one."""
    gateway.play(Tape(sse(BLOCKED)), times=2)
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    assert [chunk.finish_reason async for chunk in stream] == ["OTHER"]
    assert (stream.finish_reason, (await stream.final()).finish_reason) == ("OTHER", "OTHER")
    assert (stream.end.state, stream.end.reason, stream.usage.total_tokens) == ("incomplete", "filtered", 3)
    told = client.gemini.generate_content_stream(model=MODEL, contents="hi").deltas()
    assert [(delta.finish_reason, delta.content) async for delta in told] == [("OTHER", "")]
    gateway.play(Tape(BLOCKED, content_type="application/json"))
    answer = await client.gemini.generate_content(model=MODEL, contents="hi")
    assert (answer.finish_reason, answer.text) == ("OTHER", "")
    with pytest.raises(TruncatedOutputError, match=r"cut \(OTHER\)"):
        answer.parsed(dict[str, int])


@pytest.mark.parametrize(
    ("payload", "state", "reason"),
    [
        (CALL_EVENT, "completed", "tool_calls"),
        (event("a", "FUNCTION_CALL"), "completed", "tool_calls"),
        (event("a", "MAX_TOKENS"), "incomplete", "length"),
        (event("a", "SAFETY"), "incomplete", "filtered"),
        (event("a", "MALFORMED_FUNCTION_CALL"), "incomplete", "error"),
        (event("a", "SOMETHING_NEW"), "completed", "unknown"),
        (b'{"promptFeedback": {"blockReason": "SAFETY"}}', "incomplete", "filtered"),
    ],
)
async def test_how_a_stream_ended(gateway, client, payload, state, reason):
    """The word on the wire has a neutral class; a blocked prompt is a filtered answer."""
    gateway.play(Tape(sse(payload)))
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    await stream.final()
    assert (stream.end.state, stream.end.reason) == (state, reason)


async def test_an_array_in_place_of_events(gateway, client):
    """A proxy that drops ``alt=sse``: Google sends one JSON array; its elements are the events."""
    array = b"[" + event("a") + b",\r\n" + event("b", "STOP") + b"\r\n]"
    gateway.play(Tape(array, content_type="application/json", streamed=True, every=7))
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    assert [chunk.text async for chunk in stream] == ["a", "b"]
    assert stream.end.state == "completed"


async def test_an_array_that_holds_an_error(gateway, client):
    """What came before it is delivered."""
    array = b"[" + event("a") + b',{"error": {"code": 503, "message": "overloaded"}}]'
    gateway.play(Tape(array, content_type="application/json"))
    with pytest.raises(ServerError, match="overloaded") as caught:
        await client.gemini.generate_content_stream(model=MODEL, contents="hi").final()
    assert caught.value.partial.text == "a"


async def test_a_whole_answer_in_place_of_a_stream(gateway, client):
    """Delivered as one event."""
    gateway.play(Tape(event("a", "STOP"), content_type="application/json"))
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    assert [chunk.text async for chunk in stream] == ["a"]


async def test_a_stream_in_place_of_a_whole_answer(gateway, client):
    """Read as one, for it is the same answer."""
    gateway.play(Tape(sse(event("a"), event("b", "STOP"))))
    assert (await client.gemini.generate_content(model=MODEL, contents="hi")).text == "ab"


async def test_snake_case_in_a_plain_answer(gateway, client):
    """What a proxy renamed is read, and enums that came as numbers."""
    answer = {
        "candidates": [{"content": {"parts": [{"text": "a"}]}, "finish_reason": 1}],
        "usage_metadata": {"prompt_token_count": 1, "total_token_count": 2},
    }
    gateway.play(Tape(json.dumps(answer).encode(), content_type="application/json"))
    read = await client.gemini.generate_content(model=MODEL, contents="hi")
    assert (read.text, read.finish_reason, read.usage.total_tokens) == ("a", "STOP", 2)


async def test_html_in_place_of_an_answer(gateway, client):
    """Neither an answer nor an error of the gateway."""
    for _ in range(2):
        gateway.play(Tape(b"<html>hello</html>", content_type="text/html"))
    with pytest.raises(DecodeError, match="html"):
        await client.gemini.generate_content(model=MODEL, contents="hi")
    with pytest.raises(DecodeError, match="html"):
        await client.gemini.generate_content_stream(model=MODEL, contents="hi").final()


class Chunk(GenerateContentResponse, kw_only=True):
    """With a field the gateway may send one day."""

    trace_id: str | None = None


async def test_a_chunk_type_of_the_callers(gateway, client):
    """Its fields are read in both spellings; what it does not know stays in ``extra``."""
    first = json.loads(event("a")) | {"traceId": "t", "other": 1}
    second = json.loads(event("b", "STOP")) | {"trace_id": "u"}
    gateway.play(Tape(sse(*(json.dumps(each).encode() for each in (first, second)))))
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi", chunk_type=Chunk)
    chunks = [chunk async for chunk in stream]
    assert [(chunk.text, chunk.trace_id, chunk.extra) for chunk in chunks] == [
        ("a", "t", {"other": 1}),
        ("b", "u", {}),
    ]
    with pytest.raises(MisuseError, match="chunk_type"):
        client.gemini.generate_content_stream(model=MODEL, contents="hi", chunk_type=dict)


async def test_call_options(gateway, client):
    """Headers, query, body and retries of one call."""
    await client.gemini.generate_content_stream(
        model=MODEL,
        contents="hi",
        extra_headers={"X-Trace": "1"},
        extra_query={"a": "b"},
        extra_body={"c": 1},
    ).final()
    request = gateway.requests[-1]
    sent: Any = request.json
    assert (request.headers["X-Trace"], dict(request.query), sent["c"]) == ("1", {"alt": "sse", "a": "b"}, 1)


async def test_an_unknown_keyword(gateway, client):
    """A TypeError at once, and nothing is sent."""
    for call in (client.gemini.generate_content, client.gemini.generate_content_stream):
        with pytest.raises(TypeError, match=r"'warmth'.*extra_body"):
            call(model=MODEL, contents="hi", warmth=1)
    assert gateway.requests == []


@pytest.mark.parametrize(
    "capture",
    [each for each in captures("gemini", ".sse")[::5] if "feedback.sse" not in each.name],
    ids=lambda capture: capture.name,
)
async def test_recorded_streams_over_the_wire(gateway, client, capture: Capture):
    """Cut at random by a server: the pieces of text are the text."""
    gateway.play(capture.tape(1))
    async with client.gemini.generate_content_stream(model=MODEL, contents="hi") as stream:
        pieces = [piece async for piece in stream.text()]
    assert "".join(pieces) == stream.content == (await stream.final()).text


async def test_row_162_the_gateway_serves_google_clients_too(gateway):
    """What google-generativeai sends over REST (its key header, its body) is answered alike."""
    async with AsyncGravitex(api_key=KEY, base_url=gateway.url, auth="x-goog-api-key") as client:
        ours = await client.gemini.generate_content(model=MODEL, contents="Hello")
    import aiohttp

    url = f"{gateway.url}/v1beta/models/{MODEL}:generateContent?%24alt=json%3Benum-encoding%3Dint"
    theirs = {"contents": [{"parts": [{"text": "Hello"}], "role": "user"}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=theirs, headers={"x-goog-api-key": KEY}) as response,
    ):
        answer = await response.json()
    assert answer["candidates"][0]["content"]["parts"][0]["text"] == ours.text


async def test_a_stream_that_ended_stands_for_its_turn(gateway, client):
    """As does its answer; one that still runs is refused, and so is one of another dialect."""
    stream = client.gemini.generate_content_stream(model=MODEL, contents="hi")
    with pytest.raises(MisuseError, match="a stream that has ended"):
        client.gemini.generate_content(model=MODEL, contents=["hi", stream])
    answer = await stream.final()
    turns = []
    for said in (stream, answer, answer.candidates[0], answer.choices[0], answer.to_input()[0]):
        await client.gemini.generate_content(model=MODEL, contents=["hi", said, "on"])
        turns.append(gateway.requests[-1].json["contents"])
    assert all(turn == turns[0] for turn in turns)
    assert turns[0][1] == {"role": "model", "parts": [{"text": answer.content}]}
    other = client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "hi"}])
    await other.final()
    with pytest.raises(MisuseError, match="got a ChatStream; write"):
        client.gemini.generate_content(model=MODEL, contents=["hi", other])
