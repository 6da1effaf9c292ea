"""Proxies of the environment: found, gone through, and told apart from the gateway when they refuse."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import socket
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from gravitex_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncGravitex,
    AuthenticationError,
    MisuseError,
    Timeout,
)
from gravitex_async.testing import LocalGateway
from gravitex_async.transport._environment import bypassed

from ..laws.conftest import ask, client_of, open_stream
from .conftest import Run, Tls
from .proxy import LocalProxy

USER = "me:sec%2Fret%40word"
CREDENTIAL = "me:sec/ret@word"
SECRETS = ["sec/ret@word", "sec%2Fret%40word", "bWU6c2VjL3JldEB3b3Jk"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy but what a test sets."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.fixture(params=["http", "https"])
def secure(request: pytest.FixtureRequest, tls: Tls) -> Tls | None:
    """What the gateway speaks; the proxy sees a whole address, or a tunnel."""
    return tls if request.param == "https" else None


def gateway_of(secure: Tls | None) -> LocalGateway:
    return LocalGateway(ssl_context=secure and secure.server)


def client(url: str, secure: Tls | None, **options: Any) -> AsyncGravitex:
    return client_of(url, ssl=secure and secure.client, **options)


def texts_of(error: BaseException) -> Iterator[str]:
    """All that can be seen of an error."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{seen} {seen!r} {seen.args!r} {vars(seen)!r}"
        seen = seen.__cause__ or seen.__context__
    yield "".join(traceback.format_exception(type(error), error, error.__traceback__))
    yield repr(pickle.loads(pickle.dumps(error)).__dict__)


def assert_clean(error: BaseException) -> None:
    for text in texts_of(error):
        assert not [secret for secret in SECRETS if secret in text], text


async def refused(asker: AsyncGravitex) -> APIConnectionError:
    """The error of a plain call, which that of a stream equals."""
    with pytest.raises(APIConnectionError) as plain:
        await ask(asker)
    with pytest.raises(APIConnectionError) as streamed:
        await open_stream(asker).final()
    assert str(plain.value) == str(streamed.value)
    assert_clean(plain.value)
    return plain.value


@pytest.mark.parametrize("variable", ["{}_proxy", "{}_PROXY", "all_proxy", "ALL_PROXY"])
def test_calls_go_through_the_proxy(
    run: Run, secure: Tls | None, environment: pytest.MonkeyPatch, variable: str
) -> None:
    """By the variable of their scheme, or by the one for all schemes; plain calls and streams."""

    async def main() -> None:
        async with gateway_of(secure) as gateway, LocalProxy(credential=CREDENTIAL) as proxy:
            name = variable.format("HTTPS" if secure else "HTTP")
            environment.setenv(name.lower() if variable.islower() else name, proxy.with_user(USER))
            async with client(gateway.url, secure) as asker:
                await ask(asker)
                assert (await open_stream(asker).final()).choices[0].message.content
            assert len(gateway.requests) == 2
            first = f"CONNECT {gateway.url[8:]} " if secure else f"POST {gateway.url}/v1/chat/completions "
            assert proxy.heads[0].startswith(first)
            if secure:
                assert "Bearer" not in "".join(proxy.heads)
            assert "Proxy-Authorization" not in gateway.requests[0].headers

    run(main())


async def test_a_variable_of_the_scheme_goes_before_the_one_for_all(environment: pytest.MonkeyPatch) -> None:
    """And an address without a scheme is one of an HTTP proxy."""
    async with LocalGateway() as gateway, LocalProxy() as right, LocalProxy() as wrong:
        environment.setenv("http_proxy", right.place)
        environment.setenv("all_proxy", wrong.url)
        async with client_of(gateway.url) as asker:
            await ask(asker)
        assert (len(right.heads), len(wrong.heads)) == (1, 0)
        async with client_of(gateway.url, trust_env=False) as asker:
            await ask(asker)
        assert len(right.heads) == 1


