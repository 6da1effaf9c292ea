"""``client.embeddings`` over real sockets."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, DecodeError, MisuseError, NotFoundError, RetryPolicy, Usage
from gravitex_async.embeddings import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from gravitex_async.testing import LocalGateway, Tape

MODEL = "text-embedding-3-small"


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url) as client:
        yield client


async def test_what_is_sent_is_what_was_asked(gateway, client):
    """Nothing is added, and the order is kept."""
    await client.embeddings.create(model=MODEL, input="a")
    request = gateway.requests[-1]
    assert (request.method, request.path) == ("POST", "/v1/embeddings")
    assert request.json == {"model": MODEL, "input": "a"}
    await client.embeddings.create(
        model=MODEL, input=["a", "b"], dimensions=8, user="u", encoding_format="float", extra_body={"x": 1}
    )
    assert gateway.requests[-1].json == {
        "model": MODEL, "input": ["a", "b"], "dimensions": 8, "user": "u", "encoding_format": "float", "x": 1,
    }  # fmt: skip


async def test_both_forms_give_the_same_floats(gateway, client):
    """Base64 of little-endian 32 bit floats is decoded."""
    plain = await client.embeddings.create(model=MODEL, input=["a", "b"], dimensions=8)
    packed = await client.embeddings.create(
        model=MODEL, input=["a", "b"], dimensions=8, encoding_format="base64"
    )
    assert plain.vectors == packed.vectors
    assert [item.index for item in packed.data] == [0, 1]
    assert all(isinstance(number, float) for number in packed.vectors[0])
    assert plain.usage.neutral().input_tokens
    assert plain.model == MODEL


async def test_tokens_may_be_embedded(gateway, client):
    """One list of numbers is one text."""
    answer = await client.embeddings.create(model=MODEL, input=[1, 2, 3])
    assert len(answer.data) == 1


async def test_vectors_come_in_the_order_of_the_input(gateway, client):
    """Whatever order the answer has; an index that is missing is the place."""
    two = base64.b64encode(struct.pack("<2f", 0.5, -2.0)).decode()
    answer = {"data": [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": two}]}
    gateway.play(Tape(json.dumps(answer).encode(), content_type="application/json"))
    assert (await client.embeddings.create(model=MODEL, input=["a", "b"])).vectors == [[0.5, -2.0], [1.0]]


@pytest.mark.parametrize("embedding", ["a", "!!!!", "AAA="])
async def test_what_is_no_vector(gateway, client, embedding):
    """No base64, or not of whole floats."""
    answer = {"data": [{"index": 0, "embedding": embedding}]}
    gateway.play(Tape(json.dumps(answer).encode(), content_type="application/json"))
    with pytest.raises(DecodeError, match="base64"):
        await client.embeddings.create(model=MODEL, input="a")


async def test_an_answer_without_vectors(gateway, client):
    """Is no answer."""
    gateway.play(Tape(b'{"data": []}', content_type="application/json"))
    with pytest.raises(DecodeError, match="expected vectors"):
        await client.embeddings.create(model=MODEL, input="a")


WIRE = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": "AAAAPw==", "flags": []}],
    "model": "m-1",
    "usage": {"prompt_tokens": 3, "total_tokens": 3, "cost": 0.1},
    "provider": "p",
}


async def test_an_answer_says_how_it_came_and_what_it_cost(gateway, client):
    """The words of every answer, and those of every usage beside the wire's."""
    gateway.play(Tape(json.dumps(WIRE).encode(), content_type="application/json"))
    answer = await client.embeddings.create(model=MODEL, input="a")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.input_tokens, usage.total_tokens, usage.source) == (3, 3, 3, "server")
    assert (usage.output_tokens, usage.reasoning_tokens, usage.visible_tokens) == (None, None, None)
    assert sum([usage, usage, Usage(1, 1, 2, source="server")]).total_tokens == 8
    assert answer.request_id == answer.headers["x-oneapi-request-id"] == "local-000001"
    assert (answer.attempts, answer.rate_limit.remaining_requests) == (1, None)
    assert 0 <= answer.timings.headers <= answer.timings.last
    assert answer.extra == {"provider": "p"}


async def test_to_dict_is_the_wire_as_it_was_sent(gateway, client):
    """Base64 stays base64, and what no struct knows stays; written by hand, nothing of ours comes in."""
    gateway.play(Tape(json.dumps(WIRE).encode(), content_type="application/json"))
    answer = await client.embeddings.create(model=MODEL, input="a")
    assert answer.vectors == [[0.5]]
    assert answer.to_dict() == dict(answer) == json.loads(answer.to_json()) == json.loads(answer.raw) == WIRE
    assert answer.data[0].to_dict() == WIRE["data"][0]
    assert answer.usage.to_dict() == WIRE["usage"]
    own = CreateEmbeddingResponse([Embedding([1.0])], "m", EmbeddingUsage(3, 3))
    vector = {"embedding": [1.0], "index": 0, "object": "embedding"}
    assert own.to_dict() == json.loads(msgspec.json.encode(own)) == {
        "data": [vector], "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3}, "object": "list",
    }  # fmt: skip
    assert own.data[0].to_dict() == vector
    assert (own.raw, own.request_id, own.attempts) == (None, None, 1)


async def test_without_usage(gateway, client):
    """Absent is not zero."""
    gateway.play(Tape(b'{"data": [{"embedding": [1.0]}], "usage": {}}', content_type="application/json"))
    answer = await client.embeddings.create(model=MODEL, input="a")
    assert (answer.usage.source, answer.usage.total_tokens) == ("none", None)
    answer = CreateEmbeddingResponse()
    assert (answer.wire_usage, answer.usage.source) == (None, "none")


async def test_tries_are_counted(gateway, client):
    """A failure before the answer shows in it."""
    gateway.fault("status", status=503, count=1)
    quick = RetryPolicy(initial_delay=0.001)
    assert (await client.embeddings.create(model=MODEL, input="a", max_retries=quick)).attempts == 2


async def test_mistakes_are_said_before_anything_is_sent(gateway, client):
    """No model, no input, a keyword nobody knows."""
    for model, text in (("", "a"), (MODEL, ""), (MODEL, []), (None, "a")):
        with pytest.raises(MisuseError):
            client.embeddings.create(model=model, input=text)
    with pytest.raises(TypeError, match=r"'dimension'; did you mean dimensions\?"):
        client.embeddings.create(model=MODEL, input="a", dimension=3)
    with pytest.raises(TypeError, match=r"'late_chunking'.*extra_body"):
        client.embeddings.create(model=MODEL, input="a", late_chunking=True)
    assert gateway.requests == []


async def test_errors_are_those_of_every_call(gateway, client):
    """An unknown model."""
    with pytest.raises(NotFoundError):
        await client.embeddings.create(model="unknown-model", input="a", max_retries=0)


def test_numpy_arrays():
    """Where numpy is installed, and nowhere else is it needed."""
    numpy = pytest.importorskip("numpy")
    answer = CreateEmbeddingResponse([Embedding([1.0, 2.0]), Embedding([3.0, 4.0], 1)])
    assert answer.numpy().shape == (2, 2)
    assert answer.data[0].numpy().dtype == numpy.float32
