"""Views that make something of a stream's text, on the chat dialect."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, Delta, StreamInterrupted
from gravitex_async.deltas import ToolCallDelta
from gravitex_async.stream._text_views import SplitDeltas
from gravitex_async.testing import LocalGateway
from gravitex_async.usage import Usage

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


# Thinking taken out of deltas, whatever they come from


async def split(*deltas: Delta) -> list[Delta]:
    """What the split view makes of *deltas*."""

    async def given() -> AsyncIterator[Delta]:
        for delta in deltas:
            yield delta

    view = SplitDeltas(given())
    assert aiter(view) is view
    return [delta async for delta in view]


async def test_a_delta_that_has_nothing_to_split_is_passed_on() -> None:
    """The same object, with all that came beside the text."""
    plain = Delta("a", "b", "c", (ToolCallDelta(0),), None, Usage(1, 2, 3, source="server"), 4)
    bare = Delta(finish_reason="stop")
    found = await split(plain, bare)
    assert found[0] is plain
    assert found[1] is bare


async def test_what_is_held_back_hides_nothing_else() -> None:
    """A delta that brings more than the held text is given for that; one that does not is left out."""
    usage = Usage(1, 2, 3, source="server")
    assert await split(Delta("<thi", usage=usage), Delta("nk>"), Delta("a", "b")) == [
        Delta(usage=usage), Delta(reasoning_content="ba"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["<thi", "<think>a</thi"])
async def test_the_finish_brings_what_was_held_back(text: str) -> None:
    """In its own delta, so that nothing follows it; where there is none, the end does."""
    content, thought = (text, "") if text == "<thi" else ("", "a</thi")
    closed = await split(Delta(text, index=1), Delta(finish_reason="stop", index=1))
    assert "".join(d.content for d in closed) == content
    assert "".join(d.reasoning_content for d in closed) == thought
    assert (closed[-1].finish_reason, closed[-1].index) == ("stop", 1)
    assert (closed[-1].content or closed[-1].reasoning_content) == ("<thi" if content else "</thi")
    ended = await split(Delta(text), Delta("x", index=1), Delta(text, index=2))
    for index in (0, 2):
        own = [d for d in ended if d.index == index]
        assert "".join(d.content for d in own) == content
        assert "".join(d.reasoning_content for d in own) == thought
