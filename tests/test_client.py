"""The client over a real socket: when it sends, where it sends, what it sends, and what its views share."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import Any

import aiohttp
import pytest

from gravitex_async import (
    APIConnectionError,
    APIStatusError,
    AsyncGravitex,
    AuthenticationError,
    Limits,
    MisuseError,
    PoolTimeoutError,
    RetryPolicy,
    Timeout,
    __version__,
)
from gravitex_async.testing import LocalGateway

ASK = [{"role": "user", "content": "hi"}]
CALL: dict[str, Any] = {"model": "m", "messages": ASK}


async def ask(client: AsyncGravitex, **options: Any) -> str:
    """The text of one plain answer."""
    answer = await client.chat.completions.create(**CALL, **options)
    return str(answer.choices[0].message.content)


# When it sends


async def test_a_stream_is_sent_when_it_is_first_used(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Making a stream sends nothing; arguments are checked at once all the same."""
    stream = client.chat.completions.create(**CALL, stream=True)
    other = client.chat.completions.stream(**CALL)
    await asyncio.sleep(0)
    assert gateway.requests == []
    with pytest.raises(MisuseError):
        client.chat.completions.stream(model="m", messages=[])
    await stream
    assert len(gateway.requests) == 1
    stream.abort()
    other.abort()
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("make", ["create", "stream"])
@pytest.mark.parametrize(
    "form", ["await", "enter", "iterate", "await-and-enter", "final", "text", "deltas", "batches"]
)
async def test_every_way_to_begin(gateway: LocalGateway, client: AsyncGravitex, make: str, form: str) -> None:
    """Awaited, entered, iterated, through a view or to its end: one request, the same text."""
    gateway.script("one two")
    completions = client.chat.completions
    stream = completions.create(**CALL, stream=True) if make == "create" else completions.stream(**CALL)
    if form == "await":
        assert await stream is stream
    elif form in ("enter", "await-and-enter"):
        if form == "await-and-enter":
            await stream
        async with stream as entered:
            assert entered is stream
            await entered.final()
    elif form == "iterate":
        assert [chunk async for chunk in stream]
    elif form != "final":
        assert [piece async for piece in getattr(stream, form)()]
    await stream.final()
    assert (stream.content, len(gateway.requests)) == ("one two", 1)


# Where it sends


async def test_the_environment_gives_key_and_url(
    gateway: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GRAVITEX_API_KEY and GRAVITEX_BASE_URL, and no other vendor's variable."""
    monkeypatch.setenv("GRAVITEX_API_KEY", gateway.api_key)
    monkeypatch.setenv("GRAVITEX_BASE_URL", gateway.url)
    async with AsyncGravitex() as client:
        assert await ask(client)
    monkeypatch.delenv("GRAVITEX_API_KEY")
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "sk-foreign")
    with pytest.raises(MisuseError, match="GRAVITEX_API_KEY"):
        AsyncGravitex()


@pytest.mark.parametrize("key", ["", "  ", "sk-a b", "sk-\na", "sk-\x7f", "sk-é", 17])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key: Any) -> None:
    """At once, and without quoting it."""
    with pytest.raises(MisuseError) as caught:
        AsyncGravitex(api_key=key)
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["api.gravitex.ai", "ftp://x.test", "http://", "https://u:p@x.test", "http://x y", "http://[bad",
            "http://x.test:port", "http://x.test:99999"],
)  # fmt: skip
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    """When the client is made, not at the first request."""
    with pytest.raises(MisuseError, match="base_url"):
        AsyncGravitex(api_key="k", base_url=url)


async def test_a_path_before_the_version_is_kept(gateway: LocalGateway) -> None:
    """A gateway may live under a prefix of a larger site."""
    async with AsyncGravitex(base_url=f"{gateway.url}/team/a/v1", api_key="k", max_retries=0) as client:
        with pytest.raises(APIStatusError):
            await ask(client)
    assert gateway.requests[-1].path == "/team/a/v1/chat/completions"


# What it sends


