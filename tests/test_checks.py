"""Settings that cannot be are refused where they are made: what was expected, what came, what to do."""

from __future__ import annotations

import copy
import datetime
import decimal
import math
import ssl
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp
import msgspec
import pytest

from gravitex_async import AsyncGravitex, Limits, MisuseError, RateLimits, RetryPolicy, Timeout
from gravitex_async._arguments import known_only
from gravitex_async._checks import check_fields, shown
from gravitex_async.testing import LocalGateway

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
SETTINGS: list[type[Any]] = [Timeout, Limits, RetryPolicy, RateLimits]


class Foreign(SimpleNamespace):
    """An object of another library: its name, and the attributes it is told by."""


def foreign(name: str, **attributes: Any) -> Any:
    module, _, kind = name.rpartition(".")
    return type(kind, (Foreign,), {"__module__": module})(**attributes)


def made(settings: type[Any], name: str) -> Callable[[Any], Any]:
    return lambda value: settings(**{name: value})


def fields() -> list[Any]:
    """Every field of every struct of settings: one that is added is tested by itself."""
    return [
        pytest.param(settings, field, id=f"{settings.__name__}.{field.name}")
        for settings in SETTINGS
        for field in msgspec.structs.fields(settings)
    ]


NEVER: list[Any] = [True, "3", "auto", -1, -0.5, math.nan, math.inf, -math.inf, [1], {}, b"1", 10**30]


@pytest.mark.parametrize(("settings", "field"), fields())
def test_no_field_takes_what_is_no_value_of_it(settings: type[Any], field: Any) -> None:
    """Made, or replaced: nothing but what its annotation says, and numbers that mean something."""
    default = settings()
    zero = [] if settings is RetryPolicy else [0]
    none = [] if "None" in str(field.type) else [None]
    for value in [*NEVER, *zero, *none]:
        with pytest.raises(MisuseError, match=rf"expected {settings.__name__}\.{field.name} as .*, got "):
            settings(**{field.name: value})
        with pytest.raises(MisuseError, match=field.name):
            msgspec.structs.replace(default, **{field.name: value})
        if sys.version_info >= (3, 13):
            with pytest.raises(MisuseError, match=field.name):
                copy.replace(default, **{field.name: value})
    assert settings(**{field.name: 3}) != default


def test_a_field_of_any_kind_is_checked_by_its_annotation() -> None:
    """What the settings of today do not have: flags, texts, words beside numbers."""

    class Some(msgspec.Struct, frozen=True, kw_only=True):
        flag: bool = False
        text: str = ""
        word: Literal["a", "b"] = "a"
        size: int | Literal["adaptive"] | None = None

        def __post_init__(self) -> None:
            check_fields(self, "says the note")

    assert Some(flag=True, text="x", word="b", size="adaptive")
    with pytest.raises(MisuseError, match=r"expected Some\.flag as a bool, got 1; says the note"):
        Some(flag=1)  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match=r"expected Some\.text as a str, got None"):
        Some(text=None)  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match=r"expected Some\.word as 'a' or 'b', got 'c'"):
        Some(word="c")  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match=r"as a whole number from 1, .adaptive. or None, got 2\.5"):
        Some(size=2.5)  # type: ignore[arg-type]


HTTPX = foreign("httpx.Timeout", connect=10, read=10, write=10, pool=10)
AIOHTTP = aiohttp.ClientTimeout(total=30, sock_read=5)

TIMEOUTS: list[Any] = [
    (HTTPX, r"got httpx\.Timeout; write gravitex_async\.Timeout\(.*connect=10, .*idle=10.*\)"),
    (AIOHTTP, r"got aiohttp\.ClientTimeout; write gravitex_async\.Timeout\(idle=5, deadline=30\)"),
    (aiohttp.ClientTimeout(), r"got aiohttp\.ClientTimeout; write gravitex_async\.Timeout\("),
    ("30", r"expected timeout as seconds above 0 or a gravitex_async\.Timeout, got '30'; write timeout=30$"),
    ("soon", "got 'soon'; write timeout=30"),
    ((3, 10), r"got \(3, 10\); write gravitex_async\.Timeout\(connect=3, idle=10\)"),
    ({"connect": 3, "read": "x"}, r"write gravitex_async\.Timeout\(connect=3\)"),
    (datetime.timedelta(seconds=3), r"got datetime\.timedelta; write timeout=value\.total_seconds\(\)"),
    (decimal.Decimal(3), r"got decimal\.Decimal"),
    (Limits(), r"got gravitex_async\.Limits"),
    (Timeout, "got the class Timeout"),
    (0, "got 0; None in a Timeout switches a clock off"),
    (-1, "got -1;"),
    (math.nan, "got nan;"),
    (math.inf, "got inf;"),
    (True, "got True;"),
    ([1] * 10_000, r"got \[1, 1, 1, 1, 1, 1, \.\.\.\]"),
]

