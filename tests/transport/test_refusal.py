"""What a refusal says: 404 has two meanings, and the message tells which."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from gravitex_async import NotFoundError
from gravitex_async.testing import LocalGateway

from ..laws.conftest import MESSAGES, RawServer, chunked, client_of, head

PAGE = b"<html><h1>404 Not Found</h1>the best model of nginx</html>"
OWN = "Model gpt-x does not exist or is not supported"
NOT_FOUND: dict[str, tuple[bytes, str, str]] = {
    "code": (b'{"error":{"message":"no","code":"model_not_found"}}', f"Error: {OWN}: no", "base_url"),
    "type": (b'{"error":{"message":"no","type":"model_not_found_error"}}', f"Error: {OWN}: no", "base_url"),
    "name": (b'{"error":{"message":"`gpt-x` is gone"}}', f"Error: {OWN}: `gpt-x`", "base_url"),
    "flat": (b'{"detail":"gpt-x is not loaded"}', f"Error: {OWN}: gpt-x", "base_url"),
    "param": (b'{"error":{"message":"no","param":"model"}}', f"Error: {OWN}: no", "base_url"),
    "word": (b'{"error":{"message":"The model does not exist"}}', f"Error: {OWN}: The model", "base_url"),
    "page": (PAGE, "Error: {url}{path} does not exist or is not supported; check base_url: 404", OWN),
    "text": (b"404 page not found", "Error: {url}{path} does not exist .*; check base_url: 404 page", OWN),
    "nothing": (b"", "Error: {url}{path} does not exist or is not supported; check base_url", OWN),
    "starlette": (b'{"detail":"Not Found"}', "Error: {url}{path} does not .*; check base_url: Not", OWN),
    "path": (b'{"error":{"message":"Invalid URL (POST {path})"}}', "Error: {url}{path} does not .*URL", OWN),
    "neither": (b'{"error":{"message":"gone"}}', f"{OWN}, or base_url is wrong .*{{url}}{{path}}.: g", "?"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_FOUND)
@pytest.mark.parametrize("dialect", ["chat", "gemini"])
async def test_what_was_not_found(case: str, dialect: str) -> None:
    """The model where the body speaks of it, else the path and base_url; both where nothing tells."""
    body, words, absent = NOT_FOUND[case]
    path = "/team/v1beta/models/gpt-x:generateContent" if dialect == "gemini" else "/team/v1/chat/completions"

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = body.replace(b"{path}", path.encode())
        kind = "text/html" if answer[:1] == b"<" else "application/json"
        writer.write(head(kind, "404 Not Found") + (chunked(answer) if answer else b"") + b"0\r\n\r\n")

    async with RawServer(refuse) as server, client_of(f"{server.url}/team/v1?sig=SeCrEt") as client:
        calls: dict[str, Callable[[], Any]] = {
            "chat": lambda: client.chat.completions.create(model="gpt-x", messages=MESSAGES),
            "gemini": lambda: client.gemini.generate_content(model="gpt-x", contents="hi"),
        }
        with pytest.raises(NotFoundError) as caught:
            await calls[dialect]()
        assert len(server.requests) == 1
        expected = words.replace("{url}", re.escape(server.url)).replace("{path}", re.escape(path))
        assert re.search(expected, str(caught.value)), str(caught.value)
    assert absent not in str(caught.value)
    assert "SeCrEt" not in str(caught.value)


async def test_what_was_not_found_beside_the_dialects(gateway: LocalGateway) -> None:
    """A response by its path; a model's page by its name; a wrong base_url by both addresses it made."""
    async with client_of(gateway.url) as client:
        with pytest.raises(NotFoundError, match=f"Error: {gateway.url}/v1/responses/resp_1 does not exist"):
            await client.responses.retrieve("resp_1")
        with pytest.raises(NotFoundError, match="Error: Model unknown-1 does not exist or is not supported"):
            await client.models.retrieve("unknown-1")
        wrong = client.with_options(base_url=f"{gateway.url}/api/v2")
        with pytest.raises(
            NotFoundError, match=f"{gateway.url}/api/v2/v1/models does not .*; check base_url"
        ):
            await wrong.models.list()
