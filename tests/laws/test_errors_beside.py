"""Errors that come with something: text and usage of the same event are kept, then it raises."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gravitex_async import APIError, AsyncGravitex, RateLimitError, ServerError
from gravitex_async._json import dumps
from gravitex_async.testing import LocalGateway, Tape

from .conftest import client_of
from .dialects import CHAT, DIALECTS, RESPONSES, Dialect, Tree

ERRORS: dict[str, Any] = {
    "openai": {"message": "boom", "type": "api_error", "code": "server_error"},
    "openrouter": {"message": "boom", "code": 502, "metadata": {"provider_name": "p"}},
    "google": {"message": "boom", "code": 503, "status": "UNAVAILABLE", "details": []},
    "text": "boom",
}
# How the event travels: as others do, under the name of an error, or so that only the slow reader takes it.
FORMS: dict[str, Callable[[Tree], bytes]] = {
    "data": lambda tree: b"data: %b\n\n" % dumps(tree),
    "named": lambda tree: b"event: error\ndata: %b\n\n" % dumps(tree),
    "slow": lambda tree: b"data: %b\n\n" % dumps(tree).replace(b"boom", b"boom\\ud83d").replace(b"\n", b""),
    "crlf": lambda tree: b"data: %b\r\n\r\n" % dumps(tree),
}


VIEWS: dict[str, Callable[[Any], AsyncIterator[Any]]] = {
    "items": lambda stream: stream,
    "deltas": lambda stream: stream.deltas(),
    "text": lambda stream: stream.text(),
    "batches": lambda stream: stream.batches(),
}


def text_of(item: Any) -> str:
    """The text of an item of any view and dialect."""
    if isinstance(item, list):
        return "".join(map(text_of, item))
    names = ("delta", "text", "content")
    return item if isinstance(item, str) else next(getattr(item, n) for n in names if hasattr(item, n))


async def collect(items: AsyncIterator[Any], pieces: list[str]) -> None:
    """Reads to the end, or to the error there; *pieces* hold what came before it."""
    async for item in items:
        pieces.append(text_of(item))


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_text_and_usage_beside_an_error_are_kept(
    gateway: LocalGateway, dialect: Dialect, error: str, form: str, after: int
) -> None:
    """They are in the accumulators and in ``error.partial``, whichever way the event takes."""
    for text, usage in itertools.product(("", "cd"), (False, True)):
        event = {**(dialect.text(text) if text else {}), **(dialect.usage if usage else {})}
        if not text and dialect is RESPONSES and usage:
            event["type"] = "error"
        before = b"".join(b"data: %b\n\n" % dumps(dialect.text("ab")) for _ in range(after))
        gateway.play(Tape(before + FORMS[form]({**event, "error": ERRORS[error]}) + dialect.done))
        async with client_of(gateway.url) as client:
            stream = dialect.stream(client)
            with pytest.raises(APIError, match="boom") as caught:
                await stream.final()
        content = "ab" * after + text
        assert stream.content == content
        assert (caught.value.partial is not None) is bool(content or usage)
        assert stream.end.state == "failed"
        if usage and not (text and dialect is RESPONSES):  # a delta of responses has no place for it
            assert (stream.usage.input_tokens, stream.usage.output_tokens) == (3, 5)
            assert caught.value.partial.usage is not None or dialect.name == "gemini"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_every_view_gives_the_text_before_the_error(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, view: str
) -> None:
    """Joined pieces equal ``content``, also when the last of them comes with the error."""
    failing = {**dialect.text("ef"), "error": ERRORS["openai"]}
    gateway.play(Tape(dialect.body(dialect.text("ab"), dialect.text("cd"), failing)))
    stream = dialect.stream(client)
    pieces: list[str] = []
    with pytest.raises(ServerError, match="boom"):
        await collect(VIEWS[view](stream), pieces)
    assert "".join(pieces) == stream.content == "abcdef"


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_a_bare_error_is_no_item(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """An event that is nothing but an error is raised, not handed out."""
    gateway.play(Tape(dialect.body(dialect.text("ab"), {"error": ERRORS["openai"]})))
    stream = dialect.stream(client)
    assert text_of(await stream.__anext__()) == "ab"
    with pytest.raises(ServerError):
        await stream.__anext__()


@pytest.mark.parametrize("usage", [False, True])
async def test_a_try_that_failed_with_usage_alone_is_made_again(gateway: LocalGateway, usage: bool) -> None:
    """No text had come: it is safe, and the counts are those of the try that answered."""
    failing = {**(CHAT.usage if usage else {}), "error": ERRORS["openai"]}
    tapes = [Tape(CHAT.body(failing, end=False)), Tape(CHAT.body(CHAT.text("ab")))]
    for tape in tapes:
        gateway.play(tape)
    async with client_of(gateway.url, max_retries=1) as client:
        stream = CHAT.stream(client)
        await stream.final()
    assert (stream.content, stream.attempts, stream.usage.source) == ("ab", 2, "none")


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_an_answer_beside_an_error_is_its_partial(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect, plain: bool
) -> None:
    """A whole body that holds both, to a plain call and in place of a stream."""
    gateway.play(
        Tape(dumps({**dialect.plain("ab"), "error": ERRORS["openai"]}), content_type="application/json")
    )
    stream = None if plain else dialect.stream(client)
    with pytest.raises(ServerError, match="boom") as caught:
        await (dialect.create(client) if stream is None else stream.final())
    assert "ab" in str(caught.value.partial)
    assert stream is None or stream.content == "ab"


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_a_stream_nobody_asked_for_keeps_what_came_too(
    gateway: LocalGateway, client: AsyncGravitex, dialect: Dialect
) -> None:
    """A plain call that was answered by events: its error has the text, or nothing where nothing came."""
    gateway.play(Tape(dialect.body({**dialect.text("ab"), "error": ERRORS["openai"]})))
    with pytest.raises(ServerError, match="boom") as caught:
        await dialect.create(client)
    assert "ab" in str(caught.value.partial)
    gateway.play(Tape(dialect.body({"error": ERRORS["openai"]})))
    with pytest.raises(ServerError, match="boom") as caught:
        await dialect.create(client)
    assert caught.value.partial is None


async def test_what_a_failed_response_had_is_kept(gateway: LocalGateway) -> None:
    """``response.failed`` and ``error`` events with a response in them: its output and its usage."""
    response = {**RESPONSES.plain("ab"), "status": "failed", **RESPONSES.usage["response"]}
    error = {"code": "rate_limit_exceeded", "message": "boom"}
    for event in (
        {"type": "response.failed", "response": {**response, "error": error}},
        {"type": "error", "error": error, "response": response},
        {"error": error, "response": response},
        {"type": "error", **error, "response": response},
    ):
        gateway.play(Tape(RESPONSES.body(event, end=False)))
        async with client_of(gateway.url) as client:
            stream = RESPONSES.stream(client)
            with pytest.raises(RateLimitError, match="boom") as caught:
                await stream.final()
        assert caught.value.partial.output_text == stream.content == "ab"
        assert stream.usage.output_tokens == 5


@pytest.mark.parametrize("plain", [False, True])
async def test_the_error_of_a_choice(gateway: LocalGateway, plain: bool) -> None:
    """A provider that fails in mid-answer is told of in the choice: that raises, and what came is kept."""
    error = {"message": "boom", "code": 502}
    message = {"role": "assistant", "content": "ab"}
    choice = {"index": 0, "finish_reason": "error", "error": error, "message" if plain else "delta": message}
    tree = {
        "id": "c",
        "model": "m",
        "choices": [choice],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5},
    }
    gateway.play(
        Tape(dumps(tree), content_type="application/json")
        if plain
        else Tape(b"data: %b\n\ndata: [DONE]\n\n" % dumps(tree))
    )
    async with client_of(gateway.url) as client:
        with pytest.raises(ServerError, match="boom") as caught:
            await (CHAT.create(client) if plain else CHAT.stream(client).final())
    assert caught.value.status == 502
    assert caught.value.partial.choices[0].message.content == "ab"
    assert caught.value.partial.usage.completion_tokens == 5