def test_a_proxy_that_is_spoken_to_over_tls(
    run: Run, secure: Tls | None, tls: Tls, environment: pytest.MonkeyPatch
) -> None:
    """A tunnel through it is TLS within TLS; where asyncio cannot do that, it is said."""

    async def main() -> None:
        async with gateway_of(secure) as gateway, LocalProxy(credential=CREDENTIAL, tls=tls.server) as proxy:
            environment.setenv("all_proxy", proxy.with_user(USER))
            async with client(gateway.url, tls) as asker:
                own = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)  # uvloop's is none
                if secure and sys.version_info < (3, 11) and own:
                    with pytest.raises(MisuseError, match="no TLS within TLS"):
                        await ask(asker)
                else:
                    await ask(asker)
                    assert (len(proxy.heads), len(gateway.requests)) == (1, 1)

    run(main())


@pytest.mark.parametrize("user", ["", "me@", "me:wrong@", "%C3%A4%E2%82%AC:wrong@"])
def test_a_wrong_password(run: Run, secure: Tls | None, environment: pytest.MonkeyPatch, user: str) -> None:
    """407: the error has the status, says that it was the proxy, and what to check; it is asked once."""

    async def main() -> None:
        async with gateway_of(secure) as gateway, LocalProxy(credential=CREDENTIAL) as proxy:
            environment.setenv("ALL_PROXY", proxy.url.replace("://", f"://{user}"))
            async with client(gateway.url, secure, max_retries=2) as asker:
                error = await refused(asker)
            assert (error.status, error.status_code, error.attempts, error.retryable) == (407, 407, 1, False)
            assert f"Error: Cannot connect to API server {gateway.url}: the proxy {proxy.url}" in str(error)
            assert "check the user name and password in ALL_PROXY" in str(error)
            assert "wrong" not in str(error)
            assert (len(proxy.heads), len(gateway.requests)) == (2, 0)

    run(main())


@pytest.mark.parametrize("status", ["403 Filtered", "502 Bad Gateway", "503 Busy", "418 Teapot"])
def test_a_proxy_that_refuses(
    run: Run, secure: Tls | None, environment: pytest.MonkeyPatch, status: str
) -> None:
    """Its status is kept, and its words where they can be read; nothing is said of the API key."""

    async def main() -> None:
        async with gateway_of(secure) as gateway, LocalProxy(refuse=status) as proxy:
            environment.setenv("ALL_PROXY", proxy.with_user(USER))
            async with client(gateway.url, secure) as asker:
                error = await refused(asker)
            assert error.status == int(status[:3])
            assert error.retryable is (error.status in (502, 503))
            assert f"the proxy {proxy.url} answered with status {error.status}" in str(error)
            assert "API key" not in str(error)
            assert ("Access denied" in str(error)) is (secure is None)
            assert not gateway.requests

    run(main())


@pytest.mark.parametrize("secret", ["ab", "YTphYg=="])
async def test_a_page_that_quotes_the_password(environment: pytest.MonkeyPatch, secret: str) -> None:
    """It is not quoted, however short the password is."""
    async with LocalProxy(refuse="403 Filtered", page=f"<p>you said ({secret})</p>") as proxy:
        environment.setenv("ALL_PROXY", proxy.with_user("a:ab"))
        async with client_of("http://gateway.example") as asker:
            error = await refused(asker)
        assert error.status == 403
        for text in texts_of(error):
            assert "you said" not in text.partition("Traceback")[0]
            assert f"({secret})" not in text


async def test_a_407_is_the_proxys_whatever_it_speaks(environment: pytest.MonkeyPatch) -> None:
    """No gateway has a use for it."""
    async with LocalProxy(credential=CREDENTIAL, page='{"error":{"message":"who are you?"}}') as proxy:
        environment.setenv("ALL_PROXY", proxy.url)
        async with client_of("http://gateway.example") as asker:
            error = await refused(asker)
        assert f"the proxy {proxy.url} answered with status 407: who are you?" in str(error)


