"""``client.post`` and ``client.get``: whole answers of endpoints nobody knows, over real sockets."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncGravitex,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    MisuseError,
    NotFoundError,
    RateLimitError,
    RateLimits,
    RetryPolicy,
    Timeout,
    Usage,
)
from gravitex_async.endpoints import PlainAnswer
from gravitex_async.testing import LocalGateway, Tape

ASK = {"model": "rerank-2", "query": "cats", "documents": ["a cat", "a dog"]}
SENT = {
    "results": [{"index": 1, "score": 0.25}, {"index": 0, "score": 0.75}],
    "usage": {"prompt_tokens": 7, "total_tokens": 7},
}


class Hit(msgspec.Struct):
    index: int
    score: float


class Ranking(msgspec.Struct):
    results: list[Hit]


@dataclass
class DataRanking:
    results: list[Hit]


class TypedRanking(TypedDict):
    results: list[dict[str, float]]


class ModelRanking(pydantic.BaseModel):
    results: list[dict[str, float]]


def tape(value: object, **fields: Any) -> Tape:
    return Tape(json.dumps(value).encode(), content_type="application/json", **fields)


async def test_plain_values(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The body is sent as it is; the answer says what came, and how."""
    gateway.play(tape(SENT))
    answer = await client.post("/v1/rerank", ASK)
    request = gateway.requests[-1]
    assert (request.method, request.path, request.json) == ("POST", "/v1/rerank", ASK)
    assert request.headers["Authorization"] == f"Bearer {gateway.api_key}"
    assert request.headers["Idempotency-Key"].startswith("gravitex-")
    assert answer.data == answer.to_dict() == dict(answer) == json.loads(answer.to_json()) == SENT
    assert json.loads(answer.raw or b"") == SENT
    assert answer.request_id == answer.headers["x-oneapi-request-id"]
    assert (answer.attempts, answer.extra) == (1, {})
    assert answer.timings.headers is not None
    assert answer.usage == Usage(7, None, 7, source="server")


@pytest.mark.parametrize("type_", [Ranking, DataRanking, TypedRanking, ModelRanking])
async def test_a_type_of_the_callers(gateway: LocalGateway, client: AsyncGravitex, type_: Any) -> None:
    """Whatever has a JSON form; fields it does not know stay in ``to_dict``."""
    gateway.play(tape(SENT))
    answer = await client.post("/v1/rerank", ASK, type=type_)
    results = answer.data["results"] if type_ is TypedRanking else answer.data.results
    first = results[0]
    assert (first["score"] if isinstance(first, dict) else first.score) == 0.25
    assert answer.to_dict() == SENT


async def test_odd_json_is_read(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Numbers as text, a BOM, NaN."""
    gateway.play(
        Tape(
            b'\xef\xbb\xbf{"results": [{"index": "1", "score": "0.5"}], "x": NaN}',
            content_type="application/json",
        )
    )
    answer = await client.post("/v1/rerank", ASK, type=Ranking)
    assert answer.data == Ranking([Hit(1, 0.5)])


async def test_get(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """No body and no idempotency key; lists are JSON too, but no dict."""
    gateway.play(tape([1, 2]))
    answer = await client.get("/v1/files", type=list[int], extra_headers={"X-A": "1"})
    request = gateway.requests[-1]
    assert (request.method, request.body, request.headers["X-A"]) == ("GET", b"", "1")
    assert "Idempotency-Key" not in request.headers
    assert answer.data == [1, 2]
    assert answer.to_json() == "[1,2]"
    with pytest.raises(MisuseError, match="a JSON object, got list; read data"):
        answer.to_dict()


async def test_bytes(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What is no JSON at all, a sound for example; an error in its place is one."""
    sound = bytes(range(256))
    gateway.play(Tape(sound, content_type="audio/mpeg"))
    answer = await client.post("/v1/audio/speech", {"input": "hi"}, type=bytes)
    assert answer.data == answer.raw == sound
    with pytest.raises(MisuseError, match="no JSON; read data"):
        answer.to_json()
    gateway.play(Tape(b'{"a": 1}', content_type="application/json"))
    assert (await client.get("/v1/files/1/content", type=bytes)).data == b'{"a": 1}'
    gateway.play(tape({"error": {"message": "no voice", "code": "invalid_api_key"}}))
    with pytest.raises(AuthenticationError, match="no voice"):
        await client.post("/v1/audio/speech", {"input": "hi"}, type=bytes)


async def test_no_content(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """204 is an answer; an empty body under 200 is none."""
    gateway.play(Tape(b"", status=204, content_type=None))
    answer = await client.post("/v1/files/1/cancel")
    assert (answer.data, answer.raw, answer.request_id) == (None, b"", "local-000001")
    gateway.play(Tape(b"", status=205, content_type=None))
    assert (await client.post("/v1/files/1/cancel", type=bytes)).data == b""
    gateway.play(Tape(b"", status=304, content_type=None))
    with pytest.raises(APIStatusError, match="got status 304"):
        await client.get("/v1/files/1")
    gateway.play(Tape(b"", content_type="application/json"))
    with pytest.raises(DecodeError, match="expected JSON, got"):
        await client.post("/v1/files/1/cancel")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"message": "no", "code": "model_not_found"}}, NotFoundError),
        ({"error": "no", "code": "rate_limit_exceeded"}, RateLimitError),
        ({"success": False, "message": "no"}, APIError),
        ({"base_resp": {"status_code": 1004, "status_msg": "no"}}, APIError),
        ({"code": 429, "msg": "no"}, RateLimitError),
        ({"status": 400, "message": "no"}, BadRequestError),
    ],
)
@pytest.mark.parametrize("type_", [None, Ranking])
async def test_errors_under_a_good_status(
    gateway: LocalGateway, client: AsyncGravitex, type_: Any, body: Any, error: type[APIError]
) -> None:
    """Marked as such, or flat with a code: the class that its status would give."""
    gateway.play(tape(body))
    with pytest.raises(error, match="no"):
        await client.post("/v1/rerank", ASK, type=type_)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Hello"},
        {"code": 0, "message": "success", "data": []},
        {"code": 200, "msg": "ok"},
        {"error": None, "x": 1},
        {"status": "queued", "id": "job-1"},
        {"detail": "long"},
        [],
        "text",
        7,
        None,
    ],
)
async def test_what_is_no_error(gateway: LocalGateway, client: AsyncGravitex, body: Any) -> None:
    """A message alone, success in any form, progress, JSON of any kind."""
    gateway.play(tape(body))
    assert (await client.get("/v1/jobs/1")).data == body


