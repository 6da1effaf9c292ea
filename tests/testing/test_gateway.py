"""The gateway as a server: keys, models, limits, what is recorded, tapes, its life."""

from __future__ import annotations

import gzip

import aiohttp
import pytest

from gravitex_async._json import dumps
from gravitex_async.testing import LocalGateway, RequestLimit, Tape

from .conftest import HELLO, Reader

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"x-goog-api-key": "sk-local"}])
async def test_wrong_keys_are_refused(gateway, reader, headers):
    """Without a right Bearer key there is a 401 with the words of the documents, and no script is used up."""
    gateway.script("kept")
    async with reader.session.post(gateway.url + CHAT, json=HELLO, headers=headers) as response:
        assert response.status == 401
        assert "Invalid or unauthorized API key" in (await response.json())["error"]["message"]
    assert (await reader.json(CHAT, HELLO))["choices"][0]["message"]["content"] == "kept"


async def test_bearer_in_any_case(gateway, reader):
    """The scheme's case does not matter."""
    async with reader.post(CHAT, HELLO, Authorization="bearer sk-local") as response:
        assert response.status == 200


async def test_models(reader):
    """The list has the gateway's form; an unknown id is an error body under status 200."""
    headers = {"Authorization": "Bearer sk-local"}
    async with reader.session.get(reader.gateway.url + "/v1/models", headers=headers) as response:
        listed = await response.json()
        assert response.headers["X-Oneapi-Request-Id"]
    assert (listed["success"], listed["object"], listed["data"][0]["object"]) == (True, "list", "model")
    for name, key in (("deepseek-r1", "id"), ("a/b", "id"), ("unknown-1", "error")):
        async with reader.session.get(f"{reader.gateway.url}/v1/models/{name}", headers=headers) as response:
            assert response.status == 200
            assert key in await response.json()


