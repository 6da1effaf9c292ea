"""``client.models`` over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import msgspec
import pydantic
import pytest
import pytest_asyncio

from gravitex_async import (
    APIError,
    AsyncGravitex,
    AuthenticationError,
    DecodeError,
    MisuseError,
    NotFoundError,
)
from gravitex_async.models import Model, ModelList
from gravitex_async.testing import LocalGateway, Tape


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway(models=["gpt-4o-mini", "openai/gpt-5"]) as gateway:
        yield gateway


@pytest_asyncio.fixture
async def client(gateway: LocalGateway) -> AsyncIterator[AsyncGravitex]:
    async with AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0) as client:
        yield client


def json_tape(value: object) -> Tape:
    return Tape(json.dumps(value).encode(), content_type="application/json")


async def test_list(gateway, client):
    """All models, iterable."""
    models = await client.models.list()
    assert (gateway.requests[-1].method, gateway.requests[-1].path) == ("GET", "/v1/models")
    assert gateway.requests[-1].body == b""
    assert [model.id for model in models] == ["gpt-4o-mini", "openai/gpt-5"]
    assert len(models) == 2
    assert models.data[0].supported_endpoint_types == ["openai"]


async def test_a_list_is_awaited_iterated_or_made_a_task(gateway, client):
    """One object for all of these; nothing is sent before, and each use asks once."""
    call = client.models.list()
    await asyncio.sleep(0)
    assert gateway.requests == []
    names = [model.id async for model in call]
    assert names == [model.id for model in await client.models.list()] == ["gpt-4o-mini", "openai/gpt-5"]
    assert len(gateway.requests) == 2
    tasks = [asyncio.create_task(client.models.list()), asyncio.ensure_future(client.models.list())]
    assert [len(models) for models in await asyncio.gather(*tasks, client.models.list())] == [2, 2, 2]
    client.models.list().close()  # as any coroutine that is not wanted after all
    assert len(gateway.requests) == 5


async def test_a_task_of_a_list_can_be_cancelled(gateway, client):
    """Like any other."""
    gateway.fault("stall", count=1)
    task = asyncio.create_task(client.models.list())
    await gateway.wait_requests(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    unused = client.models.list()
    with pytest.raises(KeyError):
        unused.throw(KeyError())


async def test_failures_of_a_list_come_while_it_is_iterated(gateway, client):
    """As they do where it is awaited."""
    gateway.play(json_tape({"success": False, "message": "database is down"}))
    with pytest.raises(APIError, match="database is down"):
        _ = [model async for model in client.models.list()]


SENT = {
    "success": True,
    "object": "list",
    "data": [{"id": "a", "created": "yesterday", "pricing": {"input": 0.5}, "owned_by": None}, {"id": "b"}],
}


async def test_to_dict_is_the_wire_as_it_was_sent(gateway, client):
    """Of the list and of each model, unknown fields too, though a list is iterated over its models."""
    gateway.play(json_tape(SENT))
    models = await client.models.list()
    assert models.to_dict() == dict(models) == json.loads(models.to_json()) == SENT
    assert [model.to_dict() for model in models] == [dict(model) for model in models] == SENT["data"]
    assert models.extra == {"success": True}
    assert [model.extra for model in models] == [{"pricing": {"input": 0.5}}, {}]
    assert pydantic.TypeAdapter(ModelList).dump_python(models) == SENT
    assert {**models}["data"] == SENT["data"]
    own = ModelList(data=[Model(id="c", created=1)])
    written = {"object": "list", "data": [{"id": "c", "object": "model", "created": 1}]}
    assert dict(own) == own.to_dict() == json.loads(msgspec.json.encode(own)) == written


async def test_what_came_with_them(gateway, client):
    """The words of every answer, on the list and on a model that was asked for."""
    for answer in (await client.models.list(), await client.models.retrieve("gpt-4o-mini")):
        assert answer.request_id == answer.headers["x-oneapi-request-id"]
        assert (answer.attempts, answer.rate_limit.remaining_requests) == (1, None)
        assert answer.timings.headers <= answer.timings.last
        assert json.loads(answer.raw) == answer.to_dict()
    assert Model(id="x").request_id is None


async def test_retrieve(gateway, client):
    """One model; a vendor's path stays in its name."""
    assert (await client.models.retrieve("gpt-4o-mini")).owned_by == "gravitex"
    assert (await client.models.retrieve("openai/gpt-5")).id == "openai/gpt-5"
    assert gateway.requests[-1].path == "/v1/models/openai/gpt-5"


async def test_an_unknown_model_is_not_found_though_the_status_is_200(client):
    """The gateway sends an error body with a good status."""
    with pytest.raises(NotFoundError, match="Model nothing does not exist") as caught:
        await client.models.retrieve("nothing")
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


async def test_an_error_without_a_code_is_not_found_either(gateway, client):
    """What else could it be; but a refused key is a refused key."""
    gateway.play(json_tape({"error": {"message": "no such thing", "type": "invalid_request_error"}}))
    with pytest.raises(NotFoundError, match="no such thing"):
        await client.models.retrieve("x")
    gateway.play(json_tape({"error": {"message": "bad key", "code": "invalid_api_key"}}))
    with pytest.raises(AuthenticationError):
        await client.models.retrieve("x")


async def test_a_failed_list_is_raised(gateway, client):
    """``success: false`` with status 200."""
    gateway.play(json_tape({"success": False, "message": "database is down"}))
    with pytest.raises(APIError, match="database is down"):
        await client.models.list()


async def test_an_answer_that_is_no_model(gateway, client):
    """Neither a model nor an error."""
    gateway.play(json_tape({"object": "model"}))
    with pytest.raises(DecodeError, match="expected a model"):
        await client.models.retrieve("x")
    gateway.play(Tape(b"<html>", content_type="text/html"))
    with pytest.raises(DecodeError):
        await client.models.list()


async def test_mistakes_are_said_before_anything_is_sent(gateway, client):
    """No name, a name that leaves its place, a keyword nobody knows."""
    for name in ("", "../secret"):
        with pytest.raises(MisuseError):
            await client.models.retrieve(name)
    with pytest.raises(TypeError, match="'limit'"):
        await client.models.list(limit=3)
    assert gateway.requests == []


async def test_call_options(gateway, client):
    """Headers and query of one call."""
    await client.models.list(extra_headers={"X-Trace": "1"}, extra_query={"a": "b"})
    assert gateway.requests[-1].headers["X-Trace"] == "1"
    assert dict(gateway.requests[-1].query) == {"a": "b"}