async def test_an_answer_beside_an_error_is_kept(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """As ``partial``."""
    body = {**SENT, "error": {"message": "half of it", "code": "server_error"}}
    gateway.play(tape(body))
    with pytest.raises(APIError, match="half of it") as caught:
        await client.post("/v1/rerank", ASK, type=Ranking)
    assert caught.value.partial.data.results[0].index == 1
    assert caught.value.partial.request_id == caught.value.request_id


@pytest.mark.parametrize("body", [b"<html>", b"{", b'{"results": 3}', b'{"results": [{"index": "x"}]}'])
async def test_what_cannot_be_read(gateway: LocalGateway, client: AsyncGravitex, body: bytes) -> None:
    """Says what was expected, what came, and what to look at."""
    gateway.play(Tape(body, content_type="text/html"))
    with pytest.raises(DecodeError, match=r"expected Ranking, got .*; check the path and base_url") as caught:
        await client.post("/v1/rerank", ASK, type=Ranking)
    assert caught.value.request_id == "local-000001"


async def test_statuses_retries_and_clocks(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Those of every call."""
    with pytest.raises(NotFoundError, match="/v1/rerank"):
        await client.post("/v1/rerank", ASK)
    gateway.fault("status", status=503, count=1)
    gateway.play(tape(SENT), times=2)
    answer = await client.post("/v1/rerank", ASK, max_retries=RetryPolicy(initial_delay=0.001))
    assert answer.attempts == 2
    keys = {request.headers["Idempotency-Key"] for request in gateway.requests[-2:]}
    assert len(keys) == 1
    gateway.fault("stall", where="headers", count=1)
    with pytest.raises(APITimeoutError) as late:
        await client.post("/v1/rerank", ASK, timeout=Timeout(headers=0.05))
    assert late.value.clock == "headers"
    gateway.fault("truncate", count=1)
    gateway.play(tape(SENT))
    with pytest.raises(APIConnectionError):
        await client.post("/v1/rerank", ASK)
    gateway.fault("status", status=400, count=1)
    with pytest.raises(APIStatusError) as refused:
        await client.post("/v1/rerank", ASK)
    assert refused.value.status == 400


async def test_rate_limits_are_kept_by_model(gateway: LocalGateway) -> None:
    """The model that the body names is the one that waits."""
    gateway.play(tape(SENT))
    async with AsyncGravitex(
        base_url=gateway.url, api_key=gateway.api_key, rate_limits=RateLimits(tokens_per_minute=60_000)
    ) as client:
        await client.post("/v1/rerank", {**ASK, "max_tokens": 5})
        assert any("rerank-2" in str(limit) for limit in client.pool.statistics().limits)


async def test_mistakes(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Before anything is sent."""
    with pytest.raises(MisuseError, match="something JSON-like, got bytes"):
        client.post("/v1/rerank", b"{}")
    with pytest.raises(MisuseError, match="a type with a JSON form"):
        client.post("/v1/rerank", {}, type=object())  # type: ignore[call-overload]
    unknown: Any = {"header": {}}
    with pytest.raises(TypeError, match="did you mean extra_headers"):
        client.post("/v1/rerank", {}, **unknown)
    with pytest.raises(MisuseError, match="cannot be written as JSON"):
        await client.post("/v1/rerank", {"a": object()})
    assert gateway.requests == []


async def test_structs_go_out(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Anything JSON-like is a body."""
    gateway.play(tape({}))
    await client.post("/v1/rerank", Hit(1, 0.5))
    assert gateway.requests[-1].json == {"index": 1, "score": 0.5}


def test_by_hand() -> None:
    """One that no server sent: it is written, copied and pickled as its value."""
    answer = PlainAnswer({"a": 1})
    for same in (answer, copy.copy(answer), pickle.loads(pickle.dumps(answer))):
        assert (same.to_dict(), same.usage, same.raw) == ({"a": 1}, Usage(), None)
    assert PlainAnswer(ModelRanking(results=[])).to_json() == '{"results":[]}'