async def test_what_the_gateway_refuses_is_the_gateways(
    secure: Tls | None, environment: pytest.MonkeyPatch
) -> None:
    """Through a proxy too: it speaks JSON."""
    async with gateway_of(secure) as gateway, LocalProxy() as proxy:
        environment.setenv("ALL_PROXY", proxy.url)
        async with client(gateway.url, secure, api_key="sk-wrong") as asker:
            with pytest.raises(AuthenticationError):
                await ask(asker)
        gateway.fault("status", status=503, code="busy")
        async with client(gateway.url, secure) as asker:
            with pytest.raises(APIStatusError) as caught:
                await ask(asker)
        assert (caught.value.status, caught.value.code) == (503, "busy")


def test_a_dead_proxy(run: Run, secure: Tls | None, environment: pytest.MonkeyPatch) -> None:
    """Nobody listens there, or the name is nobody's: that is the proxy's address, not the gateway's."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{taken.getsockname()[1]}"

    async def main(place: str) -> None:
        environment.setenv("ALL_PROXY", f"http://{USER}@{place}")
        async with client("https://gateway.example" if secure else "http://gateway.example", secure) as asker:
            error = await refused(asker)
            assert f"gateway.example through the proxy http://{place}: that proxy" in str(error)
            assert "named in ALL_PROXY, cannot be reached" in str(error)

    for place in (dead, "no-such-proxy.invalid:3128"):
        run(main(place))


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_what_listens_there_is_no_proxy(
    run: Run, secure: Tls | None, environment: pytest.MonkeyPatch, says: bytes
) -> None:
    """It hangs up, or speaks another protocol: the error names the proxy beside the gateway."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            environment.setenv("ALL_PROXY", f"http://{USER}@{place}")
            async with client(
                "https://gateway.example" if secure else "http://gateway.example", secure
            ) as asker:
                assert f"through the proxy http://{place}: " in str(await refused(asker))

    run(main())


