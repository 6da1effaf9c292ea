"""``NOT_GIVEN`` and ``omit`` of openai-python stand for an argument that is not given, wherever None does.

The marks here look like those of that package; ``testing/test_peers.py`` passes the real ones.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError, Timeout, run_tools
from gravitex_async.testing import LocalGateway

MESSAGES = [{"role": "user", "content": "hi"}]


class NotGiven:
    def __bool__(self) -> bool:
        return False


class Omit:
    def __bool__(self) -> bool:
        return False


MARKS = [pytest.param(NotGiven(), id="NOT_GIVEN"), pytest.param(Omit(), id="omit")]
CALLS = {
    "chat.completions.create": {"model": "gpt-4o-mini", "messages": MESSAGES},
    "chat.completions.stream": {"model": "gpt-4o-mini", "messages": MESSAGES},
    "chat.completions.parse": {
        "model": "gpt-4o-mini",
        "messages": MESSAGES,
        "response_format": dict[str, int],
    },
    "responses.create": {"model": "gpt-5.2", "input": "hi"},
    "responses.stream": {"model": "gpt-5.2", "input": "hi"},
    "responses.parse": {"model": "gpt-5.2", "input": "hi", "text_format": dict[str, int]},
    "gemini.generate_content": {"model": "gemini-2.5-flash", "contents": "hi"},
    "gemini.generate_content_stream": {"model": "gemini-2.5-flash", "contents": "hi"},
    "gemini.embed_content": {"model": "text-embedding-004", "content": "hi"},
    "gemini.batch_embed_contents": {"model": "text-embedding-004", "requests": ["hi"]},
    "embeddings.create": {"model": "text-embedding-004", "input": "hi"},
    "models.list": {},
    "models.retrieve": {"model": "gpt-4o-mini"},
}


def function_of(client: AsyncGravitex, path: str) -> Any:
    found: Any = client
    for name in path.split("."):
        found = getattr(found, name)
    return found


def optional(function: Any, given: dict[str, Any]) -> list[str]:
    """The names that may be None: what ``chunk_type`` is has no counterpart elsewhere."""
    names = [p.name for p in inspect.signature(function).parameters.values() if p.default is None]
    return [name for name in names if name not in given and name != "chunk_type"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("path", CALLS)
async def test_every_argument_that_may_be_none(
    gateway: LocalGateway, client: AsyncGravitex, path: str, mark: Any
) -> None:
    """The request is the one that leaves all of them out."""
    function, arguments = function_of(client, path), CALLS[path]
    await function(**arguments)
    plain = gateway.requests[-1]
    names = optional(function, arguments)
    assert names
    await function(**arguments, **dict.fromkeys(names, mark))
    request = gateway.requests[-1]
    assert (request.path, request.body, dict(request.query)) == (plain.path, plain.body, dict(plain.query))


@pytest.mark.parametrize("mark", MARKS)
async def test_a_stored_response(gateway: LocalGateway, client: AsyncGravitex, mark: Any) -> None:
    """Its stream from the beginning."""
    response = await client.responses.create(model="gpt-5.2", input="hi", stream=mark)
    assert response.id is not None
    replay = client.responses.retrieve(response.id, stream=True, starting_after=mark, timeout=mark)
    assert [event async for event in replay]
    assert "starting_after" not in gateway.requests[-1].query


@pytest.mark.parametrize("mark", MARKS)
async def test_the_tool_loop(gateway: LocalGateway, client: AsyncGravitex, mark: Any) -> None:
    """Under both names of the conversation, and in what goes to the calls."""

    def get_weather(city: str) -> str:
        """The weather."""
        return "sunny"

    run = run_tools(
        client.chat.completions,
        model="gpt-4o-mini",
        tools=[get_weather],
        input=mark,
        messages=MESSAGES,
        tool_choice=mark,
        temperature=mark,
    )
    await run.final()
    assert not {"tool_choice", "temperature"} & gateway.requests[0].json.keys()


@pytest.mark.parametrize("mark", MARKS)
def test_settings_of_a_client(mark: Any) -> None:
    """Making a client, it is the default; in a view, what the client has."""
    client = AsyncGravitex(api_key="k", timeout=mark, max_retries=mark, default_headers=mark, base_url=mark)
    assert (client.timeout, client.max_retries) == (Timeout(), 2)
    view = client.with_options(timeout=7, max_retries=5).copy(timeout=mark, max_retries=mark, api_key=mark)
    assert (view.timeout, view.max_retries) == (7, 5)


@pytest.mark.parametrize("mark", MARKS)
async def test_inside_of_an_argument_it_is_refused(client: AsyncGravitex, mark: Any) -> None:
    """A key that is not wanted is left out; the message says so."""
    with pytest.raises(MisuseError, match=r"not given; leave out its key"):
        await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hi", "name": mark}]
        )


async def test_only_the_marks_count(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """False, 0 and empty values are values, and an unknown keyword stays a mistake whatever its value."""
    await client.chat.completions.create(
        model="m", messages=MESSAGES, temperature=0, logprobs=False, stop=[], user=""
    )
    sent = gateway.requests[-1].json
    assert [sent[name] for name in ("temperature", "logprobs", "stop", "user")] == [0, False, [], ""]
    unknown: Any = {"max_token": NotGiven()}
    with pytest.raises(TypeError, match="did you mean max_tokens"):
        client.chat.completions.create(model="m", messages=MESSAGES, **unknown)
