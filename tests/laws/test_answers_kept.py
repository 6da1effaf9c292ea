"""Answers that are copied, pickled and stored stay what they are; nothing of theirs is in a ``__dict__``."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import pickle
import pkgutil
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio

import gravitex_async
from gravitex_async import (
    APIError,
    DecodeError,
    Delta,
    StreamEnd,
    ToolCall,
    Usage,
    chat,
    gemini,
    responses,
)

from ..captured import Capture
from ..vocabulary import Player, came, playing, read
from ..wanted import EVERY
from .dialects import DIALECTS, Dialect

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_NAME = {dialect.name: dialect for dialect in DIALECTS}

# One answer of each kind is enough of a kind: every seventh recording, and all that hold what is rare.
RARE = ("image", "audio", "grounding", "citations", "executed", "code", "reasoning-parts", "extra")
SOME = [each for place, each in enumerate(EVERY) if not place % 7 or any(word in each.name for word in RARE)]
SOME = [each for each in SOME if each.name != "gemini/vertex-prompt-feedback.sse"]  # it has no end


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def player() -> AsyncIterator[Player]:
    async with playing() as player:
        yield player


async def answer_of(player: Player, capture: Capture) -> Any:
    streamed = capture.name.endswith(".sse") or "array" in capture.name
    dialect = BY_NAME[capture.name.partition("/")[0]]
    kind = "text/event-stream" if capture.name.endswith(".sse") else "application/json"
    player.put(capture.body, kind, {"x-request-id": "req_1", **(capture.entry.get("headers") or {})})
    return await (dialect.stream(player.client).final() if streamed else dialect.create(player.client))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda answer: pickle.loads(pickle.dumps(answer)),
}


@pytest.mark.parametrize("capture", SOME, ids=lambda capture: capture.name)
async def test_copies(player: Player, capture: Capture) -> None:
    """Each says the same, in the same words, and knows how it came."""
    answer = await answer_of(player, capture)
    for way, made in COPIES.items():
        again = made(answer)
        assert type(again) is type(answer), way
        assert again == answer, way
        assert read(again) == read(answer), way
        assert again.to_dict() == answer.to_dict(), way
        assert (again.raw, again.extra) == (answer.raw, answer.extra), way
        assert came(again)._replace(headers={}) == came(answer)._replace(headers={}), way
        assert {name.lower(): again.headers[name.lower()] for name in answer.headers}, way
        assert again.timings == answer.timings, way
        assert again.end == answer.end, way


async def test_a_partial_answer_in_its_error(player: Player) -> None:
    """Pickled with the error that carries it."""
    body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    player.put(body, "text/event-stream", {"x-request-id": "req_1"}, whole=False)
    with pytest.raises(APIError) as caught:
        await BY_NAME["chat"].stream(player.client).final()
    again = pickle.loads(pickle.dumps(caught.value)).partial
    assert read(again) == read(caught.value.partial)
    assert (again.content, again.request_id, again.end.state) == ("Hi", "req_1", "interrupted")


async def test_a_deep_copy_is_of_its_own(player: Player) -> None:
    """What is done to the copy is not done to the answer."""
    body = b'{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}'
    player.put(body, "application/json")
    answer = await BY_NAME["chat"].create(player.client)
    again = copy.deepcopy(answer)
    again.choices[0].message.role = "other"
    again.timings.last = None
    assert answer.choices[0].message.role == "assistant"
    assert answer.timings.last is not None


READERS = {"chat": chat, "responses": responses, "gemini": gemini}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"choices": 7, "output": 7, "candidates": 7}', b"\xff"])
async def test_json_of_something_else(name: str, text: str | bytes) -> None:
    """It is refused, with what came."""
    with pytest.raises(DecodeError, match=r"^expected an? .* in JSON, got .+") as caught:
        READERS[name].answer_from_json(text)
    assert not caught.value.retryable


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_json_that_was_stored(dialect: Dialect) -> None:
    """Text and bytes are read alike; fields that nobody knows are kept, and go back."""
    text = json.dumps({**dialect.plain("Hi"), "odd": {"a": None}})
    for given in (text, text.encode(), bytearray(text.encode())):
        answer = READERS[dialect.name].answer_from_json(given)
        assert (answer.content, answer.extra) == ("Hi", {"odd": {"a": None}})
        assert answer.to_dict() == json.loads(text)
        assert (answer.request_id, dict(answer.headers), answer.attempts) == (None, {}, 1)
        assert answer.end.state == "completed"


def structs() -> list[type[Any]]:
    """Every struct of the package that a caller may hold."""
    names = [gravitex_async.__name__]
    for room in ("chat", "responses", "gemini", "stream"):
        package = importlib.import_module(f"gravitex_async.{room}")
        names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    names += [
        f"gravitex_async.{name}" for name in ("usage", "deltas", "answers", "embeddings", "models", "images")
    ]
    found = {
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if inspect.isclass(value) and issubclass(value, msgspec.Struct)
    }
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


async def test_nothing_is_in_a_dict() -> None:
    """No struct has room for what nobody sees: what stands beside the fields has a slot."""
    kinds = structs()
    assert {Delta, StreamEnd, ToolCall, Usage} < set(kinds)
    assert len(kinds) > 150
    assert [each.__name__ for each in kinds if each.__dictoffset__] == []


async def test_answers_have_no_dict(player: Player) -> None:
    """``vars`` finds nothing on an answer, its chunks and its deltas."""
    for dialect in DIALECTS:
        body = dialect.body({**dialect.text("Hi"), "odd": 1})
        for view in ("items", "deltas"):
            player.put(body, "text/event-stream")
            stream = dialect.stream(player.client)
            held = [item async for item in (stream if view == "items" else stream.deltas())]
            held += [await stream.final(), stream.arrived, stream.usage, stream.end]
            for value in held:
                assert not hasattr(value, "__dict__"), type(value)
