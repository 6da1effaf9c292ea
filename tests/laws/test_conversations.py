"""Answers stand in the next request as they are, in every dialect: plain, whole, partial, and ended streams.

What goes out in their place is their turn, as ``to_input()`` gives it: what came, thinking and calls
included, in the wire's own form.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from gravitex_async import APIError, AsyncGravitex, MisuseError
from gravitex_async.testing import Call, LocalGateway

from .conftest import client_of
from .dialects import CHAT, DIALECTS, GEMINI, RESPONSES, Dialect

pytestmark = pytest.mark.asyncio(loop_scope="module")

Served = tuple[LocalGateway, AsyncGravitex]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Served]:
    async with LocalGateway() as gateway, client_of(gateway.url) as client:
        yield gateway, client


async def plain(served: Served, dialect: Dialect) -> Any:
    return await dialect.create(served[1])


async def whole(served: Served, dialect: Dialect) -> Any:
    return await dialect.stream(served[1]).final()


async def ended(served: Served, dialect: Dialect) -> Any:
    stream = dialect.stream(served[1])
    async for _ in stream.deltas():
        pass
    return stream


async def partial(served: Served, dialect: Dialect) -> Any:
    served[0].fault("reset", after_events=BEGUN[dialect.name])
    with pytest.raises(APIError) as caught:
        await dialect.stream(served[1]).final()
    return caught.value.partial


BEGUN = {"chat": 3, "responses": 6, "gemini": 1}
"""Events after which something of the answer has arrived, and not all."""
FIRST = {
    "chat": {"role": "user", "content": "Hello"},
    "responses": {"role": "user", "content": "Hello"},
    "gemini": {"role": "user", "parts": [{"text": "Hello"}]},
}
FIELD = {"chat": "messages", "responses": "input", "gemini": "contents"}


async def again(client: AsyncGravitex, dialect: Dialect, turns: list[Any], stream: bool = False) -> Any:
    """The next request of the conversation."""
    if dialect is CHAT:
        return await client.chat.completions.create(model="m", messages=turns, stream=stream)  # type: ignore[call-overload]
    if dialect is RESPONSES:
        return await client.responses.create(model="m", input=turns, stream=stream)  # type: ignore[call-overload]
    if stream:
        return await client.gemini.generate_content_stream(model="m", contents=turns)
    return await client.gemini.generate_content(model="m", contents=turns)


@pytest.mark.parametrize("said", ["text", "thought", "called"])
@pytest.mark.parametrize("of", [plain, whole, ended, partial])
@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
async def test_second_turn(
    served: Served, dialect: Dialect, of: Callable[[Served, Dialect], Awaitable[Any]], said: str
) -> None:
    """The gateway gets the first message, what was answered, and the next message."""
    gateway, client = served
    scripts: dict[str, dict[str, Any]] = {
        "text": {"text": ["One", " two", " three"]},
        "thought": {"reasoning": ["Let me", " see"], "text": ["One", " two"]},
        "called": {
            "text": ["Let me", " look"],
            "tool_calls": [Call("look_up", {"where": "Oslo"}, id="call_1")],
        },
    }
    gateway.script(**scripts[said])
    answer = await of(served, dialect)
    assert answer.content or answer.reasoning_content
    first, last = FIRST[dialect.name], {**FIRST[dialect.name]}
    for stream in (False, True):
        sent = await again(client, dialect, [first, answer, last], stream)
        if stream:
            await sent.aclose()
        body = gateway.requests[-1].json
        assert body[FIELD[dialect.name]] == [first, *answer.to_input(), last]
    assert answer.to_input()
    assert answer.content in json.dumps(body, ensure_ascii=False)
    for call in answer.tool_calls:
        assert call.name in json.dumps(body)


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
@pytest.mark.parametrize("other", DIALECTS, ids=repr)
async def test_an_answer_of_another_dialect(served: Served, dialect: Dialect, other: Dialect) -> None:
    """It is refused before anything is sent, and the error says what to write."""
    if dialect is other:
        return
    gateway, client = served
    for of in (plain, ended):
        answer = await of(served, other)
        before = len(gateway.requests)
        with pytest.raises(MisuseError, match=r"content"):
            await again(client, dialect, [FIRST[dialect.name], answer])
        assert len(gateway.requests) == before


async def test_an_answer_by_itself(served: Served) -> None:
    """It need not stand in a list where a text needs none."""
    gateway, client = served
    response = await plain(served, RESPONSES)
    await client.responses.create(model="m", input=response)
    assert gateway.requests[-1].json["input"] == response.to_input()
    answer = await plain(served, GEMINI)
    await client.gemini.generate_content(model="m", contents=answer)
    assert gateway.requests[-1].json["contents"] == answer.to_input()


async def test_a_choice_beyond_the_first(served: Served) -> None:
    """Any choice may be the turn that goes on."""
    gateway, client = served
    gateway.script(text=["One", " two"])
    chat = await client.chat.completions.create(model="m", messages=[FIRST["chat"]], n=2)
    await client.chat.completions.create(model="m", messages=[FIRST["chat"], *chat.choices[-1].to_input()])
    assert gateway.requests[-1].json["messages"][1]["content"] == chat.choices[-1].content
