"""Functions belong to ``run_tools``: a plain call sends definitions, and would never call anything."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async.testing import LocalGateway
from gravitex_async.tools import Tool


def weather(city: str) -> str:
    """The weather in a city."""
    return city


class Asker:
    """A callable object."""

    def __call__(self, city: str) -> str:
        return city


CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
RESPONSES: Any = {"model": "m", "input": "?"}
GEMINI: Any = {"model": "m", "contents": "?"}


class Config:
    """A config of objects, as google-genai's is."""

    def __init__(self, tools: Any) -> None:
        self.tools = tools


CALLS: dict[str, Callable[[AsyncGravitex, Any], Any]] = {
    "client.chat.completions": lambda client, tools: client.chat.completions.create(**CHAT, tools=tools),
    "client.chat.completions, streamed": lambda client, tools: client.chat.completions.stream(
        **CHAT, tools=tools
    ),
    "client.chat.completions, parsed": lambda client, tools: client.chat.completions.parse(
        **CHAT, tools=tools, response_format=dict[str, str]
    ),
    "client.responses": lambda client, tools: client.responses.create(**RESPONSES, tools=tools),
    "client.responses, streamed": lambda client, tools: client.responses.stream(**RESPONSES, tools=tools),
    "client.responses, parsed": lambda client, tools: client.responses.parse(
        **RESPONSES, tools=tools, text_format=dict[str, str]
    ),
    "client.gemini": lambda client, tools: client.gemini.generate_content(**GEMINI, tools=tools),
    "client.gemini, streamed": lambda client, tools: client.gemini.generate_content_stream(
        **GEMINI, tools=tools
    ),
    "client.gemini, config": lambda client, tools: client.gemini.generate_content(
        **GEMINI, config={"tools": tools}
    ),
    "client.gemini, config of objects": lambda client, tools: client.gemini.generate_content(
        **GEMINI,
        config=Config(tools),  # type: ignore[arg-type]  # any object with tools
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("tools", "name"),
    [
        ([{"type": "function"}, weather], "weather"),
        ((Tool(weather),), "weather"),
        ([Asker()], "Asker"),
        ([functools.partial(weather)], "partial"),
        ([Asker], "Asker"),
        (weather, "weather"),
    ],
)
async def test_functions_are_refused(
    client: AsyncGravitex, gateway: LocalGateway, call: str, tools: Any, name: str
) -> None:
    """Before anything is sent, with the sentence that names what takes them."""
    home = call.partition(",")[0]
    with pytest.raises(MisuseError, match=rf"got the function {name}; run_tools\({home}, tools=\[{name}\]\)"):
        await CALLS[call](client, tools)
    assert gateway.requests == []


async def test_definitions_pass(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """In any form that is data."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    await client.chat.completions.create(**CHAT, tools=tools)
    await client.gemini.generate_content(**GEMINI, tools={"googleSearch": {}})
    assert len(gateway.requests) == 2