async def test_headers_of_a_request(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Who we are, what we take, and nothing compressed on streams, so that no proxy holds tokens back."""
    await ask(client)
    plain = gateway.requests[-1].headers
    assert plain["User-Agent"] == f"gravitex-async/{__version__}"
    assert (plain["Accept"], plain["Content-Type"]) == ("application/json", "application/json")
    assert plain["Idempotency-Key"].startswith("gravitex-")
    await client.chat.completions.stream(**CALL).final()
    streamed = gateway.requests[-1].headers
    assert (streamed["Accept"], streamed["Accept-Encoding"]) == ("text/event-stream", "identity")
    assert "Last-Event-ID" not in streamed


async def test_defaults_and_extras_come_together(gateway: LocalGateway) -> None:
    """Headers and query of client, base URL and call; the call's win, whatever their case."""
    async with AsyncGravitex(
        base_url=f"{gateway.url}/v1?api-version=1&a=base",
        api_key=gateway.api_key,
        default_headers={"X-Team": "red", "X-Both": "client", "User-Agent": "mine"},
        default_query={"a": "client", "b": "client"},
    ) as client:
        await ask(
            client, extra_headers={"x-both": "call", "X-One": "1"}, extra_query={"b": "call", "c": "ü&"}
        )
    request = gateway.requests[-1]
    assert request.headers.getall("X-Both") == ["call"]
    assert (request.headers["X-Team"], request.headers["X-One"]) == ("red", "1")
    assert request.headers.getall("User-Agent") == ["mine"]
    assert dict(request.query) == {"api-version": "1", "a": "client", "b": "call", "c": "ü&"}


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X\n": "a"}, {"": "a"}, {"X": 1}, {"X:": "a"}, {"X": "\0"}]
)
async def test_headers_cannot_write_headers(client: AsyncGravitex, headers: Any) -> None:
    """A line break in a name or value is refused before anything is sent."""
    with pytest.raises(MisuseError):
        await ask(client, extra_headers=headers)
    with pytest.raises(MisuseError):
        AsyncGravitex(api_key="k", default_headers=headers)


async def test_an_async_key_is_asked_for_each_try(gateway: LocalGateway) -> None:
    """A key that expires is renewed between two tries of one call."""
    keys = iter(["sk-old", gateway.api_key, gateway.api_key])

    async def fresh() -> str:
        await asyncio.sleep(0)
        return next(keys)

    policy = RetryPolicy(max_retries=2, initial_delay=0)
    async with AsyncGravitex(base_url=gateway.url, api_key=fresh, max_retries=policy) as client:
        with pytest.raises(AuthenticationError):
            await ask(client)
        gateway.fault("status", status=503)
        assert await ask(client)
    sent = [request.headers["Authorization"] for request in gateway.requests]
    assert sent == ["Bearer sk-old", f"Bearer {gateway.api_key}", f"Bearer {gateway.api_key}"]


@pytest.mark.parametrize("auth", ["x-goog-api-key", "query"])
async def test_googles_forms_are_for_googles_paths(gateway: LocalGateway, auth: Any) -> None:
    """Chat is always asked with Bearer: the gateway knows the other forms on the Gemini paths only."""
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, auth=auth) as client:
        await ask(client)
    request = gateway.requests[-1]
    assert request.headers["Authorization"] == f"Bearer {gateway.api_key}"
    assert "key" not in request.query
    assert "x-goog-api-key" not in request.headers


def test_an_unknown_form_of_credential_is_refused() -> None:
    """A typo here would send the key where it does not belong."""
    with pytest.raises(MisuseError, match="basic"):
        AsyncGravitex(api_key="k", auth="basic")  # type: ignore[arg-type]