RETRIES: list[Any] = [
    ("3", "expected max_retries as a whole number from 0 or a gravitex_async.RetryPolicy, got '3'"),
    (-1, "got -1; 0 switches retries off"),
    (2.5, "got 2.5"),
    (True, "got True"),
    (math.inf, "got inf"),
    (foreign("tenacity.Retrying"), r"got tenacity\.Retrying"),
]

HEADERS: list[Any] = [
    ([("X-Team", "SeCrEt")], r"as a mapping like .*, got list; write {name}=dict\("),
    ("X-Team: SeCrEt", "got str$"),
    ({"X-Team": 1}, r"expected {name}\['X-Team'\] as a string, got int"),
    ({"X-Team": None}, "got NoneType"),
    ({3: "SeCrEt"}, "expected the names in {name} as strings, got 3"),
    ({"X\n": "SeCrEt"}, "is not a header name"),
    ({"X-Team": "SeCrEt\n"}, "'X-Team' in {name} holds a control character"),
    ({"Content-Length": "3"}, "leave it out of {name}"),
]

QUERIES: list[Any] = [
    ([("a", "SeCrEt")], r"as a mapping like .*, got list; write {name}=dict\("),
    ("a=SeCrEt", "got str$"),
    ({"a": True}, r"expected {name}\['a'\] as a string, got bool"),
    ({"a": ["SeCrEt"]}, "got list"),
    ({"a": None}, "got NoneType"),
    ({3: "SeCrEt"}, "expected the names in {name} as strings, got 3"),
]

OF_A_CLIENT: dict[str, list[Any]] = {
    "timeout": TIMEOUTS,
    "max_retries": [*RETRIES, (None, "got None")],
    "default_headers": HEADERS,
    "default_query": QUERIES,
    "api_key": [
        (123, "expected api_key as a string, or an async function .*, got int$"),
        (b"k", "got bytes$"),
    ],
    "base_url": [
        (123, "expected base_url as a string like 'https://api.gravitex.ai', got int"),
        (foreign("httpx.URL", host="x"), r"got httpx\.URL; write base_url=str\("),
        (False, "got bool"),
    ],
    "auth": [("basic", "expected auth as 'bearer', 'x-goog-api-key' or 'query', got 'basic'"), ([], r"\[\]")],
    "max_event_bytes": [
        (0, "expected max_event_bytes as a whole number from 1, got 0"),
        *[(value, "max_event_bytes") for value in (None, "1", 1.5, -1, True)],
    ],
}

OF_A_POOL: dict[str, list[Any]] = {
    "limits": [
        (10, r"expected limits as a gravitex_async\.Limits or None, got 10; .*\(max_connections=10\)"),
        (foreign("httpx.Limits", max_connections=7, keepalive_expiry=5.0),
         r"got httpx\.Limits; write gravitex_async\.Limits\(max_connections=7, keepalive=5\.0\)"),
        (Limits, "got the class Limits"),
        (0, "got 0"),
    ],
    "rate_limits": [
        (600, r"expected rate_limits as a .*RateLimits or None, got 600; .*\(requests_per_minute=600\)"),
        ("adaptive", r"write RateLimits\(max_concurrency='adaptive'\)"),
        ({"rpm": 3}, r"got \{'rpm': 3\}"),
    ],
    "session": [
        (foreign("httpx.AsyncClient", request=None),
         r"expected session as an aiohttp\.ClientSession or None, got httpx\.AsyncClient"),
        (aiohttp.ClientSession, "got the class ClientSession"),
        ("x", "got str"),
    ],
    "ssl": [
        ("/ca.pem", r"expected ssl as an ssl\.SSLContext, True, False or None, got '/ca\.pem'; .*cafile"),
        (0, "got 0"),
        (ssl.SSLContext, "got the class SSLContext"),
    ],
    "trust_env": [("no", "expected trust_env as True or False, got 'no'"), (None, "None"), (1, "got 1")],
}  # fmt: skip


def rows(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, words.replace("{name}", name), id=f"{name}-{number}")
        for name, cases in table.items()
        for number, (value, words) in enumerate(cases)
    ]


@pytest.mark.parametrize(("name", "value", "words"), rows({**OF_A_CLIENT, **OF_A_POOL}))
def test_what_a_client_refuses(name: str, value: Any, words: str) -> None:
    """When it is made, with the name of the setting; secrets are not quoted."""
    with pytest.raises(MisuseError, match=words) as caught:
        AsyncGravitex(**{"api_key": "sk-local", name: value})
    assert name in str(caught.value)
    assert "SeCrEt" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("name", "value", "words"), rows(OF_A_CLIENT))
