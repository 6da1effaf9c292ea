"""Answers of a type in the Responses dialect."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async.errors import InvalidOutputError, RefusalError, TruncatedOutputError
from gravitex_async.responses import Response
from gravitex_async.schema import output_type
from gravitex_async.testing import Call, LocalGateway

from ..shapes import Cat, City, Dog, Letter, Point, Step

ASK: dict[str, Any] = {"model": "gpt-5.2", "input": "Soup"}


@pytest.mark.parametrize("kind", [Point, City, Letter, list[Step], Cat | Dog], ids=str)
async def test_parse_gives_a_value_of_the_type(
    client: AsyncGravitex, gateway: LocalGateway, kind: type[Any]
) -> None:
    """The format is flat here, inside ``text``, beside what else stands there."""
    answer = await client.responses.parse(**ASK, text_format=kind, text={"verbosity": "low"})
    body: Any = gateway.requests[-1].json
    assert body["text"] == {"verbosity": "low", "format": output_type(kind).text_format}
    assert "text_format" not in body
    assert answer.output_parsed == answer.parsed() == output_type(kind).decode(answer.content)
    assert answer.parsed(kind) == answer.parsed()
    assert (answer.request_id is not None, answer.raw is not None) == (True, True)
    again = pickle.loads(pickle.dumps(answer))
    assert (again.parsed(), again.raw, again) == (answer.parsed(), answer.raw, answer)
    assert not hasattr(answer, "__dict__")
    assert isinstance(answer, Response)
    assert answer.to_input()[0]["content"][0]["text"] == answer.output_text


async def test_types_in_create_and_stream(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """As ``text_format``, or in place of the format in ``text``; the wire's own form goes out as it is."""
    wanted = {"format": output_type(Point).text_format}
    by_hand = {"format": {"type": "json_object"}}
    given: list[tuple[dict[str, Any], Any]] = [
        ({"text_format": Point}, wanted), ({"text": {"format": Point}}, wanted), ({"text": by_hand}, by_hand),
    ]  # fmt: skip
    for params, sent in given:
        await client.responses.create(**ASK, **params)
        assert gateway.requests[-1].json["text"] == sent  # type: ignore[index]  # a JSON object
        await client.responses.stream(**ASK, **params).final()
        assert gateway.requests[-1].json["text"] == sent  # type: ignore[index]  # a JSON object


async def test_a_stream_shows_the_value_as_it_grows(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The same view as in the other dialects."""
    gateway.script(text=['{"x":1,', '"y":2,', '"tags":["a"', "]}"])
    points = client.responses.stream(**ASK, text_format=Point).partial(Point)
    seen = [(point.x, point.y, list(point.tags)) async for point in points]
    assert seen == [(1, 7, []), (1, 2, []), (1, 2, ["a"]), (1, 2, ["a"])]


async def test_a_refusal_a_cut_and_nonsense_are_told_apart(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """Each has its class, carries the text, and the response as ``partial``."""
    gateway.script(refusal="I will not.")
    with pytest.raises(RefusalError) as refused:
        await client.responses.parse(**ASK, text_format=Point)
    assert refused.value.text == "I will not."
    gateway.script(text='{"x": 1', finish_reason="length")
    with pytest.raises(TruncatedOutputError) as cut:
        await client.responses.parse(**ASK, text_format=Point)
    gateway.script("I like points.")
    with pytest.raises(InvalidOutputError) as wrong:
        await client.responses.parse(**ASK, text_format=Point)
    for caught in (refused, cut, wrong):
        assert isinstance(caught.value.partial, Response)


async def test_a_response_that_calls_tools_has_no_value(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The calls are there to be answered; asking for the value is what raises."""
    gateway.script(tool_calls=[Call("f", "{}")])
    answer = await client.responses.parse(**ASK, text_format=Point)
    assert answer.tool_calls
    with pytest.raises(InvalidOutputError, match="calls tools"):
        _ = answer.output_parsed


async def test_what_is_no_type_is_refused(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Formats of the wire have their own place."""
    with pytest.raises(MisuseError, match="text_format as a type"):
        client.responses.create(**ASK, text_format={"type": "json_object"})
    assert not gateway.requests
