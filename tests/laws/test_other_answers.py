"""Whole bodies in place of streams: what is no answer is none, whatever its label and status, and says what
it is."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, DecodeError
from gravitex_async._json import dumps
from gravitex_async.testing import LocalGateway, Tape

from .dialects import CHAT, DIALECTS, GEMINI, RESPONSES, Dialect

UNRELATED = [
    {"method": "POST", "path": "/v1/chat/completions"},
    {"status": "up", "version": "1.2.3", "uptime": 17},
    {"args": {}, "headers": {"Host": "x"}, "url": "http://x/post", "json": {"model": "m", "stream": False}},
    {"hello": "world"},
    {},
]
CALLS: dict[str, Callable[[AsyncGravitex], Awaitable[object]]] = {
    "chat.create": CHAT.create,
    "chat.stream": lambda client: CHAT.stream(client).final(),
    "responses.create": RESPONSES.create,
    "responses.stream": lambda client: RESPONSES.stream(client).final(),
    "responses.retrieve": lambda client: client.responses.retrieve("resp_1"),
    "responses.retrieve-stream": lambda client: client.responses.retrieve("resp_1", stream=True).final(),
    "gemini.create": GEMINI.create,
    "gemini.stream": lambda client: GEMINI.stream(client).final(),
    "gemini.embed": lambda client: client.gemini.embed_content(model="m", content="x"),
    "gemini.batch": lambda client: client.gemini.batch_embed_contents(model="m", requests=["x"]),
    "embeddings": lambda client: client.embeddings.create(model="m", input="x"),
    "models.list": lambda client: client.models.list(),
    "models.retrieve": lambda client: client.models.retrieve("m"),
}


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("call", CALLS)
async def test_unrelated_json_is_no_answer(
    gateway: LocalGateway, client: AsyncGravitex, call: str, content_type: str
) -> None:
    """It is quoted, and where to look is said; an answer of defaults would be a lie."""
    for tree in UNRELATED:
        gateway.play(Tape(dumps(tree), content_type=content_type))
        with pytest.raises(DecodeError) as caught:
            await CALLS[call](client)
        told = str(caught.value)
        assert "a JSON object of another kind: " + repr(dumps(tree).decode())[:20] in told
        assert "check that base_url leads to the gateway" in told
        assert "got application/json" not in told.replace("'", "")
        assert caught.value.body in (tree, dumps(tree).decode())


BODIES = {
    b"": "nothing (application/json)",
    b"<html>Bad gateway</html>": "a body that is no JSON (application/json): '<html>",
    b"[1, 2]": "JSON that is no object: '[1, 2]'",
    b'"ok"': "JSON that is no object: '\"ok\"'",
    b'{"choices": [], "output": [], ': "a body that is no JSON (application/json; ",
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("call", [name for name in CALLS if "stream" not in name])
async def test_an_error_says_what_came(
    gateway: LocalGateway, client: AsyncGravitex, call: str, body: bytes
) -> None:
    """Not the label of it, which was as expected."""
    gateway.play(Tape(body, content_type="application/json"))
    with pytest.raises(DecodeError) as caught:
        await CALLS[call](client)
    assert BODIES[body] in str(caught.value)


async def test_an_error_says_what_cannot_be_read(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An answer of the right kind with a field nobody can mean: the field is named."""
    gateway.play(Tape(b'{"choices":[{"message":[1]}]}', content_type="application/json"))
    with pytest.raises(DecodeError, match=r"\$\.choices\[0\]\.message"):
        await CHAT.create(client)