def test_what_a_view_refuses(name: str, value: Any, words: str) -> None:
    """The same, in ``with_options``; the client it is a view of goes on."""
    client = AsyncGravitex(api_key="sk-local")
    with pytest.raises(MisuseError, match=words):
        client.with_options(**{name: value})


PER_CALL = {
    "timeout": TIMEOUTS,
    "max_retries": RETRIES,
    "extra_headers": HEADERS,
    "extra_query": QUERIES,
    "extra_body": [
        ([("a", 1)], "expected extra_body as a dict of fields of the body, got list"),
        ("{}", "str"),
    ],
}


@pytest.mark.parametrize(("name", "value", "words"), rows(PER_CALL))
async def test_what_a_call_refuses(
    gateway: LocalGateway, client: AsyncGravitex, name: str, value: Any, words: str
) -> None:
    """Before anything is sent, in every dialect, plain and streamed."""
    option: Any = {name: value}
    for call in (
        lambda: client.chat.completions.create(**ASK, **option),
        lambda: client.chat.completions.stream(**ASK, **option),
        lambda: client.responses.create(model="m", input="hi", **option),
        lambda: client.responses.stream(model="m", input="hi", **option),
        lambda: client.gemini.generate_content(model="m", contents="hi", **option),
        lambda: client.gemini.generate_content_stream(model="m", contents="hi", **option),
        lambda: client.gemini.embed_content(model="m", content="hi", **option),
        lambda: client.embeddings.create(model="m", input="hi", **option),
    ):
        with pytest.raises(MisuseError, match=words):
            call()
    if name != "extra_body":
        with pytest.raises(MisuseError, match=words):
            await client.models.list(**option)
    assert gateway.requests == []


async def test_settings_that_are_right(gateway: LocalGateway) -> None:
    """What is allowed is: whole numbers for seconds, zero retries, numbers in a query, TLS by any context."""
    async with AsyncGravitex(
        base_url=gateway.url,
        api_key=gateway.api_key,
        timeout=Timeout(idle=3, deadline=None),
        max_retries=RetryPolicy(max_retries=0, initial_delay=0, max_delay=0),
        limits=Limits(max_connections=1, keepalive=None),
        rate_limits=RateLimits(requests_per_minute=6000.5, max_concurrency="adaptive"),
        default_query={"n": 1},  # type: ignore[dict-item]
        ssl=ssl.create_default_context(),
        trust_env=False,
    ) as client:
        answer = await client.chat.completions.create(**ASK, timeout=5, max_retries=0)
        assert answer.choices
    assert gateway.requests[-1].query["n"] == "1"


def late() -> str:
    return "sk-local"


async def number() -> int:
    return 17


async def nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            late,
            "expected api_key as a string or an async function, got one that returns at once; .*async def",
        ),
        (number, "expected api_key as a string, .*, got int"),
        (nothing, "no API key"),
    ],
)
async def test_a_function_that_gives_no_key(gateway: LocalGateway, source: Any, words: str) -> None:
    """What it gives is looked at when it is asked, before anything is sent."""
    async with AsyncGravitex(base_url=gateway.url, api_key=source) as client:
        with pytest.raises(MisuseError, match=words):
            await client.chat.completions.create(**ASK)
    assert gateway.requests == []


# Keywords


CALLS: list[Any] = [
    ("chat.completions.create", ASK, "max_token", "max_tokens"),
    ("chat.completions.create", ASK, "maxTokens", "max_tokens"),
    ("chat.completions.create", ASK, "generationConfig", "generation_config"),
    ("chat.completions.create", ASK, "strem", "stream"),
    ("chat.completions.stream", ASK, "temprature", "temperature"),
    ("chat.completions.stream", ASK, "headers", "extra_headers"),
    ("chat.completions.stream", ASK, "web_search", "web_search_options"),
    ("responses.create", {"model": "m", "input": "x"}, "previous_response", "previous_response_id"),
    ("responses.create", {"model": "m", "input": "x"}, "max_tokens", "max_output_tokens"),
    ("responses.stream", {"model": "m", "input": "x"}, "maxOutputTokens", "max_output_tokens"),
    ("gemini.generate_content", {"model": "m", "contents": "x"}, "systemInstruction", "system_instruction"),
    ("gemini.generate_content_stream", {"model": "m", "contents": "x"}, "safety_setting", "safety_settings"),
    ("gemini.embed_content", {"model": "m", "content": "x"}, "taskType", "task_type"),
    ("embeddings.create", {"model": "m", "input": "x"}, "encodingFormat", "encoding_format"),
    ("with_options", {}, "retries", "max_retries"),
    ("with_options", {}, "key", "api_key"),
    ("with_options", {}, "baseURL", "base_url"),
    ("with_options", {}, "headers", "default_headers"),
    ("with_options", {}, "maxRetries", "max_retries"),
]


