"""Errors in flat form: an object in place of an event, or of an answer, that says what went wrong.

The forms are generated: every name for a message with every name for a code, the code as a number, as its
text or as a word, before the first delta and behind it (see "Error bodies" in decoding/README.md).
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from gravitex_async import (
    APIError,
    AsyncGravitex,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from gravitex_async._json import dumps, loads, loads_tolerant
from gravitex_async.decoding._failures import error_of, find_flat
from gravitex_async.testing import LocalGateway, Tape

from ..captured import captures
from ..conftest import shared
from .conftest import client_of
from .dialects import DIALECTS, Dialect

MESSAGES = ["message", "msg", "err", "error_msg", "error_message", "detail", "errorMessage"]
CODES = ["code", "status", "error_code", "status_code"]
MEANINGS = [
    (BadRequestError, [400, "400", "invalid_request", "InvalidParameter"]),
    (AuthenticationError, [401, "401", "invalid_api_key", "InvalidApiKey"]),
    (NotFoundError, [404, "404", "NOT_FOUND", "NotFoundError"]),
    (RateLimitError, [429, "429", "rate_limit_exceeded", "TooManyRequests", "Throttling.RateQuota"]),
    (ServerError, [500, "500", "internal_error", "InternalServerError", 503, "UNAVAILABLE"]),
]


def forms(message: str) -> Iterator[tuple[dict[str, Any], type[APIError]]]:
    """All objects that give their message this name, and the class each stands for."""
    yield {message: "boom"}, APIError
    for code in CODES:
        yield {message: "boom", code: "never_heard_of"}, APIError
        yield {message: "boom", code: 1004}, APIError
        yield {message: "boom", code: -1, "request_id": "r", "id": "x", "object": "error"}, APIError
        for expected, values in MEANINGS:
            for value in values:
                yield {message: "boom", code: value}, expected


def few(message: str) -> Iterator[tuple[dict[str, Any], type[APIError]]]:
    """One value of each meaning for every name of a code; over all messages each value has its turn."""
    yield {message: "boom"}, APIError
    for turn, code in enumerate(CODES, MESSAGES.index(message)):
        yield {message: "boom", code: ["never_heard_of", 1004, -1][turn % 3], "object": "error"}, APIError
        for expected, values in MEANINGS:
            yield {message: "boom", code: values[turn % len(values)]}, expected


@pytest.mark.parametrize("message", MESSAGES)
def test_every_flat_form_is_an_error(message: str) -> None:
    """All of them, by themselves; that each way to a caller asks this question is what the few show."""
    for tree, expected in forms(message):
        info = find_flat(tree)
        assert info is not None
        error = error_of(info)
        assert (type(error), error.message) == (expected, "boom"), tree


def test_the_few_bring_all_values() -> None:
    """None is left out."""
    shown = {str(value) for message in MESSAGES for tree, _ in few(message) for value in tree.values()}
    assert shown >= {str(value) for _, values in MEANINGS for value in values}


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_every_flat_form_in_a_stream(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, message: str, after: int
) -> None:
    """It raises with the class of its status, behind what had arrived, whatever end follows it."""
    for tree, expected in few(message):
        gateway.play(Tape(dialect.body(*[dialect.text("ab")] * after, tree)))
        stream = dialect.stream(client)
        with pytest.raises(APIError) as caught:
            await stream.final()
        assert type(caught.value) is expected, tree
        assert caught.value.message == "boom", tree
        assert stream.content == "ab" * after
        assert (caught.value.partial is not None) is bool(after)
        assert (stream.end.state, stream.end.reason) == ("failed", "error")


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
@pytest.mark.parametrize("plain", [True, False])
async def test_every_flat_form_in_place_of_an_answer(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, message: str, plain: bool
) -> None:
    """With status 200 it is the error it says it is, to plain calls and to streams."""
    for tree, expected in few(message):
        gateway.play(Tape(dumps(tree), content_type="application/json"))
        with pytest.raises(APIError) as caught:
            await (dialect.create(client) if plain else dialect.stream(client).final())
        assert type(caught.value) is expected, tree
        assert caught.value.message == "boom", tree


OTHERS: list[Callable[[AsyncGravitex], Awaitable[object]]] = [
    lambda client: client.models.list(),
    lambda client: client.embeddings.create(model="m", input="x"),
    lambda client: client.gemini.embed_content(model="m", content="x"),
    lambda client: client.gemini.batch_embed_contents(model="m", requests=["x"]),
    lambda client: client.responses.retrieve("resp_1"),
    lambda client: client.models.retrieve("m"),
]


@pytest.mark.parametrize("message", MESSAGES)
async def test_every_flat_form_to_the_other_calls(
    gateway: LocalGateway, client: AsyncGravitex, message: str
) -> None:
    """Lists, vectors and stored responses have their errors too; "no such model" comes with any status."""
    for tree, expected in few(message):
        gateway.play(Tape(dumps(tree), content_type="application/json"), times=len(OTHERS))
        for call in OTHERS:
            with pytest.raises(APIError) as caught:
                await call(client)
            missing = call is OTHERS[-1] and expected in (APIError, BadRequestError)
            assert type(caught.value) is (NotFoundError if missing else expected), tree


GOOD = [200, "200", 0, "0", "ok", "OK", "success", "Success", True]
HARMLESS = [
    {},
    {"code": 200, "message": "OK"},
    {"status": "ok"},
    {"code": 0, "msg": "success"},
    {"success": True, "message": "hello"},
    {"status": "processing", "message": "please wait"},
    {"message": "OK"},
    {"error": None},
    {"type": "ping"},
    {"event": "heartbeat", "time": 1.5},
    *({code: value} for code, value in itertools.product(CODES, GOOD)),
    *({code: value, "detail": "whatever"} for code, value in itertools.product(CODES, GOOD)),
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_harmless_objects_pass(gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect) -> None:
    """What says that all is well, or says nothing, ends no answer."""
    for tree in HARMLESS:
        gateway.play(Tape(dialect.body(tree, dialect.text("a"), tree, dialect.text("b"), tree)))
        stream = dialect.stream(client)
        await stream.final()
        assert (stream.content, stream.end.state) == ("ab", "completed"), tree


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_harmless_objects_are_no_answers(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """In place of an answer they are told for what they are."""
    for tree in HARMLESS:
        gateway.play(Tape(dumps(tree), content_type="application/json"))
        with pytest.raises(DecodeError):
            await dialect.create(client)


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_every_documented_shape_of_an_error(gateway: LocalGateway, dialect: Dialect) -> None:
    """The known forms of error bodies, as an event and as a body with status 200."""
    shapes = loads(shared("reference", "error_codes.json").read_bytes())["body_shapes"]
    examples = [shape["example"] for shape in shapes if not isinstance(shape["example"], str)]
    assert len(examples) >= 8
    for example in examples:
        for after in (0, 1):
            event = b"data: %b\n\n" % dumps(example)
            before = dialect.body(*[dialect.text("a")] * after, end=False).removesuffix(dialect.done)
            gateway.play(Tape(before + event + dialect.body()))
            async with client_of(gateway.url) as client:
                stream = dialect.stream(client)
                with pytest.raises(APIError) as caught:
                    await stream.final()
            assert caught.value.message.startswith(("m", "Invalid request"))
            assert stream.content == "a" * after
        gateway.play(Tape(dumps(example), content_type="application/json"))
        async with client_of(gateway.url) as client:
            with pytest.raises(APIError) as caught:
                await dialect.create(client)
        assert not isinstance(caught.value, DecodeError)


@pytest.mark.parametrize("view", ["items", "deltas"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_objects_among_many_events(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, view: str
) -> None:
    """In a busy read too an error stops the stream in its place, and a harmless object does not."""
    many = [dialect.text("ab")] * 300
    for tree in ({"code": 429, "msg": "boom"}, {"status": "ok"}, {"code": "E17", "err": "boom"}):
        gateway.play(Tape(dialect.body(*many, tree, *many), cuts=()))
        async with client_of(gateway.url) as other:
            stream = dialect.stream(other)
            reading = read_to_the_end(stream if view == "items" else stream.deltas())
            if tree == {"status": "ok"}:
                await reading
                assert stream.content == "ab" * 600
                continue
            with pytest.raises(APIError, match="boom"):
                await reading
            assert stream.content == "ab" * 300


async def read_to_the_end(items: AsyncIterator[object]) -> None:
    async for _ in items:
        pass


async def test_what_has_a_name_of_its_own_may_hold_a_message(
    gateway: LocalGateway, client: AsyncGravitex
) -> None:
    """Events that say what they are, as no error, are none for a message; for a status or a code they are."""
    chat, responses, _ = DIALECTS
    notice = {"id": "c", "object": "chat.completion.chunk", "choices": [], "message": "searching the web"}
    passing: list[tuple[Dialect, dict[str, Any]]] = [
        (chat, notice),
        (chat, {**notice, "usage": {"total_tokens": 7}}),
        (responses, {"type": "vendor.notice", "message": "hello"}),
        (responses, {"type": "vendor.notice", "code": "print(1)"}),
        (
            responses,
            {"type": "response.new.done", "code": "print(1)", "message": "x", "status": "incomplete"},
        ),
    ]
    for dialect, tree in passing:
        gateway.play(Tape(dialect.body(dialect.text("a"), tree)))
        stream = dialect.stream(client)
        await stream.final()
        assert (stream.content, stream.end.state) == ("a", "completed")
    failing: list[tuple[Dialect, dict[str, Any]]] = [
        (chat, {**notice, "code": "rate_limited"}),
        (chat, {**notice, "status": "429", "usage": {"total_tokens": 7}}),
        (responses, {"type": "vendor.notice", "message": "boom", "code": 429}),
        (responses, {"type": "rate_limit_error", "message": "boom"}),
        (responses, {"type": "response.new.done", "error": {"message": "boom", "code": 429}}),
    ]
    for dialect, tree in failing:
        gateway.play(Tape(dialect.body(dialect.text("a"), tree)))
        async with client_of(gateway.url) as other:
            with pytest.raises(RateLimitError):
                await dialect.stream(other).final()


def test_no_recorded_answer_looks_like_an_error() -> None:
    """Of all recorded events and bodies, those that hold an error do, and no other."""
    shared("captures", "MANIFEST.json")
    seen = 0
    for folder, suffix in itertools.product(("chat", "responses", "gemini"), (".sse", ".json")):
        for capture in captures(folder, suffix):
            body = capture.tape().body
            lines = body.splitlines() if suffix == ".sse" else [b"data:" + body.replace(b"\n", b" ")]
            for line in lines:
                if not line.startswith(b"data:") or line[5:].strip()[:1] != b"{":
                    continue
                tree = loads_tolerant(line[5:])
                seen += 1
                named = str(tree.get("type", "")).startswith("response.") or "object" in tree
                if not named or folder == "chat":
                    assert (find_flat(tree) is not None) == bool(
                        tree.get("error") or tree.get("type") == "error"
                    ), capture.name
    assert seen > 20_000
