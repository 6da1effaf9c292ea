"""Secrets stay home: the key stands in the request and nowhere else, and headers are ours alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from gravitex_async import APIError, APIStatusError, AsyncGravitex, MisuseError
from gravitex_async.testing import LocalGateway, Tape
from gravitex_async.transport import Request, Response

from .conftest import MESSAGES, RawServer, ask, chunked, client_of, head, open_stream

KEY = "sk-SeCrEt-0123456789+/="
QUOTED = "sk-SeCrEt-0123456789%2B%2F%3D"
CONTENTS = [{"role": "user", "parts": [{"text": "Hello"}]}]
FORMS = ["bearer", "x-goog-api-key", "query"]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line that anybody logs, at the lowest level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "asyncio", "aiohttp", "gravitex_async")}
    for name in levels:
        logging.getLogger(name).setLevel(1)
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def clean(text: str) -> None:
    assert KEY not in text
    assert QUOTED not in text
    assert "SeCrEt" not in text


def everything_of(error: BaseException) -> Iterator[str]:
    """All that can be seen of an error: words, attributes, causes, traceback, pickle."""
    seen: BaseException | None = error
    while seen is not None:
        yield repr(seen)
        yield str(seen)
        yield repr(seen.args)
        yield repr(getattr(seen, "__dict__", {}))
        assert not type(seen).__module__.startswith("aiohttp")
        seen = seen.__cause__ or seen.__context__
    yield "".join(traceback.format_exception(type(error), error, error.__traceback__))
    yield repr(pickle.loads(pickle.dumps(error)).__dict__)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuses, and quotes the key like careless gateways do, in body, headers and place to go."""
    body = (
        f'{{"error":{{"message":"Incorrect API key provided: {KEY} ({QUOTED})","code":"invalid_api_key"}}}}'
    )
    header = head("application/json", "401 Unauthorized", X_Echo=KEY, Location=f"https://x/?key={QUOTED}")
    writer.write(header + chunked(body.encode()) + b"0\r\n\r\n")


async def _redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(
        head(status="307 Temporary Redirect", Location=f"https://elsewhere/v1?key={QUOTED}") + b"0\r\n\r\n"
    )


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 what " + KEY.encode() + b"\r\n\r\n")


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    raise ConnectionResetError


async def _in_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    event = f'data: {{"error":{{"message":"bad key {KEY}","code":"invalid_api_key"}}}}\n\n'
    writer.write(head() + chunked(event.encode()) + b"0\r\n\r\n")


async def _in_a_good_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = f'{{"error":{{"message":"bad key {KEY}","code":"invalid_api_key"}}}}'
    writer.write(head("application/json") + chunked(body.encode()) + b"0\r\n\r\n")


async def _page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(head("text/html") + chunked(f"<p>no {KEY} here</p>".encode()) + b"0\r\n\r\n")