async def test_a_large_body_arrives_whole(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Megabytes are encoded off the loop and written in pieces; a warning would fail this test."""
    text = "ü" * 3_000_000
    await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    body: Any = gateway.requests[-1].json
    assert body["messages"][0]["content"] == text


async def test_redirects_are_not_followed(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A key must not travel to another origin; the error says where it would have gone."""
    async with LocalGateway() as other:
        gateway.fault("redirect", location=f"{other.url}/v1/chat/completions")
        with pytest.raises(APIStatusError, match="redirects are not followed"):
            await ask(client)
        assert other.requests == []


# Views of one client


async def test_views_share_the_pool_and_differ_in_the_rest(gateway: LocalGateway) -> None:
    """``with_options`` changes what it is told; connections, and closing, are shared."""
    async with AsyncGravitex(
        base_url=gateway.url, api_key="sk-wrong", default_headers={"X-A": "1"}
    ) as client:
        view = client.with_options(api_key=gateway.api_key, max_retries=0)
        assert view.pool is client.pool
        assert await ask(view)
        assert gateway.requests[-1].headers["X-A"] == "1"
        with pytest.raises(AuthenticationError):
            await ask(client)
        assert client.pool.statistics().opened == 1
        assert isinstance(view, AsyncGravitex)
        await view.close()
        with pytest.raises(MisuseError, match="closed"):
            await ask(client)


@pytest.mark.parametrize("name", ["limits", "session", "ssl", "trust_env", "rate_limits"])
def test_what_belongs_to_the_pool_cannot_be_overridden(name: str) -> None:
    """A view has no pool of its own, and says so; a setting nobody knows is an ordinary TypeError."""
    client = AsyncGravitex(api_key="k")
    with pytest.raises(TypeError, match=f"{name} belongs to the pool"):
        client.with_options(**{name: None})
    with pytest.raises(TypeError, match="unexpected keyword argument 'tiemout'"):
        client.with_options(tiemout=1)


def test_a_client_tells_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it goes, without what may be a secret; the limits and retries of a call that names none."""
    monkeypatch.delenv("GRAVITEX_BASE_URL", raising=False)
    client = AsyncGravitex(api_key="k")
    assert (client.base_url, client.timeout, client.max_retries) == ("https://api.gravitex.ai", Timeout(), 2)
    policy, clocks = RetryPolicy(max_retries=1), Timeout(idle=3)
    other = client.with_options(
        base_url="http://x.test/a/v1/responses?key=sk-secret", timeout=clocks, max_retries=policy
    )
    assert (other.base_url, other.timeout, other.max_retries) == ("http://x.test/a", clocks, policy)
    assert client.with_options(timeout=30, max_retries=0).timeout == 30


def test_copy_is_with_options() -> None:
    """Under the name users of openai-python know."""
    client = AsyncGravitex(api_key="k", timeout=3)
    view = client.copy(max_retries=4)
    assert (view.pool is client.pool, view.timeout, view.max_retries) == (True, 3, 4)
    assert client.copy().max_retries == 2
    with pytest.raises(TypeError, match="limits belongs to the pool"):
        client.copy(limits=Limits())  # type: ignore[call-arg]


async def test_the_timeout_of_a_client_and_of_a_call(gateway: LocalGateway) -> None:
    """The call's wins."""
    async with AsyncGravitex(
        base_url=gateway.url, api_key=gateway.api_key, timeout=Timeout(headers=0.05), max_retries=0
    ) as client:
        gateway.script("late", pace=0.0)
        assert await ask(client, timeout=Timeout(headers=5)) == "late"
        gateway.fault("stall", where="headers")
        with pytest.raises(APIConnectionError):
            await ask(client)


def test_a_client_shows_no_key() -> None:
    """Neither its repr, nor its pool's, nor that of its parts."""
    client = AsyncGravitex(api_key="sk-secret-1", default_headers={"X-Key": "sk-secret-2"})
    shown = f"{client!r} {client.pool!r} {client.chat!r} {client.chat.completions!r} {vars(client.pool)!r}"
    assert "sk-secret" not in shown
    assert "api.gravitex.ai" in repr(client)


# Lifetime


async def test_a_closed_client_sends_nothing(gateway: LocalGateway) -> None:
    """Closing is idempotent, and what comes after it is a mistake that says so."""
    client = AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key)
    await ask(client)
    await client.close()
    await client.close()
    with pytest.raises(MisuseError, match="closed"):
        await ask(client)
    with pytest.raises(MisuseError, match="closed"):
        await client.chat.completions.stream(**CALL)
    assert client.pool.statistics().idle == 0
    await gateway.wait_connections(0)


THREE_RUNS = """
import asyncio, sys
from gravitex_async import AsyncGravitex
from gravitex_async.testing import LocalGateway

client = AsyncGravitex(api_key="sk-local", base_url="http://placeholder")

async def main(leave_open):
    async with LocalGateway() as gateway:
        here = client.with_options(base_url=gateway.url)
        messages = [{"role": "user", "content": "hi"}]
        await here.chat.completions.create(model="m", messages=messages)
        stream = await here.chat.completions.stream(model="m", messages=messages)
        await stream.__anext__()
        if not leave_open:
            await stream.final()
        return stream

kept = [asyncio.run(main(number == 1)) for number in range(3)]
print(client.pool.statistics())
"""


