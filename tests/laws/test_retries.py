"""Before the first delta what is safe is tried again, with jitter and as asked; after it nothing.

The sockets are real and the time is not (``tests/virtual.py``): a pause is as long as it says.
"""

from __future__ import annotations

import asyncio
import email.utils
import time
from typing import Any

import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    AsyncGravitex,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    StreamInterrupted,
    Timeout,
)
from gravitex_async.testing import LocalGateway, Tape

from .conftest import RawServer, ask, chunked, client_of, head, open_stream

pytestmark = pytest.mark.virtual

QUICK = RetryPolicy(max_retries=2, initial_delay=0.001, max_delay=0.002)

YES = [408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]
NO = [400, 401, 402, 403, 404, 405, 413, 415, 422, 451, 499, 501, 505]
NEVER = [
    (429, "insufficient_quota"),
    (403, "insufficient_user_quota"),
    (403, "pre_consume_token_quota_failed"),
    (503, "model_not_found"),
    (500, "invalid_request"),
    (500, "channel:param_override_invalid"),
    (500, "convert_request_failed"),
    (501, "api_not_implemented"),
]


async def answer(client: AsyncGravitex, stream: bool) -> Any:
    return await (open_stream(client).final() if stream else ask(client))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("status", YES)
async def test_statuses_that_are_tried_again(gateway: LocalGateway, status: int, stream: bool) -> None:
    """Busy and broken servers get the same request again, byte for byte."""
    gateway.fault("status", status=status, code="", count=2)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        assert (await answer(client, stream)).choices[0].message.content
    assert len(gateway.requests) == 3
    assert len({request.body for request in gateway.requests}) == 1
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("status", NO)
async def test_statuses_that_are_final(gateway: LocalGateway, status: int, stream: bool) -> None:
    """What was wrong stays wrong."""
    gateway.fault("status", status=status, code="", count=None)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        with pytest.raises(APIError) as caught:
            await answer(client, stream)
    assert (caught.value.status, caught.value.attempts, len(gateway.requests)) == (status, 1, 1)


@pytest.mark.parametrize(("status", "code"), NEVER)
async def test_pain_45_codes_that_are_final(gateway: LocalGateway, status: int, code: str) -> None:
    """An empty account does not fill up by asking again."""
    gateway.fault("status", status=status, code=code, count=None)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        with pytest.raises(APIError) as caught:
            await ask(client)
        assert caught.value.retryable is False
        assert isinstance(caught.value, NotFoundError) is (code == "model_not_found")
    assert len(gateway.requests) == 1


async def test_attempts_stand_on_result_and_error(gateway: LocalGateway) -> None:
    """How many tries it took is told either way."""
    gateway.fault("status", status=503, count=5)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        with pytest.raises(ServerError, match="attempts 3") as caught:
            await open_stream(client).final()
        assert caught.value.attempts == 3
        stream = await open_stream(client)
        assert stream.attempts == 3
        await stream.final()


@pytest.mark.parametrize("stream", [True, False])
async def test_connection_errors_are_tried_again(gateway: LocalGateway, stream: bool) -> None:
    """A refusal and a reset before the headers."""
    gateway.fault("reset", where="headers", count=2)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        await answer(client, stream)
    assert len(gateway.requests) == 3
    async with client_of("http://127.0.0.1:9", max_retries=QUICK) as client:
        with pytest.raises(APIConnectionError, match="Cannot connect to API server") as caught:
            await answer(client, stream)
        assert caught.value.attempts == 3