async def test_a_proxy_that_says_nothing(environment: pytest.MonkeyPatch) -> None:
    """The clock of the connection ends it, and its error names the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        environment.setenv("ALL_PROXY", f"http://{USER}@{place}")
        async with client_of("https://gateway.example", timeout=Timeout(connect=0.1)) as asker:
            error = await refused(asker)
        assert f"https://gateway.example through the proxy http://{place}: timed out: connect" in str(error)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks", "SOCKS5"])
async def test_socks_is_refused(environment: pytest.MonkeyPatch, scheme: str) -> None:
    """Nothing is sent past it, and the sentence says what can be done."""
    async with LocalGateway() as gateway:
        environment.setenv("ALL_PROXY", f"{scheme}://{USER}@127.0.0.1:1080")
        async with client_of(gateway.url, max_retries=2) as asker:
            for call in (ask(asker), open_stream(asker).final(), ask(asker)):
                with pytest.raises(MisuseError, match="ALL_PROXY names a SOCKS proxy") as caught:
                    await call
                assert "trust_env=False" in str(caught.value)
                assert_clean(caught.value)
            assert asker.pool.statistics().leased == 0
        assert not gateway.requests
        async with client_of(gateway.url, trust_env=False) as asker:
            await ask(asker)


@pytest.mark.parametrize(
    "value", [f"http://{USER}@", "http://me:pass/word@127.0.0.1:1", "http://[::1", "ftp://127.0.0.1", "a:b"]
)
async def test_an_address_that_is_none(environment: pytest.MonkeyPatch, value: str) -> None:
    """What was expected is said; what came may hold a password."""
    environment.setenv("HTTP_PROXY", value)
    async with client_of("http://gateway.example") as asker:
        with pytest.raises(MisuseError, match="expected HTTP_PROXY like") as caught:
            await ask(asker)
        assert value not in str(caught.value)
        assert_clean(caught.value)


YES = [
    ("api.example", 443, "api.example"),
    ("API.Example.", 443, "api.example"),
    ("api.example", 443, "example"),
    ("api.example", 443, ".example"),
    ("api.example", 443, "*.example"),
    ("api.example", 443, "a, b\tapi.example"),
    ("api.example", 443, "*"),
    ("api.example", 443, "a,*"),
    ("api.example", 8443, "api.example:8443"),
    ("10.1.2.3", 80, "10.0.0.0/8"),
    ("10.1.2.3", 80, "10.1.2.3"),
    ("10.1.2.3", 80, "10.1.2.3:80"),
    ("10.1.2.3", 80, "10.0.0.0/8:80"),
    ("127.0.0.1", 80, "localhost,127.0.0.0/8,::1"),
    ("::1", 80, "::1"),
    ("::1", 80, "[::1]"),
    ("::1", 80, "[::1]:80"),
    ("fd00::1", 80, "fd00::/8"),
    ("0:0:0:0:0:0:0:1", 80, "::1"),
    ("fe80::1%eth0", 80, "fe80::/10"),
    ("::ffff:10.1.2.3", 80, "10.0.0.0/8"),
]
NO = [
    ("api.example", 443, ""),
    ("api.example", 443, "pi.example"),
    ("notexample", 443, "example"),
    ("api.example", 443, "api.example:8443"),
    ("api.example", 443, "api.example.com"),
    ("api.example", 443, "10.0.0.0/8"),
    ("api.example", 443, "., ,:,[,/8,a:b:c"),
    ("11.1.2.3", 80, "10.0.0.0/8"),
    ("10.1.2.3", 80, "10.1.2.3:81"),
    ("10.1.2.3", 80, "fd00::/8"),
    ("10.1.2.3", 80, "2.3"),
    ("::1", 80, "[::1]:81"),
    ("fd00::1", 80, "10.0.0.0/8"),
]


@pytest.mark.parametrize(
    ("host", "port", "list_of", "direct"),
    [*((*case, True) for case in YES), *((*case, False) for case in NO)],
)
def test_what_is_reached_directly(host: str, port: int, list_of: str, direct: bool) -> None:
    """Names, suffixes, addresses and ranges, with and without a port; what makes no sense fits nothing."""
    assert bypassed(host, port, list_of) is direct


@pytest.mark.parametrize("direct", ["127.0.0.0/8", "localhost 127.0.0.1:{port}", "*"])
async def test_no_proxy_of_the_environment(environment: pytest.MonkeyPatch, direct: str) -> None:
    """A range is honoured where the call is made."""
    async with LocalGateway() as gateway, LocalProxy() as proxy:
        environment.setenv("ALL_PROXY", proxy.url)
        environment.setenv("NO_PROXY", direct.format(port=gateway.url.rpartition(":")[2]))
        async with client_of(gateway.url) as asker:
            await ask(asker)
        assert (len(proxy.heads), len(gateway.requests)) == (0, 1)


async def test_a_session_of_the_callers_own(secure: Tls | None) -> None:
    """Its proxy is its own affair; what that refuses is said to be the proxy's, by its status."""
    import aiohttp

    async with gateway_of(secure) as gateway, LocalProxy(refuse="403 Filtered") as proxy:
        async with aiohttp.ClientSession(proxy=proxy.url) as session:
            with pytest.raises(APIError) as caught:
                await ask(client(gateway.url, secure, session=session))
        assert caught.value.status == 403
        assert ("the proxy answered with status 403" in str(caught.value)) is (secure is not None)


def test_a_certificate_that_nobody_vouches_for(run: Run, tls: Tls, environment: pytest.MonkeyPatch) -> None:
    """Asking again does not make it better: with or without a tunnel it is one try, and says what to do."""

    async def main(through: bool) -> None:
        async with gateway_of(tls) as gateway, LocalProxy() as proxy:
            if through:
                environment.setenv("ALL_PROXY", proxy.url)
            async with client_of(gateway.url, max_retries=2) as asker:
                error = await refused(asker)
            assert (error.attempts, error.retryable) == (1, False)
            assert "CERTIFICATE_VERIFY_FAILED" in str(error)
            assert "pass ssl=" in str(error)
            assert len(proxy.heads) == 2 * through

    run(main(False))
    run(main(True))