@pytest.mark.parametrize("ending", ["", "asyncio.run(client.close())", "del client, kept"])
def test_three_loops_in_a_row(ending: str) -> None:
    """One client, three ``asyncio.run``, a stream left open, closed or not: no warning, no error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", THREE_RUNS + ending],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_two_threads_with_a_loop_each() -> None:
    """A client may be used from several loops at once; each has connections of its own."""
    client = AsyncGravitex(api_key="sk-local", base_url="http://placeholder")
    answers: list[str] = []

    async def work() -> None:
        async with LocalGateway() as gateway:
            here = client.with_options(base_url=gateway.url)
            for _ in range(3):
                answers.append(await ask(here))

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6


async def test_a_session_of_the_callers_is_used_and_left_alone(gateway: LocalGateway) -> None:
    """It keeps its own settings, and is still open when the client is closed."""
    async with aiohttp.ClientSession(headers={"X-Session": "1"}) as session:
        async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, session=session) as client:
            await ask(client)
            await client.chat.completions.stream(**CALL).final()
        assert not session.closed
    assert gateway.requests[-1].headers["X-Session"] == "1"


# The pool


async def test_connections_are_reused_and_counted(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Plain answers and finished streams give their connection back; the statistics say so."""
    for _ in range(3):
        await ask(client)
        await client.chat.completions.stream(**CALL).final()
    stats = client.pool.statistics()
    assert (stats.opened, stats.reused, stats.leased, stats.idle, stats.waiting) == (1, 5, 0, 1, 0)
    assert len(gateway.connections) == 1
    async with client.chat.completions.stream(**CALL):
        assert client.pool.statistics().leased == 1
        assert repr(client.pool) == "<Pool 1 leased, 0 idle, 0 waiting>"