@pytest.mark.parametrize(
    ("content_type", "before"),
    [
        *itertools.product(("application/json", "text/event-stream"), (b"", b"\n\n\n", b"\r\n" * 400)),
        ("text/event-stream", b": PING\n\n: PING\n\n"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_a_plain_answer_is_read_under_any_label(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, content_type: str, before: bytes
) -> None:
    """JSON that a gateway calls an event stream, keep-alives in front of it or not, is the answer it is."""
    gateway.play(Tape(before + dumps(dialect.plain("ab")), content_type=content_type))
    answer = await dialect.create(client)
    assert "ab" in str(answer)
    assert type(answer).__name__ in ("ChatCompletion", "Response", "GenerateContentResponse")


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_a_stream_nobody_asked_for_is_put_together(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """Under its own label, which is then the truth."""
    gateway.play(Tape(dialect.body(dialect.text("a"), dialect.text("b"))))
    assert "ab" in str(await dialect.create(client))


@pytest.mark.parametrize("data", [b"[]", b"null"])
async def test_an_empty_list_of_models_is_one(
    gateway: LocalGateway, client: AsyncGravitex, data: bytes
) -> None:
    """A key may have no models; some servers write that as null."""
    gateway.play(Tape(b'{"object":"list","data":%b}' % data, content_type="application/json"))
    assert list(await client.models.list()) == []


async def test_little_is_enough_for_an_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What holds anything of an answer is one: an answer that was blocked, or that only counts."""
    cases: list[tuple[Dialect, dict[str, Any]]] = [
        (CHAT, {"choices": [], "usage": {"prompt_tokens": 3}}),
        (RESPONSES, {"object": "response", "id": "r"}),
        (RESPONSES, {"status": "in_progress"}),
        (GEMINI, {"promptFeedback": {"blockReason": "SAFETY"}}),
    ]
    for dialect, tree in cases:
        gateway.play(Tape(dumps(tree), content_type="application/json"))
        assert await dialect.create(client) is not None


# Counts


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_counts_that_were_not_sent_are_none(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """Streamed and plain: the server counted, and said nothing of thinking and of its cache."""
    for text, reads in itertools.product(("deltas", "final"), (1, 2000)):
        usage = {**(dialect.end[0] if dialect is RESPONSES else {}), **dialect.usage}
        events = [dialect.text("ab") for _ in range(reads)]
        gateway.play(
            Tape(dialect.body(*events, usage, *([] if dialect is RESPONSES else dialect.end), end=False))
        )
        stream = dialect.stream(client)
        told = [delta.usage async for delta in stream.deltas()] if text == "deltas" else []
        await stream.final()
        assert_counts(stream.usage)
        for each in filter(None, told):
            assert_counts(each)
    plain = {**dialect.plain("ab"), **(dialect.usage.get("response") or dialect.usage)}
    gateway.play(Tape(dumps(plain), content_type="application/json"))
    usage = (await dialect.create(client)).usage
    assert_counts(usage if dialect is GEMINI else usage.neutral())


def assert_counts(usage: Any) -> None:
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (3, 5, 8)
    assert (usage.reasoning_tokens, usage.cached_tokens, usage.visible_tokens) == (None, None, None)
    assert usage.source == "server"


ZEROS: dict[str, Any] = {
    "chat": {
        "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
    },
    "responses": {
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    },
    "gemini": {"cachedContentTokenCount": 0, "thoughtsTokenCount": 0},
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_zeros_that_were_sent_are_zeros(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """A server that counts nothing says so, and then it is known."""
    counts = dialect.usage.get("response") or dialect.usage
    ((name, usage),) = counts.items()
    plain = {**dialect.plain("ab"), name: {**usage, **ZEROS[dialect.name]}}
    gateway.play(Tape(dumps(plain), content_type="application/json"))
    found = (await dialect.create(client)).usage
    found = found if dialect is GEMINI else found.neutral()
    assert (found.reasoning_tokens, found.cached_tokens, found.visible_tokens) == (0, 0, 5)


async def test_half_a_usage_is_half_known(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """No count is made up: not the other half, and not a total of which a part is missing."""
    cases: list[tuple[Dialect, dict[str, Any], Any]] = [
        (CHAT, {"usage": {"completion_tokens": 5}}, (None, 5, None)),
        (CHAT, {"usage": {"prompt_tokens": 3, "completion_tokens": 5}}, (3, 5, 8)),
        (CHAT, {"usage": {"total_tokens": 0}}, (None, None, 0)),
        (CHAT, {"usage": {}}, (None, None, None)),
        (RESPONSES, {"usage": {"input_tokens": 3}}, (3, None, None)),
        (RESPONSES, {"usage": {}}, (None, None, None)),
        (GEMINI, {"usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}, (3, None, 3)),
        (GEMINI, {"usageMetadata": {"thoughtsTokenCount": 2}}, (None, 2, None)),
    ]
    for dialect, fields, wanted in cases:
        gateway.play(Tape(dumps({**dialect.plain("ab"), **fields}), content_type="application/json"))
        stream = dialect.stream(client)
        await stream.final()
        usage = stream.usage
        assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == wanted, fields
        assert usage.source == ("none" if wanted == (None, None, None) else "server")