def calls_of(client: AsyncGravitex) -> list[Any]:
    """A plain call and a stream, in a dialect where all three forms of the key count."""
    arguments = {"model": "gemini-2.5-pro", "contents": CONTENTS}
    return [
        lambda: client.gemini.generate_content(**arguments),
        lambda: client.gemini.generate_content_stream(**arguments).final(),
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("serve", [_echo, _redirect, _garbage, _reset, _in_stream, _in_a_good_body, _page])
async def test_pain_49_the_key_is_nowhere(form: Any, serve: Any, logged: list[str]) -> None:
    """However a call fails, neither error, traceback, pickle, repr nor log line holds the key."""
    asyncio.get_running_loop().set_debug(True)
    asyncio.get_running_loop().slow_callback_duration = 0.0
    async with RawServer(serve) as server, client_of(server.url, api_key=KEY, auth=form) as client:
        for call in calls_of(client):
            with pytest.raises(APIError) as caught:
                await call()
            assert KEY in server.requests[-1].decode() or QUOTED in server.requests[-1].decode()
            for text in everything_of(caught.value):
                clean(text)
        clean(repr(client) + repr(client.pool) + repr(client.gemini) + repr(client.chat))
        for thing in gc.get_objects():
            if isinstance(thing, (Request, Response)):
                clean(repr(thing))
    assert logged
    for line in logged:
        clean(line)


async def test_pain_49_the_key_is_in_no_time_out_and_no_refused_connection(logged: list[str]) -> None:
    """Errors that come from below us."""
    for url, options in (
        ("http://127.0.0.1:9", {}),
        ("http://nowhere.invalid", {}),
        ("https://127.0.0.1:9", {}),
    ):
        async with client_of(url, api_key=KEY, auth="query", **options) as client:
            for call in calls_of(client):
                with pytest.raises(APIError) as caught:
                    await call()
                for text in everything_of(caught.value):
                    clean(text)
    for line in logged:
        clean(line)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("form", FORMS)
async def test_redirects_are_refused(form: Any, status: int) -> None:
    """No request follows, with or without a key, to another place or the same."""
    async with LocalGateway() as other, LocalGateway((KEY,)) as gateway:
        gateway.fault("redirect", status=status, location=f"{other.url}/v1/x", count=None)
        async with client_of(gateway.url, api_key=KEY, auth=form, max_retries=2) as client:
            for call in calls_of(client):
                with pytest.raises(APIStatusError, match="redirects are not followed") as caught:
                    await call()
                assert caught.value.status == status
                assert other.url in str(caught.value)
        assert other.requests == []
        assert len(gateway.requests) == 2


async def test_nothing_of_netrc_is_sent(
    gateway: LocalGateway, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password kept for this host is no credential of ours."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with client_of(gateway.url, auth="x-goog-api-key") as client:
        await calls_of(client)[0]()
    assert "Authorization" not in gateway.requests[-1].headers


async def test_a_header_of_the_callers_goes_over_ours(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """In any letter case there is one of each name."""
    gateway_key = {"authorization": "Bearer sk-local", "USER-AGENT": "mine"}
    other = client.with_options(api_key="sk-wrong")
    await ask(other, extra_headers=gateway_key)
    assert gateway.requests[-1].headers.getall("Authorization") == ["Bearer sk-local"]
    assert gateway.requests[-1].headers.getall("User-Agent") == ["mine"]


BAD_TEXT = ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x7fb"]


@pytest.mark.parametrize("text", BAD_TEXT)
async def test_no_header_can_be_injected(gateway: LocalGateway, client: AsyncGravitex, text: str) -> None:
    """Line breaks in keys and headers are refused before anything is sent; the key is not quoted."""
    with pytest.raises(MisuseError) as caught:
        AsyncGravitex(api_key=KEY + text)
    clean(str(caught.value))

    async def key() -> str:
        return KEY + text

    for call in (
        lambda: ask(client.with_options(api_key=key)),
        lambda: open_stream(client.with_options(api_key=key)).final(),
    ):
        with pytest.raises(MisuseError) as caught:
            await call()
        clean("".join(everything_of(caught.value)))
    for headers in ({"X-A": text}, {text: "x"}, {"Content-Length": "1"}, {"Transfer-Encoding": "chunked"}):
        with pytest.raises(MisuseError):
            await ask(client, extra_headers=headers)
        with pytest.raises(MisuseError):
            client.with_options(default_headers=headers)
    assert gateway.requests == []
    assert client.pool.statistics().leased == 0


@pytest.mark.parametrize(
    "model",
    [
        "../../admin",
        "..",
        "a/../b",
        "x?key=1",
        "x#y",
        "x\r\nHost: evil",
        "x y",
        "%2e%2e/x",
        "ä",
        "x\\y",
        "//evil",
    ],
)
async def test_no_url_can_be_injected(gateway: LocalGateway, client: AsyncGravitex, model: str) -> None:
    """A model's name stays one piece of the path, encoded, or is refused."""
    with contextlib.suppress(MisuseError, APIError):
        await client.gemini.generate_content(model=model, contents=CONTENTS)
    for request in gateway.requests:
        assert request.path.startswith(("/v1beta/models/", "/v1/models/"))
        assert request.path.endswith(":generateContent")
        assert ".." not in request.path
        assert not request.query
        assert request.headers["Host"] in gateway.url


async def test_debug_lines_are_useful(gateway: LocalGateway, logged: list[str]) -> None:
    """Method, path, status, request id, try, seconds and bytes."""
    gateway.fault("status", status=503, retry_after="0.01")
    async with client_of(gateway.url, max_retries=1) as client:
        await open_stream(client).final()
    ours = [line for line in logged if "/v1/chat/completions" in line]
    assert "503" in ours[0]
    assert "again in" in ours[1]
    assert "POST /v1/chat/completions -> 200 (try 2," in ours[2]
    assert "local-000002" in ours[2]
    assert "bytes" in ours[3]
    assert "ended" in ours[3]


@pytest.mark.parametrize(
    ("level", "shown"), [("debug", True), ("", False), ("info", False), ("nonsense", False)]
)
def test_the_environment_switches_the_lines_on(level: str, shown: bool) -> None:
    """GRAVITEX_LOG=debug is all it takes; by default nothing is written."""
    program = (
        "import asyncio, os; from gravitex_async import AsyncGravitex, APIError\n"
        "async def main():\n"
        "    client = AsyncGravitex(api_key='sk-SeCrEt', base_url='http://127.0.0.1:9', max_retries=0)\n"
        "    try: await client.models.list()\n"
        "    except APIError: pass\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"GRAVITEX_LOG": level, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
    )
    assert ("GET /v1/models" in done.stderr) is shown
    assert shown or not done.stderr
    clean(done.stderr)


async def test_an_answer_may_hold_the_key(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Only errors are searched: an answer is the model's own."""
    body = b'{"id":"x","choices":[{"message":{"content":"sk-local"},"finish_reason":"stop"}]}'
    gateway.play(Tape(body, content_type="application/json"))
    assert (await ask(client)).choices[0].message.content == "sk-local"


@pytest.mark.parametrize("key", ["x", "test", "EMPTY", "1234567"])
async def test_a_word_is_no_secret(key: str) -> None:
    """Local servers want any key at all: what they say is left whole, wherever such a word stands in it."""
    message = f"the test of x was EMPTY: 1234567 ({key})"
    body = {"message": message, "code": f"{key}_failed", "type": f"{key}_error", "param": key}

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = json.dumps({"error": body}).encode()
        writer.write(head("application/json", "400 Bad Request", X_Test=key) + chunked(text) + b"0\r\n\r\n")

    async with RawServer(refuse) as server, client_of(server.url, api_key=key) as client:
        with pytest.raises(APIStatusError) as caught:
            await ask(client)
    error = caught.value
    assert (error.message, error.code, error.type) == (message, f"{key}_failed", f"{key}_error")
    assert (error.param, error.body) == (key, {"error": body})
    assert error.headers is not None
    assert error.headers["x-test"] == key
    assert "***" not in str(error)


async def test_codes_and_types_are_never_struck_out() -> None:
    """They are words of the protocol, which decide what is done, even where a key is one of them."""
    key = "overloaded_error"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = json.dumps({"error": {"message": f"key {key}", "code": key, "type": key}}).encode()
        writer.write(head("application/json", "529 Overloaded") + chunked(text) + b"0\r\n\r\n")

    async with RawServer(refuse) as server, client_of(server.url, api_key=key) as client:
        with pytest.raises(APIStatusError) as caught:
            await ask(client)
    error = caught.value
    assert (error.code, error.type, error.message) == (key, key, "key ***")
    assert error.body == {"error": {"message": "key ***", "code": key, "type": key}}


NAMES = [
    "m\nWARNING forged",
    "m\r\nforged",
    "m\x1b[2Jforged",
    "m\x85forged",
    "m\u2028forged",
    "\x07m\tforged",
]


@pytest.mark.parametrize("model", NAMES)
async def test_no_name_writes_a_line_into_the_log(model: str, logged: list[str]) -> None:
    """Neither ours, in the sentence, nor the one a server sends back; the message itself is as sent."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = json.dumps({"error": {"message": f"no model {model}", "code": "model_not_found"}}).encode()
        writer.write(head("application/json", "404 Not Found") + chunked(text) + b"0\r\n\r\n")

    async with RawServer(refuse) as server, client_of(server.url) as client:
        for call in (
            lambda: client.chat.completions.create(model=model, messages=MESSAGES),
            lambda: client.chat.completions.stream(model=model, messages=MESSAGES).final(),
            lambda: client.gemini.generate_content(model=model, contents=CONTENTS),
            lambda: client.models.retrieve(model),
        ):
            with pytest.raises(APIStatusError) as caught:
                await call()
            assert caught.value.message == f"no model {model}"
            assert str(caught.value).startswith("Error: Model ")
            assert "forged" in str(caught.value)
            logged.append(str(caught.value))
    assert any("-> NotFoundError" in line for line in logged)
    for line in logged:
        assert line.splitlines() == [line]
        assert not set(line) & set("\x1b\x07\t")
