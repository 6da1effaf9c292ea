"""Answers of a type in the chat dialect, plain and streamed."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async._json import dumps
from gravitex_async.chat import ChatCompletion
from gravitex_async.errors import InvalidOutputError, RefusalError, TruncatedOutputError
from gravitex_async.schema import output_type
from gravitex_async.testing import Call, LocalGateway, Script

from ..shapes import Cat, City, Dog, Letter, Point, Recipe, Step

ASK: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Soup"}]}
POINTS = '[{"x": 1}, {"x": 2, "y": 3}]'


@pytest.mark.parametrize("kind", [Recipe, Point, City, Letter, list[Step]], ids=str)
async def test_parse_gives_a_value_of_the_type(
    client: AsyncGravitex, gateway: LocalGateway, kind: type[Any]
) -> None:
    """The request carries the strict schema, and the gateway's answer to it decodes."""
    if kind is Recipe:
        gateway.script('{"title":"a","steps":[],"best":{"text":"b"},"colour":"red","kind":"cake"}')
    answer = await client.chat.completions.parse(**ASK, response_format=kind, temperature=0.2)
    body: Any = gateway.requests[-1].json
    assert body["response_format"] == output_type(kind).response_format
    assert body["temperature"] == 0.2
    assert "stream" not in body
    message = answer.choices[0].message
    assert isinstance(message.content, str)
    assert message.parsed == output_type(kind).decode(message.content)
    assert isinstance(answer, ChatCompletion)
    assert answer.usage is not None
    assert answer.raw


async def test_every_choice_is_parsed(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """With ``n`` each choice has its own value."""
    gateway.script(text='{"x": 1}', choices=[Script(text='{"x": 2}')])
    answer = await client.chat.completions.parse(**ASK, response_format=Point, n=2)
    assert [choice.message.parsed.x for choice in answer.choices] == [1, 2]


async def test_a_union_is_a_type(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """``A | B`` gives a value of one of them: whole, as it grows, and inside a list."""
    gateway.script('{"value": {"type": "cat", "lives": 9}}')
    answer = await client.chat.completions.parse(**ASK, response_format=Cat | Dog)
    assert answer.choices[0].message.parsed == Cat(lives=9)
    gateway.script('{"value": {"type": "cat", "lives": 9}}')
    async with client.chat.completions.stream(**ASK, response_format=Cat | Dog) as stream:
        grown = [value async for value in stream.partial(Cat | Dog)]
    assert grown[-1] == Cat(lives=9)
    assert stream.parsed(Cat | Dog) == Cat(lives=9)
    gateway.script('{"value": [{"type": "cat", "lives": 9}]}')
    many = await client.chat.completions.parse(**ASK, response_format=list[Cat | Dog])
    assert many.choices[0].message.parsed == [Cat(lives=9)]


async def test_the_value_is_not_for_the_wire(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A parsed message may stand in the next request as it is."""
    gateway.script('{"x": 1}')
    answer = await client.chat.completions.parse(**ASK, response_format=Point)
    await client.chat.completions.create(
        model="m", messages=[*ASK["messages"], answer.choices[0].message, {"role": "user", "content": "?"}]
    )
    body: Any = gateway.requests[-1].json
    assert body["messages"][1] == {"role": "assistant", "content": '{"x": 1}'}


async def test_a_refusal_a_cut_and_nonsense_are_told_apart(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """Each has its class, carries the text, and the answer as ``partial``."""
    gateway.script(refusal="I will not.")
    with pytest.raises(RefusalError) as refused:
        await client.chat.completions.parse(**ASK, response_format=Point)
    assert refused.value.text == "I will not."
    gateway.script(text='{"x": 1', finish_reason="length")
    with pytest.raises(TruncatedOutputError) as cut:
        await client.chat.completions.parse(**ASK, response_format=Point)
    assert cut.value.text == '{"x": 1'
    gateway.script("I like points.")
    with pytest.raises(InvalidOutputError) as wrong:
        await client.chat.completions.parse(**ASK, response_format=Point)
    assert wrong.value.text == "I like points."
    for caught in (refused, cut, wrong):
        assert isinstance(caught.value.partial, ChatCompletion)
        assert caught.value.partial.usage is not None


async def test_a_message_that_calls_tools_has_no_value(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The calls are there to be answered; asking for the value is what raises."""
    gateway.script(tool_calls=[Call("f", "{}")])
    answer = await client.chat.completions.parse(**ASK, response_format=Point)
    assert answer.choices[0].message.tool_calls
    with pytest.raises(InvalidOutputError, match="calls tools"):
        _ = answer.choices[0].message.parsed


async def test_a_type_without_a_json_form_sends_nothing(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The mistake is found here."""

    class Opaque:
        pass

    with pytest.raises(MisuseError, match="JSON form"):
        await client.chat.completions.parse(**ASK, response_format=Opaque)
    assert not gateway.requests


async def test_create_takes_types_and_formats_alike(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A type becomes its format; what has the wire's form already goes out as it is."""
    by_hand = {"type": "json_object"}
    for given, sent in ((Point, output_type(Point).response_format), (by_hand, by_hand)):
        await client.chat.completions.create(**ASK, response_format=given)
        assert gateway.requests[-1].json["response_format"] == sent  # type: ignore[index]  # a JSON object
        async with client.chat.completions.stream(**ASK, response_format=given) as stream:
            await stream.final()
        assert gateway.requests[-1].json["response_format"] == sent  # type: ignore[index]  # a JSON object


async def test_a_stream_shows_the_value_as_it_grows(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """One object, each field final once it shows; at the end the whole value, checked."""
    text = dumps(Recipe("Soup", [Step("cut"), Step("eat", 5)], Step("eat"), "red", "soup")).decode()  # type: ignore[arg-type]
    gateway.script(text=[text[at : at + 5] for at in range(0, len(text), 5)])
    stream = client.chat.completions.stream(**ASK, response_format=Recipe)
    seen = []
    async for recipe in stream.partial(Recipe):
        seen.append((recipe.title, len(recipe.steps or ()), recipe.kind))
        last = recipe
    assert seen[0] == (None, 0, None)
    assert seen == sorted(seen, key=lambda one: (one[0] is not None, one[1], one[2] is not None))
    assert last == output_type(Recipe).decode(text)
    assert stream.end.state == "completed"


async def test_a_growing_value_that_breaks_off_raises(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """After what did arrive was shown."""
    gateway.script(text=["{", '"x":1,', '"y":'], finish_reason="length")
    stream = client.chat.completions.stream(**ASK, response_format=Point)
    view = stream.partial(Point)
    assert (await anext(view)).x is None
    assert (await anext(view)).x == 1
    with pytest.raises(TruncatedOutputError) as caught:
        await anext(view)
    assert caught.value.partial.choices[0].message.content == '{"x":1,"y":'
    assert stream.arrived == caught.value.partial
