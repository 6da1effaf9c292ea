"""Vectors over real sockets. Rows are those of the checklist."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, BadRequestError, DecodeError, MisuseError
from gravitex_async.gemini import BatchEmbedContentsResponse, ContentEmbedding, EmbedContentResponse
from gravitex_async.gemini._embeddings import _together
from gravitex_async.testing import LocalGateway, Tape

from ..captured import Capture, captures

MODEL = "text-embedding-004"
TEXT = {"parts": [{"text": "Text to embed"}]}


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
        yield client


async def test_row_160_content_only(gateway, client):
    """The model in the path."""
    answer = await client.gemini.embed_content(model=MODEL, content="Text to embed")
    request = gateway.requests[-1]
    assert request.path == f"/v1beta/models/{MODEL}:embedContent"
    assert request.json == {"content": TEXT}
    assert len(answer.embedding.values) == 64


async def test_row_159_model_in_the_body(gateway, client):
    """And in the body as well, where asked for, with the settings of the protocol."""
    await client.gemini.embed_content(
        model=MODEL, content=["Text to embed"], model_in_body=True,
        task_type="RETRIEVAL_DOCUMENT", title="T", output_dimensionality=8,
    )  # fmt: skip
    assert gateway.requests[-1].json == {
        "model": MODEL,
        "content": TEXT,
        "taskType": "RETRIEVAL_DOCUMENT",
        "title": "T",
        "outputDimensionality": 8,
    }


async def test_row_161_batch(gateway, client):
    """Requests without a model; vectors in their order."""
    answer = await client.gemini.batch_embed_contents(model=MODEL, requests=["First text", "Second text"])
    request = gateway.requests[-1]
    assert request.path == f"/v1beta/models/{MODEL}:batchEmbedContents"
    assert request.json == {
        "requests": [
            {"content": {"parts": [{"text": "First text"}]}},
            {"content": {"parts": [{"text": "Second text"}]}},
        ]
    }
    for position, text in enumerate(["First text", "Second text"]):
        alone = await client.gemini.embed_content(model=MODEL, content=text)
        assert answer.vectors[position] == alone.embedding.values


async def test_requests_with_settings_of_their_own(gateway, client):
    """Over the parameters, which hold for all."""
    own = {"content": {"parts": ["b"]}, "task_type": "CLUSTERING", "model": "models/m"}
    await client.gemini.batch_embed_contents(
        model=MODEL, requests=["a", own], task_type="CLASSIFICATION", output_dimensionality=4
    )
    assert gateway.requests[-1].json == {
        "requests": [
            {"content": {"parts": [{"text": "a"}]}, "taskType": "CLASSIFICATION", "outputDimensionality": 4},
            {
                "content": {"parts": [{"text": "b"}]},
                "taskType": "CLUSTERING",
                "outputDimensionality": 4,
                "model": "models/m",
            },
        ]
    }


async def test_long_lists_are_split_and_keep_their_order(gateway, client):
    """At most 100 in one request, as Google wants it."""
    texts = [f"text {number}" for number in range(250)]
    answer = await client.gemini.batch_embed_contents(model=MODEL, requests=texts, output_dimensionality=4)
    bodies: list[Any] = [request.json for request in gateway.requests]
    assert sorted(len(body["requests"]) for body in bodies) == [50, 100, 100]
    last = await client.gemini.embed_content(model=MODEL, content=texts[-1], output_dimensionality=4)
    first = await client.gemini.embed_content(model=MODEL, content=texts[0], output_dimensionality=4)
    assert len(answer.embeddings) == 250
    assert (answer.vectors[0], answer.vectors[-1]) == (first.embedding.values, last.embedding.values)


async def test_usage_of_several_batches_is_added_up(gateway, client):
    """They are several answers."""
    for count in (3, 4):
        counts = {"promptTokenCount": count, "totalTokenCount": count}
        batch = {"embeddings": [{"values": [1.0]}] * 100, "usageMetadata": counts}
        gateway.play(Tape(json.dumps(batch).encode(), content_type="application/json"))
    answer = await client.gemini.batch_embed_contents(model=MODEL, requests=["a"] * 200)
    assert (answer.usage.input_tokens, answer.usage.total_tokens, answer.usage.source) == (7, 7, "server")


async def test_when_one_batch_fails_the_others_are_given_up(gateway, client):
    """The first error is raised, and nothing runs on."""
    gateway.fault("status", status=400, count=1)
    with pytest.raises(BadRequestError):
        await client.gemini.batch_embed_contents(model=MODEL, requests=["a"] * 5000)
    assert client.pool.statistics().leased == 0
    assert len(gateway.requests) < 50


async def test_a_missing_vector_is_no_vector(gateway, client):
    """Too few vectors would be taken for those of other texts."""
    gateway.play(Tape(b'{"embeddings": [{"values": [1.0]}]}', content_type="application/json"))
    with pytest.raises(DecodeError, match="expected 2 vectors"):
        await client.gemini.batch_embed_contents(model=MODEL, requests=["a", "b"])
    gateway.play(Tape(b'{"embedding": {}}', content_type="application/json"))
    with pytest.raises(DecodeError, match="expected a vector"):
        await client.gemini.embed_content(model=MODEL, content="a")


@pytest.mark.parametrize("requests", [[], "text", {"content": "a"}, None])
async def test_what_is_no_list_of_requests(gateway, client, requests):
    """Said before anything is sent."""
    with pytest.raises(MisuseError):
        client.gemini.batch_embed_contents(model=MODEL, requests=requests)
    with pytest.raises(TypeError, match="dimensions"):
        client.gemini.embed_content(model=MODEL, content="a", dimensions=3)
    assert gateway.requests == []


def test_numpy_arrays():
    """Where numpy is installed, and nowhere else is it needed."""
    numpy = pytest.importorskip("numpy")
    one = ContentEmbedding([1.0, 2.0])
    assert one.numpy().dtype == numpy.float32
    assert BatchEmbedContentsResponse([one, one]).numpy().shape == (2, 2)


@pytest.mark.parametrize(
    "capture",
    [each for each in captures("gemini", ".json") if "embed" in each.name],
    ids=lambda capture: capture.name,
)
def test_recorded_vectors(capture: Capture):
    """As many and as long as the manifest says."""
    expect = capture.expect
    if "batch" in capture.name:
        vectors = msgspec.json.decode(capture.body, type=BatchEmbedContentsResponse).vectors
    else:
        answer = msgspec.json.decode(capture.body, type=EmbedContentResponse)
        vectors = [answer.embedding.values]
        assert answer.usage.input_tokens == expect["usage"]["promptTokenCount"]
    assert (len(vectors), [len(vector) for vector in vectors]) == (expect["count"], expect["dims"])


async def test_an_answer_knows_how_it_came(gateway, client):
    """As those of all other calls do; on the wire it is what it was, unknown fields too."""
    sent = {"embedding": {"values": [1.0], "new": 1}, "usageMetadata": {"promptTokenCount": 3}, "other": 2}
    body = json.dumps(sent).encode()
    limits = {"x-ratelimit-limit-requests": "7"}
    gateway.play(Tape(body, content_type="application/json", headers=limits))
    answer = await client.gemini.embed_content(model=MODEL, content="a")
    assert (answer.raw, answer.attempts, answer.rate_limit.limit_requests) == (body, 1, 7)
    assert answer.request_id == answer.headers["X-Oneapi-Request-Id"]
    assert answer.to_dict() == dict(answer) == json.loads(answer.to_json()) == sent
    assert (answer.extra, answer.usage.input_tokens, answer.usage.output_tokens) == ({"other": 2}, 3, None)
    assert answer.embedding.to_dict() == {"values": [1.0]}
    assert answer.timings.headers is not None
    assert not hasattr(answer, "__dict__")
    gateway.play(Tape(b'{"embedding": {"values": [1.0]}}', content_type="application/json"))
    answer = await client.gemini.embed_content(model=MODEL, content="a")
    assert (answer.usage_metadata, answer.usage.source) == (None, "none")


async def test_several_batches_are_one_answer(gateway, client):
    """It came as the last of them did; its form is the wire's, with all vectors."""
    for count in (1, 2):
        batch = {"embeddings": [{"values": [1.0]}] * 100, "usageMetadata": {"promptTokenCount": count}}
        limits = {"x-ratelimit-limit-requests": "7"}
        gateway.play(Tape(json.dumps(batch).encode(), content_type="application/json", headers=limits))
    answer = await client.gemini.batch_embed_contents(model=MODEL, requests=["a"] * 200)
    assert (answer.raw, answer.attempts, answer.rate_limit.limit_requests) == (None, 1, 7)
    assert answer.request_id is not None
    tree = answer.to_dict()
    assert len(tree["embeddings"]) == 200
    assert tree["embeddings"][0].keys() == {"values"}
    assert tree["usageMetadata"]["promptTokenCount"] == answer.usage.input_tokens == 3
    assert json.loads(answer.to_json()) == tree
    # Batches are under way together, and may come in any order.
    later, sooner = (BatchEmbedContentsResponse([ContentEmbedding([number])]) for number in (2.0, 1.0))
    assert _together({1: later, 0: sooner}).vectors == [[1.0], [2.0]]
    # Of one batch it is the body.
    gateway.play(Tape(b'{"embeddings": [{"values": [1.0]}], "x": 1}', content_type="application/json"))
    answer = await client.gemini.batch_embed_contents(model=MODEL, requests=["a"])
    assert (answer.raw, answer.extra) == (b'{"embeddings": [{"values": [1.0]}], "x": 1}', {"x": 1})
