"""Answers go out of web frameworks and JSON libraries as the JSON that came from the wire.

An application of FastAPI gives back what its client gave it, and says nothing of how it is to be written.
What a browser gets is the wire's form: ``index: 0``, fields this package does not know, no nulls of its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
import orjson
import pytest
import pytest_asyncio
import uvicorn
from aiohttp import ClientSession, web
from fastapi import FastAPI
from starlette.responses import JSONResponse

from gravitex_async import APIError, AsyncGravitex, Delta, Usage
from gravitex_async.chat import ChatCompletion, ChatCompletionChunk, CompletionUsage
from gravitex_async.embeddings import CreateEmbeddingResponse
from gravitex_async.gemini import GenerateContentResponse, UsageMetadata
from gravitex_async.models import Model, ModelList
from gravitex_async.ratelimit import RateLimit
from gravitex_async.responses import Response, ResponsesEvent, ResponseUsage

from .laws.dialects import CHAT, GEMINI, RESPONSES, Dialect
from .vocabulary import Player, playing

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = "application/json"
EVENTS = "text/event-stream"

# Bodies with what a careless writer would lose or add: nulls, zeros, empty lists, fields nobody knows.
CHAT_BODY = {
    "id": "c1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None, "mood": {"kind": "good"}},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3, "queue_time": 0.5},
    "x_seed": 0,
}
RESPONSES_BODY = {
    "id": "r1",
    "object": "response",
    "status": "completed",
    "error": None,
    "output": [
        {
            "type": "message",
            "id": "m1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi", "annotations": [], "mood": "good"}],
        }
    ],
    "usage": {"input_tokens": 3, "output_tokens": 0, "total_tokens": 3, "queue_time": 0.5},
    "x_seed": 0,
}
GEMINI_BODY = {
    "candidates": [
        {
            "index": 0,
            "content": {"role": "model", "parts": [{"text": "Hi"}]},
            "finishReason": "STOP",
            "x": None,
        }
    ],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 0, "totalTokenCount": 3, "x": 1},
    "xSeed": 0,
}
VECTORS = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.0]}],
    "model": "m",
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
    "x_seed": 0,
}
MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "x_tier": None}]}

# What the words of an answer give beside texts and usage.
WITH_MORE = {
    "choices": [
        {
            "message": {
                "content": "![a](data:image/png;base64,aGk=)",
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com"}}],
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            "finish_reason": "tool_calls",
        }
    ]
}
CHAT_EVENTS = [
    {
        "id": "c1",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "mood": 0}],
        "x": {},
    },
    {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]
RESPONSES_EVENTS = [
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi", "mood": 0},
    {"type": "response.completed", "response": RESPONSES_BODY},
]
GEMINI_EVENTS = [GEMINI_BODY]

FINALS: dict[str, Any] = {
    "chat": {
        "id": "c1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi"},
                "finish_reason": "stop",
                "mood": 0,
            }
        ],
        "x": {},
    },
    "responses": {name: value for name, value in RESPONSES_BODY.items() if value is not None},
    "gemini": GEMINI_BODY,
}


class Shop(NamedTuple):
    """What the handlers of an application use."""

    player: Player

    @property
    def client(self) -> AsyncGravitex:
        return self.player.client

    def put(self, tree: Any) -> AsyncGravitex:
        """The client, whose next answer is *tree*."""
        self.player.put(json.dumps(tree).encode(), JSON)
        return self.client

    def events(self, dialect: Dialect, events: list[Any], whole: bool = True) -> Any:
        """A stream of *events*."""
        self.player.put(dialect.body(*events, end=False), EVENTS, whole=whole)
        return dialect.stream(self.client)


class Case(NamedTuple):
    """A handler, its type, and what it must give."""

    of: Callable[[Shop], Awaitable[Any]]
    type: Any
    wanted: Any


async def chat(shop: Shop) -> Any:
    return await CHAT.create(shop.put(CHAT_BODY))


async def response(shop: Shop) -> Any:
    return await RESPONSES.create(shop.put(RESPONSES_BODY))


async def gemini(shop: Shop) -> Any:
    return await GEMINI.create(shop.put(GEMINI_BODY))


def final(dialect: Dialect, events: list[Any]) -> Callable[[Shop], Awaitable[Any]]:
    async def handler(shop: Shop) -> Any:
        return await shop.events(dialect, events).final()

    return handler


def partial(dialect: Dialect, events: list[Any]) -> Callable[[Shop], Awaitable[Any]]:
    async def handler(shop: Shop) -> Any:
        try:
            await shop.events(dialect, events[:1], whole=False).final()
        except APIError as error:
            return error.partial

    return handler


def item(dialect: Dialect, events: list[Any]) -> Callable[[Shop], Awaitable[Any]]:
    async def handler(shop: Shop) -> Any:
        async with shop.events(dialect, events) as stream:
            return await anext(aiter(stream))

    return handler


async def vectors(shop: Shop) -> Any:
    return await shop.put(VECTORS).embeddings.create(model="m", input="Hi")


async def models(shop: Shop) -> Any:
    return await shop.put(MODELS).models.list()


async def model(shop: Shop) -> Any:
    return await shop.put(MODELS["data"][0]).models.retrieve("m")


async def several(shop: Shop) -> Any:
    return [await chat(shop), await chat(shop)]


async def spent(shop: Shop) -> Any:
    return sum([(await of(shop)).usage for of in (chat, response, gemini, vectors)], Usage())


async def words(shop: Shop) -> Any:
    answer = await chat(shop)
    return {"answer": answer, "text": answer.content, "calls": answer.tool_calls, "spent": answer.usage}


async def beside(shop: Shop) -> Any:
    answer = await CHAT.create(shop.put(WITH_MORE))
    return [*answer.tool_calls, *answer.citations, *answer.images, answer.rate_limit]


async def delta(shop: Shop) -> Any:
    async with shop.events(CHAT, CHAT_EVENTS) as stream:
        return await anext(aiter(stream.deltas()))


def usage(of: Callable[[Shop], Awaitable[Any]]) -> Callable[[Shop], Awaitable[Any]]:
    async def handler(shop: Shop) -> Any:
        return (await of(shop)).usage

    return handler


PARTIAL: dict[str, Any] = {
    "chat": {
        "id": "c1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "mood": 0}],
        "x": {},
    },
    "gemini": {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "Hi"}]}}]},
}
GEMINI_BEGUN = [PARTIAL["gemini"]]

CASES = {
    "chat": Case(chat, ChatCompletion, CHAT_BODY),
    "response": Case(response, Response, RESPONSES_BODY),
    "gemini": Case(gemini, GenerateContentResponse, GEMINI_BODY),
    "final-chat": Case(final(CHAT, CHAT_EVENTS), ChatCompletion, FINALS["chat"]),
    "final-response": Case(final(RESPONSES, RESPONSES_EVENTS), Response, FINALS["responses"]),
    "final-gemini": Case(final(GEMINI, GEMINI_EVENTS), GenerateContentResponse, FINALS["gemini"]),
    "partial-chat": Case(partial(CHAT, CHAT_EVENTS), ChatCompletion, PARTIAL["chat"]),
    "partial-gemini": Case(partial(GEMINI, GEMINI_BEGUN), GenerateContentResponse, PARTIAL["gemini"]),
    "chunk": Case(item(CHAT, CHAT_EVENTS), ChatCompletionChunk, CHAT_EVENTS[0]),
    "quiet-chunk": Case(item(CHAT, CHAT_EVENTS[1:]), ChatCompletionChunk, CHAT_EVENTS[1]),
    "event": Case(item(RESPONSES, RESPONSES_EVENTS), ResponsesEvent, RESPONSES_EVENTS[0]),
    "several": Case(several, list[ChatCompletion], [CHAT_BODY, CHAT_BODY]),
    "usage-chat": Case(usage(chat), CompletionUsage, CHAT_BODY["usage"]),
    "usage-response": Case(usage(response), ResponseUsage, RESPONSES_BODY["usage"]),
    "usage-gemini": Case(usage(gemini), UsageMetadata, GEMINI_BODY["usageMetadata"]),
    "words": Case(
        words,
        dict[str, Any],
        {"answer": CHAT_BODY, "text": "Hi", "calls": [], "spent": CHAT_BODY["usage"]},
    ),
    "beside": Case(
        beside,
        list[Any],
        [
            {"id": "1", "name": "f", "arguments": "{}", "index": 0, "extra": {}},
            {
                "title": None,
                "url": "https://example.com",
                "where": None,
                "text": None,
                "extra": {"type": "url_citation", "url_citation": {"url": "https://example.com"}},
            },
            {"mime_type": "image/png", "base64": "aGk="},
            dict.fromkeys(RateLimit.__struct_fields__),
        ],
    ),
    "delta": Case(
        delta,
        Delta,
        {
            "content": "Hi",
            "reasoning_content": "",
            "refusal": "",
            "tool_calls": [],
            "finish_reason": None,
            "usage": None,
            "index": 0,
        },
    ),
    "vectors": Case(vectors, CreateEmbeddingResponse, VECTORS),
    "usage-vectors": Case(usage(vectors), Any, VECTORS["usage"]),
    "models": Case(models, ModelList, MODELS),
    "model": Case(model, Model, MODELS["data"][0]),
    "spent": Case(
        spent,
        Usage,
        {
            "input_tokens": 12,
            "output_tokens": 0,
            "total_tokens": 12,
            "reasoning_tokens": None,
            "cached_tokens": None,
            "source": "server",
        },
    ),
}
WAYS = ("bare", "typed", "unmodelled")


def application() -> FastAPI:
    """Every case in every way that FastAPI has of saying what a route gives."""
    shop: Shop

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        nonlocal shop
        async with playing() as player:
            shop = Shop(player)
            yield

    def handler(case: Case, type_: Any = None) -> Callable[[], Awaitable[Any]]:
        async def handle() -> Any:
            return await case.of(shop)

        handle.__annotations__ = {} if type_ is None else {"return": type_}
        return handle

    app = FastAPI(lifespan=lifespan)
    for name, case in CASES.items():
        app.get(f"/bare/{name}")(handler(case))
        app.get(f"/typed/{name}")(handler(case, case.type))
        app.get(f"/unmodelled/{name}", response_model=None)(handler(case, case.type))
    return app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browse() -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """Asks the application, served by uvicorn, over a socket."""
    server = uvicorn.Server(uvicorn.Config(application(), log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        async with ClientSession(f"http://127.0.0.1:{port}") as session:

            async def browse(path: str) -> Any:
                async with session.get(path) as answer:
                    assert answer.status == 200, await answer.text()
                    return json.loads(await answer.text())

            yield browse
        server.should_exit = True
        await serving


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
async def test_fastapi(browse: Any, name: str, way: str) -> None:
    """Handlers return what the client gave them; out comes the JSON of the wire."""
    assert await browse(f"/{way}/{name}") == CASES[name].wanted


async def test_the_page_of_the_interface(browse: Any) -> None:
    """FastAPI describes such routes; each answer is an object."""
    page = await browse("/openapi.json")
    assert page["paths"].keys() == {f"/{way}/{name}" for way in WAYS for name in CASES}
    found = page["paths"]["/typed/chat"]["get"]["responses"]["200"]["content"][JSON]["schema"]
    while "$ref" in found:
        found = page["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    assert found["type"] == "object"


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if isinstance(case.wanted, dict) and name != "words"]
)
async def test_json_libraries(name: str) -> None:
    """The wire's form by ``to_dict()`` and ``dict()``; msgspec writes the fields that are known."""
    case = CASES[name]
    async with playing() as player:
        value = await case.of(Shop(player))
    assert orjson.loads(orjson.dumps(value, default=dict)) == case.wanted
    assert orjson.loads(orjson.dumps(value, default=lambda other: other.to_dict())) == case.wanted
    assert json.loads(bytes(JSONResponse(value.to_dict()).body)) == case.wanted
    text = web.json_response(value.to_dict()).text
    assert text is not None
    assert json.loads(text) == json.loads(value.to_json()) == case.wanted
    known = msgspec.json.decode(msgspec.json.encode(value))
    assert known.keys() <= case.wanted.keys()