async def test_refusals_give_their_connection_back(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An error answer is read to its end: the next request goes over the same connection."""
    for status in (400, 500, 404):
        gateway.fault("status", status=status)
        with pytest.raises(APIStatusError):
            await ask(client)
    assert await ask(client)
    assert (client.pool.statistics().opened, client.pool.statistics().reused) == (1, 3)


def limited(gateway: LocalGateway, **limits: Any) -> AsyncGravitex:
    return AsyncGravitex(
        base_url=gateway.url,
        api_key=gateway.api_key,
        max_retries=0,
        limits=Limits(**limits),
        timeout=Timeout(connect=5),
    )


async def waiting(client: AsyncGravitex, count: int) -> None:
    """Lets the others run until so many calls wait for a connection."""
    for _ in range(1000):
        if client.pool.statistics().waiting >= count:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"expected {count} waiting calls, got {client.pool!r}")


@pytest.mark.virtual
async def test_a_full_pool_has_its_own_error(gateway: LocalGateway) -> None:
    """Who waits too long for a connection is told that it was the pool, and not the server."""
    async with limited(gateway, max_connections=1) as client:
        gateway.fault("stall", after_events=1)
        async with client.chat.completions.stream(**CALL):
            with pytest.raises(PoolTimeoutError, match=r"1 in use.*max_connections") as caught:
                await ask(client, timeout=Timeout(pool=0.05))
            assert caught.value.limit == 0.05
            assert len(gateway.requests) == 1
        assert client.pool.statistics().seconds_waited == pytest.approx(0.05)
        assert await ask(client)


async def test_the_queue_is_first_come_first_served(gateway: LocalGateway) -> None:
    """Waiting calls are answered in the order they came, and are visible while they wait."""
    order: list[int] = []
    async with limited(gateway, max_connections=1) as client:

        async def call(number: int) -> None:
            await ask(client, extra_headers={"X-Number": str(number)})
            order.append(number)

        gateway.fault("stall", after_events=1)
        stream = await client.chat.completions.stream(**CALL)
        tasks = [asyncio.create_task(call(number)) for number in range(5)]
        await waiting(client, 5)
        stream.abort()
        await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert [request.headers["X-Number"] for request in gateway.requests[1:]] == list("01234")


@pytest.mark.virtual
async def test_limits_per_host(gateway: LocalGateway) -> None:
    """A busy host keeps nobody from another one."""
    async with LocalGateway() as other, limited(gateway, max_connections_per_host=1) as client:
        gateway.fault("stall", after_events=1)
        async with client.chat.completions.stream(**CALL):
            assert await ask(client.with_options(base_url=other.url))
            with pytest.raises(PoolTimeoutError):
                await ask(client, timeout=Timeout(pool=0.02))


async def test_a_waiter_cancelled_twice_leaks_nothing(gateway: LocalGateway) -> None:
    """Cancelling who waits, and cancelling again while that is being done, leaves the pool whole."""
    async with limited(gateway, max_connections=1) as client:
        gateway.fault("stall", after_events=1)
        stream = await client.chat.completions.stream(**CALL)
        task = asyncio.create_task(ask(client))
        await waiting(client, 1)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        stream.abort()
        stats = client.pool.statistics()
        assert (stats.leased, stats.waiting) == (0, 0)
        assert await asyncio.gather(*[ask(client) for _ in range(3)])


async def test_keepalive_none_closes_each_connection(gateway: LocalGateway) -> None:
    """For those whose load balancer dislikes kept connections."""
    async with limited(gateway, keepalive=None) as client:
        await ask(client)
        await ask(client)
        assert (client.pool.statistics().opened, client.pool.statistics().idle) == (2, 0)


# Retries


FAST = RetryPolicy(max_retries=2, initial_delay=0)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "options"),
    [("status", {"status": 500}), ("status", {"status": 503}), ("status", {"status": 408}),
     ("reset", {"where": "headers"}), ("truncate", {"after_events": 0})],
)  # fmt: skip
async def test_what_may_pass_is_tried_again(
    gateway: LocalGateway, client: AsyncGravitex, stream: bool, fault: Any, options: Any
) -> None:
    """Server errors and lost connections, before anything was delivered; under one idempotency key."""
    gateway.fault(fault, count=2, **options)
    if stream:
        opened = client.chat.completions.stream(**CALL, max_retries=FAST)
        assert (await opened.final()).choices[0].message.content
        assert opened.attempts == 3
    else:
        assert await ask(client, max_retries=FAST)
    assert len(gateway.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
async def test_what_will_not_pass_is_not(gateway: LocalGateway, client: AsyncGravitex, status: int) -> None:
    """A wrong request stays wrong."""
    gateway.fault("status", status=status, code="odd")
    with pytest.raises(APIStatusError) as caught:
        await ask(client, max_retries=FAST)
    assert (len(gateway.requests), caught.value.attempts) == (1, 1)


@pytest.mark.parametrize("code", ["insufficient_quota", "insufficient_user_quota", "model_not_found"])
async def test_a_quota_is_never_retried(gateway: LocalGateway, client: AsyncGravitex, code: str) -> None:
    """429 and 503 by these codes do not get better by asking again."""
    for status in (429, 503):
        gateway.fault("status", status=status, code=code)
        with pytest.raises(APIStatusError):
            await ask(client, max_retries=FAST)
    assert len(gateway.requests) == 2


async def test_tries_run_out(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The last error is raised, and says how many tries there were."""
    gateway.fault("status", status=500, count=None)
    with pytest.raises(APIStatusError, match="attempts 3") as caught:
        await ask(client, max_retries=FAST)
    assert caught.value.attempts == 3


@pytest.mark.virtual
async def test_retry_after_is_honoured_or_refused(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A short one is waited for; one beyond the policy is raised at once, with its value."""
    loop = asyncio.get_running_loop()
    gateway.fault("status", status=503, headers={"Retry-After-Ms": "60"})
    began = loop.time()
    assert await ask(client, max_retries=FAST)
    assert loop.time() - began == pytest.approx(0.06)
    gateway.fault("status", status=503, retry_after=3600)
    with pytest.raises(APIStatusError) as caught:
        await ask(client, max_retries=FAST)
    assert (caught.value.retry_after, caught.value.attempts) == (3600, 1)


async def test_nothing_is_retried_after_the_first_delta(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What was delivered cannot be taken back: the break is the caller's to see."""
    gateway.script(text=["one", "two", "three"])
    gateway.fault("reset", after_events=3)
    stream = client.chat.completions.stream(**CALL, max_retries=FAST)
    with pytest.raises(APIConnectionError) as caught:
        await stream.final()
    assert caught.value.partial.choices[0].message.content
    assert len(gateway.requests) == 1
