"""The Gemini dialect of the gateway: parts, candidates, streams, keys, refusals."""

from __future__ import annotations

import base64

import pytest

from gravitex_async._json import loads

from .conftest import parse

MODEL = "/v1beta/models/gemini-2.5-flash"
ASK = {"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]}
PLACE = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
TOOLS = [{"functionDeclarations": [{"name": "get_weather", "parameters": PLACE}]}]


def parts(chunks: list[dict], index: int = 0) -> list[dict]:
    """All parts of one candidate."""
    found = [c for chunk in chunks for c in chunk["candidates"] if c["index"] == index]
    return [part for candidate in found for part in candidate["content"]["parts"]]


async def stream(reader, **fields: object) -> list[dict]:
    return await reader.events(MODEL + ":streamGenerateContent?alt=sse", {**ASK, **fields})


async def test_whole_answer(reader):
    """One candidate with joined text, STOP, and usage that adds up."""
    answer = await reader.json(MODEL + ":generateContent", ASK)
    candidate, usage = answer["candidates"][0], answer["usageMetadata"]
    assert candidate["content"] == {"role": "model", "parts": [{"text": "You said: Hello there"}]}
    assert (candidate["finishReason"], answer["modelVersion"]) == ("STOP", "gemini-2.5-flash")
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


async def test_stream_adds_up_to_the_whole(reader):
    """Chunks hold new parts only; the last one has the finish reason and the usage."""
    chunks = await stream(reader)
    assert "".join(part["text"] for part in parts(chunks)) == "You said: Hello there"
    reasons = [chunk["candidates"][0].get("finishReason") for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["STOP"]
    whole = await reader.json(MODEL + ":generateContent", ASK)
    assert chunks[-1]["usageMetadata"] == whole["usageMetadata"]


async def test_array_without_alt_sse(reader):
    """Without alt=sse the same chunks are the elements of a JSON array."""
    async with reader.post(MODEL + ":streamGenerateContent", ASK) as response:
        assert response.content_type == "application/json"
        chunks = loads(await response.read())
    assert [c["candidates"] for c in chunks] == [c["candidates"] for c in await stream(reader)]


@pytest.mark.parametrize(
    ("config", "model", "thought"),
    [
        ({"includeThoughts": True}, "", True),
        ({"thinkingBudget": 100}, "", True),
        ({"thinkingLevel": "HIGH"}, "", True),
        ({"thinkingBudget": 0}, "-thinking", False),
        ({}, "-thinking-8192", True),
        ({}, "", False),
    ],
)
async def test_thoughts(reader, config, model, thought):
    """Thought parts come when asked for, are marked, and are counted beside the candidates."""
    body = {**ASK, "generationConfig": {"thinkingConfig": config}}
    answer = await reader.json(f"{MODEL}{model}:generateContent", body)
    assert [bool(part.get("thought")) for part in parts([answer])] == ([True, False] if thought else [False])
    assert bool(answer["usageMetadata"]["thoughtsTokenCount"]) is thought


async def test_tools(reader):
    """A call is one whole part with a signature; its result leads to a text; modes are obeyed."""
    ask = {"contents": [{"role": "user", "parts": [{"text": "weather"}]}], "tools": TOOLS}
    chunks = await stream(reader, **ask)
    call = parts(chunks)[0]
    assert (call["functionCall"]["name"], call["functionCall"]["args"]) == (
        "get_weather",
        {"city": "weather"},
    )
    assert base64.b64decode(call["thoughtSignature"])
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    result = {
        "role": "user",
        "parts": [{"functionResponse": {"name": "get_weather", "response": {"r": "sunny"}}}],
    }
    ask["contents"] += [{"role": "model", "parts": [call]}, result]
    answer = await reader.json(MODEL + ":generateContent", ask)
    assert parts([answer])[0]["text"] == 'The tool says: {"r":"sunny"}'
    for mode, called in (("ANY", True), ("NONE", False)):
        config = {"toolConfig": {"functionCallingConfig": {"mode": mode}}, "tools": TOOLS}
        answer = await reader.json(MODEL + ":generateContent", {**ASK, **config})
        assert ("functionCall" in parts([answer])[0]) is called


async def test_scripted_arguments_that_are_no_object(reader):
    """Arguments that are no JSON object travel as ``arguments``, as converted models send them."""
    reader.gateway.script(tool_calls=[("f", "{broken"), ("g", {"a": 1})])
    first, second = parts([await reader.json(MODEL + ":generateContent", ASK)])
    assert first["functionCall"]["args"] == {"arguments": "{broken"}
    assert "thoughtSignature" not in second


async def test_images(reader):
    """An image modality gives a valid PNG."""
    answer = await reader.json(
        MODEL + ":generateContent", {**ASK, "generationConfig": {"responseModalities": ["IMAGE"]}}
    )
    data = parts([answer])[1]["inlineData"]
    assert data["mimeType"] == "image/png"
    assert base64.b64decode(data["data"]).startswith(b"\x89PNG\r\n\x1a\n")


async def test_candidates_and_schema(reader):
    """Candidates alternate; a schema in Google's spelling is obeyed."""
    chunks = await stream(reader, generationConfig={"candidateCount": 2})
    assert [chunk["candidates"][0]["index"] for chunk in chunks[:4]] == [0, 1, 0, 1]
    schema = {"type": "ARRAY", "items": {"type": "STRING", "enum": ["x"]}}
    config = {"responseMimeType": "application/json", "responseSchema": schema}
    answer = await reader.json(MODEL + ":generateContent", {**ASK, "generationConfig": config})
    assert loads(parts([answer])[0]["text"]) == ["x"]


@pytest.mark.parametrize(
    ("reason", "word"), [("length", "MAX_TOKENS"), ("content_filter", "SAFETY"), ("recitation", "RECITATION")]
)
async def test_finish_reasons(reader, reason, word):
    """The chat words are translated, others sent in capitals."""
    reader.gateway.script("x", finish_reason=reason)
    assert (await stream(reader))[-1]["candidates"][0]["finishReason"] == word


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?key=sk-local", {}), ("", {"x-goog-api-key": "sk-local"}), ("", {"Authorization": "Bearer sk-local"})],
)
async def test_keys(reader, query, headers):
    """Three ways to bring the key."""
    url = f"{reader.gateway.url}{MODEL}:generateContent{query}"
    async with reader.session.post(url, json=ASK, headers=headers) as response:
        assert response.status == 200
    async with reader.session.post(url + "x", json=ASK, headers={}) as response:
        assert (response.status, "error" in await response.json()) == (401, True)


async def test_refusals_have_googles_shape(reader):
    """Missing contents and unknown models are refused as the documents show it."""
    for path, body, status, name in (
        (MODEL, {}, 400, "INVALID_ARGUMENT"),
        ("/v1beta/models/unknown", ASK, 404, "NOT_FOUND"),
    ):
        async with reader.post(path + ":generateContent", body) as response:
            assert response.status == status
            error = (await response.json())["error"]
        assert (error["code"], error["status"]) == (status, name)


async def test_model_list_and_names_with_slashes(reader):
    """Google's header gives the list in Google's form, under /v1 too; a model name may hold a slash."""
    headers = {"x-goog-api-key": "sk-local"}
    for path in ("/v1beta/models", "/v1/models"):
        async with reader.session.get(reader.gateway.url + path, headers=headers) as response:
            assert (await response.json())["models"][0]["name"].startswith("models/")
    await reader.json("/v1beta/models/google%2Fgemini-x:generateContent", ASK)
    assert reader.gateway.requests[-1].model == "google/gemini-x"


async def test_embeddings_and_faults(reader):
    """embedContent and its batch agree; the dialect's streams take faults."""
    one = await reader.json(MODEL + ":embedContent", {"content": {"parts": [{"text": "a"}]}})
    two = await reader.json(
        MODEL + ":batchEmbedContents", {"requests": [{"content": {"parts": [{"text": t}]}} for t in "ba"]}
    )
    assert one["embedding"] == two["embeddings"][1]
    reader.gateway.fault("error-event", form="google", message="boom")
    async with reader.post(MODEL + ":streamGenerateContent?alt=sse", ASK) as response:
        assert parse(await response.read())[-1]["error"]["message"] == "boom"
