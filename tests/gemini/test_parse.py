"""Answers of a type in the Gemini dialect."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async import AsyncGravitex
from gravitex_async.errors import InvalidOutputError, TruncatedOutputError
from gravitex_async.schema import output_type
from gravitex_async.testing import LocalGateway

from ..shapes import Cat, City, Dog, Letter, Point, Step, Tree

ASK: dict[str, Any] = {"model": "gemini-2.5-flash", "contents": "Soup"}


@pytest.mark.parametrize("kind", [Point, City, Letter, list[Step], Tree, Cat | Dog], ids=str)
async def test_a_type_as_response_schema(
    client: AsyncGravitex, gateway: LocalGateway, kind: type[Any]
) -> None:
    """Its schema goes out in the form that can say it, and the answer reads as a value of it."""
    answer = await client.gemini.generate_content(**ASK, response_schema=kind)
    body: Any = gateway.requests[-1].json
    assert body["generationConfig"] == output_type(kind).generation_config
    assert answer.parsed(kind) == output_type(kind).decode(answer.text)


async def test_a_stream_shows_the_value_as_it_grows(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The same view as in the other dialects; thoughts do not count."""
    gateway.script(text=['{"x":1,', '"y":2}'], reasoning='{"x":9}')
    stream = client.gemini.generate_content_stream(**ASK, response_schema=Point)
    seen = [(point.x, point.y) async for point in stream.partial(Point)]
    assert seen == [(1, 7), (1, 2), (1, 2)]


async def test_a_cut_and_nonsense_are_told_apart(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Both carry the text and the answer."""
    gateway.script(text='{"x": 1', finish_reason="length")
    answer = await client.gemini.generate_content(**ASK, response_schema=Point)
    with pytest.raises(TruncatedOutputError, match="MAX_TOKENS") as cut:
        answer.parsed(Point)
    assert (cut.value.text, cut.value.partial) == ('{"x": 1', answer)
    gateway.script("I like points.")
    answer = await client.gemini.generate_content(**ASK, response_schema=Point)
    with pytest.raises(InvalidOutputError):
        answer.parsed(Point)
