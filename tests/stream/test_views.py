"""Views that make something of a stream's text, on the chat dialect."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, Delta, StreamInterrupted
from gravitex_async.testing import LocalGateway

from ..shapes import Point, Step

ASK: dict[str, Any] = {"model": "deepseek-r1", "messages": [{"role": "user", "content": "Why?"}]}


async def channels(client: AsyncGravitex, **options: Any) -> tuple[str, str, list[Delta]]:
    """The two channels of the split view, joined, and its deltas."""
    stream = client.chat.completions.stream(**ASK, **options)
    deltas = [delta async for delta in stream.deltas(split_thinking=True)]
    reasoning = "".join(delta.reasoning_content for delta in deltas)
    return reasoning, "".join(delta.content for delta in deltas), deltas


async def test_inlined_thinking_is_split_off_again(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """What ``thinking_to_content`` put into the content comes out on its own channel."""
    gateway.script(text="So it is.", reasoning="Because of this.")
    reasoning, content, deltas = await channels(client, thinking_to_content=True)
    assert gateway.requests[-1].json["gravitex_thinking_to_content"] is True  # type: ignore[index]  # an object
    assert (reasoning, content) == ("Because of this.", "So it is.")
    assert all(d.content or d.reasoning_content or d.finish_reason or d.usage for d in deltas)
    assert sum(delta.finish_reason == "stop" for delta in deltas) == 1


async def test_without_inlined_thinking_nothing_changes(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Both views give the same deltas."""
    for script in ({"text": "Plain <think>text</think>"}, {"text": "a", "reasoning": "b"}, {"text": "  "}):
        gateway.script(times=2, **script)  # type: ignore[arg-type]  # fields of a script
        stream = client.chat.completions.stream(**ASK)
        plain = [delta async for delta in stream.deltas()]
        reasoning, content, deltas = await channels(client)
        assert content == stream.content
        assert reasoning == stream.reasoning_content
        if content.strip():
            assert deltas == plain


async def test_tags_cut_anywhere(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """One character per event."""
    gateway.script(text=list("<think>\nwhy\n</think>\nso"))
    assert (await channels(client))[:2] == ("why", "so")


async def test_each_choice_has_its_own_tags(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Choices alternate in a stream; their tags do not mix."""
    gateway.script(text=["<thi", "nk>a", "</think>b"], times=1)
    deltas = (await channels(client, n=2))[2]
    for index in (0, 1):
        own = [delta for delta in deltas if delta.index == index]
        assert "".join(delta.reasoning_content for delta in own) == "a"
        assert "".join(delta.content for delta in own).startswith("b")


async def test_what_is_held_back_comes_before_the_error(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A stream that breaks off inside a tag: its text first, then what happened, as often as asked."""
    gateway.script(text=["<think>why", "\n</thi", "nk>so"])
    gateway.fault("close", after_events=3)
    stream = client.chat.completions.stream(**ASK)
    view = stream.deltas(split_thinking=True)
    assert (await anext(view)).reasoning_content == "why"
    assert (await anext(view)).reasoning_content == "\n</thi"
    for _ in range(2):
        with pytest.raises(StreamInterrupted):
            await anext(view)


async def test_the_last_growing_value_can_be_read_again(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """After its end the view is over; an answer that is no value raises each time."""
    gateway.script('{"x":1,"y":2}', times=2)
    view = client.chat.completions.stream(**ASK).partial(Point)
    assert [point async for point in view][-1] == Point(1, 2)
    assert [point async for point in view] == []
    stream = client.chat.completions.stream(**ASK)
    await stream.final()
    assert [point async for point in stream.partial(Point)] == [Point(1, 2)]


async def test_dropping_a_view_closes_the_stream(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """At once, with the garbage collector off."""
    gateway.fault("stall", after_events=3, count=None)
    gc.disable()
    try:
        gateway.script(text=['{"x":1,', '"y":2}'])
        async for _ in client.chat.completions.stream(**ASK).partial(Point):
            break
        assert (await gateway.wait_closed(0)).closed_by_peer
        gateway.script("one two three")
        async for _ in client.chat.completions.stream(**ASK).deltas(split_thinking=True):
            break
        assert (await gateway.wait_closed(1)).closed_by_peer
    finally:
        gc.enable()


async def test_growing_texts(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """An option shows a text before it is whole."""
    gateway.script(text=list('{"text":"soup"}'))
    view = client.chat.completions.stream(**ASK).partial(Step, strings="growing")
    texts = [step.text async for step in view]
    assert texts == [None, "", "s", "so", "sou", "soup", "soup", "soup"]