@pytest.mark.parametrize(("path", "arguments", "slip", "meant"), CALLS)
def test_a_slip_is_told_what_it_stands_for(path: str, arguments: Any, slip: str, meant: str) -> None:
    """The near name is named, and nothing else is recommended."""
    call: Any = AsyncGravitex(api_key="sk-local")
    for name in path.split("."):
        call = getattr(call, name)
    with pytest.raises(TypeError, match=rf"argument '{slip}'; did you mean {meant}\?$"):
        call(**arguments, **{slip: 1})


@pytest.mark.parametrize("name", ["min_tokens", "top_n", "ignore_eos", "chat_template_kwargs", "plugins"])
def test_what_some_gateway_may_know_is_no_slip(name: str) -> None:
    """A name near nothing goes in ``extra_body``, and the message says how."""
    with pytest.raises(TypeError, match=rf"'{name}'; .*extra_body=\{{'{name}': \.\.\.\}}"):
        AsyncGravitex(api_key="sk-local").chat.completions.create(**ASK, **{name: 1})


def test_only_names_near_nothing_are_for_extra_body() -> None:
    """Among several keywords nobody knows, a slip is none to be sent."""
    with pytest.raises(TypeError, match=r"'colour'; .*extra_body=\{'colour': \.\.\.\}$"):
        known_only("f", ["colour", "max_token"], ["max_tokens"])
    with pytest.raises(TypeError, match=r"'max_token'; did you mean max_tokens\?$"):
        known_only("f", ["zzz", "max_token"], ["max_tokens"])


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("retries", "did you mean max_retries?"),
        ("baseUrl", "did you mean base_url?"),
        ("limit", "did you mean limits?"),
        ("max_connections", "write limits=Limits(max_connections=...)"),
        ("max_concurrency", "write rate_limits=RateLimits(max_concurrency=...)"),
        ("max_delay", "write max_retries=RetryPolicy(max_delay=...)"),
        ("zzz", "it takes api_key, auth, base_url, "),
    ],
)
def test_the_constructor_names_what_is_meant(slip: str, words: str) -> None:
    """A client takes no setting it does not know."""
    with pytest.raises(TypeError) as caught:
        AsyncGravitex(api_key="sk-local", **{slip: 1})  # type: ignore[arg-type]
    assert f"AsyncGravitex() got an unexpected keyword argument {slip!r}; " in str(caught.value)
    assert words in str(caught.value)


def test_a_class_is_no_setting() -> None:
    with pytest.raises(MisuseError, match=r"got the class Limits; write Limits\(max_connections=\.\.\.\)$"):
        AsyncGravitex(api_key="sk-local", limits=Limits)  # type: ignore[arg-type]


def test_values_are_shown_short() -> None:
    """A message is one line, whatever came."""
    assert shown("x" * 10_000).count("x") < 80
    assert shown(None) == "None"
    assert shown(Timeout()) == "gravitex_async.Timeout"
    assert shown("") == "''"


# What is empty


EMPTY: list[Any] = [
    ("chat.completions.create", {"messages": []}, "messages as a non-empty list .*, got an empty list"),
    ("chat.completions.stream", {"messages": ()}, "messages as a non-empty list .*, got an empty tuple"),
    ("chat.completions.create", {"messages": ""}, "got an empty text"),
    ("chat.completions.create", {"messages": "hi"}, "got str$"),
    ("chat.completions.create", {"messages": {"role": "user"}}, "got dict$"),
    ("responses.create", {"input": []}, "input as text or as a list .*, not empty, got an empty list"),
    ("responses.stream", {"input": ""}, "got an empty text"),
    ("gemini.generate_content", {"contents": []}, "contents as .*, not empty, got an empty list"),
    ("gemini.generate_content_stream", {"contents": ""}, "got an empty text"),
    ("gemini.batch_embed_contents", {"requests": []}, "requests as a non-empty list .*, got an empty list"),
    ("gemini.embed_content", {"content": []}, "got an empty list"),
    ("embeddings.create", {"input": []}, "input as a text, .*, not empty, got an empty list"),
    ("embeddings.create", {"input": ""}, "got an empty text"),
    ("embeddings.create", {"input": {"a": 1}}, "got dict"),
]


@pytest.mark.parametrize(("path", "arguments", "words"), EMPTY)
async def test_what_is_empty_is_called_empty(
    gateway: LocalGateway, client: AsyncGravitex, path: str, arguments: Any, words: str
) -> None:
    """An empty list is no list of messages, and nothing is sent."""
    call: Any = client
    for name in path.split("."):
        call = getattr(call, name)
    with pytest.raises(MisuseError, match=words):
        call(model="m", **arguments)
    assert gateway.requests == []