async def test_unknown_models_and_paths(reader):
    """An unknown model is a 404 ``model_not_found``; an unknown path a 404 too; bad JSON a 400."""
    async with reader.post(CHAT, {**HELLO, "model": "unknown-model"}) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (404, "model_not_found")
    async with reader.post("/v1/nothing", {}) as response:
        assert response.status == 404
    url, headers = reader.gateway.url + CHAT, {"Authorization": "Bearer sk-local"}
    async with reader.session.post(url, data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (400, "bad_request_body")


async def test_own_models():
    """A given set of models is the only one accepted."""
    async with LocalGateway(models={"mine"}) as gateway, aiohttp.ClientSession() as session:
        reader = Reader(gateway, session)
        assert (await reader.json(CHAT, {**HELLO, "model": "mine"}))["model"] == "mine"
        async with reader.post(CHAT, HELLO) as response:
            assert response.status == 404


async def test_rate_limit():
    """Above the limit there is a 429, with Retry-After when wanted, and headers that count down."""
    limit = RequestLimit(2, per=None, retry_after=3)
    async with LocalGateway(rate_limit=limit) as gateway, aiohttp.ClientSession() as session:
        reader = Reader(gateway, session)
        left = []
        for _ in range(3):
            async with reader.post(CHAT, HELLO) as response:
                left.append((response.status, response.headers["x-ratelimit-remaining-requests"]))
        assert left == [(200, "1"), (200, "0"), (429, "0")]
        assert response.headers["Retry-After"] == "3"


async def test_requests_are_recorded_as_they_came(reader):
    """Method, path, repeated query names, headers and body are kept; a compressed body is shown inflated."""
    url = reader.gateway.url + CHAT + "?a=1&a=2"
    headers = {"Authorization": "Bearer sk-local", "X-Mine": "yes", "Content-Encoding": "gzip"}
    async with reader.session.post(url, data=gzip.compress(dumps(HELLO)), headers=headers) as response:
        assert response.status == 200
    request = reader.gateway.requests[-1]
    assert (request.method, request.path, request.query.getall("a")) == ("POST", CHAT, ["1", "2"])
    assert (request.headers["x-mine"], request.json, request.model) == ("yes", HELLO, "gpt-4o-mini")
    assert request.answer.state == "finished"


async def test_history_is_bounded():
    """Only the newest requests are kept; streams keep their numbers."""
    async with LocalGateway(history=2) as gateway, aiohttp.ClientSession() as session:
        for _ in range(3):
            await Reader(gateway, session).json(CHAT, HELLO)
        assert len(gateway.requests) == 2
        assert [stream.index for stream in gateway.streams] == [1, 2]


async def test_tape_is_sent_byte_by_byte(reader):
    """A tape's bytes, status, headers and type are what the client gets, however it is cut."""
    body = 'data: {"a": "\u00e4"}\r\n\r\ndata: [DONE]\n\n'.encode()
    for tape in (Tape(body), Tape(body, cuts=[1, 2, 15]), Tape(body, seed=3), Tape(body, every=1)):
        reader.gateway.play(tape)
        async with reader.post(CHAT, HELLO) as response:
            assert await response.read() == body
            assert response.headers["Content-Type"] == "text/event-stream"
        assert reader.gateway.streams[-1].events_sent == 2
    reader.gateway.play(Tape(b"{}", 503, {"X-A": "b"}, content_type=None))
    async with reader.post("/anywhere", {}) as response:
        assert (response.status, response.headers["X-A"], await response.read()) == (503, "b", b"{}")


async def test_a_leaving_client_is_seen(gateway, reader):
    """A stream that stands still notices at once that its client has gone."""
    gateway.fault("stall", after_events=2)
    async with reader.post(CHAT, {**HELLO, "stream": True}) as response:
        await response.content.readany()
        await gateway.wait_events(2)
        response.close()
    record = await gateway.wait_closed(0, timeout=2)
    assert (record.closed_by_peer, record.events_sent) == (True, 2)
    await gateway.wait_connections(0)
    assert not gateway.connections[0].live


@pytest.mark.virtual
async def test_waiting_has_an_end(gateway):
    """A condition that never holds is a ``TimeoutError`` that shows what there is."""
    with pytest.raises(TimeoutError, match="0 requests"):
        await gateway.wait_requests(1, timeout=0.01)


async def test_closing_ends_live_streams(reader):
    """``close`` returns at once with a stream still open, and says that it was the gateway."""
    gateway = await LocalGateway().start()
    gateway.fault("stall")
    async with Reader(gateway, reader.session).post(CHAT, {**HELLO, "stream": True}) as response:
        await gateway.wait_events(1)
        await gateway.close()
        await gateway.close()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert gateway.streams[0].state == "closed"
    assert gateway.live_connections == 0


@pytest.mark.virtual
async def test_pace_spreads_events():
    """Events of a paced stream leave one after the other."""
    async with LocalGateway(pace=0.01) as gateway, aiohttp.ClientSession() as session:
        await Reader(gateway, session).chat()
        stream = gateway.streams[0]
        assert stream.last_sent - stream.headers_sent == pytest.approx(0.01 * (stream.events_sent - 1))


@pytest.mark.virtual
async def test_latency_comes_before_the_head():
    """With a latency the head of every answer waits."""
    async with LocalGateway(latency=0.05) as gateway, aiohttp.ClientSession() as session:
        await Reader(gateway, session).json(CHAT, HELLO)
        assert gateway.streams[0].headers_sent - gateway.streams[0].opened == pytest.approx(0.05)


async def test_a_broken_predicate_is_a_500(gateway, reader, caplog):
    """An error within the gateway is an answer, too, and the gateway goes on."""
    gateway.script("x", match=lambda request: 1 // 0)
    async with reader.post(CHAT, HELLO) as response:
        assert response.status == 500
    assert gateway.streams[0].state == "broken"
    assert "ZeroDivisionError" in caplog.text
    gateway.clear()
    assert await reader.json(CHAT, HELLO)


async def test_exported_names():
    """Every public name can be had, and no other."""
    from gravitex_async import testing

    assert all(getattr(testing, name).__name__ == name for name in testing.__all__)
    with pytest.raises(AttributeError, match="no attribute"):
        _ = testing.Nothing