async def test_a_plain_body_that_breaks_off_is_tried_again(gateway: LocalGateway) -> None:
    """Nothing of it was delivered."""
    gateway.fault("truncate", count=2)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        await ask(client)
    assert len(gateway.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1


@pytest.mark.parametrize("view", ["final", "text"])
@pytest.mark.parametrize("kind", ["reset", "close", "error-event"])
@pytest.mark.parametrize("events", [0, 1])
async def test_a_stream_that_fails_before_its_first_content_is_tried_again(
    gateway: LocalGateway, kind: Any, events: int, view: str
) -> None:
    """Nothing, or an empty chunk that opens the message, had come."""
    gateway.script(text=["One", " two"], times=None)
    gateway.fault(kind, after_events=events, count=2)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        stream = open_stream(client)
        if view == "text":
            assert "".join([text async for text in stream.text()]) == "One two"
        else:
            assert (await stream.final()).choices[0].message.content == "One two"
        assert (stream.attempts, stream.end.state) == (3, "completed")
    assert len(gateway.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1


async def test_an_error_that_the_end_of_the_body_completes_is_tried_again(gateway: LocalGateway) -> None:
    """Its blank line is missing; it is an error all the same, and the next try is another stream."""
    gateway.play(Tape(b'data: {"error":{"message":"x","code":500}}', content_type="text/event-stream"))
    async with client_of(gateway.url, max_retries=QUICK) as client:
        stream = open_stream(client)
        assert (await stream.final()).choices[0].message.content
        assert (stream.attempts, stream.end.state) == (2, "completed")


@pytest.mark.parametrize("kind", ["reset", "close", "error-event"])
async def test_nothing_is_tried_again_after_the_first_delta(gateway: LocalGateway, kind: Any) -> None:
    """Half an answer twice is worse than half an answer."""
    gateway.script(text=["One", " two"], times=None)
    gateway.fault(kind, after_events=2, count=None)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        with pytest.raises((StreamInterrupted, ServerError)) as caught:
            await open_stream(client).final()
        assert caught.value.attempts == 1
    assert len(gateway.requests) == 1


async def test_an_item_that_was_handed_out_is_not_handed_out_again(gateway: LocalGateway) -> None:
    """An empty chunk counts when somebody has seen it."""
    gateway.fault("reset", after_events=1, count=None)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        stream = open_stream(client)
        await stream.__anext__()
        with pytest.raises(StreamInterrupted):
            await stream.__anext__()
    assert len(gateway.requests) == 1


async def test_an_error_body_with_status_200_is_tried_again(gateway: LocalGateway) -> None:
    """The status does not make it another error."""
    gateway.fault("json-error", count=2)
    async with client_of(gateway.url, max_retries=QUICK) as client:
        await open_stream(client).final()
        assert len(gateway.requests) == 3
        gateway.fault("json-error", count=2)
        await ask(client)
        assert len(gateway.requests) == 6


async def _pauses(gateway: LocalGateway, **fault: Any) -> float:
    """Seconds that one retry waited."""
    gateway.fault("status", status=503, **fault)
    policy = RetryPolicy(max_retries=1, initial_delay=0.001, max_retry_after=200)
    async with client_of(gateway.url, max_retries=policy, timeout=Timeout(pool=200)) as client:
        began = now()
        await ask(client)
        return now() - began


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_retry_after_is_honoured(gateway: LocalGateway) -> None:
    """In seconds, in milliseconds, as a date; the jitter comes on top."""
    assert 20 <= await _pauses(gateway, retry_after="20") <= 20.002
    assert 20 <= await _pauses(gateway, headers={"Retry-After-Ms": "20000"}) <= 20.002
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    assert 50 <= await _pauses(gateway, retry_after=date) <= 101  # the date comes nearer in real time


@pytest.mark.parametrize(
    "value", ["-5", "1e9", "soon", "", "nan", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 0"]
)
async def test_a_retry_after_that_makes_no_sense_is_none(gateway: LocalGateway, value: str) -> None:
    """The ordinary back-off applies."""
    assert await _pauses(gateway, retry_after=value) <= 0.001


@pytest.mark.parametrize("value", ["86400", "9999999999", "Wed, 01 Jan 2200 00:00:00 GMT"])
async def test_a_retry_after_beyond_the_cap_is_not_waited_for(gateway: LocalGateway, value: str) -> None:
    """The error comes at once, and carries what was asked."""
    gateway.fault("status", status=429, retry_after=value)
    async with client_of(gateway.url, max_retries=3) as client:
        began = now()
        with pytest.raises(RateLimitError) as caught:
            await ask(client)
        assert now() == began
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 80000
    assert len(gateway.requests) == 1


async def test_a_pause_beyond_the_deadline_is_not_begun(gateway: LocalGateway) -> None:
    """Waiting for nothing helps nobody."""
    gateway.fault("status", status=503, retry_after=5, count=None)
    async with client_of(gateway.url, max_retries=3, timeout=Timeout(deadline=1)) as client:
        began = now()
        with pytest.raises(ServerError):
            await ask(client)
        assert now() == began


def test_back_off_has_full_jitter() -> None:
    """From nothing to the whole of a delay that doubles up to its cap."""
    policy = RetryPolicy(max_retries=9, initial_delay=0.5, max_delay=4)
    assert [policy.delay(n, rand=lambda: 1.0) for n in range(1, 7)] == [0.5, 1, 2, 4, 4, 4]
    assert [policy.delay(n, rand=lambda: 0.0) for n in range(1, 7)] == [0.0] * 6
    assert policy.delay(1, rand=lambda: 0.5) == 0.25
    assert policy.delay(9) is not None
    assert policy.delay(10) is None


def test_retry_after_is_a_floor_for_the_jitter() -> None:
    """Never earlier than asked, a little later, so that many clients do not come back at once."""
    policy = RetryPolicy()
    assert policy.delay(1, retry_after=10, rand=lambda: 0.0) == 10
    assert 10 < (policy.delay(1, retry_after=10, rand=lambda: 1.0) or 0) <= 11
    assert policy.delay(1, retry_after=121) is None
    assert policy.delay(3, retry_after=1) is None


async def test_the_key_is_asked_for_at_every_try(gateway: LocalGateway) -> None:
    """A key that expires while the call waits is replaced."""
    keys = iter(["sk-old", "sk-local", "sk-local"])

    async def key() -> str:
        return next(keys)

    gateway.fault("status", status=503, match=lambda request: True)
    async with client_of(gateway.url, api_key=key, max_retries=QUICK) as client:
        with pytest.raises(APIError):
            await ask(client)  # the old one is refused, and a refusal of a key is final
        await ask(client)
    assert [r.headers["Authorization"] for r in gateway.requests] == ["Bearer sk-old"] + [
        "Bearer sk-local"
    ] * 2


async def test_pain_45_five_hundred_tasks_make_one_pause(gateway: LocalGateway) -> None:
    """When the limit is hit, all calls with that key wait out one pause, and each is answered then."""
    limited_until = 0.0
    refused = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal limited_until, refused
        limited_until = limited_until or now() + 0.2
        body = b'{"id":"x","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}'
        if now() < limited_until:
            refused += 1
            writer.write(head("application/json", "429 Too Many Requests", Retry_After="0.3"))
            body = b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'
        else:
            writer.write(head("application/json"))
        writer.write(chunked(body) + b"0\r\n\r\n")

    async with RawServer(serve) as server, client_of(server.url, max_retries=QUICK) as client:
        first = await asyncio.gather(*(ask(client) for _ in range(50)))
        assert len(first) == 50
        assert refused <= 50  # nobody came back into the pause
        assert len(server.requests) == 50 + refused
