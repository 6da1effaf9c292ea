"""Busy streams, where one read holds many events: all views, in any mixture, give the same answer.

Deltas of such a read are made without the structs of the wire; a view that wants these later gets them.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from benchmarks.corpus import corpus
from gravitex_async import AsyncGravitex, Delta
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.stream import Stream
from gravitex_async.testing import LocalGateway, Tape

AnyStream = Stream[Any, Any]
ASK = [{"role": "user", "content": "?"}]
SIZE = 2_000
# Events in one piece of the body: more than one read, and reads that end inside an event.
EVERY = 12_000

OPENERS: dict[str, Callable[[AsyncGravitex], AnyStream]] = {
    "small-chunk": lambda client: client.chat.completions.stream(model="m", messages=ASK),
    "responses": lambda client: client.responses.stream(model="m", input="?"),
    "gemini": lambda client: client.gemini.generate_content_stream(model="m", contents="?"),
}
DIALECTS = pytest.mark.parametrize("name", OPENERS)


def opened(name: str, client: AsyncGravitex, gateway: LocalGateway) -> AnyStream:
    gateway.play(Tape(corpus(name, SIZE).body, every=EVERY))
    return OPENERS[name](client)


@pytest.fixture
def taken_in_brief(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each read brought that was read in brief."""
    counts: list[int] = []
    brief = EventDecoder.brief

    def counting(self: EventDecoder[Any], data: bytes) -> list[Delta] | None:
        made = brief(self, data)
        if made is not None:
            counts.append(len(made))
        return made

    monkeypatch.setattr(EventDecoder, "brief", counting)
    return counts


@DIALECTS
async def test_deltas_of_a_busy_stream_are_made_in_brief(
    name: str, client: AsyncGravitex, gateway: LocalGateway, taken_in_brief: list[int]
) -> None:
    """They are those that the structs of the wire would give, and so is the answer they add up to."""
    plain = opened(name, client, gateway)
    expected = [delta async for item in plain for delta in plain._engine.folded.deltas(item)]
    assert not taken_in_brief
    stream = opened(name, client, gateway)
    assert [delta async for delta in stream.deltas()] == expected
    assert sum(taken_in_brief) > SIZE / 2
    assert stream.arrived == plain.arrived
    assert stream.content == corpus(name, SIZE).content
    assert (stream.usage, stream.end.reason) == (plain.usage, plain.end.reason)
    assert stream.end.evidence.events == plain.end.evidence.events


@DIALECTS
@pytest.mark.parametrize("seed", range(5))
async def test_views_can_be_mixed(
    name: str, seed: int, client: AsyncGravitex, gateway: LocalGateway, taken_in_brief: list[int]
) -> None:
    """Each event is handed out once, in order, by whichever view was asked; ``last_raw`` is its payload."""
    dice = random.Random(seed)
    payloads = [event.partition(b"data: ")[2].strip() for event in corpus(name, SIZE).events]
    stream = opened(name, client, gateway)
    views: list[AsyncIterator[Any]] = [stream, stream.deltas(), stream.text(), stream.batches()]
    text, position = "", 0
    for view in dice.choices(views, (2, 4, 2, 1), k=SIZE):
        try:
            for _ in range(1 if view is views[-1] else dice.randrange(1, 60)):
                found = await anext(view)
                text += said(found, stream)
                assert stream.last_raw is not None
                position = payloads.index(stream.last_raw, position)
        except StopAsyncIteration:
            break
    assert text == stream.content == corpus(name, SIZE).content
    assert taken_in_brief


def said(found: Any, stream: AnyStream) -> str:
    """The text of what a view gave."""
    if isinstance(found, (str, Delta)):
        return found if isinstance(found, str) else found.content
    items = found if isinstance(found, list) else [found]
    return "".join(delta.content for item in items for delta in stream._engine.folded.deltas(item))


@DIALECTS
async def test_final_needs_no_structs(
    name: str, client: AsyncGravitex, gateway: LocalGateway, taken_in_brief: list[int]
) -> None:
    """Reading to the end gives what reading item by item gives."""
    plain = opened(name, client, gateway)
    async for _ in plain:
        pass
    assert await opened(name, client, gateway).final() == await plain.final()
    assert taken_in_brief


async def test_a_chunk_type_of_the_callers_reads_every_chunk(
    client: AsyncGravitex, gateway: LocalGateway, taken_in_brief: list[int]
) -> None:
    """It may be stricter than ours."""
    from gravitex_async.chat import ChatCompletionChunk

    class Strict(ChatCompletionChunk):
        pass

    gateway.play(Tape(corpus("small-chunk", SIZE).body, every=EVERY))
    stream = client.chat.completions.stream(model="m", messages=ASK, chunk_type=Strict)
    assert await stream.final() is not None
    assert not taken_in_brief
