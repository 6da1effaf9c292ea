"""A plain aiohttp client and a gateway, for tests that talk to it as any client would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import pytest_asyncio

from gravitex_async._json import loads
from gravitex_async.testing import LocalGateway

HELLO = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello there, my friend"}]}


@dataclass
class Reader:
    """Posts JSON with the gateway's key and reads what comes."""

    gateway: LocalGateway
    session: aiohttp.ClientSession

    def post(self, path: str, body: object, **headers: str) -> aiohttp.client._RequestContextManager:
        """The open response."""
        named = {"Authorization": f"Bearer {self.gateway.api_key}", **headers}
        return self.session.post(self.gateway.url + path, json=body, headers=named)

    async def json(self, path: str, body: object) -> dict:
        """The whole answer, which must be a success."""
        async with self.post(path, body) as response:
            assert response.status == 200, await response.text()
            return loads(await response.read())

    async def events(self, path: str, body: Mapping[str, object]) -> list:
        """The data of all events; text that is no JSON stays text."""
        async with self.post(path, body) as response:
            assert response.status == 200, await response.text()
            return parse(await response.read())

    async def chat(self, **fields: object) -> list:
        """The chunks of a chat stream, the end mark included."""
        return await self.events("/v1/chat/completions", {**HELLO, "stream": True, **fields})


def parse(body: bytes) -> list:
    """The ``data`` of every event: JSON, or text when it is ``[DONE]``."""
    lines = [
        line[5:].strip() for line in body.replace(b"\r\n", b"\n").split(b"\n") if line.startswith(b"data:")
    ]
    return [line.decode() if line == b"[DONE]" else loads(line) for line in lines]


def content(chunks: list, index: int = 0, name: str = "content") -> str:
    """The joined text of one choice of a chat stream."""
    choices = [
        c for chunk in chunks if isinstance(chunk, dict) for c in chunk["choices"] if c["index"] == index
    ]
    return "".join(choice["delta"].get(name) or "" for choice in choices)


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[LocalGateway]:
    async with LocalGateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def reader(gateway: LocalGateway) -> AsyncIterator[Reader]:
    async with aiohttp.ClientSession() as session:
        yield Reader(gateway, session)
